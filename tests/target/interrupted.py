#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Assembly that interrupts find in order: whatever they leave below the stack pointer, results are the same.

Each primitive is stepped through instruction by instruction; after each one, what lies just below the stack pointer
is overwritten, as an interrupt's frame would.
Usage: interrupted.py IMAGE HOST_PROGRAM      exit status 77: something is not here
"""
import os
import sys

import target

BELOW = b"\xa5" * 16
STEPS = 40000
CCM = bytes(range(19)) + b"\x08" + bytes(8 + 4 + 16)
SMALL, FAST = 0, 1  # sets of image.c
CASES = (("SHA-1", SMALL, target.SHA1, b"abc", "ik_sha1_block"),
         ("SHA-256", SMALL, target.SHA256, b"abc", "ik_sha256_block"),
         ("AES-CCM-8 seal", SMALL, target.CCM_SEAL, CCM, "ik_aes_encrypt"),
         ("SHA-256, fast", FAST, target.SHA256, b"abc", "ik_sha256_fast_block"),
         ("AES-CCM-8 seal, fast", FAST, target.CCM_SEAL, CCM, "ik_aes_fast_encrypt"),
         ("AES-CCM-8 seal, fast key schedule", FAST, target.CCM_SEAL, CCM, "ik_aes_fast_schedule"))


def step_through(device, name):
    """Steps from name's first instruction to its return; answers how many instructions that took."""
    gdb = device.gdb
    entry_sp = gdb.read_registers()[target.gdb.SP]
    for count in range(1, STEPS):
        gdb.step()
        sp = gdb.read_registers()[target.gdb.SP]
        if sp > entry_sp:
            return count
        gdb.write(sp - len(BELOW), BELOW)
    raise SystemExit(f"{name} does not come back")


def run(device, op, octets, name):
    gdb, symbols = device.gdb, device.symbols
    gdb.write(symbols["ops_io"], octets)
    gdb.write(symbols["ops_len"], len(octets).to_bytes(2, "little"))
    gdb.write(symbols["ops_code"], bytes([device.code(op)]))
    gdb.set_breakpoint(symbols[name])
    gdb.step()
    gdb.run(target.RUN_SECONDS)
    gdb.clear_breakpoint(symbols[name])
    steps = step_through(device, name)
    gdb.run(target.RUN_SECONDS)
    length = int.from_bytes(gdb.read(symbols["ops_len"], 2), "little")
    return steps, gdb.read(symbols["ops_io"], length)


def main():
    image, program = sys.argv[1:]
    lacks = target.gdb.missing() + ([] if os.path.exists(image) else [image])
    if lacks:
        print(f"SKIPPED: no {', '.join(lacks)} (make msp430 builds the images)")
        return 77
    wrong = 0
    with target.Target(image) as device, target.Host(program) as host:
        for what, device.set, op, octets, name in CASES:
            want = host.run(op, octets)
            steps, got = run(device, op, octets, name)
            print(f"{what}: {steps} instructions interrupted{'' if got == want else ': ' + got.hex()}")
            wrong += got != want
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
