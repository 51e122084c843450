# SPDX-License-Identifier: MIT
"""Firmware and gateway in virtual time: nothing in a run depends on anything but what it is given."""

import heapq

from seam import Handed, JobEnded, Reached, Sent

NEVER = 2**64 - 1
DELAY_US = 5000


class Join:
    """endpoint: sim.Firmware; peer: peer.Peer. lose(packet, number): is this packet of the
    endpoint (True) or of the peer (False) lost? events: what the firmware was handed, and ends of
    long computations, as lines that native.c reads; sent: the endpoint's packets."""

    def __init__(self, endpoint, peer, delay=DELAY_US, lose=None):
        self.endpoint, self.peer, self.delay = endpoint, peer, delay
        self.lose = lose or (lambda from_endpoint, number: False)
        self.to_endpoint, self.to_peer = [], []
        self.serial = 0
        self.events, self.sent = [], []
        self.passed = {True: 0, False: 0}

    def press(self, moment):
        self.put(self.to_endpoint, moment, None)

    def put(self, heap, moment, packet):
        self.serial += 1
        heapq.heappush(heap, (moment, self.serial, packet))

    def carry(self, from_endpoint, moment, packet):
        number = self.passed[from_endpoint]
        self.passed[from_endpoint] += 1
        if not self.lose(from_endpoint, number):
            heap = self.to_peer if from_endpoint else self.to_endpoint
            self.put(heap, moment + self.delay, packet)

    def run(self, horizon):
        """What the endpoint did, one by one, up to that moment."""
        while True:
            moment = min(self.due(), horizon)
            seen = self.endpoint.run(moment)
            if isinstance(seen, Reached):
                if self.due() > moment:
                    return
                self.happen(moment)
                continue
            self.record(seen)
            yield seen
            if isinstance(seen, Sent):
                self.sent.append(seen.packet)
                self.carry(True, self.endpoint.now, seen.packet)

    def due(self):
        return min(self.peer_due(), self.to_endpoint[0][0] if self.to_endpoint else NEVER)

    def peer_due(self):
        return min(self.peer.deadline, self.to_peer[0][0] if self.to_peer else NEVER)

    def happen(self, moment):
        """One thing, of those that are due."""
        if self.peer_due() <= moment:
            self.run_peer(moment)
        else:
            packet = heapq.heappop(self.to_endpoint)[2]
            if packet is None:
                self.endpoint.press()
            else:
                self.endpoint.deliver(packet)

    def run_peer(self, moment):
        if self.to_peer and self.to_peer[0][0] <= moment:
            out = self.peer.packet(moment, heapq.heappop(self.to_peer)[2])
        else:
            out = self.peer.at(moment)
        for packet in out:
            self.carry(False, moment, packet)

    def record(self, seen):
        if isinstance(seen, Handed):
            self.events.append(str(seen))
        elif isinstance(seen, JobEnded):
            self.events.append(f"job {seen.clock}")
