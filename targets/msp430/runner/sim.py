# SPDX-License-Identifier: MIT
"""A firmware image in the simulator, driven from one seam to the next (board/target.h)."""

import contextlib

import elf
import gdb
import part
from seam import Answered, JobBegun, JobEnded, JobPaused, Refused, Sent, Sleeping, Told

MHZ = 8
NEVER = 2**64 - 1
LONGEST = 0x7fffffff  # CLOCK_LONGEST (board/board.h)
# Of the timer whose microseconds the firmware counts.
TICK_CTL, TICK_R = 0x00, 0x10
OVERFLOWN = 0x0001
# Beside the tick timer; the tracer counts cycles.
PERIPHERALS = ["add hwmult multiplier", "add tracer tracer"]
PAINT = b"\xa5\x5a"  # STACK_PAINT
RUN_SECONDS = 120
ENTROPY_LEN = 32

SEAM_FUNCTIONS = ("link_send", "clock_sleep", "entropy_take", "door_told", "door_answered",
                  "door_refused", "run_job", "board_reset")
SEAM_VARIABLES = ("link_in", "link_in_len", "clock_base", "button_pressed", "fault")


class Firmware:
    """A context manager. store: what information flash holds, see store.py; entropy: 32 octets that
    the entropy source yields, b"" for a source that fails."""

    def __init__(self, image, store, entropy):
        self.symbols = elf.load(image)
        lacks = [name for name in SEAM_FUNCTIONS + SEAM_VARIABLES if name not in self.symbols]
        if lacks:
            raise gdb.SimulatorError(f"{image} has no {', '.join(lacks)}")
        check_distinct(image, self.symbols)
        self.entropy = entropy
        self.job_return = None
        self.registers = None
        self.exits = contextlib.ExitStack()
        self.part = part.of(self.symbols)
        peripherals = PERIPHERALS + self.part.tick_peripheral
        self.gdb = self.exits.enter_context(gdb.Mspdebug(image, peripherals)).gdb
        try:
            part.move(self.part, image, self.gdb)
            self.at = {self.symbols[name]: getattr(self, name) for name in SEAM_FUNCTIONS}
            for address in self.at:
                self.gdb.set_breakpoint(address)
            self.gdb.write(self.part.store, store)
        except BaseException:
            self.exits.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.exits.close()

    # ---- running --------------------------------------------------------------------------------

    def run(self):
        """Until the next seam that somebody has to know of."""
        while True:
            registers = self.resume()
            if registers[gdb.PC] == self.job_return:
                seen = self.job_returned()
            elif registers[gdb.PC] in self.at:
                seen = self.at[registers[gdb.PC]]()
            else:
                raise gdb.SimulatorError(f"stopped at {registers[gdb.PC]:#06x}, which is no seam")
            if seen:
                return seen

    def resume(self):
        """Goes on from a break point: by one step, which may itself arrive at the next one."""
        if self.registers:
            self.registers = self.gdb.step()
            if self.registers[gdb.PC] in self.at or self.registers[gdb.PC] == self.job_return:
                return self.registers
        self.registers = self.gdb.run(RUN_SECONDS)
        return self.registers

    @property
    def cycles(self):
        """Of MCLK since reset."""
        return self.gdb.cycles()

    @property
    def now(self):
        """What the firmware's clock_now() would answer."""
        # A word of the timer is only read as such when more than a word is asked for.
        flags = self.word(self.gdb.read(self.part.tick + TICK_CTL, 4))
        low = self.word(self.gdb.read(self.part.tick + TICK_R, 4))
        return self.variable("clock_base", 8) + (flags & OVERFLOWN) * 65536 + low

    @property
    def stack_peak(self):
        """Octets of the stack that were ever used: start-up paints it."""
        bottom, top = self.symbols["stack_bottom"], self.symbols["stack_top"]
        octets = self.gdb.read(bottom, top - bottom)
        painted = 0
        while octets[painted:painted + len(PAINT)] == PAINT:
            painted += len(PAINT)
        return len(octets) - painted

    # ---- memory ---------------------------------------------------------------------------------

    @staticmethod
    def word(octets):
        return octets[0] | octets[1] << 8

    def variable(self, name, size):
        return int.from_bytes(self.gdb.read(self.symbols[name], size), "little")

    def set_variable(self, name, size, value):
        self.gdb.write(self.symbols[name], value.to_bytes(size, "little"))

    def leave_function(self, result=None):
        """As its ret would, at its first instruction; goes on behind the call."""
        registers = list(self.registers)
        registers[gdb.PC] = self.return_address()
        registers[gdb.SP] = registers[gdb.SP] + 2 & 0xffff
        if result is not None:
            registers[gdb.R12] = result
        self.gdb.write_registers(registers)
        # The step of resume() is right at any address.
        self.registers = registers

    def return_address(self):
        return self.word(self.gdb.read(self.registers[gdb.SP], 2))

    # ---- seams: what the firmware did -----------------------------------------------------------

    def link_send(self):
        """(head, head_len, body, body_len): the UART would take it from here."""
        head, head_len, body, body_len = self.registers[gdb.R12:gdb.R15 + 1]
        packet = self.gdb.read(head, head_len) + self.gdb.read(body, body_len)
        self.leave_function()
        return Sent(packet)

    def clock_sleep(self):
        """(uint32_t us, bool deep)"""
        us = self.registers[gdb.R12] | self.registers[gdb.R13] << 16
        if not us:
            return None
        return Sleeping(NEVER if us == LONGEST else self.now + us)

    def entropy_take(self):
        """(uint8_t out[])"""
        if self.entropy:
            self.gdb.write(self.registers[gdb.R12], self.entropy)
        self.leave_function(len(self.entropy))

    def door_told(self):
        """(uint8_t event, uint8_t reason)"""
        return Told(self.registers[gdb.R12] & 0xff, self.registers[gdb.R13] & 0xff)

    def door_answered(self):
        """(const uint8_t press[4])"""
        return Answered(int.from_bytes(self.gdb.read(self.registers[gdb.R12], 4), "big"))

    @staticmethod
    def door_refused():
        return Refused()

    def board_reset(self):
        """An assertion failed, the stack overflowed or an interrupt came that nobody serves."""
        magic, file, line, count = (self.word(self.gdb.read(self.symbols["fault"] + i, 2))
                                    for i in (0, 2, 4, 6))
        raise gdb.SimulatorError(f"the firmware resets: fault {magic:#06x}, file number "
                                 f"{file:#06x}, line {line}, time {count}")

    def run_job(self):
        """(struct ik_job *); returns whether that is done"""
        self.job_return = self.return_address()
        self.gdb.set_breakpoint(self.job_return)
        return JobBegun()

    def job_returned(self):
        self.gdb.clear_breakpoint(self.job_return)
        self.job_return = None
        return JobEnded() if self.registers[gdb.R12] & 0xff else JobPaused()

    # ---- seams: what ends its sleep, or comes while a computation pauses ------------------------

    def deliver(self, moment, packet):
        self.interrupt(packet)
        self.wake(moment)

    def press(self, moment):
        self.interrupt(None)
        self.wake(moment)

    def interrupt(self, packet):
        """None: the button. It is noticed when the main loop comes round."""
        if packet is None:
            self.set_variable("button_pressed", 1, 1)
        else:
            self.gdb.write(self.symbols["link_in"], packet)
            self.set_variable("link_in_len", 2, len(packet))

    def wake(self, moment):
        """The time up to then was slept."""
        late = moment - self.now
        if late > 0:
            self.set_variable("clock_base", 8, self.variable("clock_base", 8) + late)
        self.leave_function()


def check_distinct(image, symbols):
    """A linker that folds functions of the same code leaves nothing to tell them apart by."""
    seen = {}
    for name in SEAM_FUNCTIONS:
        other = seen.setdefault(symbols[name], name)
        if other != name:
            raise gdb.SimulatorError(f"{image}: {other} and {name} have one address")
