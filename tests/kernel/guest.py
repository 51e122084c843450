# SPDX-License-Identifier: MIT
"""A Linux guest under emulation, spoken to by its second serial port."""

import base64
import os
import socket
import time

from process import Failed, Process

QEMU = "qemu-system-x86_64"
BOOT_SECONDS = 120
CHUNK = 2000  # octets in one line: the port has no flow control, and the guest's tty a buffer of 4096


class Guest:
    """folder: its log, its sockets. nics: pairs (device, socket that its frames come to and go from), see cable.py."""

    def __init__(self, folder, kernel, initramfs, nics):
        self.folder = folder
        self.console = self.path("console")
        self.port = self.path("port")
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(self.port)
        listener.listen(1)
        self.process = Process(self.argv(kernel, initramfs, nics), self.path("qemu.out"), self.path("qemu.err"))
        listener.settimeout(20)
        try:
            self.line, _ = listener.accept()
        except TimeoutError:
            raise Failed(f"{QEMU} has not begun: {self.process.stderr}") from None
        finally:
            listener.close()
        self.read = b""

    def path(self, name):
        return os.path.join(self.folder, name)

    def argv(self, kernel, initramfs, nics):
        argv = [QEMU, "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-machine", "q35", "-accel", "tcg",
                "-cpu", "max", "-m", "256", "-kernel", str(kernel), "-initrd", str(initramfs),
                "-append", "console=ttyS0 quiet panic=-1 mitigations=off random.trust_cpu=on tsc=reliable",
                "-serial", f"file:{self.console}", "-chardev", f"socket,id=port,path={self.port}", "-serial", "chardev:port"]
        for number, (here, there) in enumerate(nics):
            argv += ["-netdev", f"dgram,id=n{number},local.type=unix,local.path={here},remote.type=unix,remote.path={there}",
                     "-device", f"virtio-net-pci,netdev=n{number},mac=02:00:00:00:00:{number + 1:02x},romfile="]
        return argv

    def receive(self, enough, seconds):
        """Reads until enough(what was read) answers something true; answers that."""
        end = time.monotonic() + seconds
        while True:
            found = enough(self.read)
            if found:
                return found
            self.line.settimeout(max(end - time.monotonic(), 0.001))
            try:
                more = self.line.recv(65536)
            except TimeoutError:
                raise Failed(f"the guest is silent; {self.told()}") from None
            if not more:
                raise Failed(f"the guest has ended; {self.told()}")
            self.read += more

    def told(self):
        with open(self.console, encoding="utf-8", errors="replace") as file:
            return f"it has said {self.read!r}, on its console:\n{file.read()[-3000:]}{self.process.stderr}"

    def boot(self):
        """Waits until it takes commands; answers how long it took."""
        self.receive(lambda read: read.endswith(b"ready\n"), BOOT_SECONDS)
        self.read = b""
        return time.monotonic() - self.process.begun

    def run(self, line, status=0, seconds=20):
        """A line for its shell; what it printed."""
        def answer(read):
            head, newline, rest = read.partition(b"\n")
            words = head.split()
            return (int(words[0]), rest) if newline and len(rest) >= int(words[1]) else None
        self.read = b""
        self.line.sendall(line.encode() + b"\n")
        said, out = self.receive(answer, seconds)
        if status is not None and said != status:
            raise Failed(f"guest: {line}: {said}: {out.decode(errors='replace')}")
        return out.decode(errors="replace")

    def script(self, lines, seconds=60):
        """Many lines at once, which end at the first that fails."""
        text = base64.b64encode(("set -e\n" + "\n".join(lines) + "\n").encode()).decode()
        self.run(": >/run/script")
        for at in range(0, len(text), CHUNK):
            self.run(f"echo {text[at:at + CHUNK]} >>/run/script")
        return self.run("base64 -d /run/script >/run/script.sh && sh /run/script.sh", seconds=seconds)

    def stop(self):
        self.process.stop()
        self.line.close()
