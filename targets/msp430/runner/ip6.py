# SPDX-License-Identifier: MIT
"""IPv6 (RFC 8200) and UDP headers."""

import socket
import struct

UDP, ESP = 17, 50
CARRIER_UDP500, CARRIER_UDP4500, CARRIER_ESP = 0, 1, 2


def checksum(octets):
    if len(octets) % 2:
        octets += b"\0"
    total = sum(struct.unpack(f">{len(octets) // 2}H", octets))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def address(text):
    return socket.inet_pton(socket.AF_INET6, text)


def build(source, target, carrier, payload):
    """A packet from source to target, as a peer's carrier has it."""
    protocol = ESP
    if carrier != CARRIER_ESP:
        port = 500 if carrier == CARRIER_UDP500 else 4500
        payload = udp(source, target, port, port, payload)
        protocol = UDP
    return (struct.pack(">IHBB", 6 << 28, len(payload), protocol, 64) + address(source)
            + address(target) + payload)


def udp(source, target, from_port, to_port, payload):
    length = 8 + len(payload)
    pseudo = address(source) + address(target) + struct.pack(">IHBB", length, 0, 0, UDP)
    header = struct.pack(">HHHH", from_port, to_port, length, 0)
    return header[:6] + struct.pack(">H", checksum(pseudo + header + payload) or 0xffff) + payload


def read(packet):
    """(carrier, payload) of a packet of ours; ValueError if it is none or its checksum is wrong."""
    if len(packet) < 40 or packet[0] >> 4 != 6:
        raise ValueError("no IPv6 packet")
    length, protocol = struct.unpack_from(">HB", packet, 4)
    payload = packet[40:]
    if length != len(payload):
        raise ValueError("not a whole packet")
    if protocol == ESP:
        return CARRIER_ESP, payload
    if protocol != UDP or length < 8:
        raise ValueError("neither ESP nor UDP")
    _, to_port, udp_length, _ = struct.unpack_from(">4H", payload)
    pseudo = packet[8:40] + struct.pack(">IHBB", udp_length, 0, 0, UDP)
    if udp_length != length or checksum(pseudo + payload) != 0:
        raise ValueError("UDP with a wrong length or checksum")
    return (CARRIER_UDP500 if to_port == 500 else CARRIER_UDP4500), payload[8:]
