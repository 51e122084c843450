/* SPDX-License-Identifier: MIT */
/* The machine: its making, and the loop that lets CPU, peripherals and interrupts take turns. */
#include "machine.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VECTORS_BEGIN 0xff80
#define RESET_VECTOR 0xfffe

struct msim *msim_new(const char *part)
{
    const struct part *found = part_find(part);
    struct msim *m = found != NULL ? calloc(1, sizeof *m) : NULL;

    if (m != NULL) {
        m->part = found;
        m->cpux = found->cpux;
        m->clocks.spread = 1000;
        m->supply.mv = found->usual_mv;
        memcpy(m->clocks.crystal, found->crystal, sizeof m->clocks.crystal);
        cycles_fill(m);
        memory_map(m);
        io_map(m);
        uarts_init(m);
    }
    return m;
}

void msim_free(struct msim *m)
{
    if (m != NULL) {
        profile_free(m->profile);
        elf_free(&m->elf);
        free(m);
    }
}

const char *msim_part_name(size_t index)
{
    const struct part *part = part_at(index);

    return part != NULL ? part->name : NULL;
}

const char *msim_part_of(const struct msim *m)
{
    return m->part->name;
}

const char *msim_load(struct msim *m, const void *image, size_t len)
{
    elf_free(&m->elf);
    return elf_load(m, image, len);
}

void machine_reset_by(struct msim *m, enum msim_reset_cause cause)
{
    m->resetting = true;
    m->cause = cause;
    machine_attend(m);
}

uint64_t msim_resets(const struct msim *m)
{
    return m->resets;
}

enum msim_reset_cause msim_reset_cause(const struct msim *m)
{
    return m->cause;
}

void machine_forget_dues(struct msim *m)
{
    for (size_t i = 0; i < DUE_COUNT; i++) {
        m->due[i] = MSIM_NEVER;
    }
}

/* Registers as after a reset; the first instruction is next. */
static void reset(struct msim *m)
{
    m->resets++;
    m->resetting = false;
    memset(m->r, 0, sizeof m->r);
    m->pending = 0;
    m->was_enabled = false;
    m->told.set = false;
    machine_forget_dues(m);
    clocks_update(m);
    io_reset(m);
    clocks_update(m);
    m->r[MSIM_PC] = memory_load(m, RESET_VECTOR, false) & 0xfffe;
}

void msim_reset(struct msim *m)
{
    m->cause = MSIM_RESET_POWER;
    m->fault[0] = '\0';
    m->sfr.ifg = 0;
    reset(m);
}

size_t msim_size(void)
{
    return sizeof(struct msim);
}

void msim_save(const struct msim *m, void *to)
{
    memcpy(to, m, sizeof *m);
}

void msim_restore(struct msim *m, const void *from)
{
    struct elf elf = m->elf;
    struct profile *profile = m->profile;

    memcpy(m, from, sizeof *m);
    m->elf = elf;
    m->profile = profile;
}

/* ---- time ----------------------------------------------------------------------------------- */

msim_time msim_now(const struct msim *m)
{
    const struct clock *mclk = &m->clock[CLOCK_MCLK];

    if (m->cycles == m->cycles_then) {
        return m->then;
    }
    return m->then + (m->cycles - m->cycles_then) / mclk->hz * MSIM_SECOND +
           (m->cycles - m->cycles_then) % mclk->hz * MSIM_SECOND / mclk->hz;
}

/* The first cycle that ends at that moment or later. */
static uint64_t cycles_at(const struct msim *m, msim_time moment)
{
    uint32_t hz = m->clock[CLOCK_MCLK].hz;
    msim_time more = moment > m->then ? moment - m->then : 0;

    return m->cycles_then + more / MSIM_SECOND * hz +
           (more % MSIM_SECOND * hz + MSIM_SECOND - 1) / MSIM_SECOND;
}

/* From now on time is counted from that moment. */
static void pass_to(struct msim *m, msim_time moment)
{
    m->then = moment;
    m->cycles_then = m->cycles;
}

void machine_settle_time(struct msim *m)
{
    pass_to(m, msim_now(m));
}

uint64_t msim_cycles(const struct msim *m)
{
    return m->cycles;
}

uint64_t msim_instructions(const struct msim *m)
{
    return m->instructions;
}

/* ---- what happens by itself ----------------------------------------------------------------- */

void machine_due(struct msim *m, enum due what, msim_time at)
{
    m->due[what] = at;
    machine_attend(m);
}

static msim_time next_due(const struct msim *m)
{
    msim_time next = MSIM_NEVER;

    for (size_t i = 0; i < DUE_COUNT; i++) {
        next = m->due[i] < next ? m->due[i] : next;
    }
    return next;
}

static void happen(struct msim *m, enum due what)
{
    if (what == DUE_CLOCKS) {
        clocks_update(m);
    } else if (what == DUE_WATCHDOG) {
        watchdog_bite(m);
    } else if (what == DUE_ADC) {
        adc_convert(m);
    } else if (what < DUE_UART_TX) {
        timer_sync(m, (unsigned)(what - DUE_TIMER));
        timer_plan(m, (unsigned)(what - DUE_TIMER));
    } else if (what < DUE_UART_RX) {
        uart_sent(m, (unsigned)(what - DUE_UART_TX));
    } else {
        uart_received(m, (unsigned)(what - DUE_UART_RX));
    }
}

static void catch_up(struct msim *m)
{
    msim_time now = msim_now(m);

    for (size_t i = 0; i < DUE_COUNT; i++) {
        if (m->due[i] <= now) {
            m->due[i] = MSIM_NEVER;
            happen(m, (enum due)i);
        }
    }
}

void machine_replan(struct msim *m)
{
    for (unsigned unit = 0; unit < TIMERS; unit++) {
        if (m->part->timer[unit].ccrs != 0) {
            timer_sync(m, unit);
            timer_plan(m, unit);
        }
    }
    for (unsigned unit = 0; unit < UARTS; unit++) {
        if (m->part->uart[unit].kind != UART_NONE) {
            uart_plan(m, unit);
        }
    }
    watchdog_plan(m);
}

bool machine_requests_smclk(const struct msim *m)
{
    bool requests = watchdog_requests_smclk(m);

    for (unsigned unit = 0; unit < TIMERS; unit++) {
        requests = requests || timer_requests_smclk(m, unit);
    }
    for (unsigned unit = 0; unit < UARTS; unit++) {
        requests = requests || uart_requests_smclk(m, unit);
    }
    return requests;
}

/* ---- interrupts ----------------------------------------------------------------------------- */

void machine_interrupt(struct msim *m, uint16_t vector, bool asks)
{
    uint64_t bit = UINT64_C(1) << (vector - VECTORS_BEGIN) / 2;

    if (asks) {
        m->pending |= bit;
        machine_attend(m);
    } else {
        m->pending &= ~bit;
    }
}

/*
 * The CPU decides while it executes: GIE counts as it was before the last instruction, so that the
 * one behind EINT is always executed and an interrupt may still come behind DINT (SLAU208 1.3.2).
 * While it sleeps, GIE counts as it is.
 */
static bool interrupted(struct msim *m)
{
    bool sleeps = (m->r[MSIM_SR] & SR_CPUOFF) != 0;
    bool enabled = (m->r[MSIM_SR] & SR_GIE) != 0;

    if (m->pending == 0 || !(sleeps ? enabled : m->was_enabled)) {
        return false;
    }
    for (unsigned vector = RESET_VECTOR; vector >= VECTORS_BEGIN; vector -= 2) {
        if ((m->pending >> (vector - VECTORS_BEGIN) / 2 & 1) != 0) {
            timer_acknowledge(m, (uint16_t)vector);
            sfr_acknowledge(m, (uint16_t)vector);
            cpu_interrupt(m, (uint16_t)vector);
            return true;
        }
    }
    return false;
}

/* ---- running -------------------------------------------------------------------------------- */

void machine_fault(struct msim *m, const char *format, ...)
{
    va_list arguments;

    if (m->fault[0] == '\0') {
        va_start(arguments, format);
        vsnprintf(m->fault, sizeof m->fault, format, arguments);
        va_end(arguments);
    }
    machine_attend(m);
}

const char *msim_fault(const struct msim *m)
{
    return m->fault;
}

void msim_stop(struct msim *m)
{
    m->stopping = true;
    machine_attend(m);
}

/* Whether the run ends here. */
static bool ends(struct msim *m, msim_time until, enum msim_stop *why)
{
    if (m->fault[0] != '\0') {
        *why = MSIM_STOP_FAULT;
    } else if (m->stopping) {
        m->stopping = false;
        *why = MSIM_STOP_HOST;
    } else if (msim_now(m) >= until) {
        *why = MSIM_STOP_TIME;
    } else {
        return false;
    }
    return true;
}

static void sleep_until(struct msim *m, msim_time until)
{
    msim_time next = next_due(m);

    next = next < until ? next : until;
    if (next == MSIM_NEVER) {
        machine_fault(m, "sleeps at 0x%04x, and nothing will ever wake it", m->r[MSIM_PC]);
    } else {
        pass_to(m, next);
    }
}

/* An interrupt that comes while it stands at a mark leads back to it, and is no second arrival. */
static bool is_told(const struct msim *m)
{
    return m->told.set && m->told.pc == m->r[MSIM_PC] && m->told.sp == m->r[MSIM_SP];
}

/* The CPU's turn: up to what comes next, or one instruction if GIE was just changed. */
static void turn(struct msim *m, msim_time until, bool one)
{
    bool changed = m->was_enabled != ((m->r[MSIM_SR] & SR_GIE) != 0);
    msim_time next = next_due(m);

    m->horizon = one || changed ? 0 : cycles_at(m, next < until ? next : until);
    m->was_enabled = (m->r[MSIM_SR] & SR_GIE) != 0;
    m->told.set = m->told.set && !is_told(m);
    cpu_run(m);
}

/* A CPU that sleeps is not yet at the instruction behind. */
static bool is_marked(const struct msim *m)
{
    return m->mark[m->r[MSIM_PC] >> 1] != 0 && (m->r[MSIM_SR] & SR_CPUOFF) == 0 && !is_told(m);
}

static enum msim_stop tell_mark(struct msim *m)
{
    m->told.set = true;
    m->told.pc = m->r[MSIM_PC];
    m->told.sp = m->r[MSIM_SP];
    return MSIM_STOP_MARK;
}

static enum msim_stop run(struct msim *m, msim_time until, bool one)
{
    enum msim_stop why;
    bool first = true;

    for (;;) {
        catch_up(m);
        if (m->resetting && !m->supply.down) {
            reset(m);
        }
        if (m->sr_changed) {
            m->sr_changed = false;
            clocks_update(m);
        }
        if (ends(m, until, &why)) {
            return why;
        }
        if (one && !first) {
            return MSIM_STOP_TIME;
        }
        if (interrupted(m) || !first) {
            first = false;
            if (is_marked(m)) {
                return tell_mark(m);
            }
        }
        if (m->stopping) {
            continue;
        }
        if ((m->r[MSIM_SR] & SR_CPUOFF) != 0 || m->supply.down) {
            sleep_until(m, until);
        } else {
            turn(m, until, one);
            first = false;
        }
    }
}

enum msim_stop msim_run(struct msim *m, msim_time until)
{
    return run(m, until, false);
}

enum msim_stop msim_step(struct msim *m)
{
    return run(m, MSIM_NEVER, true);
}

/* ---- the board ------------------------------------------------------------------------------ */

void msim_crystals(struct msim *m, uint32_t low, uint32_t high)
{
    m->clocks.crystal[OSC_LFXT] = low;
    m->clocks.crystal[OSC_XT2] = high;
    clocks_update(m);
}

void msim_dco(struct msim *m, uint32_t thousandths)
{
    m->clocks.spread = thousandths;
    clocks_update(m);
}

/* ---- registers, names, marks ---------------------------------------------------------------- */

uint16_t msim_register(const struct msim *m, unsigned number)
{
    return m->r[number & 15];
}

/* A debugger that changes SR means it so at once. */
void msim_set_register(struct msim *m, unsigned number, uint16_t value)
{
    number &= 15;
    m->told.set = false;
    m->r[number] = number <= MSIM_SP ? value & 0xfffe : number == MSIM_CG ? 0 : value;
    m->was_enabled = (m->r[MSIM_SR] & SR_GIE) != 0;
}

void msim_mark(struct msim *m, uint16_t at, bool marked)
{
    m->mark[at >> 1] = marked;
}

bool msim_symbol(const struct msim *m, const char *name, uint16_t *at)
{
    for (size_t i = 0; i < m->elf.count; i++) {
        if (strcmp(m->elf.symbols[i].name, name) == 0) {
            *at = m->elf.symbols[i].at;
            return true;
        }
    }
    return false;
}

const char *msim_function_at(const struct msim *m, uint16_t at)
{
    size_t index = elf_function(&m->elf, at);

    return index < m->elf.count ? m->elf.symbols[index].name : "?";
}
