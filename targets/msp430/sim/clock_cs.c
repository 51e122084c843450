/* SPDX-License-Identifier: MIT */
/* Clock system (SLAU367 chapter 3). */
#include "machine.h"

enum { CTL0, CTL1, CTL2, CTL3, CTL4, CTL5, CTL6 };
enum { LFXTOFF = 0x0001, SMCLKOFF = 0x0002, VLOOFF = 0x0008, HFXTOFF = 0x0100 };
enum { LFXTOFFG = 0x0001, HFXTOFFG = 0x0002, SMCLKREQEN = 0x0004 };
#define PASSWORD 0xa5
#define READS_AS 0x9600

/* SLAU367 table of CSCTL1; SLASE54 and SLAS704 agree to a few per cent. */
static uint32_t dco_hz(const struct msim *m)
{
    static const uint32_t slow[] = {1000000, 2670000, 3330000, 4000000, 5330000, 6670000, 8000000};
    static const uint32_t fast[] = {1000000,  5330000,  6670000, 8000000,
                                    16000000, 20000000, 24000000};
    unsigned step = m->clocks.reg[CTL1] >> 1 & 7;

    step = step > 6 ? 6 : step;
    return (uint32_t)((uint64_t)((m->clocks.reg[CTL1] & 0x40) != 0 ? fast : slow)[step] *
                      m->clocks.spread / 1000);
}

static enum oscillator source(unsigned select)
{
    static const enum oscillator sources[] = {OSC_LFXT,   OSC_VLO, OSC_VLO, OSC_DCO,
                                              OSC_MODOSC, OSC_XT2, OSC_XT2, OSC_XT2};

    return sources[select & 7];
}

static uint32_t divider(unsigned bits)
{
    return 1u << ((bits & 7) > 5 ? 5 : bits & 7);
}

/* A module that uses SMCLK keeps it running in every low-power mode while its request is not
 * refused (3.2.12). */
static bool smclk_is_requested(const struct msim *m)
{
    return (m->clocks.reg[CTL6] & SMCLKREQEN) != 0 && machine_requests_smclk(m);
}

static struct choice choose(struct msim *m)
{
    unsigned two = m->clocks.reg[CTL2], three = m->clocks.reg[CTL3], four = m->clocks.reg[CTL4];
    unsigned sr = m->r[MSIM_SR];
    bool smclk_off = (four & SMCLKOFF) != 0 || ((sr & SR_SCG1) != 0 && !smclk_is_requested(m));

    return (struct choice){
        .dco_hz = dco_hz(m),
        .source = {source(two), source(two >> 4), source(two >> 8)},
        .divider = {divider(three), divider(three >> 4), divider(three >> 8)},
        .gated = {(sr & SR_CPUOFF) != 0, smclk_off, (sr & SR_OSCOFF) != 0},
        .wanted = {[OSC_DCO] = (sr & SR_SCG0) == 0,
                   [OSC_LFXT] = (four & LFXTOFF) == 0,
                   [OSC_XT2] = (four & HFXTOFF) == 0,
                   [OSC_VLO] = (four & VLOOFF) == 0},
    };
}

static void tell_faults(struct msim *m, const bool faulty[OSCS])
{
    uint16_t flags =
        (uint16_t)((faulty[OSC_LFXT] ? LFXTOFFG : 0) | (faulty[OSC_XT2] ? HFXTOFFG : 0));

    m->clocks.reg[CTL5] |= flags;
    if ((m->clocks.reg[CTL5] & (LFXTOFFG | HFXTOFFG)) != 0) {
        sfr_set_flag(m, SFR_OSCILLATOR, true);
    }
}

static uint16_t read(struct msim *m, unsigned unit, unsigned offset)
{
    (void)unit;
    return offset == 0 ? READS_AS | (m->clocks.reg[CTL0] & 0xff) : m->clocks.reg[offset / 2];
}

static void write(struct msim *m, unsigned unit, unsigned offset, uint16_t value)
{
    (void)unit;
    if (offset == 0) {
        m->clocks.open = value >> 8 == PASSWORD;
        return;
    }
    if (!m->clocks.open) {
        machine_fault(m, "writes a register of the clock system without its password");
    }
    m->clocks.reg[offset / 2] = value;
    clocks_update(m);
}

static void reset(struct msim *m, unsigned unit)
{
    static const uint16_t values[] = {0, 0x000c, 0x0033, 0x0033, 0xcdc9, 0x00c0, 0x000f};

    (void)unit;
    for (unsigned i = 0; i <= CTL6; i++) {
        m->clocks.reg[i] = values[i];
    }
    m->clocks.open = false;
    clocks_update(m);
}

const struct clock_family clock_cs = {choose, tell_faults};
const struct io_ops clock_cs_ops = {.read = read, .write = write, .reset = reset};
