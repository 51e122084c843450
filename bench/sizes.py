#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Octets of what an SA takes, as bench_scale tells them, in a table of README.md.

Usage: bench/sizes.py --program=PATH [--check | --update] README.md      without either, prints the table.
                      --check: exit status 1 if the document has another; --update writes it there.
"""
import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile

NAMES = [("ike_sa", "IKE SA", "`struct ik_ike_sa`"),
         ("child_sa", "Child SA, both directions", "without the bits of its replay window"),
         ("handshake", "while a handshake lasts", "`struct ik_handshake`, and two messages"),
         ("task", "request of ours, sent or queued", "`struct ik_task`"),
         ("buffer", "message that is kept", "`struct ik_buffer`"),
         ("short_buffer", "response that is kept, if it fits", "`IK_SHORT_BUFFER`"),
         ("node", "node", "`struct ik_node`")]
TABLE = re.compile(r"(<!-- bench/sizes.py -->\n).*?(<!-- end -->)", re.S)


def table(program):
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, "sizes.json")
        subprocess.run([program, "--sizes", f"--json={file}"], check=True, stdout=subprocess.DEVNULL)
        sizes = json.loads(file.read_text())["sizes"]
    lines = ["| x86-64, full profile | octets | |", "|---|---|---|"]
    lines += [f"| {name} | {sizes[key]:,} | {note} |" for key, name, note in NAMES]
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True, help="bench_scale")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--update", action="store_true")
    parser.add_argument("document", type=pathlib.Path)
    args = parser.parse_args()
    new, text = table(args.program), args.document.read_text()
    if len(TABLE.findall(text)) != 1:
        sys.exit(f"{args.document}: there is no place for the table, or more than one")
    wanted = TABLE.sub(lambda m: m.group(1) + new + m.group(2), text)
    if args.update:
        args.document.write_text(wanted)
    elif args.check and wanted != text:
        sys.exit(f"{args.document} has other sizes; to write these: bench/sizes.py --program={args.program} --update "
                 f"{args.document}\n{new}")
    elif not args.check:
        print(new, end="")


if __name__ == "__main__":
    main()
