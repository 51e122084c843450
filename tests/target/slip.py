#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the UART's interrupt makes of SLIP (RFC 1055), octet by octet, in the image as it is.

The main loop is held where it begins, asleep, so that whoever reads link_in is this program.
Usage: slip.py IMAGE      exit status 77: something is not here
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../targets/msp430/runner"))
import elf  # noqa: E402
import gdb  # noqa: E402
import part  # noqa: E402
from slip import END, ESC, ESC_END, ESC_ESC, framed  # noqa: E402

SR, SR_GIE, SR_CPUOFF = 2, 0x0008, 0x0010
LONGEST = 40 + 8 + 4 + 384  # LINK_MTU
RUN_SECONDS = 10
OCTET = 10 * 64_000_000_000 // 115200  # on the line


class Line:
    """A context manager: door.elf without identity, where it sleeps for ever, with an octet now and then."""

    def __init__(self, image):
        self.symbols = elf.load(image)
        self.uart = part.of(self.symbols).uart
        self.simulator = gdb.Simulator(image)
        self.gdb = self.simulator.gdb

    def __enter__(self):
        self.gdb.set_breakpoint(self.symbols["clock_sleep"])
        self.asleep = self.gdb.run(RUN_SECONDS)
        self.asleep[SR] |= SR_GIE | SR_CPUOFF
        return self

    def __exit__(self, *_):
        self.simulator.__exit__()

    def interrupt(self, octet):
        """Answers whether the CPU is awake afterwards."""
        self.gdb.write_registers(self.asleep)
        self.gdb.monitor(f"uart {self.uart} {octet:02x}")
        until = int(self.gdb.monitor("time")) + 2 * OCTET
        self.gdb.monitor(f"until {until}")
        after = self.gdb.run_on(RUN_SECONDS).registers
        if after[gdb.SP] != self.asleep[gdb.SP] or after[4:] != self.asleep[4:]:
            raise gdb.SimulatorError("the handler leaves registers or stack otherwise than it found them")
        return not after[SR] & SR_CPUOFF

    def hear(self, octets):
        """Answers the packet that the reader has then, or None."""
        had = self.word("link_in_len")
        for octet in octets[:-1]:
            if self.interrupt(octet):
                return "woken too early"
        awake = self.interrupt(octets[-1])
        length = self.word("link_in_len")
        if awake != bool(length and not had):
            return "awake" if awake else "asleep"
        return self.gdb.read(self.symbols["link_in"], length) if length else None

    def word(self, name):
        return int.from_bytes(self.gdb.read(self.symbols[name], 2), "little")

    def give_back(self):
        self.gdb.write(self.symbols["link_in_len"], b"\0\0")


def stories(line):
    """Yields (name, what came, what should have come)."""
    plain, special = bytes(range(60, 100)), bytes([1, END, 2, ESC, END, ESC, ESC, ESC_END, ESC_ESC, 3])
    yield "an empty frame", line.hear(bytes([END])), None
    yield "plain octets", line.hear(framed(plain)), plain
    yield "while the reader has it", line.hear(framed(special)[:-1] + bytes([7])), plain
    line.give_back()
    yield "the rest of a frame that began meanwhile", line.hear(framed(special)[1:]), None
    yield "END and ESC in the packet", line.hear(framed(special)), special
    line.give_back()
    yield "cut within an escape", line.hear(bytes([5, ESC, END])), bytes([5])
    line.give_back()
    yield "which does not last", line.hear(bytes([ESC_END, 5, END])), bytes([ESC_END, 5])
    line.give_back()
    longest = bytes(i % 100 for i in range(LONGEST))
    yield "the longest", line.hear(framed(longest)), longest
    line.give_back()
    yield "longer than the buffer", line.hear(framed(longest + b"x")), None
    yield "and what follows", line.hear(framed(plain)), plain
    line.give_back()


def main():
    image = sys.argv[1]
    lacks = gdb.missing() + ([] if os.path.exists(image) else [image])
    if lacks:
        print(f"SKIPPED: no {', '.join(lacks)} (make msp430 builds the images)")
        return 77
    wrong = 0
    with Line(image) as line:
        for name, came, due in stories(line):
            wrong += came != due
            print(f"{name}: {'as it should be' if came == due else f'{came!r} instead of {due!r}'}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
