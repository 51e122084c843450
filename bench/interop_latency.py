#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Handshake latency with strongSwan: of ikelet as initiator, and of charon in its place.

Both initiators have a charon of their own as responder, with the same settings, in network
namespaces of this machine. Their handshakes alternate in one run, so that both meet the same
weather. Times are the kernel's, taken on the responder's end of the cable:

  handshake   first IKE_SA_INIT request to last IKE_AUTH response: what the network sees
  initiator   IKE_SA_INIT response to IKE_AUTH request: the initiator's own work in the middle
              (shared secret, key derivation, AUTH), the one part in which the two differ

All processes run at a real-time priority, so that a busy machine doesn't blur the figures. Needs
root, strongSwan and a built ikelet, as tests/interop does; says so and ends where one is missing.
"""

import argparse
import contextlib
import json
import os
import signal
import statistics
import sys
import tempfile

sys.dont_write_bytecode = True
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "tests", "interop"))

import charon
import ikelet
from ike import IKE_AUTH, IKE_SA_INIT
from process import Failed, wait_until
from run import missing
from stage import Stage, check
from stories import ping_options

SUITES = ["aes128-sha256-x25519", "aes128gcm16-prfsha256-ecp256", "aes256-sha384-ecp384",
          "aes128-sha256-modp2048"]
ESP = "aes128gcm16"
QUIET = {"filelog": {"file": {"default": 0, "ike": 0, "cfg": 0}}}
WARM_UP = 2


class Initiator:
    """One kind of initiator on its stage. once() is a whole handshake and its end."""

    def __init__(self, here, suite):
        self.stage, self.suite = here, suite
        self.gateway = here.start_gateway(suite, ESP, daemon=QUIET)
        self.samples = []

    def measure(self):
        self.stage.wire.frames.clear()
        self.once()
        self.gateway.wait_until_gone()
        return self.times()

    def times(self):
        """(handshake, initiator) in microseconds, from what went over the wire."""
        wire = self.stage.wire
        init = wire.ike(IKE_SA_INIT, False), wire.ike(IKE_SA_INIT, True)
        auth = wire.ike(IKE_AUTH, False), wire.ike(IKE_AUTH, True)
        check(all(len(messages) == 1 for messages in (*init, *auth)), "a message was repeated")
        return ((auth[1][0].at - init[0][0].at) / 1000, (auth[0][0].at - init[1][0].at) / 1000)


class OfIkelet(Initiator):
    name = "ikelet"

    def once(self):
        command = self.stage.ikelet()
        status = command.run("ping", **ping_options(ike=self.suite, esp=ESP, count=1))
        check(status == 0, f"ikelet ping: exit status {status}")


class OfCharon(Initiator):
    name = "charon"

    def __init__(self, here, suite):
        super().__init__(here, suite)
        self.client = here.start_client(suite, ESP, daemon=QUIET)

    def once(self):
        self.client.initiate()
        wait_until("the handshake is on the wire", 5,
                   lambda: self.stage.wire.ike(IKE_AUTH, True))
        self.client.terminate()


def run_suite(suite, count, binary, programs):
    """{name: [(handshake, initiator), ...]}, the two taking turns."""
    with contextlib.ExitStack() as exits:
        def stage(letters):
            folder = exits.enter_context(tempfile.TemporaryDirectory(prefix="ikelet-bench-"))
            return exits.enter_context(Stage(folder, programs, binary, letters=letters))
        pair = [OfIkelet(stage("abw"), suite), OfCharon(stage("cdx"), suite)]
        for turn in range(WARM_UP + count):
            for initiator in pair:
                sample = initiator.measure()
                if turn >= WARM_UP:
                    initiator.samples.append(sample)
        return {initiator.name: initiator.samples for initiator in pair}


def summary(samples):
    """Milliseconds of one column of the samples."""
    ordered = sorted(samples)
    return {"min": ordered[0] / 1000, "median": statistics.median(ordered) / 1000,
            "max": ordered[-1] / 1000}


def report(suite, samples):
    """Prints a suite's lines, and answers them as data."""
    result = {"suite": suite, "count": len(samples["ikelet"])}
    for column, what in enumerate(("handshake", "initiator")):
        both = {name: summary([s[column] for s in taken]) for name, taken in samples.items()}
        ratio = both["ikelet"]["median"] / both["charon"]["median"]
        result[what] = {**both, "ratio": ratio}
        cells = "".join("  {median:8.2f} ({min:.2f} to {max:.2f})".format(**both[name]).ljust(28)
                        for name in ("ikelet", "charon"))
        print(f"{suite if column == 0 else '':32}{what:10}{cells}{ratio:7.2f}", flush=True)
    return result


def go_first():
    """Other work on this machine is not to be measured: all that is started here goes before it."""
    with contextlib.suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))


def arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=20, help="handshakes of each (20)")
    parser.add_argument("--binary", default=os.path.join(ROOT, ikelet.BINARY))
    parser.add_argument("--out", metavar="FILE", help="write the figures as JSON too")
    parser.add_argument("suite", nargs="*", help=f"IKE suites ({' '.join(SUITES)})")
    return parser.parse_args()


def main():
    given = arguments()
    lacks = missing(given.binary)
    if lacks:
        print("SKIPPED: interop latency: no " + ", no ".join(lacks))
        return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    print(f"Handshake latency with charon as responder, {given.count} each in turn; "
          "milliseconds, median (min to max)")
    print(f"{'suite':32}{'':10}  {'ikelet':28}{'charon':26}{'ratio':>7}")
    go_first()
    results = []
    with tempfile.TemporaryDirectory(prefix="ikelet-bench-") as programs:
        charon.copy_programs(programs)
        for suite in given.suite or SUITES:
            results.append(report(suite, run_suite(suite, given.count, given.binary, programs)))
    if given.out:
        with open(given.out, "w", encoding="utf-8") as file:
            json.dump({"schema": 1, "results": results}, file, indent=2)
            file.write("\n")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as failure:
        sys.exit(f"interop_latency.py: {failure}")
    except KeyboardInterrupt:
        sys.exit(130)
