/* SPDX-License-Identifier: MIT */
/* For how long the machine was in which state: what an energy model needs. */
#ifndef MSIM_POWER_H
#define MSIM_POWER_H

#include "msim.h"

struct power {
    unsigned state; /* MSIM_ON_... */
    bool stops;     /* a change of it ends the run */
    msim_time since;
    msim_time in[MSIM_ON_STATES];
};

/* Something was turned on or off. */
void power_note(struct msim *m);

#endif
