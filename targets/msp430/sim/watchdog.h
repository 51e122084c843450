/* SPDX-License-Identifier: MIT */
/* Watchdog timer (SLAU049 chapter 10) and WDT_A (SLAU208 and SLAU367, chapter "Watchdog Timer"). */
#ifndef MSIM_WATCHDOG_H
#define MSIM_WATCHDOG_H

#include "io.h"

struct watchdog {
    bool present;   /* a CPU alone has none */
    uint16_t ctl;   /* the lower octet of WDTCTL */
    uint64_t begun; /* tick of its clock at which it counted 0 */
    uint64_t held;  /* what it had counted when it was held */
};

extern const struct io_ops watchdog_ops;

/* Its time is up. */
void watchdog_bite(struct msim *m);
bool watchdog_requests_smclk(const struct msim *m);
/* Sets the moment of that anew, after its clock has changed. */
void watchdog_plan(struct msim *m);

#endif
