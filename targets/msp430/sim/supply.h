/* SPDX-License-Identifier: MIT */
/*
 * The supply: brown-out, and which frequency a voltage allows. Supervisor of the 1xx (SLAU049
 * chapter 6, SVS, thresholds by SLAS368); power management module of the 5xx and FR58xx, FR59xx
 * (SLAU208 chapter 2, SLAU367 chapter 2).
 */
#ifndef MSIM_SUPPLY_H
#define MSIM_SUPPLY_H

#include "io.h"

struct supply {
    uint32_t mv;
    bool down; /* below brown-out: held in reset */
    uint16_t reg[12];
    bool open; /* the password was given (PMM) */
};

/* What a part allows: from that voltage on, that frequency; between two lines a straight one if
 * they differ. */
struct speed {
    uint16_t mv;
    uint32_t hz;
};

extern const struct io_ops svs_ops, pmm_ops, pm5_ops;

/* A fault if the CPU runs faster than the supply allows. */
void supply_check_speed(struct msim *m);

#endif
