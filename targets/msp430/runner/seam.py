# SPDX-License-Identifier: MIT
"""What an endpoint stops for: the firmware in the simulator, or the same application on the host."""

from dataclasses import dataclass

# enum ik_event (ik_node.h)
IKE_UP, CHILD_UP, CHILD_FAILED, IKE_FAILED, CHILD_DOWN, IKE_DOWN = range(1, 7)
EVENTS = ("", "IKE SA up", "Child SA up", "Child SA refused", "IKE SA failed", "Child SA down",
          "IKE SA down")


@dataclass(frozen=True)
class Sent:
    """A whole IP packet is on the other side of the link."""

    packet: bytes


@dataclass(frozen=True)
class Sending:
    """A whole IP packet is given to the link, until LinkDone."""

    packet: bytes


@dataclass(frozen=True)
class LinkDone:
    """The link has taken the packet."""


@dataclass(frozen=True)
class Sleeping:
    """Nothing to do before that moment, a packet or the button."""

    until: int


@dataclass(frozen=True)
class Told:
    """An event of the node."""

    event: int
    reason: int

    def __str__(self):
        reason = f", reason {self.reason}" if self.reason else ""
        return f"{EVENTS[self.event]}{reason}"


@dataclass(frozen=True)
class Answered:
    """The gateway has answered that press of the button."""

    press: int


@dataclass(frozen=True)
class Refused:
    """The image cannot work as it is provisioned, and halted. magic: with which its store begins."""

    magic: int


@dataclass(frozen=True)
class JobBegun:
    """A slice of a long computation begins, until JobPaused or JobEnded."""


@dataclass(frozen=True)
class JobPaused:
    """There will be another slice; before it the link is served."""


@dataclass(frozen=True)
class JobEnded:
    """The computation is done. clock: as the firmware has it."""

    clock: int


@dataclass(frozen=True)
class Handed:
    """The main loop begins with what came: what is "rx" with a packet, "press", or "wake" if a sleep ended by itself.
    clock: when, as the firmware has it."""

    what: str
    clock: int
    packet: bytes = b""

    def __str__(self):
        return f"{self.what} {self.clock}" + (f" {self.packet.hex()}" if self.packet else "")


@dataclass(frozen=True)
class Reached:
    """A moment has come."""

    moment: int


def handed(line):
    """A Handed, of the line that str() makes of it."""
    what, clock, *packet = line.split()
    return Handed(what, int(clock), bytes.fromhex(packet[0]) if packet else b"")
