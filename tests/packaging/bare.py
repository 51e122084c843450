#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The Debian packages in a bare Debian 12: installed, used as README says, removed, purged; nothing stays behind.

Usage: bare.py FOLDER_OF_THE_DEBS FOLDER      (needs root and debootstrap; FOLDER holds the bare system and is kept
for the next run as bare.tar)
"""

import contextlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
TREE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TREE / "tests" / "interop"))

import netns  # noqa: E402

DEBS = PLACE = None  # by main()
SUITE, MIRROR = "bookworm", "http://deb.debian.org/debian"
SECONDS = 600

# Run in a mount namespace of its own, which goes with it.
ENTER = """root=$1; shift
mount --rbind /dev "$root/dev" && mount -t proc proc "$root/proc" && mount -t tmpfs tmpfs "$root/run" || exit 99
mkdir -p "$root/run/lock"
exec chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C DEBIAN_FRONTEND=noninteractive "$@"
"""

# What Docker and podman leave a container, and NET_ADMIN, which packaging/Containerfile asks for.
CAPABILITIES = ("chown dac_override fowner fsetid kill mknod net_bind_service net_raw setfcap setgid setpcap setuid sys_chroot "
                "audit_write net_admin")

# A host of README's: /etc is as installed, but of this shell alone. What it leaves in the background is ended at the end.
HOST = """mount -t tmpfs tmpfs /mnt && mkdir /mnt/upper /mnt/work &&
mount -t overlay overlay -o lowerdir=/etc,upperdir=/mnt/upper,workdir=/mnt/work /etc || exit 99
exec setpriv --bounding-set="$1" sh -c "$2"
"""
SHELL = """{commands}
echo DONE
read -r wait
kill $!
wait
"""


def block(name):
    """What README has a user type; as it stands."""
    found = re.search(rf"<!-- {name} -->\n((?:    .*\n)+)", (TREE / "README.md").read_text())
    return re.sub(r"(?m)^    ", "", found[1])


class Root:
    """The bare system."""

    def __init__(self, folder):
        self.path = folder

    def argv(self, *argv):
        return ["unshare", "--mount", "sh", "-c", ENTER, "enter", str(self.path), *argv]

    def run(self, *argv, status=0):
        done = subprocess.run(self.argv(*argv), capture_output=True, text=True, timeout=SECONDS, check=False)
        if done.returncode != status:
            raise AssertionError(f"{argv}: {done.returncode}, not {status}\n{done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    def apt(self, *words):
        return self.run("apt-get", "-q", "-y", "-o", "Dpkg::Use-Pty=0", "--no-install-recommends", *words)

    def named(self):
        """All files that bear our name."""
        return self.run("find", "/etc", "/usr", "/var", "/lib", "-xdev", "-name", "*ikelet*").split()


def archive():
    """The bare system as a tar file, which is made if it is not there yet."""
    tar, root = PLACE / "bare.tar", PLACE / "new"
    if not tar.exists():
        shutil.rmtree(root, ignore_errors=True)
        root.mkdir(parents=True)
        made = subprocess.run(["debootstrap", "--variant=minbase", SUITE, str(root), MIRROR], capture_output=True, text=True,
                              timeout=SECONDS, check=False)
        if made.returncode != 0:
            raise AssertionError(f"debootstrap: {made.stdout[-2000:]}{made.stderr}")
        subprocess.run(["tar", "-C", str(root), "-cf", f"{tar}.part", "."], check=True)
        os.rename(f"{tar}.part", tar)
        shutil.rmtree(root)
    return tar


def bare():
    """A fresh copy of the bare system."""
    root = PLACE / "root"
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    subprocess.run(["tar", "-C", str(root), "-xf", str(archive())], check=True)
    shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
    policy = root / "usr/sbin/policy-rc.d"  # no service is started by installing
    policy.write_text("#!/bin/sh\nexit 101\n")
    policy.chmod(0o755)
    (root / "debs").mkdir()
    for deb in DEBS.glob("*.deb"):
        shutil.copy(deb, root / "debs")
    return Root(root)


class Bare(unittest.TestCase):
    """One story; its tests are told in their order."""

    @classmethod
    def setUpClass(cls):
        cls.root = bare()
        cls.root.apt("update")

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.root.path)

    def deb(self, name):
        found = [p for p in (self.root.path / "debs").glob(f"{name}_*.deb")]
        self.assertEqual(len(found), 1, name)
        return f"/debs/{found[0].name}"

    def test_1_install(self):
        self.assertEqual(self.root.named(), [])
        self.root.apt("install", self.deb("ikelet"))
        self.assertRegex(self.root.run("ikelet", "--version"), r"^ikelet \d+\.\d+\.\d+\n$")
        self.assertRegex(self.root.run("ikeletd", "--version"), r"^ikeletd \d+\.\d+\.\d+\n$")
        self.assertIn("ikelet", self.root.run("getent", "passwd", "ikelet"))
        self.assertEqual(self.root.run("stat", "-c", "%U:%G %a", "/etc/ikelet").strip(), "root:ikelet 750")
        for page in ("man8/ikeletd.8", "man1/ikelet.1", "man5/ikeletd.conf.5", "man7/ikelet-scenarios.7"):
            self.root.run("test", "-s", f"/usr/share/man/{page}.gz")
        linked = self.root.run("ldd", "/usr/sbin/ikeletd")
        self.assertNotIn("not found", linked)

    def test_2_five_minutes(self):
        with contextlib.ExitStack() as exits:
            hosts = {}
            for letter, name, address in (("a", "laptop", "192.0.2.9/24"), ("b", "gateway", "192.0.2.1/24")):
                hosts[name] = netns.Namespace(letter)
                exits.callback(hosts[name].delete)
                hosts[name].address = address
            netns.connect(hosts["laptop"], "eth0", hosts["gateway"], "eth0")
            for host in hosts.values():
                host.add_address("eth0", host.address)
            self.assertIn("nothing is wrong", self.told(exits, hosts["gateway"], "gateway"))
            self.assertIn("connection: office (up, initiator)", self.told(exits, hosts["laptop"], "laptop"))

    def told(self, exits, namespace, name):
        capabilities = "-all" + "".join(f",+{c}" for c in CAPABILITIES.split())
        inside = self.root.argv("sh", "-c", HOST, "host", capabilities, SHELL.format(commands=block(name)))
        shell = subprocess.Popen(namespace.inside(*inside), text=True,
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

        def end():
            if shell.poll() is None:
                shell.communicate("\n", timeout=10)
            shell.stdin.close()
            shell.stdout.close()
        exits.callback(end)
        said = ""
        for line in shell.stdout:
            said += line
            if line == "DONE\n":
                return said
        raise AssertionError(said)

    def test_3_library(self):
        self.root.apt("install", self.deb("libikelet-dev"), "gcc", "libc6-dev", "pkg-config")
        shutil.copy(TREE / "tests/embed/embed.c", self.root.path / "debs/embed.c")
        self.root.run("sh", "-c", "cc -o /debs/embed /debs/embed.c $(pkg-config --cflags --libs ikelet)")
        self.assertIn("node 0: event 2, reason 0", self.root.run("/debs/embed"))

    def test_4_scenarios_can_be_installed(self):
        planned = self.root.apt("install", "--simulate", self.deb("libikelet-dev"), self.deb("ikelet-ns3-dev"))
        self.assertRegex(planned, r"Inst ikelet-ns3-dev ")

    def test_5_remove(self):
        mine = self.root.path / "etc/ikelet/secrets"
        mine.write_text("peer: mine\n")
        self.root.apt("remove", "ikelet", "libikelet-dev")
        for gone in ("usr/bin/ikelet", "usr/sbin/ikeletd", "usr/include/ikelet"):
            self.assertFalse((self.root.path / gone).exists(), gone)
        self.assertEqual(mine.read_text(), "peer: mine\n", "what a user wrote stays until it is purged")

    def test_6_purge(self):
        self.root.apt("purge", "ikelet")
        self.assertEqual(self.root.named(), [])


if __name__ == "__main__":
    if len(sys.argv) < 3 or os.geteuid() != 0 or not shutil.which("debootstrap"):
        sys.exit("usage: bare.py FOLDER_OF_THE_DEBS FOLDER      (as root, with debootstrap)")
    DEBS, PLACE = pathlib.Path(sys.argv.pop(1)).resolve(), pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main(verbosity=2, failfast=True)
