#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Intel HEX and TI-TXT, and what ikelet-provision writes."""

import os
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
MSP430 = os.path.join(HERE, "..", "..", "targets", "msp430")
sys.path.insert(0, os.path.join(MSP430, "runner"))

import hexfile
import keypad
import test_elf
from store import BRIEF, KEY_ID, NATT, Store

SEGMENTS = [(0x1000, bytes(range(40))), (0xffe0, b"\xff" * 32)]


def read_intel(text):
    memory = {}
    for line in text.splitlines():
        octets = bytes.fromhex(line[1:])
        assert line[0] == ":" and sum(octets) & 0xff == 0 and octets[0] == len(octets) - 5
        if octets[3] == 0:
            for i, octet in enumerate(octets[4:-1]):
                memory[int.from_bytes(octets[1:3], "big") + i] = octet
    assert text.endswith(":00000001FF\n")
    return memory


def read_ti(text):
    memory, at = {}, None
    for line in text.splitlines():
        if line[:1] == "@":
            at = int(line[1:], 16)
        elif line != "q":
            for octet in bytes.fromhex(line):
                memory[at] = octet
                at += 1
    assert text.endswith("\nq\n")
    return memory


def flat(segments):
    return {address + i: octet for address, octets in segments for i, octet in enumerate(octets)}


class Formats(unittest.TestCase):
    def test_both_hold_the_same(self):
        self.assertEqual(read_intel(hexfile.intel(SEGMENTS)), flat(SEGMENTS))
        self.assertEqual(read_ti(hexfile.ti_txt(SEGMENTS)), flat(SEGMENTS))

    def test_a_record_of_the_specification(self):
        self.assertEqual(hexfile.intel([(0x0100, bytes.fromhex("214601360121470136007EFE09D21901"))]).splitlines()[0],
                         ":10010000214601360121470136007EFE09D2190140")

    def test_another_ending_is_refused(self):
        with self.assertRaises(ValueError):
            hexfile.write("image.bin", SEGMENTS)


class Elf2hex(unittest.TestCase):
    def run_it(self, *words):
        done = subprocess.run([sys.executable, "-B", os.path.join(MSP430, "elf2hex.py"), *words], capture_output=True, text=True, check=False)
        return done.returncode, done.stderr

    def test_mistakes(self):
        with tempfile.TemporaryDirectory() as folder:
            for words, says in (((), "usage: elf2hex.py IMAGE.elf"), (("--help",), "usage: elf2hex.py"), (("x.elf",), "usage: "),
                                ((os.path.join(folder, "none"), "x.hex"), "No such file"), ((__file__, "x.hex"), "not an ELF image")):
                status, text = self.run_it(*words)
                self.assertEqual(status, 2, words)
                self.assertIn(says, text)
                self.assertNotIn("Traceback", text)


class Provision(unittest.TestCase):
    def run_it(self, *more, key="a key\n", name="out.txt", part="--part=msp430fr5994"):
        with tempfile.TemporaryDirectory() as folder:
            out = os.path.join(folder, name)
            done = subprocess.run([os.path.join(MSP430, "ikelet-provision"), *filter(None, [part]), "--id=remote",
                                   "--gateway-id=gate", "--address=fd00:9::1", "--gateway=fd00:9::2", "--inner=fd00:1::",
                                   "--psk-file=-", f"--out={out}", *more],
                                  input=key, capture_output=True, text=True, check=False)
            if done.returncode:
                return done.returncode, done.stderr
            with open(out, encoding="ascii") as file:
                return os.stat(out).st_mode & 0o777, file.read()

    def test_what_it_writes_is_the_store(self):
        mode, text = self.run_it("--natt", "--boots=7")
        store = Store("fd00:9::1", "fd00:9::2", b"remote", b"gate", b"a key", "fd00:1::", NATT, 7)
        self.assertEqual(read_ti(text), flat(store.segments(0x1800)))
        self.assertEqual(mode, 0o600)
        self.assertEqual([octets.ljust(128, b"\xff") for octets in [store.pack()] * 2],
                         [bytes(read_ti(text)[at + i] for i in range(128)) for at in (0x1800, 0x1880)])
        self.assertEqual(read_intel(self.run_it("--natt", "--boots=7", name="out.hex")[1]), read_ti(text))

    def test_brief_and_key_ids(self):
        """Each is a bit of the store's flags; keyid: is no part of the identity."""
        short = ("--id=keyid:r1", "--gateway-id=keyid:g")
        for more, flags, names in ((("--brief",), BRIEF, (b"remote", b"gate")), (short, KEY_ID, (b"r1", b"g")),
                                   (("--brief", *short), BRIEF | KEY_ID, (b"r1", b"g")),
                                   (("--natt", "--brief", *short), NATT | BRIEF | KEY_ID, (b"r1", b"g"))):
            with self.subTest(more):
                store = Store("fd00:9::1", "fd00:9::2", *names, b"a key", "fd00:1::", flags)
                octets = read_ti(self.run_it(*more)[1])
                self.assertEqual(octets, flat(store.segments(0x1800)))
                self.assertEqual(octets[0x1800 + 2], flags)
                self.assertEqual(tuple(octets[0x1800 + at] for at in (3, 4)), tuple(map(len, names)))

    def test_only_one_is_a_key_id(self):
        for more in (("--id=keyid:r1",), ("--gateway-id=keyid:g",)):
            status, text = self.run_it(*more)
            self.assertEqual(status, 2)
            self.assertIn("--id and --gateway-id are of one type", text)

    def test_key_as_ikelet_reads_it(self):
        for text, key in (("a key", b"a key"), ("a key \r\n", b"a key "), ("0x00fF41\n", b"\0\xff\x41"),
                          ("k" * 300, b"k" * 300)):
            for prf, more in ((keypad.AES128_CMAC, ()), (keypad.HMAC_SHA2_256, ("--prf=prfsha256",))):
                store = Store("fd00:9::1", "fd00:9::2", b"remote", b"gate", key, "fd00:1::", 0, prf=prf)
                self.assertEqual(read_ti(self.run_it(*more, key=text)[1]), flat(store.segments(0x1800)))

    def test_image_says_part_and_prf(self):
        for prf in keypad.PRFS:
            with tempfile.TemporaryDirectory() as folder:
                image = os.path.join(folder, "door.elf")
                with open(image, "wb") as file:
                    file.write(test_elf.image({"part_msp430f1611": 0, "store_prf": prf}))
                store = Store("fd00:9::1", "fd00:9::2", b"remote", b"gate", b"a key", "fd00:1::", 0, prf=prf)
                self.assertEqual(read_ti(self.run_it("--image=" + image, part=None)[1]),
                                 flat(store.segments(0x1000)))
                other = next(name for name, number in keypad.NAMES.items() if number != prf)
                for wrong, says in (("--prf=" + other, "--prf is not that"), ("--part=msp430fr5994", "--part is not that")):
                    status, text = self.run_it("--image=" + image, wrong, part=None)
                    self.assertEqual(status, 2)
                    self.assertIn(says, text)

    def test_an_image_that_does_not_say_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            image = os.path.join(folder, "door.elf")
            for symbols in ({"part_msp430f1611": 0}, {"store_prf": 8}, {"part_msp430f1611": 0, "store_prf": 2}):
                with open(image, "wb") as file:
                    file.write(test_elf.image(symbols))
                status, text = self.run_it("--image=" + image, part=None)
                self.assertEqual(status, 2)
                self.assertIn("older ikelet", text)
        status, text = self.run_it("--image=" + __file__, part=None)
        self.assertEqual(status, 2)
        self.assertIn("no 32-bit", text)
        self.assertEqual(self.run_it(part=None), (2, "ikelet-provision: --image or --part is needed\n"))

    def test_what_does_not_fit_is_refused(self):
        for more, key, says in ((("--id=" + "x" * 21,), "k", "20 fit"), ((), "k" * 65536, "more than 65535"),
                                ((), "\n", "empty"), ((), "0x123", "hex digits"),
                                (("--id=",), "k", "--id is empty"), (("--id=keyid:", "--gateway-id=keyid:g"), "k", "--id is empty"),
                                (("--gateway-id=",), "k", "--gateway-id is empty"), (("--boots=-1",), "k", "--boots"),
                                (("--boots=4294967296",), "k", "--boots"), (("--inner=fd00:1::1",), "k", "--inner")):
            with self.subTest(more):
                status, text = self.run_it(*more, key=key)
                self.assertEqual(status, 2)
                self.assertIn(says, text)
                self.assertNotIn("Traceback", text)

    def test_nobody_else_can_read_it_at_any_time(self):
        """Not even of a file that was there before, and that all can read."""
        with tempfile.TemporaryDirectory() as folder:
            out = os.path.join(folder, "out.txt")
            with open(out, "w", encoding="ascii") as file:
                os.chmod(out, 0o644)
                file.flush()
                with open(out, encoding="ascii") as reader:
                    hexfile.write(out, SEGMENTS, secret=True)
                    self.assertEqual(reader.read(), "", "who had the old file open sees nothing of the new one")
            self.assertEqual(os.stat(out).st_mode & 0o777, 0o600)
            self.assertEqual(os.listdir(folder), ["out.txt"])


if __name__ == "__main__":
    unittest.main()
