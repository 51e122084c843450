# SPDX-License-Identifier: MIT
"""The firmware on a real network: its link is a TUN device."""

import contextlib
import fcntl
import ipaddress
import os
import select
import struct
import time

from seam import Reached, Sent
from sim import MHZ

TUNSETIFF = 0x400454ca
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000
LONGEST = 65536


class Tun:
    """A device that carries whole IP packets, in a namespace of tests/interop. A context manager."""

    def __init__(self, namespace, device, address):
        self.namespace, self.device, self.address = namespace, device, address

    def __enter__(self):
        with contextlib.ExitStack() as begun:
            with self.namespace.entered():
                self.file = os.open("/dev/net/tun", os.O_RDWR)
                begun.callback(os.close, self.file)
                request = struct.pack("16sH22x", self.device.encode(), IFF_TUN | IFF_NO_PI)
                fcntl.ioctl(self.file, TUNSETIFF, request)
            self.namespace.add_address(self.device, self.address)
            self.namespace.ip("link", "set", self.device, "up")
            self.exits = begun.pop_all()
        return self

    def __exit__(self, *_):
        self.exits.close()

    def read(self, seconds):
        """The next packet, or None."""
        ready, _, _ = select.select([self.file], [], [], seconds)
        return os.read(self.file, LONGEST) if ready else None

    def write(self, packet):
        os.write(self.file, packet)


STEP_US = 5000


class TunJoin:
    """endpoint: sim.Firmware at that address. While it computes, its time is what it computes; while it sleeps, time is
    real."""

    def __init__(self, endpoint, tun, address):
        self.endpoint, self.tun = endpoint, tun
        self.address = ipaddress.IPv6Address(address).packed

    def press(self):
        self.endpoint.press()

    def run(self, seconds):
        """What the endpoint did, one by one; ends after so much time in which it did nothing."""
        quiet_since = time.monotonic()
        while time.monotonic() - quiet_since < seconds:
            now, cycles = self.endpoint.now, self.endpoint.cycles
            seen = self.endpoint.run(now + STEP_US)
            if not isinstance(seen, Reached):
                quiet_since = time.monotonic()
                yield seen
            if isinstance(seen, Sent):
                self.tun.write(seen.packet)
            idle = (self.endpoint.cycles - cycles) * 2 < STEP_US * MHZ
            packet = self.tun.read(STEP_US / 1e6 if isinstance(seen, Reached) and idle else 0)
            if packet is not None and self.is_for_us(packet):
                self.endpoint.deliver(packet)

    def is_for_us(self, packet):
        """What the kernel multicasts on a new device is not."""
        return len(packet) >= 40 and packet[0] >> 4 == 6 and packet[24:40] == self.address
