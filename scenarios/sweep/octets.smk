# SPDX-License-Identifier: MIT
# What every octet of a handshake is for: suites of IKE, modes, shorter nonces and identities, no NAT detection.
include: "common.smk"

MODES = sized(["tunnel"], ["tunnel", "transport"])
SUITES = {"ccm8-x25519": "aes128ccm8-prfsha256-x25519", "ccm8-cmac-x25519": "aes128ccm8-prfaescmac-x25519",
          "gcm16-ecp256": "aes128gcm16-prfsha256-ecp256", "ctr-xcbc-x25519": "aes128ctr-aesxcbc-prfaesxcbc-x25519",
          "cbc-sha256-modp2048": "aes128-sha256-modp2048", "gcm16-ecp384": "aes256gcm16-prfsha384-ecp384",
          "chacha-x25519": "chacha20poly1305-prfsha256-x25519"}
NAMES = sized(["ccm8-x25519", "cbc-sha256-modp2048"], list(SUITES))

rule all:
    input: "octets/report.html", "octets/points.csv"

rule point_octets:
    output: "octets/points/{mode}-{suite}/summary.json"
    wildcard_constraints: mode="[a-z]+"
    params:
        command=lambda w, output: point(output, "cost-of-octets", {"mode": w.mode, "suite": SUITES[w.suite]}),
    shell: "{params.command}"

rule plot_octets:
    input: expand("octets/points/{mode}-{suite}/summary.json", mode=MODES, suite=NAMES)
    output: "octets/report.html", "octets/points.csv"
    shell: "{PYTHON} -B {HERE}/plot.py octets octets {input}"
