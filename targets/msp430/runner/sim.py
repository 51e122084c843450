# SPDX-License-Identifier: MIT
"""A firmware image in the simulator, whole and unmodified: packets as SLIP on its UART, noise at its ADC, a button at
its pin, flash and low-power modes as the part has them. What it does is only watched."""

import contextlib
import random

import elf
import gdb
import part
import slip
from seam import (Answered, Handed, JobBegun, JobEnded, JobPaused, LinkDone, Reached, Refused, Sending, Sent, Sleeping,
                  Told)

MHZ = 8
NEVER = 2**64 - 1
LONGEST = 0x7fffffff  # CLOCK_LONGEST (board/board.h)
UNITS_PER_US = 64000  # of the simulator's time
# Of the timer whose microseconds the firmware counts.
TICK_CTL, TICK_R = 0x00, 0x10
OVERFLOWN = 0x0001
PAINT = b"\xa5\x5a"  # STACK_PAINT
RUN_SECONDS = 120
ENTROPY_LEN = 384
BUTTON_US = 80_000  # for which a finger holds it

# Where the runner looks on; none of them is replaced.
WATCHED = ("link_send", "clock_sleep", "door_told", "door_answered", "door_refused", "run_job", "board_reset", "receive", "press")
VARIABLES = ("link_in", "link_in_len", "clock_base", "button_pressed", "fault")


def noise(seed):
    """As many octets of samples as the firmware takes for its seed."""
    return random.Random(seed).randbytes(ENTROPY_LEN)


class Firmware:
    """A context manager. store: what information flash holds, see store.py; entropy: the octets that the entropy source
    yields, ENTROPY_LEN of them, b"" for a source that is stuck. Times are microseconds since power came."""

    def __init__(self, image, store, entropy):
        self.symbols = elf.load(image)
        lacks = [name for name in WATCHED + VARIABLES if name not in self.symbols]
        if lacks:
            raise gdb.SimulatorError(f"{image} has no {', '.join(lacks)}")
        check_distinct(image, self.symbols)
        self.part = part.of(self.symbols)
        self.returns = {}  # address: what a return to it means
        self.line = b""
        self.release_at = NEVER
        self.exits = contextlib.ExitStack()
        self.gdb = self.exits.enter_context(gdb.Simulator(image)).gdb
        self.at = {self.symbols[name]: getattr(self, f"at_{name}") for name in WATCHED}
        for address in self.at:
            self.gdb.set_breakpoint(address)
        self.gdb.write(self.part.store, store)
        self.gdb.monitor(f"noise {entropy.hex()}")
        self.gdb.monitor(f"heard {self.part.uart}")
        self.pin("high")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.exits.close()

    # ---- running --------------------------------------------------------------------------------

    def run(self, until):
        """Until the firmware does something that somebody has to know of, or to that moment: Reached."""
        while True:
            moment = min(until, self.release_at)
            self.gdb.monitor(f"until {moment * UNITS_PER_US if moment < NEVER else 'never'}")
            stop = self.gdb.run_on(RUN_SECONDS)
            seen = None
            if stop.why == gdb.TIME:
                if moment == self.release_at:
                    self.release_at = NEVER
                    self.pin("high")
                if moment == until:
                    return Reached(until)
            elif stop.why == gdb.HOST:
                seen = self.heard()
            else:
                self.registers = stop.registers
                address = stop.registers[gdb.PC]
                seen = self.returns[address]() if address in self.returns else self.at[address]()
            if seen:
                return seen

    @property
    def cycles(self):
        """Of MCLK since power came."""
        return self.gdb.cycles()

    @property
    def now(self):
        return int(self.gdb.monitor("time")) // UNITS_PER_US

    @property
    def clock(self):
        """What the firmware's clock_now() would answer, while it is awake."""
        flags = self.word(self.gdb.read(self.part.tick + TICK_CTL, 2))
        low = self.word(self.gdb.read(self.part.tick + TICK_R, 2))
        return self.variable("clock_base", 8) + (flags & OVERFLOWN) * 65536 + low

    @property
    def times(self):
        """{state: units of time}: what ran for how long (msim.h, MSIM_ON_...)."""
        return {int(state): int(time) for state, time in
                (line.split() for line in self.gdb.monitor("on").splitlines())}

    @property
    def lost(self):
        """Octets on the link that were lost: deaf, framing, overrun, garbled."""
        return tuple(map(int, self.gdb.monitor(f"errors {self.part.uart}").split()))

    @property
    def stack_peak(self):
        """Octets of the stack that were ever used: start-up paints it."""
        bottom, top = self.symbols["stack_bottom"], self.symbols["stack_top"]
        octets = self.gdb.read(bottom, top - bottom)
        painted = 0
        while octets[painted:painted + len(PAINT)] == PAINT:
            painted += len(PAINT)
        return len(octets) - painted

    # ---- what comes from outside ----------------------------------------------------------------

    def deliver(self, packet):
        """Its octets are on the line from now on."""
        said = self.gdb.monitor(f"uart {self.part.uart} {slip.framed(packet).hex()}")
        if "full" in said:
            raise gdb.SimulatorError("more on the line than it holds")

    def press(self):
        self.pin("low")
        self.release_at = self.now + BUTTON_US

    def pin(self, level):
        port, bit = self.part.button
        self.gdb.monitor(f"pin {port} {bit} {level}")

    # ---- memory ---------------------------------------------------------------------------------

    @staticmethod
    def word(octets):
        return octets[0] | octets[1] << 8

    def variable(self, name, size):
        return int.from_bytes(self.gdb.read(self.symbols[name], size), "little")

    def on_return(self, then):
        """Calls that when the function returns at whose first instruction the firmware is."""
        address = self.word(self.gdb.read(self.registers[gdb.SP], 2))

        def returned():
            del self.returns[address]
            self.gdb.clear_breakpoint(address)
            return then()

        self.returns[address] = returned
        self.gdb.set_breakpoint(address)

    # ---- what the firmware does -----------------------------------------------------------------

    def heard(self):
        self.line += bytes.fromhex(self.gdb.monitor(f"heard {self.part.uart}").strip())
        whole, self.line = slip.packets(self.line)
        return Sent(whole[0]) if whole else None

    def at_link_send(self):
        """(head, head_len, body, body_len)"""
        head, head_len, body, body_len = self.registers[gdb.R12:gdb.R15 + 1]
        self.on_return(LinkDone)
        return Sending(self.gdb.read(head, head_len) + self.gdb.read(body, body_len))

    def at_clock_sleep(self):
        """(uint32_t us, bool deep)"""
        us = self.registers[gdb.R12] | self.registers[gdb.R13] << 16
        if not us:
            return None
        self.on_return(self.woken)
        return Sleeping(NEVER if us == LONGEST else self.now + us)

    def woken(self):
        """A packet or the button is recorded where it is served."""
        if self.variable("button_pressed", 1) or self.variable("link_in_len", 2):
            return None
        return Handed("wake", self.clock)

    def at_receive(self):
        """(): what is in link_in"""
        return Handed("rx", self.clock, self.gdb.read(self.symbols["link_in"], self.variable("link_in_len", 2)))

    def at_press(self):
        """(const struct store *)"""
        return Handed("press", self.clock)

    def at_door_told(self):
        """(uint8_t event, uint8_t reason)"""
        return Told(self.registers[gdb.R12] & 0xff, self.registers[gdb.R13] & 0xff)

    def at_door_answered(self):
        """(const uint8_t press[4])"""
        return Answered(int.from_bytes(self.gdb.read(self.registers[gdb.R12], 4), "big"))

    def at_door_refused(self):
        """(uint16_t magic)"""
        return Refused(self.registers[gdb.R12])

    def at_board_reset(self):
        """An assertion failed, the stack overflowed or an interrupt came that nobody serves."""
        magic, file, line, count = (self.word(self.gdb.read(self.symbols["fault"] + i, 2))
                                    for i in (0, 2, 4, 6))
        raise gdb.SimulatorError(f"the firmware resets: fault {magic:#06x}, file number "
                                 f"{file:#06x}, line {line}, time {count}")

    def at_run_job(self):
        """(struct ik_job *); returns whether that is done"""
        self.on_return(self.job_returned)
        return JobBegun()

    def job_returned(self):
        done = self.gdb.read_registers()[gdb.R12] & 0xff
        return JobEnded(self.clock) if done else JobPaused()


def check_distinct(image, symbols):
    """A linker that folds functions of the same code leaves nothing to tell them apart by."""
    seen = {}
    for name in WATCHED:
        other = seen.setdefault(symbols[name], name)
        if other != name:
            raise gdb.SimulatorError(f"{image}: {other} and {name} have one address")
