#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes a mutant: NAME.patch with one place of FILE changed from OLD to NEW.

A patch has one line of context on each side, so that what happens around it does not make it rot; when it does, run
this again with the line that is there now."""
import argparse
import difflib
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent


def patch_text(file, old, new):
    """The unified diff, or an error text."""
    before = (ROOT / file).read_text(encoding="utf-8")
    if before.count(old) != 1:
        return None, f"{file}: {before.count(old)} places have that text, one is needed"
    after = before.replace(old, new)
    lines = difflib.unified_diff(before.splitlines(True), after.splitlines(True), f"a/{file}", f"b/{file}", n=1)
    return "".join(lines), None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", help="of the patch file, without .patch")
    parser.add_argument("file", help="from the root of the tree")
    parser.add_argument("old", help="text that stands there once; may hold line ends")
    parser.add_argument("new")
    parser.add_argument("breaks", help="one line: what is wrong now")
    parser.add_argument("--by", default="any", help="lanes that must catch it each: unit, kat, stories, swarm; or any")
    args = parser.parse_args()
    text, error = patch_text(args.file, args.old, args.new)
    if error:
        sys.exit(f"new.py: {error}")
    head = f"Breaks: {args.breaks}\nBy: {args.by}\n\n"
    (HERE / f"{args.name}.patch").write_text(head + text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
