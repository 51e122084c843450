/* SPDX-License-Identifier: MIT */
/* What surrounds a machine, by lines of text: lines, pins, supply. `monitor ...` of a debugger,
 * --do of the program. */
#ifndef MSIM_MONITOR_H
#define MSIM_MONITOR_H

#include <stdio.h>

#include "msim.h"

enum { MONITOR_BITS = 4096, MONITOR_HEARD = 4096, MONITOR_SAYS = 8192 };

struct monitor {
    struct msim *m;
    msim_time until;             /* of the next run; MSIM_NEVER */
    uint8_t noise[MONITOR_BITS]; /* the lowest bits of the ADC's samples, the first one highest;
                                    then again */
    size_t noise_bits, noise_at;
    uint8_t heard[2][MONITOR_HEARD]; /* what the UARTs have sent since it was asked for */
    size_t heard_len[2];
    bool stops[2]; /* an END of SLIP behind something ends the run */
    char says[MONITOR_SAYS];
};

void monitor_init(struct monitor *monitor, struct msim *m);
/* Executes a line; monitor->says is the answer: "" if there is nothing to say. False if it is no
 * command. */
bool monitor_do(struct monitor *monitor, const char *line);

extern const char monitor_help[];

#endif
