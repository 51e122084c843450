# SPDX-License-Identifier: MIT
# IKEv2 success and latency against loss on the air: loss models, hops, retries of the MAC, one-way delays.
include: "common.smk"

LOSSES = sized("0,40,80", "0,5,10,15,20,25,30,35,40,45,50,55,60,65,70,75,80,85,90")
HANDSHAKES = sized(12, 1000)
MODELS = ["frame", "bit", "burst"]
HOPS = sized([1, 2], [1, 2, 3, 4])
RETRIES = sized([3], [0, 3, 7])
DELAYS = sized([0], [1, 30, 300])

rule all:
    input: "loss/report.html", "loss/points.csv"

rule point_loss:
    output: "loss/points/{model}-hops{hops}-retries{retries}-delay{delay}/summary.json"
    params:
        command=lambda w, output: point(output, "handshake-loss", {"losses": LOSSES, "handshakes": HANDSHAKES, "loss-model": w.model, "hops": w.hops,
            "frame-retries": w.retries, "delay": w.delay}),
    shell: "{params.command}"

rule plot_loss:
    input:
        expand("loss/points/{model}-hops{hops}-retries3-delay0/summary.json", model=MODELS, hops=HOPS),
        expand("loss/points/frame-hops1-retries{retries}-delay0/summary.json", retries=RETRIES),
        expand("loss/points/frame-hops1-retries3-delay{delay}/summary.json", delay=DELAYS),
    output: "loss/report.html", "loss/points.csv"
    shell: "{PYTHON} -B {HERE}/plot.py loss loss {input}"
