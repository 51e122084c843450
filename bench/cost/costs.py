#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Measures what each entry of the core's meter costs on a part, in the simulator, and writes its
cost table: `make cost-table` builds what this needs and calls it for each of the parts.

A primitive runs alone (costs.c). A block's cost is the difference between many blocks and few; what
one call takes beyond its blocks is its fixed part, which stands in the remark. Big numbers take
minutes: they run with scalars of one and two octets, from which the whole follows by a straight line.

What the firmware does beside primitives is taken from four runs of it: what is left there of the
cycles of a phase when the primitives that it counts are taken off. validate.py compares the table
with other runs. Last come rows of the board (board.py), which are of no meter: --board measures those alone.

Exit status: 77 no simulator or images.
"""

import argparse
import os
import sys
from concurrent.futures import ThreadPoolExecutor

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import board
import work
import elf
import gdb
from work import AUTH_IN, AUTH_OUT, BUTTON, ESP_IN, ESP_OUT, INIT_IN, INIT_OUT, Run

SKIPPED = 77
RUN_SECONDS = 600
SIMULATORS = 2
MANY, BLOCK = 11, 64
# What costs.c computes.
(SETUP, AES, GHASH, CHACHA20, POLY1305, SHA1, SHA256, SHA512, X25519, P256, P384, P521, MODEXP,
 COPY, HMAC, CMAC) = range(1, 17)
CURVES, BIG = "br_ec_prime_i15", "br_rsa_i15_public"
AES_CODE = {128: "primitives/aes.S", 192: "br_aes_small", 256: "br_aes_small"}


class Image:
    """A context manager: costs.elf, waiting to be told what to compute."""

    def __init__(self, name):
        self.symbols = elf.load(name)
        self.simulator = gdb.Simulator(name)
        self.gdb = self.simulator.gdb

    def __enter__(self):
        self.gdb.set_breakpoint(self.symbols["costs_wait"])
        self.gdb.run(RUN_SECONDS)
        # Scalars below every order.
        self.gdb.write(self.symbols["costs_key"], b"\1" * 66)
        self.idle = self.clock_of(0, 0)
        return self

    def __exit__(self, *_):
        self.simulator.__exit__()

    def clock_of(self, code, n):
        self.gdb.write(self.symbols["costs_n"], n.to_bytes(2, "little"))
        self.gdb.write(self.symbols["costs_code"], bytes([code]))
        begun = self.gdb.cycles()
        self.gdb.step()
        self.gdb.run(RUN_SECONDS)
        return self.gdb.cycles() - begun

    def cycles(self, code, n):
        return self.clock_of(code, n) - self.idle


# Each way to measure answers (cycles of one, cycles of a call beyond).

def whole(code, n):
    return lambda image: (image.cycles(code, n), 0)


def blocks(code, few=1, many=MANY, a_block=1):
    """a_block: primitives in each."""
    def measure(image):
        first, last = image.cycles(code, few), image.cycles(code, many)
        block = (last - first) / (many - few)
        return round(block / a_block), round(first - few * block)
    return measure


def aes(key_len):
    """A block of text in CCM is one for CTR and one for CBC-MAC."""
    def measure(image):
        image.cycles(SETUP, key_len)
        return blocks(AES, a_block=2)(image)
    return measure


def by_scalar(code, octets):
    """Each octet of the scalar costs the same."""
    def measure(image):
        one, two = image.cycles(code, 1), image.cycles(code, 2)
        return one + (octets - 1) * (two - one), 0
    return measure


def own_and_shared(image):
    """A handshake computes both, and the meter counts them alike."""
    return (image.cycles(X25519, 0) + image.cycles(X25519, 1)) // 2, 0


def modexp(octets, power):
    """An odd modulus with its top bit set, and a base below it; power: one of the above."""
    def measure(image):
        image.gdb.write(image.symbols["costs_io"], b"\xc5" * octets + b"\x35" * octets)
        image.gdb.write(image.symbols["costs_m"], octets.to_bytes(2, "little"))
        return power(image)
    return measure


def mean(code, *ways):
    """Of several ways to do it that the meter does not tell apart and that come as often."""
    return lambda image: (round(sum(image.cycles(code, n) for n in ways) / len(ways)), 0)


def hmac(image):
    """Of half a block of text: two compressions for the key, one each for text and result."""
    block, _ = blocks(SHA256)(image)
    return image.cycles(HMAC, BLOCK // 2) - 4 * block, 0


def cmac(image):
    """Of five blocks of text, as prf+ has them; another one is encrypted for the keys of the last block."""
    block, _ = aes(16)(image)
    return image.cycles(CMAC, 5 * 16) - 6 * block - image.cycles(SETUP, 16), 0


# In the order of IK_COSTS. The slowest are begun first, see measure_all().
PRIMITIVES = {
    **{f"aes{bits}_setup": (whole(SETUP, bits // 8), code) for bits, code in AES_CODE.items()},
    **{f"aes{bits}_block": (aes(bits // 8), code) for bits, code in AES_CODE.items()},
    "ghash_block": (blocks(GHASH), "br_ghash_ctmul32"),
    "chacha20_block": (blocks(CHACHA20), "br_chacha20_ct"),
    "poly1305_block": (blocks(POLY1305), "br_poly1305_i15"),
    "sha1_block": (blocks(SHA1), "primitives/sha1.S"),
    "sha256_block": (blocks(SHA256), "primitives/sha256.S"),
    "sha512_block": (blocks(SHA512), "br_sha512"),
    "x25519": (own_and_shared, "x25519/, in slices of 20 ms, mean of own value and shared secret"),
    "p256": (by_scalar(P256, 32), CURVES),
    "p384": (by_scalar(P384, 48), CURVES),
    "p521": (by_scalar(P521, 66), CURVES),
    # Whole: BearSSL takes several bits of the exponent at a time where the modulus is that small.
    "modp1024": (modexp(128, whole(MODEXP, 32)), BIG),
    "modp2048": (modexp(256, by_scalar(MODEXP, 32)), BIG),
    "modp3072": (modexp(384, by_scalar(MODEXP, 40)), BIG),
    "copy_octets": (blocks(COPY, 100, 1000), "memcpy"),
    "hmac": (hmac, "core/crypto/hmac.c over primitives/sha256.S"),
    "cmac": (cmac, "core/crypto/aes_mac.c over primitives/aes.S"),
}


def measure_all(image_path):
    """{name: (cycles, cycles of a call beyond)}, several at a time."""
    def measure(name):
        with Image(image_path) as image:
            return PRIMITIVES[name][0](image)

    with ThreadPoolExecutor(SIMULATORS) as pool:
        waiting = {name: pool.submit(measure, name) for name in reversed(PRIMITIVES)}
        return {name: waiting[name].result() for name in PRIMITIVES}


# ---- what is left ------------------------------------------------------------------------------

class Rest:
    """Cycles of a run of the firmware that the table does not explain yet."""

    def __init__(self, table, run, given):
        self.table = table
        self.cycles, self.work = work.play(run, given.images, given.programs)

    def left(self, *phases):
        return sum(self.cycles[p] - sum(self.table.get(name, 0) * count
                                        for name, count in self.work[p].items()) for p in phases)

    def count(self, name, *phases):
        return sum(self.work[p][name] for p in phases)


def residue(table, given):
    """(name, cycles, what they were taken from); adds them to the table."""
    short = Rest(table, Run("short answer"), given)
    plain = Rest(table, Run("ESP without UDP", work.PLAIN), given)
    brief = Rest(table, Run("brief", work.BRIEF), given)
    longer = Rest(table, Run("long answer", longer=150), given)
    more = longer.count("udp_octets", ESP_IN) - short.count("udp_octets", ESP_IN)
    table["udp_octets"] = max(0, round((longer.left(ESP_IN) - short.left(ESP_IN)) / more))
    yield "udp_octets", f"ESP packets that differ by {more} octets"
    for name, phases, rests, source in (
            ("esp_out", (ESP_OUT,), (short, plain), "ESP packets with a command, with and without UDP"),
            ("esp_in", (ESP_IN,), (short, plain), "ESP packets with an answer, with and without UDP"),
            ("ike_sa", (BUTTON,), (brief,), "the button of a brief handshake"),
            ("ike_out", (INIT_OUT,), (brief,), "its IKE_SA_INIT request"),
            ("ike_in", (INIT_IN,), (brief,), "its IKE_SA_INIT response"),
            ("ike_sk", (AUTH_OUT, AUTH_IN), (brief,), "its IKE_AUTH, both ways")):
        left = sum(rest.left(*phases) for rest in rests)
        count = sum(rest.count(name, *phases) for rest in rests)
        table[name] = max(0, round(left / count))
        yield name, source


# ---- the table ---------------------------------------------------------------------------------

def commit():
    """The tree that was measured: this table in it does not count."""
    git = ("git", "-C", work.ROOT)
    changed = work.output(*git, "status", "--porcelain", "--untracked-files=no", "--", ".",
                          ":!bench/cost/*.csv")
    return work.output(*git, "rev-parse", "--short=12", "HEAD") + (" with changes" if changed else "")


def bearssl():
    folder = os.path.join(work.ROOT, "build", "third_party")
    return next((name[len("bearssl_"):-len(".dsc")] for name in os.listdir(folder)
                 if name.endswith(".dsc")), "unknown")


# Which preset has built the primitives: the MSP430F5438A's CPU and multiplier are the MSP430FR5994's.
PRIMITIVES_OF = {"msp430f5438a": "msp430fr5994"}
PARTS = {"msp430": ("msp430f1611", "MSP430F1611 (16-bit hardware multiplier)"),
         "msp430f5438a": ("msp430f5438a", "MSP430F5438A (CPUX, 32-bit hardware multiplier)"),
         "msp430fr5994": ("msp430fr5994", "MSP430FR5994 (CPUX, 32-bit hardware multiplier)")}


def header(part):
    tools = [work.output("clang-19", "--version"), "BearSSL " + bearssl()]
    return f"""# Cycles of one count of each entry of the cost meter on an {part} at 8 MHz.
# Written by bench/cost/costs.py at commit {commit()}.
# {"; ".join(tools)}.
# name,cycles,code and the fixed part of one call
clock_hz,8000000,data sheet
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--preset", choices=PARTS, default="msp430", help="which has built the images (default msp430)")
    parser.add_argument("--programs", default=work.PROGRAMS, help="folder of msp430_peer, _native_*")
    parser.add_argument("--board", action="store_true", help="keep the table, measure the rows of the board anew")
    parser.add_argument("--out", help="the table (default: the committed one of that part)")
    given = parser.parse_args()
    name, part = PARTS[given.preset]
    given.images = work.images_of(given.preset)
    given.out = given.out or os.path.join(os.path.dirname(work.TABLE), f"{name}.csv")
    lacks = work.missing(given.images, given.programs)
    if lacks:
        print(f"SKIPPED: the cost table: no {', no '.join(lacks)}")
        return SKIPPED
    text = kept(given.out) if given.board else measured(given, part)
    text += "".join(f"{row},{cycles},{source}\n"
                    for row, cycles, source in board.board(work.read_lines(text.splitlines()), given))
    print(text, end="")
    with open(given.out, "w", encoding="utf-8") as file:
        file.write(text)
    return 0


def kept(path):
    """A table without the rows of the board."""
    with open(path, encoding="utf-8") as file:
        return "".join(line for line in file if not line.startswith("board_"))


def measured(given, part):
    table, rows = {}, {}
    costs = os.path.join(work.images_of(PRIMITIVES_OF.get(given.preset, given.preset)), "costs.elf")
    for name, (cycles, beyond) in measure_all(costs).items():
        table[name] = cycles
        rows[name] = f"measured: {PRIMITIVES[name][1]}" + (f"; a call {beyond} more" if beyond else "")
    for name, source in residue(table, given):
        rows[name] = f"left of {source}"
    return header(part) + "".join(f"{name},{table[name]},{rows[name]}\n" for name in work.meter_names())


if __name__ == "__main__":
    sys.exit(main())
