#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Measures every metered primitive on the MSP430F1611 in the simulator and writes the cost table.

A block's cost is the difference between many blocks and one; what one call takes beyond its blocks is
its fixed part, which stands in the remark.
Usage: costs.py IMAGE [--out FILE] [--only NAME,...]      exit status 77: the simulator is not here
"""
import argparse
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../targets/msp430/runner"))
import elf  # noqa: E402
import gdb  # noqa: E402

PERIPHERALS = ["add hwmult multiplier", "add tracer tracer"]
RUN_SECONDS = 600
BLOCKS = 11
# name, code in costs.c, argument or None for "by blocks", primitives a block, remark
SETUP, AES, GHASH, CHACHA20, POLY1305, SHA1, SHA256, SHA512, X25519, P256, P384, P521, MODEXP, COPY = range(1, 15)
AES_CODE, OTHER_AES = "primitives/aes.S", "br_aes_small"
ROWS = [
    ("aes128_setup", SETUP, 16, AES_CODE), ("aes192_setup", SETUP, 24, OTHER_AES),
    ("aes256_setup", SETUP, 32, OTHER_AES), ("aes128_block", AES, 16, AES_CODE),
    ("aes192_block", AES, 24, OTHER_AES), ("aes256_block", AES, 32, OTHER_AES),
    ("ghash_block", GHASH, None, "br_ghash_ctmul32"), ("chacha20_block", CHACHA20, None, "br_chacha20_ct"),
    ("poly1305_block", POLY1305, None, "br_poly1305_i15"), ("sha1_block", SHA1, None, "primitives/sha1.S"),
    ("sha256_block", SHA256, None, "primitives/sha256.S"), ("sha512_block", SHA512, None, "br_sha512"),
    ("x25519", X25519, 1, "x25519/; in slices of 20 ms"), ("p256", P256, 32, "br_ec_prime_i15"), ("p384", P384, 48, "br_ec_prime_i15"),
    ("p521", P521, 66, "br_ec_prime_i15"), ("modp1024", MODEXP, 128, "br_rsa_i15_public"),
    ("modp2048", MODEXP, 256, "br_rsa_i15_public"), ("modp3072", MODEXP, 384, "br_rsa_i15_public"),
    ("copy_octets", COPY, None, "memcpy"),
]


class Image:
    """A context manager: costs.elf, waiting to be told what to compute."""

    def __init__(self, name):
        self.symbols = elf.load(name)
        self.simulator = gdb.Simulator(name, PERIPHERALS)
        self.gdb = self.simulator.gdb

    def __enter__(self):
        self.gdb.set_breakpoint(self.symbols["costs_wait"])
        self.gdb.run(RUN_SECONDS)
        # Scalars of full length below every order; an odd modulus with its top bit set, and a base below it.
        self.gdb.write(self.symbols["costs_key"], b"\1" * 66)
        self.idle = self.cycles(0, 0)
        return self

    def __exit__(self, *_):
        self.simulator.__exit__()

    def clock(self):
        return int(re.search(r"MCLK:\s*(\d+)", self.gdb.monitor("simio info tracer"))[1])

    def cycles(self, code, n):
        self.gdb.write(self.symbols["costs_n"], n.to_bytes(2, "little"))
        self.gdb.write(self.symbols["costs_code"], bytes([code]))
        begun = self.clock()
        self.gdb.step()
        self.gdb.run(RUN_SECONDS)
        return self.clock() - begun

    def measure(self, name, code, n):
        """(cycles of one, cycles beyond) of a row."""
        if code == MODEXP:
            self.gdb.write(self.symbols["costs_io"], (b"\xc5" * n + b"\x35" * n))
        if code == AES:
            self.cycles(SETUP, n)
            return self.by_blocks(AES, 2)  # each for CTR and for CBC-MAC
        if code == COPY:
            few, many = self.cycles(COPY, 100), self.cycles(COPY, 1000)
            return (many - few + 899) // 900, few - self.idle - 100 * (many - few) // 900
        if n is None:
            return self.by_blocks(code, 1)
        return self.cycles(code, n) - self.idle, 0

    def by_blocks(self, code, units):
        one, many = self.cycles(code, 1), self.cycles(code, BLOCKS)
        block = (many - one) // (BLOCKS - 1)
        return block // units, one - self.idle - block


def first_line(*command):
    output = subprocess.run(command, check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    return (output.stdout or output.stderr).strip().split("\n")[0]


def header():
    here = os.path.dirname(os.path.abspath(__file__))
    commit = first_line("git", "-C", here, "rev-parse", "--short", "HEAD")
    return f"""# Cycles of one primitive on an MSP430F1611 (16-bit hardware multiplier) at 8 MHz, written by bench/cost/costs.py.
# {first_line("clang-19", "--version")}; {first_line(gdb.MSPDEBUG, "--version")}; commit {commit} or the one after.
# name,cycles,code and the fixed part of one call
clock_hz,8000000,data sheet
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("image")
    parser.add_argument("--out")
    parser.add_argument("--only", help="names of rows, comma-separated")
    arguments = parser.parse_args()
    if gdb.missing():
        print(f"SKIPPED: no {gdb.missing()[0]}")
        return 77
    only = arguments.only.split(",") if arguments.only else None
    text = header()
    with Image(arguments.image) as image:
        for name, code, n, remark in ROWS:
            if only and name not in only:
                continue
            cycles, fixed = image.measure(name, code, n)
            row = f"{name},{cycles},measured: {remark}" + (f"; a call {fixed} more" if fixed else "")
            print(row, flush=True)
            text += row + "\n"
    if arguments.out:
        with open(arguments.out, "w", encoding="utf-8") as file:
            file.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
