#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The firmware in the simulator sets up IKE and Child SA with strongSwan and opens the garage door.

strongSwan runs in a network namespace; a TUN device is the firmware's link. Exit status: 0 all went
well, 1 it did not, 77 nothing could be run here.
"""

import argparse
import contextlib
import itertools
import os
import shutil
import socket
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
sys.path[:0] = [HERE, os.path.join(ROOT, "tests", "interop")]

import charon
import gdb
import netns
import process
import sim
import stage
from bridge import Bridge
from seam import Answered, Sleeping
from store import NATT, Store
from teller import Teller
from tun import Tun, TunJoin

SKIPPED = 77
IMAGE = os.path.join(ROOT, "build", "msp430", "targets", "msp430", "door.elf")
DOOR_PORT = 4930
PRESSES = 2
QUIET_SECONDS = 8
POWER_ON_US = 900_000  # by then it has started
ENTROPY = sim.noise(2)
STORE = Store(local="fd00:9::1", remote="fd00:9::2", identity=b"client.example.org",
              peer_identity=b"gw.example.org", psk=stage.PSK.encode(), inner="fd00:1::",
              flags=NATT)
IKE, ESP = "aes128ccm8-prfaescmac-x25519", "aes128ccm8"


def missing(image):
    lacks = [] if os.geteuid() == 0 else ["root"]
    lacks += charon.missing() + gdb.missing()
    return lacks + [path for path in ("/dev/net/tun", image) if not os.path.exists(path)]


class Door:
    """Answers commands in the gateway's namespace, on the inner address."""

    def __init__(self, namespace, address):
        with namespace.entered():
            self.socket = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        self.socket.bind((address, DOOR_PORT))
        self.opened = []
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                command, sender = self.socket.recvfrom(64)
                if command[:4] == b"OPEN":
                    self.opened.append(command[4:])
                    self.socket.sendto(b"DONE" + command[4:], sender)

    def close(self):
        # A thread waits in recvfrom: only this wakes it.
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()


def start_charon(exits, namespace):
    folder = exits.enter_context(tempfile.TemporaryDirectory(prefix="ikelet-msp430-"))
    charon.copy_programs(folder)
    gateway = charon.Charon(folder, folder, namespace)
    exits.callback(gateway.stop)
    local, remote = (STORE.inner_address(a) + "/128" for a in (STORE.remote, STORE.local))
    connection = stage.endpoint(STORE.remote, STORE.local, "@" + STORE.peer_identity.decode(),
                                "@" + STORE.identity.decode(), local, remote, IKE, ESP)
    gateway.start({"c": connection}, stage.shared_secret(stage.PSK))
    return gateway


def lay_link(gateway, exits, binary):
    """The TUN device that is the firmware's link: ours, or that of `ikelet slip` at the other end of a pty."""
    address = f"{STORE.remote}/64"
    return exits.enter_context(Bridge(gateway, "link0", address, binary) if binary else Tun(gateway, "link0", address))


def play(image, exits, binary):
    """Answers the teller, at the end, and the door."""
    netns.delete_orphans()
    gateway = netns.Namespace("g")
    exits.callback(gateway.delete)
    inner = STORE.inner_address(STORE.remote)
    gateway.add_address("lo", f"{inner}/128")
    tun = lay_link(gateway, exits, binary)
    daemon = start_charon(exits, gateway)
    door = Door(gateway, inner)
    exits.callback(door.close)
    firmware = exits.enter_context(sim.Firmware(image, STORE.pack(), ENTROPY))
    join = TunJoin(firmware, tun, STORE.local)
    teller = Teller(firmware)
    firmware.run(POWER_ON_US)
    join.press()
    for seen in join.run(QUIET_SECONDS):
        teller.see(seen)
        if isinstance(seen, Answered) and seen.press < PRESSES:
            join.press()
        if teller.failed or isinstance(seen, Sleeping) and len(teller.answered) == PRESSES:
            break
    teller.measure_stack()
    return teller, door, daemon, tun


def judge_bridge(bridge, teller):
    """What is wrong with what it has counted, or None: each packet that was sent, and each that came, has gone through it."""
    out, into, broken, dropped = bridge.counted()
    print(f"ikelet slip: {out} packets from the line, {into} to it")
    return None if out >= 4 and into >= 4 and broken == dropped == 0 and len(teller.answered) == PRESSES else bridge.said


def judge(teller, door, daemon):
    """What is wrong, or None."""
    expected = list(range(1, PRESSES + 1))
    if teller.failed:
        return teller.failed
    if not teller.child_up:
        return "no Child SA"
    if teller.answered != expected:
        return f"answered: {teller.answered}, not {expected}"
    # On a machine that is busy strongSwan's answer takes longer than the remote waits: it asks again.
    if [int.from_bytes(o, "big") for o, _ in itertools.groupby(door.opened)] != expected:
        return f"the door heard {door.opened}"
    if "ESTABLISHED" not in daemon.sas:
        return "strongSwan does not list the IKE SA"
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--image", default=IMAGE, help="the firmware, as ELF file")
    parser.add_argument("--bridge", metavar="IKELET", help="the link is a pty, and `ikelet slip` of that program its other end")
    given = parser.parse_args()
    if os.geteuid() != 0 and os.environ.get("INTEROP") == "yes" and shutil.which("sudo"):
        os.execvp("sudo", ["sudo", sys.executable, "-B", os.path.abspath(__file__), *sys.argv[1:]])
    lacks = missing(given.image)
    if lacks:
        print(f"SKIPPED: msp430 with strongSwan: no {', no '.join(lacks)}")
        return SKIPPED
    print("MSP430F1611, simulated whole, SLIP at its UART; strongSwan in a network namespace, a TUN device between them."
          "\nTime is the firmware's: 8 MHz while it computes.\n", flush=True)
    with contextlib.ExitStack() as exits:
        begun = time.monotonic()
        try:
            teller, door, daemon, tun = play(given.image, exits, given.bridge)
            wrong = judge(teller, door, daemon)
            tail = daemon.log[-3000:] if wrong else ""
        except (process.Failed, gdb.SimulatorError, OSError) as failure:
            print(f"FAILED: {failure}")
            return 1
    print(f"\nCycles of the firmware by phase ({time.monotonic() - begun:.1f} s on this machine):\n")
    print("\n".join(teller.phases.table(sim.MHZ)))
    print(teller.stack)
    wrong = wrong or (given.bridge and judge_bridge(tun, teller))
    if wrong:
        print(f"{tail}\nFAILED: {wrong}")
    return 1 if wrong else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
