#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""ikeletd with several workers: one daemon for all who look at it, wherever an SA lies.

Usage: workers.py FOLDER_OF_THE_PROGRAMS [TEST]...
"""

import json
import os
import re
import select
import socket
import threading
import time

import stage
from stage import KEY, Stage

WORKERS = 2
GATEWAY = f"""daemon {{
  workers = {WORKERS}
MORE}}
tun {{
  address = "10.2.0.1/24"
}}
connection many {{
  id = "gw.example.org"
  remotes = "FOLDER/remotes"
  local_ts = "10.2.0.0/24"
}}
"""
CLIENT = """daemon {
  workers = 1
  timeout = TIMEOUT
}
tun {
  address = "10.1.0.NUMBER/32"
}
connection home {
  remote = "REMOTE"
  id = "clientNUMBER.example.org"
  remote_id = "gw.example.org"
  local_ts = "10.1.0.NUMBER"
  remote_ts = "10.2.0.0/24"
  start = START
}
"""


class Nat(threading.Thread):
    """Between a client and the gateway, by addresses of a namespace: forgets when it is told."""

    def __init__(self, namespace, inside, outside, gateway):
        super().__init__(daemon=True)
        self.namespace, self.gateway, self.client, self.ends, self.sockets = namespace, gateway, {}, False, []
        with namespace.entered():
            self.front = {port: self.udp(inside, port) for port in (500, 4500)}
        self.take(outside)
        self.start()

    def udp(self, address, port):
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sockets.append(s)
        s.bind((address, port))
        return s

    def close(self):
        self.ends = True
        self.join()
        for s in self.sockets:
            s.close()

    def take(self, outside):
        with self.namespace.entered():
            self.back = {port: self.udp(outside, 0) for port in (500, 4500)}

    def run(self):
        while not self.ends:
            back = self.back
            ready, _, _ = select.select([*self.front.values(), *back.values()], [], [], 0.05)
            for port in (500, 4500):
                if self.front[port] in ready:
                    data, self.client[port] = self.front[port].recvfrom(65536)
                    back[port].sendto(data, (self.gateway, port))
                if back[port] in ready:
                    self.front[port].sendto(back[port].recv(65536), self.client[port])


class Workers(Stage):
    def cable(self):
        """A gateway b, and two clients: a at 10.9.0.1, c at 10.8.0.1."""
        super().cable()
        self.c = self.namespace("c")
        stage.netns.connect(self.c, "eth0", self.b, "eth1")
        self.c.add_address("eth0", "10.8.0.1/24")
        self.b.add_address("eth1", "10.8.0.2/24")

    def gateway(self, more="", clients=3, first=0):
        gw = self.daemon(self.b, "gw", GATEWAY.replace("MORE", more), "".join(f"client{i}.example.org: {KEY}\n" for i in range(clients)))
        (gw.folder / "remotes").write_text("".join(f"client{i}.example.org 10.1.0.{first + i}/32\n" for i in range(clients)))
        return gw.start()

    def client(self, namespace, number, more="", start="none", remote=None, timeout="30s"):
        remote = remote or ("10.9.0.2" if namespace is self.a else "10.8.0.2")
        conf = CLIENT.replace("NUMBER", str(number)).replace("REMOTE", remote).replace("START", start).replace("TIMEOUT", timeout).replace("remote =", f"{more}remote =", 1)
        return self.daemon(namespace, f"client{number}", conf, f"gw.example.org: {KEY}\n").start()

    def worker_of(self, gw, number):
        """Of the newest one with that client."""
        found = [s for s in gw.ask("status")["ike_sas"] if s["id"] == f"client{number}.example.org" and s["state"] == "up"]
        return min(found, key=lambda s: s["up_s"])["worker"] if found else None

    def up_in(self, gw, client, number, worker):
        """Chance deals out the workers: up and down until it is that one."""
        for _ in range(40):
            client.ask("up", "home")
            if self.worker_of(gw, number) == worker:
                return
            client.ask("down", "home")
            stage.wait_until("it is down at the gateway, too", 5, lambda: self.worker_of(gw, number) is None)
        self.fail("it never fell to that worker")

    def both(self, more="", of_client=""):
        """Each in a worker of its own."""
        gw = self.gateway(more)
        clients = self.client(self.a, 1, of_client), self.client(self.c, 2, of_client)
        for worker, client in enumerate(clients):
            self.up_in(gw, client, worker + 1, worker)
        return gw, *clients

    def ping_all(self, count=20):
        for namespace, number in ((self.a, 1), (self.c, 2)):
            self.assertEqual(self.ping(namespace, "10.2.0.1", count), count, number)
            self.assertEqual(self.ping(self.b, f"10.1.0.{number}", count), count, number)

    def no_loss(self, gw):
        counters = gw.ask("counters")
        self.assertEqual((counters["host"]["handed_over_lost"], counters["host"]["tun_dropped"]), (0, 0))
        self.assertEqual({k: v for k, v in counters["drops"].items() if v and k.startswith(("esp_", "ip_"))}, {})
        return counters

    def test_each_in_a_worker_of_its_own(self):
        """In UDP and without: packets both ways, from whichever queue of the TUN device they come."""
        for encap in ("", "encap = yes\n  "):
            with self.subTest(encap):
                gw, one, two = self.both(of_client=encap)
                self.ping_all()
                for client, namespace in ((one, self.a), (two, self.c)):
                    for port in range(20):  # flows of which nobody has heard: each begins at a queue by chance
                        done = self.run_in(namespace, "ping", "-n", "-c", "1", "-W", "2", "-e", str(1000 + port), "10.2.0.1")
                        self.assertIn("1 received", done.stdout, done.stderr)
                    self.assertIs(client.ask("status")["ike_sas"][0]["children"][0]["udp"], encap != "")
                counters = self.no_loss(gw)
                self.assertEqual(counters["counts"]["esp_in"], sum(c["packets_in"] for s in gw.ask("status")["ike_sas"] for c in s["children"]))
                self.assertEqual(gw.ask("status")["workers"], WORKERS)
                for daemon in (one, two, gw):
                    daemon.stop()

    def test_from_client_to_client(self):
        """What one worker has opened goes through the other."""
        gw, _, _ = self.both()
        with self.b.entered():
            with open("/proc/sys/net/ipv4/ip_forward", "w", encoding="ascii") as file:
                file.write("1")
        for daemon, other in (("client1", 2), ("client2", 1)):
            conf = stage.pathlib.Path(self.folder, daemon, "ikeletd.conf")
            conf.write_text(conf.read_text().replace('remote_ts = "10.2.0.0/24"', f'remote_ts = "10.2.0.0/24,10.1.0.{other}"'))
        conf = gw.conf_path
        conf.write_text(conf.read_text().replace('local_ts = "10.2.0.0/24"', 'local_ts = "10.2.0.0/24,10.1.0.0/24"'))
        gw.ask("reload")
        for daemon in self.clients_of(gw):
            daemon.ask("reload")
            daemon.ask("down", "home")
            daemon.ask("up", "home")
        self.assertEqual(self.ping(self.a, "10.1.0.2", 10, source="10.1.0.1"), 10)

    def clients_of(self, gw):
        return [d for d in self.daemons if d is not gw]

    def daemon(self, namespace, name, conf, secrets):
        made = super().daemon(namespace, name, conf, secrets)
        self.daemons = getattr(self, "daemons", []) + [made]
        return made

    def test_reload_with_sas_in_both(self):
        gw, one, two = self.both()
        spis = sorted(c["spi_in"] for s in gw.ask("status")["ike_sas"] for c in s["children"])
        self.assertEqual(gw.ask("reload")["mistakes"], [])
        self.assertEqual(sorted(c["spi_in"] for s in gw.ask("status")["ike_sas"] for c in s["children"]), spis)
        self.ping_all(3)
        (gw.folder / "remotes").write_text("client2.example.org 10.1.0.2/32\n")
        gw.ask("reload")
        one.wait_for("down with gw.example.org")
        self.assertEqual([s["id"] for s in gw.ask("status")["ike_sas"]], ["client2.example.org"])
        self.assertEqual(self.ping(self.c, "10.2.0.1"), 3)
        self.assertEqual(self.ping(self.b, "10.1.0.2"), 3)
        self.assertNotIn("down with", two.log.split("===")[-1])

    def test_verbs_see_all(self):
        gw, _, _ = self.both()
        status = gw.ask("status")
        self.assertEqual(sorted(s["worker"] for s in status["ike_sas"]), [0, 1])
        self.assertGreaterEqual(status["ike_sas_taken"], 2)  # others keep their last response for a while
        self.assertEqual(status["child_sas_taken"], 2)
        self.assertIn("2 IKE SAs up", gw.say("status"))
        for number in (1, 2):
            self.assertEqual(gw.ask("rekey", f"client{number}.example.org")["outcome"], "up")
        self.ping_all(3)
        for number in (1, 2):
            gw.ask("down", f"client{number}.example.org")
        stage.wait_until("none is left", 5, lambda: gw.ask("status")["ike_sas"] == [] or None)
        self.assertGreaterEqual(gw.ask("counters")["host"]["handshakes_up"], 2)

    def test_the_same_peer_in_another_worker(self):
        """It has come back without a word, or with INITIAL_CONTACT: the older SA goes, wherever it is."""
        for unique, seconds in (("", 4), ("unique = never\n  ", 8)):
            with self.subTest(unique):
                gw = self.gateway()
                client = self.client(self.a, 1, unique)
                self.up_in(gw, client, 1, 0)
                for _ in range(20):
                    client.kill()
                    client.start()
                    client.ask("up", "home")
                    if self.worker_of(gw, 1) == 1:
                        break
                self.assertEqual(self.worker_of(gw, 1), 1)
                # Packets take the newest at once.
                self.assertEqual(self.ping(self.b, "10.1.0.1"), 3)
                stage.wait_until("one is left", seconds, lambda: [s["worker"] for s in gw.ask("status")["ike_sas"] if s["state"] == "up"] == [1] or None)
                self.assertIn(": replaced", gw.log)
                self.assertEqual(self.ping(self.b, "10.1.0.1"), 3)
                self.assertIn("10.1.0.1 dev ikelet0", self.run_in(self.b, "ip", "route", "show", "table", "1500").stdout)
                gw.stop()
                client.stop()

    def test_the_gateway_is_killed_and_comes_back(self):
        gw, one, two = self.both(of_client="dpd = 1s\n  ")
        gw.kill()
        gw.start()
        for client in (one, two):
            client.ask("down", "home")
            client.ask("up", "home")
        self.ping_all(3)

    def test_what_another_identity_has(self):
        """RFC 4301 4.4.3.4: who has an address first holds it, whichever worker the other one falls to."""
        gw = self.daemon(self.b, "gw", GATEWAY.replace("MORE", "").replace('remotes = "FOLDER/remotes"', 'remote_id = "*.example.org"\n  remote_ts = "10.1.0.0/24"'),
                         "".join(f"client{i}.example.org: {KEY}\n" for i in (1, 2))).start()
        one, two = self.client(self.a, 1), self.client(self.c, 2)
        one.ask("up", "home")
        two.conf_path.write_text(two.conf_path.read_text().replace('"10.1.0.2"', '"10.1.0.1"', 1))
        two.ask("reload")
        for _ in range(12):
            self.assertIn("no policy: it refuses", two.ask("up", "home", status=1)["error"])
            two.ask("down", "home")
        gw.wait_for("it asks 10.2.0.0/24 === 10.1.0.1, which another identity has, whose SA lives")
        self.assertEqual(self.ping(self.b, "10.1.0.1"), 3)
        one.ask("down", "home")
        stage.wait_until("it is free", 5, lambda: gw.ask("status")["child_sas_taken"] == 0 or None)
        self.assertEqual(two.ask("up", "home")["outcome"], "up")

    def test_another_address_of_the_client(self):
        """A NAT between forgets, and is elsewhere then (RFC 7296 2.23): the SPIs, and so the worker, stay."""
        stage.netns.connect(self.a, "eth1", self.c, "eth1")
        self.a.add_address("eth1", "10.7.0.1/24")
        self.c.add_address("eth1", "10.7.0.2/24")
        self.c.add_address("eth0", "10.8.0.77/24")
        for worker in range(WORKERS):
            with self.subTest(worker=worker):
                nat = Nat(self.c, "10.7.0.2", "10.8.0.1", "10.8.0.2")
                self.addCleanup(nat.close)
                gw = self.gateway()
                client = self.client(self.a, 1, remote="10.7.0.2")
                self.up_in(gw, client, 1, worker)
                self.assertEqual(self.ping(self.b, "10.1.0.1"), 3)
                nat.take("10.8.0.77")
                self.assertEqual(client.ask("rekey", "home")["outcome"], "up")  # both ends are behind it: a request counts
                self.assertEqual(self.ping(self.a, "10.2.0.1"), 3)
                self.assertEqual(self.ping(self.b, "10.1.0.1"), 3)
                (sa,) = gw.ask("status")["ike_sas"]
                self.assertEqual((sa["worker"], sa["address"]), (worker, "10.8.0.77"))
                self.assertIs(sa["children"][0]["udp"], True)
                for daemon in (client, gw):
                    daemon.stop()
                nat.close()  # it may be closed twice

    def test_a_ticket_finds_who_gave_it(self):
        """RFC 5723: each time by another SPI, which says nothing of the worker."""
        gw = self.gateway("  tickets = 1h\n")
        client = self.client(self.a, 1, "dpd = 1s\n  resumption = yes\n  ", timeout="1s")
        client.ask("up", "home")
        for again in range(1, 5):
            self.a.ip("link", "set", "eth0", "down")
            client.wait_for(rf"(?s)(home: down with gw.example.org at 10.9.0.2: (?!deleted).*){{{again}}}", 15)
            self.a.ip("link", "set", "eth0", "up")
            self.a.add_address("eth0", "10.9.0.1/24")
            client.ask("up", "home")
            self.assertEqual((client.log.count(", resumed"), gw.log.count(", resumed")), (again, again))
        self.assertEqual(self.ping(self.a, "10.2.0.1"), 3)

    def test_a_worker_that_is_full(self):
        """It refuses and says so; the next try of a client has another SPI, and so perhaps another worker."""
        self.gateway("  ike_sas = 3\n", clients=40, first=1)
        gw = self.daemons[0]
        told = self.load("--clients=40", "--timeout=2", status=1)
        self.assertEqual(told["up"] + told["failed"], 40)
        self.assertGreaterEqual(told["up"], 3)
        self.assertLessEqual(told["up"], 3 * WORKERS)
        gw.wait_for("no room: all 3 IKE SAs or what opens them are taken .* in the worker that the caller fell to")
        time.sleep(1)
        self.assertEqual(self.load("--clients=1")["up"], 1)

    def load(self, *options, status=0):
        key = os.path.join(self.folder, "key")
        with open(key, "w", encoding="ascii") as file:
            file.write(KEY)
        done = self.run_in(self.a, stage.program("ikelet"), "load", "--json", "--peer=10.9.0.2", f"--psk-file={key}", "--id=client%d.example.org",
                           "--ts-local=10.1.0.0/16", "--ts-remote=10.2.0.0/24", *options)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return json.loads(done.stdout)

    def test_many_from_one_port(self):
        """The kernel puts their datagrams into trains, and steers a train by its first one: the rest is handed over, none is lost."""
        gw = self.gateway(clients=200, first=1)
        told = self.load("--clients=200", "--traffic=4000", "--hold=2", "--port=4500")
        self.assertEqual((told["up"], told["failed"]), (200, 0))
        counters = self.no_loss(gw)
        self.assertGreaterEqual(counters["counts"]["esp_in"], told["packets_out"] * 0.95)
        self.assertGreater(counters["host"]["handed_over"], 0)

    def test_strangers(self):
        """Garbage and unknown SPIs, for whichever worker: counted, and nothing else happens."""
        gw, _, _ = self.both()
        with self.a.entered(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            for i in range(64):
                s.sendto(bytes([i * 4, 1, 2, 3, 0, 0, 0, 1]) + bytes(24), ("10.9.0.2", 4500))
            s.sendto(b"", ("10.9.0.2", 4500))
            s.sendto(b"\xff", ("10.9.0.2", 4500))
            s.sendto(bytes(30), ("10.9.0.2", 500))
            # INVALID_SPI outside of all IKE SAs.
            s.sendto(bytes(16) + bytes([41, 0x20, 37, 8, 0, 0, 0, 0, 0, 0, 0, 40]) + bytes([0, 0, 0, 12, 0, 0, 0, 11, 1, 2, 3, 4]), ("10.9.0.2", 500))
        drops = stage.wait_until("all are counted", 5, lambda: (lambda d: d if d["esp_unknown_spi"] >= 64 else None)(gw.ask("counters")["drops"]))
        self.assertEqual(drops["esp_unknown_spi"], 64)
        self.ping_all(3)

    def test_metrics(self):
        gw, _, _ = self.both("  metrics = \"FOLDER/metrics\"\n")
        metrics = gw.folder / "metrics"
        text = stage.wait_until("two are in the file", 15, lambda: (lambda t: t if 'ike_sas{state="up"} 2' in t else None)(
            metrics.read_text() if metrics.exists() else ""))
        self.assertIn("\nikelet_workers 2\n", text)
        self.assertRegex(text, r"\nikelet_handshakes_total{outcome=\"up\"} ([2-9]|\d\d)\n")

    def test_rights_of_each_thread(self):
        """A filter, and no more rights than the main one has."""
        gw, _, _ = self.both("  user = nobody\n")
        pid = gw.process.child.pid
        tasks = [path.read_text() for path in stage.pathlib.Path(f"/proc/{pid}/task").glob("*/status")]
        ours = [status for status in tasks if re.search(r"(?m)^Seccomp:\s+2$", status)]
        self.assertEqual(len(ours), WORKERS + 1)
        with open(stage.program("ikeletd"), "rb") as program:
            watched = b"__tsan_init" in program.read()  # that has a thread of its own
        self.assertEqual(len(tasks), WORKERS + 1 + watched)
        for status in ours:
            self.assertRegex(status, r"(?m)^CapEff:\s+0000000000001000$")
            self.assertRegex(status, r"(?m)^Uid:\s+[1-9]")
        self.ping_all(3)

    def test_two_daemons_of_one_user(self):
        """SO_REUSEPORT lets none in but our own."""
        self.gateway()
        other = self.daemon(self.b, "other", GATEWAY.replace("MORE", "").replace("tun {", "tun {\n  name = other0"), f"client1.example.org: {KEY}\n")
        (other.folder / "remotes").write_text("client1.example.org 10.1.0.1/32\n")
        with self.assertRaisesRegex(stage.Failed, "cannot bind UDP port 500 .* another IKE daemon"):
            other.start()

    def test_we_call(self):
        """Connections of ours are shared out; a packet of any flow finds who calls, and nobody calls twice."""
        gws = [self.daemon(namespace, f"gw{number}", f'''daemon {{
  workers = 1
}}
tun {{
  address = "10.{number}.0.1/24"
}}
connection road {{
  id = "gw{number}.example.org"
  remote_id = "client.example.org"
  local_ts = "10.{number}.0.0/24"
  remote_ts = "10.1.0.0/24"
}}
''', f"client.example.org: {KEY}\n").start() for namespace, number in ((self.a, 21), (self.c, 22))]
        connection = '''connection to{n} {{
  remote = "{remote}"
  id = "client.example.org"
  remote_id = "gw{n}.example.org"
  local_ts = "10.1.0.0/24"
  remote_ts = "10.{n}.0.0/24"
  start = trap
}}
'''
        cl = self.daemon(self.b, "cl", f'daemon {{\n  workers = {WORKERS}\n}}\ntun {{\n  address = "10.1.0.1/24"\n}}\n' +
                         connection.format(n=21, remote="10.9.0.1") + connection.format(n=22, remote="10.8.0.1"),
                         f"gw21.example.org: {KEY}\ngw22.example.org: {KEY}\n").start()
        for number in (21, 22):
            for flow in range(10):
                done = self.run_in(self.b, "ping", "-n", "-c", "1", "-W", "2", "-e", str(500 + flow), f"10.{number}.0.1")
                self.assertIn("1 received", done.stdout)
        self.assertEqual(sorted(s["worker"] for s in cl.ask("status")["ike_sas"]), [0, 1])
        self.assertEqual([g.ask("counters")["host"]["handshakes_up"] for g in gws], [1, 1])
        cl.ask("down", "to21")
        self.assertEqual(cl.ask("up", "to21")["outcome"], "up")
        self.assertEqual(self.ping(self.b, "10.21.0.1"), 3)
        gws[1].ask("down", "road")
        self.assertEqual(self.ping(self.b, "10.22.0.1"), 3)


if __name__ == "__main__":
    stage.main()
