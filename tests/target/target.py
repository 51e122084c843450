# SPDX-License-Identifier: MIT
"""The image of operations (image.c) in the simulator, and the same operations on the host."""

import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../targets/msp430/runner"))
import elf  # noqa: E402
import gdb  # noqa: E402
import part  # noqa: E402

SHA1, SHA256, SHA256_PIECES, HMAC, DRBG, PRF_PLUS, CCM_SEAL, CCM_OPEN, X25519, X25519_BASE, ESP, PARSE, \
    ARITHMETIC, STRINGS, FIELD, AES, CMAC, DRBG_CTR = range(1, 19)
RUN_SECONDS = 120
SET_SHIFT = 5
PAINT = b"\xa5\x5a"


class Target:
    """A context manager. run() answers the octets; cycles holds what the operation took, from the
    return of one ops_wait() to the call of the next. set: which implementations of primitives it uses, of sets."""

    def __init__(self, image):
        self.symbols = elf.load(image)
        self.simulator = self.start(image)
        self.gdb = self.simulator.gdb
        self.cycles = 0
        self.set = 0
        self.sets = range(self.gdb.read(self.symbols["ops_sets_n"], 1)[0])

    @staticmethod
    def start(image):
        return gdb.Simulator(image)

    def __enter__(self):
        self.gdb.set_breakpoint(self.symbols["ops_wait"])
        self.gdb.run(RUN_SECONDS)
        return self

    def __exit__(self, *_):
        self.simulator.__exit__()

    def run(self, op, octets):
        self.gdb.write(self.symbols["ops_io"], octets)
        self.gdb.write(self.symbols["ops_len"], len(octets).to_bytes(2, "little"))
        self.gdb.write(self.symbols["ops_code"], bytes([self.code(op)]))
        begun = self.gdb.cycles()
        self.gdb.step()
        self.gdb.run(RUN_SECONDS)
        self.cycles = self.gdb.cycles() - begun
        length = int.from_bytes(self.gdb.read(self.symbols["ops_len"], 2), "little")
        return self.gdb.read(self.symbols["ops_io"], length)

    def code(self, op):
        return op | self.set << SET_SHIFT

    def paint(self):
        """Makes stack_used() begin anew, below what is in use."""
        bottom, top = self.symbols["stack_bottom"], self.symbols["stack_top"]
        in_use = top - self.gdb.read_registers()[gdb.SP]
        self.gdb.write(bottom, PAINT * ((top - bottom - in_use) // 2))

    def stack_used(self):
        bottom, top = self.symbols["stack_bottom"], self.symbols["stack_top"]
        stack = self.gdb.read(bottom, top - bottom)
        at = 0
        while stack[at:at + 2] == PAINT:
            at += 2
        return len(stack) - at


class Host:
    """A context manager: the program of host.c."""

    def __init__(self, program):
        self.program = program

    def __enter__(self):
        self.process = subprocess.Popen([self.program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(10)

    def run(self, op, octets):
        self.process.stdin.write(f"{op} {octets.hex()}\n")
        self.process.stdin.flush()
        return bytes.fromhex(self.process.stdout.readline())
