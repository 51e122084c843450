#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""SLIP on the runner's side of the link, and which part an image names."""

import os
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "targets", "msp430", "runner"))

import part
import slip


class Slip(unittest.TestCase):
    def test_frame(self):
        self.assertEqual(slip.framed(b"\1\xc0\xdb\2"), b"\xc0\1\xdb\xdc\xdb\xdd\2\xc0")

    def test_any_cut_of_the_line_gives_the_same_packets(self):
        sent = [bytes(range(256)), b"\xdb\xdc", b"\xdb\xdd\xc0"]
        line = b"".join(map(slip.framed, sent))
        for cut in range(len(line) + 1):
            first, rest = slip.packets(line[:cut])
            second, rest = slip.packets(rest + line[cut:])
            self.assertEqual((first + second, rest), (sent, b""), cut)


class Parts(unittest.TestCase):
    def test_by_symbol(self):
        for known in part.PARTS:
            self.assertEqual(part.of({f"part_{known.name}": 0, "main": 1}), known)


if __name__ == "__main__":
    unittest.main()
