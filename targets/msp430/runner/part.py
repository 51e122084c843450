# SPDX-License-Identifier: MIT
"""The parts that firmware images are for, as the simulator has to play them."""

import struct
from dataclasses import dataclass, field

import elf


@dataclass(frozen=True)
class Part:
    """store: where the first copy of struct store lies; tick: base address of the tick timer in the
    simulator; tick_vectors: its overflow's and its compare's, in words from 0xffe0; moves: ranges of
    registers that the simulator can't have where the part has them, and where they are instead."""

    name: str
    stack: int
    store: int
    tick: int
    tick_vectors: tuple
    moves: dict = field(default_factory=dict)

    @property
    def tick_peripheral(self):
        overflow, compare = self.tick_vectors
        return ["add timer tick", f"config tick base {self.tick:#x}", f"config tick irq0 {compare}",
                f"config tick irq1 {overflow}", f"config tick iv {self.moved(TICK_IV[self.name]):#x}"]

    def moved(self, register):
        for old, new in self.moves.items():
            if register in old:
                return new + register - old.start
        return register


TICK_IV = {"MSP430F1611": 0x12e, "MSP430FR5969": 0x36e}
MULTIPLIER = 0x130
POINTERS = (0x4cc,)  # RESHI of the MSP430FR5969, which fe.S has in a register
# mspdebug 0.22 has registers below 0x200 only, and its multiplier at 0x130 only.
PARTS = (Part("MSP430F1611", 0x1100, 0x1000, 0x160, (5, 6)),
         Part("MSP430FR5969", 0x1c00, 0x1800, 0x1c0, (4, 5),
              {range(0x4c0, 0x4d0): MULTIPLIER, range(0x340, 0x370): 0x1c0}))


def of(symbols):
    """The part of an image, by the place of its stack."""
    return next(part for part in PARTS if part.stack == symbols["stack_bottom"])


ABSOLUTE, INDEXED, IMMEDIATE = 2, 1, 3  # register; addressing modes; the program counter is register 0


def source_has_word(register, mode):
    """Constants of the generator, register 3, take none."""
    return mode == INDEXED and register != 3 or mode == IMMEDIATE and register == 0


def absolutes(text, pointers=()):
    """(offset, word) of each absolute address in machine code, and of immediates among pointers; offsets of words."""
    at = 0
    while at < len(text):
        word, at = text[at], at + 1
        if word >> 13 == 1:  # jumps
            continue
        two = word >> 12 >= 4
        mode, register = word >> 4 & 3, (word >> 8 if two else word) & 15
        if source_has_word(register, mode):
            if register == ABSOLUTE or mode == IMMEDIATE and text[at] in pointers:
                yield at, text[at]
            at += 1
        if two and word >> 7 & 1:
            if word & 15 == ABSOLUTE:
                yield at, text[at]
            at += 1


def move(part, image, target):
    """Puts the registers where the simulator has them. target: gdb.Gdb with that image."""
    if not part.moves:
        return
    with open(image, "rb") as file:
        address, octets = elf.section(file.read(), ".text")
    words = struct.unpack(f"<{len(octets) // 2}H", octets[:len(octets) & ~1])
    for at, register in absolutes(words, POINTERS):
        if part.moved(register) != register:
            target.write(address + 2 * at, part.moved(register).to_bytes(2, "little"))
