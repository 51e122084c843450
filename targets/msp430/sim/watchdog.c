/* SPDX-License-Identifier: MIT */
#include "machine.h"

enum { HOLD = 0x80, TMSEL = 0x10, CNTCL = 0x08 };
#define PASSWORD 0x5a00
#define READS_AS 0x6900

/* Ticks by the interval bits. */
static uint64_t interval(const struct msim *m)
{
    static const uint8_t bits1xx[] = {15, 13, 9, 6}, bits_a[] = {31, 27, 23, 19, 15, 13, 9, 6};

    return UINT64_C(1) << (m->part->watchdog_a ? bits_a[m->watchdog.ctl & 7]
                                               : bits1xx[m->watchdog.ctl & 3]);
}

static const struct clock *source(struct msim *m)
{
    unsigned select = m->watchdog.ctl >> 5 & 3;

    if (!m->part->watchdog_a) {
        select = m->watchdog.ctl >> 2 & 1;
    }
    if (select > 1) {
        machine_fault(m, "lets the watchdog count a clock that is not simulated");
    }
    return &m->clock[select == 1 ? CLOCK_ACLK : CLOCK_SMCLK];
}

bool watchdog_requests_smclk(const struct msim *m)
{
    return m->watchdog.present && m->part->watchdog_a && (m->watchdog.ctl & (HOLD | 0x60)) == 0;
}

void watchdog_plan(struct msim *m)
{
    const struct watchdog *w = &m->watchdog;
    bool runs = w->present && (w->ctl & HOLD) == 0;

    machine_due(m, DUE_WATCHDOG,
                runs ? clock_moment(source(m), w->begun + interval(m)) : MSIM_NEVER);
}

/* As interval timer it interrupts and goes on, as watchdog it resets. */
void watchdog_bite(struct msim *m)
{
    m->watchdog.begun += interval(m);
    sfr_set_flag(m, SFR_WATCHDOG, true);
    if ((m->watchdog.ctl & TMSEL) == 0) {
        machine_reset_by(m, MSIM_RESET_WATCHDOG);
    }
    watchdog_plan(m);
}

static uint16_t read(struct msim *m, unsigned unit, unsigned offset)
{
    (void)unit;
    (void)offset;
    return READS_AS | m->watchdog.ctl;
}

static void write(struct msim *m, unsigned unit, unsigned offset, uint16_t value)
{
    struct watchdog *w = &m->watchdog;
    uint64_t counted = clock_ticks(source(m), msim_now(m)) - w->begun;

    (void)unit;
    (void)offset;
    if ((value & 0xff00) != PASSWORD) {
        machine_reset_by(m, MSIM_RESET_PASSWORD);
        return;
    }
    counted = (w->ctl & HOLD) != 0 ? w->held : counted;
    w->ctl = (uint8_t)value & (uint16_t)~CNTCL;
    w->held = (value & CNTCL) != 0 ? 0 : counted % interval(m);
    w->begun = clock_ticks(source(m), msim_now(m)) - w->held;
    watchdog_plan(m);
}

/* It runs from the reset on: on SMCLK, for 32768 ticks. */
static void reset(struct msim *m, unsigned unit)
{
    (void)unit;
    m->watchdog = (struct watchdog){.present = true, .ctl = m->part->watchdog_a ? 4 : 0};
    m->watchdog.begun = clock_ticks(source(m), msim_now(m));
    watchdog_plan(m);
}

const struct io_ops watchdog_ops = {.read = read, .write = write, .reset = reset};
