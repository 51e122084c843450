#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs real-peer against strongSwan in a network namespace of its own, which is gone in the end.

Usage: run.py PROGRAM [OPTION OF real-peer]...      exit status: that of PROGRAM; 77: a tool or a right is missing
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests/interop"))

import charon
import netns
from process import command, wait_until

TAP = "radio0"
ECHO = """
import socket
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.bind(("fd00:2::1", 7))
while True:
    data, where = s.recvfrom(2048)
    s.sendto(data, where)
"""
CONNECTION = {
    "version": 2, "local_addrs": "fc00:5::2", "remote_addrs": "%any", "proposals": "default,aes128gcm16-prfsha256-x25519",
    "encap": "yes", "unique": "replace",
    "local": {"auth": "psk", "id": "gw.example.org"}, "remote": {"auth": "psk", "id": "client.example.org"},
    "children": {"k": {"local_ts": "fd00:2::/64", "remote_ts": "fd00:1::/64", "esp_proposals": "aes128gcm16"}},
}
SECRETS = {"ike": {"secret": '"a pre-shared key of the tests"', "id-1": "gw.example.org", "id-2": "client.example.org"}}


def most_seconds(options):
    """In real time a handshake that nobody answers takes two minutes, and a Delete as long."""
    handshakes = re.findall(r"--handshakes[= ](\d+)", " ".join(options))
    return 60 + 300 * int(handshakes[-1] if handshakes else 5)


def play(program, options, folder):
    namespace = netns.Namespace("r")
    daemon, echo = None, None
    try:
        namespace.ip("tuntap", "add", "dev", TAP, "mode", "tap")
        namespace.add_address("lo", "fd00:2::1/128")
        namespace.ip("link", "set", TAP, "up")
        namespace.add_address(TAP, "fc00:5::2/64")
        namespace.ip("-6", "route", "add", "fd00::/64", "via", "fc00:5::1")
        charon.copy_programs(folder)
        daemon = charon.Charon(folder, folder, namespace)
        daemon.start({"c": CONNECTION}, SECRETS)
        echo = subprocess.Popen(namespace.inside("/usr/bin/python3", "-c", ECHO))
        done = subprocess.run([program, f"--netns={namespace.name}", f"--tap={TAP}", *options], timeout=most_seconds(options))
        if done.returncode not in (0, 2) or os.environ.get("REAL_PEER_LOG"):
            print(daemon.log, file=sys.stderr)
        return done.returncode
    finally:
        if echo:
            echo.kill()
            echo.wait()
        if daemon:
            daemon.stop()
        namespace.delete()


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    lacks = charon.missing() + [p for p in ("/dev/net/tun",) if not os.path.exists(p)] + (["root"] if os.geteuid() != 0 else [])
    if lacks:
        print(f"SKIPPED: real-peer: no {', no '.join(lacks)}")
        sys.exit(77)
    with tempfile.TemporaryDirectory(prefix="real-peer-") as folder:
        sys.exit(play(os.path.abspath(sys.argv[1]), sys.argv[2:], folder))


if __name__ == "__main__":
    main()
