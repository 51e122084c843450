#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""False packets before each true one: the firmware does what the host does, and never resets.

A handshake and seven commands in the simulator. Before each packet of the gateway come mangled copies
of it: cut, with octets changed, with wrong lengths. All still works, and a host program that is fed
the same sends the same packets. The mangling is drawn from a fixed seed.

Exit status: 0 so it is, 1 not, 77 no simulator or no image.
"""

import argparse
import os
import random
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "targets", "msp430", "runner"))

import gdb
import ip6
import native
import phases
import sim
from join import Join
from peer import Peer
from seam import Answered
from store import NATT, Store

SKIPPED = 77
STORE = Store("fd00:9::1", "fd00:9::2", b"remote", b"gate", b"a pre-shared key", "fd00:1::",
              NATT)
ENTROPY, PEER_SEED = sim.noise(1), bytes(range(32, 64))
PRESSES = {1_000_000: 1, **{60_000_000 + 5_000_000 * i: 2 + i for i in range(6)}}
HORIZON = 100_000_000
COPIES = 12  # in less than a second, after which the request would come again
OCTET_US = 90  # on the line
AWAKE_US = 25_000  # for which the firmware has a false packet
LINK_MOST = 436  # octets of the firmware's link buffer


def mangled(packet, draw):
    """One that no peer who keeps to the RFCs would send, with good IP and UDP headers, most of the
    time. An octet changed in the clear part of a true IKE_SA_INIT would be believed, as RFC 7296
    has it: there only SPI, lengths and next payloads are wrong."""
    carrier, payload = ip6.read(packet)
    octets = bytearray(payload)
    way = draw.randrange(5)
    if way == 0:
        octets = octets[:draw.randrange(len(octets))]
    elif way == 1:
        octets += draw.randbytes(draw.randrange(1, 80))
    elif phases.kind(packet) == "IKE_SA_INIT":
        at = draw.choice([*range(8), *range(24, 28), 29, 30])
        octets[at] ^= draw.randrange(1, 256)
    else:
        for _ in range(draw.randrange(1, 4)):
            octets[draw.randrange(len(octets))] ^= draw.randrange(1, 256)
    whole = bytearray(ip6.build(STORE.remote, STORE.local, carrier, bytes(octets)))
    if way == 4:
        whole[draw.randrange(len(whole))] ^= draw.randrange(1, 256)
    return bytes(whole[:LINK_MOST])


class Mangler(Join):
    """Each packet of the peer is led in by false ones."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.draw, self.false = random.Random(1), 0

    def carry(self, from_endpoint, moment, packet):
        for _ in range(0 if from_endpoint else COPIES):
            false = mangled(packet, self.draw)
            if false != packet:
                super().carry(False, moment, false)
                self.false += 1
                moment += OCTET_US * len(false) + AWAKE_US
        super().carry(from_endpoint, moment, packet)


def play(image, programs):
    """What is wrong, or None; and how many false packets there were."""
    answered = []
    with Peer(os.path.join(programs, "msp430_peer"), STORE, PEER_SEED) as peer, \
            sim.Firmware(image, STORE.pack(), ENTROPY) as firmware:
        join = Mangler(firmware, peer)
        for moment in PRESSES:
            join.press(moment)
        answered = [seen.press for seen in join.run(HORIZON) if isinstance(seen, Answered)]
    if answered != list(PRESSES.values()):
        return f"answered: {answered}", join.false
    heard = sum(event.startswith("rx ") for event in join.events)
    if heard < join.false * 2 // 3:  # not those that come while it computes keys
        return f"the firmware heard {heard} packets only", join.false
    for profile in ("minimal", "full"):
        program = os.path.join(programs, f"msp430_native_{profile}")
        if native.replay([program], STORE.pack(), ENTROPY, join.events) != join.sent:
            return f"the {profile} profile on the host sends other packets", join.false
    return None, join.false


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--programs", required=True, help="folder of msp430_native_* and _peer")
    parser.add_argument("--image", required=True, help="the firmware, as ELF file")
    given = parser.parse_args()
    lacks = gdb.missing() + ([] if os.path.exists(given.image) else [given.image])
    if lacks:
        print(f"SKIPPED: bad input on the MSP430: no {', no '.join(lacks)}")
        return SKIPPED
    try:
        wrong, false = play(given.image, given.programs)
    except gdb.SimulatorError as reset:
        wrong, false = reset, "?"
    print(f"{false} false packets: {wrong or 'all commands answered, the host sends the same'}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
