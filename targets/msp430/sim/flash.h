/* SPDX-License-Identifier: MIT */
/*
 * Flash memory controllers of the 1xx (SLAU049 chapter 5) and the 5xx (SLAU208 chapter 7). Erasing
 * and writing from flash hold the CPU. And of FRAM (SLAU367 chapter 8): wait states with the cache
 * before them.
 */
#ifndef MSIM_FLASH_H
#define MSIM_FLASH_H

#include "io.h"

enum { FLASH_SEGMENT = 512, FLASH_SEGMENTS = 0x10000 / 128 };

struct flash {
    uint16_t ctl[4];
    uint16_t erased[FLASH_SEGMENTS]; /* how often, by blocks of 128 octets */
    uint64_t written;                /* words and octets */
};

/* Two ways of two lines of four words. */
struct fram {
    uint16_t ctl[4];
    bool open;
    unsigned waits;
    uint16_t line[2][2]; /* by set and way: address / 8, plus one; 0: empty */
    uint8_t oldest[2];
};

extern const struct io_ops flash1xx_ops, flash5xx_ops, fram_ops, mpu_ops;

/* The program writes where flash is. */
void flash_store(struct msim *m, uint16_t at, uint16_t value, bool byte);
/* Cycles that an access to FRAM takes beyond its own. */
void fram_wait(struct msim *m, uint16_t at, bool writes);

#endif
