#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""ikeletd with strongSwan's charon in each role, packets through.

Usage: charon.py FOLDER_OF_THE_PROGRAMS [TEST]...
"""

import os
import tempfile

import stage
import charon as strongswan
from stage import KEY, Stage

from tunnel import CLIENT, GATEWAY, CL_KEYS, GW_KEYS

IKE, ESP = "aes128gcm16-prfsha256-x25519", "aes128gcm16"


def endpoint(side, **changes):
    number, other = (1, 2) if side == "client" else (2, 1)
    names = ("@client.example.org", "@gw.example.org")
    mine, theirs = names if side == "client" else names[::-1]
    return {"c": {"version": 2, "local_addrs": f"10.9.0.{number}", "remote_addrs": f"10.9.0.{other}", "proposals": IKE,
                  "local": {"auth": "psk", "id": mine}, "remote": {"auth": "psk", "id": theirs},
                  "children": {"k": {"local_ts": f"10.{number}.0.0/24", "remote_ts": f"10.{other}.0.0/24",
                                     "esp_proposals": ESP}}, **changes}}


class Charon(Stage):
    def charon(self, namespace, side, **changes):
        folder = os.path.join(self.folder, "charon")
        programs = self.exits.enter_context(tempfile.TemporaryDirectory())
        os.makedirs(folder)
        strongswan.copy_programs(programs)
        namespace.add_address("lo", f"10.{1 if side == 'client' else 2}.0.1/32")
        daemon = strongswan.Charon(folder, programs, namespace)
        self.exits.callback(daemon.stop)
        daemon.start(endpoint(side, **changes), {"ike-1": {"secret": f'"{KEY}"'}})
        return daemon

    def children(self, daemon):
        return daemon.ask("status")["ike_sas"][0]["children"]

    def test_charon_is_the_gateway(self):
        self.charon(self.b, "gateway")
        cl = self.daemon(self.a, "cl", CLIENT.replace(",fd00:1::/64\"", '"').replace(",fd00:2::/64\"", '"'), CL_KEYS).start()
        cl.wait_for("home/home: 10.1.0.0/24 === 10.2.0.0/24 with gw.example.org: aes128gcm16, ESP in UDP")
        for size in (56, 1300, 2900):
            self.assertEqual(self.ping(self.a, "10.2.0.1", source="10.1.0.1", size=size), 3)
        self.assertIn("deleted here", cl.say("down", "home"))

    def test_charon_calls(self):
        gw = self.daemon(self.b, "gw", GATEWAY, GW_KEYS).start()
        charon = self.charon(self.a, "client")
        charon.initiate()
        gw.wait_for("road/road: 10.2.0.0/24 === 10.1.0.0/24 with client.example.org: aes128gcm16, ESP in UDP")
        for size in (56, 1300, 2900):
            self.assertEqual(self.ping(self.a, "10.2.0.1", source="10.1.0.1", size=size), 3)
        charon.terminate()
        gw.wait_for("road: down with client.example.org .*deleted by the peer")

    def test_packets_ask_for_two_children(self):
        """RFC 7296 2.9: one policy here, two children there; each packet's own selectors come first, and charon takes the child that holds
        them. Rekeyed, each stays what it is. What charon has no child for is told, and touches nothing."""
        two = {"children": {name: {"local_ts": f"10.{net}.0.0/24", "remote_ts": "10.1.0.0/24", "esp_proposals": ESP}
                            for name, net in (("k", 2), ("l", 3))}}
        self.b.add_address("lo", "10.3.0.1/32")
        self.charon(self.b, "gateway", **two)
        client = CLIENT.replace(",fd00:1::/64\"", '"').replace('10.2.0.0/24,fd00:2::/64"', '10.0.0.0/13"\n  start = trap')
        cl = self.daemon(self.a, "cl", client, CL_KEYS).start()
        for net in (3, 2):
            self.ping(self.a, f"10.{net}.0.1", source="10.1.0.1")
            cl.wait_for(f"home/home: 10.1.0.0/24 === 10.{net}.0.0/24 with gw.example.org", 10)
            self.assertEqual(self.ping(self.a, f"10.{net}.0.1", source="10.1.0.1"), 3)
        cl.say("rekey", "home")
        for net in (3, 2):
            cl.wait_for(f"(?s)(10.1.0.0/24 === 10.{net}.0.0/24.*){{2}}", 10)
            self.assertEqual(self.ping(self.a, f"10.{net}.0.1", source="10.1.0.1"), 3)
        self.assertEqual(self.ping(self.a, "10.4.0.1", source="10.1.0.1"), 0)
        cl.wait_for("home/home.*selectors", 10)
        for net in (3, 2):
            self.assertEqual(self.ping(self.a, f"10.{net}.0.1", source="10.1.0.1"), 3)

    def test_an_sa_for_each_host(self):
        """RFC 4301 4.4.1.2: of one child of charon's network, an SA for each of its hosts; rekeyed, each stays what it is."""
        self.b.add_address("lo", "10.2.0.2/32")
        self.charon(self.b, "gateway")
        client = CLIENT.replace(",fd00:1::/64\"", '"').replace(',fd00:2::/64"', '"\n  pfp = remote')
        cl = self.daemon(self.a, "cl", client, CL_KEYS).start()
        for _ in range(2):
            for host in (1, 2):
                self.ping(self.a, f"10.2.0.{host}", source="10.1.0.1")
                cl.wait_for(f"home/home: 10.1.0.0/24 === 10.2.0.{host} with gw.example.org", 10)
                self.assertEqual(self.ping(self.a, f"10.2.0.{host}", source="10.1.0.1"), 3)
            before = {c["spi_in"] for c in self.children(cl)}
            cl.say("rekey", "home")
            # What is larval has no selectors yet, and the old ones hear for some seconds more.
            stage.wait_until("both are rekeyed", 10, lambda: [c["remote_ts"] for c in sorted(
                self.children(cl), key=lambda c: c["remote_ts"]) if c["spi_in"] not in before and c["state"] == "up"] == ["10.2.0.1", "10.2.0.2"])

    def test_charon_comes_back(self):
        charon = self.charon(self.b, "gateway")
        client = CLIENT.replace(",fd00:1::/64\"", '"').replace(",fd00:2::/64\"", '"')
        cl = self.daemon(self.a, "cl", "daemon {\n  timeout = 2s\n}\n" + client.replace("remote =", "dpd = 1s\n  remote =", 1),
                         CL_KEYS).start()
        cl.wait_for("===")
        charon.process.child.kill()
        charon.process.child.wait()
        cl.wait_for("down with gw.example.org at 10.9.0.2: ", 15)
        charon.start(endpoint("gateway"), {"ike-1": {"secret": f'"{KEY}"'}})
        cl.wait_for("(?s)down with gw.example.org.*===", 15)
        self.assertEqual(self.ping(self.a, "10.2.0.1", source="10.1.0.1"), 3)


if __name__ == "__main__":
    if strongswan.missing():
        stage.skip("no strongSwan with kernel-libipsec (make check INTEROP=yes installs it)")
    stage.main()
