#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Are the points behind docs/press.md, docs/storm.md and docs/loss.md those of the programs as they are now? Some are run again: an energy and
a time may be 2 per cent off, a rate has to lie where the page's interval and that of the run meet. If one is not, the sweep is to be run anew
(scenarios/sweep/README.md).

Usage: points.py FOLDER      that of the programs
"""
import csv
import json
import pathlib
import subprocess
import sys
import tempfile

DOCS = pathlib.Path(__file__).parents[2] / "docs"
MOST = 0.02
PRESSES = [("msp430f1611", "handshake", "0.0"), ("msp430f5438a", "handshake, radio off", "20.0"), ("msp430fr5994", "resumed", "0.0"),
           ("msp430f1611", "kept", "30.0"), ("msp430f5438a", "plain", "10.0")]


def points(page):
    with open(DOCS / page / "points.csv", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def row(page, **wanted):
    found = [r for r in points(page) if all(r[key] == value for key, value in wanted.items())]
    if len(found) != 1:
        sys.exit(f"docs/{page}/points.csv has {len(found)} rows of {wanted}")
    return found[0]


def run(folder, program, *options):
    with tempfile.TemporaryDirectory() as out:
        subprocess.run([pathlib.Path(folder) / program, *options, "--quiet", f"--out={out}"], check=True, stdout=subprocess.DEVNULL)
        return json.loads((pathlib.Path(out) / "summary.json").read_text(encoding="utf-8"))


def compare(where, name, now, then):
    if abs(now / float(then) - 1) > MOST:
        sys.exit(f"docs/{where}: {name} is {now} today, not {then}: run the sweep anew")
    print(f"docs/{where}: {name}: {now}, {then} there")


def press(folder):
    for cpu, way, loss in PRESSES:
        there = row("press", cpu=cpu, way=way, loss_percent=loss)
        words = way.split(", ")
        sa = ["--plain"] if way == "plain" else [f"--sa={words[0]}"]
        policy = ["--radio-policy=off"] if words[-1] == "radio off" else []
        s = run(folder, "garage-door", f"--presses={there['presses']}", f"--cpu={cpu}", f"--radio={there['radio']}", f"--loss={loss}", *sa, *policy)
        compare("press", f"mJ a press, {cpu}, {way}, {loss} % lost", s["energy_mj_per_press"], there["energy_mj_per_press"])


def storm(folder):
    there = row("storm", sensors="20", jitter_s="30.0")
    s = run(folder, "sensor-field", "--sensors=20", "--jitter=30", "--start=storm", "--hours=0.1", "--period=600", "--runs=5", "--cpu=msp430f1611",
            "--radio=cc2420")
    compare("storm", "handshake, ms", s["handshake_ms"]["median"], there["handshake_ms_median"])
    compare("storm", "joules a day", s["energy_j_per_sensor_day"], there["energy_j_per_sensor_day"])


def loss(folder):
    there = row("loss", loss_model="frame", hops="1", mac_max_frame_retries="3", delay_ms="0.0", fragments_of_largest_datagram="3",
                loss_percent="75.0")
    (s,) = run(folder, "handshake-loss", "--losses=75", "--handshakes=200")["points"]
    now, low, high = s["ok"], float(there["ok_ci95_low"]), float(there["ok_ci95_high"])
    if now["ci95_high"] < low or now["ci95_low"] > high:
        sys.exit(f"docs/loss: {now} succeed today, {low} to {high} there: run the sweep anew")
    print(f"docs/loss: {now['rate']} of 200 succeed at 75 % lost, {there['ok_rate']} there")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    press(sys.argv[1])
    storm(sys.argv[1])
    loss(sys.argv[1])


if __name__ == "__main__":
    main()
