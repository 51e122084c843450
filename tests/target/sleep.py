#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Sleep and time as the hardware would do them: simulated timers, interrupts and low-power modes, nothing skipped.

The remote finds no gateway: its retransmissions come after 1, 2 and 4 s of SMCLK, and it computes for a few
per cent of that time only. Before the button is pressed it sleeps deeply, and its clock goes on by ACLK.
Usage: sleep.py IMAGE      exit status 77: something is not here
"""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../targets/msp430/runner"))
import elf  # noqa: E402
import gdb  # noqa: E402
import store  # noqa: E402

PERIPHERALS = ["add hwmult multiplier", "add tracer tracer",
               "add timer tick", "config tick irq0 6", "config tick irq1 5",
               "add timer deep 7", "config deep base 0x180", "config deep iv 0x11e", "config deep irq0 13",
               "config deep irq1 12"]
STORE_A = 0x1000
SECOND = 8_000_000
DEEP_ROUND_US = 16_000_000
RUN_SECONDS = 120
STOPS = ("entropy_take", "link_send", "door_told", "isr_deep", "board_reset")


class Remote:
    """A context manager: door.elf with entropy and without a gateway."""

    def __init__(self, image, pressed):
        self.pressed = pressed
        self.symbols = elf.load(image)
        self.simulator = gdb.Mspdebug(image, PERIPHERALS)
        self.gdb = self.simulator.gdb
        who = store.Store("fd00:9::1", "fd00:9::2", b"remote", b"gate", b"a key", flags=0)
        self.gdb.write(STORE_A, who.pack())
        for name in STOPS:
            self.gdb.set_breakpoint(self.symbols[name])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.simulator.__exit__()

    def run(self):
        """The next of STOPS; what is for the hardware there is done for it."""
        registers = self.gdb.run(RUN_SECONDS)
        name = next(n for n in STOPS if self.symbols[n] == registers[gdb.PC])
        if name == "entropy_take":
            self.gdb.write(registers[gdb.R12], bytes(range(32)))
            self.leave(registers, 32)
            self.gdb.write(self.symbols["button_pressed"], bytes([self.pressed]))
        elif name == "link_send":
            self.leave(registers, 0)
        else:
            self.gdb.step()
        return name

    def leave(self, registers, result):
        registers[gdb.PC] = int.from_bytes(self.gdb.read(registers[gdb.SP], 2), "little")
        registers[gdb.SP] += 2
        registers[gdb.R12] = result
        self.gdb.write_registers(registers)

    def clocks(self):
        """(MCLK, SMCLK): cycles of computing, and with light sleep."""
        text = self.gdb.monitor("simio info tracer")
        return tuple(int(re.search(rf"{name}:?\s+(\d+)", text)[1]) for name in ("MCLK", "SMCLK"))

    def slept(self):
        return int.from_bytes(self.gdb.read(self.symbols["clock_base"], 8), "little")


def retransmissions(remote):
    """Yields what is wrong with the first three."""
    assert remote.run() == "entropy_take"
    at = None
    for wait in (None, 1, 2, 4):
        if (name := remote.run()) != "link_send":
            yield f"{name} instead of a transmission"
            return
        mclk, smclk = remote.clocks()
        if wait:
            took, computed = smclk - at[1], mclk - at[0]
            print(f"after {took / SECOND:.4f} s the request again, {100 * computed / took:.1f} % of them awake")
            if not 0 <= took - wait * SECOND < SECOND / 100:
                yield f"{took / SECOND} s where {wait} s are due"
            if computed > took / 20:
                yield f"{computed} cycles awake of {took}"
        at = mclk, smclk


def deep(remote):
    """Nothing happens for three rounds of the deep timer."""
    assert remote.run() == "entropy_take"
    # isr_deep is seen at its entry, one step before what it adds.
    seen = []
    for _ in range(3):
        if (name := remote.run()) != "isr_deep":
            yield f"{name} instead of a round of the deep timer"
            return
        seen.append((remote.slept(), remote.clocks()[0]))
    print(f"deep sleep: {seen[2][0] - seen[1][0]} us by a round of the timer, {seen[2][1] - seen[1][1]} cycles awake")
    if seen[2][0] - seen[1][0] != DEEP_ROUND_US:
        yield f"the clock went on by {seen[2][0] - seen[1][0]} us in a round"
    if seen[2][1] - seen[1][1] > 100:
        yield f"{seen[2][1] - seen[1][1]} cycles awake in a round of deep sleep"


def main():
    image = sys.argv[1]
    lacks = gdb.missing_mspdebug() + ([] if os.path.exists(image) else [image])
    if lacks:
        print(f"SKIPPED: no {', '.join(lacks)} (make msp430 builds the images)")
        return 77
    with Remote(image, pressed=True) as remote:
        wrong = list(retransmissions(remote))
    with Remote(image, pressed=False) as remote:
        wrong += deep(remote)
    for line in wrong:
        print(f"sleep: {line}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
