/* SPDX-License-Identifier: MIT */
/*
 * Special function registers: enable bits and flags of interrupts that several modules share.
 * MSP430x1xx: IE1, IE2, IFG1, IFG2, ME1, ME2 (SLAU049 2.2, and the data sheets); 5xx and later:
 * SFRIE1, SFRIFG1 (SLAU208 1.13, SLAU367 1.14).
 */
#ifndef MSIM_SFR_H
#define MSIM_SFR_H

#include "io.h"

/* Bits of IE1 and IE2, of IFG1 and IFG2, as one word each. */
enum {
    SFR_WATCHDOG = 0x0001,
    SFR_OSCILLATOR = 0x0002,
    SFR_NMI = 0x0010,
    SFR_FLASH = 0x0020, /* ACCV: access violation */
    SFR_RX0 = 0x0040,   /* USART0, in the 1xx */
    SFR_TX0 = 0x0080,
    SFR_RX1 = 0x1000, /* USART1, in the 1xx */
    SFR_TX1 = 0x2000,
};

struct sfr {
    uint16_t ie, ifg, me;
};

/* The vector of a bit; a part's list ends with the bit 0. */
struct sfr_vector {
    uint16_t bit, vector;
    bool cleared; /* the flag is, when the CPU serves the interrupt */
};

extern const struct io_ops sfr1xx_ops, sfr5xx_ops;

void sfr_set_flag(struct msim *m, uint16_t bit, bool set);
/* The CPU serves that vector. */
void sfr_acknowledge(struct msim *m, uint16_t vector);

#endif
