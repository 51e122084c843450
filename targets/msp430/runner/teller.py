# SPDX-License-Identifier: MIT
"""Tells people what the firmware does, and counts its cycles."""

import phases
from seam import Answered, Refused, Sent, Told

RED_ZONE = 32  # board/board.h


class Teller:
    """Prints what happens, and counts the cycles of it."""

    def __init__(self, firmware, join):
        self.firmware, self.join, self.given = firmware, join, 0
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
        for event in self.join.events[self.given:]:
            self.was_given(*event.split())
        self.given = len(self.join.events)
        self.phases.see(seen, self.firmware.cycles)
        if isinstance(seen, Sent):
            self.say(f"sends {len(seen.packet)} octets: {phases.kind(seen.packet)}")
        elif isinstance(seen, Told):
            self.say(str(seen))
            self.child_up |= "Child SA up" == str(seen)
            self.failed = self.failed or (None if "up" in str(seen) else str(seen))
        elif isinstance(seen, Answered):
            self.say(f"the door is open, press {seen.press}")
            self.answered.append(seen.press)
        elif isinstance(seen, Refused):
            self.failed = "the firmware refuses its configuration"

    def was_given(self, what, moment, packet=""):
        if what == "job":
            return
        if what == "rx":
            octets = bytes.fromhex(packet)
            self.phases.given(octets)
            text = f"gets {len(octets)} octets: {phases.kind(octets)}"
        else:
            self.phases.woken({"press": "button", "wake": "timer"}[what])
            text = {"press": "the button is pressed", "wake": "a timer is due"}[what]
        self.say(text, int(moment))

    def say(self, text, moment=None):
        """moment: as the firmware's clock has it, which begins when it starts."""
        moment = self.firmware.now if moment is None else moment
        print(f"{moment / 1e6:10.6f} s  {text}", flush=True)
