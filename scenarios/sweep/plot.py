#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The report of a sweep from the summaries of its points: FOLDER/report.html with everything in it, FOLDER/points.csv.

Usage: plot.py QUESTION FOLDER SUMMARY...     QUESTION: the name of a workflow beside this
"""
import csv
import json
import pathlib
import sys

import radio
import wires
from draw import Page

QUESTIONS = {
    "loss": (radio.loss, "What loss on the air does to an IKEv2 handshake"),
    "energy": (radio.energy, "Joules of a garage door press"),
    "storm": (radio.storm, "A field of sensors that wake at once"),
    "life": (radio.life, "How long sleepy sensors last"),
    "latency": (radio.latency, "What ESP and AH add to the round trip of a small packet"),
    "octets": (radio.octets, "What every octet of an IKEv2 handshake is for"),
    "parity": (radio.parity, "Host to host, as Contiki-IPsec did it"),
    "peer": (radio.peer, "A station behind a lossy radio, and a real strongSwan"),
    "tunnel": (wires.tunnel, "TCP through a tunnel between gateways"),
    "hosts": (wires.tunnel, "TCP between two hosts, in transport mode and in a tunnel"),
    "roadwarrior": (wires.roadwarrior, "A client behind a NAT, and its office"),
    "flood": (wires.flood, "Forged requests against a gateway"),
    "mitm": (wires.mitm, "What a man in the middle gets"),
}


def shown(value):
    if not isinstance(value, float):
        return "-" if value is None else value
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def main():
    if len(sys.argv) < 4 or sys.argv[1] not in QUESTIONS:
        sys.exit(__doc__)
    (draw, title), folder = QUESTIONS[sys.argv[1]], pathlib.Path(sys.argv[2])
    points = [json.loads(pathlib.Path(path).read_text()) for path in dict.fromkeys(sys.argv[3:])]
    page = Page(title)
    head, rows = draw(points, page)
    page.table(head, [[shown(cell) for cell in row] for row in rows])
    made = points[0]["made_by"]
    page.text(f"{made['project']} {made['commit']}, ns-3 {made['ns3']}, seed {points[0]['seed']}; {len(points)} runs of the scenario.")
    page.write(folder / "report.html")
    with open(folder / "points.csv", "w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([head, *rows])


if __name__ == "__main__":
    main()
