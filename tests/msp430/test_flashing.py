#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What targets/msp430/README.md says of writing firmware and store into a part leaves both there, and nothing of a store before.

mspdebug's simulator stands for the part: its erase takes main memory alone, as that of a real one does.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
MSP430 = os.path.join(HERE, "..", "..", "targets", "msp430")
sys.path.insert(0, os.path.join(MSP430, "runner"))

import gdb
import hexfile
import part
from store import Store

HEADERS = {"msp430f1611": "msp430f1611.h", "msp430f5438a": "cpux.h", "msp430fr5994": "cpux.h"}
STORE = Store("fd00:9::1", "fd00:9::2", b"remote", b"gate", b"a key")


def read(*path):
    with open(os.path.join(MSP430, *path), encoding="utf-8") as file:
        return file.read()


def rows():
    """{part: (first, last, what to do before)} of the README's table."""
    found = re.findall(r"^ *\| (MSP430\w+) \| 0x(\w+) to 0x(\w+) \| (.*) \|$", read("README.md"), re.M)
    return {name.lower(): (int(first, 16), int(last, 16), before) for name, first, last, before in found}


def addresses(name):
    """Of both copies, as the firmware has them."""
    return [int(text, 16) for text in re.findall(r"^#define STORE_[AB] (0x\w+)$", read("board", HEADERS[name]), re.M)]


def regions(name):
    """(origin, length) of what the linker puts code and vectors into."""
    found = re.findall(r"^    (?:FLASH|VECTORS) \(\w+\) *: ORIGIN = (\w+), LENGTH = (\w+)$", read("link", f"{name}.ld"), re.M)
    return [(int(origin, 16), int(length, 16)) for origin, length in found]


def mspdebug(folder, *commands):
    done = subprocess.run([gdb.MSPDEBUG, "-q", "sim", *commands], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr + done.stdout


class Flashing(unittest.TestCase):
    def test_the_table_is_of_all_parts_and_of_their_stores(self):
        self.assertEqual(set(rows()), {known.name for known in part.PARTS})
        for known in part.PARTS:
            first, last, before = rows()[known.name]
            self.assertEqual(addresses(known.name), [first, first + 128])
            self.assertEqual(known.store, first)
            self.assertEqual(last, first + 255)
            if before.startswith("`"):
                self.assertEqual(before, f"`erase segrange {first:#x} 256 128`")
            else:
                self.assertIn("FRAM", before)

    def test_no_segment_of_the_store_is_of_the_firmware(self):
        for known in part.PARTS:
            self.assertEqual(len(regions(known.name)), 2)
            for origin, length in regions(known.name):
                self.assertTrue(known.store + 256 <= origin or origin + length <= known.store, known.name)

    def test_ikelet_provision_says_the_same(self):
        command = re.search(r"^ +mspdebug tilib (.*)$", read("README.md"), re.M)[1]
        said = re.search(r"^ +mspdebug tilib (.*)$", read("ikelet-provision"), re.M)[1]
        self.assertEqual(said.replace("remote.txt", "remote.hex"), command)
        self.assertIn(rows()["msp430f5438a"][2].strip("`"), read("ikelet-provision"))

    @unittest.skipIf(shutil.which(gdb.MSPDEBUG) is None, "no mspdebug")
    def test_the_command_leaves_firmware_and_store(self):
        """And of the identity before nothing, though its second copy is the newer one."""
        command = re.findall("'([^']+)'", re.search(r"^ +mspdebug tilib (.*)$", read("README.md"), re.M)[1])
        for known in part.PARTS:
            erase = rows()[known.name][2].strip("`")
            words = [erase if word.startswith("erase") else word for word in command]
            words = [word for word in words if not word.startswith("nothing")]
            with self.subTest(known.name, words=words), tempfile.TemporaryDirectory() as folder:
                firmware = [(origin, os.urandom(length)) for origin, length in regions(known.name)]
                hexfile.write(os.path.join(folder, "door.hex"), firmware)
                hexfile.write(os.path.join(folder, "remote.hex"), STORE.segments(known.store))
                mspdebug(folder, f"fill {known.store} 256 5a", *words, "save_raw 0 65536 all")
                with open(os.path.join(folder, "all"), "rb") as file:
                    memory = file.read()
                for address, octets in firmware + STORE.segments(known.store):
                    self.assertTrue(memory[address:address + len(octets)] == octets, f"{address:#x}")


if __name__ == "__main__":
    unittest.main()
