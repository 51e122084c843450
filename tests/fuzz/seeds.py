#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the seeds of the corpus: messages captured by tests/unit/captured.h and payloads by hand.

Usage: tests/fuzz/seeds.py      rewrites the seed files in tests/fuzz/corpus/; inputs that were found by
                                fuzzing and kept there under other names stay.
"""
import pathlib
import re

HERE = pathlib.Path(__file__).parent
CAPTURED = HERE.parent / "unit" / "captured.h"


def captured():
    """The arrays of captured.h by name."""
    arrays = re.findall(r"captured_(\w+)\[\d+\] = \{([^}]*)\}", CAPTURED.read_text())
    return {name: bytes(int(x, 16) for x in body.replace("\n", " ").split(",") if x.strip())
            for name, body in arrays}


def octets(text):
    return bytes.fromhex(text.replace(" ", ""))


def message(first, payloads, exchange=34):
    """An IKE header before payload octets, with the right length."""
    body = octets(payloads) if isinstance(payloads, str) else payloads
    head = b"\x01" * 8 + b"\x02" * 8 + bytes([first, 0x20, exchange, 0x08]) + bytes(4)
    return head + (28 + len(body)).to_bytes(4, "big") + body


def sealed(kind, first, inner):
    """SK as if the cipher were none: text, no padding, pad length 0."""
    text = inner + b"\0"
    return message(kind, bytes([first, 0]) + (4 + len(text)).to_bytes(2, "big") + text, 35)


def messages():
    c = captured()
    yield "init_request", c["init_request"]
    yield "init_response", c["init_response"]
    yield "auth_request_sealed", c["auth_request"]
    yield "auth_request", sealed(46, 35, c["auth_request_inner"])
    yield "auth_response", sealed(46, 36, c["auth_response_inner"])
    yield "delete_ike", sealed(46, 42, c["delete_inner"])
    yield "empty", message(0, "")
    yield "informational_empty", sealed(46, 0, b"")
    yield "fragment", message(53, "23000014 0001 0003 1122334455667788 aabbccdd", 35)
    yield "unknown_skipped", message(49, "c8000006 aabb 2b000004 00000005 cc")
    yield "unknown_critical", message(200, "2b800004 00000004")
    yield "cookie", message(41, "0000000c 0000 4006 e1e2e3e4")
    yield "invalid_ke", message(41, "0000000a 0000 0011 0013")
    yield "all_kinds", message(
        37, "26000006 04aa 2b000006 04aa 2f000005 cc 30000010 01000000 0001 0000 0003 0000"
            "2a000008 01000004 2c000010 03040002 c1c2c3c4 d1d2d3d4"
            "29000018 01000000 07000010 0000ffff 0a000001 0a0000ff 0000000c 03044009 c1c2c3c4")


BODIES = {
    "sa_ike": "21 00000024 01010003 0300000c 0100000c 800e0080 03000008 02000005 00000008 0400001f",
    "sa_esp": "21 02000020 01030402 c1c2c3c4 0300000c 01000014 800e0080 00000008 05000000"
              "00000014 02030401 d1d2d3d4 00000008 0100001c",
    "sa_rekey": "21 00000018 01010801 0102030405060708 00000008 04000013",
    "sa_attributes": "21 0000001f 01010001 00000017 0100000c 80010001 00120003 aabbcc 800e0100",
    "ke": "22 001f0000 aabbccdd",
    "idi_key": "23 0b000000 6b6579",
    "idr_v4": "24 01000000 0a000001",
    "idr_v6": "24 05000000 fd000000000000000000000000000001",
    "cert": "25 04 30820101",
    "certreq": "26 04 000102030405060708090a0b0c0d0e0f10111213",
    "auth": "27 02000000 a1a2a3a4",
    "nonce": "28 00112233445566778899aabbccddeeff",
    "notify_spi": "29 03044009 c1c2c3c4 d1d2",
    "notify_nat": "29 00004004 000102030405060708090a0b0c0d0e0f10111213",
    "delete_ike": "2a 01000000",
    "delete_esp": "2a 03040002 c1c2c3c4 d1d2d3d4",
    "vendor": "2b 696b656c6574",
    "tsi": "2c 02000000 07110010 1389138a c6336442 c6336443 0a000008 00010002",
    "tsr_v6": "2d 01000000 08000028 0000ffff fd000001000000000000000000000000"
              "fd00000100000000ffffffffffffffff",
    "sk": "2e aabbccdd 000002",
    "cp": "2f 01000000 0001 0000 0008 0004 0a000001",
    "skf": "35 0002 0003 aabbccdd",
}

IPV4 = "45000020 00000000 4011 f6ca c0000201 c0000201"
IPV6 = "60000000 000c1140 20010db8000000000000000000000001 20010db8000000000000000000000001"
UDP = "12340007 000c0000 61626364"

# The first octet: 1 IPv6, 2 transport mode, 4 sealed, 8 there and back, 12 clear, 16 head room, 32 in UDP,
# 64 tail room. The second: next header.
IPSEC = {
    "raw_null": "10 00 00010000 00000001 6162636401020204 000102030405060708090a0b",
    "raw_gcm": "11 00 00010001 00000001 0000000000000001 0011223344556677 000102030405060708090a0b0c0d0e0f",
    "sealed_v4": "54 04" + IPV4 + UDP,
    "sealed_v6": "55 29" + IPV6 + UDP,
    "sealed_tfc": "54 04" + IPV4 + UDP + "00" * 40,
    "sealed_dummy": "54 3b 0102030405060708",
    "transport_udp": "76 11" + UDP,
    "transport_udp_v6": "77 11" + UDP,
    "transport_no_head": "66 06 00161234 00000001 00000000 50000000 00000000",
    "transport_icmp6": "77 3a 80000000 00010001 61626364",
    "transport_fragment": "77 2c 11000001 00000000 12340007 000c0000",
    "out_v4": "58 00" + IPV4 + UDP,
    "out_v6": "59 00" + IPV6 + UDP,
    "out_transport_v4": "5a 00" + IPV4 + UDP,
    "out_transport_v6": "5b 00" + IPV6 + UDP,
    "out_v6_extensions": "59 00 60000000 00240040 20010db8000000000000000000000001"
                         "20010db8000000000000000000000001 2b00010400000000 2c00010400000000"
                         "1100000100000000" + UDP,
    "clear_v4": "1c 00" + IPV4 + UDP,
    "clear_options": "1c 00 46000018 00000000 4001 f3e0 c0000201 c0000201 01010101",
}


# Scripts for target_node.c. 0: deliver; 1a: up; 0b: down; 0c: send a packet; 0d: run a job; 0f: until the deadline.
HANDSHAKE = "00 00 00 00 00"
NODES = {
    "handshake": "00" + HANDSHAKE,
    "data": "00" + HANDSHAKE + "0c 00 8c 00 0c 00",
    "transport": "04" + HANDSHAKE + "0c 00",
    "natt": "02" + HANDSHAKE + "0c 00 8c 00 0f 00",
    "cookie": "10" + HANDSHAKE + "00 00 0c 00",
    "both_call": "08 9a" + HANDSHAKE + HANDSHAKE + "0c 8c 00 00",
    "held_jobs": "20 0d 00 8d 00 0d 8d 00 0d 00 8d 00 00 0c 00",
    "down": "01" + HANDSHAKE + "0b 00 00",
    "peer_down": "01" + HANDSHAKE + "8b 00 00 0f 8f",
    "retransmit": "00 08 0f 08 0f 00 08 0f 00 00 00",
    "give_up": "00 08 0f 08 0f 08 0f 08 0f 8f",
    "repeated": "00 00 0e 00 00 0e 00 00 0e 00 00",
    "edited_sa": "00 03 00 2c 01 00 00 00 00",
    "edited_auth": "00 00 00 03 00 90 01 00 00",
    "forged_informational": "00" + HANDSHAKE + "86 24 03 00 00",
    "forged_delete": "00" + HANDSHAKE + "86 24 03 2a 04 01 00 00 00 00 00 00",
    "forged_create_child": "00" + HANDSHAKE + "86 84 02"
                           "21 14 00000014 01030401 c1c2c3c4 00000008 01000014"
                           "28 10 000102030405060708090a0b0c0d0e0f"
                           "2c 14 01000000 07000010 0000ffff 0a010000 0a0100ff"
                           "2d 14 01000000 07000010 0000ffff 0a020000 0a0200ff 00 00",
    "forged_critical": "00" + HANDSHAKE + "86 24 03 c8 00 00 00",
    "cookie_then_up": "18 00 8a 0a 00 00 00 00 00 00 00 00 00 00",
    "forged_error": "00 07 22 00 29 04 0000000e 00 00 00",
    "injected": "00 05 00 02 ff ff ff 05 01 00 ff 05 02 20 00112233445566778899aabbccddeeff00112233445566778899"
                "aabbccddeeff0011",
}


def main():
    for folder in ("msg", "body", "ipsec", "node"):
        (HERE / "corpus" / folder).mkdir(parents=True, exist_ok=True)
    for name, data in messages():
        (HERE / "corpus" / "msg" / name).write_bytes(data)
    for name, text in BODIES.items():
        (HERE / "corpus" / "body" / name).write_bytes(octets(text))
    for name, text in NODES.items():
        (HERE / "corpus" / "node" / name).write_bytes(octets(text))
    for name, text in IPSEC.items():
        (HERE / "corpus" / "ipsec" / name).write_bytes(octets(text))


main()
