#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the octets of a handshake are: its four messages, field by field, in full and with all left out that may be.

    bench/octets.py                            the tables, from the record in bench/octets/
    bench/octets.py --update docs/octets.md    writes them into that page
    bench/octets.py --check docs/octets.md     says whether that page has them
    bench/octets.py --pcap FILE --keys DIR     of a capture by `ikelet ping --pcap --keylog`, with AES-CCM

The record was made by tests/kernel/few_octets.py, with strongSwan over IPv6; that lane captures it anew and compares.
"""

import argparse
import csv
import json
import os
import pathlib
import re
import struct
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "targets" / "msp430" / "runner"))

import keypad  # noqa: E402

RECORD = HERE / "octets"
PAYLOADS = {33: "SA", 34: "KE", 35: "IDi", 36: "IDr", 37: "CERT", 38: "CERTREQ", 39: "AUTH", 40: "Nonce", 41: "N", 42: "D", 43: "V",
            44: "TSi", 45: "TSr", 46: "SK", 47: "CP"}
NOTIFIES = {16384: "INITIAL_CONTACT", 16388: "NAT_DETECTION_SOURCE_IP", 16389: "NAT_DETECTION_DESTINATION_IP",
            16394: "ESP_TFC_PADDING_NOT_SUPPORTED", 16404: "MULTIPLE_AUTH_SUPPORTED", 16418: "CHILDLESS_IKEV2_SUPPORTED",
            16430: "IKEV2_FRAGMENTATION_SUPPORTED", 16396: "MOBIKE_SUPPORTED", 16403: "AUTH_LIFETIME"}
FORMS = ("standard", "short", "short, IPv4 inside")
EXCHANGES = {34: "IKE_SA_INIT", 35: "IKE_AUTH"}
HEADER, IV, ICV, SALT, SK, RESPONSE = 28, 8, 8, 3, 46, 0x20


# ---- AES-CCM, as far as it takes to read ---------------------------------------------------------

def decrypt(key, iv, text):
    """RFC 5282: key and salt; the text begins at counter 1."""
    plain = b""
    for number in range(0, len(text), 16):
        stream = keypad.aes128(key[:16], bytes([3]) + key[16:16 + SALT] + iv + struct.pack("!I", number // 16 + 1))
        plain += bytes(a ^ b for a, b in zip(text[number:number + 16], stream))
    return plain


# ---- messages --------------------------------------------------------------------------------------

def datagrams(path):
    """IKE messages of a capture of `ikelet`."""
    data = pathlib.Path(path).read_bytes()
    order = "<" if data[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    link, = struct.unpack_from(order + "I", data, 20)
    at = 24
    while at < len(data):
        length, = struct.unpack_from(order + "I", data, at + 8)
        packet = data[at + 16:at + 16 + length]
        at += 16 + length
        if link == 1:
            packet = packet[14:]
        head = 40 if packet[0] >> 4 == 6 else (packet[0] & 15) * 4
        if packet[6 if head == 40 else 9] == 17:
            body = packet[head + 8:]
            yield body[4:] if body[:4] == bytes(4) else body


def chain(kind, data):
    """(name, octets) of each payload of a chain that begins with that kind."""
    at = 0
    while kind != 0:
        following, _, length = struct.unpack_from("!BBH", data, at)
        name = PAYLOADS.get(kind, str(kind))
        if name == "N":
            number, = struct.unpack_from("!H", data, at + 6)
            name = f"N({NOTIFIES.get(number, number)})"
        yield name, length
        kind, at = following, at + length


def fields(message, keys):
    """Of one message: it adds up to its length."""
    kind, sk_octets = message[16], message[HEADER:]
    if kind != SK:
        return [["IKE header", HEADER], *map(list, chain(kind, sk_octets))]
    from_initiator = message[19] & 0x08
    key = keys["ei" if from_initiator else "er"]
    plain = decrypt(key, message[HEADER + 4:HEADER + 4 + IV], message[HEADER + 4 + IV:-ICV])
    inside = [list(row) for row in chain(message[HEADER], plain)]
    padding = len(plain) - sum(length for _, length in inside)
    return [["IKE header", HEADER], ["SK header, IV, padding, ICV", 4 + IV + padding + ICV], *inside]


def read_keys(folder):
    """Of the last IKE SA in ikelet's key log."""
    with open(os.path.join(folder, "ikev2_decryption_table"), newline="", encoding="utf-8") as file:
        rows = [row for row in csv.reader(line for line in file if not line.startswith("#")) if row]
    return {"ei": bytes.fromhex(rows[-1][2]), "er": bytes.fromhex(rows[-1][3])}


def read(pcap, folder):
    """[[message, [[field, octets]...]]...] of the handshake in a capture."""
    keys, seen = read_keys(folder), []
    for message in datagrams(pcap):
        if message[18] in EXCHANGES:
            name = f"{EXCHANGES[message[18]]} {'response' if message[19] & RESPONSE else 'request'}"
            if name not in [other for other, _ in seen]:
                seen.append([name, fields(message, keys)])
    return seen


def total(messages):
    return sum(octets for _, rows in messages for _, octets in rows)


def recorded(name):
    return json.loads((RECORD / f"{name.replace(', ', '_').replace(' ', '_')}.json").read_text(encoding="utf-8"))


def record(name, messages):
    RECORD.mkdir(exist_ok=True)
    lines = ",\n".join(" " + json.dumps(message) for message in messages)
    (RECORD / f"{name.replace(', ', '_').replace(' ', '_')}.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")


# ---- tables ----------------------------------------------------------------------------------------

def by_field(*forms):
    """Rows of Markdown: message, field, octets in each form; the first has every field."""
    yield "| message | field | " + " | ".join(FORMS[:len(forms)]) + " |"
    yield "| --- | --- |" + " --: |" * len(forms)
    for same in zip(*forms):
        name, rows = same[0]
        left = [[list(row) for row in others] for _, others in same]
        for field, _ in rows:
            yield f"| {name} | {field} | " + " | ".join(taken(rest, field) for rest in left) + " |"
        if any(left):
            raise ValueError(f"{name} has fields in the short form that the first one lacks: {left}")
        yield f"| {name} | **all** | " + " | ".join(f"**{sum(o for _, o in others)}**" for _, others in same) + " |"
    yield "| handshake | **all** | " + " | ".join(f"**{total(form)}**" for form in forms) + " |"


def taken(rest, field):
    """The octets of the first field of that name, which is then gone."""
    for i, (name, octets) in enumerate(rest):
        if name == field:
            del rest[i]
            return str(octets)
    return "-"


WAYS = (("no NAT detection", r"NAT_DETECTION", "`no_nat`, `--nat-detection=no`"),
        ("nonces of 16 octets (strongSwan's have 32, always)", r"Nonce", "`nonce_len`, `--nonce=16`"),
        ("no IDr in the request", r"^IDr$ request", "`no_idr`, `--idr=no`"),
        ("no INITIAL_CONTACT", r"INITIAL_CONTACT", "`initial_contact`, `--initial-contact=no`"),
        ("KEY_IDs of one and two octets", r"^ID[ir]$", "`local_id`, `--id=keyid:r1`"),
        ("PRF AES-CMAC: AUTH has 16 octets", r"^AUTH$", "the suite, `--ike=aes128ccm8-prfaescmac-x25519`"),
        ("no fragmentation", r"FRAGMENTATION", "`fragment`, `--fragment=0`"),
        ("what strongSwan adds", r"MULTIPLE_AUTH|CHILDLESS", "`multiple_authentication = no`, `childless = never`, its own words"))


def by_option(full, brief):
    """Rows of Markdown: what is saved by what. Each field counts where it first fits."""
    yield "| left out, or shorter | saved | option |"
    yield "| --- | --: | --- |"
    saved = dict.fromkeys(range(len(WAYS)), 0)
    for (name, rows), (_, short_rows) in zip(full, brief):
        for field in dict.fromkeys(f for f, _ in rows + short_rows):
            less = sum(o for f, o in rows if f == field) - sum(o for f, o in short_rows if f == field)
            if less:
                saved[next(i for i, way in enumerate(WAYS) if fits(way[1], field, name))] += less
    for i, (text, _, option) in enumerate(WAYS):
        yield f"| {text} | {saved[i]} | {option} |"
    yield f"| all | {sum(saved.values())} | |"


def fits(pattern, field, message):
    pattern, _, where = pattern.partition(" ")
    return re.search(pattern, field) and (not where or message.endswith(where))


def tables():
    full, brief, *_ = forms = [recorded(name) for name in FORMS]
    return {"octets, by field": by_field(*forms), "octets, by option": by_option(full, brief)}


def updated(text):
    """The page with its tables as they are now."""
    for name, rows in tables().items():
        pattern = rf"(<!-- {name} -->\n).*?(<!-- end -->)"
        if not re.search(pattern, text, re.S):
            raise ValueError(f"there is no table {name}")
        text = re.sub(pattern, lambda m, r=rows: m[1] + "\n".join(r) + "\n" + m[2], text, flags=re.S)
    return text


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--update", metavar="PAGE")
    parser.add_argument("--check", metavar="PAGE", help="exit status 1 if its tables are not those of the record")
    parser.add_argument("--pcap")
    parser.add_argument("--keys", metavar="DIR")
    given = parser.parse_args()
    if (given.pcap is None) != (given.keys is None):
        parser.error("--pcap and --keys go together")
    if given.pcap:
        messages = read(given.pcap, given.keys)
        print("\n".join(by_field(messages)))
        return 0
    page = given.update or given.check
    if not page:
        print("\n\n".join("\n".join(rows) for rows in tables().values()))
        return 0
    text = pathlib.Path(page).read_text(encoding="utf-8")
    if given.check:
        return 0 if updated(text) == text else f"{page}: its tables are not those of bench/octets: bench/octets.py --update {page}"
    pathlib.Path(page).write_text(updated(text), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
