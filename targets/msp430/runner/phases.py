# SPDX-License-Identifier: MIT
"""Cycles of the firmware by phase of its work."""

import ip6
from seam import Answered, Handed, JobBegun, JobEnded, JobPaused, LinkDone, Reached, Sending, Sent, Sleeping, Told

EXCHANGES = {34: "IKE_SA_INIT", 35: "IKE_AUTH", 36: "CREATE_CHILD_SA", 37: "INFORMATIONAL", 38: "IKE_SESSION_RESUME"}
JOBS = ("X25519: own public value", "X25519: shared secret")
START, IDLE, LINK = "start", "main loop, idle", "link, and timers while asleep"
CAUSES = {"press": "button", "wake": "timer"}


def kind(packet):
    """IKE_SA_INIT … or ESP, as an onlooker has it."""
    try:
        carrier, payload = ip6.read(packet)
    except ValueError:
        return "something else"
    if carrier == ip6.CARRIER_ESP or carrier == ip6.CARRIER_UDP4500 and payload[:4] != bytes(4):
        return "ESP"
    header = payload[4:] if carrier == ip6.CARRIER_UDP4500 else payload
    if len(header) < 28:
        return "something else"
    return EXCHANGES.get(header[18], f"exchange {header[18]}")


class Phases:
    """Feed it with all that the endpoint does."""

    def __init__(self):
        self.cycles = {START: 0}
        self.mark = 0
        self.cause = START
        self.jobs = 0  # done
        self.in_work = True  # something is being done that has a name
        self.asleep = False

    def see(self, seen, cycles):
        """The phase that ends here, and what it took since the last call; (None, 0) if none does."""
        if isinstance(seen, (Sent, Reached)):
            return None, 0
        name, spent = self.name(seen), cycles - self.mark
        self.cycles[name] = self.cycles.get(name, 0) + spent
        self.mark = cycles
        return name, spent

    def name(self, seen):
        if isinstance(seen, (JobPaused, JobEnded)):
            job = JOBS[self.jobs > 0]
            self.jobs += isinstance(seen, JobEnded)
            return job
        if isinstance(seen, Sending):
            self.in_work = False
            return f"{kind(seen.packet)} out"
        if isinstance(seen, LinkDone):
            return LINK
        name = LINK if self.asleep else self.cause if self.in_work else IDLE
        self.asleep = isinstance(seen, Sleeping)
        if isinstance(seen, Handed):
            self.cause, self.in_work = CAUSES.get(seen.what) or f"{kind(seen.packet)} in", True
        elif isinstance(seen, JobBegun):
            self.in_work = False
        elif isinstance(seen, (Told, Answered, Sleeping)):
            # What was read is done with; a packet that leaves next is named by itself.
            self.in_work = isinstance(seen, Told)
        return name

    def table(self, mhz):
        """Lines for people."""
        total = sum(self.cycles.values())
        rows = [*self.cycles.items(), ("all", total)]
        width = max(len(name) for name, _ in rows)
        yield f"{'phase':{width}}  {'cycles':>11}  {f'ms at {mhz} MHz':>11}  share"
        for name, cycles in rows:
            share = 100 * cycles / total if total else 0
            yield f"{name:{width}}  {cycles:>11,}  {cycles / mhz / 1000:>11.2f}  {share:4.1f} %"
