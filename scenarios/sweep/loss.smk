# SPDX-License-Identifier: MIT
# IKEv2 success and latency against loss on the air: loss models, hops, retries of the MAC, one-way delays, fragments a message.
include: "common.smk"

LOSSES = sized("0,40,80", "0,10,20,30,40,50,60,65,70,75,80,85,90")
HANDSHAKES = sized(12, 1000)
MODELS = ["frame", "bit", "burst"]
HOPS = sized([1, 2], [1, 2, 3, 4])
RETRIES = sized([3], [0, 3, 7])
DELAYS = sized([0], [1, 30, 300])
# By key exchange: x25519 makes the largest datagram three fragments, modp2048 five, modp3072 six.
KEYS = sized(["x25519"], ["modp2048", "modp3072"])

rule all:
    input: "loss/report.html", "loss/points.csv"

rule point_loss:
    output: "loss/points/{model}-hops{hops}-retries{retries}-delay{delay}-{dh}/summary.json"
    params:
        command=lambda w, output: point(output, "handshake-loss", {"losses": LOSSES, "handshakes": HANDSHAKES, "loss-model": w.model, "hops": w.hops,
            "frame-retries": w.retries, "delay": w.delay,
            "suite": f"aes128ccm8-prfsha256-{w.dh}"}),
    shell: "{params.command}"

rule plot_loss:
    input:
        expand("loss/points/{model}-hops{hops}-retries3-delay0-x25519/summary.json", model=MODELS, hops=HOPS),
        expand("loss/points/frame-hops1-retries{retries}-delay0-x25519/summary.json", retries=RETRIES),
        expand("loss/points/frame-hops1-retries3-delay{delay}-x25519/summary.json", delay=DELAYS),
        expand("loss/points/frame-hops1-retries3-delay0-{dh}/summary.json", dh=KEYS),
    output: "loss/report.html", "loss/points.csv"
    shell: "{PYTHON} -B {HERE}/plot.py loss loss {input}"
