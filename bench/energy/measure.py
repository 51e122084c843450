# SPDX-License-Identifier: MIT
"""A handshake and an ESP exchange of the firmware in the simulator, as steps for model.py."""

import os
from dataclasses import dataclass

import gdb
import phases
import sim
from join import Join
from peer import Peer, PeerError
from seam import CHILD_UP, Answered, Handed, JobBegun, JobEnded, Sending, Told
from virtual import ENTROPY, PEER_SEED, STORES

PRESSES = (1_000_000, 60_000_000)  # us
RESTED = (5_000_000, 60_000_000)  # by then a key pair is there, if the image computes it ahead
HORIZON = 90_000_000
REQUESTS = {"handshake": 2, "esp": 1}
UNHEARD = range(3, 6)  # the commands of the second press: the gateway gets none, and the remote begins anew
TICKET_SECONDS = 3600
# Which preset builds the image for a CPU of parts.json.
PRESETS = {"MSP430F1611": "msp430", "MSP430F5438A": "msp430f5438a", "MSP430FR5994": "msp430fr5994"}
# What is measured: the remote with the fast primitives, and with the small ones.
IMAGES = ("door_fast", "door")
AHEAD = "door_ahead"  # the same, which computes key pairs ahead: its pair and handshake are measured
RESUMES = "door_resume"  # with the fast primitives and tickets (RFC 5723): only its resumption is measured


class Failed(Exception):
    """The run was not what is to be measured."""


def image_of(build, cpu, image):
    return os.path.join(build, PRESETS[cpu], "targets", "msp430", f"{image}.elf")


def lacking(build, peer):
    paths = [peer] + [image_of(build, cpu, image) for cpu in PRESETS for image in (*IMAGES, AHEAD, RESUMES)]
    return gdb.missing() + [path for path in paths if not os.path.exists(path)]


@dataclass(frozen=True)
class Seeded:
    """The samples of a seed are taken. What a handshake takes is counted from there."""


class Steps:
    """Fed with what the firmware does. The handshake is from the first press of the button to the
    Child SA, the ESP exchange from the second press to the answer. What is computed before the first press is the pair."""

    def __init__(self, firmware):
        self.firmware = firmware
        self.phases = phases.Phases()
        self.exchanges = {}
        self.steps = None  # of the exchange that is under way

    def see(self, seen):
        if isinstance(seen, Seeded):
            self.phases.mark = self.firmware.cycles
            if "esp" in self.exchanges:
                self.steps = self.exchanges["resumption"] = []
            return
        phase, cycles = self.phases.see(seen, self.firmware.cycles)
        if phase is None:
            return
        if self.steps is not None and phase != phases.LINK:
            self.computed(phase, cycles)
        if isinstance(seen, JobBegun) and not self.exchanges:
            self.steps = self.exchanges["pair"] = []
        elif isinstance(seen, JobEnded) and "handshake" not in self.exchanges:
            self.steps = None
        if isinstance(seen, Handed):
            self.was_handed(seen)
        if self.steps is None:
            return
        if isinstance(seen, Sending):
            self.steps.append({"send": seen.packet.hex()})
        elif isinstance(seen, Told) and seen.event == CHILD_UP or isinstance(seen, Answered):
            self.steps = None

    def computed(self, phase, cycles):
        """One step a phase between two packets: a long computation comes in slices."""
        for step in reversed(self.steps):
            if "compute" not in step:
                break
            if step["compute"] == phase:
                step["cycles"] += cycles
                return
        self.steps.append({"compute": phase, "cycles": cycles})

    def was_handed(self, seen):
        if seen.what == "rx" and self.steps is not None:
            self.steps.append({"receive": seen.packet.hex()})
        elif seen.what == "press":
            self.steps = self.exchanges["esp" if "handshake" in self.exchanges else "handshake"] = []


def measure(build, peer_program):
    """{image: {CPU: {carrier: {exchange: steps}}}}; the same images give the same."""
    found = {image: {cpu: {carrier: play(image_of(build, cpu, image), peer_program, store, handshake_and_command)
                           for carrier, store in STORES.items()} for cpu in PRESETS} for image in IMAGES}
    found[AHEAD] = {cpu: {carrier: play(image_of(build, cpu, AHEAD), peer_program, store, pair_and_handshake)
                          for carrier, store in STORES.items()} for cpu in PRESETS}
    found[RESUMES] = {cpu: {carrier: play(image_of(build, cpu, RESUMES), peer_program, store, resumption)
                            for carrier, store in STORES.items()} for cpu in PRESETS}
    return found


def play(image, peer_program, store, story):
    try:
        with Peer(peer_program, store, PEER_SEED) as peer, \
                sim.Firmware(image, store.pack(), ENTROPY + sim.noise(2)) as firmware:
            exchanges = story(firmware, peer)
    except (gdb.SimulatorError, PeerError, OSError) as failure:
        raise Failed(str(failure)) from failure
    for name, found in exchanges.items():
        requests = {"pair": 0, "esp": 1}.get(name, 2)
        sent, got = (sum(what in step for step in found) for what in ("send", "receive"))
        if (sent, got) != (requests, requests):
            raise Failed(f"{name}: {sent} packets sent and {got} got, not {requests} each")
    return exchanges


def handshake_and_command(firmware, peer):
    found = two_presses(firmware, Join(firmware, peer))
    return {name: found.get(name, []) for name in REQUESTS}


def pair_and_handshake(firmware, peer):
    found = two_presses(firmware, Join(firmware, peer), RESTED)
    return {name: found.get(name, []) for name in ("pair", "handshake")}


def resumption(firmware, peer):
    """Of the second press, from the seed on."""
    taken = firmware.symbols["entropy_take"]
    firmware.at[taken] = lambda: firmware.on_return(Seeded)
    firmware.gdb.set_breakpoint(taken)
    peer.give_tickets(TICKET_SECONDS)
    join = Join(firmware, peer, lose=lambda ours, number: ours and number in UNHEARD)
    return {"resumption": two_presses(firmware, join).get("resumption", [])}


def two_presses(firmware, join, presses=PRESSES):
    for moment in presses:
        join.press(moment)
    steps = Steps(firmware)
    for seen in join.run(HORIZON):
        steps.see(seen)
    return steps.exchanges
