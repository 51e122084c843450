# SPDX-License-Identifier: MIT
"""What needs rights: ports 500 and 4500, raw ESP. In a network namespace of its own, where everybody
is root and nobody is disturbed."""

import os
import select
import socket
import subprocess
import sys
import tempfile

import peers
from relay import Relay

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../targets/msp430/runner"))
from slip import framed, packets  # noqa: E402

INSIDE = "IKELET_TEST_INSIDE"


def enter():
    """Runs this script again in a new network namespace: as root, or in a user namespace."""
    for inside in (["unshare", "--net"], ["unshare", "--user", "--map-root-user", "--net"]):
        probe = subprocess.run([*inside, "ip", "link", "set", "lo", "up"], capture_output=True,
                               text=True, check=False)
        if probe.returncode == 0:
            os.execvpe("unshare", [*inside, sys.executable, *sys.argv], {**os.environ, INSIDE: "1"})
    peers.skip("posix/namespace: no right to make a network namespace: " + probe.stderr.strip())


def prepare():
    for words in ("link set lo up", "addr add fd00:9::1/128 dev lo nodad",
                  "addr add fd00:9::2/128 dev lo nodad"):
        subprocess.run(["ip", *words.split()], check=True)


class Namespace(peers.Case):
    def standard(self, host="127.0.0.2", **options):
        responder = self.start("respond", id="@gw.example.org", local=host, **options)
        responder.wait_for("^ready$")
        responder.port = None
        return responder

    def ping_it(self, responder, host="127.0.0.2", **options):
        local = "fd00:9::1" if ":" in host else "127.0.0.1"
        return self.ping(responder, host, **{"natt": False, "local": local, **options})

    def test_raw_esp(self):
        ping = self.ping_it(self.standard(count=2), verbose=True)
        self.assertEqual((ping.status, len(ping.replies)), (0, 2), ping.text)
        self.assertRegex(ping.text, r"tunnel mode, ESP, SPIs")
        self.assertRegex(ping.text, r"port 500: IKE_AUTH request")
        self.assertRegex(ping.text, r"to 127\.0\.0\.2: ESP SPI")

    def test_raw_esp_over_ipv6(self):
        responder = self.standard("fd00:9::2")
        self.expect_replies(self.ping_it(responder, "fd00:9::2"))
        self.expect_replies(self.ping_it(responder, "fd00:9::2", from_="fd00:1::1", to="fd00:2::1",
                                         ts_local=None, ts_remote=None))

    def test_raw_esp_in_transport_mode(self):
        for host in ("127.0.0.2", "fd00:9::2"):
            with self.subTest(host):
                responder = self.standard(host, mode="transport")
                ping = self.ping_it(responder, host, mode="transport", from_=None, to=None,
                                    ts_local=None, ts_remote=None)
                self.expect_replies(ping)
                self.assertRegex(ping.text, r"transport mode, ESP, SPIs")
                responder.stop()

    def test_raw_ah(self):
        """Both modes and both IP versions by protocol 51; nothing is encrypted, nothing goes by UDP."""
        for host in ("127.0.0.2", "fd00:9::2"):
            for suite in ("sha256", "sha384-esn"):
                with self.subTest(host=host, suite=suite):
                    responder = self.standard(host, ah=suite)
                    ping = self.ping_it(responder, host, ah=suite, verbose=True)
                    self.assertEqual((ping.status, len(ping.replies)), (0, 2), ping.text)
                    self.assertRegex(ping.text, r"\d, sha\d+, tunnel mode, AH, SPIs")
                    self.assertRegex(ping.text, r"to [0-9a-f.:]+2: AH SPI [0-9a-f]{8} sequence number 1,")
                    responder.stop()
            with self.subTest(host):
                responder = self.standard(host, mode="transport", ah="aescmac")
                ping = self.ping_it(responder, host, mode="transport", from_=None, to=None,
                                    ts_local=None, ts_remote=None, ah="aescmac")
                self.expect_replies(ping)
                self.assertRegex(ping.text, r"transport mode, AH, SPIs")
                responder.stop()

    def test_ah_passes_no_nat(self):
        responder = self.standard(ah="sha256")
        with Relay(500, front=500), Relay(4500, front=4500):
            ping = self.ping_it(responder, "127.0.0.3", ah="sha256")
        self.expect_failure(ping, r"AH cannot pass the NAT that is between the two ends")

    def test_ah_and_esp(self):
        ping = self.ping_it(self.standard(ah="sha256"), esp="aes128-sha256")
        self.expect_failure(ping, r"no proposal chosen")

    def test_the_move_to_4500(self):
        ping = self.ping_it(self.standard(natt=True), natt=True, verbose=True)
        self.assertEqual((ping.status, len(ping.replies)), (0, 2), ping.text)
        self.assertRegex(ping.text, r"port 500: IKE_SA_INIT response")
        self.assertRegex(ping.text, r"port 4500: IKE_AUTH request")
        self.assertRegex(ping.text, r"port 4500: ESP SPI")
        self.assertRegex(ping.text, r"tunnel mode, ESP in UDP, SPIs")

    def test_behind_a_nat(self):
        """Both ends find the relay; then there is no ESP but in UDP."""
        responder = self.standard()
        with Relay(500, front=500), Relay(4500, front=4500):
            ping = self.ping_it(responder, "127.0.0.3", verbose=True)
        self.assertEqual((ping.status, len(ping.replies)), (0, 2), ping.text)
        self.assertIn("both ends are behind a NAT", ping.text)
        self.assertRegex(ping.text, r"tunnel mode, ESP in UDP, SPIs")

    def test_one_side_wants_udp(self):
        self.expect_replies(self.ping_it(self.standard(), natt=True))

    def test_all_addresses(self):
        """The wildcard, both IP versions; answers leave from the address that was asked."""
        responder = self.standard(None)
        responder.port = 4500  # 500 is taken on our address too
        for host in ("127.0.0.2", "127.0.0.77", "fd00:9::2"):
            with self.subTest(host):
                self.expect_replies(self.ping_it(responder, host))

    def test_port_4500_from_any_port(self):
        """What a peer without rights does."""
        responder = self.standard()
        responder.port = 4500
        self.expect_replies(self.ping_it(responder))

    def test_pcap_of_raw_esp(self):
        capture = os.path.join(self.folder(), "capture.pcap")
        self.expect_replies(self.ping_it(self.standard(), pcap=capture))
        with open(capture, "rb") as file:
            data = file.read()
        self.assertEqual(data[:4], b"\xd4\xc3\xb2\xa1")
        protocols, at = [], 24
        while at < len(data):
            length = int.from_bytes(data[at + 8:at + 12], "little")
            protocols.append(data[at + 16 + 9])
            at += 16 + length
        self.assertEqual(protocols, [17] * 4 + [50] * 4 + [17] * 2)

    def with_capabilities(self, names, responder, **options):
        """The command as setpriv leaves it: root by number, with these rights."""
        path = os.path.join(self.folder(), "ikelet")
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"#!/bin/sh\nexec setpriv --bounding-set={names} --inh-caps=-all "
                       f'"{peers.BINARY}" "$@"\n')
        os.chmod(path, 0o755)
        binary, peers.BINARY = peers.BINARY, path
        try:
            return self.ping_it(responder, **options)
        finally:
            peers.BINARY = binary

    def test_not_permitted(self):
        responder = self.standard()
        self.expect_failure(self.with_capabilities("-all", responder),
                            r"not permitted: UDP port 500 needs root or CAP_NET_BIND_SERVICE")
        only_ports = "-all,+net_bind_service"
        self.expect_failure(self.with_capabilities(only_ports, responder),
                            r"not permitted: ESP without UDP needs a raw socket")
        responder.wait_for("IKE SA down: deleted by the peer")
        self.expect_replies(self.with_capabilities(only_ports, responder, natt=True))
        responder.port = 4500
        self.expect_replies(self.with_capabilities("-all", responder))

    def test_no_route(self):
        responder = self.standard()
        ping = self.ping(responder, "192.0.2.1", natt=False, local=None)
        self.expect_failure(ping, r"no route to 192\.0\.2\.1: Network is unreachable")


class Slip(peers.Case):
    """`ikelet slip` with what needs rights; what does not is in slip.py."""

    def bridge(self, **options):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        bridge = peers.Command("slip", pty=os.path.join(folder, "line"), **options)
        self.addCleanup(bridge.stop)
        bridge.wait_for("^bridge: ")
        self.line = os.open(os.path.join(folder, "line"), os.O_RDWR | os.O_NOCTTY)
        self.addCleanup(os.close, self.line)
        return bridge

    def from_line(self):
        octets = b""
        while select.select([self.line], [], [], 5)[0]:
            octets += os.read(self.line, 65536)
            whole, _ = packets(octets)
            whole = [packet for packet in whole if packet[0] >> 4 == 4]  # beside what IPv6 says by itself
            if whole:
                return whole[0]
        raise AssertionError("nothing comes")

    def test_a_tun_device(self):
        bridge = self.bridge(tun="mote0", address="10.7.0.2/24")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.bind(("10.7.0.2", 0))
            udp.settimeout(5)
            udp.sendto(b"to the mote", ("10.7.0.1", 9))
            packet = self.from_line()
            self.assertEqual((packet[12:20], packet[28:]), (bytes((10, 7, 0, 2, 10, 7, 0, 1)), b"to the mote"))
            answer = packet[:12] + packet[16:20] + packet[12:16] + packet[22:24] + packet[20:22] + packet[24:26] + b"\0\0" + b"to the host"
            os.write(self.line, framed(answer))
            self.assertEqual(udp.recv(100), b"to the host")
        subprocess.run(["ip", "link", "delete", "mote0"], check=True)
        self.assertEqual(bridge.wait(), 1)
        self.assertEqual(bridge.err, ["ikelet: the TUN device has gone"])

    def test_a_device_that_is_there(self):
        """It is not taken over, whoever made it."""
        subprocess.run(["ip", "tuntap", "add", "mote1", "mode", "tun"], check=True)
        self.addCleanup(subprocess.run, ["ip", "link", "delete", "mote1"], check=True)
        with tempfile.TemporaryDirectory() as folder:
            bridge = peers.Command("slip", pty=os.path.join(folder, "line"), tun="mote1", address="10.8.0.2/24")
            self.addCleanup(bridge.stop)
            self.assertEqual(bridge.wait(), 1, bridge.text)
            self.assertEqual(bridge.err, ["ikelet: cannot make the TUN device mote1: there is a device of that name: end the program "
                                          'that has it, or "ip link delete mote1", or give another name'])
            self.assertEqual(os.listdir(folder), [])

    def test_a_peer_with_a_zone(self):
        subprocess.run("ip link add v0 type veth peer name v1 && ip link set v0 up && ip link set v1 up"
                       " && ip address add fe80::7/64 dev v0 nodad", shell=True, check=True)
        self.bridge(peer="fe80::8%v0", port=7000).stop()


if __name__ == "__main__":
    if INSIDE not in os.environ:
        enter()
    prepare()
    peers.main()
