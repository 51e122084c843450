# SPDX-License-Identifier: MIT
# A client behind a NAT, in clear and through a tunnel to its office: delay, loss, a NAT that forgets its mappings half-way.
include: "common.smk"

DELAYS = sized([20], [1, 20, 100, 300])
LOSSES = sized([0], [0, 0.1, 1])
NATS = {"stays": {}, "reboots": {"nat-reboot": None}}

rule all:
    input: "roadwarrior/report.html", "roadwarrior/points.csv"

rule point_roadwarrior:
    output: "roadwarrior/points/nat-{nat}-delay{delay}-loss{loss}/summary.json"
    wildcard_constraints: nat="[a-z]+"
    params:
        command=lambda w, output: point(output, "vpn-roadwarrior", {"delay": w.delay, "loss": w.loss, "seconds": sized(4, 20),
            "mss": sized("1220", "536,1220,1448"), "runs": sized(1, 5), **NATS[w.nat]}),
    shell: "{params.command}"

rule plot_roadwarrior:
    input: expand("roadwarrior/points/nat-{nat}-delay{delay}-loss{loss}/summary.json", nat=NATS, delay=DELAYS, loss=LOSSES)
    output: "roadwarrior/report.html", "roadwarrior/points.csv"
    shell: "{PYTHON} -B {HERE}/plot.py roadwarrior roadwarrior {input}"
