#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""packaging/Containerfile as it stands, on a bare Debian 12: the image is built, and two containers open README's tunnel.

Usage: container.py FOLDER_OF_THE_DEBS FOLDER      (needs root, debootstrap and buildah; FOLDER/bare.tar is bare.py's)
"""

import contextlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time
import unittest

import bare

import netns  # noqa: E402  bare.py says where it is

STORE = None  # by main(): where the images are
BASE = "docker.io/library/debian:bookworm-slim"
CONF = re.compile(r"(?s)echo '(.*?)' >secrets\ncat >ikeletd.conf <<'END'\n(.*?)END\n")


def buildah(*words):
    return ["buildah", "--root", f"{STORE}/images", "--runroot", f"{STORE}/run", "--storage-driver", "vfs", *words]


def run(*words, **more):
    done = subprocess.run(buildah(*words), capture_output=True, text=True, timeout=bare.SECONDS, check=False, **more)
    if done.returncode != 0:
        raise AssertionError(f"{words}: {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout.strip()


def make_base():
    """Debian's own image can't be had everywhere; this is as bare."""
    container = run("from", "scratch")
    tree = run("mount", container)
    subprocess.run(["tar", "-C", tree, "-xf", str(bare.archive())], check=True)
    shutil.copy("/etc/resolv.conf", f"{tree}/etc/resolv.conf")
    run("commit", "--quiet", "--rm", container, BASE)


class Container(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        make_base()
        run("bud", "--pull-never", "--isolation", "chroot", "-t", "ikelet", "-f", "packaging/Containerfile", ".", cwd=bare.TREE)

    @classmethod
    def tearDownClass(cls):
        run("rm", "--all")
        run("rmi", "--all", "--force")
        shutil.rmtree(STORE)

    def setUp(self):
        self.exits = contextlib.ExitStack()
        self.addCleanup(self.exits.close)

    def host(self, letter, address):
        host = netns.Namespace(letter)
        self.exits.callback(host.delete)
        return host, address

    def daemon(self, host, name):
        """README's configuration, in a container that has NET_ADMIN besides what each has."""
        folder = STORE / name
        folder.mkdir(mode=0o700)
        secrets, conf = CONF.search(bare.block(name)).groups()
        (folder / "secrets").write_text(secrets + "\n")
        (folder / "secrets").chmod(0o600)
        (folder / "ikeletd.conf").write_text(conf)
        container = run("from", "--pull-never", "ikelet")
        inside = buildah("run", "--isolation", "chroot", "--cap-add", "CAP_NET_ADMIN", "-v", f"{folder}:/etc/ikelet:ro",
                         container, "--", "/usr/sbin/ikeletd")
        log = open(STORE / f"{name}.log", "w", encoding="utf-8")
        self.exits.callback(log.close)
        process = subprocess.Popen(host.inside(*inside), stdout=log, stderr=subprocess.STDOUT)
        self.exits.callback(self.end, process)
        return log.name

    @staticmethod
    def end(process):
        """buildah waits for what it runs: that is told to end by its pid."""
        for pid in descendants(process.pid):
            if os.readlink(f"/proc/{pid}/exe").endswith("/usr/sbin/ikeletd"):
                os.kill(pid, signal.SIGTERM)
        process.wait(timeout=20)

    def test_tunnel(self):
        (gateway, there), (laptop, here) = self.host("b", "192.0.2.1/24"), self.host("a", "192.0.2.9/24")
        netns.connect(laptop, "eth0", gateway, "eth0")
        gateway.add_address("eth0", there)
        laptop.add_address("eth0", here)
        self.daemon(gateway, "gateway")
        log = self.daemon(laptop, "laptop")
        wait_until("the tunnel is up", 20, lambda: "===" in pathlib.Path(log).read_text(encoding="utf-8"), log)
        ping = subprocess.run(laptop.inside("ping", "-n", "-c", "3", "-i", "0.2", "10.2.0.1"), capture_output=True, text=True, check=False)
        self.assertIn(" 3 received", ping.stdout)


def descendants(pid):
    """Whichever of its threads has begun them."""
    children = [c for task in pathlib.Path(f"/proc/{pid}/task").iterdir() for c in (task / "children").read_text(encoding="ascii").split()]
    return [int(c) for c in children] + [d for c in children for d in descendants(int(c))]


def wait_until(what, seconds, true, log):
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise AssertionError(f"{what}: not within {seconds} s\n{pathlib.Path(log).read_text(encoding='utf-8')}")
        time.sleep(0.1)


if __name__ == "__main__":
    if len(sys.argv) < 3 or os.geteuid() != 0 or not shutil.which("debootstrap") or not shutil.which("buildah"):
        sys.exit("usage: container.py FOLDER_OF_THE_DEBS FOLDER      (as root, with debootstrap and buildah)")
    bare.DEBS, bare.PLACE = pathlib.Path(sys.argv.pop(1)).resolve(), pathlib.Path(sys.argv.pop(1)).resolve()
    STORE = bare.PLACE / "container"
    unittest.main(verbosity=2, failfast=True)
