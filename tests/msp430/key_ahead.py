#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The firmware that computes its next key pair when it has nothing else to do (door_ahead.elf).

In the simulator, whole: the pair is computed before deep sleep, before the first press and once after a handshake; then a
press sends IKE_SA_INIT at once. A press amid the computation waits for what is left of it. No public value is sent twice,
and a pair that was used is not in RAM any more.

Exit status: 0 so it is, 1 not, 77 no simulator or no image.
"""

import argparse
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "targets", "msp430", "runner"))

import gdb
import ip6
import phases
import sim
from join import Join
from peer import Peer
from seam import Answered, Handed, JobBegun, JobEnded, Sending
from virtual import ENTROPY, PEER_SEED, STORES

SKIPPED = 77
# us. The seed takes 0.6 s and the pair 0.9 s.
RESTED, AMID = 5_000_000, 1_000_000
AGAIN, HORIZON = 60_000_000, 90_000_000
AT_ONCE = 60_000  # from a press to the first octet of IKE_SA_INIT
RAM = {"msp430f1611": (0x1100, 0x2800)}


class Story:
    """What happened: jobs as (begin, end), presses, packets and answers with their moments."""

    def __init__(self, image, programs, presses, lose=lambda ours, number: False):
        self.jobs, self.presses, self.sent, self.answers, self.begun = [], [], [], [], None
        store = STORES["esp"]
        with Peer(os.path.join(programs, "msp430_peer"), store, PEER_SEED) as peer, \
                sim.Firmware(image, store.pack(), ENTROPY + sim.noise(2)) as firmware:
            self.firmware = firmware
            join = Join(firmware, peer, lose=lose)
            for moment in presses:
                join.press(moment)
            for seen in join.run(HORIZON):
                self.see(seen, firmware.now)
            self.ram = firmware.gdb.read(RAM[firmware.part.name][0], RAM[firmware.part.name][1] - RAM[firmware.part.name][0])

    def see(self, seen, now):
        if isinstance(seen, JobBegun) and self.begun is None:
            self.begun = now
        elif isinstance(seen, JobEnded):
            self.jobs.append((self.begun, now))
            self.begun = None
        elif isinstance(seen, Handed) and seen.what == "press":
            self.presses.append(now)
        elif isinstance(seen, Sending):
            self.sent.append((now, seen.packet))
        elif isinstance(seen, Answered):
            self.answers.append(now)

    def inits(self):
        return [(at, packet) for at, packet in self.sent if phases.kind(packet) == "IKE_SA_INIT"]


def public_value(packet):
    """Of the KE payload (RFC 7296 3.4)."""
    message = ip6.read(packet)[1]
    kind, at = message[16], 28
    while kind != 34:
        kind, at = message[at], at + int.from_bytes(message[at + 2:at + 4], "big")
    return message[at + 8:at + int.from_bytes(message[at + 2:at + 4], "big")]


def rested(image, programs):
    """One before the first press, the shared secret after it, and the next own value after that."""
    story = Story(image, programs, (RESTED, AGAIN))
    (first, init), = story.inits()
    own, shared, following = story.jobs
    if own[1] > story.presses[0] or first - story.presses[0] > AT_ONCE:
        return f"IKE_SA_INIT leaves {(first - story.presses[0]) / 1e3:.1f} ms after the press"
    if not story.presses[0] < shared[0] < shared[1] < story.answers[0] < following[0] < following[1] < story.presses[1]:
        return f"jobs at {story.jobs}, presses at {story.presses}, answers at {story.answers}"
    if public_value(init) in story.ram:
        return "the public value is still in RAM after its handshake"
    print(f"  IKE_SA_INIT leaves {(first - story.presses[0]) / 1e3:.1f} ms after the press, the answer is there after "
          f"{(story.answers[0] - story.presses[0]) / 1e3:.0f} ms")
    return None


def amid(image, programs):
    """The press is heeded, and the computation not begun anew."""
    story = Story(image, programs, (AMID, AGAIN))
    first, _ = story.inits()[0]
    own = story.jobs[0]
    if not own[0] < story.presses[0] < own[1] <= first < own[1] + AT_ONCE or len(story.jobs) != 3 or len(story.answers) != 2:
        return f"jobs at {story.jobs}, presses at {story.presses}, IKE_SA_INIT at {first}, answers at {story.answers}"
    return None


def anew(image, programs):
    """The commands of the second press get lost, so the remote begins anew: another handshake, by another value."""
    story = Story(image, programs, (RESTED, AGAIN), lose=lambda ours, number: ours and number in range(3, 6))
    values = {public_value(packet) for _, packet in story.inits()}
    if len(story.inits()) != 2 or len(values) != 2 or len(story.answers) != 2:
        return f"{len(story.inits())} requests with {len(values)} values, {len(story.answers)} answers"
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--programs", required=True, help="folder of msp430_peer")
    parser.add_argument("--image", required=True, help="door_ahead.elf")
    given = parser.parse_args()
    lacks = gdb.missing() + ([] if os.path.exists(given.image) else [given.image])
    if lacks:
        print(f"SKIPPED: key pairs ahead on the MSP430: no {', no '.join(lacks)}")
        return SKIPPED
    good = True
    for case in (rested, amid, anew):
        wrong = case(given.image, given.programs)
        good &= wrong is None
        print(f"{case.__name__}: {wrong or 'as it should be'}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
