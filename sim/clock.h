/* SPDX-License-Identifier: MIT */
/*
 * Virtual time: a heap of timers. Time jumps from one timer to the next; those of the same moment
 * run in the order in which they were set. Nothing here looks at a real clock.
 */
#ifndef SIM_CLOCK_H
#define SIM_CLOCK_H

#include "ikelet/ik_base.h"

/* One pending moment. The caller owns it, keeps it in place while it is armed, and clears it before
 * its memory goes. All zero is "not armed". */
struct sim_timer {
    ik_time at;
    uint64_t order; /* of setting: breaks ties */
    size_t slot;    /* place in the heap, from 1; 0: not armed */
    void (*fire)(struct sim_timer *t);
    void *ctx;
};

struct sim_clock {
    ik_time now;
    uint64_t orders;
    struct sim_timer **heap; /* heap[1..n] */
    size_t n;
    size_t cap;
};

void sim_clock_init(struct sim_clock *c);
/* Forgets all timers without running them. */
void sim_clock_free(struct sim_clock *c);

/* Arms t, or moves it if it is armed already; one that is armed for this very moment keeps its
 * place among those of the same moment. A moment in the past counts as now; IK_NEVER clears. */
void sim_timer_set(struct sim_clock *c, struct sim_timer *t, ik_time at);
void sim_timer_clear(struct sim_clock *c, struct sim_timer *t);

/* When the earliest timer fires; IK_NEVER if none is armed. */
ik_time sim_clock_next(const struct sim_clock *c);
/* Moves time to the earliest timer and fires it. False if none is armed. */
bool sim_clock_step(struct sim_clock *c);

#endif
