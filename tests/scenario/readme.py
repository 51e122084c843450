#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The example in sim/ns3/README.md is examples/ikelet-example.cc to the letter, and prints what the README says; its list of NS_LOG
components is that of the sources, and each source that does something has one.

Usage: readme.py PROGRAM FOLDER
"""
import os
import pathlib
import re
import subprocess
import sys


# What only converts or declares has nothing to log.
SILENT = {"ikelet-address.cc", "ikelet-node-type.cc"}


def check_log_components(folder, readme):
    defined = set()
    for path in [*folder.glob("model/*.cc"), *folder.glob("helper/*.cc")]:
        found = re.findall(r'NS_LOG_COMPONENT_DEFINE\("(\w+)"\)', path.read_text())
        if bool(found) == (path.name in SILENT):
            sys.exit(f"{path.name}: {len(found)} NS_LOG components")
        defined.update(found)
    listed = re.search(r"`NS_LOG` components, one a file: (.*?)\. With", readme, re.S).group(1)
    if set(re.findall(r"`(\w+)`", listed)) != defined:
        sys.exit(f"README.md lists other NS_LOG components than {sorted(defined)}")


def check_log(program):
    """NS_LOG=IkeletNode tells on stderr what happens, and nothing without it."""
    for log, wanted in ({}, 0), ({"NS_LOG": "IkeletNode=level_info"}, 4):
        done = subprocess.run([program], check=True, capture_output=True, text=True, env={**os.environ, **log})
        if done.stderr.count("\n") < wanted or (wanted == 0 and done.stderr):
            sys.exit(f"{log}: {done.stderr}")


def main():
    program, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    readme = (folder / "README.md").read_text()
    check_log_components(folder, readme)
    check_log(program)
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
