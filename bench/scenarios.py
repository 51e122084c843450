#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the ns-3 scenarios take of this machine: seconds of CPU, the median of some runs.

Usage: bench/scenarios.py [--folder=DIR] [--runs=N] [--json=FILE]
"""
import argparse
import json
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOLDER = ROOT / "build/host/scenarios"
# (name, key of the summary that counts, that many at least, command)
CASES = [
    ("1,000 presses, each with a handshake", "doors_moved", 1000, ["garage-door", "--presses=1000"]),
    ("the same on a CPU that takes its time, with energy", "doors_moved", 1000,
     ["garage-door", "--presses=1000", "--cpu=msp430f1611", "--radio=cc2420"]),
    ("1,000 presses of machine code, SAs kept", "doors_moved", 1000,
     ["garage-door", "--presses=1000", f"--firmware={ROOT}/build/msp430/targets/msp430/door.elf", "--radio=cc2420"]),
    ("a day of 50 sensors, a handshake each 10 minutes", "wakings", 7150,
     ["sensor-field", "--sensors=50", "--hours=24", "--period=600"]),
]


def cpu_seconds(command, folder):
    """(seconds of user and system, summary) of one run"""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([*command, "--quiet", f"--out={folder}"], check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    with open(os.path.join(folder, "summary.json"), encoding="utf-8") as file:
        summary = json.load(file)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, summary


def measure(case, given):
    name, key, least, (program, *options) = case
    taken = []
    for _ in range(given.runs):
        with tempfile.TemporaryDirectory() as folder:
            seconds, summary = cpu_seconds([str(given.folder / program), *options], folder)
        if summary[key] < least:
            sys.exit(f"{name}: {key} is {summary[key]}, not {least}")
        taken.append(seconds)
    return {"name": name, "command": " ".join([program, *options]), "cpu_seconds": round(statistics.median(taken), 2),
            "least": round(min(taken), 2), "most": round(max(taken), 2)}


def lacks(case):
    """A file of its command that is not there."""
    files = [word.partition("=")[2] for word in case[3] if word.startswith("--firmware=")]
    return next((file for file in files if not os.path.exists(file)), None)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--folder", type=pathlib.Path, default=FOLDER, help="where the scenarios are built")
    parser.add_argument("--runs", type=int, default=3, help="of each (default 3)")
    parser.add_argument("--json", help="writes the results there, too")
    given = parser.parse_args()
    if not (given.folder / "garage-door").exists():
        print(f"SKIPPED: the scenarios: no {given.folder}/garage-door (ns-3 is needed)")
        return 0
    results = []
    for case in CASES:
        if lacks(case):
            print(f"SKIPPED: {case[0]}: no {lacks(case)}")
            continue
        results.append(measure(case, given))
        print("{name}: {cpu_seconds:.2f} s of CPU ({least:.2f} to {most:.2f})".format(**results[-1]), flush=True)
    if given.json:
        pathlib.Path(given.json).write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
