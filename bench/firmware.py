#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What targets/msp430/README.md says of the firmware's images: their sizes, and how long their main loop leaves the link alone.

Usage: bench/firmware.py --programs=DIR --images=DIR [--check | --update] README.md      without either, prints the tables.
       --check: exit status 1 if a figure of the document is more than 2 % off, 77 if images or simulator are missing.
"""
import argparse
import os
import pathlib
import re
import struct
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "targets/msp430/runner"), str(ROOT / "tests/msp430")]

import elf  # noqa: E402
import gdb  # noqa: E402
import hexfile  # noqa: E402
import sim  # noqa: E402
import slices  # noqa: E402

SKIPPED = 77
MOST = 0.02
IMAGES = ("door", "door_fast", "door_ahead", "door_resume")
TURNS = ("door", "door_fast", "door_ahead")
# What is done in a turn, as slices.py says it, and in the document's words.
ROWS = {"start": "start: noise is sampled and tested, the DRBG is seeded",
        "the last slice, IKE_AUTH out": "shared secret done: keys, AUTH, IKE_AUTH leaves",
        "IKE_AUTH in": "IKE_AUTH came: it is checked, keys of the Child SA",
        "the last slice, IKE_SA_INIT out": "own value done, with its last slice: IKE_SA_INIT leaves",
        "the last slice": "own value done ahead",
        "button": "button: nonce, SPI and private value are drawn, but for what was drawn ahead",
        "ESP out": "ESP packet leaves", "ESP in": "ESP packet came", slices.SLICE: "a slice of X25519, with a packet coming in",
        "IKE_SA_INIT in": "IKE_SA_INIT came", "nothing": "nothing but to look around; ahead: a private value is drawn"}
CALL = 0x12b0  # call #address
NUMBER = re.compile(r"[0-9][0-9,.]*[0-9]|[0-9]")


def table(head, rows):
    return "".join("| " + " | ".join(row) + " |\n" for row in (head, ["---"] + ["--:"] * (len(head) - 1), *rows))


def sizes(folder):
    rows = []
    for name in IMAGES:
        said = subprocess.run([sys.executable, "-B", ROOT / "targets/msp430/sizes.py", folder / f"{name}.elf"], check=True,
                              capture_output=True, text=True).stdout
        flash, ram = map(int, said.splitlines()[-1].split()[-2:])
        rows.append([f"`{name}.elf`", f"{flash:,}", f"{ram:,}"])
    return "\n" + table(["octets, MSP430F1611", "flash", "RAM"], rows)


def dropped(folder):
    """What counting costs: the function, and each call of it."""
    image = (folder / "door_ahead.elf").read_bytes()
    symbols = elf.symbols(image)
    call = struct.pack("<HH", CALL, symbols["ik_dropped"])
    calls = sum(octets.count(call) for _, octets in hexfile.of_elf(image))
    body = next(octets[symbols["ik_dropped"] - at:] for at, octets in hexfile.of_elf(image) if 0 <= symbols["ik_dropped"] - at < len(octets))
    return f"{len(call) * calls + body.index(bytes.fromhex('3041')) + 2} octets of flash, 4 of RAM"


def turns(folder, programs):
    gaps = []
    for name in TURNS:
        firmware, *_ = slices.play(str(folder / f"{name}.elf"), programs, name == "door_ahead")
        unknown = set(firmware.gaps) - set(ROWS)
        if unknown:
            sys.exit(f"{name}.elf: the document has no words for {', '.join(unknown)}")
        gaps.append(firmware.gaps)

    def cell(gap, what):
        return f"{gap[what] / sim.MHZ / 1000:.1f}" if what in gap else "-"

    return "\n" + table(["turn of the main loop", *(f"`{name}.elf`" for name in TURNS)],
                        [[words, *(cell(gap, what) for gap in gaps)] for what, words in ROWS.items()])


def made(text, images, programs):
    for place, new in (("sizes", sizes(images)), ("dropped", dropped(images)), ("turns", turns(images, programs))):
        where = re.compile(rf"(<!-- {place} -->).*?(<!-- end -->)", re.S)
        if len(where.findall(text)) != 1:
            sys.exit(f"there is no place for {place}, or more than one")
        text = where.sub(lambda m, new=new: m.group(1) + new + m.group(2), text)
    return text


def near(a, b):
    """The same words, and figures that are near."""
    numbers = [[float(number.replace(",", "")) for number in NUMBER.findall(text)] for text in (a, b)]
    return NUMBER.sub("0", a) == NUMBER.sub("0", b) and all(abs(x - y) <= max(MOST * abs(x), 0.1) for x, y in zip(*numbers))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", required=True, help="folder of msp430_peer")
    parser.add_argument("--images", required=True, type=pathlib.Path, help="folder of door.elf and the others")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--update", action="store_true")
    parser.add_argument("document", type=pathlib.Path)
    given = parser.parse_args()
    paths = [str(given.images / f"{name}.elf") for name in IMAGES] + [os.path.join(given.programs, "msp430_peer")]
    lacks = gdb.missing() + [path for path in paths if not os.path.exists(path)]
    if lacks:
        print(f"SKIPPED: figures of the firmware: no {', no '.join(lacks)}")
        return SKIPPED
    text = given.document.read_text(encoding="utf-8")
    wanted = made(text, given.images, given.programs)
    if given.update:
        given.document.write_text(wanted, encoding="utf-8")
    elif not given.check:
        print(wanted, end="")
    elif not near(text, wanted):
        sys.exit(f"{given.document} has other figures; to write these: bench/firmware.py --programs={given.programs} "
                 f"--images={given.images} --update {given.document}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
