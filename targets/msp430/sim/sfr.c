/* SPDX-License-Identifier: MIT */
#include "machine.h"

/* Interrupts that no mask holds back, and that nothing here raises. */
#define NOT_MASKED (SFR_OSCILLATOR | SFR_NMI | SFR_FLASH)

static void update(struct msim *m)
{
    for (const struct sfr_vector *v = m->part->sfr_vectors; v->bit != 0; v++) {
        machine_interrupt(m, v->vector, (m->sfr.ie & m->sfr.ifg & v->bit) != 0);
    }
}

void sfr_set_flag(struct msim *m, uint16_t bit, bool set)
{
    m->sfr.ifg = set ? m->sfr.ifg | bit : m->sfr.ifg & (uint16_t)~bit;
    update(m);
}

void sfr_acknowledge(struct msim *m, uint16_t vector)
{
    for (const struct sfr_vector *v = m->part->sfr_vectors; v->bit != 0; v++) {
        if (v->vector == vector && v->cleared) {
            sfr_set_flag(m, v->bit, false);
        }
    }
}

static void check(struct msim *m)
{
    if ((m->sfr.ie & NOT_MASKED) != 0) {
        machine_fault(m, "enables interrupts that are not simulated: 0x%04x of IE1", m->sfr.ie);
    }
    update(m);
    clocks_tell_faults(m);
}

/* ---- MSP430x1xx: octets ------------------------------------------------------------------------
 */

static uint16_t *pair(struct msim *m, unsigned offset)
{
    return offset < 2 ? &m->sfr.ie : offset < 4 ? &m->sfr.ifg : &m->sfr.me;
}

static uint16_t read1xx(struct msim *m, unsigned unit, unsigned offset)
{
    (void)unit;
    return (uint8_t)(*pair(m, offset) >> 8 * (offset & 1));
}

static void write1xx(struct msim *m, unsigned unit, unsigned offset, uint16_t value)
{
    uint16_t *word = pair(m, offset);

    (void)unit;
    *word = (offset & 1) != 0 ? (uint16_t)((*word & 0x00ff) | value << 8)
                              : (uint16_t)((*word & 0xff00) | value);
    check(m);
}

/* ---- 5xx and later: words ----------------------------------------------------------------------
 */

static uint16_t read5xx(struct msim *m, unsigned unit, unsigned offset)
{
    (void)unit;
    return offset < 4 ? *pair(m, offset) : 0;
}

static void write5xx(struct msim *m, unsigned unit, unsigned offset, uint16_t value)
{
    (void)unit;
    if (offset < 4) {
        *pair(m, offset) = value;
        check(m);
    }
}

/* What caused the reset stays to be read. */
static void reset(struct msim *m, unsigned unit)
{
    (void)unit;
    m->sfr = (struct sfr){.ifg = m->sfr.ifg & (SFR_WATCHDOG | SFR_OSCILLATOR | SFR_NMI)};
}

const struct io_ops sfr1xx_ops = {
    .bytes = true, .read = read1xx, .write = write1xx, .reset = reset};
const struct io_ops sfr5xx_ops = {.read = read5xx, .write = write5xx, .reset = reset};
