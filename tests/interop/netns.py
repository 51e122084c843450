# SPDX-License-Identifier: MIT
"""Network namespaces with names of this process's own, and the veth pairs between them."""

import array
import contextlib
import fcntl
import os
import re
import socket
import struct

from process import LIBC, command

NAME = re.compile(r"^ikt(\d+)[a-z]$")
SIOCETHTOOL = 0x8946
ETHTOOL_STXCSUM = 0x17


class Namespace:
    """A named namespace with lo up; letter tells those of one run apart."""

    def __init__(self, letter):
        self.name = f"ikt{os.getpid()}{letter}"
        command("ip", "netns", "add", self.name)
        try:
            self.ip("link", "set", "lo", "up")
        except BaseException:
            self.delete()
            raise

    def ip(self, *arguments):
        return command("ip", "-n", self.name, *arguments)

    def inside(self, *argv):
        """The command that runs argv in here."""
        return ["ip", "netns", "exec", self.name, *argv]

    def add_address(self, device, address):
        """address with its prefix length. nodad: an IPv6 one is of use at once."""
        nodad = ["nodad"] if ":" in address else []
        self.ip("address", "replace", address, "dev", device, *nodad)

    @contextlib.contextmanager
    def entered(self):
        """The calling thread is in here; sockets that it makes stay in here."""
        with open("/proc/thread-self/ns/net", "rb") as home, \
                open(f"/run/netns/{self.name}", "rb") as there:
            enter(there)
            try:
                yield
            finally:
                enter(home)

    def packet_socket(self, device):
        """Sees every frame of a device, both ways."""
        all_protocols = 0x0003
        with self.entered():
            s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(all_protocols))
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        s.bind((device, all_protocols))
        return s

    def delete(self):
        with contextlib.suppress(Exception):
            command("ip", "netns", "delete", self.name)


def enter(namespace):
    if LIBC.setns(namespace.fileno(), 0) != 0:
        raise OSError("setns: not permitted")


def connect(a, device_a, b, device_b):
    """A veth pair from a to b, both ends up."""
    a.ip("link", "add", device_a, "type", "veth", "peer", "name", device_b, "netns", b.name)
    for namespace, device in ((a, device_a), (b, device_b)):
        checksum_in_software(namespace, device)
        namespace.ip("link", "set", device, "up")


def checksum_in_software(namespace, device):
    """veth leaves checksums to hardware that isn't there; a frame that is captured or relayed has
    to carry its own."""
    value = array.array("B", struct.pack("II", ETHTOOL_STXCSUM, 0))
    request = struct.pack("16sP", device.encode(), value.buffer_info()[0])
    with namespace.entered(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        fcntl.ioctl(s, SIOCETHTOOL, request)


def delete_orphans():
    """Namespaces of a run that was killed before it could clean up."""
    for name in os.listdir("/run/netns") if os.path.isdir("/run/netns") else []:
        found = NAME.match(name)
        if found and not os.path.exists(f"/proc/{found[1]}"):
            with contextlib.suppress(Exception):
                command("ip", "netns", "delete", name)
