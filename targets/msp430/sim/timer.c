/* SPDX-License-Identifier: MIT */
#include "machine.h"

/* Offsets from the control register; the vector register's place is given by the part's table. */
enum { CTL = 0x00, CCTL0 = 0x02, R = 0x10, CCR0 = 0x12, EX0 = 0x20, IV = 0x2e };
enum { IFG = 0x0001, IE = 0x0002, CLR = 0x0004, MC = 0x0030 };
enum { CCIFG = 0x0001, CCIE = 0x0010, CAP = 0x0100 };
enum { STOP, UP, CONTINUOUS, UP_DOWN };

static unsigned mode(const struct timer *t)
{
    unsigned chosen = t->ctl >> 4 & 3;

    return (chosen == UP || chosen == UP_DOWN) && t->ccr[0] == 0 ? STOP : chosen;
}

/* Counts until all begins again. */
static uint32_t period(const struct timer *t)
{
    switch (mode(t)) {
    case UP:
        return t->ccr[0] + 1u;
    case UP_DOWN:
        return 2u * t->ccr[0];
    default:
        return 0x10000;
    }
}

static uint16_t count(const struct timer *t)
{
    uint32_t turn = t->ccr[0];

    return (uint16_t)(mode(t) == UP_DOWN && t->position > turn ? 2 * turn - t->position
                                                               : t->position);
}

static uint32_t divider(const struct timer *t)
{
    return (1u << (t->ctl >> 6 & 3)) * (t->ex0 + 1u);
}

/* TASSEL: the two clocks that come from inside. */
static struct clock *source(struct msim *m, const struct timer *t)
{
    return &m->clock[(t->ctl >> 8 & 3) == 1 ? CLOCK_ACLK : CLOCK_SMCLK];
}

/* Counts from one position to another, at least one. */
static uint32_t distance(const struct timer *t, uint32_t to)
{
    uint32_t round = period(t);

    return (to + 2 * round - t->position - 1) % round + 1;
}

/* Counts until the value of that CCR is reached; 0: never. */
static uint32_t until_match(const struct timer *t, unsigned i)
{
    uint32_t value = t->ccr[i], up, down;

    if (value >= period(t) || (mode(t) == UP_DOWN && value > t->ccr[0])) {
        return 0;
    }
    up = distance(t, value);
    down = mode(t) == UP_DOWN ? distance(t, 2 * (uint32_t)t->ccr[0] - value) : up;
    return up < down ? up : down;
}

static void advance(struct timer *t, unsigned ccrs, uint64_t steps)
{
    for (unsigned i = 0; i < ccrs; i++) {
        uint32_t match = until_match(t, i);

        if (match != 0 && match <= steps) {
            t->cctl[i] |= CCIFG;
        }
    }
    if (distance(t, 0) <= steps) {
        t->ctl |= IFG;
    }
    t->position = (uint32_t)((t->position + steps) % period(t));
}

void timer_sync(struct msim *m, unsigned unit)
{
    struct timer *t = &m->timer[unit];
    uint64_t now = clock_ticks(source(m, t), msim_now(m)), passed = now - t->ticks + t->partial;

    t->ticks = now;
    if (mode(t) == STOP) {
        return;
    }
    t->partial = (uint32_t)(passed % divider(t));
    if (passed >= divider(t)) {
        advance(t, m->part->timer[unit].ccrs, passed / divider(t));
    }
}

static bool asks(const struct timer *t, unsigned ccr)
{
    return (t->cctl[ccr] & (CCIFG | CCIE)) == (CCIFG | CCIE);
}

static void set_interrupts(struct msim *m, unsigned unit)
{
    const struct timer *t = &m->timer[unit];
    const struct timer_part *part = &m->part->timer[unit];
    bool others = (t->ctl & (IFG | IE)) == (IFG | IE);

    for (unsigned i = 1; i < part->ccrs; i++) {
        others = others || asks(t, i);
    }
    machine_interrupt(m, part->vector0, asks(t, 0));
    machine_interrupt(m, part->vector1, others);
}

static void nearer(uint32_t *next, uint32_t counts)
{
    if (counts != 0 && (*next == 0 || counts < *next)) {
        *next = counts;
    }
}

void timer_plan(struct msim *m, unsigned unit)
{
    const struct timer *t = &m->timer[unit];
    uint32_t next = 0;
    msim_time at = MSIM_NEVER;

    set_interrupts(m, unit);
    if (mode(t) != STOP) {
        for (unsigned i = 0; i < m->part->timer[unit].ccrs; i++) {
            nearer(&next, (t->cctl[i] & (CCIFG | CCIE)) == CCIE ? until_match(t, i) : 0);
        }
        nearer(&next, (t->ctl & (IFG | IE)) == IE ? distance(t, 0) : 0);
    }
    if (next != 0) {
        at = clock_moment(source(m, t), t->ticks + (uint64_t)next * divider(t) - t->partial);
    }
    machine_due(m, (enum due)(DUE_TIMER + unit), at);
}

bool timer_requests_smclk(const struct msim *m, unsigned unit)
{
    return mode(&m->timer[unit]) != STOP && (m->timer[unit].ctl >> 8 & 3) == 2;
}

void timer_acknowledge(struct msim *m, uint16_t vector)
{
    for (unsigned unit = 0; unit < TIMERS; unit++) {
        if (m->part->timer[unit].ccrs != 0 && m->part->timer[unit].vector0 == vector) {
            m->timer[unit].cctl[0] &= (uint16_t)~CCIFG;
            timer_plan(m, unit);
        }
    }
}

/* ---- registers ------------------------------------------------------------------------------ */

/* The number of the first flag that asks; it is cleared by being told. */
static uint16_t take_vector(struct msim *m, unsigned unit)
{
    struct timer *t = &m->timer[unit];
    const struct timer_part *part = &m->part->timer[unit];
    uint16_t number = 0;

    for (unsigned i = 1; i < part->ccrs && number == 0; i++) {
        if (asks(t, i)) {
            number = (uint16_t)(2 * i);
            t->cctl[i] &= m->peeking ? 0xffff : (uint16_t)~CCIFG;
        }
    }
    if (number == 0 && (t->ctl & (IFG | IE)) == (IFG | IE)) {
        number = part->overflow;
        t->ctl &= m->peeking ? 0xffff : (uint16_t)~IFG;
    }
    return number;
}

static uint16_t read(struct msim *m, unsigned unit, unsigned offset)
{
    struct timer *t = &m->timer[unit];

    timer_sync(m, unit);
    if (offset == CTL) {
        return t->ctl;
    }
    if (offset < R) {
        return t->cctl[(offset - CCTL0) / 2];
    }
    if (offset == R) {
        return count(t);
    }
    if (offset < EX0) {
        return t->ccr[(offset - CCR0) / 2];
    }
    if (offset == IV) {
        uint16_t number = take_vector(m, unit);

        timer_plan(m, unit);
        return number;
    }
    return offset == EX0 ? t->ex0 : 0;
}

/* The count goes on from where it is, in whatever the new period is. */
static void set_position(struct timer *t, uint16_t from)
{
    t->position = from < period(t) ? from : 0;
}

static void set_control(struct msim *m, struct timer *t, uint16_t value)
{
    uint16_t at = count(t);

    t->ctl = value & (uint16_t)~CLR;
    if ((value & CLR) != 0) {
        at = 0;
        t->partial = 0;
    }
    t->ticks = clock_ticks(source(m, t), msim_now(m));
    set_position(t, at);
    if ((value & MC) != 0 && (value >> 8 & 3) != 1 && (value >> 8 & 3) != 2) {
        machine_fault(m, "lets a timer count an outer clock, which is not simulated");
    }
}

static void write(struct msim *m, unsigned unit, unsigned offset, uint16_t value)
{
    struct timer *t = &m->timer[unit];
    uint16_t at;

    timer_sync(m, unit);
    at = count(t);
    if (offset == CTL) {
        set_control(m, t, value);
    } else if (offset < R) {
        t->cctl[(offset - CCTL0) / 2] = value;
        if ((value & CAP) != 0) {
            machine_fault(m, "lets a timer capture, which is not simulated");
        }
    } else if (offset == R) {
        set_position(t, value);
    } else if (offset < EX0) {
        t->ccr[(offset - CCR0) / 2] = value;
        set_position(t, at);
    } else if (offset == EX0) {
        t->ex0 = value & 7;
    }
    timer_plan(m, unit);
}

static void reset(struct msim *m, unsigned unit)
{
    m->timer[unit] = (struct timer){.ticks = 0};
    m->timer[unit].ticks = clock_ticks(source(m, &m->timer[unit]), msim_now(m));
}

const struct io_ops timer_ops = {.read = read, .write = write, .reset = reset};
