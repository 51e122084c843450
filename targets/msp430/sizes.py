#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The size of a firmware image by layer, held against a budget.

The linker compiles the whole image at once and inlines across files, so that its map does not tell
whose code is whose. The line tables do: each instruction has a source file. Assembly and constants
go by the linker's map.

Usage: sizes.py IMAGE.elf [--budget FILE] [--files]

A budget has lines "layer flash RAM". More than that is a failure, so that growth is a decision:
raise the budget in the same commit and say why.
"""
import argparse
import collections
import os
import re
import subprocess
import sys

MAP_LINE = re.compile(r"\s*([0-9a-f]+)\s+([0-9a-f]+)\s+([0-9a-f]+)\s+\d+ (\s*)(\S.*)")
INPUT = re.compile(r"(.*):\(([^)]*)\)$")
ROW = re.compile(r"0x([0-9a-f]+)\s+\d+\s+\d+\s+(\d+)\s")
LAYERS = [(r"(?:^|/)core/(util|wire|crypto|ipsec|ike)/", r"core/\1"), (r"/bearssl/src/", "bearssl"),
          (r"targets/msp430/(\w+)/", r"\1"), (r"tests/target/", "tests")]
FLASH = ("text", "rodata", "data")
RAM = ("data", "bss", "stack")
KINDS = {".text": "text", ".rodata": "rodata", ".vectors": "rodata", ".data": "data", ".bss": "bss",
         ".noinit": "bss", ".stack": "stack"}


def layer_of(path):
    for pattern, name in LAYERS:
        found = re.search(pattern, path)
        if found:
            return found.expand(name)
    return None


def code_by_file(elf):
    """{source file: octets} of what has line tables."""
    text = subprocess.run(["llvm-dwarfdump-19", "--debug-line", elf], check=True, capture_output=True,
                          text=True).stdout
    sizes, names, folders, last, index = collections.Counter(), {}, {}, None, None
    for line in text.split("\n"):
        row = ROW.match(line)
        if row:
            at = int(row[1], 16)
            if last is not None:
                sizes[names[last[1]]] += at - last[0]
            last = None if "end_sequence" in line else (at, int(row[2]))
        elif line.startswith("debug_line["):
            names, folders, last = {}, {}, None
        elif found := re.match(r'include_directories\[\s*(\d+)\] = "(.*)"', line):
            folders[int(found[1])] = found[2]
        elif found := re.match(r"file_names\[\s*(\d+)\]", line):
            index = int(found[1])
        elif found := re.match(r'\s*name: "(.*)"', line):
            names[index] = found[1]
        elif found := re.match(r"\s*dir_index: (\d+)", line):
            names[index] = f"{folders.get(int(found[1]), '')}/{names[index]}"
    return sizes


def sections(name):
    """(kind, object, section, octets) of the linker's map; a kind as a whole has no object."""
    kind = None
    with open(name, encoding="utf-8") as lines:
        for line in lines:
            m = MAP_LINE.match(line)
            if not m:
                continue
            size, what = int(m[3], 16), m[5]
            if not m[4]:
                kind = KINDS.get(what)
                if kind:
                    yield kind, None, what, size
            elif kind and (found := INPUT.match(what)):
                yield kind, found[1], found[2], size


OBJECTS = [(r"/(start|runtime|x25519|primitives)/", r"\1"), (r"libplatform\.a\(fe\w*\.S", "x25519"),
           (r"libplatform\.a\((?:sha|aes)\w*\.S", "primitives"), (r"libplatform\.a\(clock\.S", "board"), (r"libplatform\.a\(\w+\.S", "runtime")]


def layer_of_object(path):
    for pattern, name in OBJECTS:
        found = re.search(pattern, path)
        if found:
            return found.expand(name)
    return None


# The application's, and what it lends to the core.
APP_DATA = {"door", "command", "told", "encr", "prf", "dh", "node"}


def layer_of_data(section):
    """Of constants and variables the whole-program object keeps the name only."""
    name = section.split(".")[2] if section.count(".") > 1 else section
    return "app" if name in APP_DATA or name.startswith(("door_", "ik_linked_")) else "data"


def measure(elf):
    layers = collections.defaultdict(collections.Counter)
    files = code_by_file(elf)
    for path, size in files.items():
        layers[layer_of(path) or "other"]["text"] += size
    whole = collections.Counter()
    for kind, obj, section, size in sections(elf[:-4] + ".map"):
        if obj is None:
            whole[kind] += size
        elif kind == "text" and not obj.endswith(os.path.basename(elf)[:-4] + ".o"):
            layers[layer_of_object(obj) or "other"]["text"] += size
        elif kind != "text":
            layers[layer_of_object(obj) or layer_of_data(section)][kind] += size
    for kind, size in whole.items():
        layers["stack" if kind == "stack" else "rest"][kind] += size - sum(
            row[kind] for row in layers.values())
    return layers, files


def flash(row):
    return sum(row[kind] for kind in FLASH)


def ram(row):
    return sum(row[kind] for kind in RAM)


def print_table(layers):
    columns = ("text", "rodata", "data", "bss", "stack")
    print(f"{'layer':14}" + "".join(f"{c:>8}" for c in (*columns, "flash", "RAM")))
    for name in sorted(layers, key=lambda n: (n == "total", n)):
        row = layers[name]
        if any(row.values()):
            print(f"{name:14}" + "".join(f"{n:8}" for n in (*(row[c] for c in columns), flash(row), ram(row))))


def read_budget(name):
    with open(name, encoding="utf-8") as lines:
        rows = [line.split("#")[0].split() for line in lines]
    return {row[0]: (int(row[1]), int(row[2])) for row in rows if row}


def over_budget(layers, budget):
    for layer, row in layers.items():
        if not any(row.values()):
            continue
        if layer not in budget:
            yield f"{layer} has no budget"
            continue
        for what, used, allowed in zip(("flash", "RAM"), (flash(row), ram(row)), budget[layer]):
            if used > allowed:
                yield f"{layer}: {used} octets of {what}, {allowed} are budgeted"




def isr_multiplies(elf):
    """Interrupt handlers leave the multiplier alone: code that uses it may be interrupted anywhere."""
    names = "isr_tick,isr_deep,isr_wake,isr_button,isr_uart,isr_stray"
    text = subprocess.run(["llvm-objdump-19", "-d", "--no-show-raw-insn", f"--disassemble-symbols={names}", elf],
                          check=True, capture_output=True, text=True).stdout
    return [line.strip() for line in text.split("\n") if re.search(r"&(?:30[4-9]|31[0-9]|12(?:1[6-9]|[2-4]\d))\b|call", line)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("elf")
    parser.add_argument("--budget")
    parser.add_argument("--files", action="store_true", help="each source file's code too")
    arguments = parser.parse_args()
    layers, files = measure(arguments.elf)
    if arguments.files:
        for path, size in files.most_common():
            print(f"{size:6} {path}")
    layers["total"] = sum(layers.values(), collections.Counter())
    print_table(layers)
    wrong = list(over_budget(layers, read_budget(arguments.budget))) if arguments.budget else []
    wrong += [f"an interrupt handler calls, or uses the multiplier: {line}" for line in isr_multiplies(arguments.elf)]
    for line in wrong:
        print(f"sizes: {line}", file=sys.stderr)
    return 1 if wrong else 0


sys.exit(main())
