/* SPDX-License-Identifier: MIT */
/*
 * Timer_A and Timer_B (SLAU049 chapters 11 and 12, SLAU208 chapters 17 and 18, SLAU367 chapter 25).
 * A timer is not counted tick by tick: its registers are brought up to date when somebody looks or
 * when it has to interrupt.
 */
#ifndef MSIM_TIMER_H
#define MSIM_TIMER_H

#include "io.h"

enum { TIMERS = 4, TIMER_CCRS = 7 };

/* What stands in a part's table of timers. ccrs: how many capture/compare registers, 0: the part
 * has no such timer. vector0: of CCR0; vector1: of the others and the overflow. */
struct timer_part {
    uint8_t ccrs;
    uint8_t overflow; /* its number in the vector register */
    uint16_t vector0, vector1;
};

struct timer {
    uint16_t ctl, ex0;
    uint16_t cctl[TIMER_CCRS], ccr[TIMER_CCRS];
    uint32_t
        position;   /* in its period: the count; in up/down mode the way down follows the way up */
    uint64_t ticks; /* of its clock, up to which this holds */
    uint32_t partial; /* of those, too few for the divider */
};

extern const struct io_ops timer_ops;

/* Brings the registers up to date; before its clock changes, and when it is due. */
void timer_sync(struct msim *m, unsigned unit);
/* Sets interrupts and the next moment after a change. */
void timer_plan(struct msim *m, unsigned unit);
/* Whether it counts SMCLK. */
bool timer_requests_smclk(const struct msim *m, unsigned unit);
/* The CPU serves that vector: the flag of CCR0 is cleared by that. */
void timer_acknowledge(struct msim *m, uint16_t vector);

#endif
