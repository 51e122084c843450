# SPDX-License-Identifier: MIT
"""Firmware and gateway in virtual time: nothing in a run depends on anything but what it is given."""

import heapq

from seam import JobEnded, JobPaused, Sent, Sleeping

NEVER = 2**64 - 1
DELAY_US = 5000


class Join:
    """endpoint: sim.Firmware; peer: peer.Peer. lose(packet, number): is this packet of the
    endpoint (True) or of the peer (False) lost? events: what ended each sleep and long
    computation or came in its midst, as lines that native.c reads; sent: the endpoint's packets."""

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
        """What the endpoint did, one by one, until nothing is left to happen up to that moment."""
        while True:
            seen = self.endpoint.run()
            yield seen
            if isinstance(seen, Sent):
                self.sent.append(seen.packet)
                self.carry(True, self.endpoint.now, seen.packet)
            elif isinstance(seen, JobEnded):
                self.record("job", self.endpoint.now)
            elif isinstance(seen, JobPaused):
                self.interrupt(self.endpoint.now)
            elif isinstance(seen, Sleeping) and not self.sleep(seen.until, horizon):
                return

    def sleep(self, until, horizon):
        """True once the endpoint was woken."""
        while True:
            inbox = self.to_endpoint[0][0] if self.to_endpoint else NEVER
            peer = self.peer_due()
            moment = min(inbox, peer, until)
            if moment > horizon:
                return False
            if moment == peer:
                self.run_peer(moment)
            elif moment == inbox:
                self.wake_by(heapq.heappop(self.to_endpoint)[2], moment)
                return True
            else:
                self.record("wake", moment)
                self.endpoint.wake(moment)
                return True

    def interrupt(self, now):
        """What came meanwhile, one at a time."""
        while (moment := self.peer_due()) <= now:
            self.run_peer(moment)
        if self.to_endpoint and self.to_endpoint[0][0] <= now:
            packet = heapq.heappop(self.to_endpoint)[2]
            self.note(packet, now)
            self.endpoint.interrupt(packet)

    def peer_due(self):
        return min(self.peer.deadline, self.to_peer[0][0] if self.to_peer else NEVER)

    def run_peer(self, moment):
        if self.to_peer and self.to_peer[0][0] == moment:
            out = self.peer.packet(moment, heapq.heappop(self.to_peer)[2])
        else:
            out = self.peer.at(moment)
        for packet in out:
            self.carry(False, moment, packet)

    def wake_by(self, packet, moment):
        # A packet may have come while it was still computing: then it finds it now.
        moment = max(moment, self.endpoint.now)
        self.note(packet, moment)
        if packet is None:
            self.endpoint.press(moment)
        else:
            self.endpoint.deliver(moment, packet)

    def note(self, packet, moment):
        if packet is None:
            self.record("press", moment)
        else:
            self.record("rx", moment, packet.hex())

    def record(self, *words):
        self.events.append(" ".join(map(str, words)))
