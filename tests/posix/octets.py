#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""docs/octets.md: its tables are those of the record, and what `ikelet ping` sends is still that, field by field.

The record's answers are strongSwan's: tests/kernel captures them. Here ikelet answers itself, over loopback.
"""

import os
import subprocess
import sys
import unittest

import peers

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
sys.path.insert(0, os.path.join(ROOT, "bench"))
import octets  # noqa: E402

SHORT = {"nat_detection": "no", "nonce": 16, "idr": "no", "initial_contact": "no", "fragment": 0}
FORMS = {"standard": ("aes128ccm8-prfsha256-x25519", ("client.example.org", "gw.example.org"), {}),
         "short": ("aes128ccm8-prfaescmac-x25519", ("keyid:r1", "keyid:g"), SHORT)}


class Octets(peers.Case):
    def messages(self, name):
        ike, (ours, theirs), options = FORMS[name]
        folder, port = self.folder(), peers.free_port("::1")
        both = {key: options[key] for key in ("nat_detection", "nonce", "fragment") if key in options}
        responder = self.start("respond", local="::1", port=port, id=theirs, ike=ike, esp="aes128ccm8", ts_local="fd00:2::1/128",
                               ts_remote="fd00:1::1/128", childless="never", **both)
        self.assertTrue(responder.is_ready())
        ping = self.start("ping", peer="::1", port=port, id=ours, remote_id=theirs, ike=ike, esp="aes128ccm8", from_="fd00:1::1",
                          ts_remote="fd00:2::1/128", to="fd00:2::1", count=2, interval=0.1, pcap=os.path.join(folder, "pcap"),
                          keylog=os.path.join(folder, "keys"), **options)
        self.assertEqual(ping.wait(), 0, ping.text)
        return octets.read(os.path.join(folder, "pcap"), os.path.join(folder, "keys"))

    def test_requests_are_those_of_the_record(self):
        for name in FORMS:
            with self.subTest(name):
                recorded = [message for message in octets.recorded(name) if message[0].endswith("request")]
                self.assertEqual([m for m in self.messages(name) if m[0].endswith("request")], recorded)

    def test_as_many_as_the_datagrams_have(self):
        """Fields add up to messages; ours as gateway, with a short nonce, saves 16 octets more."""
        self.assertEqual(octets.total(self.messages("short")), octets.total(octets.recorded("short")) - 16)

    def test_the_page(self):
        page, copy = os.path.join(ROOT, "docs/octets.md"), os.path.join(self.folder(), "octets.md")
        self.assertEqual(self.check(page), (0, ""))
        with open(page, encoding="utf-8") as whole, open(copy, "w", encoding="utf-8") as changed:
            changed.write(whole.read().replace("**701**", "**700**"))
        status, says = self.check(copy)
        self.assertEqual(status, 1)
        self.assertIn(f"bench/octets.py --update {copy}", says)
        self.assertEqual(subprocess.run([sys.executable, "-B", octets.__file__, "--pcap=x"], capture_output=True, check=False).returncode, 2)

    @staticmethod
    def check(page):
        done = subprocess.run([sys.executable, "-B", octets.__file__, f"--check={page}"], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr


if __name__ == "__main__":
    unittest.TestCase.maxDiff = None
    peers.main()
