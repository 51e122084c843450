#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Sizes of the core on MSP430: of every object by layer, and of what a minimal initiator links.

Usage: bench/footprint.py BUILD [--json=FILE]      BUILD: folder of the msp430 preset
bench/footprint.sh builds it first.
"""
import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
LAYERS = ["util", "wire", "crypto", "ipsec", "ike"]
KINDS = ["text", "data", "bss"]
# Addresses mean nothing here, but they must fit in 16 bits.
SCRIPT = """SECTIONS {
  .text 0x0400 : { *(.text .text.* .rodata .rodata.*) }
  .data : { *(.data .data.*) }
  .bss : { *(.bss .bss.* COMMON) }
}
"""
# As targets/msp430/flags.cmake and the preset's build type have them.
# What an image may add at its link: the program and its constant configuration are compiled as one with the core,
# and -40 inlines only what becomes smaller by it.
LTO = ["--lto-O2", "-mllvm", "-inline-threshold=-50"]
# The same initiator without what its application may not need (ik_conf.h).
LEAN = ["-DIK_NAT=0", "-DIK_TRANSPORT_MODE=0", "-DIK_OUTER=0"]
FLAGS = ["--target=msp430", "-mhwmult=16bit", "-std=c11", "-Oz", "-ffreestanding", "-ffunction-sections",
         "-fdata-sections", "-DIK_PROFILE_MINIMAL"]


def run(*command):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{command[0]}: {done.stderr.strip()}")
    return done.stdout


def objects(build, layer):
    found = sorted((build / "core" / "CMakeFiles" / f"ik_{layer}.dir").rglob("*.obj"))
    if not found:
        sys.exit(f"{build}: no objects of core/{layer}; run bench/footprint.sh")
    return found


def whole_sizes(build):
    """Everything that is compiled, linked or not."""
    sizes = {}
    for layer in LAYERS:
        rows = [line.split() for line in run("llvm-size-19", *objects(build, layer)).splitlines()[1:]]
        sizes[layer] = {kind: sum(int(row[i]) for row in rows) for i, kind in enumerate(KINDS)}
    return sizes


def includes(build):
    cache = (build / "CMakeCache.txt").read_text()
    bearssl = re.search(r"^BEARSSL_INCLUDE:PATH=(.*)$", cache, re.M).group(1)
    return ["-isystem", ROOT / "targets/msp430/include", "-isystem", bearssl, "-I", ROOT / "core",
            "-I", ROOT / "core/include", f"-fmacro-prefix-map={ROOT}/="]


def link(objs, folder, *options):
    """BearSSL, string.h and the compiler's helpers stay unresolved."""
    elf, link_map, script = folder / "minimal.elf", folder / "minimal.map", folder / "minimal.ld"
    script.write_text(SCRIPT)
    run("ld.lld-19", "-T", script, "--noinhibit-exec", "--gc-sections", "--unresolved-symbols=ignore-all",
        "-e", "entry", f"-Map={link_map}", *options, *objs, "-o", elf)
    return elf, link_map


def link_minimal(build, folder):
    """Links minimal.c with the core's objects."""
    obj = folder / "minimal.o"
    run("clang-19", *FLAGS, *includes(build), "-c", ROOT / "bench/minimal.c", "-o", obj)
    return link([obj] + [o for layer in LAYERS for o in objects(build, layer)], folder)


def whole_program(build, folder, flags, options):
    """Text of minimal.c and core, compiled anew with these flags. Layers can't be told apart with -flto."""
    objs = []
    for i, source in enumerate(sorted((ROOT / "core").glob("*/*.c")) + [ROOT / "bench/minimal.c"]):
        objs.append(folder / f"{i}.o")
        run("clang-19", *FLAGS, *flags, *includes(build), "-c", source, "-o", objs[-1])
    elf, _ = link(objs, folder, *options)
    return int(run("llvm-size-19", elf).splitlines()[1].split()[0])


def whole_programs(build, folder):
    return {"as configured": whole_program(build, folder, [], []),
            "-flto": whole_program(build, folder, ["-flto"], LTO),
            "lean": whole_program(build, folder, LEAN, []),
            "lean, -flto": whole_program(build, folder, LEAN + ["-flto"], LTO)}


def kind_of(section):
    if section.startswith((".text", ".rodata")):
        return "text"
    if section.startswith(".data"):
        return "data"
    return "bss" if section.startswith((".bss", "COMMON")) else None


def linked_sizes(link_map):
    """Sums the input sections that the linker kept, by the layer whose object they are from."""
    sizes = {layer: dict.fromkeys(KINDS, 0) for layer in LAYERS}
    row = re.compile(r"^ *[0-9a-f]+ +[0-9a-f]+ +([0-9a-f]+) +\d+ +(\S+):\((\S+)\)$")
    for line in link_map.read_text().splitlines():
        m = row.match(line)
        layer = m and re.search(r"/ik_(\w+)\.dir/", m.group(2))
        kind = m and kind_of(m.group(3))
        if layer and kind:
            sizes[layer.group(1)][kind] += int(m.group(1), 16)
    return sizes


def ram(elf):
    """What a node and its pools take, one slot each."""
    sizes = {}
    for line in run("llvm-nm-19", "-S", elf).splitlines():
        fields = line.split()
        if fields[-1].startswith("ram_"):
            sizes["struct ik_" + fields[-1][4:]] = int(fields[1], 16)
    return sizes


def total(sizes):
    return {kind: sum(sizes[layer][kind] for layer in LAYERS) for kind in KINDS}


def print_table(title, sizes):
    print(title)
    print(f"  {'':10}" + "".join(f"{kind:>8}" for kind in KINDS))
    for name, row in list(sizes.items()) + [("total", total(sizes))]:
        print(f"  {name:10}" + "".join(f"{row[kind]:8}" for kind in KINDS))
    print()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("build", type=pathlib.Path, help="folder of the msp430 preset")
    parser.add_argument("--json", metavar="FILE", help="write the figures to FILE, too")
    options = parser.parse_args()
    whole = whole_sizes(options.build)
    with tempfile.TemporaryDirectory() as folder:
        elf, link_map = link_minimal(options.build, pathlib.Path(folder))
        linked, memory = linked_sizes(link_map), ram(elf)
        programs = whole_programs(options.build, pathlib.Path(folder))

    print("MSP430 (clang-19 -Oz, 16-bit multiplier), minimal profile, octets; without BearSSL and <string.h>\n")
    print_table("a minimal initiator, one suite (bench/minimal.c), as linked:", linked)
    print("text of core and bench/minimal.c together; lean: " + " ".join(LEAN))
    for name, size in programs.items():
        print(f"  {name:20}{size:6}")
    print()
    print_table("everything that is compiled:", whole)
    print("memory of that initiator (stack and packet buffers come on top):")
    for name, size in memory.items():
        print(f"  {name:20}{size:6}")
    print(f"  {'total':20}{sum(memory.values()):6}")
    if options.json:
        figures = {"schema": 1, "bench": "footprint",
                   "linked": {**linked, "total": total(linked)}, "programs": programs,
                   "whole": {**whole, "total": total(whole)},
                   "memory": {**memory, "total": sum(memory.values())}}
        pathlib.Path(options.json).write_text(json.dumps(figures, indent=2) + "\n")


main()
