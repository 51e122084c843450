# SPDX-License-Identifier: MIT
# A station behind a lossy radio and a real strongSwan. In real time, so one point at a time; needs root, and what tests/interop/install.sh installs.
include: "common.smk"

LOSSES = sized([0, 25], [0, 10, 20, 30, 40, 50, 60])
CPUS = sized(["ideal"], ["ideal", "msp430f1611"])

rule all:
    input: "peer/report.html", "peer/points.csv"

rule point_peer:
    output: "peer/points/{cpu}-loss{loss}/summary.json"
    wildcard_constraints: cpu="[a-z0-9]+"
    threads: workflow.cores or 1  # none beside it, whose load would be in its times
    params:
        # What it lacks is said on stdout.
        command=lambda w, output: point(output, "real-peer", {"cpu": w.cpu, "loss": w.loss, "handshakes": sized(2, 50)}).removesuffix(" >/dev/null"),
    shell: "{PYTHON} -B {HERE}/../real-peer/run.py {params.command}"

rule plot_peer:
    input: expand("peer/points/{cpu}-loss{loss}/summary.json", cpu=CPUS, loss=LOSSES)
    output: "peer/report.html", "peer/points.csv"
    shell: "{PYTHON} -B {HERE}/plot.py peer peer {input}"
