# SPDX-License-Identifier: MIT
# How long sleepy sensors last: parts, time between reports, SAs set up, resumed or kept, plain.
include: "common.smk"

SENSORS = sized(2, 10)
WAKINGS = sized(3, 100)  # of each
PERIODS = sized([600], [60, 300, 600, 1800, 3600, 21600])
PARTS = [("msp430f1611", "cc2420"), ("msp430f5438a", "cc2520"), ("msp430fr5994", "cc2520")]
WAYS = {"handshake": {}, "resumed": {"sa": "resumed"}, "kept": {"sa": "kept"}, "plain": {"plain": None}}

rule all:
    input: "life/report.html", "life/points.csv"

rule point_life:
    output: "life/points/{cpu}-{radio}-{way}-period{period}/summary.json"
    wildcard_constraints: cpu="[a-z0-9]+", radio="[a-z0-9]+", way="[a-z]+"
    params:
        command=lambda w, output: point(output, "sensor-field", {"sensors": SENSORS, "hours": f"{WAKINGS * int(w.period) / 3600:.3f}",
            "period": w.period, "cpu": w.cpu, "radio": w.radio, "radio-policy": "off", **WAYS[w.way]}),
    shell: "{params.command}"

rule plot_life:
    input:
        [f"life/points/{cpu}-{radio}-{way}-period{period}/summary.json" for cpu, radio in PARTS for way in WAYS for period in PERIODS],
    output: "life/report.html", "life/points.csv"
    shell: "{PYTHON} -B {HERE}/plot.py life life {input}"
