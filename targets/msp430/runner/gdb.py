# SPDX-License-Identifier: MIT
"""A client of the GDB remote protocol, and the simulators that speak it: ours (../sim), and mspdebug as second opinion."""

import contextlib
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAM = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(HERE))), "build", "host", "targets", "msp430",
                       "sim", "msp430sim")
MSPDEBUG = "mspdebug"
FAULT = b"T0b"  # SIGSEGV
# Why a run has ended, by the signals of the protocol: a break point, a moment, something outside the machine.
MARK, TIME, HOST = b"T05", b"T0e", b"T10"
CONNECT_SECONDS = 10
ANSWER_SECONDS = 10
CHUNK = 256  # octets of memory in one packet
PORT_TRIES = 5

PC, SP, R12, R13, R14, R15 = 0, 1, 12, 13, 14, 15


class SimulatorError(Exception):
    """The simulator is not there, refuses or is silent. The text says which."""


def missing():
    return [] if os.path.exists(PROGRAM) else [PROGRAM]


def missing_mspdebug():
    return [] if shutil.which(MSPDEBUG) else [MSPDEBUG]


def checksum(body):
    return sum(body) & 0xff


def frame(body):
    return b"$" + body + b"#%02x" % checksum(body)


class Packets:
    """Bytes of the stream in, bodies of whole packets out; feed() may get any piece of it."""

    def __init__(self):
        self.stream = b""

    def feed(self, data):
        self.stream += data

    def take(self):
        """The next body, or None if there is none yet."""
        begin = self.stream.find(b"$")
        end = self.stream.find(b"#", begin)
        if begin < 0 or end < 0 or len(self.stream) < end + 3:
            return None
        body, told = self.stream[begin + 1:end], self.stream[end + 1:end + 3]
        self.stream = self.stream[end + 3:]
        try:
            good = int(told, 16) == checksum(body)
        except ValueError:
            good = False
        if not good:
            raise SimulatorError(f"a packet with the wrong checksum: {body[:40]!r}")
        return body


def registers(body):
    """The 16 registers in the answer to 'g'."""
    octets = unhex(body)
    if len(octets) != 32:
        raise SimulatorError(f"{len(octets)} octets of registers, not 32")
    return [octets[i] | octets[i + 1] << 8 for i in range(0, 32, 2)]


def stop_registers(body):
    """Those in the answer to 'c' and 's': T05 00:4041;01:... in target order."""
    found = dict(re.findall(rb"([0-9a-f]{2}):([0-9a-f]{4});", body))
    if not body.startswith(b"T") or len(found) != 16:
        raise SimulatorError(f"the target did not stop as it should: {body[:40]!r}")
    return [int.from_bytes(unhex(found[b"%02x" % i]), "little") for i in range(16)]


def unhex(body):
    try:
        return bytes.fromhex(body.decode("ascii"))
    except ValueError as wrong:
        raise SimulatorError(f"hex expected: {body[:40]!r}") from wrong


@dataclass(frozen=True)
class Stop:
    why: bytes
    registers: list


class Gdb:
    """One connection. Every wait has an end; run() waits as long as its caller says."""

    def __init__(self, connection):
        self.connection = connection
        self.packets = Packets()

    def exchange(self, body, seconds=ANSWER_SECONDS):
        self.connection.sendall(frame(body))
        return self.receive(seconds)

    def receive(self, seconds):
        end = time.monotonic() + seconds
        while True:
            body = self.packets.take()
            if body is not None:
                self.connection.sendall(b"+")
                return body
            left = end - time.monotonic()
            if left <= 0:
                raise SimulatorError(f"no answer within {seconds:g} s")
            self.connection.settimeout(left)
            try:
                data = self.connection.recv(65536)
            except socket.timeout:
                continue
            if not data:
                raise SimulatorError("the simulator closed the connection")
            # Its acknowledgement and its answer are two segments: the second waits for our ACK.
            with contextlib.suppress(OSError):  # of which a socket pair knows nothing
                self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
            self.packets.feed(data)

    def expect_ok(self, body):
        answer = self.exchange(body)
        if answer != b"OK":
            raise SimulatorError(f"{body[:20]!r} was answered {answer[:40]!r}")

    def read(self, at, count):
        parts = []
        for begin in range(0, count, CHUNK):
            size = min(CHUNK, count - begin)
            part = unhex(self.exchange(b"m%x,%x" % (at + begin, size)))
            if len(part) != size:
                raise SimulatorError(f"{len(part)} octets read, not {size}")
            parts.append(part)
        return b"".join(parts)

    def write(self, at, data):
        for begin in range(0, len(data), CHUNK):
            part = data[begin:begin + CHUNK]
            self.expect_ok(b"M%x,%x:%s" % (at + begin, len(part), part.hex().encode()))

    def read_registers(self):
        return registers(self.exchange(b"g"))

    def write_registers(self, values):
        octets = b"".join(value.to_bytes(2, "little") for value in values)
        self.expect_ok(b"G" + octets.hex().encode())

    def set_breakpoint(self, at):
        self.expect_ok(b"Z0,%x,2" % at)

    def clear_breakpoint(self, at):
        self.expect_ok(b"z0,%x,2" % at)

    def step(self):
        """One instruction; answers the registers behind it."""
        return self.stopped(self.exchange(b"s"))

    def run(self, seconds):
        """Until a break point; answers the registers there."""
        return self.stopped(self.exchange(b"c", seconds))

    def run_on(self, seconds):
        """As run(), for whatever reason it ends: a Stop."""
        answer = self.exchange(b"c", seconds)
        return Stop(answer[:3], self.stopped(answer))

    def stopped(self, answer):
        if answer.startswith(FAULT):
            raise SimulatorError(f"the program {self.monitor('fault').strip()}")
        return stop_registers(answer)

    def monitor(self, command):
        """What the simulator's own command prints."""
        text = b""
        answer = self.exchange(b"qRcmd," + command.encode().hex().encode())
        while answer[:1] == b"O" and answer != b"OK":
            text += unhex(answer[1:])
            answer = self.receive(ANSWER_SECONDS)
        if answer not in (b"OK", b""):
            text += unhex(answer)
        return text.decode("ascii", "replace")

    def cycles(self):
        """Of MCLK, in which the CPU ran."""
        return int(self.monitor("cycles"))


class Simulator:
    """Our simulator with an image in its memory. A context manager: its process ends with it.

    options: of msp430sim; image: None for a CPU without one (--part=cpu)."""

    def __init__(self, image, *options):
        ours, its = socket.socketpair()
        with its:
            self.child = subprocess.Popen([PROGRAM, "--gdb", *options, *([image] if image else [])], stdin=its, stdout=its)
        self.connection = ours
        self.gdb = Gdb(ours)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()
        end(self.child)


class MspdebugGdb(Gdb):
    """What mspdebug 0.22 says otherwise."""

    def cycles(self):
        """Of MCLK since reset, by a simio tracer of the name tracer."""
        found = re.search(r"MCLK:\s*(\d+)", self.monitor("simio info tracer"))
        if not found:
            raise SimulatorError("the tracer tells no cycles")
        return int(found[1])


class Mspdebug:
    """mspdebug with an image in its memory. A context manager: its process ends with it.

    peripherals: simio commands, such as "add hwmult hm"."""

    def __init__(self, image, peripherals):
        self.output = tempfile.TemporaryFile()
        self.exits = contextlib.ExitStack()
        try:
            self.exits.callback(self.output.close)
            self.gdb = self.start(image, peripherals)
        except BaseException:
            self.exits.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.exits.close()

    def start(self, image, peripherals):
        for last in [False] * (PORT_TRIES - 1) + [True]:
            port = free_port()
            child = self.launch(image, peripherals, port)
            connection = self.connect(child, port)
            if connection:
                self.exits.callback(end, child)
                self.exits.callback(connection.close)
                return MspdebugGdb(connection)
            end(child)
            if last:
                raise SimulatorError(f"mspdebug does not serve GDB: {self.said()}")
        raise AssertionError

    def launch(self, image, peripherals, port):
        commands = [*([f"prog {image}"] if image else []), *(f"simio {text}" for text in peripherals), "reset",
                    f"gdb {port}"]
        return subprocess.Popen([MSPDEBUG, "-q", "sim", *commands], stdin=subprocess.DEVNULL,
                                stdout=self.output, stderr=subprocess.STDOUT)

    @staticmethod
    def connect(child, port):
        """None if it ended, such as because somebody took the port meanwhile."""
        deadline = time.monotonic() + CONNECT_SECONDS
        while child.poll() is None and time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                connection = socket.create_connection(("127.0.0.1", port), ANSWER_SECONDS)
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return connection
            time.sleep(0.02)
        return None

    def said(self):
        self.output.seek(0)
        return self.output.read()[-400:].decode("utf-8", "replace").strip()


def end(child):
    """Ends one process, by its id."""
    if child.poll() is None:
        child.terminate()
    try:
        child.wait(3)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]
