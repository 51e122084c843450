#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A peer that renews its Child SA and keeps its IKE SA, as libreswan does, and has nothing if that is refused: played by raw
messages against `ikelet respond`, with 20 echoes a second, of which none may be lost."""

import re

import raw_peer
from peers import PSK, Case, main

EVERY = 0.05
NULL, NO_PROPOSAL_CHOSEN = 11, 14


class ChildOnly(Case):
    def call(self, pfs=False, esp="chacha20poly1305", **options):
        self.responder = self.respond(ike="chacha20poly1305-prfsha256-x25519", esp=esp, **options)
        peer = raw_peer.Peer(self.responder.port, PSK, pfs=pfs)
        self.addCleanup(peer.close)
        peer.call("client.example.org", "10.1.0.0/24", "10.2.0.0/24")
        self.sent = 0
        return peer

    def talk(self, peer, count):
        for _ in range(count):
            self.sent += 1
            peer.echo(self.sent)
            peer.run(EVERY)

    def expect_all(self, peer):
        peer.run(0.3)
        missing = set(range(1, self.sent + 1)) - peer.replies
        self.assertEqual(missing, set(), self.responder.text)
        self.assertFalse(peer.down, "the IKE SA was deleted")
        ups = [line for line in self.responder.out if re.match("IKE SA .* up", line)]
        downs = [line for line in self.responder.out if re.match("IKE SA .*down", line)]
        self.assertEqual((len(ups), len(downs)), (1, 0), self.responder.text)

    def renewed(self, peer, times):
        self.talk(peer, 5)
        for _ in range(times):
            self.assertEqual(peer.rekey_child(), [], self.responder.text)
            self.assertEqual(len(peer.receiving), 1)
            self.talk(peer, 10)
        self.expect_all(peer)

    def test_by_the_peer(self):
        self.renewed(self.call(), 4)

    def test_by_the_peer_with_a_key_exchange_each(self):
        self.renewed(self.call(pfs=True, esp="chacha20poly1305-x25519"), 4)

    def test_by_us(self):
        peer = self.call(rekey_child=1)
        self.talk(peer, 70)
        self.expect_all(peer)
        self.assertGreaterEqual(peer.asked_for.count("rekey child"), 2)
        self.assertEqual(len(peer.receiving), 1)

    def test_by_both_in_turn(self):
        peer = self.call(rekey_child=1)
        for _ in range(2):
            self.talk(peer, 25)
            self.assertEqual(peer.rekey_child(), [], self.responder.text)
        self.talk(peer, 25)
        self.expect_all(peer)
        self.assertIn("rekey child", peer.asked_for)

    def test_the_ike_sa_is_not_renewed_with_who_refuses(self):
        """Its Child SA serves on, for as long as the IKE SA lasts."""
        peer = self.call(rekey_ike=1)
        self.renewed(peer, 4)
        self.assertIn("other", peer.asked_for)

    def test_what_is_refused_touches_nothing(self):
        """Another cipher than was agreed on is refused; the Child SA that was to be renewed serves on."""
        peer = self.call()
        self.talk(peer, 5)
        serves, peer.esp_cipher = peer.sending, NULL
        self.assertEqual(peer.rekey_child(), [NO_PROPOSAL_CHOSEN])
        peer.sending, peer.esp_cipher = serves, raw_peer.CHACHA
        self.renewed(peer, 2)


if __name__ == "__main__":
    main()
