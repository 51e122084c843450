/* SPDX-License-Identifier: MIT */
#include "machine.h"

/* Typical values of the data sheets. */
#define VLO_HZ 9400
#define REFO_HZ 32768
#define MODOSC_HZ 4800000
/* After being turned on: a high-frequency crystal, and a watch crystal. */
#define XT2_STARTS (2000 * MSIM_US)
#define LFXT_STARTS (500 * 1000 * MSIM_US)

uint32_t clocks_hz(const struct msim *m, enum oscillator osc, uint32_t dco_hz)
{
    switch (osc) {
    case OSC_DCO:
        return dco_hz;
    case OSC_VLO:
        return VLO_HZ;
    case OSC_REFO:
        return REFO_HZ;
    case OSC_MODOSC:
        return MODOSC_HZ;
    default:
        return m->clocks.crystal[osc];
    }
}

bool clocks_faulty(const struct msim *m, enum oscillator osc)
{
    return (osc == OSC_LFXT || osc == OSC_XT2) &&
           (m->clocks.crystal[osc] == 0 || !m->clocks.on[osc] ||
            msim_now(m) < m->clocks.ready[osc]);
}

void clocks_tell_faults(struct msim *m)
{
    bool faulty[OSCS];

    for (unsigned osc = 0; osc < OSCS; osc++) {
        faulty[osc] = m->clocks.on[osc] && clocks_faulty(m, (enum oscillator)osc);
    }
    m->part->clocks->tell_faults(m, faulty);
}

static void turn(struct msim *m, unsigned osc, bool on)
{
    struct clocks *c = &m->clocks;

    if (on && !c->on[osc]) {
        c->ready[osc] = msim_now(m) + (osc == OSC_XT2    ? XT2_STARTS
                                       : osc == OSC_LFXT ? LFXT_STARTS
                                                         : 0);
    }
    c->on[osc] = on;
}

/* An oscillator runs if a clock that runs wants it. */
static void turn_oscillators(struct msim *m, const struct choice *choice)
{
    bool on[OSCS];

    for (unsigned osc = 0; osc < OSCS; osc++) {
        on[osc] = choice->wanted[osc];
    }
    for (unsigned clock = 0; clock < CLOCKS; clock++) {
        on[choice->source[clock]] = on[choice->source[clock]] || !choice->gated[clock];
    }
    for (unsigned osc = 0; osc < OSCS; osc++) {
        turn(m, osc, on[osc]);
    }
}

/* A clock whose crystal does not oscillate comes from something that does. */
static enum oscillator in_use(const struct msim *m, const struct choice *choice, unsigned clock)
{
    enum oscillator osc = choice->source[clock];

    if (!clocks_faulty(m, osc)) {
        return osc;
    }
    return osc == OSC_LFXT ? m->part->instead_of_lfxt : OSC_DCO;
}

static void set_clocks(struct msim *m, const struct choice *choice)
{
    for (unsigned i = 0; i < CLOCKS; i++) {
        enum oscillator osc = in_use(m, choice, i);
        uint32_t hz = clocks_hz(m, osc, choice->dco_hz) / choice->divider[i];
        /* in MCLK the CPU's cycles are counted */
        bool stands = (choice->gated[i] && i != CLOCK_MCLK) || clocks_faulty(m, osc);

        m->clocks.source[i] = osc;
        m->clocks.on[osc] = m->clocks.on[osc] || !choice->gated[i];
        clock_set(&m->clock[i], stands ? 0 : hz, msim_now(m));
    }
}

static void plan_ready(struct msim *m)
{
    const struct clocks *c = &m->clocks;
    msim_time now = msim_now(m), next = c->fll_at > now ? c->fll_at : MSIM_NEVER;

    for (unsigned osc = 0; osc < OSCS; osc++) {
        if (c->on[osc] && c->crystal[osc] != 0 && c->ready[osc] > now && c->ready[osc] < next) {
            next = c->ready[osc];
        }
    }
    machine_due(m, DUE_CLOCKS, next);
}

void clocks_update(struct msim *m)
{
    struct choice choice = m->part->clocks->choose(m);

    machine_settle_time(m);
    turn_oscillators(m, &choice);
    set_clocks(m, &choice);
    clocks_tell_faults(m);
    plan_ready(m);
    supply_check_speed(m);
    power_note(m);
    machine_replan(m);
}

/* ---- a CPU alone ---------------------------------------------------------------------------- */

static struct choice choose_none(struct msim *m)
{
    (void)m;
    return (struct choice){
        .dco_hz = 8000000, .source = {OSC_DCO, OSC_DCO, OSC_REFO}, .divider = {1, 1, 1}};
}

static void no_faults(struct msim *m, const bool faulty[OSCS])
{
    (void)m;
    (void)faulty;
}

const struct clock_family clock_none = {choose_none, no_faults};
