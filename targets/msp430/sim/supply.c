/* SPDX-License-Identifier: MIT */
#include "machine.h"

/* ---- speed ---------------------------------------------------------------------------------- */

static uint32_t allowed(const struct speed *s, uint32_t mv)
{
    uint32_t hz = 0;

    for (; s->hz != 0 && mv >= s->mv; s++) {
        hz = s->hz;
        if (s[1].hz != 0 && mv < s[1].mv) {
            hz += (uint32_t)((uint64_t)(s[1].hz - s->hz) * (mv - s->mv) / (s[1].mv - s->mv));
        }
    }
    return hz;
}

void supply_check_speed(struct msim *m)
{
    uint32_t hz = m->clock[CLOCK_MCLK].hz, most;

    if (m->part->speeds == NULL || m->supply.down) {
        return;
    }
    most = allowed(m->part->speeds, m->supply.mv);
    if (m->part->fram_hz != 0 && hz > m->part->fram_hz && m->fram.waits == 0) {
        machine_fault(m, "runs the CPU at %u kHz and the FRAM without wait states", hz / 1000);
    }
    if (hz > most + most / 100) {
        machine_fault(m, "runs the CPU at %u kHz: at %u mV the part allows %u kHz", hz / 1000,
                      m->supply.mv, most / 1000);
    }
}

/* ---- supervisor of the 1xx ------------------------------------------------------------------ */

enum { SVSFG = 0x01, SVSOP = 0x02, SVSON = 0x04, PORON = 0x08 };

static void supervise(struct msim *m)
{
    static const uint16_t threshold_mv[] = {0,    1900, 2100, 2200, 2300, 2400, 2500, 2650,
                                            2800, 2900, 3050, 3200, 3350, 3500, 3700, 0};
    uint16_t *ctl = &m->supply.reg[0];
    unsigned level = *ctl >> 4 & 15;
    bool low = level != 0 && m->supply.mv < threshold_mv[level];

    *ctl &= (uint16_t) ~(SVSOP | SVSON);
    if (m->part->cpux || level == 0) {
        return;
    }
    *ctl |= (uint16_t)(SVSON | (low ? SVSOP | SVSFG : 0));
    if (low && (*ctl & PORON) != 0) {
        machine_reset_by(m, MSIM_RESET_SUPPLY);
    }
}

static uint16_t svs_read(struct msim *m, unsigned unit, unsigned offset)
{
    (void)unit;
    (void)offset;
    return m->supply.reg[0];
}

static void svs_write(struct msim *m, unsigned unit, unsigned offset, uint16_t value)
{
    (void)unit;
    (void)offset;
    m->supply.reg[0] = value;
    supervise(m);
}

/* SVSCTL is cleared by a brown-out only (6.2.1). */
const struct io_ops svs_ops = {.bytes = true, .read = svs_read, .write = svs_write};

/* ---- power management of the 5xx and FR ----------------------------------------------------- */

#define PASSWORD 0xa500
#define READS_AS 0x9600
enum { SWBOR = 0x0004, SWPOR = 0x0008 };

static uint16_t pmm_read(struct msim *m, unsigned unit, unsigned offset)
{
    (void)unit;
    return offset == 0 ? READS_AS | (m->supply.reg[0] & 0xff) : m->supply.reg[offset / 2];
}

static void pmm_write(struct msim *m, unsigned unit, unsigned offset, uint16_t value)
{
    (void)unit;
    if (offset == 0) {
        m->supply.open = (value & 0xff00) == PASSWORD;
        if (m->supply.open && (value & (SWBOR | SWPOR)) != 0) {
            machine_reset_by(m, MSIM_RESET_SOFTWARE);
        }
    } else if (!m->supply.open) {
        machine_fault(m, "writes a register of the power management without its password");
    }
    m->supply.reg[offset / 2] = offset == 0 ? value & 0xff : value;
    clocks_update(m);
}

static void pmm_reset(struct msim *m, unsigned unit)
{
    (void)unit;
    for (unsigned i = 0; i < 8; i++) {
        m->supply.reg[i] = 0;
    }
    m->supply.open = false;
}

const struct io_ops pmm_ops = {.read = pmm_read, .write = pmm_write, .reset = pmm_reset};

/* PM5CTL0: while LOCKLPM5 is set, pins keep what they were: of the FR parts after each reset. */
static uint16_t pm5_read(struct msim *m, unsigned unit, unsigned offset)
{
    (void)unit;
    (void)offset;
    return m->supply.reg[8];
}

static void pm5_write(struct msim *m, unsigned unit, unsigned offset, uint16_t value)
{
    (void)unit;
    (void)offset;
    m->supply.reg[8] = value & 1;
    ports_update(m);
}

static void pm5_reset(struct msim *m, unsigned unit)
{
    (void)unit;
    m->supply.reg[8] = m->part->locks_pins;
}

const struct io_ops pm5_ops = {.read = pm5_read, .write = pm5_write, .reset = pm5_reset};

/* ---- from outside --------------------------------------------------------------------------- */

/* Memory that is lost with the supply: what is left there is neither what was nor nothing. */
static void lose_memory(struct msim *m)
{
    for (const struct area *area = m->part->areas; area->last != 0; area++) {
        for (unsigned at = area->begin; area->kind == KIND_RAM && !area->keeps && at <= area->last;
             at++) {
            m->memory[at] = (uint8_t)(at * 167 >> 3);
        }
    }
}

void msim_supply(struct msim *m, uint32_t millivolts)
{
    bool down = millivolts < m->part->brown_out_mv;

    m->supply.mv = millivolts;
    if (down && !m->supply.down) {
        lose_memory(m);
        machine_forget_dues(m);
    } else if (!down && m->supply.down) {
        m->supply.reg[0] = 0;
        m->sfr.ifg = 0;
        machine_reset_by(m, MSIM_RESET_POWER);
    }
    m->supply.down = down;
    if (!down && !m->resetting) {
        supervise(m);
        supply_check_speed(m);
    }
    machine_attend(m);
}
