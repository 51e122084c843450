#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The pages of docs/ that a sweep writes: figures, tables and points of docs/loss.md, docs/press.md, docs/storm.md.

Usage: document.py PAGE POINTS.csv     PAGE: loss, press (of energy.smk) or storm; takes the points of a sweep, writes all of it
       document.py --check             exit status 1 if figures or tables are not what the points beside them say
"""
import csv
import pathlib
import re
import sys

import draw
import radio

DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs"


def typed(word):
    """The value that csv.writer wrote."""
    if word == "":
        return None
    for kind in (int, float):
        try:
            return kind(word)
        except ValueError:
            pass
    return word


def markdown(head, rows):
    lines = ["| " + " | ".join(head) + " |", "| --- |" + " --: |" * (len(head) - 1)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def seconds(ms):
    return "-" if ms is None else f"{ms / 1e3:.3g}"


# ---- a page each: figures by name, tables by name of their place in the page --------------------------------------


def loss(head, rows):
    if head != radio.LOSS_HEAD:
        sys.exit(f"not the points of loss.smk: {head}")
    x, n, ok, median = (head.index(name) for name in ("loss_percent", "handshakes", "ok_rate", "handshake_ms_median"))

    def table(cell):
        losses = sorted({r[x] for r in rows})
        lines = []
        for _, what, curves in radio.loss_curves(rows):
            for value, line in curves.items():
                cells = {r[x]: cell(r) for r in line}
                lines.append([f"{what}: {draw.word(value)}"] + [cells.get(loss, "") for loss in losses])
        return markdown(["frames lost, %"] + [f"{loss:g}" for loss in losses], lines)

    few, many = min(r[n] for r in rows), max(r[n] for r in rows)
    return radio.loss_figures(rows), {
        "success": table(lambda r: f"{100 * r[ok]:.3g}"), "latency": table(lambda r: seconds(r[median])),
        "points": f"{len(rows)} points of {few:,} handshakes" + (" at least." if few != many else " each.")}


def press(head, rows):
    if head[:radio.FIRST_PHASE] != radio.ENERGY_HEAD:
        sys.exit(f"not the points of energy.smk: {head}")
    losses = sorted({r[3] for r in rows})
    ways = {}
    for r in rows:
        ways.setdefault(f"{r[0]} + {r[1]}, {r[2]}", {})[r[3]] = r
    lines = [[way] + [f"{at[loss][5]:.4g}" for loss in losses] + [f"{at[0][6]:,.0f}", seconds(at[0][7])] for way, at in ways.items()]
    presses = {r[4] for r in rows}
    return radio.energy_figures(head, rows), {
        "energy": markdown(["mJ a press"] + [f"{loss:g} % lost" for loss in losses] + ["presses a battery", "handshake, s"], lines),
        "points": f"{len(rows)} points of {min(presses)} presses" + (" at least." if len(presses) > 1 else " each.")}


def between(least, most):
    return f"{least:,}" if least == most else f"{least:,} to {most:,}"


def storm(head, rows):
    if head != radio.STORM_HEAD:
        sys.exit(f"not the points of storm.smk: {head}")
    sensors = sorted({r[0] for r in rows})

    def table(cell):
        by = {(r[0], r[1]): cell(r) for r in rows}
        return markdown(["jitter, s"] + [f"{n} sensors" for n in sensors],
                        [[f"{j:g}"] + [by.get((n, j), "") for n in sensors] for j in sorted({r[1] for r in rows})])

    return radio.storm_figures(rows), {
        "answered": table(lambda r: f"{100 * r[3]:.3g}"), "latency": table(lambda r: seconds(r[8])),
        "handshake": table(lambda r: f"{seconds(r[6])} ({seconds(r[7])})"),
        "points": f"{len(rows)} points of {between(min(r[2] for r in rows), max(r[2] for r in rows))} wakings."}


PAGES = {"loss": loss, "press": press, "storm": storm}


# ---- writing -------------------------------------------------------------------------------------------------------


def filled(name, tables):
    path = DOCS / f"{name}.md"
    page = path.read_text(encoding="utf-8")
    for place, text in tables.items():
        where = re.compile(rf"(<!-- {place} -->\n).*?(<!-- end -->)", re.S)
        if not where.search(page):
            sys.exit(f"{path}: no place for {place}")
        page = where.sub(lambda m, text=text: m.group(1) + text + "\n" + m.group(2), page)
    return page


def made(name, source):
    """Every file of a page but its points: text by path."""
    with open(source, newline="", encoding="utf-8") as file:
        head, *rows = csv.reader(file)
    figures, tables = PAGES[name](head, [[typed(word) for word in row] for row in rows])
    files = {DOCS / name / f"{figure}.svg": draw.svg_of(drawn) + "\n" for figure, drawn in figures}
    return {DOCS / f"{name}.md": filled(name, tables), **files}


def check():
    stale = [str(path.relative_to(DOCS)) for name in PAGES for path, text in made(name, DOCS / name / "points.csv").items()
             if not path.exists() or path.read_text(encoding="utf-8") != text]
    sys.exit(f"not what its points say: {', '.join(stale)}" if stale else 0)


def main():
    if sys.argv[1:] == ["--check"]:
        check()
    if len(sys.argv) != 3 or sys.argv[1] not in PAGES:
        sys.exit(__doc__)
    name, source = sys.argv[1], pathlib.Path(sys.argv[2])
    (DOCS / name).mkdir(exist_ok=True)
    files = made(name, source)
    (DOCS / name / "points.csv").write_bytes(source.read_bytes())
    for path, text in files.items():
        path.write_text(text, encoding="utf-8")
        print(f"Written: {path.relative_to(DOCS.parent)}")


if __name__ == "__main__":
    main()
