/* SPDX-License-Identifier: MIT */
/* A growing run of octets: the text of a trace, the bytes of all that was sent. */
#ifndef SIM_LOG_H
#define SIM_LOG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct sim_log {
    char *p; /* with a zero behind the last octet once anything was added */
    size_t len;
    size_t cap;
};

void sim_log_init(struct sim_log *l);
void sim_log_free(struct sim_log *l);
void sim_log_add(struct sim_log *l, const void *p, size_t len);
__attribute__((format(printf, 2, 3))) void sim_log_print(struct sim_log *l, const char *fmt, ...);
void sim_log_vprint(struct sim_log *l, const char *fmt, va_list args);
bool sim_log_equal(const struct sim_log *a, const struct sim_log *b);
/* Where the last `lines` lines begin. */
const char *sim_log_tail(const struct sim_log *l, unsigned lines);

#endif
