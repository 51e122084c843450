/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "machine.h"

enum { ERASE = 0x0002, MERAS = 0x0004, WRT = 0x0040, BLKWRT = 0x0080 };
enum { KEYV = 0x0002, ACCVIFG = 0x0004, WAIT = 0x0008, LOCK = 0x0010, LOCKA = 0x0040 };
#define KEY 0xa500
#define READS_AS 0x9600

/* 1xx: in cycles of the flash timing generator (table 5-2 and SLAS368). 5xx: times, in us, by
 * SLAS655. */
#define ERASE_CYCLES 4819
#define WRITE_CYCLES 35
#define GENERATOR_LEAST_HZ 257000
#define GENERATOR_MOST_HZ 476000
#define ERASE_US 23000
#define WRITE_US 64

/* ---- time ----------------------------------------------------------------------------------- */

/* FCTL2: source and divider. */
static uint32_t generator_hz(const struct msim *m)
{
    unsigned select = m->flash.ctl[1] >> 6 & 3, divider = (m->flash.ctl[1] & 63) + 1;

    return m->clock[select == 0 ? CLOCK_ACLK : select == 1 ? CLOCK_MCLK : CLOCK_SMCLK].hz / divider;
}

static void hold(struct msim *m, uint64_t us_5xx, uint32_t cycles_1xx)
{
    uint64_t mclk = m->clock[CLOCK_MCLK].hz;
    uint32_t hz = generator_hz(m);

    if (m->cpux) {
        m->stall += mclk * us_5xx / 1000000;
    } else if (hz < GENERATOR_LEAST_HZ || hz > GENERATOR_MOST_HZ) {
        machine_fault(m, "runs the flash timing generator at %u Hz: 257 to 476 kHz are right", hz);
    } else {
        m->stall += mclk * cycles_1xx / hz;
    }
}

/* ---- erasing and writing -------------------------------------------------------------------- */

static void erase(struct msim *m, uint16_t at)
{
    uint16_t size = at < 0x2000 ? 128 : FLASH_SEGMENT;

    at = (uint16_t)(at & ~(size - 1));
    memset(m->memory + at, 0xff, size);
    m->flash.erased[at / 128]++;
    hold(m, ERASE_US, ERASE_CYCLES);
}

static void program(struct msim *m, uint16_t at, uint16_t value, bool byte)
{
    m->memory[at] &= (uint8_t)value;
    if (!byte) {
        m->memory[at + 1] &= (uint8_t)(value >> 8);
    }
    m->flash.written++;
    hold(m, WRITE_US, WRITE_CYCLES);
}

void flash_store(struct msim *m, uint16_t at, uint16_t value, bool byte)
{
    unsigned mode = m->flash.ctl[0] & (ERASE | MERAS | WRT | BLKWRT);

    if ((m->flash.ctl[2] & LOCK) != 0 || mode == 0) {
        m->flash.ctl[2] |= ACCVIFG;
        machine_fault(m, "writes 0x%04x to flash at 0x%04x while it is %s", value, at,
                      mode == 0 ? "in no mode for it" : "locked");
    } else if (mode == ERASE) {
        erase(m, at);
    } else if (mode == WRT) {
        program(m, byte ? at : at & 0xfffe, value, byte);
    } else {
        machine_fault(m, "erases or writes flash in a mode that is not simulated: FCTL1 0x%04x",
                      mode);
    }
}

unsigned msim_flash_erased(const struct msim *m, uint16_t at)
{
    return m->flash.erased[(at & (at < 0x2000 ? 0xff80 : 0xfe00)) / 128];
}

/* ---- registers: FCTL1, FCTL2 or none, FCTL3, FCTL4 ------------------------------------------ */

static uint16_t read(struct msim *m, unsigned unit, unsigned offset)
{
    (void)unit;
    return READS_AS | (m->flash.ctl[offset / 2] & 0xff) | (offset == 4 ? WAIT : 0);
}

static void write(struct msim *m, unsigned unit, unsigned offset, uint16_t value)
{
    (void)unit;
    if ((value & 0xff00) != KEY) {
        machine_reset_by(m, MSIM_RESET_PASSWORD);
        return;
    }
    m->flash.ctl[offset / 2] = value & 0xff;
}

static void reset(struct msim *m, unsigned unit)
{
    (void)unit;
    m->flash.ctl[0] = 0;
    m->flash.ctl[1] = 0x42;
    m->flash.ctl[2] = 0x18;
    m->flash.ctl[3] = 0;
}

const struct io_ops flash1xx_ops = {.read = read, .write = write, .reset = reset};
const struct io_ops flash5xx_ops = {.read = read, .write = write, .reset = reset};

/* ---- FRAM ----------------------------------------------------------------------------------- */

enum { NWAITS = 0x0070 };

/* A line of the cache holds 64 bits; the set is told by the lowest bit of the line's number. */
void fram_wait(struct msim *m, uint16_t at, bool writes)
{
    struct fram *f = &m->fram;
    uint16_t line = (uint16_t)(at / 8 + 1);
    unsigned set = at / 8 & 1;

    if (!writes && (f->line[set][0] == line || f->line[set][1] == line)) {
        f->oldest[set] = f->line[set][0] == line;
        return;
    }
    m->stall += f->waits;
    if (!writes) {
        f->line[set][f->oldest[set]] = line;
        f->oldest[set] ^= 1;
    }
}

static void set_waits(struct msim *m, unsigned waits)
{
    m->fram.waits = waits;
    memset(m->fram.line, 0, sizeof m->fram.line);
    for (const struct area *area = m->part->areas; area->last != 0; area++) {
        for (unsigned block = area->begin >> BLOCK_BITS;
             area->keeps && block <= area->last >> BLOCK_BITS; block++) {
            m->kind[block] = waits != 0 ? KIND_FRAM : KIND_RAM;
        }
    }
}

static uint16_t fram_read(struct msim *m, unsigned unit, unsigned offset)
{
    (void)unit;
    return offset == 0 ? READS_AS | (m->fram.ctl[0] & 0xff) : m->fram.ctl[offset / 2];
}

static void fram_write(struct msim *m, unsigned unit, unsigned offset, uint16_t value)
{
    (void)unit;
    if (offset == 0) {
        m->fram.open = (value & 0xff00) == KEY;
        if (!m->fram.open) {
            return;
        }
        set_waits(m, (value & NWAITS) >> 4);
    } else if (!m->fram.open) {
        machine_fault(m, "writes a register of the FRAM controller without its password");
    }
    m->fram.ctl[offset / 2] = offset == 0 ? value & 0xff : value;
    clocks_update(m);
}

static void fram_reset(struct msim *m, unsigned unit)
{
    (void)unit;
    m->fram = (struct fram){.open = false};
    set_waits(m, 0);
}

const struct io_ops fram_ops = {.read = fram_read, .write = fram_write, .reset = fram_reset};

/* The memory protection unit protects nothing after a reset; turning it on is not simulated. */
static uint16_t mpu_read(struct msim *m, unsigned unit, unsigned offset)
{
    (void)m;
    (void)unit;
    return offset == 0 ? READS_AS : 0;
}

static void mpu_write(struct msim *m, unsigned unit, unsigned offset, uint16_t value)
{
    (void)unit;
    if (offset == 0 && (value & 1) != 0) {
        machine_fault(m, "turns the memory protection unit on, which is not simulated");
    }
}

const struct io_ops mpu_ops = {.read = mpu_read, .write = mpu_write};
