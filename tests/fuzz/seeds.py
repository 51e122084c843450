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


def main():
    for folder in ("msg", "body"):
        (HERE / "corpus" / folder).mkdir(parents=True, exist_ok=True)
    for name, data in messages():
        (HERE / "corpus" / "msg" / name).write_bytes(data)
    for name, text in BODIES.items():
        (HERE / "corpus" / "body" / name).write_bytes(octets(text))


main()
