# SPDX-License-Identifier: MIT
# Forged IKE_SA_INIT requests against a gateway, with cookies and without: how many, room for SAs, the gateway's CPU.
include: "common.smk"

RATES = sized([0, 200], [0, 10, 50, 200, 1000, 5000])
POOLS = sized([32], [64, 1024])
CPUS = sized(["ideal"], ["ideal", "msp430f1611"])

rule all:
    input: "flood/report.html", "flood/points.csv"

rule point_flood:
    output: "flood/points/{cpu}-pool{pool}-rate{rate}/summary.json"
    wildcard_constraints: cpu="[a-z0-9]+"
    params:
        command=lambda w, output: point(output, "flood", {"rate": w.rate, "pool": w.pool, "gateway-cpu": w.cpu, "clients": sized(3, 10),
            "seconds": sized(4, 60), "runs": sized(1, 5)}),
    shell: "{params.command}"

rule plot_flood:
    input: expand("flood/points/{cpu}-pool{pool}-rate{rate}/summary.json", cpu=CPUS, pool=POOLS, rate=RATES)
    output: "flood/report.html", "flood/points.csv"
    shell: "{PYTHON} -B {HERE}/plot.py flood flood {input}"
