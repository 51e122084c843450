# SPDX-License-Identifier: MIT
"""A path that is narrower than its first hop, whose router says so (RFC 7383 2.5.2): the kernel would
send IKE messages in IP fragments from then on, which many do not let through."""

import os
import re
import subprocess

import peers

# An IKE_AUTH request of some 1,350 octets: each transform once, in eight orders.
ENCR = ["aes128", "aes192", "aes256", "aes128ctr", "aes192ctr", "aes256ctr"]
FAT = ",".join("-".join(ENCR[i % 6:] + ENCR[:i % 6] + ["sha256", "sha384", "sha512", "sha1", "aesxcbc", "aescmac"])
               for i in range(8))
CLIENT, ROUTER, SERVER = (f"ikelet-{os.getpid()}-{who}" for who in ("client", "router", "server"))
SIDES = ((CLIENT, "10.9.1.1", "10.9.1.2", "fd00:91::1", "fd00:91::2"),
         (SERVER, "10.9.2.1", "10.9.2.2", "fd00:92::1", "fd00:92::2"))


def ip(*words, inside=None):
    subprocess.run(["ip", *(["-n", inside] if inside else []), *words], check=True)


def probe():
    for words in (["netns", "add", ROUTER], ["netns", "delete", ROUTER]):
        done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            peers.skip("posix/narrow: no right to make a network namespace: " + done.stderr.strip())


def add_side(name, own4, router4, own6, router6):
    ip("netns", "add", name)
    ip("link", "add", "outside", "netns", name, "type", "veth", "peer", "name", name[-6:], "netns", ROUTER)
    for inside, link, *addresses in ((name, "outside", own4, own6), (ROUTER, name[-6:], router4, router6)):
        ip("address", "add", addresses[0] + "/24", "dev", link, inside=inside)
        ip("address", "add", addresses[1] + "/64", "dev", link, "nodad", inside=inside)
        ip("link", "set", link, "up", inside=inside)
    ip("route", "add", "default", "via", router4, inside=name)
    ip("-6", "route", "add", "default", "via", router6, inside=name)


class Narrow(peers.Case):
    def setUp(self):
        super().setUp()
        for name in (CLIENT, ROUTER, SERVER):
            self.addCleanup(subprocess.run, ["ip", "netns", "delete", name], check=False, capture_output=True)
        ip("netns", "add", ROUTER)
        for side in SIDES:
            add_side(*side)
        for switch in ("net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding"):
            subprocess.run(["ip", "netns", "exec", ROUTER, "sysctl", "-qw", f"{switch}=1"], check=True)

    def link_takes(self, octets):
        ip("link", "set", SERVER[-6:], "mtu", str(octets), inside=ROUTER)

    def inside(self, name, subcommand, **options):
        """The command, in one of the namespaces."""
        path = os.path.join(self.folder(), "ikelet")
        with open(path, "w", encoding="utf-8") as file:
            file.write(f'#!/bin/sh\nexec ip netns exec {name} "{peers.BINARY}" "$@"\n')
        os.chmod(path, 0o755)
        binary, peers.BINARY = peers.BINARY, path
        try:
            return self.start(subcommand, **options)
        finally:
            peers.BINARY = binary

    def ip_fragments(self, v6):
        """That the client's kernel has made."""
        file = "snmp6" if v6 else "snmp"
        text = subprocess.run(["ip", "netns", "exec", CLIENT, "cat", f"/proc/net/{file}"], check=True,
                              capture_output=True, text=True).stdout
        if v6:
            return int(dict(line.split() for line in text.splitlines())["Ip6FragCreates"])
        names, values = (line.split() for line in text.splitlines()[:2])
        return int(dict(zip(names, values))["FragCreates"])

    def handshake(self, v6, mtu):
        self.link_takes(mtu)
        client, server = (side[3 if v6 else 1] for side in SIDES)
        responder = self.inside(SERVER, "respond", local=server, id="@gw.example.org", ts_local="10.2.0.0/24",
                                ts_remote="10.1.0.0/24", fragment=1400)
        responder.wait_for("^ready$")
        responder.port = None
        with_us = {"local": client, "esp": FAT, "fragment": 1400, "from_": "10.1.0.1", "to": "10.2.0.1",
                   "ts_local": "10.1.0.0/24", "ts_remote": "10.2.0.0/24", "count": 2, "interval": 0.02}
        ping = self.inside(CLIENT, "ping", peer=server, id="@client.example.org", remote_id="@gw.example.org",
                           verbose=True, timeout=20, **with_us)
        ping.status = ping.wait()
        self.assertEqual((ping.status, len(ping.replies)), (0, 2), ping.text)
        return ping

    def expect_cut_at_once(self, v6, mtu):
        ping = self.handshake(v6, mtu)
        self.assertEqual(self.ip_fragments(v6), 0, ping.text)
        whole = [line for line in ping.err if re.search(r" to .*: IKE_AUTH request 1 .*, 13\d\d octets", line)]
        self.assertEqual(len(whole), 1, ping.text)

    def test_ipv4(self):
        self.expect_cut_at_once(False, 1000)

    def test_ipv6(self):
        self.expect_cut_at_once(True, 1280)


if __name__ == "__main__":
    probe()
    peers.main()
