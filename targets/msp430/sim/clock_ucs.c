/* SPDX-License-Identifier: MIT */
/* Unified clock system (SLAU208 chapter 5), ranges of the DCO by SLAS655 (MSP430F5438A). */
#include "machine.h"

enum { CTL0, CTL1, CTL2, CTL3, CTL4, CTL5, CTL6, CTL7, CTL8 };
enum { XT1OFF = 0x0001, SMCLKOFF = 0x0002, XT2OFF = 0x0100 };
enum { DCOFFG = 0x0001, XT1LFOFFG = 0x0002, XT2OFFG = 0x0008, SMCLKREQEN = 0x0004 };
/* At most 32 taps of the DCO, 32 periods of the reference for each (5.2.7). */
#define LOCK_PERIODS 1024

/* Below and above what each DCORSEL reaches on every part, in kHz. */
static const uint16_t range_khz[][2] = {{200, 700},     {360, 1470},   {750, 3170},
                                        {1510, 6070},   {3200, 12300}, {6000, 23700},
                                        {10700, 39000}, {19600, 60000}};

static uint32_t loop_divider(const struct msim *m)
{
    unsigned flld = m->clocks.reg[CTL2] >> 12 & 7;

    return 1u << (flld > 5 ? 5 : flld);
}

static uint32_t reference_hz(const struct msim *m)
{
    static const uint8_t dividers[] = {1, 2, 4, 8, 12, 16, 16, 16};
    unsigned select = m->clocks.reg[CTL3] >> 4 & 7;
    enum oscillator osc = select == 5 ? OSC_XT2 : select == 2 ? OSC_REFO : OSC_LFXT;

    if (clocks_faulty(m, osc)) {
        osc = OSC_REFO;
    }
    return clocks_hz(m, osc, 0) / dividers[m->clocks.reg[CTL3] & 7];
}

/* DCOCLKDIV that the loop is set to. */
static uint32_t target_hz(const struct msim *m)
{
    return reference_hz(m) * ((m->clocks.reg[CTL2] & 0x3ff) + 1u);
}

static void check_range(struct msim *m)
{
    const uint16_t *range = range_khz[m->clocks.reg[CTL1] >> 4 & 7];
    uint32_t khz = target_hz(m) * loop_divider(m) / 1000;

    if (khz < range[0] || khz > range[1]) {
        machine_fault(m, "sets the FLL to %u kHz: DCORSEL reaches %u to %u", khz, range[0],
                      range[1]);
    }
}

/* DCOCLKDIV or DCOCLK, XT1, REFO, XT2; the first two are told apart by a factor. */
static enum oscillator source(unsigned select)
{
    static const enum oscillator sources[] = {OSC_LFXT, OSC_VLO, OSC_REFO, OSC_DCO,
                                              OSC_DCO,  OSC_XT2, OSC_XT2,  OSC_XT2};

    return sources[select & 7];
}

/* All dividers are of DCOCLK, times 32 so that DCOCLK itself divides by less than DCOCLKDIV. */
static uint32_t divider(struct msim *m, unsigned select, unsigned bits)
{
    if ((select & 7) == 3 && loop_divider(m) > 1) {
        machine_fault(m, "uses DCOCLK while FLLD divides: that is not simulated");
    }
    return 1u << ((bits & 7) > 5 ? 5 : bits & 7);
}

static bool smclk_is_requested(const struct msim *m)
{
    return (m->clocks.reg[CTL8] & SMCLKREQEN) != 0 && machine_requests_smclk(m);
}

static struct choice choose(struct msim *m)
{
    unsigned four = m->clocks.reg[CTL4], five = m->clocks.reg[CTL5], six = m->clocks.reg[CTL6];
    unsigned sr = m->r[MSIM_SR];
    bool smclk_off = (six & SMCLKOFF) != 0 || ((sr & SR_SCG1) != 0 && !smclk_is_requested(m));

    if (msim_now(m) >= m->clocks.fll_at) {
        m->clocks.fll_hz = target_hz(m);
    }
    return (struct choice){
        .dco_hz = m->clocks.fll_hz,
        .source = {source(four), source(four >> 4), source(four >> 8)},
        .divider = {divider(m, four, five), divider(m, four >> 4, five >> 4),
                    divider(m, four >> 8, five >> 8)},
        .gated = {(sr & SR_CPUOFF) != 0, smclk_off, (sr & SR_OSCOFF) != 0},
        .wanted = {[OSC_DCO] = (sr & SR_SCG0) == 0,
                   [OSC_LFXT] = (six & XT1OFF) == 0,
                   [OSC_XT2] = (six & XT2OFF) == 0},
    };
}

static void tell_faults(struct msim *m, const bool faulty[OSCS])
{
    uint16_t flags =
        (uint16_t)((faulty[OSC_LFXT] ? XT1LFOFFG : 0) | (faulty[OSC_XT2] ? XT2OFFG : 0) |
                   (msim_now(m) < m->clocks.fll_at ? DCOFFG : 0));

    m->clocks.reg[CTL7] |= flags;
    if ((m->clocks.reg[CTL7] & (XT1LFOFFG | XT2OFFG | DCOFFG)) != 0) {
        sfr_set_flag(m, SFR_OSCILLATOR, true);
    }
}

/* The loop begins to look for what is set now. */
static void relock(struct msim *m)
{
    if (m->clocks.fll_hz != target_hz(m)) {
        m->clocks.fll_at = msim_now(m) + LOCK_PERIODS * (MSIM_SECOND / reference_hz(m));
    }
}

static uint16_t read(struct msim *m, unsigned unit, unsigned offset)
{
    (void)unit;
    return m->clocks.reg[offset / 2];
}

static void write(struct msim *m, unsigned unit, unsigned offset, uint16_t value)
{
    (void)unit;
    m->clocks.reg[offset / 2] = value;
    if (offset / 2 == CTL2 || offset / 2 == CTL3) {
        check_range(m);
        relock(m);
    }
    clocks_update(m);
}

static void reset(struct msim *m, unsigned unit)
{
    static const uint16_t values[] = {0, 0x0020, 0x101f, 0, 0x0044, 0, 0xc1cd, 0x0403, 0x0707};

    (void)unit;
    for (unsigned i = 0; i <= CTL8; i++) {
        m->clocks.reg[i] = values[i];
    }
    m->clocks.fll_at = 0;
    clocks_update(m);
}

const struct clock_family clock_ucs = {choose, tell_faults};
const struct io_ops clock_ucs_ops = {.read = read, .write = write, .reset = reset};
