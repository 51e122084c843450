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
# 64 tail room, 128 AH. The second: next header.
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
    "ah_out_v4": "d8 00" + IPV4 + UDP,
    "ah_out_v6": "d9 00" + IPV6 + UDP,
    "ah_out_no_head": "c8 00" + IPV4 + UDP,
    "ah_out_transport_v4": "da 00" + IPV4 + UDP,
    "ah_out_transport_v6": "db 00" + IPV6 + UDP,
    "ah_out_transport_options": "da 00 4800002c 00000000 4011 e423 c0000201 c0000201 07070400000000 9404000000" + UDP,
    "ah_out_transport_extensions": "db 00 60000000 00340040 20010db8000000000000000000000001"
                                   "20010db8000000000000000000000001 3c00010400000000 2b003e0461626364"
                                   "1102000000000000 20010db8000000000000000000000002" + UDP,
    "ah_out_transport_routed": "db 00 60000000 00240040 20010db8000000000000000000000001"
                               "20010db8000000000000000000000009"
                               "1102000100000000 20010db8000000000000000000000001" + UDP,
    "ah_out_transport_fragment": "db 00 60000000 00142c40 20010db8000000000000000000000001"
                                 "20010db8000000000000000000000001 1100000000000000" + UDP,
    "ah_raw_v4": "d0 00 45000040 00010000 40330000 c0000201 c0000201 04040000 00010000 00000001"
                 "000000000000000000000000 45000014 00000000 4001 f6e8 c0000201 c0000201",
    "ah_raw_transport_v4": "d2 00 45000038 00010000 40330000 c0000201 c0000201 11040000 00010002 00000001"
                           "000000000000000000000000" + UDP,
    "ah_raw_transport_v6": "d3 00 60000000 002c0040 20010db8000000000000000000000001"
                           "20010db8000000000000000000000001 33003e0461626364"
                           "11040000 00010003 00000001 000000000000000000000000" + UDP,
    "ah_raw_fragment_header": "d3 00 60000000 002c2c40 20010db8000000000000000000000001"
                              "20010db8000000000000000000000001 3300000000000000"
                              "11040000 00010003 00000001 000000000000000000000000" + UDP,
    "clear_options": "1c 00 46000018 00000000 4001 f3e0 c0000201 c0000201 01010101",
}


# Scripts for target_node.c: two octets of options, then steps. 00: deliver; 02: with an edit (place, xor); 03: the same, sealed
# again; 06: forge; 08: lose; 09: again; 0c: send a packet; 10: time; 11: up; 12: down; 13: run a job; 1f: until the deadline.
HANDSHAKE = "00 00 00 00"
INFORMATIONAL = "24 03"
NODES = {
    "handshake": "00 00" + HANDSHAKE,
    "data": "00 00" + HANDSHAKE + "0c 00 8c 00 0c 00",
    "data_cbc": "40 05 0c 00 8c 00",
    "data_ctr": "40 0a 0c 00 8c 00",
    "data_null": "40 0c 0c 00 8c 00",
    "data_v6": "40 40 0c 00 8c 00",
    "data_opaque": "40 20 2c 14 02 0c 00",
    "only_udp": "40 10 0c 00 2c 09 07",
    "transport": "44 00 0c 00 8c 00",
    "transport_nat": "c4 00 0c 00 8c 00",
    "handshake_cbc": "00 01" + HANDSHAKE + "0c 00",
    "handshake_ctr": "00 02" + HANDSHAKE + "0c 00",
    "natt": "02 00" + HANDSHAKE + "0c 00 8c 00 1f 00",
    "nat": "80 00" + HANDSHAKE + "0c 00 8c 00 1f 00",
    "nat_keepalive": "c0 00 1f 00 1f 00 8f 0f",
    "nat_moves": "c0 00 16 f1f1 0c 00 8c 00",
    "cookie": "10 00 00 08 17 31 00 00" + HANDSHAKE + "0c 00",
    "cookie_wrong": "10 00 00 08 17 31 00 00 02 0028 01 00 00",
    "both_call": "08 80" + HANDSHAKE + HANDSHAKE + "0c 8c 00 00",
    "too_big": "0c 80 00 00 00 00 68 0258 0064 00 28" + HANDSHAKE,
    "too_big_of_nobody": "0c 80 00 00 00 00 68 0258 0000 01 28" + HANDSHAKE,
    "held_jobs": "20 00 13 00 93 00 13 93 13 00 93 00 00 0c 00",
    "failing_jobs": "20 00 14 13 13 13 00 93 14 93 93 00",
    "down": "41 00 12 00 00",
    "peer_down": "41 00 92 00 00 1f 9f",
    "probe": "44 80 1f 00 00 1f 9f 00 00 9f 00",
    "probe_lost": "44 80 1f 08 1f 00 00 00 00 00 00 1f 08 1f 00 00 00 00",
    "retransmit": "00 00 08 1f 08 1f 00 08 1f 00 00 00",
    "give_up": "00 00 08 1f 08 1f 08 1f 08 1f 9f",
    "packet_in_between": "00 00 08 1f 08 1f 08 1f 0c",
    "auth_after_response_for": "00 06 00 ff 00 00 0c 00",
    "repeated": "00 00 00 09 00 00 09 00 00 09 00 00",
    "overtaken": "40 00 0c 0c 0a 00 00 09 09 00",
    "restart": "41 00 17 11 00 00 00 00 0c 00",
    "edited_sa": "00 00 02 002c 01 00 00 00 00",
    "edited_auth": "00 00 00 00 03 0090 01 00 00",
    "bad_icv": "00 00 00 00 02 0090 01 00 00",
    "bad_icv_esp": "40 00 0c 02 0030 01 0c 00",
    "edited_esp": "40 00 0c 03 0020 01 00",
    "forged_informational": "40 00 86" + INFORMATIONAL + "00 00",
    "forged_unsealed": "40 00 86 2c 03 00 00",
    "forged_delete": "40 00 86" + INFORMATIONAL + "2a 04 01 00 00 00 00 00 00",
    "forged_create_child": "40 00 86 84 02"
                           "21 14 00000014 01030401 c1c2c3c4 00000008 01000014"
                           "28 10 000102030405060708090a0b0c0d0e0f"
                           "2c 14 01000000 07000010 0000ffff 0a010000 0a0100ff"
                           "2d 14 01000000 07000010 0000ffff 0a020000 0a0200ff 00 00",
    "forged_unknown": "40 00 86 24 03 c8 00 00 00",
    "critical": "40 00 12 23 001c e2 0029 80 00",
    "version": "00 00 02 0011 10",
    "unknown_spi": "40 00 12 02 0001 ff",
    "pool_full": "00 00 00 08 17 31 00 08 17 31 00",
    "nobody": "00 00 19 07",
    "roams": "40 00 0c 19 07 0c 00 12 19 07 00",
    "other_identity": "00 00 00 00 03 0030 01 00",
    "wrong_auth": "00 00 00 00 03 0048 01 00",
    "wrong_auth_back": "00 00 00 00 00 03 0040 01 00",
    "other_selectors": "00 00 00 00 23 009c 40 00a0 40 00",
    "wrong_answer": "00 00 00 02 002f 01 1f 1f 1f",
    "wrong_esp_answer": "00 00 00 00 00 03 005f 01 00 00",
    "secret_fails": "20 00 13 13 00 93 93 14 93 93 00 13 13 00",
    "secret_fails_here": "20 00 13 13 00 93 93 93 93 00 14 13 13 00 1f 1f",
    "esp_dummy": "40 00 8b 02 00 0001 00 3b",
    "padding": "40 00 8b 02 04 0001 00000000 03 04",
    "no_room": "40 00 6c 2800 2800 2800 00",
    "transport_fragment": "44 00 2c 06 20",
    "forged_esp": "40 00 8b 02 20 0001 45000020 00000000 4011 66ad 0a010000 0a020000 12340007 000c0000 61626364 00 04",
    "cookie_then_up": "18 00 91 11 00 00 00 00 00 00 00 00 00 00",
    "forged_error": "00 00 07 22 00 29 04 0000000e 00 00 00",
    "bypass": "40 00 0d 00 0d 01 0d 02 0e 01 8e 00 8e 02",
    "lifetime": "40 00 35 0c 00 0c 00 0c 00",
    "crowd": "80 00 19 07 08 17 31 19 08 08 10 16 08 08 17 31 19 09 08 17 31 19 0a",
    "overflow": "40 00 15 0c 00 0c 00 0c 00 0c 00",
    "times": "c0 00 10 18 10 20 10 21 1f 9f 00",
    "entropy": "40 00 38 b8 0c 00",
    "fragments": "00 80 00 00 00 00 00 00 00 0c 00",
    "fragment_twice": "00 80 00 00 00 09 09 00 00 00 00 0c 00",
    "fragment_lost": "08 80 9f 80 80 00 88 80 80 80 80 80 9f 9f 08 00 00 9f 00 08 88 89",
    "fragment_edited": "10 80 00 80 00 80 1f 90 10 80 00 80 08 90 18 08 80 89 80 00",
    "resumed": "49 40 17 31 00 00 00 00 0c 00",
    "resumed_by_reference": "49 60 17 31 00 00 00 00",
    "resumed_twice": "59 40 17 31 08 17 31 00 00 00 00 00 00 0c 00",
    "ticket_edited": "49 40 17 31 02 0060 01 00 00 00 00 00",
    "ticket_of_before": "49 40 97 17 31 00 00 00 00 00 00",
    "injected": "00 00 05 00 02 ff ff ff 05 01 00 ff 05 02 20 00112233445566778899aabbccddeeff00112233445566778899"
                "aabbccddeeff0011",
}

# How, what the router says, how the packet begins, and its length: see target_path.c.
IP4, IP4_DF, IP6 = "45000000 12340000 40110000", "45000000 12344000 40110000", "60000000 0000 11 40"
PATH = {
    "cut": (0x40, 1300, IP4, 1400),
    "cut_in_many": (0x40, 576, IP4, 2000),
    "cut_ah": (0x48, 1300, IP4, 1400),
    "no_places": (0x50, 1300, IP4, 1400),
    "too_many_pieces": (0x40, 576, IP4, 4000),
    "told": (0x42, 1300, IP4_DF, 1400),
    "told_tcp": (0x40, 1300, IP4_DF.replace("4011", "4006"), 1400),
    "told_v6": (0x81, 1400, IP6, 1450),
    "least_of_v6": (0x81, 1280, IP6, 1280),
    "cleared": (0x60, 1300, IP4_DF, 1400),
    "narrower_than_any_host": (0x40, 300, IP4_DF, 400),
    "transport": (0x44, 1300, IP4_DF, 1400),
    "transport_v6": (0x85, 1300, IP6, 1400),
    "transport_ah": (0x4c, 1300, IP4, 1400),
    "fits": (0x40, 1300, IP4, 500),
    "a_piece": (0x40, 1000, "45000000 12342010 40110000", 1400),
    "options": (0x00, 1000, "46000578 12340000 40110000 c0000201 c0000202 01010101", 1400),
    "no_word": (0x40, 20, IP4, 1400),
}


def main():
    for folder in ("msg", "body", "ipsec", "path", "node"):
        (HERE / "corpus" / folder).mkdir(parents=True, exist_ok=True)
    for name, data in messages():
        (HERE / "corpus" / "msg" / name).write_bytes(data)
    for name, text in BODIES.items():
        (HERE / "corpus" / "body" / name).write_bytes(octets(text))
    for name, text in NODES.items():
        (HERE / "corpus" / "node" / name).write_bytes(octets(text))
    for name, text in IPSEC.items():
        (HERE / "corpus" / "ipsec" / name).write_bytes(octets(text))
    for name, (how, mtu, packet, length) in PATH.items():
        (HERE / "corpus" / "path" / name).write_bytes(bytes([how]) + mtu.to_bytes(2, "big") + octets(packet).ljust(length, b"x"))


main()
