# SPDX-License-Identifier: MIT
"""What the runner writes and reads by itself: the store, IPv6, phases; and virtual time."""

import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "targets", "msp430",
                                "runner"))

import ip6
import join
import phases
from seam import Answered, JobBegun, JobEnded, JobPaused, Sent, Sleeping, Told
from store import Store, crc16

A, B = "fd00:9::1", "fd00:9::2"


class Records(unittest.TestCase):
    def test_crc_of_the_catalogue(self):
        # CRC-16/CCITT-FALSE of "123456789"
        self.assertEqual(crc16(b"123456789"), 0x29b1)

    def test_store(self):
        packed = Store(A, B, b"a", b"b", b"key", "fd00:1::").pack()
        self.assertEqual(len(packed), 124)
        self.assertEqual(packed[:6].hex(), "494b02010103")
        self.assertEqual(crc16(packed[:-2]), int.from_bytes(packed[-2:], "little"))

    def test_what_does_not_fit_is_refused(self):
        with self.assertRaises(ValueError):
            Store(A, B, b"a" * 21, b"b", b"key").pack()

    def test_inner_address(self):
        self.assertEqual(Store(A, B, b"", b"", b"k", "fd00:1::").inner_address(B), "fd00:1::2")


class Ip6(unittest.TestCase):
    def test_there_and_back(self):
        for carrier in (ip6.CARRIER_UDP500, ip6.CARRIER_UDP4500, ip6.CARRIER_ESP):
            for payload in (b"x", b"xyz", bytes(64)):
                self.assertEqual(ip6.read(ip6.build(A, B, carrier, payload)), (carrier, payload))

    def test_damage_is_refused(self):
        whole = ip6.build(A, B, ip6.CARRIER_UDP500, b"payload")
        for at in (8, 24, 46, 50):
            damaged = bytearray(whole)
            damaged[at] ^= 1
            with self.assertRaises(ValueError, msg=at):
                ip6.read(bytes(damaged))

    def test_every_truncation_is_refused(self):
        whole = ip6.build(A, B, ip6.CARRIER_UDP4500, b"payload")
        for length in range(len(whole)):
            with self.assertRaises(ValueError, msg=length):
                ip6.read(whole[:length])


def ike(exchange, carrier=ip6.CARRIER_UDP500):
    message = bytes(18) + bytes([exchange]) + bytes(20)
    marker = bytes(4) if carrier == ip6.CARRIER_UDP4500 else b""
    return ip6.build(A, B, carrier, marker + message)


class PhaseNames(unittest.TestCase):
    def test_kinds(self):
        self.assertEqual(phases.kind(ike(34)), "IKE_SA_INIT")
        self.assertEqual(phases.kind(ike(35, ip6.CARRIER_UDP4500)), "IKE_AUTH")
        self.assertEqual(phases.kind(ip6.build(A, B, ip6.CARRIER_UDP4500, b"\1" * 40)), "ESP")
        self.assertEqual(phases.kind(ip6.build(A, B, ip6.CARRIER_ESP, b"\1" * 40)), "ESP")

    def test_a_handshake(self):
        count = phases.Phases()
        count.see(Sleeping(9), 10)
        count.woken("button")
        count.see(JobBegun(), 110)
        count.see(JobEnded(), 1110)
        count.see(Sent(ike(34)), 1130)
        count.see(Sleeping(9), 1133)
        count.given(ike(34))
        count.see(JobBegun(), 1433)
        count.see(JobPaused(), 3433)
        count.see(JobBegun(), 3434)
        count.see(JobEnded(), 3634)
        count.see(Sent(ike(35)), 3674)
        count.given(ike(35))
        count.see(Told(2, 0), 4174)
        count.see(Sent(ip6.build(A, B, ip6.CARRIER_ESP, b"\1" * 40)), 4774)
        count.given(ip6.build(B, A, ip6.CARRIER_ESP, b"\1" * 40))
        count.see(Answered(1), 5474)
        count.see(Sleeping(9), 5475)
        self.assertEqual(count.cycles, {
            "start": 10, "button": 100, "X25519: own public value": 1000, "IKE_SA_INIT out": 20,
            "main loop, idle": 5, "IKE_SA_INIT in": 300, "X25519: shared secret": 2200,
            "IKE_AUTH out": 40, "IKE_AUTH in": 500, "ESP out": 600, "ESP in": 700})

    def test_table(self):
        count = phases.Phases()
        count.see(Sleeping(9), 8000)
        lines = list(count.table(8))
        self.assertEqual(lines[1].split(), ["start", "8,000", "1.00", "100.0", "%"])
        self.assertEqual(lines[-1].split()[:2], ["all", "8,000"])


class Endpoint:
    """Does what its script says, at the time that it says if any, and notes how it is woken."""

    def __init__(self, script):
        self.script, self.now, self.woken = list(script), 0, []

    def run(self):
        seen = self.script.pop(0)
        if isinstance(seen, tuple):
            self.now, seen = seen
        return seen

    def note(self, moment, *what):
        self.now = max(self.now, moment)
        self.woken.append((moment, *what))

    def press(self, moment):
        self.note(moment, "press")

    def deliver(self, moment, packet):
        self.note(moment, packet)

    def wake(self, moment):
        self.note(moment, "wake")

    def interrupt(self, packet):
        self.woken.append((self.now, "amid", packet))


class Peer:
    """Answers each packet with itself, reversed."""

    def __init__(self):
        self.deadline, self.seen = join.NEVER, []

    def packet(self, now, packet):
        self.seen.append((now, packet))
        return [packet[::-1]]

    def at(self, now):
        self.seen.append((now, None))
        self.deadline = join.NEVER
        return []


class VirtualTime(unittest.TestCase):
    def play(self, script, presses=(), deadline=join.NEVER, **options):
        endpoint, peer = Endpoint(script), Peer()
        peer.deadline = deadline
        joined = join.Join(endpoint, peer, delay=10, **options)
        for moment in presses:
            joined.press(moment)
        list(joined.run(1000))
        return endpoint, peer, joined

    def test_there_and_back(self):
        endpoint, peer, joined = self.play(
            [Sleeping(join.NEVER), Sent(b"ab"), Sleeping(join.NEVER), Sleeping(join.NEVER)], [5])
        self.assertEqual(endpoint.woken, [(5, "press"), (25, b"ba")])
        self.assertEqual(peer.seen, [(15, b"ab")])
        self.assertEqual(joined.events, ["press 5", "rx 25 6261"])
        self.assertEqual(joined.sent, [b"ab"])

    def test_a_timer_before_the_answer(self):
        endpoint, _, _ = self.play(
            [Sleeping(join.NEVER), Sent(b"ab"), Sleeping(12), Sleeping(join.NEVER),
             Sleeping(join.NEVER)], [5])
        self.assertEqual(endpoint.woken, [(5, "press"), (12, "wake"), (25, b"ba")])

    def test_losses(self):
        endpoint, peer, _ = self.play(
            [Sent(b"1"), Sent(b"2"), Sleeping(join.NEVER), Sleeping(join.NEVER)],
            lose=lambda from_endpoint, number: from_endpoint and number == 0)
        self.assertEqual(peer.seen, [(10, b"2")])
        self.assertEqual(endpoint.woken, [(20, b"2")])

    def test_what_came_while_it_computed_is_late(self):
        endpoint, _, _ = self.play([Sleeping(join.NEVER), Sleeping(join.NEVER)], [5])
        self.assertEqual(endpoint.woken, [(5, "press")])
        endpoint.script, endpoint.now = [Sleeping(join.NEVER)] * 2, 70
        joined = join.Join(endpoint, Peer())
        joined.press(50)
        list(joined.run(1000))
        self.assertEqual(endpoint.woken[-1], (70, "press"))

    def test_what_comes_between_slices_is_handed_over_one_by_one(self):
        endpoint, peer, joined = self.play(
            [Sent(b"ab"), (15, JobPaused()), (40, JobPaused()), (41, JobPaused()), (42, JobPaused()),
             (43, JobPaused()), (44, JobEnded()), Sleeping(join.NEVER)], [30, 31])
        self.assertEqual(peer.seen, [(10, b"ab")])
        self.assertEqual(endpoint.woken, [(40, "amid", b"ba"), (41, "amid", None), (42, "amid", None)])
        self.assertEqual(joined.events, ["rx 40 6261", "press 41", "press 42", "job 44"])

    def test_the_peers_deadline_and_the_horizon(self):
        _, peer, _ = self.play([Sleeping(2000)], deadline=300)
        self.assertEqual(peer.seen, [(300, None)])


if __name__ == "__main__":
    unittest.main()
