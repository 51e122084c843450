#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Constant time: suites under valgrind's memcheck with secrets marked; see secrets.c.

Usage: tests/constant_time/run.py PROGRAM host|portable|openssl|controls      exit status 77 if valgrind is not here.
"""
import concurrent.futures
import os
import re
import shutil
import subprocess
import sys

# Each row of the table of algorithms is in one of them.
SUITES = [
    "aes128gcm16-prfsha256-x25519/aes128gcm16",
    "aes192gcm12-prfsha384-x25519/aes256gcm8",
    "aes256gcm16-prfsha512-x25519/aes192gcm16",
    "aes128gcm8-prfsha256-x25519/aes256gcm12",
    "aes192gcm8-prfsha256-x25519/aes128gcm12",
    "aes128ccm8-prfsha256-x25519/aes128ccm16",
    "aes256ccm12-prfsha256-x25519/aes192ccm12",
    "aes192ccm8-prfsha256-x25519/aes256ccm16",
    "aes192ccm16-prfsha256-x25519/aes256ccm8",
    "chacha20poly1305-prfsha256-x25519/chacha20poly1305",
    "aes128gcm16-prfsha256-x25519/aes128ccm8iiv",
    "aes128gcm16-prfsha256-x25519/aes256ccm8iiv",
    "aes128gcm16-prfsha256-x25519/aes128gcm16iiv",
    "aes128gcm16-prfsha256-x25519/aes256gcm16iiv",
    "aes128gcm16-prfsha256-x25519/chacha20poly1305iiv",
    "aes128-sha256-x25519/aes128-sha256",
    "aes192-sha384-x25519/aes256-sha384",
    "aes256-sha512-x25519/aes192-sha512",
    "aes128ctr-aesxcbc-prfaesxcbc-x25519/aes256ctr-aesxcbc",
    "aes192ctr-aescmac-prfaescmac-x25519/aes128ctr-aescmac",
    "aes128-sha1-prfsha1-x25519/null-sha1",
    "aes128ccm12-prfsha256-ecp256/null-sha256",
    "aes128gcm16-prfsha256-ecp384/aes128gmac",
    "aes128gcm16-prfsha256-ecp521/aes192gmac",
    "aes128gcm16-prfsha256-modp1024/aes256gmac",
    "aes128gcm16-prfsha256-modp2048/aes192ccm8iiv",
    "aes128gcm16-prfsha256-modp3072/aes192gcm16iiv",
]
PLAIN = SUITES[0]


def valgrind(program, table, suites):
    """Exit status and all that was said."""
    command = ["valgrind", "-q", "--error-exitcode=9", "--error-limit=no", "--num-callers=20", program, table, *suites]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.returncode, done.stdout


def suites_of(table):
    """Of libcrypto, the hashes are asked: its numbers lose their leading zeros by branches (docs/security.md), and its
    AEAD acts on the verdict of its comparison inside."""
    return [s for s in SUITES if table != "openssl" or not re.search("ecp|modp|chacha20poly1305", s)]


def run_suites(program, table):
    """One process a suite, as many as there are processors."""
    bad = 0
    suites = suites_of(table)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        # The slow ones first.
        for status, said in pool.map(lambda suite: valgrind(program, table, [suite]), reversed(suites)):
            print(said, end="")
            bad += status != 0
    print(f"{len(suites)} suites, {bad} reported")
    return bad


def forgotten(program):
    """Algorithms that are in no suite."""
    rows = subprocess.run([program, "rows"], check=True, capture_output=True, text=True).stdout.split()
    return sorted(set(rows) - set(re.split("[-/]", "/".join(SUITES))))


def run_controls(program):
    """What takes another time for another key has to be reported, where it is."""
    bad = len(forgotten(program))
    if bad:
        print("in no suite:", *forgotten(program))
    for table, suite, place in (("table_aes", PLAIN, r"br_aes_big_\w+"),
                                ("table_aes", "aes128-sha256-x25519/aes128-sha256", r"br_aes_big_\w+"),
                                ("early_exit", PLAIN, r"memcmp|bcmp")):
        status, said = valgrind(program, table, [suite])
        found = re.search(rf"(depends on|Use of) uninitialised .*\n.*(by|at) 0x\w+: ({place})", said)
        good = status == 9 and found is not None
        bad += not good
        print(f"{'ok' if good else 'FAIL'}: {table} {suite}: {'is reported' if found else 'is not reported'}")
        if not good:
            print(said)
    return bad


def main():
    program, what = sys.argv[1:]
    if shutil.which("valgrind") is None:
        print("SKIPPED: constant time needs valgrind")
        return 77
    bad = run_controls(program) if what == "controls" else run_suites(program, what)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
