#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`ikelet slip` between a pty and a UDP peer, octet by octet (RFC 1055); a TUN device is tests/posix/namespace.py's and
targets/msp430/runner/demo.py's."""

import os
import pathlib
import re
import select
import signal
import socket
import sys
import tempfile
import time
import tty
import unittest

import peers

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../targets/msp430/runner"))
from slip import END, ESC, framed, packets  # noqa: E402

MOST = 2048  # octets of a packet


class Slip(unittest.TestCase):
    def setUp(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        self.link = os.path.join(folder, "line")
        self.udp = self.enterContext(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        self.udp.bind(("127.0.0.1", 0))
        self.udp.settimeout(5)
        self.ours = peers.free_port()

    def bridge(self, **options):
        bridge = peers.Command("slip", **{"peer": "127.0.0.1", "port": self.udp.getsockname()[1], "local_port": self.ours,
                                          "verbose": True, **options})
        self.addCleanup(bridge.stop)
        return bridge

    def on_a_pty(self):
        bridge = self.bridge(pty=self.link)
        bridge.wait_for("^bridge: ")
        self.line = os.open(self.link, os.O_RDWR | os.O_NOCTTY)
        self.addCleanup(os.close, self.line)
        return bridge

    def is_taken(self):
        """Waits until the bridge has read all that was sent to it."""
        for _ in range(1000):
            with open("/proc/net/udp", encoding="ascii") as file:
                if re.search(rf": 0*[0-9A-F]*:{self.ours:04X} \S+ \S+ \S+:00000000 ", file.read()):
                    return
            time.sleep(0.005)
        self.fail("the bridge reads nothing")

    def ends(self, bridge, summary):
        bridge.process.send_signal(signal.SIGTERM)
        self.assertEqual((bridge.wait(), bridge.err), (0, []))
        self.assertEqual(bridge.out[-1], summary)

    def from_bridge(self, wanted):
        """Packets that come by the line, until there are so many."""
        octets, got = b"", []
        while len(got) < wanted and select.select([self.line], [], [], 5)[0]:
            octets += os.read(self.line, 65536)
            got, _ = packets(octets)
        return got

    def test_both_ways_whatever_the_octets(self):
        bridge = self.on_a_pty()
        sent = [bytes(range(256)), bytes([END] * 40), bytes([ESC] * 40), b"\x60", os.urandom(1280), os.urandom(MOST)]
        for packet in sent:
            os.write(self.line, framed(packet))
            self.assertEqual(self.udp.recv(65536), packet)
        for packet in sent:
            self.udp.sendto(packet, ("127.0.0.1", self.ours))
            self.assertEqual(self.from_bridge(1), [packet])
        self.assertFalse(os.path.islink(self.link) and not os.path.exists(self.link))
        self.ends(bridge, "6 packets from the line, 6 to it; 0 broken frames, 0 packets dropped")
        self.assertFalse(os.path.lexists(self.link), "it takes its link away")

    def test_a_frame_in_pieces(self):
        self.on_a_pty()
        whole = framed(b"\x60" + bytes([ESC, END]) * 8)
        for octet in whole:
            os.write(self.line, bytes([octet]))
        self.assertEqual(self.udp.recv(65536), b"\x60" + bytes([ESC, END]) * 8)

    def test_noise_and_broken_frames(self):
        """What is before the first END of a packet is a frame by itself; wrong escapes and what is too long are dropped."""
        bridge = self.on_a_pty()
        os.write(self.line, b"\x01\x02" + framed(b"\x60good"))
        self.assertEqual(self.udp.recv(65536), b"\x01\x02")
        self.assertEqual(self.udp.recv(65536), b"\x60good")
        for broken in (bytes([END, 1, ESC, 2, END]), bytes([END, 1, ESC, END]), framed(os.urandom(MOST).replace(b"\xc0", b"")
                                                                                      + b"x" * MOST)):
            os.write(self.line, broken)
            os.write(self.line, framed(b"\x60next"))
            self.assertEqual(self.udp.recv(65536), b"\x60next")
        os.write(self.line, bytes([END] * 20))
        self.ends(bridge, "5 packets from the line, 0 to it; 3 broken frames, 0 packets dropped")

    def test_a_device(self):
        """The slave of a pty of ours, as a serial device; when its other end goes, the line has gone."""
        master, slave = os.openpty()
        tty.setraw(master)
        bridge = self.bridge(device=os.ttyname(slave))
        bridge.wait_for("^bridge: ")
        os.close(slave)
        os.write(master, framed(b"\x60hello"))
        self.assertEqual(self.udp.recv(65536), b"\x60hello")
        os.close(master)
        self.assertEqual(bridge.wait(), 1)
        self.assertEqual(bridge.err, ["ikelet: the line has gone"])

    def test_what_the_line_does_not_take_is_dropped_and_counted(self):
        """Nobody reads the pty."""
        bridge = self.on_a_pty()
        for number in range(60):
            self.udp.sendto(bytes([number]) * MOST, ("127.0.0.1", self.ours))
            self.is_taken()  # the kernel drops nothing, then
        octets = b""
        while select.select([self.line], [], [], 1)[0]:
            octets += os.read(self.line, 65536)
        got, rest = packets(octets)
        self.assertEqual(rest, b"", "whole frames only")
        self.assertTrue(got and all(packet == bytes([packet[0]]) * MOST for packet in got))
        bridge.process.send_signal(signal.SIGTERM)
        self.assertEqual(bridge.wait(), 0)
        self.assertRegex(bridge.out[-1], rf"^0 packets from the line, {len(got)} to it; 0 broken frames, [1-9]\d* packets dropped$")

    def test_the_link_of_one_that_was_killed(self):
        """It is stale: the next one takes its place. So it is, if its pty is another one's now: our own."""
        for target in (None, "/dev/pts/99999"):
            with self.subTest(target):
                if target:
                    os.symlink(target, self.link)
                else:
                    bridge = self.bridge(pty=self.link)
                    bridge.wait_for("^bridge: ")
                    bridge.process.kill()
                    bridge.wait()
                    self.assertTrue(os.path.islink(self.link))
                bridge = self.on_a_pty()
                os.write(self.line, framed(b"\x60hello"))
                self.assertEqual(self.udp.recv(65536), b"\x60hello")
                self.ends(bridge, "1 packets from the line, 0 to it; 0 broken frames, 0 packets dropped")

    def test_what_is_at_the_place_of_the_link(self):
        """Nothing of anybody else's is replaced: a file, a link to one, a link to a pty that is there."""
        other = os.path.join(os.path.dirname(self.link), "other")
        _, slave = os.openpty()
        for make in (lambda: pathlib.Path(self.link).write_text("mine", encoding="ascii"), lambda: os.symlink(other, self.link),
                     lambda: os.symlink(os.ttyname(slave), self.link), lambda: os.mkdir(self.link)):
            make()
            before = os.lstat(self.link)
            bridge = self.bridge(pty=self.link)
            self.assertEqual((bridge.wait(), len(bridge.err)), (1, 1), bridge.text)
            self.assertRegex(bridge.err[0], f"cannot link {self.link}: .*exists")
            self.assertEqual(os.lstat(self.link).st_ino, before.st_ino)
            os.rename(self.link, os.path.join(os.path.dirname(self.link), f"past{before.st_ino}"))

    def test_a_link_that_is_another_one_at_the_end(self):
        bridge = self.bridge(pty=self.link)
        bridge.wait_for("^bridge: ")
        os.unlink(self.link)
        os.symlink("/elsewhere", self.link)
        self.ends(bridge, "0 packets from the line, 0 to it; 0 broken frames, 0 packets dropped")
        self.assertEqual(os.readlink(self.link), "/elsewhere")

    def test_names_of_devices(self):
        """The kernel has 15 letters: what is longer is not cut."""
        for name in ("x" * 16, "", "mote%d", "a/b", "a b"):
            bridge = self.bridge(pty=self.link, peer=None, port=None, local_port=None, tun=name)
            self.assertEqual(bridge.wait(), 2, name)
            self.assertIn(f"--tun={name}: not a name for a device", bridge.err[0])
            self.assertFalse(os.path.lexists(self.link))

    def test_mistakes(self):
        for options, says in (({}, "one of --device and --pty"), ({"device": "/dev/null", "pty": self.link}, "one of --device and"),
                              ({"pty": self.link, "peer": None, "port": None}, "one of --tun and --peer"),
                              ({"pty": self.link, "port": None}, "--peer goes with --port"),
                              ({"pty": self.link, "address": "fd00::1/64"}, "--address goes with --tun"),
                              ({"pty": self.link, "address": "fd00::1"}, "not an address and its prefix"),
                              ({"pty": self.link, "baud": 7}, "not a number from 9600"),
                              ({"pty": self.link, "tun": "x", "peer": None, "port": None, "local_port": None, "address": "fd00::1/64", "mtu": 900}, "below the 1280")):
            bridge = self.bridge(**options)
            self.assertEqual(bridge.wait(), 2, options)
            self.assertIn(says, "\n".join(bridge.err))
        for options, says in (({"device": "/nowhere"}, "cannot open /nowhere"), ({"device": "/dev/null"}, "cannot set up the line /dev/null: Inappropriate ioctl for device (it is no serial line)"),
                              ({"pty": "/nowhere/at/all"}, "cannot link")):
            bridge = self.bridge(**options)
            self.assertEqual((bridge.wait(), len(bridge.err)), (1, 1), options)
            self.assertIn(says, bridge.err[0])


if __name__ == "__main__":
    peers.main()
