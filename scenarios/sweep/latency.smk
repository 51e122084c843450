# SPDX-License-Identifier: MIT
# What ESP and AH add to the round trip of a small packet: parts at both ends, modes, hops.
include: "common.smk"

PARTS = sized(["msp430f1611"], ["msp430f1611", "msp430f5438a", "msp430fr5994"])
MODES = ["transport", "tunnel"]
HOPS = sized([1], [1, 2, 3, 4])

rule all:
    input: "latency/report.html", "latency/points.csv"

rule point_latency:
    output: "latency/points/{cpu}-{mode}-hops{hops}/summary.json"
    wildcard_constraints: cpu="[a-z0-9]+", mode="[a-z]+"
    params:
        command=lambda w, output: point(output, "esp-latency", {"cpu": w.cpu, "gateway-cpu": w.cpu, "mode": w.mode, "hops": w.hops,
            "echoes": sized(2, 20), "step": sized(62, 8)}),
    shell: "{params.command}"

rule plot_latency:
    input: expand("latency/points/{cpu}-{mode}-hops{hops}/summary.json", cpu=PARTS, mode=MODES, hops=HOPS)
    output: "latency/report.html", "latency/points.csv"
    shell: "{PYTHON} -B {HERE}/plot.py latency latency {input}"
