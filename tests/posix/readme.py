#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The first example of targets/posix/README.md and those of --help, as they stand there: run, and compared."""

import os
import re
import shlex
import subprocess
import unittest

import peers

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")


def example():
    """The commands of the first indented block behind a prompt, and what they print."""
    with open(os.path.join(ROOT, "targets/posix/README.md"), encoding="utf-8") as file:
        block = re.search(r"(?:^    .*\n)+", file.read(), re.M)[0]
    lines = [line[4:] for line in block.splitlines()]
    return [line[2:] for line in lines if line.startswith("$ ")], [line for line in lines if not line.startswith("$ ")]


def alike(line):
    """Times and SPIs are others each time."""
    return re.sub(r"\b[0-9a-f]{8}\b", "SPI", re.sub(r"\d+\.\d{3}(?:\d{3})?\b", "TIME", line))


class Readme(peers.Case):
    def words(self, line, port):
        words = shlex.split(line.replace("4500", str(port)))
        self.assertEqual(words[0], "ikelet")
        return words[1], [word for word in words[2:] if word != "&"]

    def test_the_first_example(self):
        (export, respond, ping), printed = example()
        psk, port = shlex.split(export)[1].removeprefix("IKELET_PSK="), peers.free_port()
        command, options = self.words(respond, port)
        responder = self.start(command, psk=psk, extra=options)
        self.assertTrue(responder.is_ready(), responder.text)
        command, options = self.words(ping, port)
        client = self.start(command, psk=psk, extra=options)
        self.assertEqual(client.wait(), 0, client.text)
        self.assertEqual([alike(line) for line in client.out], [alike(line) for line in printed])

    def test_what_help_gives_as_an_example(self):
        """No line of it is refused: it goes on to where rights or a peer are missing."""
        key = os.path.join(self.folder(), "key")
        with open(key, "w", encoding="ascii") as file:
            file.write("a key of the tests\n")
        for command in ("ping", "respond"):
            _, line = subprocess.run([peers.BINARY, command, "--help"], capture_output=True, text=True, check=True).stdout.split("Example:")
            _, options = self.words(line.replace("\\\n", " ").strip(), 4500)
            options = [option.replace("psk-file=key", f"psk-file={key}") for option in options]
            options += ["--timeout=0.1", "--port=" + str(peers.free_port())]
            started = self.start(command, psk=None, extra=[option.replace("192.0.2.1", "127.0.0.1") for option in options])
            if command == "respond":
                self.assertTrue(started.is_ready(), started.text)
            else:
                self.assertEqual(started.wait(), 1)
                self.assertRegex(started.err[0], "^ikelet: no answer: the peer is silent")


if __name__ == "__main__":
    peers.main()
