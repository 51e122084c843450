# SPDX-License-Identifier: MIT
"""The firmware on a real network: its link is a TUN device."""

import contextlib
import fcntl
import ipaddress
import os
import select
import struct
import time

from seam import JobEnded, JobPaused, Sent, Sleeping

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


class TunJoin:
    """endpoint: sim.Firmware at that address. While it computes, its time is what it computes;
    while it sleeps, time is real. events: what ended each sleep and
    long computation or came in its midst, as lines that native.c reads."""

    def __init__(self, endpoint, tun, address):
        self.endpoint, self.tun = endpoint, tun
        self.address = ipaddress.IPv6Address(address).packed
        self.pressed = False
        self.events, self.sent = [], []

    def press(self):
        """At its next sleep."""
        self.pressed = True

    def run(self, seconds):
        """What the endpoint did, one by one; ends after so much sleep at one time."""
        while True:
            seen = self.endpoint.run()
            yield seen
            if isinstance(seen, Sent):
                self.sent.append(seen.packet)
                self.tun.write(seen.packet)
            elif isinstance(seen, JobEnded):
                self.events.append(f"job {self.endpoint.now}")
            elif isinstance(seen, JobPaused):
                self.interrupt(self.endpoint.now)
            elif isinstance(seen, Sleeping) and not self.sleep(seen.until, seconds):
                return

    def interrupt(self, now):
        """A packet that came meanwhile."""
        packet = self.tun.read(0)
        if packet is not None and self.is_for_us(packet):
            self.events.append(f"rx {now} {packet.hex()}")
            self.endpoint.interrupt(packet)

    def sleep(self, until, seconds):
        """True once it was woken."""
        begun, now = time.monotonic(), self.endpoint.now
        if self.pressed:
            self.pressed = False
            self.events.append(f"press {now}")
            self.endpoint.press(now)
            return True
        patience = min((until - now) / 1e6, seconds)
        while True:
            left = patience - (time.monotonic() - begun)
            packet = self.tun.read(max(left, 0))
            moment = now + int(1e6 * (time.monotonic() - begun))
            if packet is not None and self.is_for_us(packet):
                self.events.append(f"rx {moment} {packet.hex()}")
                self.endpoint.deliver(moment, packet)
                return True
            if packet is None and left <= 0:
                break
        if patience < (until - now) / 1e6:
            return False
        self.events.append(f"wake {until}")
        self.endpoint.wake(until)
        return True

    def is_for_us(self, packet):
        """What the kernel multicasts on a new device is not."""
        return len(packet) >= 40 and packet[0] >> 4 == 6 and packet[24:40] == self.address
