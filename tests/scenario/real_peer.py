#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A simulated station behind a lossy radio sets up IKE and ESP with strongSwan, in real time.

Usage: real_peer.py PROGRAM      exit status 0: good, 1: not, 77: a tool or a right is missing
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

RUN = pathlib.Path(__file__).parents[2] / "scenarios/real-peer/run.py"


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
            if not options and summary["ike_retransmissions"]:
                print(f"{summary['ike_retransmissions']} retransmissions without loss: this machine is busy")


if __name__ == "__main__":
    main()
