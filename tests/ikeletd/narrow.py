#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""ikeletd behind routers with a narrow link between them: what is large gets through, if they say so (RFC 4301 8.2), and if they do
not (RFC 8899); and behind a link of their own that is narrow.

    a --1500-- r --narrow-- s --1500-- b

Usage: narrow.py FOLDER_OF_THE_PROGRAMS [TEST]...
"""

import re
import subprocess
import sys
import time

import stage
from stage import netns
from tunnel import CLIENT, CL_KEYS, GATEWAY, GW_KEYS, SENT, SINK, SOURCE

OUTSIDE = {4: "10.9.2.1", 6: "fd00:92::1"}


class Narrow(stage.Stage):
    def cable(self):
        self.r, self.s = self.namespace("r"), self.namespace("s")
        netns.connect(self.a, "eth0", self.r, "left")
        netns.connect(self.r, "narrow", self.s, "narrow")
        netns.connect(self.s, "right", self.b, "eth0")
        for host, router, link, number in ((self.a, self.r, "left", 1), (self.b, self.s, "right", 2)):
            other = 3 - number
            for namespace, device, last in ((host, "eth0", 1), (router, link, 2), (router, "narrow", 0)):
                net = number if last else 3
                namespace.add_address(device, f"10.9.{net}.{last or number}/24")
                namespace.add_address(device, f"fd00:9{net}::{last or number}/64")
            host.ip("route", "add", "default", "via", f"10.9.{number}.2")
            host.ip("-6", "route", "add", "default", "via", f"fd00:9{number}::2")
            router.ip("route", "add", f"10.9.{other}.0/24", "via", f"10.9.3.{other}")
            router.ip("-6", "route", "add", f"fd00:9{other}::/64", "via", f"fd00:93::{other}")
            for switch in ("net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding"):
                self.run_in(router, "sysctl", "-qw", f"{switch}=1")

    def tunnel(self, family, what, mtu, probe=0):
        for router in (self.r, self.s):
            router.ip("link", "set", "narrow", "mtu", str(mtu))
        client, gateway = CLIENT.replace("10.9.0.2", OUTSIDE[family]), GATEWAY
        if what == "udp":
            client = client.replace("remote =", "encap = yes\n  remote =", 1)
        elif what == "ah":
            client = client.replace("remote =", "ah = sha256\n  remote =", 1)
            gateway = gateway.replace("local_ts", "ah = sha256\n  local_ts", 1)
        client = client.replace("remote =", f"probe = {probe}\n  remote =", 1)
        gateway = gateway.replace("local_ts", f"probe = {probe}\n  local_ts", 1)
        self.gw = self.daemon(self.b, "gw", gateway, GW_KEYS).start()
        self.cl = self.daemon(self.a, "cl", client, CL_KEYS).start()
        self.cl.wait_for("===")
        self.gw.wait_for("===")

    def transfer(self, source, sink, to):
        """5 MB by TCP, in segments that are too large at first; what came."""
        server = subprocess.Popen(sink.inside(sys.executable, "-c", SINK, to), stdout=subprocess.PIPE, text=True)
        self.exits.callback(server.kill)
        self.assertEqual(server.stdout.readline(), "ready\n")
        done = self.run_in(source, sys.executable, "-c", SOURCE, to)
        server.wait(10)
        server.stdout.close()
        return done.stdout.strip() + done.stderr

    def device_mtu(self, namespace):
        return int(re.search(r"mtu (\d+)", namespace.ip("link", "show", "ikelet0"))[1])

    def told(self, daemon, what):
        return daemon.ask("counters")["counts"][what]

    def pings(self, source, to, size):
        """How many of five come back that may be cut."""
        done = self.run_in(source, "ping", "-n", "-i", "0.1", "-c", "5", "-W", "1", "-M", "dont", "-s", str(size), to)
        return int(re.search(r"(\d+) received", done.stdout)[1]), done.stdout

    def expect(self, family, what, mtu, back):
        self.tunnel(family, what, mtu)
        source, sink, daemon = (self.b, self.a, self.gw) if back else (self.a, self.b, self.cl)
        to = ("10.1.0.1", "fd00:1::1") if back else ("10.2.0.1", "fd00:2::1")
        for address in to:
            began = time.monotonic()
            self.assertEqual(self.transfer(source, sink, address), SENT, daemon.log)
            self.assertLess(time.monotonic() - began, 10)
        self.assertGreaterEqual(self.told(daemon, "too_big"), 1, daemon.log)
        self.assertGreaterEqual(daemon.ask("counters")["drops"]["path_mtu"], 1)
        self.pings(source, to[0], 1372)  # by the first, the other end learns of its way back
        received, text = self.pings(source, to[0], 1372)
        self.assertEqual(received, 5, text)
        self.assertEqual((self.device_mtu(self.a), self.device_mtu(self.b)), (1400, 1400))

    def first_hop(self, family, what):
        """The kernel's own word of it comes without the packet."""
        self.tunnel(family, what, 1500)
        self.a.ip("link", "set", "eth0", "mtu", "1340")
        for address in ("10.2.0.1", "fd00:2::1"):
            began = time.monotonic()
            self.assertEqual(self.transfer(self.a, self.b, address), SENT, self.cl.log)
            self.assertLess(time.monotonic() - began, 10)
        self.assertEqual(self.path_mtu(self.cl), [1340])

    def silence(self):
        """What the routers themselves would say goes nowhere; what they pass on does."""
        for router in (self.r, self.s):
            for version in ("-4", "-6"):
                router.ip(version, "rule", "add", "iif", "lo", "blackhole")

    def path_mtu(self, daemon):
        return [child["path_mtu"] for sa in daemon.ask("status")["ike_sas"] for child in sa["children"]]

    def find_out(self, family, what, mtu):
        self.silence()
        self.tunnel(family, what, mtu, 1500)
        stage.wait_until("both have found out", 60, lambda: all(self.path_mtu(daemon) != [0] for daemon in (self.cl, self.gw)))
        for daemon in (self.cl, self.gw):
            for found in self.path_mtu(daemon):
                self.assertIn(mtu - found, range(16), daemon.log)
        for source, sink, to in ((self.a, self.b, "10.2.0.1"), (self.b, self.a, "fd00:1::1")):
            began = time.monotonic()
            self.assertEqual(self.transfer(source, sink, to), SENT)
            self.assertLess(time.monotonic() - began, 10)
        self.assertEqual(self.told(self.cl, "too_big"), 0)


def add_tests():
    """Not AH over IPv6: what a router says of it, Linux tells no socket."""
    for family, what, mtu in ((4, "esp", 1300), (4, "udp", 1300), (4, "ah", 1300), (6, "esp", 1280), (6, "udp", 1280)):
        for back in (False, True):
            def test(self, family=family, what=what, mtu=mtu, back=back):
                self.expect(family, what, mtu, back)
            setattr(Narrow, f"test_{what}_over_ipv{family}{'_way_back' if back else ''}", test)
    for family, what in ((4, "esp"), (4, "udp"), (6, "esp"), (6, "udp")):
        def first(self, family=family, what=what):
            self.first_hop(family, what)
        setattr(Narrow, f"test_first_hop_{what}_over_ipv{family}", first)
    for family, what, mtu in ((4, "esp", 1392), (4, "udp", 1300), (4, "esp", 1300), (6, "esp", 1400), (6, "udp", 1400), (6, "ah", 1400)):
        def silent(self, family=family, what=what, mtu=mtu):
            self.find_out(family, what, mtu)
        setattr(Narrow, f"test_silence_{what}_over_ipv{family}_{mtu}", silent)


add_tests()

if __name__ == "__main__":
    stage.main()
