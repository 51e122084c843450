#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Wycheproof's sets of X25519, HMAC-SHA256 and AES-CCM with keys of 128 bits, computed on the target.

Each set of implementations computes all of them, but X25519 only the last set, the others every eighth; --all: all.
Usage: wycheproof.py IMAGE VECTORS [--all]      exit status 77: something is not here
"""
import argparse
import json
import os
import sys

import target
from target import AES, HMAC, X25519

WHOLE = 255  # all of X25519 in one step, with this budget
EVERY = 8
CTR, CBC_MAC = 0, 1
BLOCK = 16
CCM_NONCES, CCM_TAGS = range(56, 105, 8), range(32, 129, 16)  # bits (RFC 3610 section 2)


def tests(vectors, name):
    with open(os.path.join(vectors, "wycheproof", name), encoding="utf-8") as file:
        for group in json.load(file)["testGroups"]:
            for test in group["tests"]:
                yield group, {key: bytes.fromhex(value) if key in ("key", "iv", "aad", "msg", "ct", "tag", "public", "private",
                                                                   "shared") else value for key, value in test.items()}


def padded(octets):
    return octets + bytes(-len(octets) % BLOCK)


# Each is given (device, a test's group, the test), and answers whether all is as it should be, or None if the test is for others.

def x25519(device, _, test):
    """A secret of zero is told with a result of 0 (RFC 7748 section 6.1)."""
    if device.set != device.sets[-1] and test["tcId"] % EVERY and not device.every:
        return None
    answer = device.run(X25519, bytes([WHOLE]) + test["private"] + test["public"])
    return answer == test["shared"] + bytes([any(test["shared"])])


def hmac_sha256(device, _, test):
    answer = device.run(HMAC, bytes([len(test["key"])]) + test["key"] + test["msg"])
    return (answer[:len(test["tag"])] == test["tag"]) == (test["result"] == "valid")


def aes(device, key, counter, mac, mode, octets):
    """Whole blocks through one of the class's functions; answers the counter, the sum and the octets behind it."""
    answer = device.run(AES, key + counter + mac + bytes([mode]) + octets)
    return answer[:BLOCK], answer[BLOCK:2 * BLOCK], answer[2 * BLOCK:]


def aes_ccm(device, group, test):
    """RFC 3610 with nonces and tags of all lengths, here, over the target's AES: ESP's CCM has others (kat.py)."""
    if group["keySize"] != 128 or group["ivSize"] not in CCM_NONCES or group["tagSize"] not in CCM_TAGS:
        return None
    key, nonce, aad, text = test["key"], test["iv"], test["aad"], test["ct"]
    left = 15 - len(nonce)  # octets of a counter

    def counter(value):
        return bytes([left - 1]) + nonce + value.to_bytes(left, "big")

    text = aes(device, key, counter(1), bytes(BLOCK), CTR, padded(text))[2][:len(text)]
    flags = (0x40 if aad else 0) | (len(test["tag"]) - 2) // 2 << 3 | left - 1
    first = bytes([flags]) + nonce + len(text).to_bytes(left, "big")
    header = padded(len(aad).to_bytes(2, "big") + aad) if aad else b""
    mac = bytes(BLOCK)
    for part in (first + header, padded(text)):
        mac = aes(device, key, bytes(BLOCK), mac, CBC_MAC, part)[1]
    tag = aes(device, key, counter(0), bytes(BLOCK), CTR, mac)[2][:len(test["tag"])]
    good = tag == test["tag"] and text == test["msg"]
    return good == (test["result"] == "valid")


SETS = (("x25519_test.json", x25519), ("hmac_sha256_test.json", hmac_sha256), ("aes_ccm_test.json", aes_ccm))


def check(device, vectors):
    """Yields what is wrong."""
    for file, run in SETS:
        count = 0
        for group, test in tests(vectors, file):
            good = run(device, group, test)
            count += good is not None
            if good is False:
                yield f"set {device.set}, {file}, {run.__name__}: test {test['tcId']}, {test['comment']}"
        if not count:
            yield f"{file} has nothing for {run.__name__}"
        print(f"set {device.set}: {count} of {file} by {run.__name__}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("image")
    parser.add_argument("vectors", help="the folder in which wycheproof/ is")
    parser.add_argument("--all", action="store_true", help="every X25519 by each set")
    given = parser.parse_args()
    lacks = target.gdb.missing() + [name for name in (given.image, given.vectors) if not os.path.exists(name)]
    if lacks:
        print(f"SKIPPED: no {', '.join(lacks)} (make msp430 builds the images)")
        return 77
    wrong = []
    with target.Target(given.image) as device:
        device.every = given.all
        for device.set in device.sets:
            wrong += check(device, given.vectors)
    print("\n".join(wrong) or "all as they should be")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
