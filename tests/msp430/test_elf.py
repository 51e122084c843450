# SPDX-License-Identifier: MIT
"""Symbols of an image, from one that is made here."""

import os
import struct
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "targets", "msp430",
                                "runner"))

import elf


def image(defined=None):
    """A header, three sections (none, names, symbols), symbols that are defined, two unless said otherwise, and one that
    is not."""
    names, symbols = b"\0", elf.SYMBOL.pack(0, 0, 0, 0, 0, 0)
    for name, value in (defined or {"main": 0x4010, "link_in": 0x1234}).items():
        symbols += elf.SYMBOL.pack(len(names), value, 0, 0, 0, 1)
        names += name.encode() + b"\0"
    symbols += elf.SYMBOL.pack(len(names), 0x9999, 0, 0, 0, 0)
    names += b"far\0"
    names_at = elf.HEADER.size
    symbols_at = names_at + len(names)
    table_at = symbols_at + len(symbols)
    header = elf.HEADER.pack(b"\x7fELF\x01\x01\x01", 2, 105, 1, 0, 0, table_at, 0, elf.HEADER.size,
                             0, 0, elf.SECTION.size, 3, 0)
    sections = (elf.SECTION.pack(*[0] * 10)
                + elf.SECTION.pack(0, 3, 0, 0, names_at, len(names), 0, 0, 0, 0)
                + elf.SECTION.pack(0, 2, 0, 0, symbols_at, len(symbols), 1, 0, 0, 0))
    return header + names + symbols + sections


class Symbols(unittest.TestCase):
    def test_defined_ones(self):
        self.assertEqual(elf.symbols(image()), {"main": 0x4010, "link_in": 0x1234})

    def test_every_truncation_is_refused(self):
        whole = image()
        for length in range(len(whole)):
            with self.assertRaises(elf.NotAnImage, msg=length):
                elf.symbols(whole[:length])

    def test_another_class_is_refused(self):
        other = bytearray(image())
        other[4] = 2
        with self.assertRaises(elf.NotAnImage):
            elf.symbols(bytes(other))

    def test_names_outside_of_the_file_are_refused(self):
        data = bytearray(image())
        at = elf.HEADER.unpack_from(data)[6] + elf.SECTION.size
        struct.pack_into("<I", data, at + 16, 0x7fffffff)
        with self.assertRaises(elf.NotAnImage):
            elf.symbols(bytes(data))


if __name__ == "__main__":
    unittest.main()
