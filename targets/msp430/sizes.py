#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The size of a firmware image by layer, from the linker's map, held against a budget.

Usage: sizes.py IMAGE.map [--budget FILE] [--objects]

A budget file has lines of "layer flash ram" and "total flash ram"; growth beyond it is a failure, so that
growth is a decision: raise the budget in the same commit and say why.
"""
import argparse
import collections
import re
import sys

LINE = re.compile(r"\s*([0-9a-f]+)\s+([0-9a-f]+)\s+([0-9a-f]+)\s+\d+ (\s*)(\S.*)")
INPUT = re.compile(r"(.*):\(([^)]*)\)$")
KINDS = {".text": "text", ".rodata": "rodata", ".vectors": "rodata", ".data": "data", ".bss": "bss",
         ".noinit": "bss", ".stack": "stack"}
CORE = ("util", "wire", "crypto", "ipsec", "ike")


def layer_of(path):
    """core/<layer>, or the part of targets/msp430 or library that an object is of."""
    for layer in CORE:
        if f"ik_{layer}.dir/" in path:
            return f"core/{layer}"
    if "libbearssl" in path:
        return "bearssl"
    for part in ("app", "board", "runtime", "start", "x25519", "crypto", "kat", "bench"):
        if f"/{part}/" in path:
            return part
    return "other"


def read_map(name):
    """{(object, kind): octets}; what a section has beyond its inputs counts as padding."""
    sizes, kind = collections.Counter(), None
    with open(name, encoding="utf-8") as lines:
        for line in lines:
            m = LINE.match(line)
            if not m:
                continue
            size, indent, what = int(m[3], 16), len(m[4]), m[5]
            if indent == 0:
                kind = KINDS.get(what)
                if kind == "stack":
                    sizes["stack", kind] = size
            elif kind and kind != "stack":
                found = INPUT.match(what)
                if found:
                    sizes[found[1], kind] += size
    return sizes


def by_layer(sizes, objects):
    """objects: of each archive member, the path of the object that went in."""
    layers = collections.defaultdict(collections.Counter)
    for (name, kind), size in sizes.items():
        layers["stack" if kind == "stack" else layer_of(objects.get(name, name))][kind] += size
    return layers


def flash(row):
    return row["text"] + row["rodata"] + row["data"]


def ram(row):
    return row["data"] + row["bss"] + row["stack"]


def print_table(layers):
    print(f"{'layer':14} {'text':>6} {'rodata':>6} {'data':>5} {'bss':>5} {'stack':>5} {'flash':>6} {'RAM':>5}")
    total = collections.Counter()
    for name in sorted(layers):
        row = layers[name]
        total.update(row)
        print_row(name, row)
    print_row("total", total)
    return total


def print_row(name, row):
    print(f"{name:14} {row['text']:6} {row['rodata']:6} {row['data']:5} {row['bss']:5} {row['stack']:5} "
          f"{flash(row):6} {ram(row):5}")


def over_budget(layers, name):
    found = []
    budgets = {}
    with open(name, encoding="utf-8") as lines:
        for line in lines:
            words = line.split("#")[0].split()
            if words:
                budgets[words[0]] = (int(words[1]), int(words[2]))
    for layer, row in layers.items():
        if layer not in budgets:
            found.append(f"{layer}: has no budget in {name}")
            continue
        for what, used, allowed in zip(("flash", "RAM"), (flash(row), ram(row)), budgets[layer]):
            if used > allowed:
                found.append(f"{layer}: {used} octets of {what}, the budget is {allowed}")
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("map")
    parser.add_argument("--budget")
    parser.add_argument("--objects", action="store_true", help="each object too")
    arguments = parser.parse_args()
    sizes = read_map(arguments.map)
    if arguments.objects:
        per_object = collections.Counter()
        for (name, kind), size in sizes.items():
            if kind in ("text", "rodata", "data"):
                per_object[name.split("/")[-1]] += size
        for name, size in per_object.most_common():
            print(f"{size:6} {name}")
    layers = by_layer(sizes, {})
    total = print_table(layers)
    layers["total"] = total
    found = over_budget(layers, arguments.budget) if arguments.budget else []
    for line in found:
        print(f"over budget: {line}", file=sys.stderr)
    return 1 if found else 0


sys.exit(main())
