/* SPDX-License-Identifier: MIT */
#include "machine.h"

/*
 * Registers; the 16-bit multiplier has the first eight. The kind of operation is chosen by the
 * place to which the first operand is written.
 */
enum {
    MPY = 0x00,
    MACS = 0x06,
    OP2 = 0x08,
    RESLO = 0x0a,
    RESHI = 0x0c,
    SUMEXT = 0x0e,
    MPY32L = 0x10,
    MACS32H = 0x1e,
    OP2L = 0x20,
    OP2H = 0x22,
    RES0 = 0x24,
    RES3 = 0x2a,
    CTL0 = 0x2c,
};
enum { IS_SIGNED = 1, ADDS = 2 };
#define CTL0_MODES 0x030c /* delayed writes, saturation, fractions */

/* ---- the operation -------------------------------------------------------------------------- */

static uint64_t extended(uint32_t operand, bool wide, bool is_signed)
{
    if (!is_signed) {
        return wide ? operand : (uint16_t)operand;
    }
    return wide ? (uint64_t)(int64_t)(int32_t)operand : (uint64_t)(int64_t)(int16_t)operand;
}

static void multiply(struct msim *m)
{
    struct multiplier *x = &m->multiplier;
    bool is_signed = (x->kind & IS_SIGNED) != 0, adds = (x->kind & ADDS) != 0;
    bool wide = x->wide1 || x->wide2;
    uint64_t mask = wide ? UINT64_MAX : UINT32_MAX;
    uint64_t product =
        extended(x->op1, x->wide1, is_signed) * extended(x->op2, x->wide2, is_signed);
    uint64_t before = x->result & mask, sum = ((product & mask) + before) & mask;

    if (adds && wide && x->no_upper) {
        machine_fault(m, "accumulates onto RES3:RES2, which are undefined after a MAC of 16 bits");
    }
    x->no_upper = adds && !wide;
    x->result = adds ? (x->result & ~mask) | sum : product;
    if (is_signed) {
        x->sumext = (x->result & (mask ^ mask >> 1)) != 0 ? 0xffff : 0;
    } else {
        x->sumext = adds && sum < before;
    }
}

/* ---- when results are there (SLAU208 and SLAU367, table "Result Availability") -------------- */

/* Cycles after OP2 or OP2L, and after OP2H, to RES0, RES1, RES2, RES3, carry. */
static const struct {
    uint8_t low[5], high[5];
} latency[2][2] = {
    {{{3, 3, 4, 4, 3}, {0}}, {{3, 5, 6, 7, 7}, {0, 3, 4, 4, 4}}},
    {{{3, 5, 6, 7, 7}, {0}}, {{3, 8, 10, 11, 11}, {0, 3, 5, 6, 6}}},
};

static void check_ready(struct msim *m, unsigned word)
{
    const struct multiplier *x = &m->multiplier;
    uint64_t low = x->low_at + latency[x->wide1][x->wide2].low[word];
    uint64_t high = x->high_at + latency[x->wide1][x->wide2].high[word];

    if (x->half || m->cycles < low || (x->wide2 && m->cycles < high)) {
        machine_fault(m, "reads a product %s at 0x%04x",
                      x->half ? "without OP2H" : "before it is there", m->r[MSIM_PC]);
    }
    if (x->no_upper && (word == 2 || word == 3)) {
        machine_fault(m, "reads RES3:RES2, which are undefined after a MAC of 16 bits");
    }
}

static void begin(struct msim *m, uint32_t op2, bool wide)
{
    struct multiplier *x = &m->multiplier;

    x->op2 = op2;
    x->wide2 = wide;
    x->half = false;
    *(wide ? &x->high_at : &x->low_at) = m->cycles;
    multiply(m);
}

/* ---- registers ------------------------------------------------------------------------------ */

static uint16_t word_of(uint64_t result, unsigned word)
{
    return (uint16_t)(result >> 16 * word);
}

static unsigned result_word(unsigned offset)
{
    return offset >= RES0 ? (offset - RES0) / 2 : offset == RESLO ? 0 : offset == RESHI ? 1 : 4;
}

static uint16_t read(struct msim *m, unsigned unit, unsigned offset)
{
    const struct multiplier *x = &m->multiplier;
    bool is_result = (offset >= RESLO && offset <= SUMEXT) || (offset >= RES0 && offset <= RES3);

    (void)unit;
    if (is_result) {
        if (!m->peeking) {
            check_ready(m, result_word(offset));
        }
        return offset == SUMEXT ? x->sumext : word_of(x->result, result_word(offset));
    }
    if (offset < OP2 || (offset >= MPY32L && offset < OP2L)) {
        return word_of(x->op1, offset >= MPY32L ? offset / 2 & 1 : 0);
    }
    if (offset == CTL0) {
        return (uint16_t)(x->wide2 << 7 | x->wide1 << 6 | x->kind << 4 | (x->sumext & 1));
    }
    return word_of(x->op2, offset == OP2H);
}

static void set_op1(struct multiplier *x, unsigned offset, uint16_t value)
{
    if (offset <= MACS) {
        x->op1 = value;
        x->wide1 = false;
        x->kind = (uint8_t)(offset / 2);
    } else if ((offset & 2) == 0) {
        x->op1 = value;
        x->wide1 = true;
        x->kind = (uint8_t)((offset - MPY32L) / 4);
    } else {
        x->op1 = (x->op1 & 0xffff) | (uint32_t)value << 16;
    }
}

static void set_result(struct multiplier *x, unsigned word, uint16_t value)
{
    x->result &= ~((uint64_t)0xffff << 16 * word);
    x->result |= (uint64_t)value << 16 * word;
    x->no_upper = x->no_upper && word < 2;
}

static void write(struct msim *m, unsigned unit, unsigned offset, uint16_t value)
{
    struct multiplier *x = &m->multiplier;

    (void)unit;
    if (offset <= MACS || (offset >= MPY32L && offset <= MACS32H)) {
        set_op1(x, offset, value);
    } else if (offset == OP2) {
        begin(m, value, false);
    } else if (offset == OP2L) {
        x->op2 = value;
        x->half = true;
        x->low_at = m->cycles;
    } else if (offset == OP2H) {
        begin(m, (x->op2 & 0xffff) | (uint32_t)value << 16, true);
    } else if (offset == CTL0) {
        x->wide2 = (value & 0x80) != 0;
        x->wide1 = (value & 0x40) != 0;
        x->kind = value >> 4 & 3;
        if ((value & CTL0_MODES) != 0) {
            machine_fault(m, "sets 0x%04x in MPY32CTL0: modes that are not simulated", value);
        }
    } else if (offset != SUMEXT && result_word(offset) < 4) {
        set_result(x, result_word(offset), value);
    }
}

static void reset(struct msim *m, unsigned unit)
{
    (void)unit;
    m->multiplier = (struct multiplier){.low_at = 0};
}

const struct io_ops multiplier_ops = {.read = read, .write = write, .reset = reset};
