# SPDX-License-Identifier: MIT
"""The guest's kernel and its initramfs: Debian's own kernel, taken out of its package and never installed here, busybox,
and this machine's `ip`."""

import gzip
import os
import pathlib
import re
import shutil
import stat
import subprocess

from process import Failed, command

META = "linux-image-cloud-amd64"  # the same source as linux-image-amd64, a third of its size
# What the guest loads beside what these need.
MODULES = ("virtio_pci virtio_net hmac ctr sha512_generic ghash_generic drbg crypto_null gcm ccm xcbc cmac chacha_generic "
           "poly1305_generic chacha20poly1305 authenc authencesn echainiv seqiv xfrm_user esp4 esp6 ah4 ah6").split()
BUSYBOX = "/bin/busybox"

# Lines come by the second serial port: each is run, and answered by its status, the length of its output, and that.
INIT = """#!/bin/busybox sh
/bin/busybox mkdir -p /proc /sys /dev /run
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
for module in $(cat /modules/order); do insmod /modules/$module || echo "cannot load $module"; done
/sbin/ip link set lo up
stty -F /dev/ttyS1 raw -echo
exec 3<>/dev/ttyS1
echo ready >&3
while read -r line <&3; do
    eval "$line" >/run/said 2>&1
    echo "$? $(stat -c %s /run/said)" >&3
    cat /run/said >&3
done
poweroff -f
"""


def package():
    """The kernel's own package, which the name for the newest one depends on."""
    told = command("apt-cache", "depends", META)
    found = re.search(r"Depends: (linux-image-\S+)", told)
    if not found:
        raise Failed(f"apt-cache knows no {META}: {told.strip()}")
    return found[1]


def unpacked(folder, name):
    """The tree of a package in folder; what is there already serves again."""
    tree = folder / name
    if tree.is_dir():
        return tree
    part = folder / "part"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    done = subprocess.run(["apt-get", "download", "-q", name], cwd=part, capture_output=True, text=True, timeout=300, check=False)
    debs = list(part.glob("*.deb"))
    if done.returncode != 0 or len(debs) != 1:
        raise Failed(f"apt-get download {name}: {done.stdout}{done.stderr}")
    command("dpkg-deb", "-x", str(debs[0]), str(part / "tree"), timeout=120)
    os.rename(part / "tree", tree)
    shutil.rmtree(part)
    return tree


def fetch(folder):
    """The tree of the kernel's package. What apt knows may be nothing yet, or a version that is not there any more."""
    try:
        return unpacked(folder, package())
    except Failed:
        command("apt-get", "update", "-q", timeout=120)
        return unpacked(folder, package())


def needs(path):
    """The modules that a module names as what it needs."""
    found = re.search(rb"\0depends=([^\0]*)\0", path.read_bytes())
    return [n for n in found[1].decode().split(",") if n] if found else []


def in_order(tree):
    """Files of MODULES and what they need, each behind what it needs. What is built in has none."""
    files = {p.stem.replace("-", "_"): p for p in tree.glob("lib/modules/*/kernel/**/*.ko")}
    order = []

    def add(name):
        path = files.get(name.replace("-", "_"))
        if path is None or path in order:
            return
        for other in needs(path):
            add(other)
        order.append(path)
    for name in MODULES:
        add(name)
    return order


def libraries(program):
    """What the loader loads for it, the loader too."""
    return re.findall(r"(/\S+) \(0x", command("ldd", program))


class Archive:
    """cpio, in the form "newc" that the kernel unpacks (initramfs buffer format, kernel documentation)."""

    def __init__(self):
        self.data, self.known, self.number = bytearray(), set(), 0

    def entry(self, name, mode, content=b""):
        self.number += 1
        name = name.lstrip("/").encode() + b"\0"
        fields = [self.number, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name), 0]
        self.data += b"070701" + b"".join(b"%08x" % f for f in fields) + name
        self.pad()
        self.data += content
        self.pad()

    def pad(self):
        self.data += bytes(-len(self.data) % 4)

    def folder(self, name):
        if name in ("", "/") or name in self.known:
            return
        self.folder(os.path.dirname(name))
        self.known.add(name)
        self.entry(name, stat.S_IFDIR | 0o755)

    def file(self, name, content):
        self.folder(os.path.dirname(name))
        self.entry(name, stat.S_IFREG | 0o755, content)

    def device(self, name):
        """/dev/console, which is asked for before there is a devtmpfs."""
        self.folder(os.path.dirname(name))
        self.number += 1
        fields = [self.number, stat.S_IFCHR | 0o600, 0, 0, 1, 0, 0, 0, 0, 5, 1, len(name), 0]
        self.data += b"070701" + b"".join(b"%08x" % f for f in fields) + name.lstrip("/").encode() + b"\0"
        self.pad()

    def whole(self):
        self.entry("TRAILER!!!", 0)
        return bytes(self.data)


def encap(folder):
    """encap.c, linked so that it needs nothing of the guest."""
    program = folder / "encap"
    command("cc", "-O1", "-Wall", "-Wextra", "-static", "-o", str(program), str(pathlib.Path(__file__).with_name("encap.c")))
    return program


def own_files():
    """Of this machine."""
    program = shutil.which("ip")
    return [BUSYBOX, program, *libraries(program)]


def initramfs(folder, tree, more):
    archive = Archive()
    archive.device("/dev/console")
    archive.file("/init", INIT.encode())
    program = shutil.which("ip")
    for path in own_files():
        target = "/sbin/ip" if path == program else path
        archive.file(target, pathlib.Path(path).read_bytes())
    for path in more:
        archive.file(path, pathlib.Path(path).read_bytes())
    archive.file("/sbin/encap", encap(folder).read_bytes())
    order = in_order(tree)
    for path in order:
        archive.file(f"/modules/{path.name}", path.read_bytes())
    archive.file("/modules/order", "\n".join(p.name for p in order).encode() + b"\n")
    return archive.whole()


def make(folder, more=()):
    """(kernel, initramfs) in folder. more: files of this machine that the guest has, too."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    tree = fetch(folder)
    kernel, = tree.glob("boot/vmlinuz-*")
    path = folder / ("initramfs-more.gz" if more else "initramfs.gz")
    path.write_bytes(gzip.compress(initramfs(folder, tree, [p for p in more if p not in own_files()]), 1, mtime=0))
    return kernel, path
