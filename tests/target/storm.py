#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""An interrupt at every few instructions changes no answer, of assembly, the compiler's helpers or compiled code.

The tick timer of the simulator interrupts, and what handles it is not the firmware's: it writes over as much below
the stack pointer as any interrupt might, so that nothing survives that a routine has left there. As the firmware's
own handlers it leaves the multiplier alone.
Usage: storm.py IMAGE HOST_PROGRAM      exit status 77: something is not here
"""
import itertools
import os
import random
import struct
import sys

import target
from kat import LENGTHS, WHOLE, message
from target import gdb

WORDS = 8  # written below the interrupt's own frame, which is 2
GARBAGE = 0xa55a
CONTROL, COMPARE_CONTROL, COUNT, COMPARE = 0x00, 0x02, 0x10, 0x12  # registers of the timer (SLAU049F 11.3)
SMCLK_CONTINUOUS_CLEAR, COMPARE_INTERRUPT = 0x0224, 0x0010
SR = 2
# The vector of the tick timer's compare.
VECTORS = {"msp430f1611": 0xffec, "msp430f5438a": 0xffec, "msp430fr5994": 0xffea}
FIRST = 50  # cycles until the first interrupt
# From the handler's reading of the timer to the end of its return. One more, and one instruction goes through
# between two interrupts.
RETURN = 13
ANY = tuple(RETURN + gap for gap in (1, 2, 3, 7, 13))
FEWEST = 10  # interrupts in an operation
SPARSE = (RETURN + 19,)  # X25519 is ten million cycles


def enable(timer):
    return (0x40b2, COMPARE_INTERRUPT, timer + COMPARE_CONTROL)  # mov #COMPARE_INTERRUPT, &COMPARE_CONTROL


def handler(timer, count, again):
    """Its machine code. count: where it counts interrupts, 32 bits; again: cycles until the next one."""
    for at in range(-2, -2 * WORDS - 1, -2):
        yield from (0x40b1, GARBAGE, at & 0xffff)   # mov #GARBAGE, at(r1)
    yield from (0x5392, count)                      # inc &count
    yield from (0x6382, count + 2)                  # adc &count + 2
    yield from (0x4292, timer + COUNT, timer + COMPARE)  # mov &COUNT, &COMPARE
    yield from (0x50b2, again, timer + COMPARE)     # add #again, &COMPARE
    yield 0x1300                                    # reti


def begin(timer):
    """The timer runs, interrupts come, and ops_wait() returns."""
    yield from (0x40b2, SMCLK_CONTINUOUS_CLEAR, timer + CONTROL)  # mov #SMCLK_CONTINUOUS_CLEAR, &CONTROL
    yield from (0x40b2, FIRST, timer + COMPARE)     # mov #FIRST, &COMPARE
    yield from enable(timer)                        # and clears the flag of the last compare value
    yield 0xd232                                    # eint
    yield 0x4130                                    # ret


class Storm(target.Target):
    """A Target that is interrupted throughout each operation."""

    def __init__(self, image):
        super().__init__(image)
        part = target.part.of(self.symbols)
        self.timer, self.vector = part.tick, VECTORS[part.name]
        self.count = self.symbols["bss_end"] + 0x100  # and what is behind it: RAM of no image
        self.again = 0

    def run(self, op, octets):
        """Goes on by begin() instead of by the rest of ops_wait()."""
        timer, handler_at = self.timer, self.count + 4
        words = tuple(handler(timer, self.count, self.again))
        self.put(self.count, 0, 0, *words, *begin(timer))
        self.put(self.vector, handler_at)
        self.change(gdb.PC, handler_at + 2 * len(words))
        answer = super().run(op, octets)
        self.change(SR, 0)
        return answer

    def put(self, at, *words):
        self.gdb.write(at, struct.pack(f"<{len(words)}H", *words))

    def change(self, register, value):
        registers = self.gdb.read_registers()
        registers[register] = value
        self.gdb.write_registers(registers)

    def counted(self):
        return int.from_bytes(self.gdb.read(self.count, 4), "little")


def cases(rng):
    """(name, operation, octets, the handler's waits)"""
    octets = rng.randbytes
    for n in LENGTHS[::4]:
        yield "SHA-1", target.SHA1, octets(n), ANY
        yield "SHA-256", target.SHA256_PIECES, bytes([n // 2]) + octets(n), ANY
    yield "HMAC-SHA2-256", target.HMAC, b"\x20" + octets(100), ANY
    yield "HMAC_DRBG", target.DRBG, octets(48), ANY[1:]
    yield "CTR_DRBG", target.DRBG_CTR, octets(48), ANY[1:]
    yield "AES-CMAC", target.CMAC, b"\x10" + octets(100), ANY
    yield "prf+", target.PRF_PLUS, octets(80), ANY[2:]
    for op in (target.CCM_SEAL, target.CCM_OPEN):
        yield "AES-CCM-8", op, octets(19) + b"\x1c" + octets(28 + 40 + 16), ANY
    yield "ESP", target.ESP, octets(19 + 61), ANY
    yield "parse", target.PARSE, message(octets), ANY
    for _ in range(4):
        yield "arithmetic", target.ARITHMETIC, octets(17), ANY
        yield "strings", target.STRINGS, bytes(rng.randrange(40) for _ in range(3)) + octets(101), ANY
    yield "X25519", target.X25519, bytes([WHOLE]) + octets(64), SPARSE


def check(device, host, rng):
    """Yields what is wrong."""
    total = 0
    for (name, op, octets, waits), device.set in itertools.product(cases(rng), device.sets):
        want = host.run(op, octets)
        for device.again in waits:
            got = device.run(op, octets)
            total += device.counted()
            gap = device.again - RETURN
            if got != want:
                yield f"set {device.set}: {name}, interrupted every {gap} cycles, of {octets.hex()}:\n  {got.hex()}\n  {want.hex()}"
            if device.counted() < FEWEST:
                yield f"{name}: {device.counted()} interrupts in {device.cycles} cycles"
    print(f"{total} interrupts")


def main():
    image, program = sys.argv[1:]
    lacks = gdb.missing() + ([] if os.path.exists(image) else [image])
    if lacks:
        print(f"SKIPPED: no {', '.join(lacks)} (make msp430 builds the images)")
        return 77
    with Storm(image) as device, target.Host(program) as host:
        wrong = list(check(device, host, random.Random(1)))
    for line in wrong:
        print(line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
