# SPDX-License-Identifier: MIT
"""IP packets, made and read."""

import ipaddress
import struct

UDP, ICMP, ICMPV6, ESP, AH = 17, 1, 58, 50, 51


def checksum(data):
    data += bytes(len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def packed(address):
    return ipaddress.ip_address(address).packed


def upper_checksum(source, destination, protocol, data):
    """Of the pseudo-header, the same sum for IPv4 and IPv6 (RFC 768, RFC 8200 8.1)."""
    return checksum(packed(source) + packed(destination) + struct.pack("!II", len(data), protocol) + data)


class Packet:
    """An IP packet. Of its header: tclass, ttl, df, label (IPv6), options (IPv4; of IPv6 they are in data)."""

    def __init__(self, source, destination, protocol, data, tclass=0, ttl=64, df=True, label=0, number=0, options=b""):
        self.source, self.destination, self.protocol, self.data = source, destination, protocol, data
        self.tclass, self.ttl, self.df, self.label, self.number, self.options = tclass, ttl, df, label, number, options

    @property
    def v6(self):
        return ":" in self.source

    def whole(self):
        if self.v6:
            head = struct.pack("!IHBB", 6 << 28 | self.tclass << 20 | self.label, len(self.data), self.protocol, self.ttl)
            return head + packed(self.source) + packed(self.destination) + self.data
        return self.head_v4(20 + len(self.options) + len(self.data), 0x4000 if self.df else 0) + self.data

    def head_v4(self, length, offset):
        def head(summed):
            return struct.pack("!BBHHHBBH", 0x45 + len(self.options) // 4, self.tclass, length, self.number, offset, self.ttl,
                               self.protocol, summed) + packed(self.source) + packed(self.destination) + self.options
        return head(checksum(head(0)))

    def fragments(self, at):
        """Two: cut behind at octets of data, a multiple of 8."""
        first, second = self.data[:at], self.data[at:]
        if not self.v6:
            return (self.head_v4(20 + len(first), 0x2000) + first, self.head_v4(20 + len(second), at // 8) + second)
        whole = []
        for part, offset in ((first, 1), (second, at)):
            head = struct.pack("!BBHI", self.protocol, 0, offset, self.number)
            whole.append(Packet(self.source, self.destination, 44, head + part, self.tclass, self.ttl, label=self.label).whole())
        return tuple(whole)

    @property
    def facts(self):
        """What an end of a tunnel may not change, and no router does."""
        return (self.source, self.destination, self.protocol, self.data, self.df, self.label)


def udp(source, destination, data, ports=(4000, 4001), **header):
    head = struct.pack("!HHHH", *ports, 8 + len(data), 0)
    summed = upper_checksum(source, destination, UDP, head + data) or 0xffff
    return Packet(source, destination, UDP, head[:6] + struct.pack("!H", summed) + data, **header)


def echo(source, destination, data, number=1, reply=False, **header):
    kind, protocol = ((0, 8)[not reply], ICMP) if ":" not in source else ((129, 128)[not reply], ICMPV6)
    head = struct.pack("!BBHHH", kind, 0, 0, 7, number)
    summed = checksum(head + data) if protocol == ICMP else upper_checksum(source, destination, protocol, head + data)
    return Packet(source, destination, protocol, head[:2] + struct.pack("!H", summed) + head[4:] + data, **header)


def read(raw):
    """The Packet of these octets; None if they are none."""
    if len(raw) >= 20 and raw[0] >> 4 == 4:
        length, number, offset = struct.unpack_from("!HHH", raw, 2)
        source, destination = (str(ipaddress.IPv4Address(raw[at:at + 4])) for at in (12, 16))
        at = (raw[0] & 15) * 4
        return Packet(source, destination, raw[9], raw[at:length], raw[1], raw[8], bool(offset & 0x4000), 0, number)
    if len(raw) >= 40 and raw[0] >> 4 == 6:
        first, length = struct.unpack_from("!IH", raw)
        source, destination = (str(ipaddress.IPv6Address(raw[at:at + 16])) for at in (8, 24))
        return Packet(source, destination, raw[6], raw[40:40 + length], first >> 20 & 255, raw[7], True, first & 0xfffff)
    return None


def of_frame(frame):
    """The Packet in an Ethernet frame; None if it is something else."""
    return read(frame[14:]) if frame[12:14] in (b"\x08\x00", b"\x86\xdd") else None


def esp_of(frame):
    """(SPI, sequence number) of the ESP in a frame, in UDP or not, or of its AH; None if it has none."""
    packet = of_frame(frame)
    if packet is None:
        return None
    if packet.protocol == ESP:
        return struct.unpack_from("!II", packet.data)
    if packet.protocol == AH:
        return struct.unpack_from("!II", packet.data, 4)
    if packet.protocol == UDP and struct.unpack_from("!HH", packet.data) == (4500, 4500) and len(packet.data) > 16:
        return struct.unpack_from("!II", packet.data, 8)
    return None
