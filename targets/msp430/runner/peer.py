# SPDX-License-Identifier: MIT
"""The gateway of tests: msp430_peer, the host's core behind lines of text."""

import queue
import subprocess
import threading

import gdb
import ip6

ANSWER_SECONDS = 10
NEVER = 2**64 - 1


class PeerError(Exception):
    """msp430_peer ended, or is silent."""


class Peer:
    """A context manager. store: the firmware's; it tells who the two are. packet() and at() answer
    the IP packets that leave at that moment; what happened stands in events and delivered."""

    def __init__(self, program, store, seed):
        self.store = store
        self.argv = [program, store.remote, store.local, *store.names(), store.psk.decode(), seed.hex(), store.inner]
        self.events, self.delivered = [], []
        self.deadline = NEVER

    def __enter__(self):
        self.process = subprocess.Popen(self.argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)
        self.lines = queue.Queue()
        threading.Thread(target=self.gather, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        gdb.end(self.process)
        self.process.stdout.close()

    def gather(self):
        try:
            for line in self.process.stdout:
                self.lines.put(line.split())
        except ValueError:  # closed by __exit__
            pass
        self.lines.put(None)

    def packet(self, now, packet):
        carrier, payload = ip6.read(packet)
        return self.tell(f"rx {now} {carrier} {payload.hex()}")

    def at(self, now):
        return self.tell(f"at {now}")

    def answer_longer(self, octets):
        """From now on, than the commands are."""
        self.tell(f"longer {octets}")

    def give_tickets(self, seconds):
        """From now on, good for that long."""
        self.tell(f"tickets {seconds}")

    def tell(self, line):
        try:
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()
        except OSError as gone:
            raise PeerError("msp430_peer ended") from gone
        sent = []
        while True:
            kind, *words = self.next_line()
            if kind == "tx":
                sent.append(self.outer(int(words[0]), bytes.fromhex(words[1])))
            elif kind == "event":
                self.events.append((int(words[0]), int(words[1])))
            elif kind == "deliver":
                self.delivered.append(bytes.fromhex(words[0]))
            else:
                self.deadline = int(words[0])
                return sent

    def outer(self, carrier, payload):
        return ip6.build(self.store.remote, self.store.local, carrier, payload)

    def next_line(self):
        try:
            words = self.lines.get(timeout=ANSWER_SECONDS)
        except queue.Empty as silent:
            raise PeerError(f"no answer of msp430_peer within {ANSWER_SECONDS} s") from silent
        if words is None:
            raise PeerError("msp430_peer ended")
        return words
