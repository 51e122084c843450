/* SPDX-License-Identifier: MIT */
/* What caused the reset (SLAU208 1.15, SLAU367 1.16: SYSRSTIV), and registers that only keep what
 * is written. */
#ifndef MSIM_SYS_H
#define MSIM_SYS_H

#include "io.h"

struct sys {
    bool told; /* the cause of the reset */
    uint16_t latch[16];
};

extern const struct io_ops sys_ops, latch_ops;

#endif
