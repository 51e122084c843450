/* SPDX-License-Identifier: MIT */
#include "sim/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/mem.h"

void sim_log_init(struct sim_log *l)
{
    *l = (struct sim_log){0};
}

void sim_log_free(struct sim_log *l)
{
    free(l->p);
    sim_log_init(l);
}

static void reserve(struct sim_log *l, size_t more)
{
    size_t cap = l->cap ? l->cap : 4096;

    while (cap < l->len + more + 1)
        cap *= 2;
    if (cap == l->cap)
        return;
    l->p = sim_realloc(l->p, cap, 1);
    l->cap = cap;
}

void sim_log_add(struct sim_log *l, const void *p, size_t len)
{
    reserve(l, len);
    if (len)
        memcpy(l->p + l->len, p, len);
    l->len += len;
    l->p[l->len] = 0;
}

void sim_log_vprint(struct sim_log *l, const char *fmt, va_list args)
{
    char line[512];
    int n = vsnprintf(line, sizeof line, fmt, args);

    if (n < 0)
        return;
    sim_log_add(l, line, (size_t)n < sizeof line ? (size_t)n : sizeof line - 1);
}

void sim_log_print(struct sim_log *l, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    sim_log_vprint(l, fmt, args);
    va_end(args);
}

bool sim_log_equal(const struct sim_log *a, const struct sim_log *b)
{
    return a->len == b->len && (a->len == 0 || memcmp(a->p, b->p, a->len) == 0);
}

const char *sim_log_tail(const struct sim_log *l, unsigned lines)
{
    size_t at = l->len;

    if (!l->p)
        return "";
    while (at > 0) {
        if (l->p[at - 1] == '\n' && at != l->len && --lines == 0)
            break;
        at--;
    }
    return l->p + at;
}
