/* SPDX-License-Identifier: MIT */
#include "machine.h"

enum { SYSRSTIV = 0x1e };

static uint16_t cause(const struct msim *m)
{
    static const uint16_t numbers[] = {[MSIM_RESET_POWER] = 0x02,
                                       [MSIM_RESET_WATCHDOG] = 0x16,
                                       [MSIM_RESET_PASSWORD] = 0x18,
                                       [MSIM_RESET_SUPPLY] = 0x0e,
                                       [MSIM_RESET_SOFTWARE] = 0x06};

    return numbers[m->cause];
}

/* Reading SYSRSTIV clears it. */
static uint16_t read(struct msim *m, unsigned unit, unsigned offset)
{
    uint16_t number = offset == SYSRSTIV && !m->sys.told ? cause(m) : 0;

    (void)unit;
    if (offset == SYSRSTIV && !m->peeking) {
        m->sys.told = true;
    }
    return number;
}

static void write(struct msim *m, unsigned unit, unsigned offset, uint16_t value)
{
    (void)unit;
    if (offset == SYSRSTIV) {
        m->sys.told = true;
    } else if (value != 0) {
        machine_fault(m, "writes 0x%04x to a SYS register that is not simulated", value);
    }
}

static void reset(struct msim *m, unsigned unit)
{
    (void)unit;
    m->sys.told = false;
}

const struct io_ops sys_ops = {.read = read, .write = write, .reset = reset};

static uint16_t latch_read(struct msim *m, unsigned unit, unsigned offset)
{
    (void)offset;
    return m->sys.latch[unit];
}

static void latch_write(struct msim *m, unsigned unit, unsigned offset, uint16_t value)
{
    (void)offset;
    m->sys.latch[unit] = value;
}

static void latch_reset(struct msim *m, unsigned unit)
{
    m->sys.latch[unit] = 0;
}

const struct io_ops latch_ops = {.read = latch_read, .write = latch_write, .reset = latch_reset};
