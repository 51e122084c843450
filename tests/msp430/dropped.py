#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the firmware drops is counted, and where in its code the last of it was dropped (board/dropped.S), in the simulator.

Exit status: 0 so it is, 1 not, 77 no simulator or no image.
"""

import argparse
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "targets", "msp430", "runner"))

import gdb
import ip6
import sim
from seam import Reached
from store import Store

SKIPPED = 77
STORE = Store("fd00:9::1", "fd00:9::2", b"remote", b"gate", b"a key", flags=0)
PRESS_AT, EACH = 1_000_000, 200_000  # us; after a press the link is heard


def packets():
    """Each is dropped: by the application, for its address; then by the core, from the outside to the inside."""
    def from_gateway(carrier, payload):
        return ip6.build(STORE.remote, STORE.local, carrier, payload)

    header = bytes(16) + bytes([33, 0x20, 34, 0x20]) + bytes(4)
    yield ip6.build(STORE.remote, "fd00:9::3", ip6.CARRIER_UDP500, b"for another one")
    yield from_gateway(ip6.CARRIER_ESP, bytes(40))
    yield from_gateway(ip6.CARRIER_UDP500, b"no IKE header")
    yield from_gateway(ip6.CARRIER_UDP500, header + (28).to_bytes(4, "big"))
    yield from_gateway(ip6.CARRIER_UDP4500, b"\xff")


def run(firmware, until):
    while not isinstance(firmware.run(until), Reached):
        pass


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--image", required=True, help="door_ahead.elf")
    given = parser.parse_args()
    lacks = gdb.missing() + ([] if os.path.exists(given.image) else [given.image])
    if lacks:
        print(f"SKIPPED: drops of the MSP430: no {', no '.join(lacks)}")
        return SKIPPED
    with sim.Firmware(given.image, STORE.pack(), sim.noise(1)) as firmware:
        dropped = firmware.symbols["dropped"]
        seen = []

        def read():
            return [int.from_bytes(firmware.gdb.read(dropped + at, 2), "little") for at in (0, 2)]

        run(firmware, PRESS_AT)
        good = read() == [0, 0]
        firmware.press()
        run(firmware, PRESS_AT + 2_000_000)
        seen.append(read())
        for number, packet in enumerate(packets(), 1):
            firmware.deliver(packet)
            run(firmware, firmware.now + EACH)
            seen.append(read())
    good &= [count for count, _ in seen] == list(range(len(seen)))
    print(f"after each packet: {[(count, f'{at:#06x}') for count, at in seen]}: {'as it should be' if good else 'WRONG'}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
