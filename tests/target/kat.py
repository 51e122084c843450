#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Known answers on the target: operations run as MSP430 code in the simulator give what the host's build gives.

The host's answers are held against published vectors by tests/kat; a few of those are repeated here.
Usage: kat.py IMAGE HOST_PROGRAM [--seed N]      exit status 77: something is not here
"""
import argparse
import hashlib
import itertools
import os
import random
import sys

import target
from target import (ARITHMETIC, CCM_OPEN, CCM_SEAL, CMAC, DRBG, DRBG_CTR, ESP, FIELD, HMAC, PARSE, PRF_PLUS, SHA1, SHA256, SHA256_PIECES,
                    STRINGS, X25519, X25519_BASE)

# RFC 4493 4, the third: key, message, tag
RFC4493 = tuple(map(bytes.fromhex, ("2b7e151628aed2a6abf7158809cf4f3c",
                                    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411",
                                    "dfa66747de9ae63030ca32611497c827")))
LENGTHS = (0, 1, 3, 55, 56, 57, 63, 64, 65, 119, 120, 128, 200)
FIELD_ROUNDS = 100
WHOLE = 255  # all of X25519 in one step, with this budget
# RFC 7748 5.2, first vector
RFC7748 = ("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
           "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
           "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552")


def cases(rng):
    octets = rng.randbytes
    for n in LENGTHS:
        yield "SHA-1", SHA1, octets(n)
        yield "SHA-256", SHA256, octets(n)
        yield "SHA-256 in pieces", SHA256_PIECES, bytes([n // 2]) + octets(n)
    for key in (0, 1, 32, 64, 65, 100):
        yield "HMAC-SHA2-256", HMAC, bytes([key]) + octets(key + rng.randrange(150))
    for n in (32, 48, 70):
        yield "HMAC_DRBG", DRBG, octets(n)
        yield "CTR_DRBG", DRBG_CTR, octets(n)
    for key, n in itertools.product((0, 15, 16, 17, 40), (0, 1, 15, 16, 17, 64)):
        yield "AES-CMAC", CMAC, bytes([key]) + octets(key + n)
    for n in (16, 80, 144):
        yield "prf+", PRF_PLUS, octets(32 + n)
    for aad, text in ((8, 0), (8, 1), (8, 16), (28, 17), (32, 100), (60, 64), (0, 31)):
        yield "AES-CCM-8 seal", CCM_SEAL, octets(19) + bytes([aad]) + octets(aad + text + 16)
        yield "AES-CCM-8 open, forged", CCM_OPEN, octets(19) + bytes([aad]) + octets(aad + text + 16)
    for n in (8, 48, 61, 100):
        yield "ESP", ESP, octets(19 + n)
    for n in (0, 27, 28, 60):
        yield "parse, noise", PARSE, octets(n)
    yield "parse, a message", PARSE, message(octets)
    for _ in range(24):
        yield "arithmetic", ARITHMETIC, bytes(rng.choice((0, 1, 0x7f, 0x80, 0xff, rng.randrange(256))) for _ in range(17))
        yield "strings", STRINGS, bytes(rng.randrange(40) for _ in range(3)) + octets(101)
    for budget in (0, 150, WHOLE):
        yield "X25519", X25519, bytes([budget]) + octets(64)
        yield "X25519, base point", X25519_BASE, bytes([budget]) + octets(32)
    for low in (b"\0" * 32, b"\1" + b"\0" * 31, b"\xff" * 32, b"\xed" + b"\xff" * 30 + b"\x7f"):
        yield "X25519, point of small order or not canonical", X25519, bytes([WHOLE]) + octets(32) + low


# x25519/fe.h: number, what comes of it
FIELD_OPS = ((0, lambda a, b: a * b), (2, lambda a, b: a * a), (4, lambda a, b: a + b), (6, lambda a, b: a - b),
             (8, lambda a, b: a + 60833 * b), (14, lambda a, b: a + 8 * b))
P = 2**255 - 19
# What elements stay below: of x25519/fe.S, and of the others.
SMALL, LARGE = 2**255, 2**255 + 2**246
EDGES = (0, 1, 18, 19, P - 1, P, P + 1, P + 18, 2**128 - 1, 2**128, 2**255 - 2**128, 2**255 - 2**16, 2**240 - 1, 2**254,
         2**255, 2**255 + 18, 2**255 + 2**240, LARGE - 1)


def element(rng, below):
    """Where carries run far, where halves are alike, where p begins, or anything."""
    words = [rng.choice((0, 1, 0x7fff, 0x8000, 0xfffe, 0xffff, 0xffff)) for _ in range(16)]
    half = rng.getrandbits(127)
    return rng.choice((rng.choice(EDGES), sum(w << 16 * i for i, w in enumerate(words)) % 2**255, half << 128 | half,
                       below - 1 - rng.getrandbits(rng.randrange(24)), rng.getrandbits(255))) % below


def field(device, host, rng):
    """Operations of the field, each in the same number of cycles whatever the operands. Answers what is wrong."""
    below = LARGE if device.set else SMALL
    edges = [x for x in EDGES if x < below]
    pairs = list(itertools.product(edges, edges))
    pairs += [(element(rng, below), element(rng, below)) for _ in range(FIELD_ROUNDS)]
    for code, result in FIELD_OPS:
        cycles = set()
        for a, b in pairs:
            octets = bytes([code]) + a.to_bytes(32, "little") + b.to_bytes(32, "little")
            for name, where in (("target", device), ("host", host)):
                got = int.from_bytes(where.run(FIELD, octets), "little")
                if got >= below or got % P != result(a, b) % P:
                    yield f"field operation {code} of {a:x} and {b:x} on the {name}: {got:x}"
            cycles.add(device.cycles)
        if len(cycles) != 1:
            yield f"field operation {code} takes {cycles} cycles"


def message(octets):
    """A header and a Nonce payload (RFC 7296 3.1, 3.9)."""
    nonce = octets(32)
    body = b"\0\0\0\x24" + nonce
    return octets(8) + b"\0" * 8 + b"\x28\x20\x22\x08" + b"\0" * 4 + (28 + len(body)).to_bytes(4, "big") + body


def compare(device, host, name, op, octets):
    got, want = device.run(op, octets), host.run(op, octets)
    if got != want:
        return f"{name} of {octets.hex()}:\n  target {got.hex()}\n  host   {want.hex()}"
    return None


def published(device):
    """(name, what came, what should)"""
    k, u, result = (bytes.fromhex(x) for x in RFC7748)
    yield "X25519, RFC 7748 5.2", device.run(X25519, bytes([WHOLE]) + k + u), result + b"\1"
    yield "SHA-256 of abc", device.run(SHA256, b"abc"), hashlib.sha256(b"abc").digest()
    yield "AES-CMAC, RFC 4493 4, example 3", device.run(CMAC, b"\x10" + RFC4493[0] + RFC4493[1]), RFC4493[2]
    yield "SHA-1 of abc", device.run(SHA1, b"abc"), hashlib.sha1(b"abc").digest()


def opened(device, host, rng):
    """What is sealed on one is opened by the other."""
    octets = rng.randbytes(19) + b"\x1c" + rng.randbytes(28 + 40 + 16)
    for sealer, opener in ((device, host), (host, device)):
        sealed = sealer.run(CCM_SEAL, octets)
        text = opener.run(CCM_OPEN, octets[:20] + sealed[1:])
        if text[:1] != b"\1" or text[37:77] != octets[56:96]:
            yield f"AES-CCM-8: what one seals the other doesn't open: {octets.hex()}"


def check(device, host, rng):
    """With each set of implementations."""
    wrong, count = [], 0
    for device.set in device.sets:
        some, more = check_set(device, host, rng)
        wrong += [f"set {device.set}: {line}" for line in some]
        count += more
    return wrong, count


def check_set(device, host, rng):
    wrong, count = [], 0
    for name, got, want in published(device):
        count += 1
        if got != want:
            wrong.append(f"{name}:\n  target {got.hex()}\n  vector {want.hex()}")
    wrong += field(device, host, rng)
    for name, op, octets in cases(rng):
        count += 1
        wrong += filter(None, [compare(device, host, name, op, octets)])
    wrong += opened(device, host, rng)
    return wrong, count + 2


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("image")
    parser.add_argument("host")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    lacks = target.gdb.missing() + ([] if os.path.exists(arguments.image) else [arguments.image])
    if lacks:
        print(f"SKIPPED: no {', '.join(lacks)} (make msp430 builds the images)")
        return 77
    with target.Target(arguments.image) as device, target.Host(arguments.host) as host:
        wrong, count = check(device, host, random.Random(arguments.seed))
    for line in wrong:
        print(line)
    print(f"{count} answers, {len(wrong)} wrong (seed {arguments.seed})")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
