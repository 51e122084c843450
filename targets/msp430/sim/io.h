/* SPDX-License-Identifier: MIT */
/* Registers of peripherals, by address. */
#ifndef MSIM_IO_H
#define MSIM_IO_H

#include "msim.h"

/* No part here has a register behind that. */
#define IO_END 0x1000

/*
 * What a kind of peripheral does with its registers; `unit` tells those of one kind apart, `offset`
 * is from the place that the part's table names. Modules with registers of words are given even
 * offsets and whole words: a byte that is written comes with the other half as it reads.
 */
struct io_ops {
    bool bytes; /* registers of 8 bits: what comes is one octet at a time */
    uint16_t (*read)(struct msim *m, unsigned unit, unsigned offset);
    void (*write)(struct msim *m, unsigned unit, unsigned offset, uint16_t value);
    void (*reset)(struct msim *m, unsigned unit);
};

struct region {
    const struct io_ops *ops;
    unsigned unit;
    uint16_t begin, end; /* addresses: from begin, before end */
    uint16_t offset;     /* of begin in the module */
};

void io_map(struct msim *m);
void io_reset(struct msim *m);
uint16_t io_load(struct msim *m, uint16_t at, bool byte);
void io_store(struct msim *m, uint16_t at, uint16_t value, bool byte);

#endif
