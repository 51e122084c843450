#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Good and bad sources of noise at the ADC of the remote as it is: which it takes for a seed, and which it refuses.

Usage: entropy.py --image DOOR.elf      exit status 77: something is not here
"""
import argparse
import os
import random
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "targets", "msp430", "runner"))

import gdb
import sim
from seam import IKE_FAILED, Reached, Sending, Told
from store import Store

SKIPPED = 77
STORE = Store("fd00:9::1", "fd00:9::2", b"remote", b"gate", b"a pre-shared key", flags=0)
WHY_NOT_SEEDED = 11  # enum ik_reason (ik_node.h)
PRESS_AT, HORIZON = 2_000_000, 6_000_000
BITS = 8 * sim.ENTROPY_LEN


def octets(bits):
    return int("".join(map(str, bits)), 2).to_bytes(len(bits) // 8, "big")


def biased(ones):
    """That share of samples is 1."""
    draw = random.Random(3)
    return octets([int(draw.random() < ones) for _ in range(BITS)])


def sticky(again):
    """Each sample is the one before it, with that probability."""
    draw, bits = random.Random(4), [0]
    while len(bits) < BITS:
        bits.append(bits[-1] if draw.random() < again else 1 - bits[-1])
    return octets(bits)


def shift_register(stages, taps):
    """The longest sequence of a register with feedback: it looks like noise."""
    state, bits = [1] + [0] * (stages - 1), []
    for _ in range(BITS):
        bits.append(state[-1])
        state = [sum(state[tap] for tap in taps) & 1] + state[:-1]
    return octets(bits)


def freezes(after):
    """Good at first, then stuck."""
    good = sim.noise(5)
    return good[:after] + bytes(sim.ENTROPY_LEN - after)


# (name, samples, whether they are taken)
SOURCES = (
    ("good", sim.noise(1), True),
    ("good, another", sim.noise(2), True),
    ("60 % ones, well within the credit", biased(0.6), True),
    ("stuck at 0", bytes(sim.ENTROPY_LEN), False),
    ("stuck at 1", b"\xff" * sim.ENTROPY_LEN, False),
    ("alternating", b"\x55" * sim.ENTROPY_LEN, False),
    ("period 16", b"\x3a\xc5" * (sim.ENTROPY_LEN // 2), False),
    ("period 100", octets(([int(c) for c in f"{random.Random(6).getrandbits(100):0100b}"] * 32)[:BITS]), False),
    ("98 % ones", biased(0.98), False),
    ("as the one before, 98 %", sticky(0.98), False),
    ("register of 31 stages", shift_register(31, (2, 30)), False),
    ("stuck after a quarter", freezes(sim.ENTROPY_LEN // 4), False),
)


def taken(image, samples):
    """Whether a handshake begins when the button is pressed."""
    with sim.Firmware(image, STORE.pack(), samples) as remote:
        while not isinstance(remote.run(PRESS_AT), Reached):
            pass
        remote.press()
        while not isinstance(seen := remote.run(HORIZON), Reached):
            if isinstance(seen, Sending):
                return True
            if seen == Told(IKE_FAILED, WHY_NOT_SEEDED):
                return False
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--image", required=True, help="the firmware, as ELF file")
    given = parser.parse_args()
    lacks = gdb.missing() + ([] if os.path.exists(given.image) else [given.image])
    if lacks:
        print(f"SKIPPED: entropy on the MSP430: no {', no '.join(lacks)}")
        return SKIPPED
    wrong = 0
    for name, samples, should in SOURCES:
        did = taken(given.image, samples)
        wrong += did is not should
        print(f"{name}: {'taken' if did else 'refused' if did is False else 'nothing happens'}"
              f"{'' if did is should else ', WRONG'}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
