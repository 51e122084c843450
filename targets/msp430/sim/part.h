/* SPDX-License-Identifier: MIT */
/* What a part has: memory, peripherals, vectors. */
#ifndef MSIM_PART_H
#define MSIM_PART_H

#include "adc12.h"
#include "clocks.h"
#include "io.h"
#include "port.h"
#include "sfr.h"
#include "supply.h"
#include "timer.h"
#include "uart.h"

struct area {
    uint16_t begin, last;
    int kind;   /* enum kind */
    bool keeps; /* FRAM: what it holds outlives a loss of power */
};

struct part {
    const char *name;
    bool cpux;                            /* CPUXV2, or the CPU of 16 bits */
    bool watchdog_a;                      /* WDT_A */
    const struct area *areas;             /* up to one whose last is 0 */
    const struct region *regions;         /* up to one without ops */
    const struct sfr_vector *sfr_vectors; /* up to one of bit 0 */
    const struct clock_family *clocks;
    enum oscillator instead_of_lfxt; /* while that one does not run */
    uint32_t crystal[OSCS];          /* of the usual board */
    const struct speed *speeds;      /* up to one of 0 Hz; NULL: any */
    uint16_t brown_out_mv, usual_mv;
    uint32_t fram_hz; /* the fastest without wait states; 0: the part has no FRAM */
    bool locks_pins;  /* LOCKLPM5 after a reset */
    uint16_t port_vector[PORTS];
    struct uart_part uart[UARTS];
    struct adc12_part adc;
    struct timer_part timer[TIMERS];
};

/* NULL if there is none of that name or number. */
const struct part *part_find(const char *name);
const struct part *part_at(size_t index);

#endif
