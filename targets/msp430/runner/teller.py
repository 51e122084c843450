# SPDX-License-Identifier: MIT
"""Tells people what the firmware does, and counts its cycles."""

import phases
import store
from seam import Answered, Handed, Refused, Sending, Told

RED_ZONE = 32  # board/board.h


class Teller:
    """Prints what happens, and counts the cycles of it."""

    def __init__(self, firmware):
        self.firmware = firmware
        self.phases = phases.Phases()
        self.answered = []
        self.child_up = False
        self.failed = None
        self.stack, self.stack_left = "", 0

    def measure_stack(self):
        size = self.firmware.symbols["stack_top"] - self.firmware.symbols["stack_bottom"]
        self.stack_left = size - self.firmware.stack_peak - RED_ZONE
        self.stack = f"\nstack: {self.firmware.stack_peak} octets at most, of {size}"

    def see(self, seen):
        self.phases.see(seen, self.firmware.cycles)
        if isinstance(seen, Handed):
            self.was_handed(seen)
        elif isinstance(seen, Sending):
            self.say(f"sends {len(seen.packet)} octets: {phases.kind(seen.packet)}")
        elif isinstance(seen, Told):
            self.say(str(seen))
            self.child_up |= "Child SA up" == str(seen)
            self.failed = self.failed or (None if "up" in str(seen) else str(seen))
        elif isinstance(seen, Answered):
            self.say(f"the door is open, press {seen.press}")
            self.answered.append(seen.press)
        elif isinstance(seen, Refused):
            self.failed = f"the firmware refuses to begin: {store.fault(seen.magic)}"

    def was_handed(self, seen):
        if seen.what == "rx":
            self.say(f"gets {len(seen.packet)} octets: {phases.kind(seen.packet)}")
        else:
            self.say({"press": "the button is pressed", "wake": "a timer is due"}[seen.what])

    def say(self, text):
        print(f"{self.firmware.now / 1e6:10.6f} s  {text}", flush=True)
