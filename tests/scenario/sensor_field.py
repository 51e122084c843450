#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A sensor's day by how it has its SAs: plain, kept, resumed, a handshake at each waking, in this order of joules; every report is answered, on a
lossy air, too; the ledger is what the batteries gave; and a day by an hour is a day by four.

Usage: sensor_field.py PROGRAM
"""
import json
import pathlib
import subprocess
import sys
import tempfile

RUN = ["--sensors=5", "--hours=1", "--period=600", "--cpu=msp430f5438a", "--radio=cc2520", "--quiet"]
WAYS = [["--plain"], ["--sa=kept"], ["--sa=resumed"], ["--sa=handshake"]]


def run(program, *options):
    with tempfile.TemporaryDirectory() as out:
        subprocess.run([program, *RUN, *options, f"--out={out}"], check=True, stdout=subprocess.DEVNULL)
        return json.loads((pathlib.Path(out) / "summary.json").read_text(encoding="utf-8"))


def check(way, s):
    if s["answered"]["good"] != s["wakings"] or s["wakings"] != 30:
        sys.exit(f"{way}: {s['answered']} of {s['wakings']} wakings, {s['failures']}")
    ledger = sum(s["energy_ledger_mj"].values())
    if abs(ledger / s["energy_drawn_mj"] - 1) > 1e-3:
        sys.exit(f"{way}: {ledger} mJ in the ledger, {s['energy_drawn_mj']} drawn")
    print(f"{' '.join(way)}: {s['energy_j_per_sensor_day']} J a day, handshake {s['handshake_ms']['median']} ms")
    return s["energy_j_per_sensor_day"]


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    for air in ([], ["--loss=20"]):
        joules = [check(way + air, run(sys.argv[1], *way, *air)) for way in WAYS]
        if joules != sorted(joules) or joules[2] > joules[3] / 2:
            sys.exit(f"joules a day, plain, kept, resumed, handshake: {joules}")
    plain, kept = ({name: joules for name, joules in run(sys.argv[1], way)["energy_ledger_mj"].items()} for way in ("--plain", "--sa=kept"))
    if abs(plain["sleeping"] / kept["sleeping"] - 1) > 0.05 or not 0 < plain["cpu_idle"] < kept["cpu_idle"]:
        sys.exit(f"who has no IPsec sleeps as others do, and idles: {plain}, {kept}")
    one, four = (run(sys.argv[1], "--plain", f"--hours={hours}")["energy_j_per_sensor_day"] for hours in (1, 4))
    if abs(one / four - 1) > 0.02:
        sys.exit(f"joules a day, in clear: {one} by an hour, {four} by four")


if __name__ == "__main__":
    main()
