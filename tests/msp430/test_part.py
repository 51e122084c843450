#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Registers that the simulator has elsewhere are found in machine code, and nothing else is."""

import os
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "targets", "msp430", "runner"))

import part

FR5969 = part.of({"stack_bottom": 0x1c00})


def found(*words):
    return list(part.absolutes(words))


class Absolutes(unittest.TestCase):
    def test_destination(self):
        self.assertEqual(found(0x4c82, 0x04c0), [(1, 0x04c0)])  # mov r12, &0x4c0
        self.assertEqual(found(0x4cb2, 0x04c8), [(1, 0x04c8)])  # mov @r12+, &0x4c8
        self.assertEqual(found(0x5392, 0x04c0), [(1, 0x04c0)])  # inc &0x4c0

    def test_source(self):
        self.assertEqual(found(0x421c, 0x04ca), [(1, 0x04ca)])  # mov &0x4ca, r12
        self.assertEqual(found(0x1212, 0x04ca), [(1, 0x04ca)])  # push &0x4ca

    def test_both(self):
        self.assertEqual(found(0x4292, 0x04cc, 0x04ca), [(1, 0x04cc), (2, 0x04ca)])
        self.assertEqual(found(0x4192, 0x0004, 0x04c0), [(2, 0x04c0)])  # mov 4(r1), &0x4c0
        self.assertEqual(found(0x40b2, 0x04c0, 0x04c0), [(2, 0x04c0)])  # mov #0x4c0, &0x4c0

    def test_what_looks_alike_is_left(self):
        self.assertEqual(found(0x403c, 0x04c0), [])  # mov #0x4c0, r12
        self.assertEqual(found(0x12b0, 0x04c0), [])  # call #0x4c0
        self.assertEqual(found(0x3c00, 0x421c, 0x04ca), [(2, 0x04ca)])  # jmp, then a source
        self.assertEqual(found(0x434c, 0x421c, 0x04ca), [(2, 0x04ca)])  # mov.b #0, r12

    def test_pointers(self):
        words = (0x403d, 0x04cc, 0x403c, 0x04c0)  # mov #0x4cc, r13; mov #0x4c0, r12
        self.assertEqual(list(part.absolutes(words, part.POINTERS)), [(1, 0x04cc)])


class Moves(unittest.TestCase):
    def test_registers(self):
        for register, place in ((0x4c0, 0x130), (0x4ce, 0x13e), (0x340, 0x1c0), (0x36e, 0x1ee), (0x15c, 0x15c)):
            self.assertEqual(FR5969.moved(register), place)

    def test_all_are_where_the_simulator_has_registers(self):
        for old, new in FR5969.moves.items():
            self.assertLessEqual(new + len(old), 0x200)


if __name__ == "__main__":
    unittest.main()
