#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A failed assertion leaves its file and line in memory that the reset keeps.

The red zone below the stack is spoilt, as an overflow would; the remote resets by the watchdog's password and
starts anew, with the record of what happened; a second time is counted.
Usage: fault.py IMAGE      exit status 77: something is not here
"""
import hashlib
import os
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../targets/msp430/runner"))
import elf  # noqa: E402
import gdb  # noqa: E402
import part  # noqa: E402
import sim  # noqa: E402
import store  # noqa: E402

MAGIC = 0xdead
FILE = "targets/msp430/board/board.c"
RUN_SECONDS = 60


def file_number(path):
    """As flags.cmake has it."""
    return int(hashlib.md5(path.encode()).hexdigest()[:4], 16)


def stops(image):
    """Yields (function, fault record, how often and why it was reset) for two overflows."""
    symbols = elf.load(image)
    who = store.Store("fd00:9::1", "fd00:9::2", b"remote", b"gate", b"a key", flags=0)
    with gdb.Simulator(image) as simulator:
        target, board = simulator.gdb, part.of(symbols)
        port, bit = board.button
        target.write(board.store, who.pack())
        target.monitor(f"noise {sim.noise(1).hex()}")
        names = {symbols[n]: n for n in ("main", "board_reset", "clock_sleep")}
        for at in names:
            target.set_breakpoint(at)
        for _ in range(7):
            name = names[target.run(RUN_SECONDS)[gdb.PC]]
            yield name, struct.unpack("<4H", target.read(symbols["fault"], 8)), target.monitor("resets").split()
            if name == "clock_sleep":
                target.step()  # or the button's interrupt would come back to where this stops
                target.write(symbols["stack_bottom"], b"\0\0")
                target.monitor(f"pin {port} {bit} high")
                target.monitor(f"pin {port} {bit} low")


def main():
    image = sys.argv[1]
    lacks = gdb.missing() + ([] if os.path.exists(image) else [image])
    if lacks:
        print(f"SKIPPED: no {', '.join(lacks)} (make msp430 builds the images)")
        return 77
    seen = list(stops(image))
    names = [name for name, _, _ in seen]
    wrong = []
    if names != ["main", "clock_sleep", "board_reset"] * 2 + ["main"]:
        wrong.append(f"went {names}")
    for count, at in ((1, 3), (2, 6)):
        magic, file, line, counted = seen[at][1]
        print(f"after reset {count}: file {file:#06x}, line {line}, {counted} since power came")
        if (magic, file, counted) != (MAGIC, file_number(FILE), count) or line == 0:
            wrong.append(f"the record after reset {count} is {seen[at][1]}")
        if seen[at][2] != [str(count + 1), "password"]:
            wrong.append(f"resets: {seen[at][2]}")
    for line in wrong:
        print(f"fault: {line}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
