#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Random instructions in random states: our simulator and mspdebug's leave the same registers and memory.

A batch is a program of random instructions that both run. After each instruction it stores SR where the next one
cannot reach, at its end all registers are read and all memory that it may write. What the two disagree about is run
again with fewer instructions, until the first one that differs is found.

Left out, because mspdebug 0.22 does it otherwise than the family guide says (test_msim_cpu.c holds ours to that):
PUSH.B, which leaves the upper octet of the stack's word alone; PUSH SP, which pushes where it pushes; digits of DADD
above 9, which are undefined; words at odd addresses, which are the even ones; R3 as destination; octets at
@SP+, after which SP is even.
Usage: random_cpu.py [--count N] [--seed N]      exit status 77: something is not here
"""
import argparse
import os
import random
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../../targets/msp430/runner"))
import gdb  # noqa: E402

CODE, DATA, FLAGS = 0x4000, 0x1000, 0xa000
DATA_LEN = 0x800
BATCH = 1200  # instructions
RUN_SECONDS = 60
PC, SP, SR, CG = range(4)
MOV, ADD, ADDC, SUBC, SUB, CMP, DADD, BIT, BIC, BIS, XOR, AND = range(4, 16)
RRC, SWPB, RRA, SXT, PUSH, CALL, RETI = range(7)
GENERAL = range(4, 16)
FLAG_BITS = 0x0107  # V, N, Z, C


def two(code, source, mode, byte, dest, to_memory):
    return code << 12 | source << 8 | to_memory << 7 | byte << 6 | mode << 4 | dest


def mov(value, register):
    return [two(MOV, PC, 3, 0, register, 0), value & 0xffff]


class Program:
    """Instructions, one after the other, at CODE."""

    def __init__(self, rng):
        self.rng = rng
        self.words = []
        self.ends = []  # words after each random instruction

    @property
    def here(self):
        return CODE + 2 * len(self.words)

    def value(self):
        return self.rng.choice((0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, self.rng.randrange(0x10000)))

    def place(self, byte):
        """An address in the data."""
        at = DATA + self.rng.randrange(8, DATA_LEN - 8)
        return at if byte else at & ~1

    def pointed(self, register, byte, indexed):
        """Makes register point into the data; answers the index word."""
        at = self.place(byte)
        index = self.value() if indexed else 0
        if register == SP:
            at, index = at & ~1, index & ~1
        self.words += mov(at - index, register)
        return index

    def memory(self, mode, byte, avoid=()):
        """(register, words behind the instruction, fixed up once its place is known) of an operand in memory."""
        if mode == 1 and self.rng.randrange(3) == 0:
            return SR, [self.place(byte)]  # absolute
        if mode == 1 and self.rng.randrange(4) == 0:
            return PC, ["symbolic", self.place(byte)]
        if byte and mode == 3:
            avoid = (SP,)
        register = self.rng.choice([r for r in (SP, *GENERAL) if r not in avoid])
        index = self.pointed(register, byte, mode == 1)
        return register, [index] if mode == 1 else []

    def source(self, byte):
        """(register, mode, words behind)"""
        kind = self.rng.randrange(10)
        if kind < 3:
            return self.rng.choice((PC, SP, SR, CG, *GENERAL)), 0, []
        if kind == 3:
            return PC, 3, [self.value()]
        if kind == 4:
            register, mode = self.rng.choice(((CG, 1), (CG, 2), (CG, 3), (SR, 2), (SR, 3)))
            return register, mode, []
        mode = self.rng.choice((1, 2, 3))
        register, words = self.memory(mode, byte)
        return register, mode, words

    def put(self, first, *behind):
        """The instruction, and what follows it; symbolic operands are from where their own word lies."""
        self.words.append(first)
        for words in behind:
            if words[:1] == ["symbolic"]:
                words = [words[1] - self.here & 0xffff]
            self.words += words

    def double(self):
        code, byte = self.rng.choice((MOV, ADD, ADDC, SUBC, SUB, CMP, BIT, BIC, BIS, XOR, AND)), self.rng.randrange(2)
        register, mode, behind = self.source(byte)
        if self.rng.randrange(2):
            dest, more = self.memory(1, byte, avoid=(register,))
            self.put(two(code, register, mode, byte, dest, 1), behind, more)
        else:
            dest = self.rng.choice(GENERAL)
            self.put(two(code, register, mode, byte, dest, 0), behind)

    def decimal(self):
        byte = self.rng.randrange(2)
        digits = lambda: int(f"{self.rng.randrange(10000):04d}", 16)  # noqa: E731
        a, b = self.rng.sample(GENERAL, 2)
        self.words += [*mov(digits(), a), *mov(digits(), b)]
        self.put(two(DADD, a, 0, byte, b, 0))

    def to_sr(self):
        """All flags, by an instruction that changes no other bit of SR."""
        self.put(two(self.rng.choice((BIS, BIC, XOR)), PC, 3, 0, SR, 0), [self.rng.randrange(0x10000) & FLAG_BITS])

    def shift(self):
        code, mode = self.rng.choice((RRC, SWPB, RRA, SXT)), self.rng.randrange(4)
        byte = 0 if code in (SWPB, SXT) else self.rng.randrange(2)
        if mode == 0:
            register, behind = self.rng.choice(GENERAL), []
        else:
            register, behind = self.memory(mode, byte)
        self.put(0x1000 | code << 7 | byte << 6 | mode << 4 | register, behind)

    def push(self):
        self.words += mov(self.place(0) & ~1, SP)
        register, mode, behind = self.source(0)
        if (register, mode) == (SP, 0):
            register = CG
        self.put(0x1000 | PUSH << 7 | mode << 4 | register, behind)

    def call(self):
        """To the instruction behind one that would be missed."""
        self.words += mov(self.place(0) & ~1, SP)
        register = self.rng.choice(GENERAL)
        if self.rng.randrange(2):
            self.words += mov(self.here + 8, register)  # behind this, the call and the instruction
            self.put(0x1000 | CALL << 7 | register)
        else:
            self.put(0x1000 | CALL << 7 | 3 << 4 | PC, [self.here + 6])
        self.put(two(ADD, CG, 1, 0, self.rng.choice(GENERAL), 0))

    def back(self):
        """RETI, to behind an instruction that would be missed."""
        self.words += mov(self.place(0) & ~1, SP)
        push = 0x1000 | PUSH << 7 | 3 << 4 | PC
        self.words += [push, self.here + 12, push, self.rng.randrange(0x10000) & FLAG_BITS]
        self.put(0x1300)
        self.put(two(ADD, CG, 1, 0, self.rng.choice(GENERAL), 0))

    def jump(self):
        """Over one instruction, or not."""
        self.put(0x2000 | self.rng.randrange(8) << 10 | 1)
        self.put(two(ADD, CG, 1, 0, self.rng.choice(GENERAL), 0))

    def to_pc(self):
        code, register = self.rng.choice((MOV, ADD)), self.rng.choice(GENERAL)
        if code == MOV:
            self.words += mov(self.here + 8, register)
        else:
            self.words += mov(2, register)
        self.put(two(code, register, 0, 0, PC, 0))
        self.put(two(ADD, CG, 1, 0, self.rng.choice(GENERAL), 0))

    def one(self):
        kinds = (self.double,) * 12 + (self.shift,) * 4 + (self.push, self.call, self.back, self.jump, self.jump,
                                                         self.to_pc, self.decimal, self.to_sr)
        self.rng.choice(kinds)()
        self.words += [two(MOV, SR, 0, 0, SR, 1), FLAGS + 2 * len(self.ends)]  # mov sr, &FLAGS + ...
        self.ends.append(len(self.words))


def make(rng, count):
    program = Program(rng)
    for register in GENERAL:
        program.words += mov(program.value(), register)
    program.words += mov(DATA + DATA_LEN // 2, SP) + [two(MOV, CG, 0, 0, SR, 0)]
    for _ in range(count):
        program.one()
    return program


def outcome(target, program, data, count):
    """Registers, data and flags after the first instructions of the program."""
    end = CODE + 2 * program.ends[count - 1]
    words = program.words[:program.ends[count - 1]] + [0x3fff]  # jmp $
    target.write(CODE, struct.pack(f"<{len(words)}H", *words))
    target.write(DATA, data)
    target.write_registers([CODE] + [0] * 15)
    target.set_breakpoint(end)
    registers = target.run(RUN_SECONDS)
    target.clear_breakpoint(end)
    return registers, target.read(DATA, DATA_LEN), target.read(FLAGS, 2 * count)


def agree(targets, program, data, count):
    ours, theirs = (outcome(target, program, data, count) for target in targets)
    return ours == theirs


def first_difference(targets, program, data):
    """How many instructions it takes."""
    good, bad = 0, len(program.ends)
    while bad - good > 1:
        middle = (good + bad) // 2
        if agree(targets, program, data, middle):
            good = middle
        else:
            bad = middle
    return bad


def tell(targets, program, data):
    count = first_difference(targets, program, data)
    begin = program.ends[count - 2] if count > 1 else 0
    print(f"instruction {count}:", " ".join(f"{word:04x}" for word in program.words[begin:program.ends[count - 1]]))
    for name, target in zip(("ours", "mspdebug"), targets):
        registers, memory, flags = outcome(target, program, data, count)
        print(f"  {name}: {' '.join(f'{r:04x}' for r in registers)}, flags {flags[-2:].hex()}, "
              f"memory {hash(memory) & 0xffff:04x}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--count", type=int, default=500_000, help="of random instructions")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    lacks = gdb.missing() + gdb.missing_mspdebug()
    if lacks:
        print(f"SKIPPED: random instructions: no {', no '.join(lacks)}")
        return 77
    done = 0
    with gdb.Simulator(None, "--part=cpu") as ours, gdb.Mspdebug(None, []) as theirs:
        targets = (ours.gdb, theirs.gdb)
        while done < given.count:
            rng = random.Random(f"{given.seed} {done}")
            program, data = make(rng, BATCH), rng.randbytes(DATA_LEN)
            if not agree(targets, program, data, BATCH):
                print(f"FAILED after {done} instructions (seed {given.seed})")
                tell(targets, program, data)
                return 1
            done += BATCH
    print(f"{done} random instructions, as mspdebug executes them (seed {given.seed})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
