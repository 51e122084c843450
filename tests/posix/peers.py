# SPDX-License-Identifier: MIT
"""`ikelet ping` and `ikelet respond` as processes of a test."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

PSK = "a pre-shared key of the tests"
BINARY = None


def main():
    """Runs the TestCases of the calling script: argv[1] is the binary."""
    global BINARY
    BINARY = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=2)


def skip(reason):
    """Ends the script: ctest and tests/check.sh read both."""
    print(f"SKIPPED: {reason}")
    sys.exit(77)


def free_port(host="127.0.0.1"):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as s:
        s.bind((host, 0))
        return s.getsockname()[1]


def arguments(options):
    """{"peer": "::1", "from_": x, "natt": True} as a command line; None and False leave it out."""
    for key, value in options.items():
        name = "--" + key.rstrip("_").replace("_", "-")
        if value is True:
            yield name
        elif value is not None and value is not False:
            yield f"{name}={value}"


class Command:
    """One run of the command, its output gathered line by line."""

    def __init__(self, subcommand=None, psk=PSK, extra=(), **options):
        environment = {k: v for k, v in os.environ.items() if k != "IKELET_PSK"}
        if psk is not None:
            environment["IKELET_PSK"] = psk
        self.process = subprocess.Popen(
            [BINARY, *([subcommand] if subcommand else []), *arguments(options), *extra], env=environment, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.out, self.err = [], []
        self.threads = [threading.Thread(target=self.gather, args=a, daemon=True)
                        for a in ((self.process.stdout, self.out), (self.process.stderr, self.err))]
        for thread in self.threads:
            thread.start()

    @staticmethod
    def gather(stream, lines):
        for line in stream:
            lines.append(line.rstrip("\n"))

    def wait(self, seconds=30):
        """Answers the exit status."""
        status = self.process.wait(seconds)
        for thread in self.threads:
            thread.join(seconds)
        return status

    def wait_for(self, pattern, seconds=20):
        """Until a line of stdout fits."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for line in list(self.out):
                if re.search(pattern, line):
                    return line
            if self.process.poll() is not None and not any(t.is_alive() for t in self.threads):
                break
            time.sleep(0.005)
        raise AssertionError(f"no line fits /{pattern}/:\n" + self.text)

    def is_ready(self):
        """Of a responder; False if somebody else took its port first."""
        try:
            return self.wait_for("^ready$")
        except AssertionError:
            if "already in use" in self.text:
                return False
            raise

    def interrupt(self):
        self.process.send_signal(signal.SIGINT)

    def stop(self):
        if self.process.poll() is None:
            self.process.kill()
        self.wait()
        self.process.stdout.close()
        self.process.stderr.close()

    @property
    def text(self):
        return "\n".join(self.out + ["-- stderr:"] + self.err)

    @property
    def replies(self):
        return [line for line in self.out if re.search(r"icmp_seq=\d+ ttl=\d+ time=", line)]


class Case(unittest.TestCase):
    """What it starts is gone when it ends."""

    def setUp(self):
        self.stack = contextlib.ExitStack()
        self.addCleanup(self.stack.close)

    def folder(self):
        return self.stack.enter_context(tempfile.TemporaryDirectory())

    def start(self, subcommand, **options):
        command = Command(subcommand, **options)
        self.stack.callback(command.stop)
        return command

    def respond(self, host="127.0.0.2", **options):
        """A responder that is ready; it tells its port as .port."""
        settings = {"local": host, "id": "@gw.example.org", "ts_local": "10.2.0.0/24",
                    "ts_remote": "10.1.0.0/24", **options}
        for _ in range(5):
            port = free_port(host)
            responder = self.start("respond", port=port, **settings)
            responder.port = port
            if responder.is_ready():
                return responder
        raise AssertionError("five free ports were taken by others\n" + responder.text)

    def ping(self, responder, host="127.0.0.2", **options):
        """To its end; answers the command, its status in .status."""
        command = self.start_ping(responder, host, **options)
        command.status = command.wait()
        return command

    def start_ping(self, responder, host="127.0.0.2", **options):
        settings = {"peer": host, "local": "::1" if ":" in host else "127.0.0.1",
                    "port": responder.port,
                    "id": "@client.example.org", "remote_id": "@gw.example.org",
                    "from_": "10.1.0.1", "to": "10.2.0.1",
                    "ts_local": "10.1.0.0/24", "ts_remote": "10.2.0.0/24",
                    "count": 2, "interval": 0.02, "timeout": 5, **options}
        return self.start("ping", **settings)

    def expect_replies(self, command, count=2):
        self.assertEqual(command.status, 0, command.text)
        self.assertEqual(len(command.replies), count, command.text)
        self.assertEqual(command.err, [], command.text)

    def expect_failure(self, command, pattern, status=1):
        self.assertEqual(command.status, status, command.text)
        self.assertEqual(command.replies, [], command.text)
        self.assertEqual(len(command.err), 1, command.text)
        self.assertRegex(command.err[0], pattern)
