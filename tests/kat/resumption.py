#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A second derivation of the keys of resumed IKE SAs (RFC 5723 5.1, RFC 7296 2.13), by Python's hmac:

    SKEYSEED = prf(SK_d (old), "Resumption" | Ni | Nr)
    {SK_d | SK_ai | SK_ar | SK_ei | SK_er | SK_pi | SK_pr} = prf+ (SKEYSEED, Ni | Nr | SPIi | SPIr)

Prints the header tests/unit/resumption.h; with --check, exit status 1 if that is another."""
import argparse
import hashlib
import hmac
import pathlib
import sys


def octets(text, n):
    """n octets that anybody can make again: of SHA-256 in counter mode."""
    out = b"".join(hashlib.sha256(f"{text} {i}".encode()).digest() for i in range(n // 32 + 1))
    return out[:n]


def prf(key, data, name):
    return hmac.new(key, data, name).digest()


def prf_plus(key, seed, n, name):
    out, block, counter = b"", b"", 1
    while len(out) < n:
        block = prf(key, block + seed + bytes([counter]), name)
        out, counter = out + block, counter + 1
    return out[:n]


# name, hash, octets of Ni and Nr, lengths of SK_a* and SK_e*
CASES = [("sha256", "sha256", 32, 32, 32, 16), ("sha384", "sha384", 48, 32, 48, 32), ("sha512", "sha512", 33, 77, 64, 32)]


def array(name, data):
    rows = [", ".join(f"0x{b:02x}" for b in data[i:i + 12]) for i in range(0, len(data), 12)]
    return f"static const uint8_t {name}[] = {{\n    " + ",\n    ".join(rows) + "};\n"


def header():
    out = ["/* SPDX-License-Identifier: MIT */\n/* Written by tests/kat/resumption.py. */\n/* clang-format off */\n"]
    for name, hash_name, ni_len, nr_len, a_len, e_len in CASES:
        prf_len = hashlib.new(hash_name).digest_size
        sk_d, ni, nr = octets(f"{name} SK_d", prf_len), octets(f"{name} Ni", ni_len), octets(f"{name} Nr", nr_len)
        spis = octets(f"{name} SPIs", 16)
        seed = prf(sk_d, b"Resumption" + ni + nr, hash_name)
        keys = prf_plus(seed, ni + nr + spis, 3 * prf_len + 2 * a_len + 2 * e_len, hash_name)
        for what, data in (("sk_d_old", sk_d), ("ni", ni), ("nr", nr), ("spis", spis), ("keys", keys)):
            out.append(array(f"{name}_{what}", data))
    return "".join(out) + "/* clang-format on */\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", type=pathlib.Path, metavar="FILE")
    args = parser.parse_args()
    if args.check is None:
        print(header(), end="")
    elif args.check.read_text(encoding="utf-8") != header():
        sys.exit(f"{args.check} is not what tests/kat/resumption.py writes")


if __name__ == "__main__":
    main()
