# SPDX-License-Identifier: MIT
"""`ikelet ping` against `ikelet respond` over loopback, without root: ESP in UDP, ports of our own."""

import os
import re
import socket
import time

import peers
from relay import Relay

IKE_SUITES = [
    "aes128-sha256-x25519", "aes256-sha384-ecp384", "aes192-sha512-ecp521",
    "aes128gcm16-prfsha256-ecp256", "chacha20poly1305-prfsha256-x25519",
    "aes128ccm8-prfsha256-modp2048", "aes128ctr-sha256-modp3072", "aes128-aesxcbc-x25519",
    "aes128-aescmac-x25519",
]
ESP_SUITES = [
    "null-sha256", "aes128-sha1", "aes256-sha512", "aes128ctr-sha256", "aes128-aesxcbc",
    "aes128-aescmac", "aes128ccm8", "aes256gcm16", "chacha20poly1305",
]


class Ping(peers.Case):
    def test_two_pings(self):
        responder = self.respond(count=2)
        ping = self.ping(responder)
        self.expect_replies(ping)
        self.assertRegex(ping.text, r"IKE SA with 127\.0\.0\.2 \(gw\.example\.org\) up: aes128gcm16")
        self.assertRegex(ping.text, r"Child SA up: 10\.1\.0\.0/24 === 10\.2\.0\.0/24, aes128gcm16, "
                                    r"tunnel mode, ESP in UDP, SPIs [0-9a-f]{8} in")
        self.assertRegex(ping.text, r"handshake: \d+\.\d{3} ms")
        self.assertRegex(ping.replies[0],
                         r"^64 bytes from 10\.2\.0\.1: icmp_seq=1 ttl=64 time=\d+\.\d{3} ms$")
        self.assertIn("2 packets transmitted, 2 received, 0% packet loss", ping.out)
        self.assertRegex(ping.text, r"rtt min/avg/max = [\d.]+/[\d.]+/[\d.]+ ms")
        self.assertIn("SAs deleted", ping.out)
        self.assertEqual(responder.wait(), 0, responder.text)
        self.assertIn("IKE SA down: deleted by the peer", responder.out)
        self.assertIn("2 echo requests answered", responder.out)

    def test_without_any_selectors(self):
        """From our address to the peer's: all that must be said is who and the key."""
        responder = self.respond(ts_local=None, ts_remote=None)
        ping = self.ping(responder, from_=None, to=None, ts_local=None, ts_remote=None, id=None,
                         remote_id=None)
        self.expect_replies(ping)
        self.assertRegex(ping.text, r"127\.0\.0\.1 === 127\.0\.0\.2")

    def test_ike_suites(self):
        responder = self.respond(ike=",".join(IKE_SUITES[:8]))
        other = self.respond(host="127.0.0.3", ike=IKE_SUITES[8])
        for suite in IKE_SUITES:
            with self.subTest(suite):
                to = responder if suite in IKE_SUITES[:8] else other
                host = "127.0.0.2" if to is responder else "127.0.0.3"
                ping = self.ping(to, host, ike=suite, count=1)
                self.expect_replies(ping, 1)
                self.assertTrue(any(line.endswith(f"up: {suite}") for line in ping.out), ping.text)

    def test_esp_suites(self):
        for half in (ESP_SUITES[:5], ESP_SUITES[5:]):
            responder = self.respond(esp=",".join(half))
            for suite in half:
                with self.subTest(suite):
                    ping = self.ping(responder, esp=suite, count=1)
                    self.expect_replies(ping, 1)
                    self.assertRegex(ping.text, rf"10\.2\.0\.0/24, {suite}, tunnel")

    def test_legacy_is_said(self):
        responder = self.respond(legacy_mini=True)
        ping = self.ping(responder, legacy_mini=True)
        self.expect_replies(ping)
        self.assertRegex(ping.text, r"up: aes128-sha1-modp1024")
        self.assertRegex(ping.text, r"legacy algorithms, weak: .*MODP_1024")

    def test_several_proposals_and_invalid_ke(self):
        responder = self.respond(ike="aes256-sha512-ecp384", esp="aes256-sha256")
        ping = self.ping(responder, ike="aes128-sha256-x25519,aes256-sha512-x25519-ecp384",
                         esp="aes128gcm16,aes256-sha256")
        self.expect_replies(ping)
        self.assertRegex(ping.text, r"up: aes256-sha512-ecp384")

    def test_ipv6_outer_and_inner(self):
        responder = self.respond(host="::1", ts_local="fd00:2::/64,10.2.0.0/24",
                                 ts_remote="fd00:1::/64,10.1.0.0/24")
        inner6 = {"from_": "fd00:1::1", "to": "fd00:2::1", "ts_local": "fd00:1::/64",
                  "ts_remote": "fd00:2::/64"}
        ping = self.ping(responder, "::1", **inner6)
        self.expect_replies(ping)
        self.assertRegex(ping.replies[0], r"64 bytes from fd00:2::1: icmp_seq=1 ttl=64")
        self.expect_replies(self.ping(responder, "::1"))

    def test_transport_mode(self):
        responder = self.respond(mode="transport", ts_local=None, ts_remote=None)
        ping = self.ping(responder, mode="transport", from_=None, to=None, ts_local=None,
                         ts_remote=None)
        self.expect_replies(ping)
        self.assertRegex(ping.text, r"127\.0\.0\.1 === 127\.0\.0\.2, \S+, transport mode")
        self.assertRegex(ping.replies[0], r"from 127\.0\.0\.2:")

    def test_mode_mismatch(self):
        responder = self.respond()
        ping = self.ping(responder, mode="transport", from_=None, to=None, ts_local=None,
                         ts_remote=None)
        self.expect_failure(ping, r"no Child SA: ")

    def test_sizes(self):
        responder = self.respond()
        for size in (0, 1, 1400, 8192):
            ping = self.ping(responder, size=size)
            self.expect_replies(ping)
            self.assertRegex(ping.replies[0], rf"^{size + 8} bytes from")

    def test_narrowed(self):
        responder = self.respond()
        ping = self.ping(responder, ts_local="10.0.0.0/8", ts_remote="10.0.0.0/8")
        self.expect_replies(ping)
        self.assertRegex(ping.text, r"10\.1\.0\.0/24 === 10\.2\.0\.0/24")

    def test_narrowed_too_far(self):
        responder = self.respond(ts_local="10.2.0.128/25")
        self.expect_failure(self.ping(responder), r"narrowed the traffic selectors")
        responder.wait_for("IKE SA down: deleted by the peer")

    def test_identities(self):
        for ours in ("tk@example.org", "keyid:0x00ff", "192.0.2.7", "2001:db8::7", "@door"):
            with self.subTest(ours):
                responder = self.respond(remote_id=ours)
                self.expect_replies(self.ping(responder, id=ours, count=1), 1)
                responder.stop()

    def test_key_file(self):
        """A line end behind the key does not count; the environment is not asked then."""
        path = os.path.join(self.folder(), "psk")
        with open(path, "w", encoding="utf-8") as file:
            file.write(peers.PSK + "\n")
        responder = self.respond()
        self.expect_replies(self.ping(responder, psk="wrong", psk_file=path))

    def test_the_key_is_nowhere(self):
        responder = self.respond(verbose=True)
        ping = self.start_ping(responder, verbose=True, count=1000)
        ping.wait_for("icmp_seq=3")
        with open(f"/proc/{ping.process.pid}/environ", "rb") as file:
            self.assertNotIn(peers.PSK.encode(), file.read())
        ping.interrupt()
        self.assertEqual(ping.wait(), 0, ping.text)
        self.assertNotIn(peers.PSK, ping.text + responder.text)

    def test_verbose(self):
        responder = self.respond()
        ping = self.ping(responder, verbose=True)
        self.assertEqual(ping.status, 0, ping.text)
        text = "\n".join(ping.err)
        for wanted in (r"to 127\.0\.0\.2 port \d+: IKE_SA_INIT request 0 by the initiator",
                       r"SA 1: IKE aes128gcm16-", r"KE x25519, 32 octets",
                       r"N NAT_DETECTION_SOURCE_IP",
                       r"IKE_AUTH response 1 by the responder", r"SK sealed, \d+ octets",
                       r"IDi client\.example\.org", r"AUTH by pre-shared key, 32 octets",
                       r"TSi 10\.1\.0\.0/24", r"N INITIAL_CONTACT",
                       r"ESP SPI [0-9a-f]{8} sequence number 1,", r"D IKE"):
            self.assertRegex(text, wanted)

    def test_no_initial_contact(self):
        responder = self.respond()
        ping = self.ping(responder, verbose=True, initial_contact="no")
        self.assertEqual(ping.status, 0, ping.text)
        self.assertNotIn("INITIAL_CONTACT", ping.text)

    def test_few_octets(self):
        """Both ends know that there is no NAT to look for: by one port they put ESP in UDP all the same."""
        responder = self.respond(nat_detection="no", nonce=16, ike="aes128ccm8-prfaescmac-x25519", id="keyid:g")
        ping = self.ping(responder, verbose=True, initial_contact="no", nat_detection="no", nonce=16, idr="no",
                         ike="aes128ccm8-prfaescmac-x25519", id="keyid:r", remote_id="keyid:g")
        self.assertEqual(ping.status, 0, ping.text)
        self.assertEqual(len(ping.replies), 2, ping.text)
        for unwanted in ("INITIAL_CONTACT", "NAT_DETECTION"):
            self.assertNotIn(unwanted, ping.text)
        self.assertEqual(len(re.findall(r"Nonce 16 octets", ping.text)), 2, ping.text)
        self.assertEqual(ping.text.count("IDr "), 1, "in the answer alone")


class Failures(peers.Case):
    def test_wrong_key(self):
        responder = self.respond()
        self.expect_failure(self.ping(responder, psk="wrong"), r"^ikelet: authentication failed$")
        self.expect_replies(self.ping(responder))

    def test_unknown_identity(self):
        responder = self.respond(remote_id="@client.example.org")
        self.expect_failure(self.ping(responder, id="@stranger"), r"authentication failed")

    def test_wrong_gateway(self):
        responder = self.respond()
        self.expect_failure(self.ping(responder, remote_id="@other"), r"authentication failed")

    def test_ike_mismatch(self):
        responder = self.respond(ike="aes256-sha512-ecp384")
        ping = self.ping(responder, ike="aes128-sha256-x25519", timeout=1)
        self.expect_failure(ping, r"no proposal chosen")

    def test_esp_mismatch(self):
        responder = self.respond(esp="aes256-sha512")
        self.expect_failure(self.ping(responder, esp="aes128gcm16"), r"no proposal chosen")
        responder.wait_for("IKE SA down: deleted by the peer")

    def test_selectors(self):
        responder = self.respond(ts_local="10.77.0.0/24")
        self.expect_failure(self.ping(responder), r"traffic selectors")

    def test_what_the_responder_tells(self):
        """It knows more than it may tell the peer."""
        keys, folder = {}, self.folder()
        for name, text in (("ours", "k1: one\n"), ("theirs", "k9: another\n")):
            keys[name] = os.path.join(folder, name)
            with open(os.open(keys[name], os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as file:
                file.write(text)
        required = {"ppk_file": keys["ours"], "ppk_required": True}
        for here, there, line in (
                (required, {}, "it uses no post-quantum pre-shared key, and one is required"),
                (required, {"ppk_file": keys["theirs"]}, "its post-quantum pre-shared key is none of ours"),
                (required, {"psk": "wrong", "ppk_file": keys["ours"]}, "authentication failed: another key, or no proof"),
                ({"childless": "force"}, {"childless": "never"}, "IKE SAs come up without a Child SA here, and it wants one at once")):
            with self.subTest(line):
                responder = self.respond(**here)
                self.ping(responder, timeout=1, **there)
                responder.wait_for(line)

    def test_no_answer(self):
        """One request, repeated bit for bit until the time is up."""
        with Deaf() as deaf:
            begun = time.monotonic()
            ping = self.ping(deaf, timeout=1)
            self.expect_failure(ping, r"no answer")
            self.assertLess(abs(time.monotonic() - begun - 1), 2)
            self.assertEqual(len(deaf.heard()), 2)
            self.assertEqual(len(set(deaf.heard())), 1)

    def test_nobody_there(self):
        with Deaf() as deaf:
            pass
        self.expect_failure(self.ping(deaf, timeout=0.5), r"no answer")

    def test_no_echo_reply(self):
        """IKE comes through, ESP does not."""
        responder = self.respond()
        with Relay(responder.port, lambda data: data[:4] != bytes(4)) as relay:
            ping = self.ping(relay, "127.0.0.3", timeout=0.5)
        self.expect_failure(ping, r"no answer to the echo requests")
        self.assertIn("2 packets transmitted, 0 received, 100% packet loss", ping.out)
        self.assertIn("SAs deleted", ping.out)

    def test_responder_vanishes(self):
        responder = self.respond()
        ping = self.start_ping(responder, count=1000, interval=0.05, timeout=0.5)
        ping.wait_for("icmp_seq=2")
        responder.process.kill()
        time.sleep(0.3)
        ping.interrupt()
        self.assertEqual(ping.wait(), 0, ping.text)  # some were answered
        self.assertRegex("\n".join(ping.err), r"no answer to the Delete")
        self.assertRegex(ping.text, r"[1-9][\d.]*% packet loss")

    def test_cannot_bind(self):
        responder = self.respond()
        second = self.start("respond", local="127.0.0.2", port=responder.port)
        second.status = second.wait()
        self.expect_failure(second, rf"cannot bind UDP port {responder.port} of 127\.0\.0\.2: "
                                    r"Address already in use")
        responder.port = peers.free_port()
        self.expect_failure(self.ping(responder, local="192.0.2.99"),
                            r"cannot bind .*192\.0\.2\.99: Cannot assign requested address")

    def test_files_that_cannot_be_written(self):
        responder = self.respond()
        self.expect_failure(self.ping(responder, pcap="/no/such/folder/x.pcap"),
                            r"cannot write --pcap=/no/such/folder/x\.pcap: No such file")
        self.expect_failure(self.ping(responder, keylog="/no/such/folder"),
                            r"cannot write into --keylog=/no/such/folder: No such file")

    def test_why_the_peer_is_silent(self):
        """By what ICMP says, if it says anything; and what cannot be sent at all."""
        port = peers.free_port("127.0.0.2")
        for host in ("127.0.0.2", "::1"):
            command = self.start("ping", peer=host, port=port, timeout=0.5)
            self.assertEqual(command.wait(), 1)
            self.assertEqual(command.err, [f"ikelet: no answer: the peer is silent: nobody listens at {host} port {port} (ICMP port unreachable)"])
        command = self.start("ping", peer="fe80::1", port=port, timeout=0.5)
        self.assertEqual(command.wait(), 1)
        self.assertEqual(command.err, ["ikelet: no route to fe80::1: a link-local address needs its link (fe80::1%eth0)"])


class Life(peers.Case):
    def test_interrupted(self):
        responder = self.respond()
        ping = self.start_ping(responder, count=None)
        ping.wait_for("icmp_seq=3")
        ping.interrupt()
        self.assertEqual(ping.wait(), 0, ping.text)
        self.assertIn("SAs deleted", ping.out)
        self.assertRegex(ping.text, r"\d+ packets transmitted")
        responder.wait_for("IKE SA down: deleted by the peer")

    def test_interrupted_in_the_handshake(self):
        with Deaf() as deaf:
            ping = self.start_ping(deaf, timeout=20)
            time.sleep(0.3)
            ping.interrupt()
            self.assertEqual(ping.wait(3), 1, ping.text)
            self.assertEqual(ping.err, [], ping.text)

    def test_responder_ends(self):
        responder = self.respond()
        ping = self.start_ping(responder, count=None)
        ping.wait_for("icmp_seq=3")
        responder.interrupt()
        self.assertEqual(responder.wait(), 0, responder.text)
        self.assertEqual(ping.wait(), 0, ping.text)  # replies came
        self.assertEqual(len(ping.err), 1, ping.text)
        self.assertIn("deleted by the peer", ping.err[0])

    def test_responder_ends_after_refusals(self):
        """Nothing is up: there is nobody to wait for."""
        responder = self.respond()
        self.expect_failure(self.ping(responder, psk="wrong"), "authentication failed")
        responder.interrupt()
        self.assertEqual(responder.wait(2), 0)
        self.assertEqual(responder.err, [])

    def test_only_one_address_is_answered(self):
        responder = self.respond(peer="127.0.0.9")
        self.expect_failure(self.ping(responder, timeout=0.5), "no answer|no proposal chosen")
        self.expect_replies(self.ping(responder, local="127.0.0.9"))

    def test_several_initiators(self):
        responder = self.respond()
        pings = [self.start_ping(responder, id=f"@client{i}", count=20,
                                 from_=f"10.1.0.{i + 1}", ts_local=f"10.1.0.{i + 1}")
                 for i in range(4)]
        for ping in pings:
            ping.status = ping.wait()
            self.expect_replies(ping, 20)

    def test_one_after_the_other(self):
        responder = self.respond()
        for _ in range(20):
            self.expect_replies(self.ping(responder, count=1), 1)

    def test_a_crowd_asks_for_cookies(self):
        """Half-open IKE SAs beyond the limit: the next initiator must return a cookie."""
        responder = self.respond(timeout=5)
        init = self.recorded_init(responder)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as crowd:
            crowd.bind(("127.0.0.1", 0))
            for i in range(9):
                crowd.sendto(init[:4] + bytes([i + 1]) * 8 + init[12:],
                             ("127.0.0.2", responder.port))
                crowd.recv(4096)
            ping = self.ping(responder, verbose=True)
        self.assertEqual(ping.status, 0, ping.text)
        self.assertRegex(ping.text, r"N COOKIE, \d+ octets")

    def recorded_init(self, responder):
        """An IKE_SA_INIT request of ikelet, with its marker."""
        with Deaf() as deaf:
            self.ping(deaf, timeout=0.2)
            return deaf.heard()[0]

    def test_garbage_does_not_disturb(self):
        responder = self.respond()
        ping = self.start_ping(responder, count=100, interval=0.01)
        ping.wait_for("icmp_seq=3")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as crowd:
            for i in range(400):
                crowd.sendto(os.urandom(i), ("127.0.0.2", responder.port))
                crowd.sendto(bytes(4) + os.urandom(i), ("127.0.0.2", responder.port))
                time.sleep(0.002)  # a full socket buffer would lose the pings too
        ping.status = ping.wait()
        self.expect_replies(ping, 100)


class Lossy(peers.Case):
    def test_every_message_is_lost_once(self):
        responder = self.respond()
        lost = set()

        def drop(data):
            new = data not in lost
            lost.add(data)
            return new and data[:4] == bytes(4)
        with Relay(responder.port, drop) as relay:
            self.expect_replies(self.ping(relay, "127.0.0.3", timeout=8))
        self.assertEqual(len([d for d in lost if d[:4] == bytes(4)]), 6)

    def test_every_datagram_comes_twice(self):
        responder = self.respond()
        with Relay(responder.port, copies=2) as relay:
            self.expect_replies(self.ping(relay, "127.0.0.3", count=20), 20)


class Deaf:
    """A UDP port that takes everything and answers nothing."""

    def __enter__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.2", 0))
        self.port = self.socket.getsockname()[1]
        return self

    def __exit__(self, *_):
        self.socket.close()

    def heard(self):
        if not hasattr(self, "datagrams"):
            self.datagrams = []
        self.socket.setblocking(False)
        try:
            while True:
                self.datagrams.append(self.socket.recv(65536))
        except BlockingIOError:
            return self.datagrams


class Ticket(peers.Case):
    """--ticket-file: the next run resumes (RFC 5723)."""

    RESUMED = "resumed: there was no key exchange"

    def file(self):
        return os.path.join(self.folder(), "ticket")

    def test_second_resumes(self):
        responder, file = self.respond(), self.file()
        first = self.ping(responder, ticket_file=file, count=1)
        self.expect_replies(first, 1)
        self.assertNotIn(self.RESUMED, first.out)
        self.assertIn(f"SAs left for the next time: {file}", first.out)
        self.assertEqual(os.stat(file).st_mode & 0o777, 0o600)
        self.assertEqual(os.listdir(os.path.dirname(file)), ["ticket"])
        for _ in range(2):
            with open(file, "rb") as f:
                before = f.read()
            again = self.ping(responder, ticket_file=file, count=2)
            self.expect_replies(again)
            self.assertIn(self.RESUMED, again.out)
            with open(file, "rb") as f:
                self.assertNotEqual(f.read(), before, "each is used once")
        responder.wait_for("IKE SA down: replaced")

    def test_in_full_where_the_peer_has_forgotten(self):
        responder, file = self.respond(), self.file()
        self.expect_replies(self.ping(responder, ticket_file=file, count=1), 1)
        responder.stop()
        again = self.start("respond", local="127.0.0.2", id="@gw.example.org", port=responder.port)
        again.port = responder.port
        self.assertTrue(again.is_ready())
        for served in (False, True):
            ping = self.ping(again, ticket_file=file, count=1)
            self.expect_replies(ping, 1)
            self.assertEqual(self.RESUMED in ping.out, served, ping.text)

    def again(self, before, **options):
        """The responder is restarted, at the same port."""
        before.stop()
        responder = self.start("respond", local="127.0.0.2", id="@gw.example.org", port=before.port, **options)
        responder.port = before.port
        self.assertTrue(responder.is_ready(), responder.text)
        return responder

    def test_responder_that_keeps_its_keys(self):
        """respond --ticket-file: what was given before a restart is taken after it, and what is given then, too."""
        keys, file = os.path.join(self.folder(), "keys"), self.file()
        responder = self.respond(ticket_file=keys)
        self.expect_replies(self.ping(responder, ticket_file=file, count=1), 1)
        self.assertEqual(os.stat(keys).st_mode & 0o777, 0o600)
        self.assertEqual(os.listdir(os.path.dirname(keys)), ["keys"])
        for _ in range(2):
            responder = self.again(responder, ticket_file=keys)
            for _ in range(2):
                ping = self.ping(responder, ticket_file=file, count=1)
                self.expect_replies(ping, 1)
                self.assertIn(self.RESUMED, ping.out)

    def test_keys_of_another_key(self):
        """Who changes the pre-shared key takes back what tickets allow."""
        keys, file = os.path.join(self.folder(), "keys"), self.file()
        responder = self.respond(ticket_file=keys)
        self.expect_replies(self.ping(responder, ticket_file=file, count=1), 1)
        responder.stop()
        responder = self.start("respond", local="127.0.0.2", id="@gw.example.org", port=responder.port, ticket_file=keys,
                               psk="another key")
        self.assertTrue(responder.is_ready())
        for _ in range(50):  # the line is on stderr, which comes by itself
            if "of another identity or another key" in responder.text:
                return
            time.sleep(0.1)
        self.fail(responder.text)

    def test_what_is_no_key_is_left_alone(self):
        keys = os.path.join(self.folder(), "keys")
        with open(keys, "w", encoding="utf-8") as f:
            f.write("a letter to somebody\n")
        responder = self.start("respond", local="127.0.0.2", id="@gw.example.org", port=peers.free_port("127.0.0.2"),
                               ticket_file=keys)
        self.assertEqual(responder.wait(), 1)
        self.assertRegex(responder.err[0], r"--ticket-file=\S+: no keys of tickets stand in it")
        with open(keys, encoding="utf-8") as f:
            self.assertEqual(f.read(), "a letter to somebody\n")

    def test_peer_that_gives_none(self):
        responder, file = self.respond(ticket_life=0), self.file()
        ping = self.ping(responder, ticket_file=file, count=1)
        self.expect_replies(ping, 1)
        self.assertIn("SAs deleted", ping.out)
        self.assertFalse(os.path.exists(file))

    def test_what_is_no_ticket_is_left_alone(self):
        responder, file = self.respond(), self.file()
        with open(file, "w", encoding="utf-8") as f:
            f.write("a letter to somebody\n")
        ping = self.ping(responder, ticket_file=file, count=1)
        self.assertEqual(ping.wait(), 1)
        self.assertRegex(ping.err[0], r"--ticket-file=\S+: no ticket stands in it")
        with open(file, encoding="utf-8") as f:
            self.assertEqual(f.read(), "a letter to somebody\n")

    def test_what_is_no_file(self):
        """A pipe is not waited for, a device not replaced."""
        responder, pipe = self.respond(), self.file()
        os.mkfifo(pipe)
        for place, why in ((pipe, "Invalid argument"), ("/dev/zero", "Invalid argument"), ("/", "Is a directory")):
            ping = self.ping(responder, ticket_file=place, count=1)
            self.assertEqual((ping.wait(), ping.err), (1, [f"ikelet: cannot read --ticket-file={place}: {why}"]))

    def test_place_that_cannot_be_written(self):
        responder = self.respond()
        ping = self.ping(responder, ticket_file="/nonexistent/ticket", count=1)
        ping.wait()
        self.assertRegex(ping.text, r"cannot write --ticket-file=/nonexistent/ticket: No such file")
        self.assertIn("SAs deleted", ping.out)


if __name__ == "__main__":
    peers.main()
