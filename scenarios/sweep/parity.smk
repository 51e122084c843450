# SPDX-License-Identifier: MIT
# Host to host as Contiki-IPsec did it: parts, its suite and others, keys from IKE or by hand, hops, loss.
include: "common.smk"

PARTS = sized([("msp430f1611", "cc2420")], [("msp430f1611", "cc2420"), ("msp430f5438a", "cc2520"), ("msp430fr5994", "cc2520")])
WAYS = {"contiki": {}, "ccm8": {"suite": "aes128ccm8-prfsha256-x25519"}, "cmac": {"suite": "aes128ccm8-prfaescmac-x25519"},
        "manual": {"keys": "manual"}}
HOPS = sized([1], [1, 2, 4])
LOSSES = sized([0], [0, 10, 20, 30])

rule all:
    input: "parity/report.html", "parity/points.csv"

rule point_parity:
    output: "parity/points/{cpu}-{radio}-{way}-hops{hops}-loss{loss}/summary.json"
    wildcard_constraints: cpu="[a-z0-9]+", radio="[a-z0-9]+", way="[a-z0-9]+"
    params:
        command=lambda w, output: point(output, "contiki-parity", {"cpu": w.cpu, "gateway-cpu": w.cpu, "radio": w.radio, "hops": w.hops,
            "loss": w.loss, "runs": sized(1, 50), "echoes": sized(2, 10), **WAYS[w.way]}),
    shell: "{params.command}"

rule plot_parity:
    input:
        [f"parity/points/{cpu}-{radio}-{way}-hops{hops}-loss0/summary.json" for cpu, radio in PARTS for way in WAYS for hops in HOPS],
        [f"parity/points/{cpu}-{radio}-{way}-hops1-loss{loss}/summary.json" for cpu, radio in PARTS for way in WAYS for loss in LOSSES],
    output: "parity/report.html", "parity/points.csv"
    shell: "{PYTHON} -B {HERE}/plot.py parity parity {input}"
