/* SPDX-License-Identifier: MIT */
/*
 * The 27 instructions of the 16-bit CPU (SLAU049 chapter 3; SLAU208 chapter "CPUX" for what CPUXV2
 * does otherwise).
 *
 * m->cycles goes along with the accesses of an instruction, so that a peripheral sees them in the
 * cycle in which the bus would: the source in the second or third, the destination's reading in the
 * last but one, its writing in the last.
 */
#include "machine.h"

enum { MOV = 4, ADD, ADDC, SUBC, SUB, CMP, DADD, BIT, BIC, BIS, XOR, AND };
enum { RRC, SWPB, RRA, SXT, PUSH, CALL, RETI };
enum { JNE, JEQ, JNC, JC, JN, JGE, JL, JMP };

#define INTERRUPT_CYCLES 6

static inline uint16_t fetch(struct msim *m)
{
    uint16_t at = m->r[MSIM_PC];

    m->r[MSIM_PC] = (uint16_t)(at + 2);
    return memory_load(m, at, false);
}

#define LOW_POWER (SR_CPUOFF | SR_OSCOFF | SR_SCG0 | SR_SCG1)

static void set_sr(struct msim *m, uint16_t value)
{
    m->was_enabled = (m->r[MSIM_SR] & SR_GIE) != 0;
    m->sr_changed = m->sr_changed || ((m->r[MSIM_SR] ^ value) & LOW_POWER) != 0;
    m->r[MSIM_SR] = value;
    machine_attend(m);
}

static inline void set_register(struct msim *m, unsigned reg, uint16_t value)
{
    if (reg > MSIM_CG) {
        m->r[reg] = value;
    } else if (reg == MSIM_SR) {
        set_sr(m, value);
    } else if (reg != MSIM_CG) {
        m->r[reg] = value & 0xfffe;
    }
}

/* ---- operands ------------------------------------------------------------------------------- */

/* Of an operand with an index word: X(Rn), symbolic or absolute. */
static inline uint16_t indexed(struct msim *m, unsigned reg)
{
    uint16_t base = reg == MSIM_SR ? 0 : m->r[reg];

    return (uint16_t)(base + fetch(m));
}

/* Autoincrement: by two for words, and where PC and SP are used. */
static inline uint16_t increment(struct msim *m, unsigned reg, bool byte)
{
    uint16_t at = m->r[reg];

    m->r[reg] = (uint16_t)(at + (byte && reg > MSIM_SP ? 1 : 2));
    return at;
}

/* Constants of the generator (SLAU049 3.2.4). */
static inline bool constant(unsigned mode, unsigned reg, uint16_t *value)
{
    static const uint16_t values[2][4] = {{0, 0, 4, 8}, {0, 1, 2, 0xffff}};

    if (reg == MSIM_CG || (reg == MSIM_SR && mode >= 2)) {
        *value = values[reg - MSIM_SR][mode];
        return true;
    }
    return false;
}

/* Where a source in memory is: modes 1 to 3, no constant. */
static inline uint16_t source_address(struct msim *m, unsigned mode, unsigned reg, bool byte)
{
    if (mode == 1) {
        m->cycles += 3;
        return indexed(m, reg);
    }
    m->cycles += 2;
    return mode == 2 ? m->r[reg] : increment(m, reg, byte);
}

static inline uint16_t source(struct msim *m, unsigned mode, unsigned reg, bool byte)
{
    uint16_t value;

    if (!constant(mode, reg, &value)) {
        if (mode != 0) {
            return memory_load(m, source_address(m, mode, reg, byte), byte);
        }
        value = m->r[reg];
    }
    return byte ? value & 0xff : value;
}

/* ---- arithmetic: each sets the flags -------------------------------------------------------- */

static inline void flags(struct msim *m, uint16_t set)
{
    m->r[MSIM_SR] = (uint16_t)((m->r[MSIM_SR] & ~(SR_C | SR_Z | SR_N | SR_V)) | set);
}

static inline uint16_t zero_negative(uint16_t value, uint16_t top)
{
    return (uint16_t)((value == 0 ? SR_Z : 0) | ((value & top) != 0 ? SR_N : 0));
}

static inline uint16_t add(struct msim *m, uint16_t a, uint16_t b, unsigned carry, bool byte)
{
    unsigned mask = byte ? 0xff : 0xffff, top = byte ? 0x80 : 0x8000;
    unsigned sum = a + b + carry;
    uint16_t result = (uint16_t)(sum & mask);

    flags(m, (uint16_t)(zero_negative(result, (uint16_t)top) | (sum > mask ? SR_C : 0) |
                        ((~(a ^ b) & (a ^ sum) & top) != 0 ? SR_V : 0)));
    return result;
}

/* Of AND, BIT, XOR and SXT: C is that the result is not zero. */
static inline uint16_t logic(struct msim *m, uint16_t result, bool overflow, bool byte)
{
    flags(m, (uint16_t)(zero_negative(result, byte ? 0x80 : 0x8000) | (result != 0 ? SR_C : 0) |
                        (overflow ? SR_V : 0)));
    return result;
}

/* Digits are added as digits. The guides leave V undefined: it is cleared. */
static uint16_t dadd(struct msim *m, uint16_t a, uint16_t b, bool byte)
{
    unsigned carry = m->r[MSIM_SR] & SR_C, result = 0;

    for (unsigned shift = 0; shift < (byte ? 8u : 16u); shift += 4) {
        unsigned digit = (a >> shift & 15u) + (b >> shift & 15u) + carry;

        carry = digit > 9;
        if (carry != 0) {
            digit -= 10;
        }
        result |= (digit & 15) << shift;
    }
    flags(m, (uint16_t)(zero_negative((uint16_t)result, byte ? 0x80 : 0x8000) | carry));
    return (uint16_t)result;
}

/* Of formats I. Answers whether the destination is written. */
static inline bool compute(struct msim *m, unsigned code, uint16_t src, uint16_t *dst, bool byte)
{
    uint16_t inverse = (uint16_t)(~src & (byte ? 0xff : 0xffff));
    uint16_t top = byte ? 0x80 : 0x8000;

    switch (code) {
    case MOV:
        *dst = src;
        return true;
    case ADD:
        *dst = add(m, src, *dst, 0, byte);
        return true;
    case ADDC:
        *dst = add(m, src, *dst, m->r[MSIM_SR] & SR_C, byte);
        return true;
    case SUBC:
        *dst = add(m, inverse, *dst, m->r[MSIM_SR] & SR_C, byte);
        return true;
    case SUB:
        *dst = add(m, inverse, *dst, 1, byte);
        return true;
    case CMP:
        add(m, inverse, *dst, 1, byte);
        return false;
    case DADD:
        *dst = dadd(m, src, *dst, byte);
        return true;
    case BIT:
        logic(m, src & *dst, false, byte);
        return false;
    case BIC:
        *dst = (uint16_t)(*dst & ~src);
        return true;
    case BIS:
        *dst |= src;
        return true;
    case XOR:
        *dst = logic(m, src ^ *dst, (src & *dst & top) != 0, byte);
        return true;
    default:
        *dst = logic(m, src & *dst, false, byte);
        return true;
    }
}

static inline void two_operands(struct msim *m, uint16_t op, uint64_t end)
{
    unsigned code = op >> 12, reg = op & 15;
    bool byte = (op & 0x40) != 0, only_reads = code == CMP || code == BIT;
    uint16_t src = source(m, op >> 4 & 3, op >> 8 & 15, byte), dst, at;

    if ((op & 0x80) == 0) {
        m->cycles = end;
        dst = byte ? m->r[reg] & 0xff : m->r[reg];
        if (compute(m, code, src, &dst, byte)) {
            set_register(m, reg, dst);
        }
        return;
    }
    at = indexed(m, reg);
    m->cycles = end - (only_reads && m->cpux ? 0 : 1);
    dst = code == MOV ? 0 : memory_load(m, at, byte);
    m->cycles = end;
    if (compute(m, code, src, &dst, byte)) {
        memory_store(m, at, dst, byte);
    }
}

/* ---- one operand ---------------------------------------------------------------------------- */

static uint16_t shifted(struct msim *m, unsigned code, uint16_t value, bool byte)
{
    uint16_t top = byte ? 0x80 : 0x8000, result;

    switch (code) {
    case SWPB:
        return (uint16_t)(value >> 8 | value << 8);
    case SXT:
        return logic(m, (uint16_t)(value & 0x80 ? value | 0xff00 : value & 0xff), false, false);
    case RRC:
        result = (uint16_t)(value >> 1 | ((m->r[MSIM_SR] & SR_C) != 0 ? top : 0));
        break;
    default:
        result = (uint16_t)(value >> 1 | (value & top));
    }
    flags(m, (uint16_t)(zero_negative(result, top) | (value & SR_C)));
    return result;
}

static void push(struct msim *m, uint16_t value, bool byte)
{
    m->r[MSIM_SP] = (uint16_t)(m->r[MSIM_SP] - 2);
    memory_store(m, m->r[MSIM_SP], value, byte);
}

static uint16_t pop(struct msim *m)
{
    return memory_load(m, increment(m, MSIM_SP, false), false);
}

/* What RETI brings back is valid at once: the next interrupt need not wait for an instruction. */
static void reti(struct msim *m)
{
    set_sr(m, pop(m));
    m->was_enabled = (m->r[MSIM_SR] & SR_GIE) != 0;
    m->r[MSIM_PC] = pop(m) & 0xfffe;
}

static void shift(struct msim *m, uint16_t op, uint64_t end)
{
    unsigned code = op >> 7 & 7, mode = op >> 4 & 3, reg = op & 15;
    bool byte = (op & 0x40) != 0;
    uint16_t value, at;

    if (constant(mode, reg, &value)) {
        machine_fault(m, "shifts a constant: instruction 0x%04x", op);
    } else if (mode == 0) {
        m->cycles = end;
        value = byte ? m->r[reg] & 0xff : m->r[reg];
        set_register(m, reg, shifted(m, code, value, byte));
    } else {
        at = source_address(m, mode, reg, byte);
        value = memory_load(m, at, byte);
        m->cycles = end;
        memory_store(m, at, shifted(m, code, value, byte), byte);
    }
}

static void one_operand(struct msim *m, uint16_t op, uint64_t end)
{
    unsigned code = op >> 7 & 7, mode = op >> 4 & 3, reg = op & 15;
    bool byte = (op & 0x40) != 0;
    uint16_t value;

    if (code < PUSH) {
        shift(m, op, end);
    } else if (code == PUSH) {
        value = source(m, mode, reg, byte);
        m->cycles = end;
        /* PUSH SP puts down where it is put (SLAU049 3.2.2, figure "PUSH SP - POP SP sequence"). */
        push(m, mode == 0 && reg == MSIM_SP ? (uint16_t)(value - 2) : value, byte);
    } else if (code == CALL) {
        value = source(m, mode, reg, false);
        m->cycles = end;
        push(m, m->r[MSIM_PC], false);
        m->r[MSIM_PC] = value & 0xfffe;
    } else {
        m->cycles = end;
        reti(m);
    }
}

/* ---- jumps ---------------------------------------------------------------------------------- */

static inline bool taken(uint16_t sr, unsigned condition)
{
    bool negative = (sr & SR_N) != 0, overflow = (sr & SR_V) != 0;

    switch (condition) {
    case JNE:
        return (sr & SR_Z) == 0;
    case JEQ:
        return (sr & SR_Z) != 0;
    case JNC:
        return (sr & SR_C) == 0;
    case JC:
        return (sr & SR_C) != 0;
    case JN:
        return negative;
    case JGE:
        return negative == overflow;
    case JL:
        return negative != overflow;
    default:
        return true;
    }
}

static inline void jump(struct msim *m, uint16_t op)
{
    uint16_t words = (op & 0x200) != 0 ? op | 0xfc00 : op & 0x3ff;

    if (taken(m->r[MSIM_SR], op >> 10 & 7)) {
        m->r[MSIM_PC] = (uint16_t)(m->r[MSIM_PC] + 2 * words);
    }
}

/* ---- the CPU -------------------------------------------------------------------------------- */

/* Address instructions, PUSHM, CALLA and the extension word are the 20-bit CPU's: no compiler here
 * makes them. */
static bool is_illegal(uint16_t op)
{
    return op < 0x1000 || (op >= 0x1380 && op < 0x2000) || (op & 0xffc0) == 0x12c0 ||
           (op & 0xffc0) == 0x10c0 || (op & 0xffc0) == 0x11c0;
}

static inline void execute(struct msim *m)
{
    uint64_t end;
    uint16_t at = m->r[MSIM_PC], op;

    if (memory_kind(m, at) >= KIND_IO) {
        machine_fault(m, "executes at 0x%04x, where there is no memory", at);
        return;
    }
    op = fetch(m);
    end = m->cycles + m->cost[op];
    m->instructions++;
    if (op >= 0x4000) {
        two_operands(m, op, end);
    } else if (op >= 0x2000) {
        jump(m, op);
    } else if (is_illegal(op)) {
        machine_fault(m, "executes 0x%04x at 0x%04x, which is no instruction", op, at);
    } else {
        one_operand(m, op, end);
    }
    m->cycles = end + m->stall;
    m->stall = 0;
}

static void run_watched(struct msim *m)
{
    do {
        uint64_t begun = m->cycles;
        uint16_t at = m->r[MSIM_PC], op = (uint16_t)(m->memory[at] | m->memory[at | 1] << 8);

        execute(m);
        profile_instruction(m, at, op, begun);
    } while (m->cycles < m->horizon && m->mark[m->r[MSIM_PC] >> 1] == 0);
}

void cpu_run(struct msim *m)
{
    if (m->profile != NULL) {
        run_watched(m);
        return;
    }
    do {
        execute(m);
    } while (m->cycles < m->horizon && m->mark[m->r[MSIM_PC] >> 1] == 0);
}

/* SLAU049 2.2.3: PC and SR go to the stack; SR is cleared but for SCG0. */
void cpu_interrupt(struct msim *m, uint16_t vector)
{
    uint64_t begun = m->cycles;
    bool slept;

    push(m, m->r[MSIM_PC], false);
    push(m, m->r[MSIM_SR], false);
    slept = (m->r[MSIM_SR] & LOW_POWER) != 0;
    m->r[MSIM_SR] &= SR_SCG0;
    if (slept) {
        clocks_update(m); /* the handler runs with them, however short it is */
    }
    m->was_enabled = false;
    m->r[MSIM_PC] = memory_load(m, vector, false) & 0xfffe;
    m->cycles += INTERRUPT_CYCLES;
    if (m->profile != NULL) {
        profile_interrupt(m, begun);
    }
}
