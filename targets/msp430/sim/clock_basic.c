/* SPDX-License-Identifier: MIT */
/* Basic clock module (SLAU049 chapter 4), frequencies of the DCO by SLAS368 at 3 V. */
#include "machine.h"

enum { DCOCTL, BCSCTL1, BCSCTL2 };
enum { XT2OFF = 0x80, XTS = 0x40, SELS = 0x08 };

/* fDCO(RSEL, 3), typical; each of the eight steps of DCO is a factor of 1.112, here in thousandths
 * from step 3. */
static const uint32_t dco3_hz[] = {130000, 180000,  280000,  470000,
                                   750000, 1300000, 2000000, 3200000};
static const uint32_t step[] = {727, 809, 899, 1000, 1112, 1237, 1375, 1529, 1700};

/* MOD of 32 periods are those of the next step. */
static uint32_t dco_hz(const struct msim *m)
{
    unsigned dco = m->clocks.reg[DCOCTL] >> 5, mod = dco < 7 ? m->clocks.reg[DCOCTL] & 31 : 0;
    uint64_t base = dco3_hz[m->clocks.reg[BCSCTL1] & 7];
    uint64_t slow = base * step[dco] / 1000, fast = base * step[dco + 1] / 1000;

    if ((m->clocks.reg[BCSCTL2] & 1) != 0) {
        /* DCOR: an outer resistor of 100 k, by SLAS368 about 1.9 times as fast */
        slow = slow * 19 / 10;
        fast = fast * 19 / 10;
    }
    return (uint32_t)(32 * slow * fast / ((32 - mod) * fast + mod * slow) * m->clocks.spread /
                      1000);
}

static struct choice choose(struct msim *m)
{
    static const enum oscillator mclk[] = {OSC_DCO, OSC_DCO, OSC_XT2, OSC_LFXT};
    unsigned one = m->clocks.reg[BCSCTL1], two = m->clocks.reg[BCSCTL2], sr = m->r[MSIM_SR];

    if ((one & XTS) != 0) {
        machine_fault(m, "wants a fast crystal at LFXT1, which is not simulated");
    }
    return (struct choice){
        .dco_hz = dco_hz(m),
        .source = {mclk[two >> 6], (two & SELS) != 0 ? OSC_XT2 : OSC_DCO, OSC_LFXT},
        .divider = {1u << (two >> 4 & 3), 1u << (two >> 1 & 3), 1u << (one >> 4 & 3)},
        .gated = {(sr & SR_CPUOFF) != 0, (sr & SR_SCG1) != 0, (sr & SR_OSCOFF) != 0},
        .wanted = {[OSC_DCO] = (sr & SR_SCG0) == 0, [OSC_XT2] = (one & XT2OFF) == 0},
    };
}

/* A watch crystal raises no flag here: 4.2.5. */
static void tell_faults(struct msim *m, const bool faulty[OSCS])
{
    if (faulty[OSC_XT2]) {
        sfr_set_flag(m, SFR_OSCILLATOR, true);
    }
}

static uint16_t read(struct msim *m, unsigned unit, unsigned offset)
{
    (void)unit;
    return m->clocks.reg[offset];
}

static void write(struct msim *m, unsigned unit, unsigned offset, uint16_t value)
{
    (void)unit;
    m->clocks.reg[offset] = value;
    clocks_update(m);
}

static void reset(struct msim *m, unsigned unit)
{
    (void)unit;
    m->clocks.reg[DCOCTL] = 0x60;
    m->clocks.reg[BCSCTL1] = 0x84;
    m->clocks.reg[BCSCTL2] = 0;
    sfr_set_flag(m, SFR_OSCILLATOR, true);
    clocks_update(m);
}

const struct clock_family clock_basic = {choose, tell_faults};
const struct io_ops clock_basic_ops = {.bytes = true, .read = read, .write = write, .reset = reset};
