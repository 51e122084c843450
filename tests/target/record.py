#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Cycles and stack of each primitive, by the small and the fast implementations, held against what they may take.

Usage: record.py IMAGE HOST_PROGRAM      exit status 77: something is not here
"""
import os
import sys

import target
from target import AES, ESP, SHA1, SHA256, X25519, X25519_BASE

WHOLE = 255  # all of X25519 in one step, with this budget
FEW, MANY = 2, 7  # blocks
K = bytes.fromhex("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4")
U = bytes.fromhex("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c")
PACKET = 28 + 36  # octets of an IPv4 packet in a tunnel
SETS = ("small", "fast", "MPY32")  # of image.c

# Thousands of cycles at most, by set: MSP430F1611 (CPU, 16-bit multiplier), MSP430FR5994 (CPUX, MPY32).
MOST = {
    "msp430f1611": {"X25519, shared secret": (10_900, 8_000), "X25519, own value": (10_000, 7_300), "SHA-1, a block": (18.5, 18.5),
                    "SHA-256, a block": (25.5, 16), "AES-128, a block": (12, 2.35), "ESP, both ways": (320, 80)},
    "msp430fr5994": {"X25519, shared secret": (10_000, 7_200, 5_050), "X25519, own value": (9_150, 6_550, 4_700),
                     "SHA-1, a block": (18, 18, 18), "SHA-256, a block": (25, 15.5, 15.5), "AES-128, a block": (11.6, 2.25, 2.25),
                     "ESP, both ways": (310, 77, 77)},
}


def once(device, op, octets):
    device.run(op, octets)
    return device.cycles


def block(device, op, octets):
    """octets(n): what n blocks are."""
    few, many = (once(device, op, octets(n)) for n in (FEW, MANY))
    return (many - few) / (MANY - FEW)


# Each answers cycles. A block of SHA or AES is what one more takes, copied and in its order.
MEASURES = {
    "X25519, shared secret": lambda device: once(device, X25519, bytes([WHOLE]) + K + U),
    "X25519, own value": lambda device: once(device, X25519_BASE, bytes([WHOLE]) + K),
    "SHA-1, a block": lambda device: block(device, SHA1, lambda n: bytes(64 * n)),
    "SHA-256, a block": lambda device: block(device, SHA256, lambda n: bytes(64 * n)),
    "AES-128, a block": lambda device: block(device, AES, lambda n: bytes(48) + b"\1" + bytes(16 * n)),
    "ESP, both ways": lambda device: once(device, ESP, bytes(19 + PACKET)),
}


def part_of(symbols):
    return next(part for part in MOST if f"part_{part}" in symbols)


def main():
    image, _ = sys.argv[1:]
    lacks = target.gdb.missing() + ([] if os.path.exists(image) else [image])
    if lacks:
        print(f"SKIPPED: no {', '.join(lacks)} (make msp430 builds the images)")
        return 77
    wrong = 0
    with target.Target(image) as device:
        part = part_of(device.symbols)
        print(f"{part:24}" + "".join(f"{SETS[n] + ', cycles':>18}{'stack':>6}" for n in device.sets))
        for name, measure in MEASURES.items():
            line, late = f"{name:24}", []
            for device.set in device.sets:
                device.paint()
                cycles = round(measure(device))
                line += f"{cycles:18,}{device.stack_used():6}"
                late += [SETS[device.set]] if cycles > 1000 * MOST[part][name][device.set] else []
            print(line + (f"  too many: {', '.join(late)}" if late else ""))
            wrong += len(late)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
