#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""docs/loss.md from the points of the sweep loss.smk: its figures docs/loss/*.svg, its tables, docs/loss/points.csv.

Usage: document.py POINTS.csv     takes the points of a sweep, writes all of it
       document.py --check        exit status 1 if figures or tables are not what docs/loss/points.csv says
"""
import csv
import pathlib
import re
import sys

import plot

DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs"
PAGE, FOLDER = DOCS / "loss.md", DOCS / "loss"
X, N, OK, MEDIAN = (plot.LOSS_HEAD.index(name) for name in ("loss_percent", "handshakes", "ok_rate", "handshake_ms_median"))


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


def read(path):
    with open(path, newline="", encoding="utf-8") as file:
        head, *rows = csv.reader(file)
    if head != plot.LOSS_HEAD:
        sys.exit(f"{path} is not of loss.smk: {head}")
    return [[typed(word) for word in row] for row in rows]


def table(rows, cell):
    losses = sorted({r[X] for r in rows})
    lines = ["| " + " | ".join(["frames lost, %"] + [f"{loss:g}" for loss in losses]) + " |", "| --- |" + " --: |" * len(losses)]
    for _, what, curves in plot.loss_curves(rows):
        for value, line in curves.items():
            cells = {r[X]: cell(r) for r in line}
            lines.append("| " + " | ".join([f"{what}: {value}"] + [cells.get(loss, "") for loss in losses]) + " |")
    return "\n".join(lines)


def seconds(row):
    return "-" if row[MEDIAN] is None else f"{row[MEDIAN] / 1e3:.3g}"


def parts(rows):
    """Everything that is written: figures by name of their file, tables by name of their place in the page."""
    figures = {f"{name}.svg": plot.svg_of(figure) + "\n" for name, figure in plot.loss_figures(rows)}
    few = min(r[N] for r in rows)
    tables = {"success": table(rows, lambda r: f"{100 * r[OK]:.3g}"), "latency": table(rows, seconds),
              "points": f"{len(rows)} points of {few:,} handshakes" + (" at least." if few != max(r[N] for r in rows) else " each.")}
    return figures, tables


def filled(page, tables):
    for name, text in tables.items():
        place = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end -->)", re.S)
        if not place.search(page):
            sys.exit(f"{PAGE}: no place for {name}")
        page = place.sub(lambda m, text=text: m.group(1) + text + "\n" + m.group(2), page)
    return page


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    check = sys.argv[1] == "--check"
    source = FOLDER / "points.csv" if check else pathlib.Path(sys.argv[1])
    rows = read(source)
    figures, tables = parts(rows)
    page = filled(PAGE.read_text(encoding="utf-8"), tables)
    wanted = {PAGE: page, **{FOLDER / name: text for name, text in figures.items()}}
    if check:
        stale = [str(path.relative_to(DOCS)) for path, text in wanted.items()
                 if not path.exists() or path.read_text(encoding="utf-8") != text]
        sys.exit(f"not what docs/loss/points.csv says: {', '.join(stale)}" if stale else 0)
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / "points.csv").write_bytes(source.read_bytes())
    for path, text in wanted.items():
        path.write_text(text, encoding="utf-8")
        print(f"Written: {path.relative_to(DOCS.parent)}")


if __name__ == "__main__":
    main()
