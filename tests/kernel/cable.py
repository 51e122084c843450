# SPDX-License-Identifier: MIT
"""What the guest's network cards are plugged into: sockets that carry whole Ethernet frames, with us as the cable."""

import contextlib
import fcntl
import os
import select
import socket
import struct
import threading

TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454CA, 0x0002, 0x1000
FRAME_MAX = 65536


class Port:
    """A card of the guest: here is where it sends from, there where it sends to (a socket of ours)."""

    def __init__(self, folder, name):
        self.here, self.there = (os.path.join(folder, f"{name}.{end}") for end in ("guest", "cable"))
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.there)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)

    @property
    def nic(self):
        return self.here, self.there

    def fileno(self):
        return self.socket.fileno()

    def send(self, frame):
        self.socket.sendto(frame, self.here)

    def receive(self):
        return self.socket.recv(FRAME_MAX)

    def close(self):
        self.socket.close()


class Tap:
    """A network device of a namespace whose cable is us."""

    def __init__(self, namespace, device, mac):
        with namespace.entered():
            self.fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
            fcntl.ioctl(self.fd, TUNSETIFF, struct.pack("16sH22x", device.encode(), IFF_TAP | IFF_NO_PI))
        namespace.ip("link", "set", device, "address", mac, "up")

    def fileno(self):
        return self.fd

    def send(self, frame):
        os.write(self.fd, frame)

    def receive(self):
        return os.read(self.fd, FRAME_MAX)

    def close(self):
        os.close(self.fd)


class Cable:
    """Carries frames between two ends in a thread of its own. frames: pairs (from the first end?, frame) of what passed.
    change(first, frame): what goes on in its place; None: nothing."""

    def __init__(self, first, second):
        self.ends, self.frames, self.change = (first, second), [], None
        self.wake_read, self.wake_write = os.pipe()
        self.thread = threading.Thread(target=self.carry, daemon=True)
        self.thread.start()

    def carry(self):
        while True:
            ready, _, _ = select.select([*self.ends, self.wake_read], [], [])
            if self.wake_read in ready:
                return
            for end in ready:
                # A guest that is not there yet, or no longer, loses frames as a cable that hangs loose does.
                with contextlib.suppress(OSError):
                    self.pass_on(end is self.ends[0], end.receive())

    def pass_on(self, first, frame):
        change = self.change
        frame = change(first, frame) if change else frame
        if frame is not None:
            self.frames.append((first, frame))
            self.ends[1 if first else 0].send(frame)

    def inject(self, first, frame):
        """As if it had come from that end."""
        self.ends[1 if first else 0].send(frame)

    def stop(self):
        os.write(self.wake_write, b"x")
        self.thread.join()
        for end in self.ends:
            end.close()
        os.close(self.wake_read)
        os.close(self.wake_write)
