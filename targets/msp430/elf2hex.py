#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""elf2hex.py IMAGE.elf OUT...: what a programmer writes into the part, as Intel HEX (OUT.hex) or TI-TXT (OUT.txt)."""

import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "runner"))

import hexfile


def main():
    if len(sys.argv) < 3 or sys.argv[1].startswith("-"):
        print(f"usage: {__doc__}", file=sys.stderr)
        return 2
    try:
        with open(sys.argv[1], "rb") as image:
            found = hexfile.of_elf(image.read())
        for out in sys.argv[2:]:
            hexfile.write(out, found)
    except (OSError, ValueError) as wrong:
        print(f"elf2hex.py: {wrong}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
