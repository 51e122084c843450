#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A simulated station behind a lossy radio sets up IKE and ESP with strongSwan, in real time; as often, and no faster, than docs/peer.md has it.
tshark opens what each radio sent and heard.

Usage: real_peer.py PROGRAM      exit status 0: good, 1: not, 77: a tool or a right is missing
"""
import csv
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
import scenarios

RUN = pathlib.Path(__file__).parents[2] / "scenarios/real-peer/run.py"
POINTS = pathlib.Path(__file__).parents[2] / "docs/peer/points.csv"


def compare(summary):
    """With the point of the page: rates are the same where their intervals meet; a time is not half of what it was, and as long as it likes."""
    loss = summary["air"]["loss_ppm"] / 1e4
    with open(POINTS, newline="", encoding="utf-8") as file:
        (there,) = [r for r in csv.DictReader(file) if r["cpu"] == summary["power"]["cpu"] and float(r["loss_percent"]) == loss]
    now = summary["handshakes_ok"]
    if now["ci95_high"] < float(there["ok_ci95_low"]) or now["ci95_low"] > float(there["ok_ci95_high"]):
        sys.exit(f"docs/peer: at {loss} % lost {now} today, {there['ok_rate']} there: run the sweep anew")
    if summary["handshake_ms"]["median"] < float(there["handshake_ms_median"]) / 2:
        sys.exit(f"docs/peer: at {loss} % lost {summary['handshake_ms']} today, {there['handshake_ms_median']} there: run the sweep anew")


def main():
    with tempfile.TemporaryDirectory() as folder:
        for options in ([], ["--loss=20"]):
            done = subprocess.run(["/usr/bin/python3", "-B", str(RUN), os.path.abspath(sys.argv[1]), "--handshakes=3", "--quiet",
                                   f"--out={folder}/out", *options], capture_output=True, text=True, timeout=200)
            if done.returncode == 77:
                print(done.stdout)
                sys.exit(77)
            if done.returncode != 0:
                sys.exit(f"{options}: exit status {done.returncode}: {done.stdout}{done.stderr}")
            summary = json.loads(pathlib.Path(folder, "out/summary.json").read_text())
            if summary["handshakes_ok"]["good"] != 3 or summary["echoes_ok"]["good"] != 3:
                sys.exit(f"{options}: {summary['handshakes_ok']}, {summary['echoes_ok']}")
            compare(summary)
            if shutil.which("tshark"):
                try:
                    auths = [scenarios.opened(pcap, "esp") for pcap in pathlib.Path(folder, "out").glob("*.pcap")]
                except scenarios.Failed as failed:
                    sys.exit(f"{options}: {failed}")
                if len(auths) != 2 or min(auths) < 6:
                    sys.exit(f"{options}: IKE_AUTH in pcap files: {auths}")
            if not options and summary["ike_retransmissions"]:
                print(f"{summary['ike_retransmissions']} retransmissions without loss: this machine is busy")


if __name__ == "__main__":
    main()
