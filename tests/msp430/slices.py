#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How long the firmware leaves its link alone: cycles from one turn of the main loop to the next, over a
handshake and two commands in the simulator.

X25519 is computed in slices, between which the main loop serves link, button, timers and watchdog: there the
longest time may be 22 ms. While it computes, packets come and the button is pressed: they are served between
two slices, and the host, which is told the same at the same times, sends the same packets. What is
done in one piece for longer (keys, signatures of the handshake) is told.

Exit status: 0 so it is, 1 not, 77 no simulator or no image.
"""

import argparse
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "targets", "msp430", "runner"))

import gdb
import native
import phases
import sim
from join import Join
from peer import Peer
from seam import Answered, Handed, JobBegun, JobEnded, JobPaused, LinkDone, Sending, Sleeping
from store import NATT, Store

SKIPPED = 77
STORE = Store("fd00:9::1", "fd00:9::2", b"remote", b"gate", b"a pre-shared key", "fd00:1::",
              NATT)
ENTROPY, PEER_SEED = sim.noise(1), bytes(range(32, 64))
PRESSES = (1_000_000, 20_000_000)
# By whether key pairs are computed ahead: when the button is pressed amid that, and who sends the same on the host.
AMID_KEYGEN = {False: 1_800_000, True: 1_400_000}
PRESSED_AMID = {False: 1, True: 2}  # with the first press
PROFILES = {False: ("minimal", "full"), True: ("ahead", "ahead_full")}
HORIZON = 30_000_000
MOST = 22 * 1000 * sim.MHZ  # the octets of a packet that comes in meanwhile take a twelfth of it
AGAIN_US, COPIES = 150_000, 6
SLICE, LAST_SLICE = "a slice of X25519", "the last slice"


class Polls(sim.Firmware):
    """gaps: the most cycles from one turn of the main loop to the next, or to a sleep, by what was done
    between. slice: the most that one slice took by itself."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        address = self.symbols["stack_intact"]  # board_alive() begins with it
        self.at[address] = self.turn
        self.gdb.set_breakpoint(address)
        self.begun, self.work, self.gaps = 0, ["start"], {}
        self.slice_begun, self.slice, self.link_begun = 0, 0, 0

    def note_gap(self):
        now = self.cycles
        what = ", ".join(self.work) or "nothing"
        self.gaps[what] = max(self.gaps.get(what, 0), now - self.begun)
        self.begun, self.work = now, []

    def turn(self):
        self.note_gap()

    def run(self, until):
        seen = super().run(until)
        if isinstance(seen, Handed) and seen.what != "wake":
            self.work.append("button" if seen.what == "press" else f"{phases.kind(seen.packet)} in")
        elif isinstance(seen, Handed):
            self.begun = self.cycles
        elif isinstance(seen, JobBegun):
            self.slice_begun = self.cycles
        elif isinstance(seen, (JobPaused, JobEnded)):
            self.slice = max(self.slice, self.cycles - self.slice_begun)
            self.work.append(SLICE if isinstance(seen, JobPaused) else LAST_SLICE)
        elif isinstance(seen, Sending):
            self.work.append(f"{phases.kind(seen.packet)} out")
            self.link_begun = self.cycles
        elif isinstance(seen, LinkDone):
            self.begun += self.cycles - self.link_begun  # the line's time is not the work's
        elif isinstance(seen, Sleeping):
            self.note_gap()
        return seen


class Insistent(Join):
    """The peer's IKE_SA_INIT comes again and again while the firmware computes."""

    def carry(self, from_endpoint, moment, packet):
        super().carry(from_endpoint, moment, packet)
        if not from_endpoint and phases.kind(packet) == "IKE_SA_INIT":
            for i in range(COPIES):
                super().carry(False, moment + (i + 1) * AGAIN_US, packet)


def play(image, programs, ahead=False):
    """(firmware, what happened to it, how many events came amid a computation)"""
    answered, amid, before = [], 0, None
    with Peer(os.path.join(programs, "msp430_peer"), STORE, PEER_SEED) as peer, \
            Polls(image, STORE.pack(), ENTROPY) as firmware:
        join = Insistent(firmware, peer)
        for moment in (*PRESSES, AMID_KEYGEN[ahead]):
            join.press(moment)
        known = 0
        for seen in join.run(HORIZON):
            if isinstance(seen, Answered):
                answered.append(seen.press)
            if isinstance(before, JobPaused):
                amid += len(join.events) - known
            known, before = len(join.events), seen
    return firmware, join, answered, amid


def judge(firmware, join, answered, amid, programs, ahead):
    """What is wrong, one by one."""
    if answered != [2, 3]:
        yield f"answered: {answered}"
    if amid != COPIES + PRESSED_AMID[ahead]:
        yield f"{amid} events came amid a computation, not {COPIES + PRESSED_AMID[ahead]}"
    if max(firmware.gaps[SLICE], firmware.slice) > MOST:
        yield f"the link waits for a slice longer than {MOST} cycles"
    for profile in PROFILES[ahead]:
        program = os.path.join(programs, f"msp430_native_{profile}")
        if native.replay([program], STORE.pack(), ENTROPY, join.events) != join.sent:
            yield f"the {profile} profile on the host sends other packets"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--programs", required=True, help="folder of msp430_native_* and _peer")
    parser.add_argument("--image", required=True, help="the firmware, as ELF file")
    parser.add_argument("--ahead", action="store_true", help="of door_ahead.elf")
    given = parser.parse_args()
    lacks = gdb.missing() + ([] if os.path.exists(given.image) else [given.image])
    if lacks:
        print(f"SKIPPED: slices on the MSP430: no {', no '.join(lacks)}")
        return SKIPPED
    firmware, join, answered, amid = play(given.image, given.programs, given.ahead)
    print(f"longest slice: {firmware.slice:,} cycles. Longest times from one turn of the main loop to "
          "the next, by what is done:")
    for what, cycles in sorted(firmware.gaps.items(), key=lambda gap: -gap[1]):
        print(f"{cycles:>11,}  {cycles / sim.MHZ / 1000:>7.2f} ms  {what}")
    wrong = list(judge(firmware, join, answered, amid, given.programs, given.ahead))
    print("\n".join(wrong) or f"{amid} events amid a computation, the host sends the same")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
