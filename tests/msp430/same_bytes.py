#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Same configuration, same seed, same events: same packets, whatever machine the core runs on.

same_bytes.json holds recorded runs: the store, the seed, what ended each sleep and long computation
and when, and the packets that left. They are played to the application as host programs (on the
core's minimal profile and on the full one), with --ns3 to the engine of the ns-3 node, and with
--image to the firmware in the simulator. --ahead: the same for door_ahead.elf, which computes its key
pairs before it needs them; its runs are in same_bytes_ahead.json. --record writes them anew: firmware
and gateway in virtual time, where both lose their first packet.

Exit status: 0 the same, 1 not, 77 no simulator or no image.
"""

import argparse
import json
import os
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "targets", "msp430", "runner"))

import gdb
import native
import phases
import sim
from join import Join
from peer import Peer
from seam import Handed, JobEnded, JobPaused, Reached, Sent, Sleeping, handed
from slices import Insistent
from store import BRIEF, KEY_ID, NATT, Store

SKIPPED = 77
RECORDS = {False: os.path.join(HERE, "same_bytes.json"), True: os.path.join(HERE, "same_bytes_ahead.json")}
PROFILES = {False: ("minimal", "full"), True: ("ahead", "ahead_full")}
ESP = Store("fd00:9::1", "fd00:9::2", b"remote", b"gate", b"a pre-shared key", "fd00:2::", BRIEF | KEY_ID)
UDP = Store("2001:db8::5", "2001:db8::9", b"client.example.org", b"gw.example.org",
            b"another pre-shared key", "fd00:1::", NATT, 41)
ENTROPY, PEER_SEED = sim.noise(1), bytes(range(32, 64))
# What the firmware takes for X25519: it decides which retransmissions come before the answer.
CPU = "clock_hz,8000000\nx25519,10360642\n"
PRESSES = (1_000_000, 20_000_000, 30_000_000)
# Store, how packets travel, presses: the last one is amid a computation, which others disturb too.
RUNS = {"esp": (ESP, Join, PRESSES), "udp": (UDP, Join, PRESSES), "disturbed": (UDP, Insistent, (*PRESSES, 1_900_000))}
# The first press is when a key pair is there, or amid its computation.
RUNS_AHEAD = {"esp": (ESP, Join, (5_000_000, *PRESSES[1:])), "amid": (UDP, Join, PRESSES),
              "disturbed": (UDP, Insistent, (*PRESSES, 1_400_000))}
HORIZON = 60_000_000
PATIENCE = 100_000_000  # by then all has happened
LAST_PACKET = 200_000  # after which one that was sent is through the link


def record(image, peer_program, ahead):
    runs = {}
    for name, (store, kind, presses) in (RUNS_AHEAD if ahead else RUNS).items():
        with Peer(peer_program, store, PEER_SEED) as peer, \
                sim.Firmware(image, store.pack(), ENTROPY) as firmware:
            join = kind(firmware, peer, lose=lambda from_endpoint, number: number == 0)
            for moment in presses:
                join.press(moment)
            for _ in join.run(HORIZON):
                pass
        runs[name] = {"store": store.pack().hex(), "entropy": ENTROPY.hex(), "events": join.events,
                      "packets": [packet.hex() for packet in join.sent]}
    with open(RECORDS[ahead], "w", encoding="utf-8") as file:
        json.dump(runs, file, indent=1)
        file.write("\n")


class Replay:
    """Gives the firmware what a recorded run gave: at a sleep, not before its time, or amid a computation. How long it
    computes and when a timer is due, it knows."""

    def __init__(self, firmware, events):
        self.firmware, self.sent = firmware, []
        self.events = [handed(event) for event in events]
        self.given = 0  # of those that come from outside, how many are on their way or there

    def next_given(self):
        """What comes next from outside, if nothing is to happen before."""
        left = [e for e in self.events if e.what != "job"]
        return left[0] if left and left[0].what != "wake" and self.given == 0 else None

    def give(self, event):
        self.given += 1
        if event.what == "press":
            self.firmware.press()
        else:
            self.firmware.deliver(event.packet)

    def take(self, what):
        event = next((e for e in self.events if e.what == what), None)
        if event:
            self.events.remove(event)

    def run(self):
        """The packets that leave."""
        until = PATIENCE
        while True:
            seen = self.firmware.run(until)
            if isinstance(seen, Sent):
                self.sent.append(seen.packet)
            elif isinstance(seen, (Handed, JobEnded)):
                what = seen.what if isinstance(seen, Handed) else "job"
                self.given -= what in ("rx", "press")
                self.take(what)
                until = PATIENCE
            elif isinstance(seen, JobPaused) and (event := self.next_given()):
                if event.clock <= self.firmware.now:
                    self.give(event)
            elif isinstance(seen, Sleeping):
                if not self.events:
                    until = self.firmware.now + LAST_PACKET
                elif event := self.next_given():
                    until = max(event.clock, self.firmware.now + 1)
            elif isinstance(seen, Reached):
                event = self.next_given()
                if not event:
                    return self.sent
                self.give(event)
                until = PATIENCE


def replay_in_simulator(image, run):
    store, entropy = bytes.fromhex(run["store"]), bytes.fromhex(run["entropy"])
    with sim.Firmware(image, store, entropy) as firmware:
        return Replay(firmware, run["events"]).run()


def difference(expected, got):
    """Where they part, for people; None if they are the same."""
    for i, (a, b) in enumerate(zip(expected, got)):
        if a != b:
            at = next((j for j, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
            return f"packet {i} ({phases.kind(a)}): octet {at} of {len(a)} and {len(b)}"
    if len(expected) != len(got):
        return f"{len(got)} packets, not {len(expected)}"
    return None


def compare(who, play, runs):
    good = True
    for name, run in runs.items():
        expected = [bytes.fromhex(packet) for packet in run["packets"]]
        wrong = difference(expected, play(run))
        octets = sum(map(len, expected))
        print(f"{who}, {name}: " + (wrong or f"{len(expected)} packets, {octets} octets, the same"))
        good &= wrong is None
    return good


def natively(*command):
    return lambda run: native.replay(command, bytes.fromhex(run["store"]),
                                     bytes.fromhex(run["entropy"]), run["events"])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--programs", required=True, help="folder of msp430_native_* and _peer")
    parser.add_argument("--ns3", help="msp430_node_ns3: play to it, not to the host")
    parser.add_argument("--image", help="the firmware, as ELF file: play to it, not to the host")
    parser.add_argument("--ahead", action="store_true", help="of door_ahead.elf")
    parser.add_argument("--record", action="store_true", help="write the recorded runs anew")
    given = parser.parse_args()
    lacks = gdb.missing() if given.image else []
    if given.image and not os.path.exists(given.image):
        lacks.append(given.image)
    if lacks:
        print(f"SKIPPED: same bytes on the MSP430: no {', no '.join(lacks)}")
        return SKIPPED
    if given.record:
        record(given.image, os.path.join(given.programs, "msp430_peer"), given.ahead)
    with open(RECORDS[given.ahead], encoding="utf-8") as file:
        runs = json.load(file)
    if given.ns3:
        with tempfile.NamedTemporaryFile("w", suffix=".csv") as cpu:
            cpu.write(CPU)
            cpu.flush()
            return 0 if compare("ns-3", natively(given.ns3, cpu.name), runs) else 1
    if given.image:
        return 0 if compare("firmware", lambda run: replay_in_simulator(given.image, run),
                            runs) else 1
    results = [compare(profile, natively(os.path.join(given.programs, f"msp430_native_{profile}")),
                       runs) for profile in PROFILES[given.ahead]]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
