# SPDX-License-Identifier: MIT
"""IPv6 packets as frames of IEEE 802.15.4 with 6LoWPAN, and the time that they take on the air."""

from dataclasses import dataclass

import ip6

# IEEE 802.15.4, 2.4 GHz O-QPSK
OCTET_US = 32  # 250 kbit/s
SYMBOL_US = 16
PHY_OCTETS = 6  # preamble 4, SFD, PHR
PSDU_MAX = 127
# Frame control, sequence number, PAN identifier, two short addresses; FCS.
MAC_OCTETS = 2 + 1 + 2 + 2 + 2 + 2
ACK_OCTETS = 5
TURNAROUND_US = 12 * SYMBOL_US  # RX to TX and back
CCA_US = 8 * SYMBOL_US
# Unslotted CSMA-CA on a free channel: 0 to 2^macMinBE - 1 periods of 20 symbols; here their mean.
BACKOFF_US = (2**3 - 1) * 20 * SYMBOL_US // 2
LONG_SPACING_US = 40 * SYMBOL_US  # LIFS
SHORT_SPACING_US = 12 * SYMBOL_US  # SIFS, after frames of up to 18 octets
SHORT_FRAME_MAX = 18

# RFC 4944 5.3
FIRST_FRAGMENT, NEXT_FRAGMENT = 4, 5
DATAGRAM_MAX = 2047

IP_HEADER, UDP_HEADER = 40, 8


@dataclass(frozen=True)
class Compression:
    """What the two ends may leave out beside what RFC 6282 always lets them."""

    address_octets: int = 16  # of each address: 16 without a context for its prefix; 8, 2, 0 with
    elide_checksum: bool = False  # of UDP (RFC 6282 4.3.2)


def compressed(packet, compression):
    """(octets that its headers take behind LOWPAN_IPHC, octets that they took before)."""
    if len(packet) < IP_HEADER or packet[0] >> 4 != 6:
        raise ValueError("no IPv6 packet")
    octets = 2 + traffic_octets(packet) + 2 * compression.address_octets
    octets += packet[7] not in (1, 64, 255)  # hop limit
    if packet[6] != ip6.UDP:
        return octets + 1, IP_HEADER
    if len(packet) < IP_HEADER + UDP_HEADER:
        raise ValueError("UDP cut short")
    return octets + udp_octets(packet[IP_HEADER:], compression), IP_HEADER + UDP_HEADER


def traffic_octets(packet):
    """RFC 6282 3.1.1: TF."""
    traffic = (packet[0] & 0x0f) << 4 | packet[1] >> 4
    flow = (packet[1] & 0x0f) << 16 | packet[2] << 8 | packet[3]
    if flow == 0:
        return 1 if traffic else 0
    return 4 if traffic >> 2 else 3


def udp_octets(header, compression):
    """RFC 6282 4.3.3."""
    ports = [header[0] << 8 | header[1], header[2] << 8 | header[3]]
    if all(port & 0xfff0 == 0xf0b0 for port in ports):
        octets = 1
    elif any(port & 0xff00 == 0xf000 for port in ports):
        octets = 3
    else:
        octets = 4
    return 1 + octets + (0 if compression.elide_checksum else 2)


def frames(packet, compression=Compression()):
    """The octets of each frame's PSDU."""
    if len(packet) > DATAGRAM_MAX:
        raise ValueError(f"{len(packet)} octets: no datagram of 6LoWPAN is as long")
    head, covered = compressed(packet, compression)
    if MAC_OCTETS + head + len(packet) - covered <= PSDU_MAX:
        return [MAC_OCTETS + head + len(packet) - covered]
    # Offsets count octets before compression, by eights.
    room = PSDU_MAX - MAC_OCTETS - FIRST_FRAGMENT - head
    done = (covered + room) // 8 * 8
    sizes = [MAC_OCTETS + FIRST_FRAGMENT + head + done - covered]
    most = (PSDU_MAX - MAC_OCTETS - NEXT_FRAGMENT) // 8 * 8
    while done < len(packet):
        part = min(most, len(packet) - done)
        sizes.append(MAC_OCTETS + NEXT_FRAGMENT + part)
        done += part
    return sizes


@dataclass(frozen=True)
class Air:
    """Time of frames on the air, with their acknowledgements, as one end has it."""

    sending_us: int = 0
    receiving_us: int = 0
    listening_us: int = 0  # back-off, turnaround, spacing
    frames: int = 0
    acks: int = 0
    octets: int = 0

    def __add__(self, other):
        return Air(*(getattr(self, name) + getattr(other, name) for name in vars(self)))

    @property
    def us(self):
        return self.sending_us + self.receiving_us + self.listening_us


def air(packet, outgoing, compression=Compression()):
    """A packet that this end sends, or gets, on a channel that is free and loses nothing."""
    total = Air()
    for size in frames(packet, compression):
        data, ack = ((octets + PHY_OCTETS) * OCTET_US for octets in (size, ACK_OCTETS))
        spacing = SHORT_SPACING_US if size <= SHORT_FRAME_MAX else LONG_SPACING_US
        total += Air(sending_us=data if outgoing else ack,
                     receiving_us=ack if outgoing else data,
                     listening_us=BACKOFF_US + CCA_US + 2 * TURNAROUND_US + spacing,
                     frames=1, acks=1, octets=size + ACK_OCTETS + 2 * PHY_OCTETS)
    return total
