# SPDX-License-Identifier: MIT
"""A handshake and an ESP exchange of the firmware in the simulator, as steps for model.py."""

import os

import gdb
import phases
import sim
from join import Join
from peer import Peer, PeerError
from seam import CHILD_UP, Answered, Handed, Sending, Told
from virtual import ENTROPY, PEER_SEED, STORES

PRESSES = (1_000_000, 60_000_000)  # us
HORIZON = 90_000_000
REQUESTS = {"handshake": 2, "esp": 1}
# Which preset builds the image for a CPU of parts.json.
PRESETS = {"MSP430F1611": "msp430", "MSP430F5438A": "msp430f5438a", "MSP430FR5994": "msp430fr5994"}
# What is measured: the remote with the fast primitives, and with the small ones.
IMAGES = ("door_fast", "door")


class Failed(Exception):
    """The run was not what is to be measured."""


def image_of(build, cpu, image):
    return os.path.join(build, PRESETS[cpu], "targets", "msp430", f"{image}.elf")


def lacking(build, peer):
    paths = [peer] + [image_of(build, cpu, image) for cpu in PRESETS for image in IMAGES]
    return gdb.missing() + [path for path in paths if not os.path.exists(path)]


class Steps:
    """Fed with what the firmware does. The handshake is from the first press of the button to the
    Child SA, the ESP exchange from the second press to the answer."""

    def __init__(self, firmware):
        self.firmware = firmware
        self.phases = phases.Phases()
        self.exchanges = {}
        self.steps = None  # of the exchange that is under way

    def see(self, seen):
        phase, cycles = self.phases.see(seen, self.firmware.cycles)
        if phase is None:
            return
        if self.steps is not None and phase != phases.LINK:
            self.computed(phase, cycles)
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
            self.steps = self.exchanges["esp" if self.exchanges else "handshake"] = []


def measure(build, peer_program):
    """{image: {CPU: {carrier: {exchange: steps}}}}; the same images give the same."""
    return {image: {cpu: {carrier: play(image_of(build, cpu, image), peer_program, store) for carrier, store in STORES.items()}
                    for cpu in PRESETS} for image in IMAGES}


def play(image, peer_program, store):
    try:
        with Peer(peer_program, store, PEER_SEED) as peer, \
                sim.Firmware(image, store.pack(), ENTROPY) as firmware:
            join = Join(firmware, peer)
            for moment in PRESSES:
                join.press(moment)
            steps = Steps(firmware)
            for seen in join.run(HORIZON):
                steps.see(seen)
    except (gdb.SimulatorError, PeerError, OSError) as failure:
        raise Failed(str(failure)) from failure
    for name, requests in REQUESTS.items():
        found = steps.exchanges.get(name, [])
        sent, got = (sum(what in step for step in found) for what in ("send", "receive"))
        if (sent, got) != (requests, requests):
            raise Failed(f"{name}: {sent} packets sent and {got} got, not {requests} each")
    return steps.exchanges
