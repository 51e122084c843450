#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""ESP and AH of ikeletd with those of a Linux kernel, which runs in a guest under emulation. See README.md beside this file.

Usage: run.py FOLDER_OF_THE_PROGRAMS FOLDER [TEST]...      (FOLDER keeps the guest's kernel for the next run)
"""

import contextlib
import os
import pathlib
import shutil
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "ikeletd"), str(HERE.parent / "interop")]

import ends  # noqa: E402
import few_octets  # noqa: E402
import guest  # noqa: E402
import image  # noqa: E402
import netns  # noqa: E402
import packets  # noqa: E402
import stage  # noqa: E402
import strongswan  # noqa: E402
from cable import Cable, Port, Tap  # noqa: E402
from few_octets import Octets  # noqa: E402,F401  (its stories are played, too)
from ends import LAN_MAC, OUTER_MAC, US_MAC, Lan, Tun  # noqa: E402
from links import INTEGRITY, SUITES, Link, counters  # noqa: E402
from process import Failed, command, wait_until  # noqa: E402

PLACE = None  # by main()
CE, ECT_0, DSCP = 3, 2, 0x2E << 2
TURN = 1 << 32
SYSCTLS = ("net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.all.send_redirects=0 "
           "net.ipv4.conf.default.rp_filter=0 net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0 "
           "net.ipv6.flowlabel_reflect=7").split()


def every_link():
    """By what they are for."""
    return {
        "tunnels": [Link(s, outer=4 if n % 2 else 6) for n, s in enumerate(SUITES)],
        "transports": [Link(s, outer=6 if n % 2 else 4, transport=True) for n, s in enumerate(SUITES)],
        "mixed": [Link("aes128gcm16", outer=4, inner=6), Link("aes128-sha256", outer=6, inner=4)],
        "encap": [Link("aes128gcm16", outer=o, transport=t, inner=i, encap=True)
                  for o, i, t in ((4, 4, False), (6, 6, False), (4, 6, False), (4, 4, True), (6, 6, True))],
        "esn": [Link(s, outer=o, transport=t, esn=True, begin=begin)
                for s, o, t in (("aes128-sha256", 4, False), ("aes128gcm16", 6, True), ("aes128ctr-aesxcbc", 4, True),
                                ("chacha20poly1305", 6, False), ("aes128ccm8", 4, False), ("aes128gmac", 6, False))
                for begin in (0, TURN - 6)],
        "headers": [Link("aes128gcm16", outer=o, inner=i) for o, i in ((4, 4), (6, 6), (4, 6), (6, 4))],
        "transport_headers": [Link("aes128gcm16", outer=o, transport=True) for o in (4, 6)],
        "large": [Link("aes256-sha512", outer=o) for o in (4, 6)],
        "faults": [Link("aes128gcm16", outer=4), Link("aes128-sha256", outer=6), Link("sha256", outer=4, ah=True),
                   Link("aescmac", outer=6, ah=True)],
        "ah": [Link(s, outer=o, transport=t, ah=True) for s in INTEGRITY for o in (4, 6) for t in (False, True)]
        + [Link("sha256", outer=o, inner=i, ah=True) for o, i in ((4, 6), (6, 4))],
        "ah_esn": [Link(s, outer=o, transport=t, ah=True, esn=True, begin=begin)
                   for s, o, t in (("sha256", 4, True), ("aesxcbc", 6, False)) for begin in (0, TURN - 6)],
        "ah_headers": [Link("sha256", outer=o, transport=True, ah=True) for o in (4, 6)],
    }


class Kernel(unittest.TestCase):
    """One guest for all."""

    @classmethod
    def setUpClass(cls):
        cls.exits = contextlib.ExitStack()
        try:
            cls.begin()
        except BaseException:
            cls.exits.close()
            raise

    @classmethod
    def tearDownClass(cls):
        cls.exits.close()

    @classmethod
    def begin(cls):
        cls.folder = cls.exits.enter_context(tempfile.TemporaryDirectory())
        cls.links, cls.expected = every_link(), ({}, {})
        kernel, initramfs = image.make(PLACE)
        cls.us = netns.Namespace("a")
        cls.exits.callback(cls.us.delete)
        outer, lan = Port(cls.folder, "outer"), Port(cls.folder, "lan")
        cls.exits.callback(lan.close)
        cls.guest = guest.Guest(cls.folder, kernel, initramfs, [outer.nic, lan.nic])
        cls.exits.callback(cls.guest.stop)
        cls.cable = Cable(Tap(cls.us, "eth0", US_MAC), outer)
        cls.exits.callback(cls.cable.stop)
        cls.lan = Lan(lan)
        cls.prepare_us()
        print(f"the guest took {cls.guest.boot():.1f} s to boot", file=sys.stderr)
        cls.prepare_guest()

    @classmethod
    def all_links(cls):
        return [link for some in cls.links.values() for link in some]

    @classmethod
    def prepare_us(cls):
        batch = os.path.join(cls.folder, "batch")
        pathlib.Path(batch).write_text("".join(
            f"addr add {k.us}/{32 if k.v6 else 16} dev eth0{' nodad' if k.v6 else ''}\n"
            f"neigh add {k.them} lladdr {OUTER_MAC} dev eth0\n" for k in cls.all_links()))
        cls.us.ip("-batch", batch)
        conf = 'tun {\n  name = "tun0"\n  mtu = 1500\n  offload = no\n  mss_clamp = no\n}\n'
        conf += "".join(link.section for link in cls.all_links())
        cls.daemon = stage.Daemon(cls, cls.us, "ikeletd", conf.replace("log = debug", "log = info"),
                                  "".join(link.secrets for link in cls.all_links()))
        cls.daemon.start()
        cls.tun = Tun(cls.us, "tun0")
        cls.exits.callback(cls.tun.close)

    @classmethod
    def prepare_guest(cls):
        ip = ["link set eth0 up", "link set eth1 up", "addr add 172.16.0.2/24 dev eth1", "addr add fd00:16::2/64 dev eth1 nodad",
              f"neigh add 172.16.0.1 lladdr {LAN_MAC} dev eth1", f"neigh add fd00:16::1 lladdr {LAN_MAC} dev eth1",
              "route add 10.2.0.0/16 via 172.16.0.1", "route add fd00:2::/32 via fd00:16::1",
              "route add 10.1.0.0/16 dev eth0", "route add fd00:1::/32 dev eth0"]
        ip += [line for link in cls.all_links() for line in link.batch]
        cls.guest.script([f"sysctl -qw {word}" for word in SYSCTLS] + ["/sbin/encap"])
        cls.guest.script(["/sbin/ip -batch - <<END", *ip, "END"])

    # ---- what every story does -----------------------------------------------------------------

    def gone(self, spi, since=0):
        """Packets that passed the cable by this SPI."""
        return [packets.of_frame(f) for _, f in self.cable.frames[since:] if (packets.esp_of(f) or (0,))[0] == spi]

    def both_ways(self, link, made, ttl_less=1):
        """made: a function that makes the packets from source to destination. All arrive as they left, but for a hop."""
        for source, destination, begin, end in ((link.our_end, link.their_end, self.tun, self.lan),
                                                (link.their_end, link.our_end, self.lan, self.tun)):
            sent = made(source, destination)
            end.drain()
            for packet in sent:
                begin.send(packet.whole())
            came = end.gather(lambda p: (p.source, p.destination) == (source, destination), len(sent))
            self.assertEqual([(p.facts, p.tclass, p.ttl) for p in came],
                             [(p.facts, p.tclass, p.ttl - ttl_less) for p in sent], link.name)

    def echoes(self, link, made):
        """Echo requests of ours to the guest itself, which answers: transport mode."""
        sent = made(link.us, link.them)
        self.tun.drain()
        for packet in sent:
            self.tun.send(packet.whole())
        came = self.tun.gather(lambda p: (p.source, p.destination) == (link.them, link.us), len(sent))
        kind = 129 if link.v6 else 0
        self.assertEqual([p.data[0] for p in came], [kind] * len(sent), link.name)
        # Extension headers of IPv6 stand before the request in its data, and are not answered.
        self.assertEqual([p.data[4:] for p in came], [p.data[-len(c.data):][4:] for p, c in zip(sent, came)], link.name)
        return came

    @staticmethod
    def sizes(source, destination):
        """Every length of padding, and a few that are large."""
        return [packets.udp(source, destination, os.urandom(n)) for n in (*range(18), 64, 576, 1300)]

    @staticmethod
    def echo_sizes(source, destination):
        return [packets.echo(source, destination, os.urandom(n), n) for n in (*range(18), 64, 576, 1300)]

    def send_both(self, link):
        self.tun.send(packets.udp(link.our_end, link.their_end, os.urandom(40)).whole())
        self.lan.send(packets.udp(link.their_end, link.our_end, os.urandom(40)).whole())
        wait_until("both have passed the cable", 5, lambda: not self.awaited)

    @contextlib.contextmanager
    def changing(self, link, change):
        """While this lasts, ESP of the link is changed under way. awaited: SPIs of which nothing has passed yet."""
        self.awaited = {link.spi_us, link.spi_them}

        def changed(_, frame):
            spi, _ = packets.esp_of(frame) or (0, 0)
            if spi not in (link.spi_us, link.spi_them):
                return frame
            self.awaited.discard(spi)
            return frame[:14] + change(frame[14:])
        self.cable.change = changed
        try:
            yield
        finally:
            self.cable.change = None

    def counted(self):
        """What was dropped so far, by ours and by the kernel."""
        drops = self.daemon.ask("counters")["drops"]
        return ({name: n for name, n in drops.items() if n and name.startswith(("esp", "ah"))},
                {name: n for name, n in counters(self.guest.run("cat /proc/net/xfrm_stat")).items() if n})

    @contextlib.contextmanager
    def counting(self, ours, kernel):
        """So much is dropped meanwhile, and nothing comes out of either end."""
        self.tun.drain()
        self.lan.drain()
        yield
        for sums, more in zip(self.expected, (ours, kernel)):
            for name, n in more.items():
                sums[name] = sums.get(name, 0) + n
        with contextlib.suppress(Failed):
            wait_until("what was sent is counted", 5, lambda: self.counted() == self.expected, 0.1)
        self.assertEqual(self.counted(), self.expected)
        for end in (self.tun, self.lan):
            while end.wait(0):
                packet = end.receive()
                self.assertFalse(packet and packet.protocol == packets.UDP, "it was delivered")

    def play(self, link):
        if link.transport:
            self.echoes(link, self.echo_sizes)
        else:
            self.both_ways(link, self.sizes)
        carrier = packets.AH if link.ah else packets.UDP if link.encap else packets.ESP
        for spi in (link.spi_us, link.spi_them):
            self.assertEqual({p.protocol for p in self.gone(spi)}, {carrier})

    def play_all(self, name):
        for link in self.links[name]:
            with self.subTest(link.name):
                self.play(link)

    # ---- the stories, in the order of their numbers ------------------------------------------------

    def test_1_every_suite_in_tunnels(self):
        self.play_all("tunnels")

    def test_1_every_suite_in_transport_mode(self):
        self.play_all("transports")

    def test_2_ipv4_and_ipv6_in_each_other(self):
        self.play_all("mixed")

    def test_2_esp_in_udp(self):
        self.play_all("encap")

    def test_2_ah(self):
        """RFC 4302: each integrity algorithm."""
        self.play_all("ah")

    def test_2_extended_sequence_numbers(self):
        """Half of the links begin just below 2^32: the half that is not sent turns over under way."""
        self.play_all("esn")
        self.play_all("ah_esn")
        for link in self.links["esn"] + self.links["ah_esn"]:
            for spi in (link.spi_us, link.spi_them):
                numbers = [number for _, f in self.cable.frames for got, number in [packets.esp_of(f) or (0, 0)] if got == spi]
                first = (link.begin + 1) % TURN
                self.assertEqual(numbers, [(first + n) % TURN for n in range(len(numbers))], link.name)
                self.assertEqual(0 in numbers, link.begin != 0, link.name)

    def test_3_what_tunnels_say_of_the_header(self):
        for link in self.links["headers"]:
            def made(source, destination):
                v6 = ":" in source
                return [packets.udp(source, destination, os.urandom(40), tclass=tclass, ttl=ttl, df=v6 or df, label=0x54321 * v6)
                        for tclass in (0, 1, 2, 3, DSCP, DSCP | ECT_0, 0xFF) for ttl in (2, 64, 255) for df in (False, True)]
            with self.subTest(link.name):
                since = len(self.cable.frames)
                self.both_ways(link, made)
                sent = made(link.our_end, link.their_end)
                outer = self.gone(link.spi_them, since)
                self.assertEqual([p.tclass for p in outer], [p.tclass for p in sent])  # RFC 4301 5.1.2, RFC 6040 4.1
                self.assertEqual({p.ttl for p in outer}, {64})

    def test_3_congestion_outside_is_told_inside(self):
        for link in self.links["headers"]:
            with self.subTest(link.name), self.changing(link, lambda raw: marked(raw, CE)):
                for source, destination, begin, end in ((link.our_end, link.their_end, self.tun, self.lan),
                                                        (link.their_end, link.our_end, self.lan, self.tun)):
                    end.drain()
                    begin.send(packets.udp(source, destination, b"as it is", tclass=DSCP | ECT_0).whole())
                    came, = end.gather(lambda p, s=source, d=destination: (p.source, p.destination) == (s, d), 1)
                    self.assertEqual(came.tclass, DSCP | CE)
                # RFC 6040 4.2: nobody who knows of marks sends what was not for being marked.
                with self.counting({"esp_ecn": 1}, {}):
                    self.lan.send(packets.udp(link.their_end, link.our_end, b"not for marks", tclass=DSCP).whole())

    def test_3_transport_mode_leaves_the_header(self):
        """What the kernel saw, its ICMP port unreachable tells; its own TTL is one that nobody would guess."""
        self.guest.run("sysctl -qw net.ipv4.ip_default_ttl=77 net.ipv6.conf.eth0.hop_limit=77 net.ipv6.conf.all.hop_limit=77")
        for link in self.links["transport_headers"]:
            with self.subTest(link.name):
                for number, (tclass, ttl) in enumerate(((DSCP, 7), (DSCP | ECT_0, 255), (1, 2), (0, 64)), 1):
                    self.tun.drain()
                    self.tun.send(packets.udp(link.us, link.them, b"to nobody", tclass=tclass, ttl=ttl).whole())
                    came, = self.tun.gather(lambda p, k=link: p.source == k.them, 1)
                    quoted = packets.read(came.data[8:])
                    self.assertEqual((came.data[0], quoted.tclass, quoted.ttl), (1 if link.v6 else 3, tclass, ttl))
                    since = len(self.cable.frames)
                    reply, = self.echoes(link, lambda s, d, t=tclass, n=number: [packets.echo(s, d, b"well?", n, tclass=t)])
                    outer, = self.gone(link.spi_us, since)
                    self.assertEqual((reply.ttl, reply.tclass, reply.df, reply.label), (77, outer.tclass, outer.df, outer.label))
                    self.assertEqual(outer.tclass, tclass)

    def test_3_ah_covers_what_does_not_change(self):
        """Class, TTL and flow label change under way, and it is still good; options and extension headers are covered."""
        for link in self.links["ah_headers"]:
            with self.subTest(link.name), self.changing(link, aged):
                self.echoes(link, self.echo_sizes)
            with self.subTest(f"{link.name} with options"):
                self.echoes(link, with_options)

    def test_4_fragments_inside(self):
        for link in self.links["large"]:
            for source, destination, begin, end in ((link.our_end, link.their_end, self.tun, self.lan),
                                                    (link.their_end, link.our_end, self.lan, self.tun)):
                with self.subTest(f"{link.name} from {source}"):
                    end.drain()
                    whole = packets.udp(source, destination, os.urandom(2600), number=4711, df=False)
                    for part in whole.fragments(1304):
                        begin.send(part)
                    came = end.gather(lambda p, s=source, d=destination: (p.source, p.destination) == (s, d), 2)
                    self.assertEqual([p.data for p in came], [packets.read(p).data for p in whole.fragments(1304)])

    def test_4_fragments_outside(self):
        """1,480 octets without DF: what carries them does not fit the cable. IPv6 has no such packets on a router."""
        for link in self.links["large"]:
            def made(source, destination):
                return [packets.udp(source, destination, os.urandom(1480 - (48 if ":" in source else 28)), df=":" in source)]
            with self.subTest(link.name):
                if not link.v6:
                    self.both_ways(link, made)
                    continue
                packet, = made(link.our_end, link.their_end)
                self.lan.drain()
                self.tun.send(packet.whole())
                came, = self.lan.gather(lambda p, k=link: p.source == k.our_end, 1)
                self.assertEqual(came.facts, packet.facts)

    def test_4_large_pings_of_both_kernels(self):
        for link in self.links["large"]:
            bits = 128 if link.v6 else 32
            theirs = link.their_end[:-1] + "2"
            self.us.add_address("tun0", f"{link.our_end}/{bits}")
            self.guest.run(f"/sbin/ip addr add {theirs}/{bits} dev lo")
            for size in (1400, 3000):
                with self.subTest(f"{link.name} {size}"):
                    command(*self.us.inside("ping", "-n", "-c", "2", "-i", "0.1", "-W", "5", "-s", str(size), "-I", link.our_end,
                                            theirs))
                    self.guest.run(f"ping -c 2 -W 5 -s {size} -I {theirs} {link.our_end}")

    def test_5_what_comes_twice(self):
        for link in self.links["faults"]:
            with self.subTest(link.name):
                self.play(link)
                again = [(first, f) for first, f in self.cable.frames
                         if (packets.esp_of(f) or (0,))[0] in (link.spi_us, link.spi_them)]
                ours = sum(1 for first, _ in again if first)
                with self.counting({f"{link.protocol}_replay": len(again) - ours}, {"XfrmInStateSeqError": ours}):
                    for first, frame in again:
                        self.cable.inject(first, frame)

    def test_5_what_was_changed_under_way(self):
        for link in self.links["faults"]:
            head = 40 if link.v6 else 20
            # Of ESP: IV, text and ICV; of AH: next header, what is reserved, ICV, and the packet behind it.
            places = [head + at for at in ([0, 2, *range(12, 60)] if link.ah else range(8, 40))] + [-1]
            with self.subTest(link.name), self.counting({f"{link.protocol}_integrity": len(places)},
                                                        {"XfrmInStateProtoError": len(places)}):
                for place in places:
                    with self.changing(link, lambda raw, at=place: flipped(raw, at)):
                        self.send_both(link)

    def test_5_what_no_sa_is_for(self):
        for link in self.links["faults"]:
            spi = (40 if link.v6 else 20) + 4 * link.ah
            with self.subTest(link.name), self.counting({f"{link.protocol}_unknown_spi": 1}, {"XfrmInNoStates": 1}), \
                    self.changing(link, lambda raw, at=spi: flipped(raw, at)):
                self.send_both(link)

    def test_5_what_an_sa_is_not_for(self):
        """Good packets whose inside is none of what was agreed on: a kernel's policy sends more than ours takes."""
        for link in self.links["faults"]:
            stranger = "fd00:2:ffff::1" if link.v6 else "10.2.200.1"
            out = link.policy("out").replace(link.net(link.their_end), link.net(stranger))
            self.guest.run(f"/sbin/ip {out}")
            with self.subTest(link.name), self.counting({f"{link.protocol}_selector": 1}, {}):
                self.lan.send(packets.udp(stranger, link.our_end, b"who am I?").whole())

    def test_6_nothing_else_went_wrong(self):
        """Behind all the others: what no story has counted is an error that nobody expected."""
        self.assertEqual(self.counted(), self.expected)


def marked(raw, ecn):
    """An IP packet with this mark of congestion."""
    if raw[0] >> 4 == 6:
        return raw[:1] + bytes([raw[1] & 0xcf | ecn << 4]) + raw[2:]
    head = raw[:1] + bytes([raw[1] & 0xfc | ecn]) + raw[2:10] + bytes(2) + raw[12:20]
    return head[:10] + packets.checksum(head).to_bytes(2, "big") + head[12:] + raw[20:]


def aged(raw):
    """As a bad router leaves it: another TTL, another class, another flow label."""
    if raw[0] >> 4 == 6:
        return bytes([0x63, 0x51, 0x23, 0x45]) + raw[4:7] + b"\x11" + raw[8:]
    head = raw[:1] + b"\x20" + raw[2:8] + b"\x11" + raw[9:10] + bytes(2) + raw[12:20]
    return head[:10] + packets.checksum(head).to_bytes(2, "big") + head[12:] + raw[20:]


def with_options(source, destination):
    """Echo requests with a router alert and padding, which stay as they are."""
    if ":" not in source:
        return [packets.echo(source, destination, os.urandom(24), options=b"\x94\x04\0\0\1\1\1\0")]
    echo = packets.echo(source, destination, os.urandom(24))
    alert = bytes([echo.protocol, 0, 5, 2, 0, 0, 1, 0])
    return [packets.Packet(source, destination, 0, alert + echo.data)]


def flipped(raw, at):
    raw = bytearray(raw)
    raw[at] ^= 1
    return bytes(raw)


def missing():
    """What this machine lacks."""
    lacks = [program for program in (guest.QEMU, "ip", "ping", "cc", "apt-get", "dpkg-deb") if not shutil.which(program)]
    lacks += [path for path in (image.BUSYBOX, "/dev/net/tun") if not os.path.exists(path)]
    lacks += strongswan.missing()
    if os.geteuid() != 0:
        lacks.append("root or sudo")
    elif not stage.can_make_namespaces():
        lacks.append("right to make network namespaces")
    return lacks


def main():
    global PLACE
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    if os.geteuid() != 0 and shutil.which("sudo"):
        os.execvp("sudo", ["sudo", sys.executable, "-B", os.path.abspath(__file__), *map(os.path.abspath, sys.argv[1:3]),
                           *sys.argv[3:]])
    lacks = missing() or [path for path in [os.path.join(sys.argv[1], "ikeletd", "ikeletd")] if not os.path.exists(path)]
    if lacks:
        sys.exit(f"kernel: cannot be played here: no {', no '.join(lacks)}")
    stage.BUILD, PLACE = os.path.abspath(sys.argv.pop(1)), pathlib.Path(sys.argv.pop(1)).resolve()
    few_octets.PLACE, few_octets.BINARY = PLACE, os.path.join(stage.BUILD, "ikelet")
    netns.delete_orphans()
    unittest.main(verbosity=2)


if __name__ == "__main__":
    main()
