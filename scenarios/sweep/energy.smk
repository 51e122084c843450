# SPDX-License-Identifier: MIT
# Joules of a garage door press: parts, SAs set up each time, resumed or kept, the radio on or off while computing, plain.
include: "common.smk"

PRESSES = sized(4, 200)
PARTS = [("msp430f1611", "cc2420"), ("msp430f5438a", "cc2520"), ("msp430fr5994", "cc2520")]
WAYS = {"handshake": {}, "handshake-radio-off": {"radio-policy": "off"}, "resumed": {"sa": "resumed"},
        "resumed-radio-off": {"sa": "resumed", "radio-policy": "off"}, "kept": {"sa": "kept"}, "plain": {"plain": None}}
LOSSES = sized([0], [0, 10, 20, 30])

rule all:
    input: "energy/report.html", "energy/points.csv"

rule point_energy:
    output: "energy/points/{cpu}-{radio}-{way}-loss{loss}/summary.json"
    wildcard_constraints: cpu="[a-z0-9]+", radio="[a-z0-9]+"
    params:
        command=lambda w, output: point(output, "garage-door", {"presses": PRESSES, "cpu": w.cpu, "radio": w.radio, "loss": w.loss,
            **WAYS[w.way]}),
    shell: "{params.command}"

rule plot_energy:
    input:
        [f"energy/points/{cpu}-{radio}-{way}-loss{loss}/summary.json" for cpu, radio in PARTS for way in WAYS for loss in LOSSES],
    output: "energy/report.html", "energy/points.csv"
    shell: "{PYTHON} -B {HERE}/plot.py energy energy {input}"
