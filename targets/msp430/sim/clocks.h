/* SPDX-License-Identifier: MIT */
/*
 * Where MCLK, SMCLK and ACLK come from: oscillators, what each family makes of its registers, and
 * what low-power modes leave running. clock_basic.c: basic clock module of the 1xx (SLAU049 chapter
 * 4); clock_ucs.c: unified clock system of the 5xx (SLAU208 chapter 5); clock_cs.c: clock system of
 * the FR58xx and FR59xx (SLAU367 chapter 3).
 */
#ifndef MSIM_CLOCKS_H
#define MSIM_CLOCKS_H

#include "clock.h"
#include "io.h"

enum oscillator { OSC_DCO, OSC_LFXT, OSC_XT2, OSC_VLO, OSC_REFO, OSC_MODOSC, OSCS };

/* What a family makes of its registers. */
struct choice {
    uint32_t dco_hz;
    enum oscillator source[CLOCKS];
    uint32_t divider[CLOCKS];
    bool wanted[OSCS];       /* on whether somebody uses it or not, in this low-power mode */
    bool gated[CLOCKS];      /* off in this low-power mode, or by register */
    bool faults_count[OSCS]; /* a crystal that is not there raises OFIFG */
};

struct clocks {
    uint16_t reg[16];
    bool open;              /* the password was given (FR) */
    uint32_t crystal[OSCS]; /* of the board: Hz of LFXT and XT2, 0: none */
    uint32_t spread;        /* of the DCO: thousandths of the typical frequency */
    bool on[OSCS];
    msim_time ready[OSCS];          /* since when it is stable */
    uint32_t fll_hz;                /* what the FLL has reached (5xx) */
    msim_time fll_at;               /* when it has reached what is set */
    enum oscillator source[CLOCKS]; /* in use */
};

struct clock_family {
    struct choice (*choose)(struct msim *m);
    /* The flags of a family that tell of faulty oscillators. */
    void (*tell_faults)(struct msim *m, const bool faulty[OSCS]);
};

extern const struct clock_family clock_basic, clock_ucs, clock_cs, clock_none;
extern const struct io_ops clock_basic_ops, clock_ucs_ops, clock_cs_ops;

/* Registers, SR or an oscillator have changed. */
void clocks_update(struct msim *m);
/* Whether an oscillator that is on is not there, or not stable yet. */
bool clocks_faulty(const struct msim *m, enum oscillator osc);
/* Sets OFIFG again as long as there is a reason. */
void clocks_tell_faults(struct msim *m);
/* Hz of an oscillator as it runs. */
uint32_t clocks_hz(const struct msim *m, enum oscillator osc, uint32_t dco_hz);

#endif
