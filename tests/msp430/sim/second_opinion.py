#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Whole operations of the firmware take the cycles that mspdebug counts, once its known error is taken off.

mspdebug 0.22 charges operands from the constant generator as if they came from memory; counted_as.c counts an
operation both ways. The count by its rules has to be mspdebug's to the cycle: then all else is agreed on.
Usage: second_opinion.py IMAGE COUNTED_AS      exit status 77: something is not here
"""
import os
import random
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../target"))
import kat  # noqa: E402
import target  # noqa: E402
from target import gdb  # noqa: E402

PERIPHERALS = ["add hwmult multiplier", "add tracer tracer"]


class Theirs(target.Target):
    """The same driver over mspdebug."""

    @staticmethod
    def start(image):
        return gdb.Mspdebug(image, PERIPHERALS)


def cases():
    """The first of each kind of known answers, and X25519 as a whole."""
    seen = set()
    for name, op, octets in kat.cases(random.Random(1)):
        if name not in seen and "X25519" not in name:
            seen.add(name)
            yield name, op, octets
    yield "X25519", target.X25519, bytes([kat.WHOLE]) + bytes(range(64))


def main():
    image, program = sys.argv[1:]
    lacks = gdb.missing() + gdb.missing_mspdebug() + ([] if os.path.exists(image) else [image])
    if lacks:
        print(f"SKIPPED: no {', '.join(lacks)} (make msp430 builds the images)")
        return 77
    wrong = 0
    with Theirs(image) as theirs:
        for name, op, octets in cases():
            run = subprocess.run([program, image, str(op), octets.hex()], check=True, capture_output=True, text=True)
            true, as_theirs = (int(line) for line in run.stdout.split())
            theirs.run(op, octets)
            agreed = theirs.cycles == as_theirs
            wrong += not agreed
            print(f"{name:28} {true:10,} cycles; mspdebug {theirs.cycles:10,}, {100 * theirs.cycles / true - 100:.1f} % more"
                  f"{'' if agreed else f', but by its rules {as_theirs:,}'}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
