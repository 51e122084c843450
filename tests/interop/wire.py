# SPDX-License-Identifier: MIT
"""What goes over the veth pair: captured on one end, or relayed by us with losses."""

import contextlib
import os
import select
import socket
import struct
import threading
import time

from ike import Message

SO_TIMESTAMPNS = 35
PACKET_OUTGOING = 4


class Frame:
    """One Ethernet frame. ike: its Message, esp: its ESP packet, or None; icmp: in clear."""

    def __init__(self, at, data):
        self.at, self.data = at, data
        self.ike = self.esp = self.port = None
        self.source = self.protocol = None
        with contextlib.suppress(struct.error, IndexError):
            self.parse()

    def parse(self):
        ethertype, = struct.unpack_from("!H", self.data, 12)
        ip = self.data[14:]
        if ethertype == 0x0800:
            self.protocol = ip[9]
            self.source = socket.inet_ntop(socket.AF_INET, ip[12:16])
            self.upper(ip[(ip[0] & 15) * 4:struct.unpack_from("!H", ip, 2)[0]])
        elif ethertype == 0x86dd:
            self.protocol = ip[6]
            self.source = socket.inet_ntop(socket.AF_INET6, ip[8:24])
            self.upper(ip[40:40 + struct.unpack_from("!H", ip, 4)[0]])

    def upper(self, data):
        if self.protocol == 50:
            self.esp = data
        if self.protocol != 17:
            return
        ports = struct.unpack_from("!HH", data)
        body = data[8:]
        if 500 in ports:
            self.port, self.ike = 500, Message(body)
        elif 4500 in ports:
            self.port = 4500
            # RFC 3948 2.2, 2.3: four zero octets before IKE, one 0xff for keepalives
            if body[:4] == bytes(4):
                self.ike = Message(body[4:])
            elif len(body) > 1:
                self.esp = body

    @property
    def icmp_echo(self):
        """An echo in clear: neighbour discovery is ICMPv6 too and doesn't count."""
        offset = {1: 34, 58: 54}.get(self.protocol)
        return offset is not None and self.data[offset] in (0, 8, 128, 129)


class Capture:
    """Listens on one device in a thread of its own. frames: what was seen, both ways."""

    def __init__(self, namespace, device):
        self.frames = []
        self.sockets = [namespace.packet_socket(device)]
        self.begin()

    def begin(self):
        for s in self.sockets:
            s.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.wake_read, self.wake_write = os.pipe()
        self.thread = threading.Thread(target=self.listen, daemon=True)
        self.thread.start()

    def listen(self):
        while True:
            ready, _, _ = select.select([*self.sockets, self.wake_read], [], [])
            if self.wake_read in ready:
                return
            for s in ready:
                with contextlib.suppress(OSError):
                    data, ancillary, _, sender = s.recvmsg(65536, 64)
                    self.seen(s, Frame(timestamp(ancillary), data), sender)

    def seen(self, _socket, frame, _sender):
        self.frames.append(frame)

    def stop(self):
        os.write(self.wake_write, b"x")
        self.thread.join()
        for s in self.sockets:
            s.close()
        os.close(self.wake_read)
        os.close(self.wake_write)

    def ike(self, exchange=None, response=None, source=None):
        """The IKE messages seen so far that fit."""
        return [f for f in list(self.frames) if f.ike
                and exchange in (None, f.ike.exchange) and response in (None, f.ike.response)
                and source in (None, f.source)]

    def esp(self, source=None):
        return [f for f in list(self.frames) if f.esp and source in (None, f.source)]

    def write_pcap(self, path):
        """Link type 1: Ethernet."""
        with open(path, "wb") as file:
            file.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
            for f in list(self.frames):
                seconds, nanoseconds = divmod(f.at, 10**9)
                file.write(struct.pack("<IIII", seconds, nanoseconds // 1000, len(f.data),
                                       len(f.data)))
                file.write(f.data)


class Relay(Capture):
    """Stands between two devices of one namespace, as the cable. drop(frame): lose this one?"""

    def __init__(self, namespace, device_a, device_b, drop):
        self.frames, self.lost, self.drop = [], [], drop
        self.sockets = [namespace.packet_socket(d) for d in (device_a, device_b)]
        self.begin()

    def seen(self, from_socket, frame, sender):
        if sender[2] == PACKET_OUTGOING:
            return
        if self.drop(frame):
            self.lost.append(frame)
            return
        self.frames.append(frame)
        a, b = self.sockets
        (b if from_socket is a else a).send(frame.data)


def timestamp(ancillary):
    """Nanoseconds, as the kernel took them when the frame passed."""
    for level, kind, data in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, SO_TIMESTAMPNS):
            seconds, nanoseconds = struct.unpack("qq", data[:16])
            return seconds * 10**9 + nanoseconds
    return time.time_ns()
