# SPDX-License-Identifier: MIT
# TCP between two hosts, in clear, in transport mode and in a tunnel: delay and loss of the internet, segment sizes.
include: "common.smk"

DELAYS = sized([20], [1, 20, 100, 300])
LOSSES = sized([0], [0, 0.1, 1])

rule all:
    input: "hosts/report.html", "hosts/points.csv"

rule point_hosts:
    output: "hosts/points/delay{delay}-loss{loss}/summary.json"
    params:
        command=lambda w, output: point(output, "end-to-end", {"delay": w.delay, "loss": w.loss, "seconds": sized(2, 20),
            "mss": sized("1220", "536,1220,1448"), "runs": sized(1, 5)}),
    shell: "{params.command}"

rule plot_hosts:
    input: expand("hosts/points/delay{delay}-loss{loss}/summary.json", delay=DELAYS, loss=LOSSES)
    output: "hosts/report.html", "hosts/points.csv"
    shell: "{PYTHON} -B {HERE}/plot.py hosts hosts {input}"
