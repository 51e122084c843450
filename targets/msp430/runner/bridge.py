# SPDX-License-Identifier: MIT
"""`ikelet slip` in the place of a TUN device of ours: the firmware's octets go by a pty, as SLIP, to its TUN device."""

import contextlib
import os
import re
import select
import tempfile
import tty

import slip
from process import Failed, Process, wait_until


class Bridge:
    """A context manager with read() and write() of tun.Tun. said: what the bridge has printed, at the end."""

    def __init__(self, namespace, device, address, binary):
        self.namespace, self.device, self.address, self.binary = namespace, device, address, binary
        self.octets, self.packets, self.said = b"", [], ""

    def __enter__(self):
        with contextlib.ExitStack() as begun:
            folder = begun.enter_context(tempfile.TemporaryDirectory(prefix="ikelet-slip-"))
            link = os.path.join(folder, "line")
            self.process = Process(
                self.namespace.inside(self.binary, "slip", f"--pty={link}", f"--tun={self.device}", f"--address={self.address}"),
                os.path.join(folder, "out"), os.path.join(folder, "err"))
            begun.callback(self.stop)
            wait_until("the bridge is there", 10, self.is_there)
            self.line = os.open(link, os.O_RDWR | os.O_NOCTTY)
            begun.callback(os.close, self.line)
            tty.setraw(self.line)
            self.exits = begun.pop_all()
        return self

    def __exit__(self, *_):
        self.exits.close()

    def is_there(self):
        if not self.process.running:
            raise Failed(f"ikelet slip: {self.process.stderr}")
        return "bridge: " in self.process.stdout

    def stop(self):
        self.process.stop()
        self.said = self.process.stdout

    def read(self, seconds):
        """The next packet, or None."""
        if not self.packets and select.select([self.line], [], [], seconds)[0]:
            self.packets, self.octets = slip.packets(self.octets + os.read(self.line, 65536))
        return self.packets.pop(0) if self.packets else None

    def write(self, packet):
        os.write(self.line, slip.framed(packet))

    def counted(self):
        """Packets from the line, to it, broken frames, packets dropped: behind the end."""
        found = re.search(r"^(\d+) packets from the line, (\d+) to it; (\d+) broken frames, (\d+) packets dropped$", self.said, re.M)
        if not found:
            raise Failed(f"ikelet slip said nothing at its end: {self.said!r}")
        return tuple(map(int, found.groups()))
