/* SPDX-License-Identifier: MIT */
/*
 * How many cycles an instruction takes, by its first word. CPU: SLAU049 3.4.4, tables of format I
 * and II cycles; CPUXV2: SLAU208 and SLAU367, "MSP430 Instruction Execution": same tables in the
 * chapter "CPUX".
 */
#include <string.h>

#include "machine.h"

/* Operands as the tables tell them apart. Constants of the generator are as fast as registers. */
enum operand { REGISTER, INDIRECT, INCREMENT, IMMEDIATE, INDEXED, ABSOLUTE };

static enum operand operand(unsigned mode, unsigned reg)
{
    static const enum operand plain[] = {REGISTER, INDEXED, INDIRECT, INCREMENT};

    if (reg == 3 || (reg == 2 && mode >= 2)) {
        return REGISTER;
    }
    if (reg == 2 && mode == 1) {
        return ABSOLUTE;
    }
    return reg == 0 && mode == 3 ? IMMEDIATE : plain[mode];
}

/* Format I: by source, to a register; to PC; to memory. */
static const struct {
    uint8_t reg, pc, memory;
} two_cpu[] =
    {
        [REGISTER] = {1, 2, 4},  [INDIRECT] = {2, 2, 5}, [INCREMENT] = {2, 3, 5},
        [IMMEDIATE] = {2, 3, 5}, [INDEXED] = {3, 3, 6},  [ABSOLUTE] = {3, 3, 6},
},
  two_cpux[] = {
      [REGISTER] = {1, 3, 4},  [INDIRECT] = {2, 4, 5}, [INCREMENT] = {2, 4, 5},
      [IMMEDIATE] = {2, 3, 5}, [INDEXED] = {3, 5, 6},  [ABSOLUTE] = {3, 5, 6},
};

enum { OP_MOV = 4, OP_CMP = 9, OP_BIT = 11 };

static unsigned two(bool cpux, unsigned op)
{
    enum operand source = operand(op >> 4 & 3, op >> 8 & 15);
    unsigned code = op >> 12;

    if ((op & 0x80) != 0) {
        bool faster = cpux && (code == OP_MOV || code == OP_CMP || code == OP_BIT);

        return (cpux ? two_cpux : two_cpu)[source].memory - (unsigned)faster;
    }
    /* CMP and BIT leave PC alone: then there is nothing to fetch anew. */
    if ((op & 15) == 0 && code != OP_CMP && code != OP_BIT) {
        return (cpux ? two_cpux : two_cpu)[source].pc;
    }
    return (cpux ? two_cpux : two_cpu)[source].reg;
}

/* Format II: RRA, RRC, SWPB, SXT; PUSH; CALL. */
static const struct {
    uint8_t shift, push, call;
} one_cpu[] =
    {
        [REGISTER] = {1, 3, 4},  [INDIRECT] = {3, 4, 4}, [INCREMENT] = {3, 5, 5},
        [IMMEDIATE] = {3, 4, 5}, [INDEXED] = {4, 5, 5},  [ABSOLUTE] = {4, 5, 5},
},
  one_cpux[] = {
      [REGISTER] = {1, 3, 4},  [INDIRECT] = {3, 3, 4}, [INCREMENT] = {3, 3, 4},
      [IMMEDIATE] = {3, 3, 4}, [INDEXED] = {4, 4, 5},  [ABSOLUTE] = {4, 4, 6},
};

#define RETI_CYCLES 5
#define JUMP_CYCLES 2

static unsigned one(bool cpux, unsigned op)
{
    enum operand source = operand(op >> 4 & 3, op & 15);
    unsigned code = op >> 7 & 7;

    if (code == 6) {
        return RETI_CYCLES;
    }
    if (code == 4) {
        return (cpux ? one_cpux : one_cpu)[source].push;
    }
    if (code == 5) {
        return (cpux ? one_cpux : one_cpu)[source].call;
    }
    return (cpux ? one_cpux : one_cpu)[source].shift;
}

void cycles_fill(struct msim *m)
{
    for (unsigned op = 0; op < 0x10000; op++) {
        if (op >= 0x4000) {
            m->cost[op] = (uint8_t)two(m->cpux, op);
        } else if (op >= 0x2000) {
            m->cost[op] = JUMP_CYCLES;
        } else {
            m->cost[op] = (uint8_t)one(m->cpux, op);
        }
    }
}
