#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Sleep and time of the remote as it is: timers, interrupts, low-power modes, nothing skipped.

It finds no gateway: its retransmissions come after 1, 2 and 4 s, and it computes for a few per cent of that time
only. Before the button is pressed it sleeps deeply, and its clock goes on by the watch crystal.
Usage: sleep.py IMAGE      exit status 77: something is not here
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../targets/msp430/runner"))
import gdb  # noqa: E402
import sim  # noqa: E402
import store  # noqa: E402
from seam import Handed, Reached, Sending  # noqa: E402

WHO = store.Store("fd00:9::1", "fd00:9::2", b"remote", b"gate", b"a key", flags=0)
SECOND = 1_000_000
PRESS_AT = 1 * SECOND
NIGHT = 600 * SECOND
CYCLES_A_SECOND = sim.MHZ * SECOND


def retransmissions(image):
    """Yields what is wrong with the first three."""
    sent = []
    with sim.Firmware(image, WHO.pack(), sim.noise(1)) as remote:
        remote.run(PRESS_AT)
        remote.press()
        while len(sent) < 4 and not isinstance(seen := remote.run(20 * SECOND), Reached):
            if isinstance(seen, Sending):
                sent.append((remote.now, remote.cycles))
    for wait, (before, awake), (now, awake_now) in zip((1, 2, 4), sent, sent[1:]):
        took, computed = now - before, (awake_now - awake) / CYCLES_A_SECOND
        print(f"after {took / SECOND:.4f} s the request again, {100 * computed * SECOND / took:.1f} % of them awake")
        # The interval begins when the packet is given to the link, which takes some time for it.
        if not 0 <= took - wait * SECOND < SECOND // 25:
            yield f"{took / SECOND} s where {wait} s are due"
        if computed * SECOND > took / 20:
            yield f"{computed} s awake of {took}"
    if len(sent) != 4:
        yield f"{len(sent)} transmissions"


def deep(image):
    """Nothing happens for a night, but for the timer that counts it."""
    with sim.Firmware(image, WHO.pack(), sim.noise(1)) as remote:
        while not isinstance(remote.run(2 * SECOND), Reached):
            pass
        awake = remote.cycles
        seen = remote.run(2 * SECOND + NIGHT)
        awake = remote.cycles - awake
        if not isinstance(seen, Reached):
            yield f"{seen} in the night"
        print(f"deep sleep: {awake} cycles awake in {NIGHT // SECOND} s")
        if awake > 3 * NIGHT // SECOND:
            yield f"{awake} cycles awake in {NIGHT / SECOND} s of deep sleep"
        remote.press()
        while not isinstance(seen := remote.run(4 * SECOND + NIGHT), Handed):
            pass
        late = remote.now - seen.clock
        print(f"its clock after that: {late} us behind the time since power came")
        # From power to the clock's start there are clocks to wait for; the deep timer counts 244 us.
        if not 0 < late < SECOND:
            yield f"the clock is {late} us behind"


def main():
    image = sys.argv[1]
    lacks = gdb.missing() + ([] if os.path.exists(image) else [image])
    if lacks:
        print(f"SKIPPED: no {', '.join(lacks)} (make msp430 builds the images)")
        return 77
    wrong = list(retransmissions(image)) + list(deep(image))
    for line in wrong:
        print(f"sleep: {line}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
