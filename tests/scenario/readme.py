#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The example in sim/ns3/README.md is examples/ikelet-example.cc to the letter, and prints what the README says.

Usage: readme.py PROGRAM FOLDER
"""
import pathlib
import re
import subprocess
import sys


def main():
    program, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    readme = (folder / "README.md").read_text()
    source = (folder / "examples/ikelet-example.cc").read_text().split("\n", 1)[1]
    shown = re.search(r"```c\+\+\n(.*?)```", readme, re.S).group(1)
    if shown != source:
        sys.exit("README.md shows another example than examples/ikelet-example.cc")
    body = source[source.index("int main"):].count("\n")
    if body > 40:
        sys.exit(f"the example has {body} lines")
    printed = subprocess.run([program], check=True, capture_output=True, text=True).stdout
    digits = re.compile(r"\d+ ms")  # the cycles may be measured anew
    if digits.sub("N ms", printed).strip() not in digits.sub("N ms", readme):
        sys.exit(f"README.md does not say that the example prints: {printed}")
    if "ESP out: 3, in: 3" not in printed:
        sys.exit(f"the example printed: {printed}")


if __name__ == "__main__":
    main()
