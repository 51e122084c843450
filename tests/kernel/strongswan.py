# SPDX-License-Identifier: MIT
"""strongSwan in the guest, above the ESP of its kernel: what kernel-libipsec (tests/interop) cannot have, an IKE SA without
a NAT, and so ESP as IP protocol 50."""

import importlib.util
import os
import pathlib

import image
from process import wait_until

# tests/ikeletd has a module of this name, too.
_spec = importlib.util.spec_from_file_location("interop_charon", pathlib.Path(__file__).resolve().parents[1] / "interop/charon.py")
_charon = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_charon)
merge, settings = _charon.merge, _charon.settings

FOLDER = "/usr/lib/ipsec"
PLUGINS = "random nonce aes sha1 sha2 hmac kdf cmac ccm gcm ctr curve25519 kernel-netlink socket-default vici".split()
SOCKET = "unix:///run/charon.vici"
SETTINGS = {
    "charon": {"load": " ".join(PLUGINS), "install_routes": "no", "install_virtual_ip": "no",
               "plugins": {"vici": {"socket": SOCKET}},
               "filelog": {"file": {"path": "/run/charon.log", "default": 1, "ike": 2, "flush_line": "yes"}}},
    "swanctl": {"socket": SOCKET}}


def files():
    """What the guest needs of it: programs, plugins, and what these load."""
    programs = [f"{FOLDER}/charon", "/usr/sbin/swanctl", *(f"{FOLDER}/plugins/libstrongswan-{name}.so" for name in PLUGINS)]
    needed = {path for program in programs for path in image.libraries(program)}
    # glibc loads this one when a thread is cancelled, and nobody names it.
    needed |= {os.path.join(os.path.dirname(path), "libgcc_s.so.1") for path in needed if "/libc.so" in path}
    return [*programs, *sorted(needed)]


def missing():
    return [path for path in (f"{FOLDER}/charon", "/usr/sbin/swanctl") if not os.path.exists(path)]


class Strongswan:
    """A charon with one connection, c, and one key. daemon: laid over its settings."""

    def __init__(self, guest, connection, psk, daemon):
        self.guest = guest
        secrets = {"ike-1": {"secret": f'"{psk}"'}}
        texts = {"strongswan.conf": merge(SETTINGS, {"charon": daemon}), "swanctl.conf": {"connections": {"c": connection}, "secrets": secrets}}
        self.guest.run("mkdir -p /var && ln -sfn /run /var/run")
        for name, tree in texts.items():
            lines = settings(tree).splitlines()
            self.guest.script([f"cat >/run/{name} <<'END'", *lines, "END"])
        self.guest.run("export STRONGSWAN_CONF=/run/strongswan.conf")
        self.guest.run(f"{FOLDER}/charon >/run/charon.out 2>&1 &")
        # It listens before it answers.
        wait_until("charon answers on its socket", 30, lambda: "uptime" in self.guest.run("/usr/sbin/swanctl --stats", None), 0.3)
        self.guest.run("/usr/sbin/swanctl --load-all --file /run/swanctl.conf")

    @property
    def sas(self):
        return self.guest.run("/usr/sbin/swanctl --list-sas")

    @property
    def log(self):
        return self.guest.run("tail -c 6000 /run/charon.log")
