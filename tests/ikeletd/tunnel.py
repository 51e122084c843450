#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""ikeletd with ikeletd: tunnels, what the log says of refusals, control, reload, what may go wrong.

Usage: tunnel.py FOLDER_OF_THE_PROGRAMS [TEST]...
"""

import hashlib
import json
import os
import pathlib
import pwd
import re
import socket
import stat
import subprocess
import sys
import time

import stage
from stage import KEY, Stage

GATEWAY = """tun {
  address = "10.2.0.1/24,fd00:2::1/64"
}
connection road {
  id = "gw.example.org"
  remote_id = "client.example.org"
  local_ts = "10.2.0.0/24,fd00:2::/64"
  remote_ts = "10.1.0.0/24,fd00:1::/64"
}
"""
CLIENT = """tun {
  address = "10.1.0.1/24,fd00:1::1/64"
}
connection home {
  remote = "10.9.0.2"
  id = "client.example.org"
  remote_id = "gw.example.org"
  local_ts = "10.1.0.0/24,fd00:1::/64"
  remote_ts = "10.2.0.0/24,fd00:2::/64"
}
"""
GW_KEYS, CL_KEYS = f"client.example.org: {KEY}\n", f"gw.example.org: {KEY}\n"

SINK = """import hashlib, socket, sys
s = socket.create_server((sys.argv[1], 7001), family=socket.AF_INET6 if ':' in sys.argv[1] else socket.AF_INET)
print('ready', flush=True)
c, _ = s.accept()
h = hashlib.sha256()
while True:
    d = c.recv(1 << 16)
    if not d:
        break
    h.update(d)
c.sendall(h.hexdigest().encode())
"""
SOURCE = """import socket, sys
s = socket.create_connection((sys.argv[1], 7001), timeout=20)
s.sendall(bytes(i * 7 % 251 for i in range(251)) * 20000)
s.shutdown(socket.SHUT_WR)
print(s.recv(100).decode())
"""
SENT = hashlib.sha256(bytes(i * 7 % 251 for i in range(251)) * 20000).hexdigest()

UPDOWN = """IKELET_CHILD=home
IKELET_CONNECTION=home
IKELET_ID=client.example.org
IKELET_INTERFACE=ikelet0
IKELET_LOCAL=10.9.0.1
IKELET_LOCAL_TS=10.1.0.0/24,fd00:1::/64
IKELET_REMOTE=10.9.0.2
IKELET_REMOTE_ID=gw.example.org
IKELET_REMOTE_TS=10.2.0.0/24,fd00:2::/64
IKELET_VERB={verb}
 ikelet0
end
"""


class Tunnel(Stage):
    def pair(self, client=CLIENT, gateway=GATEWAY, gw_keys=GW_KEYS, cl_keys=CL_KEYS):
        gw = self.daemon(self.b, "gw", gateway, gw_keys).start()
        cl = self.daemon(self.a, "cl", client, cl_keys).start()
        return cl, gw

    def up(self, **conf):
        cl, gw = self.pair(**conf)
        cl.wait_for("===")
        gw.wait_for("===")
        return cl, gw

    def transfer(self, to):
        """5 MB by TCP; the hash that the other end computed."""
        sink = subprocess.Popen(self.b.inside(sys.executable, "-c", SINK, to), stdout=subprocess.PIPE, text=True)
        self.exits.callback(sink.kill)
        self.assertEqual(sink.stdout.readline(), "ready\n")
        done = self.run_in(self.a, sys.executable, "-c", SOURCE, to)
        sink.wait(10)
        sink.stdout.close()
        return done.stdout.strip() + done.stderr

    def test_pings_and_tcp(self):
        cl, gw = self.up()
        for size in (0, 56, 1300, 1372, 3000):
            self.assertEqual(self.ping(self.a, "10.2.0.1", size=size), 3, size)
        self.assertEqual(self.ping(self.b, "10.1.0.1"), 3)
        self.assertEqual(self.ping(self.a, "fd00:2::1"), 3)
        self.assertEqual(self.transfer("10.2.0.1"), SENT)
        self.assertEqual(self.transfer("fd00:2::1"), SENT)
        child = gw.ask("status")["ike_sas"][0]["children"][0]
        self.assertGreater(child["octets_in"], 10_000_000)
        self.assertEqual(child["drops"], 0)

    def test_in_udp_with_and_without_offloads(self):
        for offload in ("yes", "no"):
            with self.subTest(offload):
                client = CLIENT.replace("remote =", "encap = yes\n  remote =").replace(
                    "tun {", f"tun {{\n  offload = {offload}")
                cl, gw = self.up(client=client)
                self.assertIn(f"TSO {'on' if offload == 'yes' else 'off'}", cl.log)
                self.assertEqual(self.ping(self.a, "10.2.0.1", size=1372), 3)
                self.assertEqual(self.transfer("10.2.0.1"), SENT)
                self.assertEqual(self.transfer("fd00:2::1"), SENT)
                self.assertIs(cl.ask("status")["ike_sas"][0]["children"][0]["udp"], True)
                cl.stop()
                gw.stop()

    def test_one_end_by_openssl(self):
        """What one provider seals the other opens; also inside what a daemon may do when it has dropped its privileges."""
        for ike, esp in (("chacha20poly1305-prfsha256-ecp256", "chacha20poly1305"), ("aes128-sha384-modp2048", "aes128-sha512-ecp384")):
            with self.subTest(esp):
                suites = f'  ike = "{ike}"\n  esp = "{esp}"\n'
                client = 'daemon {\n  user = "nobody"\n  crypto = "openssl"\n}\n' + CLIENT.replace("  remote =", f"{suites}  remote =")
                cl, gw = self.up(client=client, gateway=GATEWAY.replace("connection road {\n", "connection road {\n" + suites))
                self.assertEqual(self.ping(self.a, "10.2.0.1", size=1372), 3)
                self.assertEqual(self.transfer("10.2.0.1"), SENT)
                self.assertEqual(cl.ask("rekey", "home")["outcome"], "up")
                self.assertEqual(self.transfer("fd00:2::1"), SENT)
                child = gw.ask("status")["ike_sas"][0]["children"][0]
                self.assertEqual((child["suite"], child["drops"]), (re.sub("-ecp384", "", esp), 0))
                cl.stop()
                gw.stop()

    def test_reload_with_another_provider(self):
        """What one has prepared for the SAs that are up goes on, whichever computes from now on."""
        esps = "chacha20poly1305", "aes128gcm16", "aes256-sha512", "aes128-sha256", "aes128ccm16"
        children = "".join(f'  child c{i} {{\n    esp = "{esp}"\n    local_ts = "10.1.0.0/24"\n    remote_ts = "10.2.{i}.0/24"\n  }}\n'
                           for i, esp in enumerate(esps))
        selectors = CLIENT[CLIENT.index("  local_ts"):CLIENT.rindex("}")]
        gateway = GATEWAY.replace("10.2.0.1/24", ",".join(f"10.2.{i}.1/24" for i in range(len(esps)))).replace(
            '"10.2.0.0/24,', '"10.2.0.0/21,').replace("connection road {\n", f'connection road {{\n  esp = "{",".join(esps)}"\n')
        client = CLIENT.replace(selectors, children)
        cl, gw = self.pair(client=client, gateway=gateway)
        for i in range(len(esps)):
            cl.wait_for(rf"home/c{i}: .* with gw.example.org: {esps[i]}")
        for provider in ("openssl", "bearssl"):
            for daemon, conf in ((cl, client), (gw, gateway)):
                daemon.write(f'daemon {{\n  crypto = "{provider}"\n}}\n' + conf)
                self.assertEqual(daemon.ask("reload")["mistakes"], [])
            for again in range(2):
                for i in range(len(esps)):
                    with self.subTest(provider, esp=esps[i], rekeyed=again):
                        self.assertEqual(self.ping(self.a, f"10.2.{i}.1", count=2), 2)
                if not again:
                    cl.ask("rekey", "home")
        self.assertEqual([c["drops"] for daemon in (cl, gw) for sa in daemon.ask("status")["ike_sas"] for c in sa["children"] if c["drops"]], [])

    def test_over_ipv6(self):
        self.up(client=CLIENT.replace("10.9.0.2", "fd00:9::2"))
        self.assertEqual(self.ping(self.a, "10.2.0.1", size=1372), 3)
        self.assertEqual(self.transfer("10.2.0.1"), SENT)

    def test_ah(self):
        """By protocol 51, over either IP version; what is inside can be read."""
        ah = {"client": CLIENT.replace("remote =", "ah = sha256\n  remote =", 1),
              "gateway": GATEWAY.replace("local_ts", "ah = \"sha384,sha256\"\n  local_ts", 1)}
        for peer in ("10.9.0.2", "fd00:9::2"):
            with self.subTest(peer):
                cl, gw = self.up(client=ah["client"].replace("10.9.0.2", peer), gateway=ah["gateway"])
                cl.wait_for(r": sha256, AH$")
                self.assertEqual(self.ping(self.a, "10.2.0.1", size=1300), 3)
                self.assertEqual(self.ping(self.b, "fd00:1::1"), 3)
                self.assertEqual(self.transfer("10.2.0.1"), SENT)
                self.assertEqual(self.transfer("fd00:2::1"), SENT)
                child = gw.ask("status")["ike_sas"][0]["children"][0]
                self.assertEqual((child["protocol"], child["udp"], child["drops"]), ("AH", False, 0))
                self.assertIn("\n    ah: sha384,sha256\n", gw.say("list"))
                cl.stop()
                gw.stop()

    def test_packets_that_tell_nothing(self):
        """All as long as each other, and some when nobody speaks."""
        tfc = "tfc = 1400\n  dummy = 0.2s\n"
        cl, gw = self.up(client=CLIENT.replace("remote =", tfc + "  remote =", 1),
                         gateway=GATEWAY.replace("local_ts", tfc + "  local_ts", 1))
        capture = self.b.packet_socket("eth0")
        for size in (0, 56, 1300):
            self.assertEqual(self.ping(self.a, "10.2.0.1", size=size), 3, size)
        time.sleep(1)
        self.assertEqual(self.transfer("10.2.0.1"), SENT)
        lengths, end = set(), time.monotonic() + 1
        capture.settimeout(0.2)
        try:
            while time.monotonic() < end:
                frame = capture.recv(2000)
                if frame[12:14] == b"\x08\x00" and frame[23] == 50:
                    lengths.add(len(frame))
        except TimeoutError:
            pass
        capture.close()
        self.assertEqual(len(lengths), 1, lengths)
        counts = gw.ask("counters")
        self.assertGreater(counts["counts"]["dummies_out"], 3)
        self.assertGreater(counts["drops"]["esp_dummy"], 3)
        cl.stop()

    def test_audit(self):
        """What is refused is in the log, ten a second, where the file says so."""
        gw = self.daemon(self.b, "gw", "daemon {\n  audit = yes\n}\n" + GATEWAY, GW_KEYS).start()
        for protocol, name, spi, number, packet in ((50, "esp", "00001234", 7, bytes.fromhex("00001234000000070000000000000000")),
                                                    (51, "ah", "00004321", 8, bytes.fromhex("1104000000004321000000080000000000000000000000000000"))):
            with self.a.entered(), socket.socket(socket.AF_INET, socket.SOCK_RAW, protocol) as s:
                for _ in range(30):
                    s.sendto(packet, ("10.9.0.2", 0))
            # Which socket is read first is the daemon's: each has a second of its own.
            gw.wait_for(rf"audit: {name}_unknown_spi: inbound, 10\.9\.0\.1 to 10\.9\.0\.2, {name.upper()} SPI {spi} sequence number {number}")
            time.sleep(1.2)
        gw.wait_for(r"audit: \d+ more in that second")
        self.assertLess(gw.log.count("audit: "), 30)

    def link_local(self, namespace):
        """The address that the kernel gave to eth0, once it is sure that it is the only one."""
        def found():
            said = self.run_in(namespace, "ip", "-6", "-o", "addr", "show", "dev", "eth0", "scope", "link").stdout
            return None if "tentative" in said else re.search(r"inet6 (fe80:\S+)/64", said)
        return stage.wait_until("a link-local address", 10, found)[1]

    def test_over_link_local_addresses(self):
        """As on every 6LoWPAN link; the zone is a part of the address for people, and of no packet (RFC 4007 11)."""
        there = self.link_local(self.b)
        self.link_local(self.a)
        cl, gw = self.up(client=CLIENT.replace("10.9.0.2", f"{there}%eth0"))
        self.assertEqual(self.ping(self.a, "10.2.0.1", size=1372), 3)
        self.assertEqual(self.ping(self.b, "10.1.0.1"), 3)
        self.assertEqual(self.transfer("fd00:2::1"), SENT)
        self.assertIs(cl.ask("status")["ike_sas"][0]["children"][0]["udp"], False)
        gw.stop()
        gw.start()
        self.assertEqual(cl.ask("up", "home")["outcome"], "up")
        self.assertEqual(self.ping(self.a, "10.2.0.1"), 3)
        cl.stop()
        key = os.path.join(self.folder, "key")
        with open(os.open(key, os.O_CREAT | os.O_WRONLY, 0o600), "w", encoding="ascii") as file:
            file.write(KEY)
        done = self.run_in(self.a, stage.program("ikelet"), "ping", f"--peer={there}%eth0", f"--psk-file={key}", "--id=client.example.org",
                           "--from=10.1.0.1", "--ts-local=10.1.0.0/24", "--ts-remote=10.2.0.0/24", "--to=10.2.0.1", "--count=2", "--interval=0.1")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        done = self.run_in(self.a, stage.program("ikelet"), "ping", f"--peer={there}%eth7", f"--psk-file={key}", "--id=a", "--to=10.2.0.1")
        self.assertRegex(done.stderr, r"%eth7: not an IPv4 or IPv6 address of a link that is here")

    def test_while_the_link_local_address_is_tentative(self):
        """At boot: the kernel is not sure of the client's yet (RFC 4862 5.4). Another may be the source meanwhile, or there is none."""
        there = self.link_local(self.b)
        self.daemon(self.b, "gw", GATEWAY, GW_KEYS).start()
        done = self.run_in(self.a, "sh", "-c", "echo 3 >/proc/sys/net/ipv6/conf/eth0/dad_transmits")
        self.assertEqual(done.returncode, 0, done.stderr)
        for other in (["address", "add", "fd00:9::1/64", "dev", "eth0", "nodad"], []):
            with self.subTest(other):
                self.a.ip("link", "set", "eth0", "down")
                self.a.ip("link", "set", "eth0", "up")
                if other:
                    self.a.ip(*other)
                cl = self.daemon(self.a, "cl", CLIENT.replace("10.9.0.2", f"{there}%eth0"), CL_KEYS).start()
                self.assertIn("tentative", self.run_in(self.a, "ip", "-6", "addr", "show", "dev", "eth0").stdout)
                cl.wait_for("===", 15)
                self.assertEqual(self.ping(self.a, "10.2.0.1"), 3)
                cl.stop()

    def updown(self, text):
        """A program of the client; what it writes stands in the file that is answered."""
        program, out = (os.path.join(self.folder, name) for name in ("updown", "updown.out"))
        with open(os.open(program, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o755), "w", encoding="ascii") as file:
            file.write(f"#!/bin/sh\nexec >>{out}\n{text}\n")
        return f'daemon {{\n  updown = "{program}"\n}}\n' + CLIENT, pathlib.Path(out)

    def test_updown(self):
        """Once when the tunnel is up, once when it goes, not when it is rekeyed, with all that is documented."""
        client, out = self.updown("env | grep ^IKELET_ | LC_ALL=C sort; ip -o link show $IKELET_INTERFACE | cut -d: -f2; echo end")
        cl, gw = self.up(client=client)
        def said(times):
            def found():
                text = out.read_text(encoding="ascii") if out.exists() else ""
                return text if text.count("end\n") >= times else None
            return stage.wait_until(f"updown ran {times} times", 10, found)
        self.assertEqual(said(1), UPDOWN.format(verb="up"))
        child = cl.ask("status")["ike_sas"][0]["children"][0]["spi_in"]
        cl.ask("rekey", "home")
        stage.wait_until("another SPI", 8, lambda: all(c["spi_in"] != child for c in cl.ask("status")["ike_sas"][0]["children"]))
        cl.say("reload")
        cl.ask("rekey", "home")
        cl.ask("down", "home")
        self.assertEqual(said(2), UPDOWN.format(verb="up") + UPDOWN.format(verb="down"))
        cl.ask("up", "home")
        said(3)
        cl.stop()
        self.assertEqual(said(4), 2 * (UPDOWN.format(verb="up") + UPDOWN.format(verb="down")))
        self.assertIsNotNone(gw.process)

    def test_nobody_is_left_to_be_waited_for(self):
        """Without updown its process ends at once."""
        cl, _ = self.up()
        pid = cl.process.child.pid
        children = pathlib.Path(f"/proc/{pid}/task/{pid}/children")
        stage.wait_until("no process of the daemon's", 5, lambda: children.read_text(encoding="ascii") == "" or None)

    def test_updown_that_fails(self):
        client, _ = self.updown("test $IKELET_VERB = down && kill -9 $$; exit 3")
        cl, _ = self.up(client=client)
        cl.wait_for("warning: updown .*/updown: up home/home: exit status 3")
        self.assertEqual(self.ping(self.a, "10.2.0.1"), 3)
        cl.ask("down", "home")
        cl.wait_for("warning: updown .*/updown: down home/home: ended by signal 9")
        (pathlib.Path(self.folder) / "updown").chmod(0o777)
        self.assertIn("others may write it", cl.say("reload", status=1))
        cl.stop()
        with self.assertRaisesRegex(stage.Failed, "others may write it: chown root"):
            cl.start()

    def test_what_three_words_bring(self):
        """remote, id and a key: the two hosts themselves, and nothing else of the net."""
        both = 'connection {name} {{\n  remote = "10.9.0.{peer}"\n  id = "{id}"\n  remote_id = "{remote}"\n}}\n'
        cl, _ = self.up(client=both.format(name="a", peer=2, id="client.example.org", remote="gw.example.org"),
                        gateway=both.format(name="b", peer=1, id="gw.example.org", remote="client.example.org")
                        .replace("connection b {", "connection b {\n  start = none"))
        self.assertIn("\n  a: our address === its address, start start+trap\n", cl.say("list"))
        capture = self.b.packet_socket("eth0")
        self.assertEqual(self.ping(self.a, "10.9.0.2"), 3)
        protocols = set()
        capture.settimeout(0.2)
        while True:
            try:
                frame = capture.recv(2000)
            except TimeoutError:
                break
            if frame[12:14] == b"\x08\x00":
                protocols.add(frame[23])
        capture.close()
        self.assertEqual(protocols, {50})

    def test_everything_through_the_tunnel(self):
        gateway = GATEWAY.replace('local_ts = "10.2.0.0/24,', 'local_ts = "0.0.0.0/0,')
        cl, _ = self.up(client=CLIENT.replace('remote_ts = "10.2.0.0/24,', 'remote_ts = "0.0.0.0/0,'), gateway=gateway)
        self.b.add_address("lo", "198.51.100.9/32")
        self.assertEqual(self.ping(self.a, "198.51.100.9"), 3)
        self.assertEqual(self.ping(self.a, "10.2.0.1"), 3)
        self.assertEqual(len(cl.ask("status")["ike_sas"]), 1)

    # ---- why ------------------------------------------------------------------------------------

    def test_why_a_key_is_wrong(self):
        cl, gw = self.pair(cl_keys="gw.example.org: not-the-right-secret\n")
        gw.wait_for(r"refused client\.example\.org from 10\.9\.0\.1: AUTH does not verify \(its key differs from ours\)")
        cl.wait_for(r"home: no IKE SA with gw\.example\.org at 10\.9\.0\.2: it refuses our AUTH")
        cl.wait_for(r"child home: next try in ")
        self.assertNotIn("not-the-right-secret", cl.log + gw.log)
        self.assertNotIn(KEY, cl.log + gw.log)

    def test_why_somebody_is_unknown(self):
        _, gw = self.pair(client=CLIENT.replace('id = "client', 'id = "stranger', 1))
        gw.wait_for(r"refused stranger\.example\.org from 10\.9\.0\.1: we have no connection or key for this name")

    def test_why_no_policy(self):
        cl, gw = self.pair(client=CLIENT.replace("10.1.0.0/24,fd00:1::/64", "10.7.0.0/24,fd00:7::/64"))
        gw.wait_for(r"road: no Child SA with client\.example\.org at 10\.9\.0\.1: no policy: it asks "
                    r"10\.2\.0\.0/24,fd00:2::/64 === 10\.7\.0\.0/24,fd00:7::/64, ours is "
                    r"10\.2\.0\.0/24,fd00:2::/64 === 10\.1\.0\.0/24,fd00:1::/64")
        cl.wait_for(r"no policy: it refuses 10\.7\.0\.0/24,fd00:7::/64 === ")

    def test_why_no_common_suite(self):
        cl, gw = self.pair(client="daemon {\n  timeout = 1s\n}\n" +
                           CLIENT.replace("remote =", 'ike = "aes256-sha384-ecp521"\n  remote =', 1))
        gw.wait_for(r"refused 10\.9\.0\.1: no common suite: it offers aes256-\S*ecp521, ours aes128gcm16-")
        cl.wait_for(r"no common suite: it takes none of aes256-")

    def test_why_nobody_listens(self):
        cl = self.daemon(self.a, "cl", CLIENT, CL_KEYS).start()
        cl.wait_for(r"nobody listens at 10\.9\.0\.2 port 500 \(ICMP port unreachable\)")

    def test_times_of_less_than_a_second(self):
        with self.b.entered():
            silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with silent:
            silent.bind(("10.9.0.2", 500))
            cl = self.daemon(self.a, "cl", "daemon {\n  timeout = 0.1\n}\n" + CLIENT, CL_KEYS).start()
            cl.wait_for("no answer within 100 ms")
            cl.stop()
        cl, _ = self.up()
        self.assertRegex(cl.log, r"we called in [1-9][\d.]* [mu]?s\n")
        self.assertEqual(self.ping(self.a, "10.2.0.1", count=1), 1)
        self.assertNotRegex(cl.say("status"), r"\b0(\.0*)? m?s")

    def test_a_stranger_does_not_fill_the_disk(self):
        gw = self.daemon(self.b, "gw", GATEWAY, GW_KEYS).start()
        with self.a.entered(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            # IKE_SA_INIT with a cipher that nobody has, 999: SA, KE of X25519, nonce.
            payloads = bytes.fromhex("22000014" "00000010" "01010001" "00000008" "010003e7"
                                     "28000028" "001f0000") + bytes([9]) * 32 + bytes.fromhex("00000014") + bytes(16)
            for _ in range(300):
                head = os.urandom(8) + bytes(8) + bytes([33, 0x20, 34, 8]) + bytes(4)
                s.sendto(head + (len(head) + 4 + len(payloads)).to_bytes(4, "big") + payloads, ("10.9.0.2", 500))
        gw.wait_for("refused 10.9.0.1: no common suite: it offers encr999")
        time.sleep(1.2)
        self.assertLess(gw.log.count("refused"), 60)

    # ---- control --------------------------------------------------------------------------------

    def test_status_as_people_and_programs_read_it(self):
        cl, gw = self.up()
        self.ping(self.a, "10.2.0.1")
        told = cl.ask("status")
        self.assertEqual((told["schema"], told["ok"], told["device"]), (1, True, "ikelet0"))
        ike = told["ike_sas"][0]
        self.assertEqual((ike["connection"], ike["id"], ike["state"], ike["role"], ike["address"]),
                         ("home", "gw.example.org", "up", "initiator", "10.9.0.2"))
        self.assertEqual(ike["suite"], "aes128gcm16-prfsha256-x25519")
        child = ike["children"][0]
        self.assertEqual((child["state"], child["suite"], child["packets_out"]), ("up", "aes128gcm16", 3))
        text = gw.say("status")
        for pattern in ("connection: road \\(up, responder\\)", "peer: client.example.org", "endpoint: 10.9.0.1 port 500",
                        "transfer: 252 B received, 252 B sent", "last packet: in .* ago"):
            self.assertRegex(text, pattern)
        self.assertRegex(gw.say("list"), r"road: gw\.example\.org with client\.example\.org at %any")
        self.assertRegex(gw.say("counters"), r"esp_in +3")
        self.assertRegex(gw.say("log", "--lines=2"), r"===")

    def test_down_and_up_by_hand(self):
        cl, gw = self.up()
        self.assertIn("deleted here", cl.say("down", "home"))
        gw.wait_for("road: down with client.example.org")
        time.sleep(1.5)
        self.assertEqual(cl.ask("status")["ike_sas"], [])
        self.assertEqual(cl.ask("up", "home/home")["outcome"], "up")
        self.assertEqual(self.ping(self.a, "10.2.0.1"), 3)
        self.assertIn("up already", cl.say("up", "home"))
        gw.stop()
        cl.say("down", "home")
        self.assertRegex(cl.say("up", "home", status=1), "no answer within|nobody")

    def test_names_that_are_not_there(self):
        gw = self.daemon(self.b, "gw", GATEWAY, GW_KEYS).start()
        self.assertRegex(gw.say("up", "nothing", status=1), 'there is no connection "nothing"')
        self.assertRegex(gw.say("up", status=2), "which connection\\?")
        self.assertRegex(gw.say("up", "road", status=1), "nobody to call|no address")

    def test_the_socket(self):
        gw = self.daemon(self.b, "gw", GATEWAY, GW_KEYS).start()
        self.assertEqual(stat.S_IMODE(os.stat(gw.control).st_mode), 0o660)
        for garbage in (b"\x00\xff" * 100 + b"\n", b"{}\n", b'{"schema":1}\n', b'{"schema":2,"verb":"status"}\n',
                        b'{"schema":1,"verb":"fly"}\n', b"[" * 8000 + b"\n", b"x" * 20000, b'{"schema":1,"verb":["up"]}\n'):
            with socket.socket(socket.AF_UNIX) as s:
                s.settimeout(3)
                s.connect(gw.control)
                try:
                    s.sendall(garbage)
                    answer = s.makefile().readline()
                except (BrokenPipeError, ConnectionResetError):
                    continue
                self.assertIs(json.loads(answer)["ok"], False, garbage[:40])
        idle = [socket.socket(socket.AF_UNIX) for _ in range(40)]
        for s in idle:
            s.connect(gw.control)
        for s in idle:
            s.close()
        self.assertTrue(gw.ask("status")["ok"])
        other = self.daemon(self.b, "gw2", GATEWAY.replace("tun {", 'tun {\n  name = "ikelet1"'), GW_KEYS)
        other.conf_path.write_text(other.conf_path.read_text().replace(other.control, gw.control))
        other.start(wait=False)
        self.assertEqual(other.process.wait(5), 1)
        self.assertRegex(other.log, "cannot bind UDP port 500 .*in use|another ikeletd serves")
        self.assertTrue(gw.ask("status")["ok"])

    def test_without_a_daemon(self):
        gw = self.daemon(self.b, "gw", GATEWAY, GW_KEYS)
        self.assertRegex(gw.say("status", status=1), "no ikeletd serves .*is it running\\?")

    def test_metrics(self):
        gw = self.daemon(self.b, "gw", 'daemon {\n  metrics = "127.0.0.1:9532"\n}\n' + GATEWAY, GW_KEYS).start()
        cl = self.daemon(self.a, "cl", CLIENT, CL_KEYS).start()
        cl.wait_for("===")
        with self.b.entered():
            s = socket.create_connection(("127.0.0.1", 9532), timeout=3)
        with s:
            s.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
            text = s.makefile().read()
        for line in ('ikelet_ike_sas{state="up"} 1', 'ikelet_handshakes_total{outcome="up"} 1',
                     "ikelet_handshake_seconds_count 1", 'ikelet_drops_total{reason="esp_replay"} 0',
                     'ikelet_pool_taken{pool="child_sas"} 1'):
            self.assertIn(line + "\n", text)
        self.assertIn("# TYPE ikelet_handshake_seconds histogram", text)

    # ---- rekeying -------------------------------------------------------------------------------

    def test_rekeyed_under_traffic(self):
        """By age, and by hand: no packet is lost, the counters of drops stay at 0."""
        cl, gw = self.up(client=CLIENT.replace("remote =", "rekey = 2s\n  ike_rekey = 5s\n  remote =", 1))
        first = cl.ask("status")["ike_sas"][0]["children"][0]["spi_in"]
        pinger = subprocess.Popen(self.a.inside("ping", "-n", "-i", "0.01", "-c", "900", "10.2.0.1"), stdout=subprocess.PIPE, text=True)
        for _ in range(5):
            self.assertEqual(cl.ask("rekey", "home")["outcome"], "up")
            time.sleep(0.3)
        self.assertEqual(self.transfer("10.2.0.1"), SENT)
        out = pinger.communicate(timeout=40)[0]
        self.assertIn(" 900 received", out)
        children = cl.ask("status")["ike_sas"][0]["children"]
        self.assertNotEqual(children[-1]["spi_in"], first)
        self.assertGreater(gw.log.count("===" ), 7)
        self.assertGreater(cl.log.count("home: up with"), 1)
        self.assertEqual(cl.ask("counters")["drops"]["esp_replay"], 0)
        self.assertEqual(cl.ask("counters")["drops"]["esp_unknown_spi"], 0)
        self.assertIn("10.2.0.0/24 dev ikelet0", self.run_in(self.a, "ip", "route", "show", "table", "1500").stdout)

    # ---- who it is ------------------------------------------------------------------------------

    def test_authenticated_anew_under_traffic(self):
        """By age, at both ends: no packet is lost, and there is one IKE SA at the end."""
        cl, gw = self.up(client=CLIENT.replace("remote =", "reauth = 3s\n  remote =", 1))
        first = cl.ask("status")["ike_sas"][0]["children"][0]["spi_in"]
        out = self.run_in(self.a, "ping", "-n", "-q", "-i", "0.05", "-c", "200", "10.2.0.1").stdout
        self.assertIn(" 200 received", out)
        self.assertGreaterEqual(cl.log.count("home: up with gw.example.org"), 3, cl.log)
        sas = cl.ask("status")["ike_sas"]
        self.assertNotEqual(sas[-1]["children"][-1]["spi_in"], first)
        self.assertEqual(cl.ask("counters")["drops"]["esp_unknown_spi"], 0)
        self.assertEqual(gw.ask("counters")["drops"]["esp_unknown_spi"], 0)

    def test_post_quantum_keys(self):
        """Both have one, and need it; with another one there is no IKE SA."""
        word = 'ppk = "vault"\n  ppk_required = yes\n  '
        client = CLIENT.replace("remote =", word + "remote =", 1)
        gateway = GATEWAY.replace("remote_id =", word + "remote_id =", 1)
        line = "keyid:vault: 0x" + 32 * "a5" + "\n"
        gw = self.daemon(self.b, "gw", gateway, GW_KEYS + line).start()
        cl = self.daemon(self.a, "cl", client, CL_KEYS + line).start()
        cl.wait_for("home/home: ")
        self.assertEqual(self.ping(self.a, "10.2.0.1"), 3)
        cl.stop()
        other = self.daemon(self.a, "other", client, CL_KEYS + line.replace("a5", "a6")).start()
        other.wait_for("refuses our AUTH")
        self.assertEqual(gw.log.count("road: up with"), 1)

    # ---- reload ---------------------------------------------------------------------------------

    def test_reload_keeps_what_is_allowed(self):
        cl, gw = self.up()
        spi = gw.ask("status")["ike_sas"][0]["children"][0]["spi_in"]
        pinger = subprocess.Popen(self.a.inside("ping", "-n", "-i", "0.02", "-c", "150", "10.2.0.1"),
                                  stdout=subprocess.PIPE, text=True)
        more = GATEWAY + 'connection other {\n  id = "gw.example.org"\n  remote_id = "x.example.org"\n' \
            '  local_ts = "10.2.0.0/24"\n  remote_ts = "10.8.0.0/24"\n}\n'
        gw.write(more, GW_KEYS + "x.example.org: other\n")
        for _ in range(5):
            gw.process.child.send_signal(1)
            time.sleep(0.2)
        self.assertTrue(gw.ask("reload")["ok"])
        out = pinger.communicate(timeout=20)[0]
        self.assertIn(" 150 received", out)
        self.assertEqual(gw.ask("status")["ike_sas"][0]["children"][0]["spi_in"], spi)
        self.assertEqual(len(gw.ask("list")["connections"]), 2)
        # One that has mistakes changes nothing.
        gw.write(more.replace("10.8.0.0/24", "10.8.0.0/240"))
        told = gw.ask("reload", status=1)
        self.assertRegex(told["mistakes"][0]["text"], "10.8.0.0/240")
        self.assertRegex(told["error"], "stays as it was")
        self.assertEqual(self.ping(self.a, "10.2.0.1"), 3)
        # What is not allowed any more is deleted.
        gw.write(GATEWAY.replace("client.example.org", "nobody.example.org"), f"nobody.example.org: {KEY}\n")
        self.assertTrue(gw.ask("reload")["ok"])
        cl.wait_for("home: down with gw.example.org .*deleted by the peer")

    def test_reload_of_what_takes_a_restart(self):
        """It stays as it was, and each word that says otherwise is told: to the log, and to who asked."""
        cl, _ = self.up()
        control, elsewhere = cl.control, os.path.join(self.folder, "elsewhere")
        pathlib.Path(elsewhere).write_text("of somebody else", encoding="ascii")
        words = {"control": elsewhere, "user": "nobody", "group": "nogroup", "local": "10.9.0.1", "ike_sas": 7, "workers": 5, "keylog": "/x", "pcap": "/y",
                 "metrics": os.path.join(self.folder, "metrics")}
        told = [f"daemon.{word}" for word in words] + ["tun.name", "tun.mtu", "tun.address", "tun.routes", "tun.offload"]
        conf = CLIENT.replace("10.1.0.1/24,", "10.1.0.1/24,10.1.0.2/24,").replace(
            "tun {\n", "tun {\n  name = other0\n  mtu = 1300\n  routes = no\n  offload = no\n")
        cl.conf_path.write_text(
            "daemon {\n" + f'  secrets = "{cl.folder}/secrets"\n  log = debug\n' +
            "".join(f'  {word} = "{value}"\n' for word, value in words.items()) + "}\n" + conf, encoding="ascii")
        answer = cl.ask("reload")
        self.assertTrue(answer["ok"])
        self.assertEqual(sorted(m["text"] for m in answer["mistakes"]), sorted(f"{word}: a change takes a restart" for word in told))
        self.assertTrue(all(m["line"] > 0 for m in answer["mistakes"]))
        for word in told:
            self.assertRegex(cl.log, rf"warning: .*ikeletd.conf:\d+: {word}: a change takes a restart")
        cl.ask("down", "home")
        cl.ask("up", "home")
        self.assertEqual(self.ping(self.a, "10.2.0.1"), 3)
        self.assertEqual(cl.ask("status")["device"], "ikelet0")
        # Once more the same: told again. As it was: nothing to tell.
        self.assertEqual(len(cl.ask("reload")["mistakes"]), len(told))
        self.assertRegex(cl.say("reload"), r"tun.mtu: a change takes a restart\n[\s\S]*\nnothing else is wrong\n\Z")
        cl.write(CLIENT)
        self.assertEqual(cl.say("reload"), "nothing is wrong\n")
        self.assertEqual(cl.ask("reload")["mistakes"], [])
        cl.conf_path.write_text(cl.conf_path.read_text().replace("tun {\n", "tun {\n  routes = no\n"), encoding="ascii")
        cl.ask("reload")
        cl.process.child.terminate()
        self.assertEqual(cl.process.wait(5), 0)
        self.assertNotIn("1500", self.run_in(self.a, "ip", "rule").stdout)
        self.assertFalse(os.path.exists(control))
        self.assertEqual(pathlib.Path(elsewhere).read_text(encoding="ascii"), "of somebody else")
        self.assertFalse(os.path.exists(words["metrics"]))

    def test_reload_wants_more_than_there_is_room_for(self):
        """Tickets for the hundredth peer, a window larger than any: told, and the rest works."""
        cl, _ = self.up()
        others = "".join(f'connection c{i} {{\n  remote = "10.9.0.9"\n  id = "client.example.org"\n  remote_id = "c{i}.example.org"\n'
                         f'  start = none\n  local_ts = "10.1.0.0/24"\n  remote_ts = "10.7.{i}.0/24"\n{{}}}}\n' for i in range(100))
        last = others.rindex("{}")
        conf = CLIENT + (others[:last] + "  resumption = yes\n  replay = 1024\n" + others[last:]).replace("{}", "")
        cl.write(conf, CL_KEYS + f"%any: {KEY}\n")
        texts = [m["text"] for m in cl.ask("reload")["mistakes"]]
        self.assertEqual(len(texts), 2, texts)
        self.assertRegex(texts[0], "^connection c99: no tickets before a restart: there is room for those of 64 peers")
        self.assertRegex(texts[1], "^child c99: replay: windows have 64 packets before a restart")
        self.assertEqual(self.ping(self.a, "10.2.0.1"), 3)

    # ---- what goes wrong ------------------------------------------------------------------------

    def test_either_is_killed_and_comes_back(self):
        client = CLIENT.replace("remote =", "dpd = 1s\n  remote =").replace("tun {", "daemon {\n  timeout = 2s\n}\ntun {")
        cl, gw = self.up(client=client)
        cl.kill()
        cl.start()
        cl.wait_for("===")
        self.assertEqual(self.ping(self.a, "10.2.0.1"), 3)
        gw.wait_for("down with client.example.org at 10.9.0.1: replaced")
        gw.kill()
        gw.start()
        cl.wait_for("down with gw.example.org", 15)
        cl.wait_for("(?s)down with gw.example.org.*===", 15)
        self.assertEqual(self.ping(self.a, "10.2.0.1"), 3)

    def test_nothing_is_left_behind(self):
        cl, gw = self.up()
        cl.process.child.terminate()
        self.assertEqual(cl.process.wait(5), 0)
        gw.wait_for("road: down with client.example.org at 10.9.0.1: deleted by the peer")
        self.assertNotIn("1500", self.run_in(self.a, "ip", "rule").stdout)
        self.assertNotIn("ikelet0", self.run_in(self.a, "ip", "link").stdout)
        self.assertEqual(self.run_in(self.a, "ip", "route", "show", "table", "1500").stdout, "")
        self.assertFalse(os.path.exists(cl.control))

    def test_the_device_vanishes(self):
        cl, _ = self.up()
        self.a.ip("link", "delete", "ikelet0")
        self.assertIsNotNone(cl.wait_for("the TUN device ikelet0 is gone"))
        self.assertEqual(cl.process.wait(5), 0)

    def test_the_cable_is_pulled(self):
        self.up(client=CLIENT.replace("remote =", "dpd = 2s\n  remote ="))
        self.a.ip("link", "set", "eth0", "down")
        self.assertEqual(self.ping(self.a, "10.2.0.1", count=1), 0)
        self.a.ip("link", "set", "eth0", "up")
        self.a.add_address("eth0", "10.9.0.1/24")
        stage.wait_until("pings pass again", 15, lambda: self.ping(self.a, "10.2.0.1", count=1) == 1)

    def test_resumption(self):
        """RFC 5723: an IKE SA that ended in silence comes back by its ticket; where the gateway was restarted, in full."""
        without = "daemon {\n  timeout = 2s\n}\n" + CLIENT.replace("remote =", "dpd = 1s\n  remote =", 1)
        gateway = GATEWAY.replace("tun {", "daemon {\n  tickets = 1h\n}\ntun {", 1)
        gw = self.daemon(self.b, "gw", gateway, GW_KEYS).start()
        cl = self.daemon(self.a, "cl", without, CL_KEYS).start()
        cl.wait_for("home: up with gw.example.org")
        # Nobody wanted tickets when it was started: a connection to which a reload gives them has them, too.
        cl.write(without.replace("remote =", "resumption = yes\n  remote =", 1))
        self.assertEqual(cl.ask("reload")["mistakes"], [])
        cl.ask("down", "home")
        cl.ask("up", "home")
        self.assertNotIn("resumed", cl.log)
        self.a.ip("link", "set", "eth0", "down")
        cl.wait_for("home: down with gw.example.org at 10.9.0.2: (?!deleted)", 15)
        self.a.ip("link", "set", "eth0", "up")
        self.a.add_address("eth0", "10.9.0.1/24")
        for daemon in (cl, gw):
            daemon.wait_for("up with .* in [0-9.]+ [mu]?s.*, resumed", 15)
        self.assertEqual(self.ping(self.a, "10.2.0.1"), 3)
        before = cl.log.count(", resumed")
        gw.kill()
        gw = self.daemon(self.b, "gw2", gateway, GW_KEYS).start()
        gw.wait_for("road: up with client.example.org", 20)
        self.assertEqual(self.ping(self.a, "10.2.0.1"), 3)
        self.assertEqual((cl.log.count(", resumed"), gw.log.count(", resumed")), (before, 0))

    def test_the_name_gets_another_address(self):
        """Unknown at first, then known, then elsewhere."""
        hosts = os.path.join(self.folder, "hosts")
        self.b.add_address("eth0", "10.9.0.3/24")

        def name_is(address):
            with open(hosts, "w", encoding="ascii") as file:
                file.write(f"127.0.0.1 localhost\n{address}\n")
        name_is("")
        gw = self.daemon(self.b, "gw", GATEWAY, GW_KEYS).start()
        conf = "daemon {\n  timeout = 2s\n}\n" + CLIENT.replace("10.9.0.2", "gw.ikelet.test").replace("remote =", "dpd = 1s\n  remote =", 1)
        cl = self.daemon(self.a, "cl", conf, CL_KEYS)
        cl.before = ["unshare", "-m", "sh", "-c", f"mount --bind {hosts} /etc/hosts; exec \"$@\"", "sh"]
        cl.start()
        cl.wait_for('remote = "gw.ikelet.test": no name server knows its address')
        name_is("10.9.0.2 gw.ikelet.test")
        cl.wait_for("up with gw.example.org at 10.9.0.2", 15)
        self.assertEqual(self.ping(self.a, "10.2.0.1"), 3)
        self.b.ip("address", "delete", "10.9.0.2/24", "dev", "eth0")
        self.b.add_address("eth0", "10.9.0.3/24")
        name_is("10.9.0.3 gw.ikelet.test")
        cl.wait_for("up with gw.example.org at 10.9.0.3", 25)
        self.assertEqual(self.ping(self.a, "10.2.0.1"), 3)
        self.assertTrue(gw.ask("status")["ok"])

    def test_trap(self):
        cl, _ = self.pair(client=CLIENT.replace("remote =", "start = trap\n  remote ="))
        time.sleep(1.2)
        self.assertEqual(cl.ask("status")["ike_sas"], [])
        self.assertGreater(self.ping(self.a, "10.2.0.1", count=20), 10)
        self.assertEqual(len(cl.ask("status")["ike_sas"]), 1)

    def test_an_sa_for_each_pair_of_hosts(self):
        """RFC 4301 4.4.1.2: what the packets have, whichever end asks for it; and nothing without a packet."""
        self.b.add_address("lo", "10.2.0.2/32")
        cl, gw = self.pair(client=CLIENT.replace("remote =", 'pfp = "local,remote"\n  remote =', 1))
        time.sleep(0.5)
        self.assertEqual(cl.ask("status")["ike_sas"], [])
        self.assertRegex(cl.say("up", "home", status=1), "child home takes selectors from packets .pfp.")
        for host in (1, 2, 1):
            self.assertGreater(self.ping(self.a, f"10.2.0.{host}", source="10.1.0.1", count=10), 5)
        for end, ours, theirs in ((cl, "10.1.0.1", "10.2.0.{}"), (gw, "10.2.0.{}", "10.1.0.1")):
            pairs = {(c["local_ts"], c["remote_ts"]) for c in end.ask("status")["ike_sas"][0]["children"]}
            self.assertEqual(pairs, {(ours.format(n), theirs.format(n)) for n in (1, 2)})

    def test_rights(self):
        cl, _ = self.up(client="daemon {\n  user = nobody\n}\n" + CLIENT)
        status = open(f"/proc/{self.pid_of(cl)}/status", encoding="ascii").read()
        self.assertRegex(status, r"Uid:\s+65534\s+65534\s+65534\s+65534")
        self.assertRegex(status, r"CapEff:\s+0000000000001000\n")  # CAP_NET_ADMIN
        self.assertRegex(status, r"CapBnd:\s+0000000000001000\n")
        self.assertRegex(status, r"NoNewPrivs:\s+1\n")
        self.assertRegex(status, r"Seccomp:\s+2\n")
        self.assertEqual(self.ping(self.a, "10.2.0.1"), 3)

    def pid_of(self, daemon):
        """ip netns exec has become the daemon."""
        return daemon.process.child.pid

    def test_keys_are_read_again_by_another_user(self):
        """Who has become daemon.user reads what belongs to that user; what does not is told before and then, and all stays."""
        words = "daemon {\n  user = nobody\n}\n"
        gw = self.daemon(self.b, "gw", words + GATEWAY, GW_KEYS)
        gw.folder.chmod(0o711)
        os.chmod(self.folder, 0o711)
        gw.start()
        gw.wait_for(r'warning: \S+secrets:0: daemon.user = "nobody" will not be able to read it again at a reload: chown nobody \S+secrets')
        self.assertNotIn("ikeletd.conf:0", gw.log)
        gw.say("reload", status=1)
        gw.wait_for(r"error: \S+secrets:0: cannot be read by user \d+, who runs this: Permission denied: chown \d+ ")
        gw.wait_for("the configuration stays as it was")
        nobody = pwd.getpwnam("nobody").pw_uid
        os.chown(gw.folder / "secrets", nobody, -1)
        gw.say("reload")
        gw.wait_for("is in place")
        gw.stop()
        gw.start()
        self.assertNotIn("will not be able", gw.log)
        gw.stop()
        gw.folder.chmod(0o700)
        done = self.run_in(self.b, stage.program("ikeletd"), f"--check={gw.conf_path}")
        self.assertEqual(done.returncode, 0)
        for file in ("ikeletd.conf", "secrets"):
            self.assertRegex(done.stdout, rf'{file}:0: daemon.user = "nobody" will not be able to read it again')
        os.chown(gw.folder / "secrets", 1, -1)
        gw.start(wait=False)
        self.assertEqual(gw.process.wait(8), 2)
        self.assertRegex(gw.log, "belongs to user 1: neither root nor who runs this, nor daemon.user")

    def test_ports_that_cannot_be_opened(self):
        cl = self.daemon(self.a, "cl", CLIENT, CL_KEYS)
        with self.a.entered():
            other = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with other:
            other.bind(("0.0.0.0", 4500))
            cl.start(wait=False)
            self.assertEqual(cl.process.wait(8), 1)
            self.assertRegex(cl.log, r'error: cannot bind UDP port 4500 of 0.0.0.0: Address already in use \("ss -lunp" names who has it')
        cl.before = ["setpriv", "--bounding-set=-net_bind_service", "--inh-caps=-net_bind_service"]
        cl.start(wait=False)
        self.assertEqual(cl.process.wait(8), 1)
        self.assertRegex(cl.log, r"error: not permitted: UDP port 500 needs root or CAP_NET_BIND_SERVICE\n")

    def test_what_another_has_is_told(self):
        """RFC 4301 4.4.3.4: of a domain each may claim what is free; who comes second is told who has it."""
        gw = self.daemon(self.b, "gw", GATEWAY.replace('"client.example.org"', '"*.example.org"'),
                         GW_KEYS + f"second.example.org: {KEY}\n").start()
        first = self.daemon(self.a, "cl", CLIENT, CL_KEYS).start()
        first.wait_for("===")
        first.kill()
        self.daemon(self.a, "second", CLIENT.replace('"client.example.org"', '"second.example.org"'), CL_KEYS).start()
        gw.wait_for("no Child SA with second.example.org at 10.9.0.1: it asks 10.2.0.0/24,fd00:2::/64 === 10.1.0.0/24,fd00:1::/64, "
                    "which another identity has, whose SA lives")
        self.assertGreaterEqual(gw.ask("counters")["drops"]["ike_address"], 1)

    def test_without_raw_sockets(self):
        """As in a container: nothing can leave but in UDP, so all does; after a reload, too."""
        for who in ("cl", "gw"):
            with self.subTest(who=who):
                cl, gw = self.daemon(self.a, "cl", CLIENT, CL_KEYS), self.daemon(self.b, "gw", GATEWAY, GW_KEYS)
                {"cl": cl, "gw": gw}[who].before = ["setpriv", "--bounding-set=-net_raw", "--inh-caps=-net_raw"]
                gw.start()
                cl.start()
                for _ in range(2):
                    cl.wait_for("home/home: .*ESP in UDP")
                    self.assertEqual(self.ping(self.a, "10.2.0.1", source="10.1.0.1"), 3)
                    {"cl": cl, "gw": gw}[who].say("reload")
                    cl.say("down", "home")
                    cl.say("up", "home")
                self.assertIn("no right to open a raw socket (CAP_NET_RAW): ESP goes in UDP", cl.log + gw.log)
                for daemon in (cl, gw):
                    daemon.stop()

    def test_loose_keys_are_refused(self):
        gw = self.daemon(self.b, "gw", GATEWAY, GW_KEYS)
        (gw.folder / "secrets").chmod(0o640)
        gw.start(wait=False)
        self.assertEqual(gw.process.wait(5), 2)
        self.assertRegex(gw.log, "secrets:0: holds keys, but others than its owner may read")

    def test_remotes_from_a_file(self):
        """Each has its own address, and no other's."""
        gw = self.daemon(self.b, "gw", """tun {
  address = "10.2.0.1/24"
}
connection many {
  id = "gw.example.org"
  remotes = "FOLDER/remotes"
  local_ts = "10.2.0.0/24"
}
""", f"client.example.org: {KEY}\nother.example.org: {KEY}\n")
        (gw.folder / "remotes").write_text("# who  where\nother.example.org 10.1.0.2/32\nclient.example.org  10.1.0.1/32\n")
        gw.start()
        client = CLIENT.replace("10.1.0.0/24,fd00:1::/64", "10.1.0.1/32").replace("10.2.0.0/24,fd00:2::/64", "10.2.0.0/24")
        cl = self.daemon(self.a, "cl", client, CL_KEYS).start()
        cl.wait_for("===")
        self.assertEqual(self.ping(self.a, "10.2.0.1", source="10.1.0.1"), 3)
        self.assertIn("\n  many: 10.2.0.0/24 === what its line says, start none\n", gw.say("list"))
        cl.stop()
        cl.write(client.replace("10.1.0.1/32", "10.1.0.2/32"))
        cl.start()
        gw.wait_for("no policy: it asks 10.2.0.0/24 === 10.1.0.2, ours is 10.2.0.0/24 === 10.1.0.1")


if __name__ == "__main__":
    stage.main()
