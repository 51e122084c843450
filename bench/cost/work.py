# SPDX-License-Identifier: MIT
"""Runs of the firmware: by phase, the cycles that it takes in the simulator, and what the meter
counts in the same run of its sources on the host."""

import collections
import os
import re
import subprocess
import sys
from dataclasses import dataclass, replace

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "targets", "msp430", "runner"))

import gdb
import ip6
import native
import phases
import sim
import virtual
from join import Join
from peer import Peer
from seam import JobBegun, JobEnded, JobPaused, Reached, Sending, Sent, Sleeping, Told, handed
from store import NATT, Store

def images_of(preset):
    return os.path.join(ROOT, "build", preset, "targets", "msp430")


IMAGES = images_of("msp430")
PROGRAMS = os.path.join(ROOT, "build", "host", "targets", "msp430", "runner")
TABLE = os.path.join(HERE, "msp430f1611.csv")
ENTROPY, PEER_SEED = sim.noise(1), bytes(range(32, 64))
PRESS, HORIZON = 1_000_000, 60_000_000  # us
START, BUTTON, JOBS = phases.START, "button", phases.JOBS
INIT_OUT, INIT_IN, AUTH_OUT, AUTH_IN, ESP_OUT, ESP_IN = (
    f"{kind} {way}" for kind in ("IKE_SA_INIT", "IKE_AUTH", "ESP") for way in ("out", "in"))
HANDSHAKE = (BUTTON, JOBS[0], INIT_OUT, INIT_IN, JOBS[1], AUTH_OUT, AUTH_IN)
COMMON = Store("fd00:9::1", "fd00:9::2", b"client.example.org", b"gw.example.org",
               b"a pre-shared key", "fd00:1::", NATT)
PLAIN = replace(COMMON, flags=0)
BRIEF = virtual.STORES["esp"]


@dataclass(frozen=True)
class Run:
    """One press of the button. longer: octets of the answer beyond those of the command; lose: the
    first packet of both; cookie: the gateway asks for one; long: the image with a longer command."""

    name: str
    store: Store = COMMON
    longer: int = 0
    lose: bool = False
    cookie: bool = False
    long: bool = False


class Work(collections.Counter):
    """Counts of the meter by name; unlike those of a plain Counter, differences keep what is 0."""

    def __add__(self, other):
        return Work({k: self[k] + other[k] for k in self.keys() | other.keys()})

    def __sub__(self, other):
        return Work({k: self[k] - other[k] for k in self.keys() | other.keys()})


class Busy(phases.Phases):
    """What the main loop does behind a piece of work belongs to it."""

    def __init__(self, zero):
        super().__init__()
        self.cycles, self.mark, self.zero = {}, zero, zero
        self.last = START

    def see(self, seen, cycles):
        if isinstance(seen, (Sent, Reached)):
            return
        name = self.name(seen)
        if name != phases.LINK:
            self.last = self.last if name == phases.IDLE else name
            self.cycles[self.last] = self.cycles.get(self.last, self.zero) + (cycles - self.mark)
        self.mark = cycles


class Crowded(Peer):
    """A gateway that asks for a cookie first (RFC 7296 2.6)."""

    asked = False

    def packet(self, now, packet):
        if self.asked:
            return super().packet(now, packet)
        self.asked = True
        carrier, request = ip6.read(packet)
        cookie = bytes(range(32))
        notify = (8 + len(cookie)).to_bytes(4, "big") + (16390).to_bytes(4, "big") + cookie
        header = request[:8] + bytes(8) + b"\x29\x20\x22\x20" + bytes(4)
        return [self.outer(carrier, header + (28 + len(notify)).to_bytes(4, "big") + notify)]


def missing(images=IMAGES, programs=PROGRAMS):
    paths = [os.path.join(images, name + ".elf") for name in ("door", "door_long")]
    paths += [os.path.join(programs, "msp430_" + name)
              for name in ("peer", "native_minimal", "native_long")]
    return gdb.missing() + [path for path in paths if not os.path.exists(path)]


def play(run, images=IMAGES, programs=PROGRAMS):
    """(cycles, work): two dicts by phase. The image may be of another build than the programs, but
    not of other sources."""
    events, cycles = in_simulator(run, images, programs)
    return cycles, on_host(run, events, programs)


def in_simulator(run, images, programs):
    image = os.path.join(images, "door_long.elf" if run.long else "door.elf")
    busy = Busy(0)
    gateway = (Crowded if run.cookie else Peer)(os.path.join(programs, "msp430_peer"), run.store,
                                                PEER_SEED)
    with gateway as peer, sim.Firmware(image, run.store.pack(), ENTROPY) as firmware:
        peer.answer_longer(run.longer)
        join = Join(firmware, peer, lose=lambda _, number: run.lose and number == 0)
        join.press(PRESS)
        for seen in join.run(HORIZON):
            busy.see(seen, firmware.cycles)
    return join.events, busy.cycles


def on_host(run, events, programs):
    program = os.path.join(programs, "msp430_native_" + ("long" if run.long else "minimal"))
    busy, total, names = Busy(Work()), Work(), meter_names()
    wakes = iter([handed(event) for event in events if not event.startswith("job")])
    job, booked = None, []  # jobs whose cost the core counts when it is told that they are done
    for what, *words in native.replay_lines([program], run.store.pack(), ENTROPY, events):
        if what == "cost" and words[0] in booked:
            booked.remove(words[0])
        elif what == "cost":
            total = total + Work({names[int(words[0])]: int(words[1])})
        elif what == "tx":
            busy.see(Sending(bytes.fromhex(words[0])), total)
        elif what == "told":
            busy.see(Told(*map(int, words)), total)
        elif what == "job":
            busy.see(JobBegun(), total)
            job = words[0]
        elif what == "paused":
            busy.see(JobPaused(), total)
            busy.see(next(wakes), total)
        elif what == "done":
            total = total + Work({names[int(job)]: 1})
            busy.see(JobEnded(0), total)
            booked.append(job)
        elif what == "sleep":
            busy.see(Sleeping(0), total)
            if (event := next(wakes, None)) is not None:
                busy.see(event, total)
    return busy.cycles


def meter_names():
    """In the order of enum ik_cost."""
    with open(os.path.join(ROOT, "core", "include", "ikelet", "ik_crypto.h"), encoding="utf-8") as f:
        return re.findall(r'^    X\(\w+, "(\w+)"\)', f.read(), re.MULTILINE)


def read_table(path=TABLE):
    with open(path, encoding="utf-8") as file:
        return read_lines(file)


def read_lines(lines):
    rows = [line.split(",") for line in lines if line[0] != "#"]
    return {name: int(cycles) for name, cycles, *_ in rows}


def predicted(table, work):
    return sum(table[name] * count for name, count in work.items())


def output(*command):
    """The first line that a program prints."""
    done = subprocess.run(command, check=True, capture_output=True, text=True,
                          stdin=subprocess.DEVNULL)
    return (done.stdout or done.stderr).strip().split("\n")[0]
