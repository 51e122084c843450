#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Lines of code of each part of the tree, without blank lines and comments.

Usage: bench/lines.py [--json=FILE]
"""
import argparse
import io
import json
import pathlib
import re
import subprocess
import tokenize

ROOT = pathlib.Path(__file__).resolve().parent.parent
# Each file counts for the first part whose folder holds it.
PARTS = ["core/include", "core/util", "core/wire", "core/crypto", "core/ipsec", "core/ike", "sim/ns3", "sim",
         "targets/host", "targets/posix", "targets/msp430", "scenarios", "bench", "tests"]
C_SUFFIXES = {".c", ".h", ".cc"}


def c_lines(text):
    """Lines that hold something when comments are gone; strings may look like comments."""
    pattern = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)

    def blank(m):
        return m.group(0) if m.group(0)[0] in "\"'" else re.sub(r"[^\n]", " ", m.group(0))
    return sum(1 for line in pattern.sub(blank, text).split("\n") if line.strip())


def python_lines(text):
    """Lines with a token that is neither a comment nor of a string that is a statement."""
    lines = set()
    begins = True
    for t in tokenize.generate_tokens(io.StringIO(text).readline):
        if t.type in (tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT):
            begins = True
        elif t.type == tokenize.STRING and begins:
            continue
        elif t.type not in (tokenize.NL, tokenize.COMMENT, tokenize.ENDMARKER):
            begins = False
            lines.update(range(t.start[0], t.end[0] + 1))
    return len(lines)


def sh_lines(text):
    return sum(1 for line in text.split("\n") if line.strip() and not line.strip().startswith("#"))


def count(path):
    text = path.read_text()
    if path.suffix in C_SUFFIXES:
        return c_lines(text)
    if path.suffix == ".py":
        return python_lines(text)
    return sh_lines(text) if path.suffix == ".sh" else 0


def tracked():
    names = subprocess.run(["git", "-C", str(ROOT), "ls-files", "-co", "--exclude-standard"],
                           check=True, capture_output=True, text=True).stdout.split("\n")
    return [n for n in names if n and (ROOT / n).is_file()]


def totals():
    parts = {part: {"files": 0, "lines": 0} for part in PARTS}
    for name in tracked():
        part = next((p for p in PARTS if name.startswith(p + "/")), None)
        if part and pathlib.Path(name).suffix in C_SUFFIXES | {".py", ".sh"}:
            parts[part]["files"] += 1
            parts[part]["lines"] += count(ROOT / name)
    return parts


def print_row(name, row):
    print(f"{name:16}{row['files']:6}{row['lines']:8}")


def add(rows):
    rows = list(rows)
    return {key: sum(row[key] for row in rows) for key in ("files", "lines")}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--json", metavar="FILE", help="write the figures to FILE, too")
    options = parser.parse_args()
    parts = totals()
    core = add(row for name, row in parts.items() if name.startswith("core/"))
    everything = add(parts.values())
    print(f"{'lines of code':16}{'files':>6}{'lines':>8}")
    for name, row in parts.items():
        print_row(name, row)
        if name == "core/ike":
            print_row("core", core)
    print_row("all", everything)
    if options.json:
        figures = {"schema": 1, "bench": "lines", "parts": parts, "core": core, "all": everything}
        pathlib.Path(options.json).write_text(json.dumps(figures, indent=2) + "\n")


main()
