/* SPDX-License-Identifier: MIT */
/* Ports of the 1xx (SLAU049 chapter 9), of the 5xx and FR parts (SLAU208 and SLAU367, "Digital
 * I/O"). */
#ifndef MSIM_PORT_H
#define MSIM_PORT_H

#include "io.h"

/* P1 to P11, and PJ. */
enum { PORTS = 13, PORT_J = 12 };

struct port {
    uint8_t out, dir, ren, sel0, sel1, ies, ie, ifg, ds;
    uint8_t driven, level; /* from outside: which pins, and to what */
    uint8_t in;            /* as it was seen last, for edges */
};

extern const struct io_ops port1xx_ops, port5xx_ops;

/* Looks at the pins again: edges raise flags. */
void ports_update(struct msim *m);

#endif
