/* SPDX-License-Identifier: MIT */
/*
 * Hardware multipliers of 16 bits (SLAU049 chapter 7) and of 32 bits (SLAU208 and SLAU367, "32-Bit
 * Hardware Multiplier"). A result that is read before it is there is a fault of the program: on the
 * part it would read something else. So is what the guides leave undefined.
 */
#ifndef MSIM_MULTIPLIER_H
#define MSIM_MULTIPLIER_H

#include "io.h"

struct multiplier {
    uint32_t op1, op2;
    uint64_t result; /* RES3:RES0 */
    uint16_t sumext;
    uint8_t kind;             /* MPYM: 0 MPY, 1 MPYS, 2 MAC, 3 MACS */
    bool wide1, wide2;        /* operands of 32 bits */
    bool half;                /* OP2L came, OP2H is awaited */
    bool no_upper;            /* RES3:RES2 are undefined: a MAC of 16 bits went before */
    uint64_t low_at, high_at; /* cycles in which OP2 or OP2L was written, and OP2H */
};

extern const struct io_ops multiplier_ops;

#endif
