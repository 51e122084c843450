#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Lines of the core that no unit test, known answer, story or run of the swarm executes, by gcov.

Usage: tests/coverage.py [--build=DIR] [--runs=N]      builds in build/coverage, unless DIR is built already
"""
import argparse
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAMS = [["tests/all_unit"], ["tests/all_kat"], ["tests/all_exchange"], ["sim/sim_swarm", "--seed", "1", "--runs"]]
LINE = re.compile(r"\s*([#=\-0-9]+)\*?:\s*(\d+):(.*)")


def build(folder):
    """Without optimization: each line is where it was written."""
    subprocess.run(["cmake", "-S", str(ROOT), "-B", str(folder), "-G", "Ninja", "-DCMAKE_C_COMPILER=gcc", "-DCMAKE_BUILD_TYPE=Debug",
                    "-DCMAKE_C_FLAGS=--coverage -O0", "-DIK_NS3=OFF", "-DIK_WERROR=OFF"], check=True, stdout=subprocess.DEVNULL)
    targets = [pathlib.Path(program[0]).name for program in PROGRAMS]
    subprocess.run(["cmake", "--build", str(folder), "--target", *targets], check=True)


def run(folder, runs):
    """What fails without optimization (tests/unit/test_stack.c) has run nevertheless."""
    for program, *args in PROGRAMS:
        more = [str(runs)] if args else []
        subprocess.run([str(folder / program), *args, *more], cwd=folder, check=False, capture_output=True)


def name_of(folder, path):
    """From the root of the tree; what is not of it has none."""
    full = (folder / path).resolve()
    return str(full.relative_to(ROOT)) if full.is_relative_to(ROOT) else ""


def counts(folder):
    """{file: {line: (executed, text)}} of core/."""
    found = {}
    for data in sorted((folder / "core").rglob("*.gcda")):
        # From where compilers ran: ccache may have made names of files relative.
        text = subprocess.run(["gcov", "-t", str(data.relative_to(folder))], cwd=folder, check=True, capture_output=True, text=True).stdout
        name = ""
        for count, number, line in LINE.findall(text):
            if number == "0":
                name = name_of(folder, line[len("Source:"):]) if line.startswith("Source:") else name
            elif count != "-" and name.startswith("core/"):
                before = found.setdefault(name, {}).get(int(number), (False, ""))[0]
                found[name][int(number)] = (before or not count.startswith("#"), line)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, help="a folder that is built with --coverage")
    parser.add_argument("--runs", type=int, default=500, help="of the swarm")
    args = parser.parse_args()
    folder = (args.build or ROOT / "build/coverage").resolve()
    if not args.build:
        build(folder)
    run(folder, args.runs)
    found = counts(folder)
    if not found:
        sys.exit(f"coverage.py: nothing of core/ was counted in {folder}")
    for name, lines in sorted(found.items()):
        for number, (executed, text) in sorted(lines.items()):
            if not executed:
                print(f"{name}:{number}:{text}")
    total = sum(len(lines) for lines in found.values())
    dark = sum(not executed for lines in found.values() for executed, _ in lines.values())
    print(f"{total} lines of {len(found)} files, {dark} never executed")


if __name__ == "__main__":
    main()
