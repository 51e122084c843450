/* SPDX-License-Identifier: MIT */
/* The GDB remote protocol over standard input and output: `target remote | msp430sim --gdb IMAGE`.
 */
#ifndef MSIM_GDB_H
#define MSIM_GDB_H

#include <stdio.h>

#include "monitor.h"

/* Serves until the other side closes or kills. False if it spoke something else than the protocol.
 */
bool gdb_serve(struct monitor *monitor, FILE *in, FILE *out);

#endif
