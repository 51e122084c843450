# SPDX-License-Identifier: MIT
# What a man in the middle gets: each attack against each suite.
include: "common.smk"

SUITES = ["aes128gcm16-prfsha256-x25519", "aes128ccm8-prfaescmac-x25519", "aes128-sha256-ecp256", "aes128ctr-aesxcbc-prfaesxcbc-x25519",
          "chacha20poly1305-prfsha256-x25519", "aes256gcm16-prfsha384-ecp384"]
CHOSEN = sized(SUITES[:1], SUITES)
ATTACKS = ["none", "ke", "nonce", "proposal", "auth", "replay", "flip", "inject"]

rule all:
    input: "mitm/report.html", "mitm/points.csv"

rule point_mitm:
    output: "mitm/points/{attack}-{suite}/summary.json"
    wildcard_constraints: attack="[a-z]+"
    params:
        command=lambda w, output: point(output, "mitm", {"suite": w.suite, "attack": w.attack, "packets": sized(5, 100), "runs": sized(2, 20)}),
    shell: "{params.command}"

rule plot_mitm:
    input: expand("mitm/points/{attack}-{suite}/summary.json", attack=ATTACKS, suite=CHOSEN)
    output: "mitm/report.html", "mitm/points.csv"
    shell: "{PYTHON} -B {HERE}/plot.py mitm mitm {input}"
