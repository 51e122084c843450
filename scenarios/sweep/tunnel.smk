# SPDX-License-Identifier: MIT
# TCP through a tunnel between gateways against TCP in clear: delay and loss of the internet, segment sizes.
include: "common.smk"

DELAYS = sized([20], [1, 20, 100, 300])
LOSSES = sized([0, 1], [0, 0.1, 1])

rule all:
    input: "tunnel/report.html", "tunnel/points.csv"

rule point_tunnel:
    output: "tunnel/points/delay{delay}-loss{loss}/summary.json"
    params:
        command=lambda w, output: point(output, "gateway-to-gateway", {"delay": w.delay, "loss": w.loss, "seconds": sized(2, 20),
            "mss": sized("1220", "536,1220,1448"), "runs": sized(1, 5)}),
    shell: "{params.command}"

rule plot_tunnel:
    input: expand("tunnel/points/delay{delay}-loss{loss}/summary.json", delay=DELAYS, loss=LOSSES)
    output: "tunnel/report.html", "tunnel/points.csv"
    shell: "{PYTHON} -B {HERE}/plot.py tunnel tunnel {input}"
