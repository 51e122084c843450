/* SPDX-License-Identifier: MIT */
/* What a part has: memory, peripherals, vectors. */
#ifndef MSIM_PART_H
#define MSIM_PART_H

#include "io.h"
#include "sfr.h"
#include "timer.h"

enum kind;

struct area {
    uint16_t begin, last;
    int kind; /* enum kind */
};

struct part {
    const char *name;
    bool cpux;                            /* CPUXV2, or the CPU of 16 bits */
    bool watchdog_a;                      /* WDT_A */
    const struct area *areas;             /* up to one whose last is 0 */
    const struct region *regions;         /* up to one without ops */
    const struct sfr_vector *sfr_vectors; /* up to one of bit 0 */
    struct timer_part timer[TIMERS];
};

/* NULL if there is none of that name or number. */
const struct part *part_find(const char *name);
const struct part *part_at(size_t index);

#endif
