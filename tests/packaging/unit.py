#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""packaging/ikeletd.service under systemd itself: a bare Debian 12 is booted, and the unit begun, reloaded, killed and ended.

Usage: unit.py FOLDER_OF_THE_DEBS FOLDER      (needs root, debootstrap and systemd-nspawn; FOLDER/bare.tar is bare.py's)
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

import bare

# What the guest does, each part below a line of its own; then it powers off.
STORY = r"""#!/bin/sh
exec >/story.out 2>&1
part() { echo "== $*"; }
main() { systemctl show -p MainPID --value ikeletd; }
part start; systemctl start ikeletd; echo "exit $?"; systemctl is-active ikeletd
part status; ikelet status; ls -l /run/ikeletd/control
part rights; grep -E '^(Uid|CapPrm|CapBnd|NoNewPrivs|Seccomp):' "/proc/$(main)/status"
part devices; ls "/proc/$(main)/cwd/dev" "/proc/$(main)/cwd/dev/net"
part exposure; systemd-analyze --no-pager security ikeletd | tail -n 1
part reload; systemctl reload ikeletd; echo "exit $?"; systemctl is-active ikeletd
part mistake; cp /etc/ikelet/ikeletd.conf /run/kept; echo 'connection {' >>/etc/ikelet/ikeletd.conf
systemctl reload ikeletd; echo "exit $?"; systemctl is-active ikeletd; cp /run/kept /etc/ikelet/ikeletd.conf
part killed; before=$(main); kill -9 "$before"
for i in 1 2 3 4 5 6 7 8 9 10; do
    sleep 1; now=$(main)
    [ "$now" = 0 ] || [ "$now" = "$before" ] || [ "$(systemctl is-active ikeletd)" != active ] || break
done
systemctl is-active ikeletd; [ "$(main)" != "$before" ] && echo another
part stop; systemctl stop ikeletd; echo "exit $?"; systemctl is-active ikeletd; ls /sys/class/net
part limit; ulimit -Hl
part journal; journalctl --no-pager -o cat -u ikeletd
part end
systemctl poweroff
"""
ONCE = "[Unit]\nAfter=multi-user.target\n[Service]\nType=oneshot\nExecStart=/story\n[Install]\nWantedBy=multi-user.target\n"


def guest():
    """Bare Debian with systemd, ikelet as its package installs it, and README's gateway."""
    root = bare.bare()
    root.apt("update")
    root.apt("install", "systemd", "systemd-sysv", "dbus", *(f"/debs/{d.name}" for d in (root.path / "debs").glob("ikelet_*.deb")))
    etc = root.path / "etc"
    secrets, conf = re.search(r"(?s)echo '(.*?)' >secrets\ncat >ikeletd.conf <<'END'\n(.*?)END\n", bare.block("gateway")).groups()
    (etc / "ikelet/secrets").write_text(secrets + "\n")
    (etc / "ikelet/secrets").chmod(0o600)
    (etc / "ikelet/ikeletd.conf").write_text(conf)
    (root.path / "story").write_text(STORY)
    (root.path / "story").chmod(0o755)
    (etc / "systemd/system/story.service").write_text(ONCE)
    wants = etc / "systemd/system/multi-user.target.wants"
    wants.mkdir(exist_ok=True)
    (wants / "story.service").symlink_to("../story.service")
    return root.path


class Unit(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = guest()
        # It may lock memory, as on a host; no container manager need be running.
        booted = subprocess.run(["systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--boot", "--private-network",
                                 f"--directory={folder}", "--bind=/dev/net/tun", "--capability=CAP_NET_ADMIN,CAP_NET_RAW,CAP_IPC_LOCK",
                                 "--system-call-filter=@memlock"],
                                capture_output=True, text=True, errors="replace", timeout=bare.SECONDS, check=False)
        out = folder / "story.out"
        said = out.read_text(encoding="utf-8", errors="replace") if out.exists() else ""
        shutil.rmtree(folder)
        if "== end\n" not in said:
            raise AssertionError(said + booted.stdout[-3000:] + booted.stderr)
        cls.parts = dict(part.split("\n", 1) for part in said.split("== ")[1:])

    def part(self, name, *patterns):
        for pattern in patterns:
            self.assertRegex(self.parts[name], pattern, self.parts["journal"])

    def test_start(self):
        self.part("start", r"exit 0\nactive\n")
        self.part("status", r"ikeletd \d.*: ikelet0, MTU 1400; 0 IKE SAs up\n", r"srw-rw---- 1 ikelet ikelet .*control")

    def test_rights(self):
        """Another user with CAP_NET_ADMIN, no device but the TUN's; the bounding set is the unit's."""
        self.part("rights", r"Uid:\t[1-9]\d*\t", r"CapPrm:\t0000000000001000\n", r"CapBnd:\t0000000000003400\n", r"NoNewPrivs:\t1\n",
                  r"Seccomp:\t2\n")
        self.part("devices", r"(?m)^tun$")
        self.assertNotRegex(self.parts["devices"], r"(?m)^(mem|kvm|sd.|loop.*)$")

    def test_exposure(self):
        """As the system itself sees it: what is left is networking, /dev/net/tun, and capset(), by which it gives up rights."""
        level = re.search(r"exposure level for \S+: ([\d.]+)", self.parts["exposure"])
        self.assertLessEqual(float(level[1]), 1.7)

    def test_reload(self):
        self.part("reload", r"exit 0\nactive\n")
        self.part("mistake", r"exit 1\nactive\n")
        self.part("journal", r"ikeletd.conf:\d+: ")

    def test_killed(self):
        self.part("killed", r"active\nanother\n")

    def test_stop(self):
        self.part("stop", r"exit 0\ninactive\n")
        self.assertNotIn("ikelet0", self.parts["stop"])

    def test_journal(self):
        """Nothing was refused that it wants: no warning, but of memory where the machine itself may lock little."""
        self.part("journal", r"is ready: 1 connections, 1 policies")
        self.assertNotRegex(self.parts["journal"], "no right to")
        if self.parts["limit"] == "unlimited\n":
            self.assertNotIn("may be swapped out", self.parts["journal"])


if __name__ == "__main__":
    if len(sys.argv) < 3 or os.geteuid() != 0 or not shutil.which("debootstrap") or not shutil.which("systemd-nspawn"):
        sys.exit("usage: unit.py FOLDER_OF_THE_DEBS FOLDER      (as root, with debootstrap and systemd-nspawn)")
    bare.DEBS, bare.PLACE = pathlib.Path(sys.argv.pop(1)).resolve(), pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main(verbosity=2)
