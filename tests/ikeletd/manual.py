#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""ikeletd with ikeletd, without IKE: SAs that are made by hand.

Usage: manual.py FOLDER_OF_THE_PROGRAMS [TEST]...
"""

import re

import stage
from process import wait_until
from stage import Stage
from wire import Capture

TUNNEL_KEYS, GCM_KEYS = ("6b" * 48, "71" * 48), ("01" * 20, "02" * 20)
CONF = """tun {
  address = "10.%HERE.0.1/24"
}
manual tunnel {
  local = "10.9.0.%HERE"
  remote = "10.9.0.%THERE"
  local_ts = "10.%HERE.0.0/24"
  remote_ts = "10.%THERE.0.0/24"
  esp = "aes128-sha256-esn"
  spi_in = 0x100%HERE
  spi_out = 0x100%THERE
}
manual transport {
  local = "fd00:9::%HERE"
  remote = "fd00:9::%THERE"
  mode = transport
  esp = "aes128gcm16"
  fresh = yes
  spi_in = 200%HERE
  spi_out = 200%THERE
}
"""
NEXT = 'connection other {\n  remote = "10.9.0.9"\n  id = "a.example.org"\n  start = none\n}\n'


def conf(here):
    return CONF.replace("%HERE", str(here)).replace("%THERE", str(3 - here))


def secrets(here):
    ways = ("in", "out") if here == 1 else ("out", "in")
    return "10.9.0.9: a key\n" + "".join(f"keyid:{name}/{way}: 0x{key}\n" for name, keys in (
        ("tunnel", TUNNEL_KEYS), ("transport", GCM_KEYS)) for way, key in zip(ways, keys))


class Manual(Stage):
    def pair(self):
        self.one = self.daemon(self.a, "one", conf(1), secrets(1)).start()
        self.two = self.daemon(self.b, "two", conf(2), secrets(2)).start()
        for daemon in (self.one, self.two):
            daemon.wait_for("manual transport: ")

    def drops(self):
        return [{name: n for name, n in d.ask("counters")["drops"].items() if n and name.startswith("esp")}
                for d in (self.one, self.two)]

    def test_pings(self):
        self.pair()
        wire = Capture(self.b, "eth0")
        self.addCleanup(wire.stop)
        self.assertEqual(self.ping(self.a, "10.2.0.1"), 3)
        self.assertEqual(self.ping(self.b, "10.1.0.1", size=1200), 3)
        self.assertEqual(self.ping(self.a, "fd00:9::2"), 3)
        self.assertEqual(self.ping(self.b, "fd00:9::1", size=1200), 3)
        wait_until("24 packets of ESP", 5, lambda: len(wire.esp()) >= 24)
        self.assertEqual(len(wire.esp()), 24)
        self.assertFalse([f for f in wire.frames if f.icmp_echo])
        self.assertEqual(wire.ike(), [])
        self.assertEqual(self.drops(), [{}, {}])
        said = self.one.say("status")
        self.assertRegex(said, r"made by hand:\n    child: tunnel, up\n      10\.1\.0\.0/24 === 10\.2\.0\.0/24\n"
                               r"      aes128-sha256, ESP, SPIs 00001001 in, 00001002 out\n")
        self.assertRegex(said, "child: transport, up")

    def test_the_class_inside_is_the_class_outside(self):
        """RFC 4301 5.1.2; in transport mode there is one header only, hop limit and all."""
        self.pair()
        wire = Capture(self.b, "eth0")
        self.addCleanup(wire.stop)
        self.run_in(self.a, "ping", "-c", "1", "-W", "2", "-Q", "0xb8", "-t", "7", "10.2.0.1")
        self.run_in(self.a, "ping", "-c", "1", "-W", "2", "-Q", "0xb8", "-t", "7", "fd00:9::2")
        wait_until("four packets of ESP", 5, lambda: len(wire.esp()) == 4)
        sent = {f.source: f.data[14:] for f in wire.esp()}
        self.assertEqual((sent["10.9.0.1"][1], sent["10.9.0.1"][8]), (0xb8, 64))
        six = sent["fd00:9::1"]
        self.assertEqual((six[0], six[1] & 0xf0, six[7]), (0x6b, 0x80, 7))

    def test_a_reload_goes_on(self):
        self.pair()
        for to in ("10.2.0.1", "fd00:9::2"):
            self.assertEqual(self.ping(self.a, to), 3)
        self.one.write(conf(1) + NEXT)
        self.one.say("reload")
        self.two.say("reload")
        for to in ("10.2.0.1", "fd00:9::2"):
            self.assertEqual(self.ping(self.a, to), 3)
        self.assertEqual(self.drops(), [{}, {}])

    def test_what_is_gone_from_the_file_is_gone(self):
        self.pair()
        self.assertEqual(self.ping(self.a, "10.2.0.1"), 3)
        self.one.write(re.sub(r"manual tunnel \{[^}]*\}\n", "", conf(1)))
        self.one.say("reload")
        self.assertEqual(self.ping(self.a, "10.2.0.1", count=1), 0)
        self.assertEqual([child["name"] for child in self.one.ask("status")["manual"]], ["transport"])
        self.assertNotIn("10.2.0.0", self.a.ip("route", "show", "table", "1500"))
        self.assertEqual(self.ping(self.a, "fd00:9::2"), 3)

    def test_it_ends_at_once(self):
        self.pair()
        self.one.process.child.terminate()
        self.assertEqual(self.one.process.wait(1), 0)


if __name__ == "__main__":
    stage.main()
