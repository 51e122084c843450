#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the firmware drops is counted, and where in its code the last of it was dropped (board/dropped.S), in the simulator.

Exit status: 0 so it is, 1 not, 77 no simulator or no image.
"""

import argparse
import os
import shutil
import struct
import subprocess
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
CALL = 0x12b0  # call #address
ADDR2LINE = "llvm-addr2line-19"


def packets():
    """Each is dropped: by the application, for its address; then by the core, from the outside to the inside. And in which function
    of the image that is, what it has of others included."""
    def from_gateway(carrier, payload):
        return ip6.build(STORE.remote, STORE.local, carrier, payload)

    header = bytes(16) + bytes([33, 0x20, 34, 0x20]) + bytes(4)
    yield ip6.build(STORE.remote, "fd00:9::3", ip6.CARRIER_UDP500, b"for another one"), "receive"
    yield from_gateway(ip6.CARRIER_ESP, bytes(40)), "rx_ipsec"
    yield from_gateway(ip6.CARRIER_UDP500, b"no IKE header"), "rx_ike"
    yield from_gateway(ip6.CARRIER_UDP500, header + (28).to_bytes(4, "big")), "rx_ike"
    yield from_gateway(ip6.CARRIER_UDP4500, b"\xff"), "receive"


def run(firmware, until):
    while not isinstance(firmware.run(until), Reached):
        pass


def function(image, address):
    """The one whose code is there, by the command of the README; not one that is compiled into it."""
    done = subprocess.run([ADDR2LINE, "-fie", image, f"{address:#x}"], check=True, capture_output=True, text=True)
    return done.stdout.splitlines()[-2]


def is_behind_a_call(firmware, address):
    """Of ik_dropped()."""
    call = firmware.gdb.read(address - 4, 4) if address >= 4 else b""
    return call == struct.pack("<HH", CALL, firmware.symbols["ik_dropped"])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--image", required=True, help="door_ahead.elf")
    given = parser.parse_args()
    lacks = gdb.missing() + ([] if shutil.which(ADDR2LINE) else [ADDR2LINE]) + ([] if os.path.exists(given.image) else [given.image])
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
        good &= read() == [0, 0]
        for number, (packet, where) in enumerate(packets(), 1):
            firmware.deliver(packet)
            run(firmware, firmware.now + EACH)
            count, at = read()
            right = count == number and is_behind_a_call(firmware, at) and function(given.image, at) == where
            good &= right
            seen.append(f"{count} at {at:#06x} in {function(given.image, at)}{'' if right else f': WRONG, {number} in {where}'}")
    print("\n".join(seen))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
