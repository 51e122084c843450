#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the UART's interrupt makes of SLIP (RFC 1055), octet by octet: the simulator has no UART, so the handler is
entered as the CPU would, and finds the octet in the register that it has just read it into.

Usage: slip.py IMAGE      exit status 77: something is not here
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../targets/msp430/runner"))
import elf  # noqa: E402
import gdb  # noqa: E402

END, ESC, ESC_END, ESC_ESC = 0xc0, 0xdb, 0xdc, 0xdd
SR_CPUOFF = 0x0010
LONGEST = 40 + 8 + 4 + 384  # LINK_MTU
RUN_SECONDS = 10


class Line:
    """A context manager: door.elf, asleep in main(), with an octet now and then."""

    def __init__(self, image):
        self.symbols = elf.load(image)
        self.simulator = gdb.Mspdebug(image, ["add hwmult multiplier"])
        self.gdb = self.simulator.gdb
        self.asleep_at = self.symbols["main"]

    def __enter__(self):
        self.gdb.set_breakpoint(self.asleep_at)
        self.registers = self.gdb.run(RUN_SECONDS)
        return self

    def __exit__(self, *_):
        self.simulator.__exit__()

    def interrupt(self, octet):
        """Answers whether the CPU is awake afterwards."""
        registers = list(self.registers)
        registers[gdb.SP] -= 4
        frame = SR_CPUOFF.to_bytes(2, "little") + self.asleep_at.to_bytes(2, "little")
        self.gdb.write(registers[gdb.SP], frame)
        registers[gdb.PC] = self.symbols["isr_uart"]
        self.gdb.write_registers(registers)
        for _ in ("push r15", "push r14", "mov.b &UART_RXBUF, r14"):
            registers = self.gdb.step()
        registers[gdb.R14] = octet
        self.gdb.write_registers(registers)
        while (after := self.gdb.step())[gdb.PC] != self.asleep_at:
            pass
        if after[gdb.SP] != self.registers[gdb.SP] or after[4:] != self.registers[4:]:
            raise gdb.SimulatorError("the handler leaves registers or stack otherwise than it found them")
        return not after[2] & SR_CPUOFF

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


def framed(packet):
    escapes = {END: bytes([ESC, ESC_END]), ESC: bytes([ESC, ESC_ESC])}
    return b"".join(escapes.get(octet, bytes([octet])) for octet in packet) + bytes([END])


def stories(line):
    """Yields (name, what came, what should have come)."""
    plain, special = bytes(range(60, 100)), bytes([1, END, 2, ESC, END, ESC, ESC, ESC_END, ESC_ESC, 3])
    yield "an empty frame", line.hear(bytes([END])), None
    yield "plain octets", line.hear(framed(plain)), plain
    yield "while the reader has it", line.hear(framed(special)[:-1] + bytes([7])), plain
    line.give_back()
    yield "the rest of a frame that began meanwhile", line.hear(framed(special)), None
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
    lacks = gdb.missing_mspdebug() + ([] if os.path.exists(image) else [image])
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
