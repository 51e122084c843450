# SPDX-License-Identifier: MIT
"""The pages of docs/ that have their figures and tables from the points of a sweep: for each the columns that it wants, its figures by
name, its tables by name of their place, and which points it keeps."""
import sys
from dataclasses import dataclass

import draw
import radio
import wires


def markdown(head, rows):
    lines = ["| " + " | ".join(head) + " |", "| --- |" + " --: |" * (len(head) - 1)]
    return "\n".join(lines + ["| " + " | ".join(map(str, row)) + " |" for row in rows])


def seconds(ms):
    return "-" if ms is None else f"{ms / 1e3:.3g}"


def between(least, most):
    return f"{least:,}" if least == most else f"{least:,} to {most:,}"


def crossed(rows, lines, columns, cell, name=str):
    """A table: a line for each value of some columns, a column for each value of another, in the order of the points."""
    lined = {}
    for r in rows:
        lined.setdefault(tuple(r[i] for i in lines), {})[r[columns]] = cell(r)
    heads = list(dict.fromkeys(r[columns] for r in rows))
    return [name(head) for head in heads], [[", ".join(str(draw.word(word)) for word in line)] + [cells.get(head, "") for head in heads]
                                            for line, cells in lined.items()]


def table(what, rows, lines, columns, cell, name=str):
    heads, body = crossed(rows, lines, columns, cell, name)
    return markdown([what, *heads], body)


def count(rows, of, what):
    few, many = min(r[of] for r in rows), max(r[of] for r in rows)
    return f"{len(rows)} points of {few:,} {what}" + (" at least." if few != many else " each.")


# ---- what happens on the air ----------------------------------------------------------------------------------------


def loss(rows):
    x, n, ok, median = (radio.LOSS_HEAD.index(name) for name in ("loss_percent", "handshakes", "ok_rate", "handshake_ms_median"))

    def by_curve(cell):
        losses = sorted({r[x] for r in rows})
        lines = []
        for _, what, curves in radio.loss_curves(rows):
            for value, line in curves.items():
                cells = {r[x]: cell(r) for r in line}
                lines.append([f"{what}: {draw.word(value)}"] + [cells.get(loss, "") for loss in losses])
        return markdown(["frames lost, %"] + [f"{loss:g}" for loss in losses], lines)

    # One hop and the same chance for each frame are lines of the tables above.
    far = sorted((r for r in rows if r[0] != "frame" and r[1] > 1), key=lambda r: (r[0], r[1], r[x]))
    models = table("loss model, hops", far, (0, 1), x, lambda r: f"{100 * r[ok]:.3g}", lambda percent: f"{percent:g}")
    return {"success": by_curve(lambda r: f"{100 * r[ok]:.3g}"), "latency": by_curve(lambda r: seconds(r[median])), "models": models,
            "points": count(rows, n, "handshakes")}


def press(rows):
    losses = sorted({r[3] for r in rows})
    ways = {}
    for r in rows:
        ways.setdefault(f"{r[0]} + {r[1]}, {r[2]}", {})[r[3]] = r
    lines = [[way] + [f"{at[loss][5]:.4g}" for loss in losses] + [f"{at[0][6]:,.0f}", seconds(at[0][7])] for way, at in ways.items()]
    return {"energy": markdown(["mJ a press"] + [f"{loss:g} % lost" for loss in losses] + ["presses a battery", "handshake, s"], lines),
            "points": count(rows, 4, "presses")}


def storm(rows):
    sensors = sorted({r[0] for r in rows})

    def by_jitter(cell):
        by = {(r[0], r[1]): cell(r) for r in rows}
        return markdown(["jitter, s"] + [f"{n} sensors" for n in sensors],
                        [[f"{j:g}"] + [by.get((n, j), "") for n in sensors] for j in sorted({r[1] for r in rows})])

    return {"answered": by_jitter(lambda r: f"{100 * r[3]:.3g}"), "latency": by_jitter(lambda r: seconds(r[8])),
            "handshake": by_jitter(lambda r: f"{seconds(r[6])} ({seconds(r[7])})"),
            "points": f"{len(rows)} points of {between(min(r[2] for r in rows), max(r[2] for r in rows))} wakings."}


def life(rows):
    def of(column, form):
        return table("a report each", rows, (0, 1, 2), 3, lambda r: form.format(r[column]), lambda period: f"{period:,.0f} s")

    return {"days": of(9, "{:,.0f}"), "joules": of(8, "{:.3g}"), "octets": of(12, "{:.0f}"), "points": count(rows, 4, "reports")}


def latency(rows):
    near = [r for r in rows if r[2] == 1]
    payload = max(r[5] for r in rows if r[5] <= 64)
    return {"payloads": table("one hop", near, (0, 1, 3), 5, lambda r: f"{r[8]:.1f}", lambda octets: f"{octets} octets"),
            "hops": table(f"{payload} octets", [r for r in rows if r[5] == payload], (0, 1, 3), 2, lambda r: f"{r[8]:.1f}",
                          lambda hops: "1 hop" if hops == 1 else f"{hops} hops"),
            "points": count(rows, 6, "echoes")}


def fields(rows):
    first = len(radio.OCTETS_HEAD)
    names = [label for label, _ in radio.OCTETS_KINDS.values()]
    given = [r for r in rows if r[first] is not None]
    by_field = [[f"{r[0]}, {r[1]}", *r[first:], r[3], r[4]] for r in given]
    shortest = {}
    for r in rows:
        shortest[(r[0], r[1])] = r
    return {"fields": markdown(["suite, mode", *names, "all", "on air"], by_field),
            "variants": markdown(["suite, mode", "as given", "least", "on air, as given", "on air, least"],
                                 [[f"{r[0]}, {r[1]}", r[3], shortest[r[0], r[1]][3], r[4], shortest[r[0], r[1]][4]] for r in given]),
            "points": f"{len(given)} handshakes, each in {len(rows) // len(given)} variants."}


def parity(rows):
    near = [r for r in rows if r[4] == 1 and r[5] == 0]
    columns = ("first SA, s", "each further, s", "round trip, ms", "CPU, ms", "energy, mJ", "octets on air")

    def cells(r):
        return [seconds(r[10]), seconds(r[11]), f"{r[12]:.1f}", f"{r[14]:,.0f}", f"{r[15]:.1f}", f"{r[16]:,.0f}"]

    def name(r):
        return f"{r[0]} + {r[1]}, {r[3] or 'keys by hand'}"

    def by(at, of, cell):
        heads = sorted({r[at] for r in of})
        lined = {}
        for r in of:
            lined.setdefault(name(r), {})[r[at]] = cell(r)
        return markdown([{4: "hops", 5: "frames lost, %"}[at], *(f"{head:g}" for head in heads)],
                        [[line] + [cell.get(head, "") for head in heads] for line, cell in lined.items()])

    return {"near": markdown(["one hop, no loss", *columns], [[name(r), *cells(r)] for r in near]),
            "hops": by(4, [r for r in rows if r[5] == 0], lambda r: f"{r[12]:.1f}"),
            "loss": by(5, [r for r in rows if r[4] == 1 and r[10] is not None], lambda r: f"{seconds(r[10])} ({100 * r[7]:.4g} %)"),
            "points": count(rows, 6, "flows")}


def peer(rows):
    def of(cell):
        return table("frames lost, %", rows, (0,), 1, cell, lambda percent: f"{percent:g}")

    return {"success": of(lambda r: f"{100 * r[3]:.4g} ({100 * r[4]:.3g} to {100 * r[5]:.3g})"), "latency": of(lambda r: seconds(r[6])),
            "again": of(lambda r: f"{r[9] / r[2]:.2f}"), "echoes": of(lambda r: f"{100 * r[8]:.4g}" if r[8] is not None else "-"),
            "points": count(rows, 2, "handshakes")}


# ---- on wires ---------------------------------------------------------------------------------------------------------


def flows(rows):
    def cell(r):
        return f"{r[5]:.3g}" + ("" if r[8] is None else f" ({100 * r[8]:.0f} %)")

    return {"goodput": table("delay in ms, % lost, how", rows, (0, 1, 2), 3, cell, lambda mss: f"{mss} octets"), "points": count(rows, 4, "runs")}


def roadwarrior(rows):
    tables = {}
    for reboots, place in ((0, "stays"), (1, "reboots")):
        tables[place] = flows([r[1:-1] for r in rows if r[0] == reboots])["goodput"]
    tables["gaps"] = table("delay in ms, % lost, how", [r for r in rows if r[0] == 1], (1, 2, 3), 4, lambda r: seconds(r[-1]),
                           lambda mss: f"{mss} octets")
    return {**tables, "points": count(rows, 5, "runs")}


def flood(rows):
    def of(cell):
        return table("gateway, room, cookies", rows, (0, 1, 3), 2, cell, lambda rate: f"{rate:,.0f} a second")

    return {"served": of(lambda r: f"{100 * r[5]:.3g}"), "latency": of(lambda r: seconds(r[8])), "work": of(lambda r: f"{r[10]:,.0f}"),
            "points": count(rows, 4, "honest handshakes")}


def mitm(rows):
    first = [r for r in rows if r[1] == rows[0][1]]
    return {"refused": table("attack", rows, (0,), 1, lambda r: f"{r[3] * r[2]:.0f} of {r[2]}"),
            "packets": markdown(["attack", "touched", "payloads sent", "delivered", "repeated", "altered", "packets dropped"],
                                [[r[0], r[6], *r[8:]] for r in first]),
            "points": count(rows, 2, "runs")}


@dataclass
class Sweep:
    """workflow: its name; head: its columns, or the first of them; figures and tables of the rows."""

    workflow: str
    head: list
    figures: callable
    tables: callable
    keep: callable = lambda row: True

    def check(self, head):
        if head[:len(self.head)] != self.head:
            sys.exit(f"not the points of {self.workflow}.smk: {head}")


PAGES = {
    "loss": Sweep("loss", radio.LOSS_HEAD, radio.loss_figures, loss),
    "press": Sweep("energy", radio.ENERGY_HEAD, None, press),
    "storm": Sweep("storm", radio.STORM_HEAD, radio.storm_figures, storm),
    "life": Sweep("life", radio.LIFE_HEAD, radio.life_figures, life),
    "latency": Sweep("latency", radio.LATENCY_HEAD, radio.latency_figures, latency, lambda r: r[5] in (8, 32, 64, 128, 256)),
    "fields": Sweep("octets", radio.OCTETS_COLUMNS, radio.octets_figures, fields),
    "parity": Sweep("parity", radio.PARITY_HEAD, radio.parity_figures, parity),
    "peer": Sweep("peer", radio.PEER_HEAD, radio.peer_figures, peer),
    "tunnel": Sweep("tunnel", wires.FLOW_HEAD, wires.flow_figures, flows),
    "hosts": Sweep("hosts", wires.FLOW_HEAD, wires.flow_figures, flows),
    "roadwarrior": Sweep("roadwarrior", wires.ROADWARRIOR_HEAD, wires.roadwarrior_figures, roadwarrior),
    "flood": Sweep("flood", wires.FLOOD_HEAD, wires.flood_figures, flood),
    "mitm": Sweep("mitm", wires.MITM_HEAD, wires.mitm_figures, mitm),
}
