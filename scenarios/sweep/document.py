#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The pages of docs/ that a sweep writes: figures, tables and points.

Usage: document.py PAGE POINTS.csv     takes the points of a sweep, writes figures, tables and points of docs/PAGE.md: that of its
                                       workflow; press is of energy.smk, fields of octets.smk
       document.py --check             exit status 1 if figures or tables are not what the points beside them say
"""
import csv
import io
import pathlib
import re
import sys

import draw
import radio
from pages import PAGES

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


def figures_of(name, head, rows):
    return radio.energy_figures(head, rows) if name == "press" else PAGES[name].figures(rows)


def made(name, source):
    """Every file of a page: text by path."""
    with open(source, newline="", encoding="utf-8") as file:
        head, *lines = csv.reader(file)
    PAGES[name].check(head)
    rows = [[typed(word) for word in line] for line in lines]
    kept = [i for i, row in enumerate(rows) if PAGES[name].keep(row)]
    rows = [rows[i] for i in kept]
    points = io.StringIO()
    csv.writer(points, lineterminator="\n").writerows([head, *(lines[i] for i in kept)])
    files = {DOCS / name / f"{figure}.svg": draw.svg_of(drawn) + "\n" for figure, drawn in figures_of(name, head, rows)}
    return {DOCS / f"{name}.md": filled(name, PAGES[name].tables(rows)), DOCS / name / "points.csv": points.getvalue(), **files}


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
    for path, text in files.items():
        path.write_text(text, encoding="utf-8")
        print(f"Written: {path.relative_to(DOCS.parent)}")


if __name__ == "__main__":
    main()
