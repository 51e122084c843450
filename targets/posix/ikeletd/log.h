/* SPDX-License-Identifier: MIT */
/*
 * The log: one line an outcome. To the journal with fields if stderr is the journal's, else to
 * stderr. The last lines are kept for who asks by the control socket.
 */
#ifndef IKELETD_LOG_H
#define IKELETD_LOG_H

#include <stdbool.h>
#include <stdint.h>

enum log_level { LOG_ERROR_LEVEL, LOG_WARNING_LEVEL, LOG_INFO_LEVEL, LOG_DEBUG_LEVEL };
extern const char *const log_levels[]; /* their words; NULL behind the last */

#define LOG_KEPT 256
#define LOG_LINE_MAX 900

void log_begin(enum log_level level);
void log_set_level(enum log_level level);
void log_say(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * For lines that a stranger can cause: at most some a second, the others are counted and told
 * later. about: who caused it.
 */
void log_stranger(enum log_level level, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Line number `number` counts from 1 since the beginning; NULL if it is not there (any more). */
const char *log_line(uint64_t number);
uint64_t log_last(void);
/* Called with each new line; NULL: nobody. */
extern void (*log_follower)(const char *line);

#endif
