# SPDX-License-Identifier: MIT
# A field of sensors that all wake at once, or with jitter: who gets through, when, for how many joules.
include: "common.smk"

SENSORS = sized([5, 10], [5, 10, 20, 50, 100])
JITTERS = sized([0, 5], [0, 1, 5, 10, 30])


def runs(sensors):
    """So many that a point has a thousand wakings."""
    return sized(2, 1000 // sensors)


rule all:
    input: "storm/report.html", "storm/points.csv"

rule point_storm:
    output: "storm/points/sensors{sensors}-jitter{jitter}/summary.json"
    params:
        command=lambda w, output: point(output, "sensor-field", {"sensors": w.sensors, "jitter": w.jitter, "start": "storm", "hours": 0.1,
            "period": 600, "runs": runs(int(w.sensors)), "cpu": "msp430f1611", "radio": "cc2420"}),
    shell: "{params.command}"

rule plot_storm:
    input: expand("storm/points/sensors{sensors}-jitter{jitter}/summary.json", sensors=SENSORS, jitter=JITTERS)
    output: "storm/report.html", "storm/points.csv"
    shell: "{PYTHON} -B {HERE}/plot.py storm storm {input}"
