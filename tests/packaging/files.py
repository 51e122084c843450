#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Unit, man pages and completion: what they name is there, and what is there they name.

Usage: files.py FOLDER_OF_THE_PROGRAMS
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

TREE = pathlib.Path(__file__).resolve().parents[2]
PACKAGING = TREE / "packaging"
BUILD = os.path.abspath(sys.argv.pop(1)) if len(sys.argv) > 1 else ""


def run(*argv):
    return subprocess.run([str(a) for a in argv], capture_output=True, text=True, check=False)


class Files(unittest.TestCase):
    @unittest.skipUnless(shutil.which("systemd-analyze"), "no systemd-analyze")
    def test_the_unit_is_hardened(self):
        done = run("systemd-analyze", "security", "--offline=true", PACKAGING / "ikeletd.service")
        level = re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
        self.assertIsNotNone(level, done.stdout + done.stderr)
        # What is left is what it does: networking, /dev/net/tun, and capset(), by which it gives up rights.
        self.assertLessEqual(float(level[1]), 1.7, done.stdout)

    def test_each_word_has_its_place_in_the_manual(self):
        """In the section that takes it, and no other; words of a child in a connection are told once."""
        taken = dict(re.findall(r"static cfg_opt_t (\w+)\[\] = \{(.*?)CFG_END", (TREE / "targets/posix/ikeletd/conf_read.c").read_text(), re.S))
        taken = {section: set(re.findall(r'WORD\("(\w+)"\)', words)) for section, words in taken.items() if section != "all"}
        taken["connection"] -= taken["child"]
        told = {}
        for part in re.split(r"(?m)^# ", (PACKAGING / "man/ikeletd.conf.5.scd").read_text()):
            words = re.findall(r"(?m)^\*\w+\*(?:, \*\w+\*)*$", part)
            told[part.split()[0]] = set(re.findall(r"\w+", " ".join(words)))
        self.assertGreater(sum(map(len, taken.values())), 60)
        for section, words in taken.items():
            with self.subTest(section):
                self.assertEqual(told[section], words)

    def test_each_verb_is_explained_and_completed(self):
        told = run(os.path.join(BUILD, "ikelet"), "--help").stdout
        verbs = set(re.findall(r"(?m)^  ikelet (\w+) ", told))
        manual, completion = (PACKAGING / "man/ikelet.1.scd").read_text(), (PACKAGING / "ikelet.bash").read_text()
        self.assertGreaterEqual(verbs, {"up", "down", "status", "list", "log", "counters", "reload", "check", "load"})
        for verb in verbs:
            with self.subTest(verb):
                self.assertIn(f"*{verb}*", manual)
                self.assertRegex(completion, rf"words='.*\b{verb}\b")
                self.assertEqual(run(os.path.join(BUILD, "ikelet"), verb, "--help").returncode, 0)
                self.assertEqual(run(os.path.join(BUILD, "ikelet"), "help", verb).stdout,
                                 run(os.path.join(BUILD, "ikelet"), verb, "--help").stdout)

    def test_completion_completes(self):
        script = f"source {PACKAGING}/ikelet.bash; COMP_WORDS=(ikelet st); COMP_CWORD=1; _ikelet; echo ${{COMPREPLY[*]}}"
        self.assertEqual(run("bash", "-c", script).stdout, "status\n")


if __name__ == "__main__":
    unittest.main()
