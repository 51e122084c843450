# SPDX-License-Identifier: MIT
"""The firmware's application as a host program (native.c), fed with recorded events."""

import subprocess

SECONDS = 60


class NativeError(Exception):
    """The program failed. The text says what it said."""


def replay(command, store, entropy, events):
    """The packets that leave; command: program and arguments; events: lines as join.Join records
    them."""
    return [bytes.fromhex(words[0]) for what, *words in replay_lines(command, store, entropy, events)
            if what == "tx"]


def replay_lines(command, store, entropy, events):
    """All that the program prints, in words."""
    lines = [f"store {store.hex()}", f"entropy {entropy.hex()}", *events]
    done = subprocess.run(command, input="\n".join(lines) + "\n", capture_output=True, text=True,
                          timeout=SECONDS, check=False)
    if done.returncode != 0:
        raise NativeError(f"exit status {done.returncode}: {done.stderr.strip()}")
    return [line.split() for line in done.stdout.splitlines()]
