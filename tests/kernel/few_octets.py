# SPDX-License-Identifier: MIT
"""Handshakes of `ikelet ping` with strongSwan in the guest, over IPv6, without a NAT: in full, and with all left out that may be."""

import contextlib
import os
import pathlib
import sys
import tempfile
import unittest

import guest
import image
from cable import Cable, Port, Tap
from ends import OUTER_MAC, US_MAC
from strongswan import Strongswan, files

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "bench"))
import netns  # noqa: E402
import octets  # noqa: E402
from ikelet import Ikelet  # noqa: E402

PLACE = BINARY = None  # by run.py
PSK = "a pre-shared key of the tests"
US, THEM = "fd00:9::1", "fd00:9::2"
INNER6, INNER4 = ("fd00:1::1", "fd00:2::1"), ("10.1.0.1", "10.2.0.1")
MOST = {"standard": 952, "short": 701, "short, IPv4 inside": 605}  # octets of the four messages


class Form:
    """How both ends are told to be: options of ikelet, of charon's connection and of charon. inner: our address, theirs."""

    def __init__(self, ike, names, inner, options, connection, daemon):
        self.ike, self.names, self.inner = ike, names, inner
        self.options, self.connection, self.daemon = options, connection, daemon
        self.bits = 128 if ":" in inner[0] else 32


def short(inner):
    return Form("aes128ccm8-prfaescmac-x25519", ("keyid:r1", "keyid:g"), inner,
                {"nat_detection": "no", "nonce": 16, "idr": "no", "initial_contact": "no", "fragment": 0},
                {"childless": "never", "fragmentation": "no"}, {"multiple_authentication": "no"})


FORMS = {
    "standard": Form("aes128ccm8-prfsha256-x25519", ("client.example.org", "gw.example.org"), INNER6, {}, {}, {}),
    "short": short(INNER6),
    "short, IPv4 inside": short(INNER4),
}


def of_charon(name):
    """An identity in its words."""
    return f'"@#{name.removeprefix("keyid:").encode().hex()}"' if name.startswith("keyid:") else "@" + name


class Octets(unittest.TestCase):
    """A guest for each form: what charon does is settled when it starts."""

    def play(self, name):
        """Answers the folder with ikelet's capture and keys."""
        form = FORMS[name]
        ours, theirs = form.inner
        with contextlib.ExitStack() as exits:
            folder = exits.enter_context(tempfile.TemporaryDirectory())
            namespace = netns.Namespace("o")
            exits.callback(namespace.delete)
            outer, lan = Port(folder, "outer"), Port(folder, "lan")
            exits.callback(lan.close)
            linux = guest.Guest(folder, *image.make(PLACE, files()), [outer.nic, lan.nic])
            exits.callback(linux.stop)
            cable = Cable(Tap(namespace, "eth0", US_MAC), outer)
            exits.callback(cable.stop)
            linux.boot()
            namespace.ip("addr", "add", f"{US}/64", "dev", "eth0", "nodad")
            namespace.ip("neigh", "add", THEM, "lladdr", OUTER_MAC, "dev", "eth0")
            linux.script([f"/sbin/ip {line}" for line in (
                "link set eth0 up", f"addr add {THEM}/64 dev eth0 nodad", f"addr add {theirs}/{form.bits} dev lo",
                f"neigh add {US} lladdr {US_MAC} dev eth0", f"route add {ours}/{form.bits} dev eth0")])
            charon = Strongswan(linux, self.connection(form), PSK, form.daemon)
            ikelet = Ikelet(folder, BINARY, namespace, PSK)
            exits.callback(ikelet.stop)
            keys = os.path.join(folder, "keys")
            status = ikelet.run("ping", peer=THEM, local=US, id=form.names[0], remote_id=form.names[1], ike=form.ike,
                                esp="aes128ccm8", from_=ours, ts_remote=f"{theirs}/{form.bits}", to=theirs, count=3,
                                interval=0.1, pcap=os.path.join(folder, "pcap"), keylog=keys, **form.options)
            told = f"{ikelet.process.stdout}{ikelet.process.stderr}{charon.log if status else ''}"
            self.assertEqual(status, 0, told)
            self.assertEqual(ikelet.replies, 3, told)
            self.assertIn("tunnel mode, ESP, ", told, "as IP protocol 50")
            return octets.read(os.path.join(folder, "pcap"), keys)

    @staticmethod
    def connection(form):
        ours, theirs = map(of_charon, reversed(form.names))
        return {"version": 2, "local_addrs": THEM, "remote_addrs": US, "proposals": form.ike, **form.connection,
                "local": {"auth": "psk", "id": ours}, "remote": {"auth": "psk", "id": theirs},
                "children": {"k": {"local_ts": f"{form.inner[1]}/{form.bits}", "remote_ts": f"{form.inner[0]}/{form.bits}",
                                   "esp_proposals": "aes128ccm8"}}}

    def test_as_the_page_has_it(self):
        """Message by message and field by field, docs/octets.md."""
        for name in FORMS:
            with self.subTest(name):
                messages = self.play(name)
                if os.environ.get("OCTETS_RECORD"):
                    octets.record(name, messages)
                self.assertEqual(messages, octets.recorded(name))
                self.assertLessEqual(octets.total(messages), MOST[name])
