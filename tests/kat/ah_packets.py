#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Writes ah_packets.h, the known answers of tests/kat/test_ah_packets.c, by scapy's AH.

    /usr/bin/python3 tests/kat/ah_packets.py > tests/kat/ah_packets.h

Debian: python3-scapy (2.5.0), which has its own code for RFC 4302 over python3-cryptography, and
knows nothing of ikelet. AES-XCBC, which it lacks, is added here by RFC 3566 over AES-ECB.
"""

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from scapy.layers.inet import ICMP, IP, UDP, IPOption, IPOption_RR, IPOption_Router_Alert
from scapy.layers.inet6 import (
    HBHOptUnknown,
    IPv6,
    IPv6ExtHdrDestOpt,
    IPv6ExtHdrHopByHop,
    IPv6ExtHdrRouting,
    PadN,
    RouterAlert,
)
from scapy.layers.ipsec import AH, AUTH_ALGOS, AuthAlgo, SecurityAssociation
from scapy.packet import Raw

SPI_BASE = 0xC0DE0000


class Xcbc:
    """AES-XCBC-MAC-96 (RFC 3566 section 4) with the interface that AuthAlgo asks for."""

    def __init__(self, key, _backend=None):
        def enc(k, block):
            return Cipher(algorithms.AES(k), modes.ECB()).encryptor().update(block)

        self.enc = enc
        self.k1, self.k2, self.k3 = (enc(key, bytes([n] * 16)) for n in (1, 2, 3))
        self.data = b""

    def update(self, data):
        self.data += data

    def finalize(self):
        blocks = [self.data[i : i + 16] for i in range(0, len(self.data), 16)] or [b""]
        last = blocks.pop()
        mark = self.k2 if len(last) == 16 else self.k3
        if len(last) < 16:
            last += b"\x80" + bytes(15 - len(last))
        mac = bytes(16)
        for block in blocks:
            mac = self.enc(self.k1, bytes(a ^ b for a, b in zip(mac, block)))
        return self.enc(self.k1, bytes(a ^ b ^ c for a, b, c in zip(mac, last, mark)))


class XcbcAlgo(AuthAlgo):
    def __init__(self):
        super().__init__("AES-XCBC-96", mac=Xcbc, digestmod=None, icv_size=12, key_size=(16,))

    def new_mac(self, key):
        return Xcbc(key)


AUTH_ALGOS["AES-XCBC-96"] = XcbcAlgo()


class Gmac:
    """AES-GMAC (RFC 4543 section 4): the IV, which is here the packet's number, and the tag."""

    seq = 0

    def __init__(self, key):
        self.key, self.salt, self.data = key[:-4], key[-4:], b""

    def update(self, data):
        self.data += data

    def finalize(self):
        iv = Gmac.seq.to_bytes(8, "big")
        return iv + AESGCM(self.key).encrypt(self.salt + iv, b"", self.data)


class GmacAlgo(AuthAlgo):
    def __init__(self, bits):
        super().__init__(f"AES-{bits}-GMAC", mac=Gmac, digestmod=None, icv_size=24, key_size=(bits // 8 + 4,))

    def new_mac(self, key):
        return Gmac(key)


for bits in (128, 192, 256):
    AUTH_ALGOS[f"AES-{bits}-GMAC"] = GmacAlgo(bits)

ALGORITHMS = [
    ("hmac_sha1_96", "HMAC-SHA1-96", 20),
    ("hmac_sha2_256_128", "SHA2-256-128", 32),
    ("hmac_sha2_384_192", "SHA2-384-192", 48),
    ("hmac_sha2_512_256", "SHA2-512-256", 64),
    ("aes_xcbc_96", "AES-XCBC-96", 16),
    ("aes_cmac_96", "AES-CMAC-96", 16),
]
LATER = [(f"aes_{bits}_gmac", f"AES-{bits}-GMAC", bits // 8 + 4) for bits in (128, 192, 256)]

A4, B4, A6, B6 = "192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2"
IN4 = ("10.1.2.3", "10.2.3.4")
IN6 = ("fd00:1::3", "fd00:2::4")


def upper(octets):
    return UDP(sport=5000, dport=7000) / Raw(bytes(i & 0xFF for i in range(octets)))


def udp4(src, dst, octets=21, **fields):
    fields = {"id": 0x1234, "ttl": 61, "tos": 0xB8, "flags": "DF", **fields}
    return IP(bytes(IP(src=src, dst=dst, **fields) / upper(octets)))


def udp6(src, dst, *between, octets=21):
    packet = IPv6(src=src, dst=dst, hlim=60, tc=0xB8, fl=0xBEEF)
    for header in between:
        packet = packet / header
    return IPv6(bytes(packet / upper(octets)))


def outer(family, inner, seq):
    """As ikelet makes it: RFC 4301 5.1.2, DSCP and DF of the inner packet."""
    tc = inner.tos if inner.version == 4 else inner.tc
    if family == 4:
        df = "DF" if inner.version == 6 or inner.flags.DF else 0
        return IP(src=A4, dst=B4, id=0x8000 | seq & 0x7FFF, ttl=64, tos=tc, flags=df)
    return IPv6(src=A6, dst=B6, hlim=64, tc=tc, fl=inner.fl if inner.version == 6 else 0)


def usual(algorithms):
    for algorithm in algorithms:
        for family, packet in ((4, udp4(A4, B4)), (6, udp6(A6, B6))):
            yield f"transport, IPv{family}", algorithm, packet, 0, 1, False
        for family, packet in ((4, udp4(*IN4)), (6, udp6(*IN6))):
            for out in (4, 6):
                yield f"tunnel, IPv{family} in IPv{out}", algorithm, packet, out, 7, False
        packet = udp4(A4, B4, octets=40)
        yield "extended numbers, transport", algorithm, packet, 0, 0x500000009, True
        yield "extended numbers, tunnel", algorithm, udp6(*IN6), 6, 0x1FFFFFFFF, True


def cases():
    """(name, algorithm, mode, packet, outer family, sequence number, extended)"""
    yield from usual(ALGORITHMS)
    sha256 = ALGORITHMS[1]
    for octets in (0, 1, 55, 1300):
        yield f"{octets} octets", sha256, udp4(A4, B4, octets=octets), 0, 2, False
    options = {
        "record route": IPOption_RR(routers=["0.0.0.0", "0.0.0.0"], pointer=4, length=11),
        "router alert": IPOption_Router_Alert(),
        "unknown": IPOption(b"\x9e\x08abcdef"),
        "security": IPOption(b"\x82\x0babcdefghi"),
        "time stamp": IPOption(b"\x44\x0c\x0d\x00\x01\x02\x03\x04\x00\x00\x00\x00"),
    }
    for name, option in options.items():
        yield f"IPv4 option: {name}", sha256, udp4(A4, B4, options=[option]), 0, 3, False
    many = [options["router alert"], options["record route"], options["unknown"]]
    yield "IPv4 options", sha256, udp4(A4, B4, options=many), 0, 3, False
    hop = IPv6ExtHdrHopByHop(options=[RouterAlert(), PadN(optdata=b"\0\0")])
    changes = HBHOptUnknown(otype=0x3E, optdata=b"on the way")
    stays = HBHOptUnknown(otype=0x1E, optdata=b"for good!!")
    route = IPv6ExtHdrRouting(addresses=["2001:db8:1::7", "2001:db8:1::8", B6], segleft=3)
    yield "hop-by-hop options", sha256, udp6(A6, B6, hop), 0, 4, False
    yield (
        "an option that changes",
        sha256,
        udp6(A6, B6, IPv6ExtHdrHopByHop(options=[changes, stays])),
        0,
        4,
        False,
    )
    yield "destination options", sha256, udp6(A6, B6, IPv6ExtHdrDestOpt(options=[stays])), 0, 4, False
    yield "routing header", sha256, udp6(A6, "2001:db8:1::6", route), 0, 5, False
    yield (
        "all headers",
        sha256,
        udp6(
            A6,
            "2001:db8:1::6",
            IPv6ExtHdrHopByHop(options=[changes]),
            IPv6ExtHdrDestOpt(options=[changes, stays]),
            route,
            IPv6ExtHdrDestOpt(options=[stays]),
        ),
        0,
        6,
        False,
    )
    yield from usual(LATER)


def lines(name, octets):
    text = octets.hex()
    rows = [text[i : i + 76] for i in range(0, len(text), 76)]
    quoted = "\n                ".join(f'"{row}"' for row in rows)
    return f"        .{name} = {quoted},"


def at_end(octets):
    """The packet as its last segment leaves it (RFC 2460 4.4), or None if it has no way to go."""
    packet = IPv6(octets) if octets[0] >> 4 == 6 else None
    if packet is None or IPv6ExtHdrRouting not in packet:
        return None
    route = packet[IPv6ExtHdrRouting]
    for i in range(route.segleft):
        packet.dst, route.addresses[i] = route.addresses[i], packet.dst
    route.segleft = 0
    return bytes(packet)


def row(n, case):
    name, (integ, algorithm, key_len), packet, out, seq, extended = case
    key = bytes((n * 31 + i * 7 + 1) & 0xFF for i in range(key_len))
    tunnel = outer(out, packet, seq) if out else None
    sa = SecurityAssociation(
        AH, spi=SPI_BASE + n, auth_algo=algorithm, auth_key=key, tunnel_header=tunnel
    )
    clear = bytes(packet)
    Gmac.seq = seq
    sealed = bytes(
        sa.encrypt(packet, seq_num=seq & 0xFFFFFFFF, esn_en=extended, esn=seq >> 32)
    )
    far = [("arrived", at_end(sealed)), ("delivered", at_end(clear))]
    return "\n".join(
        [
            "    {",
            f'        .name = "{name}",',
            f"        .integ = &ik_integ_{integ},",
            f"        .mode = {'IK_TUNNEL' if out else 'IK_TRANSPORT'},",
            f"        .outer = {sealed[0] >> 4},",
            f"        .esn = {'true' if extended else 'false'},",
            f"        .spi = 0x{SPI_BASE + n:08x},",
            f"        .seq = {seq},",
            lines("key", key),
            lines("clear", clear),
            lines("sealed", sealed),
            *(lines(name, octets) for name, octets in far if octets),
            "    },",
        ]
    )


def main():
    print("/* SPDX-License-Identifier: MIT */")
    print("/* Written by ah_packets.py, by scapy's AH: run it again, do not edit. */")
    print("/* clang-format off */")
    print("static const struct packet packets[] = {")
    for n, case in enumerate(cases()):
        print(row(n, case))
    print("};")
    print("/* clang-format on */")


if __name__ == "__main__":
    main()
