/* SPDX-License-Identifier: MIT */
/* A clock: a frequency that may change or stop, and a count of its ticks. */
#ifndef MSIM_CLOCK_H
#define MSIM_CLOCK_H

#include "msim.h"

enum { CLOCK_MCLK, CLOCK_SMCLK, CLOCK_ACLK, CLOCKS };

struct clock {
    uint32_t hz; /* 0: it stands */
    msim_time since;
    uint64_t ticks; /* up to `since` */
};

/* x * multiply / divide, rounded down, where multiply or divide is MSIM_SECOND and the other one
 * below 2^27. */
static inline uint64_t scale(uint64_t x, uint64_t multiply, uint64_t divide)
{
    return x / divide * multiply + x % divide * multiply / divide;
}

static inline uint64_t clock_ticks(const struct clock *c, msim_time now)
{
    return c->ticks + scale(now - c->since, c->hz, MSIM_SECOND);
}

/* When that many ticks have been counted; MSIM_NEVER if the clock stands. */
static inline msim_time clock_moment(const struct clock *c, uint64_t ticks)
{
    uint64_t more = ticks - c->ticks;

    if (ticks <= c->ticks) {
        return c->since;
    }
    if (c->hz == 0) {
        return MSIM_NEVER;
    }
    return c->since + more / c->hz * MSIM_SECOND + (more % c->hz * MSIM_SECOND + c->hz - 1) / c->hz;
}

static inline void clock_set(struct clock *c, uint32_t hz, msim_time now)
{
    if (c->hz != hz) {
        c->ticks = clock_ticks(c, now);
        c->since = now;
        c->hz = hz;
    }
}

#endif
