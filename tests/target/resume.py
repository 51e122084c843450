#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A remote that resumes its IKE SA by a ticket (RFC 5723): what it sends, and what it need not compute.

Usage: resume.py IMAGE PEER      exit status 77: something is not here
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../targets/msp430/runner"))
import gdb  # noqa: E402
import phases  # noqa: E402
import sim  # noqa: E402
import stories  # noqa: E402
from join import Join  # noqa: E402
from peer import Peer  # noqa: E402
from seam import Answered, JobEnded  # noqa: E402
from store import Store  # noqa: E402
from teller import Teller  # noqa: E402

WHO = Store("fd00:9::1", "fd00:9::2", b"remote", b"gate", b"a key", flags=0)
SEED = bytes(range(32, 64))
SECOND = 1_000_000
HOUR = 3600
FULL, RESUMED = ["IKE_SA_INIT", "IKE_AUTH", "ESP"], ["IKE_SESSION_RESUME", "IKE_AUTH", "ESP"]
UNHEARD = range(3, 6)  # the commands of the second press, as the remote's packets are counted: the gateway gets none


class Story:
    """Presses, each with a gateway of its own or the one before; what was sent, answered and computed."""

    def __init__(self, image, peer_program, tickets, gateways=1):
        self.sent, self.answered, self.jobs, self.image = [], [], 0, image
        with sim.Firmware(image, WHO.pack(), sim.noise(1) + sim.noise(2)) as remote:
            self.teller = Teller(remote)
            for gateway in range(gateways):
                with Peer(peer_program, WHO, SEED[gateway:] + SEED[:gateway]) as peer:
                    peer.give_tickets(tickets)
                    unheard = UNHEARD if gateways == 1 else ()
                    join = Join(remote, peer, lose=lambda ours, number: ours and number in unheard)
                    presses = (2, 30) if gateways == 1 else (2 + 30 * gateway,)
                    for moment in presses:
                        join.press(moment * SECOND)
                    self.play(join, (presses[-1] + 25) * SECOND)
            self.teller.measure_stack()

    def play(self, join, until):
        for seen in join.run(until):
            self.jobs += isinstance(seen, JobEnded)
            self.answered += [seen.press] if isinstance(seen, Answered) else []
        self.sent += [phases.kind(packet) for packet in join.sent]

    def judge(self, sent, jobs):
        print(f"  {', '.join(self.sent)}; {self.jobs} public-key computations; {self.teller.stack.strip()}")
        if self.answered != [1, 2]:
            yield f"answered: {self.answered}"
        if self.sent != sent:
            yield f"sent: {self.sent}, not {sent}"
        if self.jobs != jobs:
            yield f"{self.jobs} public-key computations, not {jobs}"
        if self.teller.stack_left < 64:
            yield f"{self.teller.stack_left} octets of the stack to spare"


def by_a_ticket(image, peer_program):
    """The gateway is not heard, the remote begins anew: no key exchange."""
    yield from Story(image, peer_program, HOUR).judge(FULL + ["ESP"] * 3 + RESUMED, 2)


def without_a_ticket(image, peer_program):
    yield from Story(image, peer_program, 0).judge(FULL + ["ESP"] * 3 + FULL, 4)


def a_ticket_that_is_too_old(image, peer_program):
    """Good for five seconds, and 28 pass."""
    yield from Story(image, peer_program, 5).judge(FULL + ["ESP"] * 3 + FULL, 4)


def another_gateway(image, peer_program):
    """It cannot read the ticket: N(TICKET_NACK), and a key exchange."""
    yield from Story(image, peer_program, HOUR, gateways=2).judge(
        FULL + ["ESP"] * 3 + ["IKE_SESSION_RESUME"] + FULL, 4)


STORIES = (by_a_ticket, without_a_ticket, a_ticket_that_is_too_old, another_gateway)


if __name__ == "__main__":
    sys.exit(stories.main(STORIES))
