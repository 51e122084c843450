#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Handshakes and pings of ikelet with strongSwan, for real. See README.md beside this file.

Exit status: 0 all passed, 1 a case failed, 2 wrong usage, 77 nothing could be run here.
"""

import argparse
import contextlib
import fnmatch
import os
import shutil
import signal
import sys
import tempfile
import time

# Run as root in somebody's checkout: leave no files of root's in it.
sys.dont_write_bytecode = True

import cases
import charon
import ikelet
import netns
import process
import stage

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CASE_SECONDS = 60
TAIL_LINES = 40
SKIPPED = 77


class Skipped(Exception):
    """The case can't be played here. The text says why."""


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--strict", action="store_true",
                        help="what is missing is a failure, not a skip (also INTEROP=yes, CI=true)")
    parser.add_argument("--binary", default=os.path.join(ROOT, ikelet.BINARY),
                        help="the ikelet to test")
    parser.add_argument("--list", action="store_true", help="print the names of the cases")
    parser.add_argument("--keep", action="store_true", help="keep the logs of cases that fail")
    parser.add_argument("pattern", nargs="*", help="play only these, such as 'esp/*'")
    given = parser.parse_args()
    for pattern in given.pattern:
        if not chosen([pattern]):
            parser.error(f"no case is called {pattern!r}; --list tells their names")
    given.strict |= os.environ.get("INTEROP") == "yes" or os.environ.get("CI") == "true"
    return given


def chosen(patterns):
    return [case for case in cases.every()
            if not patterns or any(fnmatch.fnmatch(case.name, p) for p in patterns)]


def missing(binary):
    """What this machine lacks to play anything at all."""
    lacks = []
    if os.geteuid() != 0:
        lacks.append("root")
    lacks += charon.missing()
    lacks += [program for program in ("ip", "unshare", "ping") if not shutil.which(program)]
    lacks += [path for path in ("/dev/net/tun", binary) if not os.path.exists(path)]
    return lacks


@contextlib.contextmanager
def time_limit(seconds):
    """The last resort: every wait of a story is bounded by itself."""
    def expire(*_):
        raise process.Failed(f"still playing after {seconds} s")
    signal.signal(signal.SIGALRM, expire)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)


def play(case, programs, binary, folder):
    """Raises Failed or Skipped; the exception carries the tails of the logs."""
    lacks = [name for module in case.needs for name in module.missing()]
    if lacks:
        raise Skipped("no " + ", ".join(lacks))
    drop = case.drop() if case.drop else None
    with stage.Stage(folder, programs, binary, drop) as here:
        try:
            with time_limit(CASE_SECONDS):
                case.story(here)
        except process.Failed as failure:
            here.wire.write_pcap(os.path.join(folder, "wire.pcap"))
            failure.tails = tails(here.logs) + "\n" + on_the_wire(here.wire)
            raise


def tails(logs):
    """The last lines of each log that has any."""
    parts = []
    for name, path in logs.items():
        lines = process.read_text(path).splitlines()[-TAIL_LINES:]
        if lines:
            parts.append("\n".join([f"  {name}:", *(f"    {line}" for line in lines)]))
    return "\n".join(parts)


def on_the_wire(wire):
    """The IKE messages that passed, and how much ESP."""
    lines = [f"    {f.source}:{f.port} exchange {f.ike.exchange} "
             f"{'response' if f.ike.response else 'request'} {f.ike.msgid}, "
             f"{len(f.ike.data)} octets, notifies in clear: {f.ike.notifies}"
             for f in wire.ike()[-TAIL_LINES:]]
    return "\n".join(["  on the wire:", *lines, f"    {len(wire.esp())} ESP packets"])


class Score:
    def __init__(self, strict):
        self.strict, self.passed, self.failed, self.skipped = strict, 0, 0, 0

    def play(self, case, *where):
        begun = time.monotonic()

        def say(verdict, note=""):
            print(f"{verdict:4}  {case.name:44} {time.monotonic() - begun:6.2f} s{note}",
                  flush=True)
        try:
            play(case, *where)
        except Skipped as reason:
            self.skip(case.name, reason)
            return False
        except (process.Failed, OSError) as failure:
            self.failed += 1
            say("FAIL", f"  {failure}")
            print(getattr(failure, "tails", ""), flush=True)
            return False
        self.passed += 1
        say("PASS")
        return True

    def skip(self, name, reason):
        if self.strict:
            self.failed += 1
            print(f"FAIL  {name}: {reason}", flush=True)
        else:
            self.skipped += 1
            print(f"SKIPPED: interop {name}: {reason}", flush=True)

    def close(self):
        print(f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped", flush=True)
        if self.failed:
            return 1
        return 0 if self.passed else SKIPPED


def play_all(wanted, score, binary, keep):
    netns.delete_orphans()
    with tempfile.TemporaryDirectory(prefix="ikelet-interop-") as programs:
        charon.copy_programs(programs)
        for case in wanted:
            folder = tempfile.mkdtemp(prefix="ikelet-interop-")
            passed = None
            try:
                passed = score.play(case, programs, binary, folder)
            finally:
                if keep and not passed:
                    print(f"  kept: {folder}")
                else:
                    shutil.rmtree(folder, ignore_errors=True)


def main():
    given = arguments()
    wanted = chosen(given.pattern)
    if given.list:
        print("\n".join(case.name for case in wanted))
        return 0
    # A polite kill unwinds as an interrupt does: namespaces and processes go with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if given.strict and os.geteuid() != 0 and shutil.which("sudo"):
        os.execvp("sudo", ["sudo", sys.executable, os.path.abspath(__file__), *sys.argv[1:],
                           "--strict"])
    score = Score(given.strict)
    lacks = missing(given.binary)
    if lacks:
        score.skip("(all cases)", "no " + ", no ".join(lacks))
    else:
        play_all(wanted, score, given.binary, given.keep)
    return score.close()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
