#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the firmware refuses, in the simulator: to start without identity, or a handshake without
entropy; and what it does when nobody answers.

Exit status: 0 as it should be, 1 not, 77 no simulator or no image.
"""

import argparse
import os
import sys
from dataclasses import replace

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "targets", "msp430", "runner"))

import gdb
import keypad
import sim
from seam import (IKE_FAILED, Handed, JobBegun, JobEnded, JobPaused, LinkDone, Reached, Refused, Sending, Sent, Sleeping,
                  Told)
from store import MAGIC, Store, fault

SKIPPED = 77
STORE = Store("fd00:9::1", "fd00:9::2", b"remote", b"gate", b"a pre-shared key", flags=0)
ENTROPY = sim.noise(1)
WHY_TIMEOUT, WHY_NOT_SEEDED = 1, 11  # enum ik_reason (ik_node.h)
HORIZON = 200_000_000
PRESS_AT = 1_000_000


class Crowded(sim.Firmware):
    """Whenever the firmware wants a seed, a packet has just come into the buffer that the samples go to."""

    def __init__(self, *given):
        super().__init__(*given)
        self.at[self.symbols["seed"]] = self.at_seed
        self.gdb.set_breakpoint(self.symbols["seed"])

    def at_seed(self):
        self.gdb.write(self.symbols["link_in_len"], (60).to_bytes(2, "little"))


def press_and_wait(image, store, entropy, kind=sim.Firmware):
    """All that happens in a run with one press of the button."""
    happened = []
    with kind(image, store, entropy) as firmware:
        for until in (PRESS_AT, HORIZON):
            while not isinstance(seen := firmware.run(until), Reached):
                if not isinstance(seen, (Handed, Sending, LinkDone, Sleeping)):
                    happened.append(seen)
            if until == PRESS_AT:
                firmware.press()
    return [seen for seen in happened if not isinstance(seen, (JobBegun, JobPaused, JobEnded))]


def without_store(image):
    """It is told which: see store.fault()."""
    damaged = bytearray(STORE.pack())
    damaged[-1] ^= 1
    other = replace(STORE, prf=keypad.HMAC_SHA2_256).pack()
    cases = ((bytes(damaged), MAGIC | keypad.AES128_CMAC, "damaged"), (b"\xff" * len(damaged), 0xffff, "nothing is written"),
             (other, MAGIC | keypad.HMAC_SHA2_256, "another prf"))
    return all(press_and_wait(image, store, ENTROPY) == [Refused(magic)] and says in fault(magic) for store, magic, says in cases)


def without_entropy(image):
    return press_and_wait(image, STORE.pack(), b"") == [Told(IKE_FAILED, WHY_NOT_SEEDED)]


def unanswered(happened):
    """Seven transmissions, all alike (RFC 7296 2.1, 2.4)."""
    sent = [seen.packet for seen in happened if isinstance(seen, Sent)]
    return len(sent) == 7 and len(set(sent)) == 1 and \
        happened[-1] == Told(IKE_FAILED, WHY_TIMEOUT)


def without_answer(image):
    return unanswered(press_and_wait(image, STORE.pack(), ENTROPY))


def packet_in_the_way(image):
    """What comes before there is a seed is for nobody: it keeps nobody from one."""
    return unanswered(press_and_wait(image, STORE.pack(), ENTROPY, Crowded))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--image", required=True, help="the firmware, as ELF file")
    given = parser.parse_args()
    lacks = gdb.missing() + ([] if os.path.exists(given.image) else [given.image])
    if lacks:
        print(f"SKIPPED: refusals on the MSP430: no {', no '.join(lacks)}")
        return SKIPPED
    good = True
    for case in (without_store, without_entropy, without_answer, packet_in_the_way):
        right = case(given.image)
        good &= right
        print(f"{case.__name__.replace('_', ' ')}: {'as it should be' if right else 'WRONG'}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
