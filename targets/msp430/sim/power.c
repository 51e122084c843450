/* SPDX-License-Identifier: MIT */
#include "machine.h"

static unsigned state(const struct msim *m)
{
    unsigned on = 0;

    on |= (m->r[MSIM_SR] & SR_CPUOFF) == 0 ? MSIM_ON_CPU : 0;
    on |= m->clock[CLOCK_SMCLK].hz != 0 ? MSIM_ON_SMCLK : 0;
    on |= m->clock[CLOCK_ACLK].hz != 0 ? MSIM_ON_ACLK : 0;
    on |= m->clocks.on[OSC_DCO] ? MSIM_ON_DCO : 0;
    on |= m->clocks.on[OSC_XT2] && m->clocks.crystal[OSC_XT2] != 0 ? MSIM_ON_XT2 : 0;
    on |= m->clocks.on[OSC_LFXT] && m->clocks.crystal[OSC_LFXT] != 0 ? MSIM_ON_LFXT : 0;
    on |= adc_is_on(m) ? MSIM_ON_ADC : 0;
    return on;
}

void power_note(struct msim *m)
{
    unsigned now = state(m);

    if (now != m->power.state) {
        m->power.in[m->power.state] += msim_now(m) - m->power.since;
        m->power.since = msim_now(m);
        m->power.state = now;
        if (m->power.stops) {
            msim_stop(m);
        }
    }
}

void msim_stop_at_power(struct msim *m, bool stop)
{
    m->power.stops = stop;
}

unsigned msim_on(const struct msim *m)
{
    return m->power.state;
}

msim_time msim_time_on(const struct msim *m, unsigned on)
{
    msim_time before = on < MSIM_ON_STATES ? m->power.in[on] : 0;

    return before + (on == m->power.state ? msim_now(m) - m->power.since : 0);
}
