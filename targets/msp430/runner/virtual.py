#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The firmware in the simulator and the host's core as gateway, in virtual time: a handshake and
commands, then the cycles by phase. The same options give the same output.

Exit status: 0 all commands were answered with stack to spare, 1 not, 77 no simulator or no image.
"""

import argparse
import os
import random
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
sys.path.insert(0, HERE)

import gdb
import sim
from join import Join
from peer import Peer
from store import BRIEF, KEY_ID, NATT, Store
from teller import Teller

SKIPPED = 77
IMAGE = os.path.join(ROOT, "build", "msp430", "targets", "msp430", "door.elf")
PEER = os.path.join(ROOT, "build", "host", "targets", "msp430", "runner", "msp430_peer")
# esp: as short as may be; udp: in full, as with strongSwan and its ESP in UDP (demo.py).
STORES = {"esp": Store("fd00:9::1", "fd00:9::2", b"r1", b"g", b"a pre-shared key", "fd00:1::", BRIEF | KEY_ID),
          "udp": Store("fd00:9::1", "fd00:9::2", b"client.example.org", b"gw.example.org", b"a pre-shared key",
                       "fd00:1::", NATT)}
ENTROPY, PEER_SEED = sim.noise(1), bytes(range(32, 64))
STACK_TO_SPARE = 64  # octets above the red zone; STACK_SIZE in link/ is set by it
FIRST_PRESS, NEXT_PRESS = 1_000_000, 60_000_000  # us


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--image", default=IMAGE, help="the firmware, as ELF file")
    parser.add_argument("--peer", default=PEER, help="the program msp430_peer")
    parser.add_argument("--carrier", choices=STORES, default="esp",
                        help="of the tunnel: ESP, or ESP in UDP")
    parser.add_argument("--presses", type=int, default=2, help="of the button, a minute apart")
    parser.add_argument("--loss", type=int, default=0, help="per cent of the packets are lost")
    parser.add_argument("--seed", type=int, default=1, help="of the losses")
    return parser.parse_args()


def play(given):
    """Answers the teller."""
    store, draw = STORES[given.carrier], random.Random(given.seed)
    with Peer(given.peer, store, PEER_SEED) as peer, \
            sim.Firmware(given.image, store.pack(), ENTROPY) as firmware:
        join = Join(firmware, peer, lose=lambda *_: draw.randrange(100) < given.loss)
        moments = [FIRST_PRESS + i * NEXT_PRESS for i in range(given.presses)]
        for moment in moments:
            join.press(moment)
        teller = Teller(firmware)
        for seen in join.run(moments[-1] + NEXT_PRESS):
            teller.see(seen)
        teller.measure_stack()
    return teller


def main():
    given = arguments()
    lacks = gdb.missing() + [p for p in (given.image, given.peer) if not os.path.exists(p)]
    if lacks:
        print(f"SKIPPED: the firmware in virtual time: no {', no '.join(lacks)}")
        return SKIPPED
    teller = play(given)
    print("\n" + "\n".join(teller.phases.table(sim.MHZ)))
    print(teller.stack)
    if teller.stack_left < STACK_TO_SPARE:
        print(f"FAILED: {teller.stack_left} octets of the stack to spare, {STACK_TO_SPARE} are asked for")
        return 1
    return 0 if teller.answered == list(range(1, given.presses + 1)) else 1


if __name__ == "__main__":
    sys.exit(main())
