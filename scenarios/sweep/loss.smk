# SPDX-License-Identifier: MIT
# IKEv2 success and latency against loss on the air: loss models, hops, retries of the MAC, one-way delays, fragments a message.
include: "common.smk"

LOSSES = sized("0,40,80", "0,10,20,30,40,50,60,65,70,75,80,85,90")
HANDSHAKES = sized(12, 1000)
MODELS = ["frame", "bit", "burst"]
HOPS = sized([1, 2], [1, 2, 3, 4])
RETRIES = sized([3], [0, 3, 7])
DELAYS = sized([0], [1, 30, 300])
# By the fragments of the largest datagram: IKE suite, octets of nonces. Long nonces and many algorithms to choose from make a message as long
# as a large public value does (modp2048 makes five fragments, modp3072 six), and cost no time of the machine that simulates.
MANY = "aes128ccm8-aes192ccm8-aes256ccm8-aes128gcm16-aes192gcm16-aes256gcm16-prfsha256-prfsha384-prfsha512-x25519-ecp256-ecp384-ecp521-modp2048-modp3072"
ONE = "aes128ccm8-prfsha256-x25519"
SIZES = {"3": (ONE, 32), "4": (ONE, 160), "5": (ONE, 255), "6": (MANY, 255)}
FRAGMENTS = sized(["3"], ["4", "5", "6"])

rule all:
    input: "loss/report.html", "loss/points.csv"

rule point_loss:
    output: "loss/points/{model}-hops{hops}-retries{retries}-delay{delay}-fragments{fragments}/summary.json"
    params:
        command=lambda w, output: point(output, "handshake-loss", {"losses": LOSSES, "handshakes": HANDSHAKES, "loss-model": w.model, "hops": w.hops,
            "frame-retries": w.retries, "delay": w.delay,
            "suite": SIZES[w.fragments][0], "nonce": SIZES[w.fragments][1]}),
    shell: "{params.command}"

rule plot_loss:
    input:
        expand("loss/points/{model}-hops{hops}-retries3-delay0-fragments3/summary.json", model=MODELS, hops=HOPS),
        expand("loss/points/frame-hops1-retries{retries}-delay0-fragments3/summary.json", retries=RETRIES),
        expand("loss/points/frame-hops1-retries3-delay{delay}-fragments3/summary.json", delay=DELAYS),
        expand("loss/points/frame-hops1-retries3-delay0-fragments{fragments}/summary.json", fragments=FRAGMENTS),
    output: "loss/report.html", "loss/points.csv"
    shell: "{PYTHON} -B {HERE}/plot.py loss loss {input}"
