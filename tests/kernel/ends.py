# SPDX-License-Identifier: MIT
"""Where clear packets go in and come out: ikeletd's TUN device on our side, the guest's second card on the other."""

import select
import socket
import time

import packets
from process import Failed

# Of our device, of the guest's two cards, of the host behind it.
US_MAC, OUTER_MAC, GUEST_MAC, LAN_MAC = "02:00:00:00:01:00", "02:00:00:00:00:01", "02:00:00:00:00:02", "02:00:00:00:01:01"
PACKET_OUTGOING = 4


class End:
    """receive(): one Packet that came, None if none waits."""

    def wait(self, seconds):
        return bool(select.select([self], [], [], seconds)[0])

    def drain(self):
        while self.wait(0):
            self.receive()

    def gather(self, wanted, number, seconds=8, quiet=0.1):
        """The first so many packets that wanted(packet) says yes to, and what else of these comes in a moment behind."""
        got, end = [], time.monotonic() + seconds
        while len(got) < number and time.monotonic() < end:
            if self.wait(0.05):
                got += [p for p in [self.receive()] if p and wanted(p)]
        while len(got) <= number and self.wait(quiet):
            got += [p for p in [self.receive()] if p and wanted(p)]
        if len(got) != number:
            raise Failed(f"{len(got)} packets came, not {number}")
        return got


class Tun(End):
    """What is sent here, ikeletd reads, whatever the routes say; what it writes is seen here."""

    def __init__(self, namespace, device):
        with namespace.entered():
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3))
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.socket.bind((device, 3))
        self.device = device

    def fileno(self):
        return self.socket.fileno()

    def send(self, raw):
        protocol = 0x0800 if raw[0] >> 4 == 4 else 0x86dd
        self.socket.sendto(raw, (self.device, protocol))

    def receive(self):
        raw, where = self.socket.recvfrom(65536)
        return None if where[2] == PACKET_OUTGOING else packets.read(raw)

    def close(self):
        self.socket.close()


class Lan(End):
    """A host behind the guest."""

    def __init__(self, port):
        self.port = port

    def fileno(self):
        return self.port.fileno()

    def send(self, raw):
        kind = b"\x08\x00" if raw[0] >> 4 == 4 else b"\x86\xdd"
        self.port.send(mac(GUEST_MAC) + mac(LAN_MAC) + kind + raw)

    def receive(self):
        return packets.of_frame(self.port.receive())


def mac(text):
    return bytes.fromhex(text.replace(":", ""))
