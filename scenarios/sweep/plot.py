#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The report of a sweep from the summaries of its points: FOLDER/report.html with everything in it, FOLDER/points.csv.

Usage: plot.py loss|energy|storm|latency|tunnel FOLDER SUMMARY...
"""
import csv
import html
import io
import json
import pathlib
import sys

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams.update({"svg.hashsalt": "ikelet", "svg.fonttype": "none", "font.size": 10, "figure.figsize": (8.2, 4.4),
                            "axes.grid": True, "grid.alpha": 0.3})
import matplotlib.pyplot as plt

STYLE = ("body{font-family:sans-serif;max-width:1000px;margin:24px auto;padding:0 16px;color:#222}table{border-collapse:collapse}"
         "td,th{border:1px solid #ccc;padding:3px 9px;text-align:right;font-size:13px}td:first-child,th:first-child{text-align:left}"
         "th{background:#f0f0f0}svg{max-width:100%;height:auto;display:block}.wide{overflow-x:auto}")
COLOURS = ["#08306b", "#d94801", "#238b45", "#6a51a3", "#b30000", "#4292c6", "#8c6d31", "#636363", "#e7298a", "#66a61e", "#a6bddb"]


def svg_of(figure):
    out = io.StringIO()
    figure.savefig(out, format="svg", bbox_inches="tight", metadata={"Date": None, "Creator": "ikelet"})
    plt.close(figure)
    svg = out.getvalue()
    return svg[svg.index("<svg"):]


class Page:
    def __init__(self, title):
        self.title, self.body = title, []

    def text(self, text):
        self.body.append(f"<p>{html.escape(text)}</p>")

    def figure(self, figure):
        self.body.append(svg_of(figure))

    def table(self, head, rows):
        cells = "".join(f"<th>{html.escape(str(h))}</th>" for h in head)
        lines = "".join("<tr>" + "".join(f"<td>{html.escape(str(c))}</td>" for c in row) + "</tr>\n" for row in rows)
        self.body.append(f'<div class="wide"><table><tr>{cells}</tr>\n{lines}</table></div>')

    def write(self, path):
        path.write_text(f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{html.escape(self.title)}</title>'
                        f"<style>{STYLE}</style></head>\n<body>\n<h1>{html.escape(self.title)}</h1>\n" + "\n".join(self.body)
                        + "\n</body></html>\n")


def axes(title, x, y):
    figure, ax = plt.subplots()
    ax.set(title=title, xlabel=x, ylabel=y)
    return figure, ax


def band(ax, x, middle, low, high, label, colour):
    ax.plot(x, middle, "o-", label=label, color=colour, markersize=3)
    ax.fill_between(x, low, high, color=colour, alpha=0.15, linewidth=0)


def legend(ax, n):
    if n:
        ax.legend(fontsize=8)


# ---- loss -------------------------------------------------------------------------------------------------------


LOSS_HEAD = ["loss_model", "hops", "mac_max_frame_retries", "delay_ms", "fragments_of_largest_datagram", "loss_percent", "handshakes",
             "ok_rate", "ok_ci95_low", "ok_ci95_high", "handshake_ms_median", "handshake_ms_p95", "ike_retransmissions_per_handshake",
             "bytes_on_air"]
LOSS_CURVES = (("loss_model", "loss model"), ("hops", "hops"), ("mac_max_frame_retries", "retries of the MAC"),
               ("delay_ms", "one-way delay, ms"), ("fragments_of_largest_datagram", "fragments of the largest message"))


def loss_rows(points):
    rows = []
    for s in points:
        air = s["air"]
        fragments = max(p["fragments_of_largest_datagram"] for p in s["points"])
        for p in s["points"]:
            rows.append([air["loss_model"], air["hops"], air["mac_max_frame_retries"], air["delay_ms"], fragments, p["loss_percent"],
                         p["ok"]["n"], p["ok"]["rate"], p["ok"]["ci95_low"], p["ok"]["ci95_high"], p["handshake_ms"]["median"],
                         p["handshake_ms"]["p95"], p["ike_retransmissions_per_handshake"], p["bytes_on_air"]["mean"]])
    return rows


def loss_curves(rows):
    """What differs from the base in one respect at a time: name of the respect, and its curves by value."""
    base = dict(zip(LOSS_HEAD, ("frame", 1, 3, 0)))
    base["fragments_of_largest_datagram"] = min(r[LOSS_HEAD.index("fragments_of_largest_datagram")] for r in rows)
    for name, what in LOSS_CURVES:
        at = LOSS_HEAD.index(name)
        chosen = [r for r in rows if all(r[LOSS_HEAD.index(k)] == v for k, v in base.items() if k != name)]
        values = sorted({r[at] for r in chosen}, key=lambda v: (str(type(v)), v))
        if len(values) > 1:
            order = LOSS_HEAD.index("loss_percent")
            yield name, what, {v: sorted((r for r in chosen if r[at] == v), key=lambda r: r[order]) for v in values}


def word(value):
    return f"{value:g}" if isinstance(value, float) else value


def loss_figures(rows):
    """Two figures for each respect: name, figure."""
    x, ok, low, high, median = (LOSS_HEAD.index(name) for name in
                                ("loss_percent", "ok_rate", "ok_ci95_low", "ok_ci95_high", "handshake_ms_median"))
    for name, what, curves in loss_curves(rows):
        figure, ax = axes(f"Success against loss, by {what}", "frames lost, %", "handshakes that succeed, %")
        slow, slower = axes(f"Latency of those that succeed, by {what}", "frames lost, %", "handshake, s (median)")
        slower.set_yscale("log")
        for (value, line), colour in zip(curves.items(), COLOURS):
            band(ax, [r[x] for r in line], [100 * r[ok] for r in line], [100 * r[low] for r in line], [100 * r[high] for r in line],
                 f"{what} {word(value)}", colour)
            known = [r for r in line if r[median] is not None]
            slower.plot([r[x] for r in known], [r[median] / 1e3 for r in known], "o-", label=f"{what} {word(value)}", color=colour, markersize=3)
        legend(ax, len(curves))
        legend(slower, len(curves))
        yield f"{name}-success", figure
        yield f"{name}-latency", slow


def loss(points, page):
    rows = loss_rows(points)
    page.text(f"{points[0]['options']['handshakes']} handshakes a point; bands are 95 % intervals (Wilson). Unless it says otherwise: loss of "
              "each frame alike, one hop, 3 retries of the MAC, no delay, X25519.")
    for _, figure in loss_figures(rows):
        page.figure(figure)
    return LOSS_HEAD, rows


# ---- energy -----------------------------------------------------------------------------------------------------


ENERGY_HEAD = ["cpu", "radio", "way", "loss_percent", "presses", "energy_mj_per_press", "presses_per_battery", "handshake_ms_median"]
FIRST_PHASE = len(ENERGY_HEAD)


def energy_rows(points):
    phases = list(points[0]["energy_ledger_mj"]["all"])
    rows = []
    for s in points:
        power = s["power"]
        way = "plain" if s["options"]["plain"] else s["options"]["sa"] + ("" if power["radio_policy"] == "listen" else ", radio off")
        rows.append([power["cpu"], power["radio"], way, s["air"]["loss_ppm"] / 1e4, s["presses"], s["energy_mj_per_press"],
                     s["presses_per_battery"], s["handshake_ms"]["median"]]
                    + [round(s["energy_ledger_mj"]["all"][phase] / s["presses"], 6) for phase in phases])
    return ENERGY_HEAD + [f"{phase}_mj_per_press" for phase in phases], rows


def energy_figures(head, rows):
    """Two figures: name, figure."""
    phases = [name.removesuffix("_mj_per_press") for name in head[FIRST_PHASE:]]
    quiet = [r for r in rows if r[3] == 0]
    figure, ax = plt.subplots(figsize=(8.2, 0.42 * len(quiet) + 1.6))
    left = [0.0] * len(quiet)
    for i, phase in enumerate(phases):
        widths = [r[FIRST_PHASE + i] for r in quiet]
        ax.barh(range(len(quiet)), widths, left=left, label=phase.replace("_", " "), color=COLOURS[i % len(COLOURS)])
        left = [a + b for a, b in zip(left, widths)]
    ax.set_yticks(range(len(quiet)))
    ax.set_yticklabels([f"{r[0]} + {r[1]}, {r[2]}" for r in quiet])
    ax.invert_yaxis()
    ax.set(title="Energy of a press, no loss", xlabel="mJ a press")
    ax.legend(fontsize=8, ncol=6, loc="upper center", bbox_to_anchor=(0.3, -0.12))
    yield "phases", figure
    ways = list(dict.fromkeys(r[2] for r in rows))
    if len({r[3] for r in rows}) > 1:
        figure, ax = axes(f"Energy of a press against loss, {rows[0][0]} + {rows[0][1]}", "frames lost, %", "mJ a press")
        for way, colour in zip(ways, COLOURS):
            line = sorted((r for r in rows if r[2] == way and r[0] == rows[0][0]), key=lambda r: r[3])
            ax.plot([r[3] for r in line], [r[5] for r in line], "o-", label=way, color=colour, markersize=3)
        ax.set_ylim(bottom=0)
        legend(ax, len(ways))
        yield "loss", figure


def energy(points, page):
    head, rows = energy_rows(points)
    page.text(f"{points[0]['presses']} presses a point: press, command through ESP, acknowledgement, status for 10 s, sleep until the next. "
              "handshake: SAs set up at each press; kept: over the sleep; plain: no IPsec; radio off: while a handshake is computed.")
    for _, figure in energy_figures(head, rows):
        page.figure(figure)
    return head, rows


# ---- storm ------------------------------------------------------------------------------------------------------


STORM_HEAD = ["sensors", "jitter_s", "wakings", "answered_rate", "answered_ci95_low", "answered_ci95_high", "handshake_ms_median",
              "handshake_ms_p95", "answer_ms_median", "ike_retransmissions", "energy_j_per_sensor_day"]


def storm_rows(points):
    rows = []
    for s in points:
        o, a = s["options"], s["answered"]
        rows.append([o["sensors"], o["jitter_ms"] / 1e3, s["wakings"], a["rate"], a["ci95_low"], a["ci95_high"], s["handshake_ms"]["median"],
                     s["handshake_ms"]["p95"], s["answer_ms"]["median"], s["ike_retransmissions"], s["energy_j_per_sensor_day"]])
    return rows


def storm_figures(rows):
    """Two figures: name, figure."""
    jitters = sorted({r[1] for r in rows})
    figure, ax = axes("All wake at once: who gets an answer", "sensors", "wakings answered, %")
    slow, slower = axes("All wake at once: how long it takes", "sensors", "from waking to answer, s (median)")
    for jitter, colour in zip(jitters, COLOURS):
        line = sorted((r for r in rows if r[1] == jitter), key=lambda r: r[0])
        band(ax, [r[0] for r in line], [100 * r[3] for r in line], [100 * r[4] for r in line], [100 * r[5] for r in line],
             f"jitter {jitter:g} s", colour)
        known = [r for r in line if r[8] is not None]
        slower.plot([r[0] for r in known], [r[8] / 1e3 for r in known], "o-", label=f"jitter {jitter:g} s", color=colour, markersize=3)
    slower.set_yscale("log")
    legend(ax, len(jitters))
    legend(slower, len(jitters))
    yield "answered", figure
    yield "latency", slow


def storm(points, page):
    rows = storm_rows(points)
    page.text(f"{points[0]['runs']['n']} runs a point; bands are 95 % intervals (Wilson). Each sensor wakes once, sets up IKE and Child SA, reports and "
              "sleeps; jitter: each waits a random part of it first.")
    for _, figure in storm_figures(rows):
        page.figure(figure)
    return STORM_HEAD, rows


# ---- latency ----------------------------------------------------------------------------------------------------


LATENCY_HEAD = ["cpu", "mode", "hops", "variant", "protocol", "payload_octets", "echoes", "lost", "round_trip_ms_median", "bytes_on_air"]


def latency_rows(points):
    rows = []
    for s in points:
        for p in s["points"]:
            rows.append([s["power"]["cpu"], s["options"]["mode"], s["air"]["hops"], p["variant"], p["protocol"], p["payload_octets"],
                         p["round_trip_ms"]["n"] + p["lost"], p["lost"], p["round_trip_ms"]["median"], p["bytes_on_air"]["mean"]])
    return rows


def latency(points, page):
    rows = latency_rows(points)
    variants = list(dict.fromkeys(r[3] for r in rows))
    page.text("The same part at both ends, IEEE 802.15.4 without loss; ah- is AH, plain no IPsec, all else ESP.")
    for cpu, mode in dict.fromkeys((r[0], r[1]) for r in rows):
        figure, ax = axes(f"Round trip, {cpu}, {mode} mode, one hop", "payload of UDP, octets", "round trip, ms (median)")
        for variant, colour in zip(variants, COLOURS):
            line = [r for r in rows if r[:4] == [cpu, mode, 1, variant] and r[8] is not None]
            ax.plot([r[5] for r in line], [r[8] for r in line], "o-", label=variant, color=colour, markersize=3)
        ax.set_ylim(bottom=0)
        legend(ax, len(variants))
        page.figure(figure)
    return LATENCY_HEAD, rows


# ---- tunnel -----------------------------------------------------------------------------------------------------


TUNNEL_HEAD = ["delay_ms", "loss_percent", "variant", "mss_octets", "runs", "goodput_mbit_per_s", "goodput_ci95_low", "goodput_ci95_high",
               "goodput_of_plain", "echo_ms_median", "echoes_answered_rate"]


def tunnel_rows(points):
    rows = []
    for s in points:
        for f in s["flows"]:
            g = f["goodput_mbit_per_s"]
            rows.append([s["options"]["delay_ms"], s["options"]["loss_ppm"] / 1e4, f["variant"], f["mss_octets"], g["n"], g["mean"],
                         g["ci95_low"], g["ci95_high"], f["goodput_of_plain"], f["echo_ms"]["median"], f["echoes_answered"]["rate"]])
    return rows


def tunnel(points, page):
    rows = tunnel_rows(points)
    page.text(f"TCP through an internet of {points[0]['options']['rate_mbit_per_s']:g} Mbit/s; plain: the same in clear; bands are 95 % intervals "
              "(Student's t) where there are several runs.")
    for mss in sorted({r[3] for r in rows}):
        figure, ax = axes(f"Goodput of TCP, segments of {mss} octets", "one-way delay, ms", "goodput, Mbit/s")
        curves = list(dict.fromkeys((r[1], r[2]) for r in rows))
        for (loss_percent, variant), colour in zip(curves, COLOURS):
            line = sorted((r for r in rows if r[1:4] == [loss_percent, variant, mss]), key=lambda r: r[0])
            low, high = ([r[5] if r[at] is None else r[at] for r in line] for at in (6, 7))
            band(ax, [r[0] for r in line], [r[5] for r in line], low, high, f"{variant}, {loss_percent:g} % lost", colour)
        ax.set_ylim(bottom=0)
        legend(ax, len(curves))
        page.figure(figure)
    return TUNNEL_HEAD, rows


TITLES = {"latency": "What ESP and AH add to the round trip of a small packet", "tunnel": "TCP through a tunnel between gateways", "loss": "What loss on the air does to an IKEv2 handshake", "energy": "Joules of a garage door press",
          "storm": "A field of sensors that wake at once"}


def shown(value):
    if not isinstance(value, float):
        return "-" if value is None else value
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def main():
    if len(sys.argv) < 4 or sys.argv[1] not in TITLES:
        sys.exit(__doc__)
    question, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    points = [json.loads(pathlib.Path(path).read_text()) for path in dict.fromkeys(sys.argv[3:])]
    page = Page(TITLES[question])
    draw = {"loss": loss, "energy": energy, "storm": storm, "latency": latency, "tunnel": tunnel}[question]
    head, rows = draw(points, page)
    page.table(head, [[shown(cell) for cell in row] for row in rows])
    made = points[0]["made_by"]
    page.text(f"{made['project']} {made['commit']}, ns-3 {made['ns3']}, seed {points[0]['seed']}; {len(points)} runs of the scenario.")
    page.write(folder / "report.html")
    with open(folder / "points.csv", "w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([head, *rows])


if __name__ == "__main__":
    main()
