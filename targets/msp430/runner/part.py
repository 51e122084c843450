# SPDX-License-Identifier: MIT
"""The boards that firmware images are for: where the runner finds on them what it plays."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """store: where the first copy of struct store lies; uart: of the link, as the simulator numbers them; button: its
    port and bit, pressed when low; tick: base address of the timer that counts microseconds."""

    name: str
    store: int
    uart: int
    button: tuple
    tick: int


PARTS = (Part("msp430f1611", 0x1000, 1, (2, 7), 0x160), Part("msp430f5438a", 0x1800, 1, (2, 7), 0x340),
         Part("msp430fr5994", 0x1800, 0, (5, 6), 0x340))


def of(symbols):
    """The part that an image names; None if it names none."""
    return next((part for part in PARTS if f"part_{part.name}" in symbols), None)
