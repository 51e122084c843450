#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What makes the remote last: a night on its battery, what runs while it sleeps, its flash, its supply, its keys.

Usage: lasting.py IMAGE PEER      exit status 77: something is not here
"""
import os
import sys
from dataclasses import replace

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../targets/msp430/runner"))
import gdb  # noqa: E402
import sim  # noqa: E402
import stories  # noqa: E402
from join import Join  # noqa: E402
from peer import Peer  # noqa: E402
from seam import Answered, JobEnded, Reached, Sent  # noqa: E402
from store import Store, packed  # noqa: E402

WHO = Store("fd00:9::1", "fd00:9::2", b"remote", b"gate", b"a key", flags=0)
SEED = bytes(range(32, 64))
SECOND = 1_000_000
NIGHT = 600 * SECOND
RUN_SECONDS = 60
# msim.h: MSIM_ON_...
ACLK, LFXT = 0x04, 0x20
NAMES = ("CPU", "SMCLK", "ACLK", "DCO", "XT2", "LFXT", "ADC")
WINDOW = 24  # us: from the first instruction of sleep_deep() to far behind the last before the sleep
STARTS = 70


def words(state):
    return "+".join(name for bit, name in enumerate(NAMES) if state >> bit & 1) or "nothing"


def settle(remote, moment):
    while not isinstance(remote.run(moment), Reached):
        pass


def resets(remote):
    count, why = remote.gdb.monitor("resets").split()
    return int(count), why


# ---- sleep -------------------------------------------------------------------------------------

def deep_states(remote, begin, end):
    """{state: seconds} between two moments."""
    settle(remote, begin)
    before = remote.times
    settle(remote, end)
    return {state: (time - before.get(state, 0)) / sim.UNITS_PER_US / SECOND for state, time in remote.times.items()
            if time != before.get(state, 0)}


def judge_sleep(states, seconds):
    """Nothing but the watch crystal, for all but a thousandth of the time."""
    asleep = states.get(ACLK | LFXT, 0)
    print(", ".join(f"{words(state)} for {time:.4f} s" for state, time in sorted(states.items())))
    if asleep < 0.999 * seconds:
        yield f"only the watch crystal runs for {asleep:.3f} s of {seconds} s"


def a_night_before_any_press(image, _):
    with sim.Firmware(image, WHO.pack(), sim.noise(1)) as remote:
        yield from judge_sleep(deep_states(remote, 3 * SECOND, 3 * SECOND + NIGHT), NIGHT / SECOND)
        if resets(remote) != (1, "power"):
            yield f"resets: {resets(remote)}"


def a_night_with_an_sa(image, peer_program):
    """And the button works in the morning."""
    answered = []
    with Peer(peer_program, WHO, SEED) as peer, sim.Firmware(image, WHO.pack(), sim.noise(1)) as remote:
        join = Join(remote, peer)
        join.press(2 * SECOND)
        answered += [seen.press for seen in join.run(30 * SECOND) if isinstance(seen, Answered)]
        yield from judge_sleep(deep_states(remote, 30 * SECOND, 30 * SECOND + NIGHT), NIGHT / SECOND)
        join.press(40 * SECOND + NIGHT)
        answered += [seen.press for seen in join.run(50 * SECOND + NIGHT) if isinstance(seen, Answered)]
    if answered != [1, 2]:
        yield f"answered: {answered}"


def a_gateway_that_has_forgotten(image, peer_program):
    """The second press finds no SA there any more, and begins anew."""
    answered, done = [], 0
    with sim.Firmware(image, WHO.pack(), sim.noise(1) + sim.noise(2)) as remote:
        for press, (begin, end) in enumerate(((2, 20), (30, 80))):
            with Peer(peer_program, WHO, SEED[press:] + SEED[:press]) as peer:
                join = Join(remote, peer)
                join.press(begin * SECOND)
                for seen in join.run(end * SECOND):
                    done += isinstance(seen, JobEnded)
                    if isinstance(seen, Answered):
                        answered.append(seen.press)
    if answered != [1, 2] or done != 4:
        yield f"answered: {answered}, {done} public-key computations"


def a_tick_on_the_way_to_sleep(image, _):
    """The tick timer goes round at each moment between the decision to sleep deeply and the sleep."""
    for before in range(1, WINDOW):
        with sim.Firmware(image, WHO.pack(), sim.noise(1)) as remote:
            settle(remote, 2 * SECOND)  # asleep; the button wakes it once, without entropy for a handshake
            target = remote.gdb
            target.set_breakpoint(remote.symbols["sleep_deep"])
            port, bit = remote.part.button
            target.monitor(f"pin {port} {bit} low")
            target.monitor("until never")
            while target.run_on(RUN_SECONDS).registers[gdb.PC] != remote.symbols["sleep_deep"]:
                pass
            target.clear_breakpoint(remote.symbols["sleep_deep"])
            target.write(remote.part.tick + sim.TICK_R, (0x10000 - before).to_bytes(2, "little"))
            settle(remote, remote.now + 90 * SECOND)
            if resets(remote) != (1, "power"):
                yield f"a tick {before} us behind the call of sleep_deep(): {resets(remote)}"


# ---- flash, supply, keys ------------------------------------------------------------------------

def starts(remote, number):
    """So many, and after each a reset: what store_boots was."""
    remote.gdb.set_breakpoint(remote.symbols["entropy_take"])
    for _ in range(number):
        while remote.gdb.run_on(RUN_SECONDS).registers[gdb.PC] != remote.symbols["entropy_take"]:
            pass
        yield remote.variable("store_boots", 4)
        remote.gdb.monitor("reset")
    remote.gdb.clear_breakpoint(remote.symbols["entropy_take"])


def starts_do_not_wear_the_flash(image, _):
    """Each start is another one, and of so many few erase."""
    with sim.Firmware(image, WHO.pack(), sim.noise(1)) as remote:
        counts = list(starts(remote, STARTS))
        erased = [int(remote.gdb.monitor(f"erased {remote.part.store + at:#x}")) for at in (0, 0x80)]
    if counts != list(range(1, STARTS + 1)):
        yield f"starts are counted {counts}"
    print(f"{STARTS} starts: {sum(erased)} segments erased")
    if sum(erased) > STARTS // 32:
        yield f"{STARTS} starts erase {erased}"


def another_identity(image, _):
    """A part that has started often is given another one: it is that from then on, whatever the store before had in two
    copies."""
    other = replace(WHO, local="fd00:9::3", identity=b"another")
    with sim.Firmware(image, WHO.segments(0)[0][1], sim.noise(1)) as remote:
        list(starts(remote, STARTS // 2))
        for address, octets in other.segments(remote.part.store):
            remote.gdb.write(address, octets)
        counts = list(starts(remote, STARTS))
        settle(remote, remote.now + 2 * SECOND)
        remote.press()
        seen = remote.run(sim.NEVER)
        while not isinstance(seen, Sent):
            seen = remote.run(sim.NEVER)
    if counts != list(range(1, STARTS + 1)):
        yield f"starts are counted {counts}"
    if seen.packet[8:24] != packed(other.local):
        yield f"it calls from {seen.packet[8:24].hex()}"


def supply(image, _):
    """A brown-out resets; so does the supervisor, where it was told to."""
    with sim.Firmware(image, WHO.pack(), sim.noise(1)) as remote:
        settle(remote, 2 * SECOND)
        remote.gdb.monitor("supply 1200")
        settle(remote, 3 * SECOND)
        remote.gdb.monitor("supply 3600")
        settle(remote, 5 * SECOND)
        if resets(remote) != (2, "power"):
            yield f"after a brown-out: {resets(remote)}"
        if remote.part.name == "msp430f1611":
            remote.gdb.monitor("supply 2700")
            settle(remote, 6 * SECOND)
            if resets(remote)[1] != "supply":
                yield f"at 2.7 V: {resets(remote)}"


def keys_do_not_outlive_the_supply(image, peer_program):
    """What keeps its contents is the same after a handshake as before, but for the count of starts."""
    begin, end = (0x4000, 0x10000) if "fr5994" in image else (0x5c00, 0x10000)
    with Peer(peer_program, WHO, SEED) as peer, sim.Firmware(image, WHO.pack(), sim.noise(1)) as remote:
        settle(remote, SECOND)
        before = remote.gdb.read(begin, end - begin)
        join = Join(remote, peer)
        join.press(2 * SECOND)
        answered = [seen.press for seen in join.run(20 * SECOND) if isinstance(seen, Answered)]
        if answered != [1] or remote.gdb.read(begin, end - begin) != before:
            yield "a handshake leaves something in memory that keeps it"


def without_a_fast_crystal(image, peer_program):
    """The MSP430F1611 at 3 V, as on the TelosB: whatever its DCO is, it is held to the watch crystal."""
    if "f1611" not in sim.part.of(sim.elf.load(image)).name:
        return
    for spread in (850, 1000, 1200):
        with Peer(peer_program, WHO, SEED) as peer, sim.Firmware(image, WHO.pack(), sim.noise(1)) as remote:
            for command in ("crystals 32768 0", f"dco {spread}", "supply 3000"):
                remote.gdb.monitor(command)
            join = Join(remote, peer)
            join.press(4 * SECOND)
            answered = [seen.press for seen in join.run(15 * SECOND) if isinstance(seen, Answered)]
            states = deep_states(remote, 16 * SECOND, 26 * SECOND)
            print(f"DCO at {spread / 10} % of the usual: {remote.cycles} cycles, octets lost: {remote.lost}")
            yield from judge_sleep(states, 10)
        if answered != [1]:
            yield f"DCO at {spread / 10} %: answered {answered}"


def too_fast_for_the_supply(image, _):
    """8 MHz at 3 V: the simulator says what the data sheet says."""
    if "f1611" not in sim.part.of(sim.elf.load(image)).name:
        return
    with sim.Firmware(image, WHO.pack(), sim.noise(1)) as remote:
        remote.gdb.monitor("supply 3000")
        try:
            settle(remote, SECOND)
            yield "8 MHz at 3 V are no fault"
        except gdb.SimulatorError as fault:
            print(fault)
            if "8000 kHz: at 3000 mV the part allows 6716 kHz" not in str(fault):
                yield str(fault)


STORIES = (a_night_before_any_press, a_night_with_an_sa, a_gateway_that_has_forgotten, a_tick_on_the_way_to_sleep,
           starts_do_not_wear_the_flash, another_identity, supply, keys_do_not_outlive_the_supply, without_a_fast_crystal,
           too_fast_for_the_supply)


if __name__ == "__main__":
    sys.exit(stories.main(STORIES))
