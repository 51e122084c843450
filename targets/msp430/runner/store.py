# SPDX-License-Identifier: MIT
"""struct store of board/target.h: what a device knows of itself, as it lies in flash."""

import ipaddress
import struct
from dataclasses import dataclass

import keypad

MAGIC = 0x4c00  # and the prf's number
NATT, BRIEF, KEY_ID = 0x02, 0x04, 0x08
LAYOUT = struct.Struct("<HBBBBI16s16s8s20s20s32s")
SEGMENT, COPIES = 128, 2  # of information memory


@dataclass(frozen=True)
class Store:
    """local, remote: IPv6; inner: the first 64 bits of the tunnel's inside; psk: the pre-shared key, of which only what
    prf, by its number, makes for AUTH lies in flash."""

    local: str
    remote: str
    identity: bytes
    peer_identity: bytes
    psk: bytes
    inner: str = "::"
    flags: int = NATT
    boots: int = 0
    prf: int = keypad.AES128_CMAC

    def pack(self):
        for octets, most in ((self.identity, 20), (self.peer_identity, 20)):
            if len(octets) > most:
                raise ValueError(f"{len(octets)} octets where {most} fit")
        body = LAYOUT.pack(
            MAGIC | self.prf, self.flags, len(self.identity), len(self.peer_identity), 0,
            self.boots, packed(self.local), packed(self.remote), packed(self.inner)[:8],
            self.identity, self.peer_identity, keypad.padded(self.prf, self.psk))
        return body + struct.pack("<H", crc16(body))

    def segments(self, at):
        """What a part holds from that address on, with no start counted. All copies, so that none is left of another
        identity, which would count as the newer one by its starts."""
        return [(at, self.pack().ljust(SEGMENT, b"\xff") * COPIES)]

    def names(self):
        """The gateway's identity and the remote's, as our programs and strongSwan read them."""
        kind = "keyid:" if self.flags & KEY_ID else "@"
        return [kind + name.decode() for name in (self.peer_identity, self.identity)]

    def inner_address(self, outer):
        """The inner prefix, and the lower half of an outer address."""
        return str(ipaddress.IPv6Address(packed(self.inner)[:8] + packed(outer)[8:]))


def fault(magic):
    """Why firmware refuses a store that begins with this word, as sim/mote_store.c has it."""
    if magic == 0xffff:
        return "nothing is written in its store"
    return "its store is damaged" + (", or made for another prf" if magic & 0xff00 == MAGIC else "")


def packed(address):
    return ipaddress.IPv6Address(address).packed


def crc16(octets):
    """CRC-16-CCITT from 0xffff, as board/crc.c."""
    crc = 0xffff
    for octet in octets:
        crc ^= octet << 8
        for _ in range(8):
            crc = crc << 1 ^ (0x1021 if crc & 0x8000 else 0)
        crc &= 0xffff
    return crc
