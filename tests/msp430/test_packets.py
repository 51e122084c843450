# SPDX-License-Identifier: MIT
"""What the runner writes and reads by itself: the store, IPv6, phases; and virtual time."""

import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "targets", "msp430",
                                "runner"))

import ip6
import join
import keypad
import phases
from seam import Answered, Handed, JobBegun, JobEnded, JobPaused, LinkDone, Reached, Sending, Sent, Sleeping, Told, handed
from store import Store, crc16

A, B = "fd00:9::1", "fd00:9::2"


class Records(unittest.TestCase):
    def test_crc_of_the_catalogue(self):
        # CRC-16/CCITT-FALSE of "123456789"
        self.assertEqual(crc16(b"123456789"), 0x29b1)

    def test_store(self):
        packed = Store(A, B, b"a", b"b", b"key", "fd00:1::").pack()
        self.assertEqual(len(packed), 124)
        self.assertEqual(packed[:6].hex(), "084c02010100")
        self.assertEqual(packed[90:122], keypad.padded(keypad.AES128_CMAC, b"key") + bytes(16))
        self.assertEqual(crc16(packed[:-2]), int.from_bytes(packed[-2:], "little"))

    def test_key_itself_is_not_in_it(self):
        for prf in keypad.PRFS:
            for octets in (1, 15, 16, 17, 32, 64, 65, 200):
                key = bytes(range(1, octets + 1))
                packed = Store(A, B, b"a", b"b", key, prf=prf).pack()
                self.assertEqual(len(packed), 124)
                self.assertEqual(packed[0], prf)
                self.assertNotIn(key[:8].ljust(8, b"\0"), packed)

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
        count.see(Handed("press", 1), 12)
        count.see(JobBegun(), 112)
        count.see(JobEnded(5), 1112)
        count.see(Sending(ike(34)), 1132)
        count.see(LinkDone(), 1532)
        self.assertEqual(count.see(Sent(ike(34)), 1533), (None, 0))
        count.see(Sleeping(9), 1535)
        count.see(Reached(9), 1536)
        count.see(Handed("rx", 9, ike(34)), 1540)
        count.see(JobBegun(), 1840)
        count.see(JobPaused(), 3840)
        count.see(JobBegun(), 3841)
        count.see(JobEnded(12), 4041)
        count.see(Sending(ike(35)), 4081)
        count.see(LinkDone(), 4181)
        count.see(Handed("rx", 13, ike(35)), 4182)
        count.see(Told(2, 0), 4682)
        count.see(Sending(ip6.build(A, B, ip6.CARRIER_ESP, b"\1" * 40)), 5282)
        count.see(LinkDone(), 5382)
        count.see(Handed("rx", 14, ip6.build(B, A, ip6.CARRIER_ESP, b"\1" * 40)), 5383)
        count.see(Answered(1), 6083)
        count.see(Sleeping(9), 6084)
        count.see(Handed("wake", 20), 6090)
        count.see(Sleeping(9), 6150)
        self.assertEqual(count.cycles, {
            "start": 10, "button": 100, "X25519: own public value": 1000, "IKE_SA_INIT out": 20,
            "link, and timers while asleep": 2 + 400 + 5 + 100 + 100 + 6, "main loop, idle": 3 + 1 + 1 + 1 + 1,
            "IKE_SA_INIT in": 300, "X25519: shared secret": 2200, "IKE_AUTH out": 40, "IKE_AUTH in": 500,
            "ESP out": 600, "ESP in": 700, "timer": 60})

    def test_table(self):
        count = phases.Phases()
        count.see(Sleeping(9), 8000)
        lines = list(count.table(8))
        self.assertEqual(lines[1].split(), ["start", "8,000", "1.00", "100.0", "%"])
        self.assertEqual(lines[-1].split()[:2], ["all", "8,000"])


class Endpoint:
    """Does what its script says, (when, what), and notes what comes."""

    def __init__(self, script):
        self.script, self.now, self.came = list(script), 0, []

    def run(self, until):
        if not self.script or self.script[0][0] > until:
            self.now = max(self.now, until)
            return Reached(until)
        moment, seen = self.script.pop(0)
        self.now = max(self.now, moment)
        return seen

    def press(self):
        self.came.append((self.now, "press"))

    def deliver(self, packet):
        self.came.append((self.now, packet))


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
        return endpoint, peer, joined, list(joined.run(1000))

    def test_there_and_back(self):
        endpoint, peer, joined, seen = self.play([(6, Sent(b"ab")), (7, Sleeping(join.NEVER))], [5])
        self.assertEqual(endpoint.came, [(5, "press"), (26, b"ba")])
        self.assertEqual(peer.seen, [(16, b"ab")])
        self.assertEqual(joined.sent, [b"ab"])
        self.assertEqual(seen, [Sent(b"ab"), Sleeping(join.NEVER)])

    def test_what_the_firmware_was_handed_is_recorded(self):
        _, _, joined, _ = self.play([
            (6, Handed("press", 6)), (7, JobPaused()), (8, Handed("rx", 8, b"ab")), (9, JobEnded(9)),
            (10, Sleeping(20)), (20, Handed("wake", 20)), (21, Told(2, 0))])
        self.assertEqual(joined.events, ["press 6", "rx 8 6162", "job 9", "wake 20"])
        self.assertEqual([str(handed(line)) for line in joined.events if line[:3] != "job"],
                         ["press 6", "rx 8 6162", "wake 20"])

    def test_losses(self):
        endpoint, peer, _, _ = self.play(
            [(0, Sent(b"1")), (0, Sent(b"2"))], lose=lambda from_endpoint, number: from_endpoint and number == 0)
        self.assertEqual(peer.seen, [(10, b"2")])
        self.assertEqual(endpoint.came, [(20, b"2")])

    def test_losses_of_the_peer(self):
        endpoint, peer, _, _ = self.play(
            [(0, Sent(b"1")), (0, Sent(b"2"))], lose=lambda from_endpoint, number: not from_endpoint and number == 1)
        self.assertEqual(peer.seen, [(10, b"1"), (10, b"2")])
        self.assertEqual(endpoint.came, [(20, b"1")])

    def test_what_is_due_at_one_moment_comes_in_order(self):
        endpoint, peer, _, _ = self.play([(0, Sent(b"12"))], [10, 20, 20], deadline=20)
        self.assertEqual(peer.seen, [(10, b"12"), (20, None)])
        self.assertEqual(endpoint.came, [(10, "press"), (20, "press"), (20, "press"), (20, b"21")])

    def test_the_peers_deadline_and_the_horizon(self):
        endpoint, peer, _, seen = self.play([(1001, Sent(b"late"))], deadline=300)
        self.assertEqual(peer.seen, [(300, None)])
        self.assertEqual((endpoint.now, seen), (1000, []))


if __name__ == "__main__":
    unittest.main()
