# SPDX-License-Identifier: MIT
"""Energy of an exchange: what the CPU takes, and what the radio takes, by their data sheets.

An exchange is a list of steps: {"compute": phase, "cycles": n}, {"send": packet in hex} and
{"receive": packet}. They follow each other, nothing overlaps.
"""

import json
from dataclasses import dataclass

import lowpan

CPU_CURRENTS = ("active", "sleep", "deep_sleep")
RADIO_CURRENTS = ("transmit", "receive", "listen", "start", "off", "unpowered")
RADIO_TIMES = ("crystal", "lock")
DAY_US = 86400 * 10**6


class Wrong(Exception):
    """A file of figures is not as it should be."""


def load(path):
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except (OSError, ValueError) as failure:
        raise Wrong(f"{path}: {failure}") from failure


def load_parts(path):
    parts = load(path)
    try:
        for cpu, radio in parts["pairs"]:
            for name in CPU_CURRENTS:
                check(parts["cpus"][cpu][name], "ua")
            for name in RADIO_CURRENTS:
                check(parts["radios"][radio][name], "ua")
            for name in RADIO_TIMES:
                check(parts["radios"][radio][name], "us")
        if not (parts["volts"] > 0 and parts["mhz"] > 0):
            raise ValueError("volts or mhz")
    except (KeyError, TypeError, ValueError) as what:
        raise Wrong(f"{path}: {what} is missing or wrong") from what
    return parts


def check(constant, unit):
    if not (constant[unit] >= 0 and constant["source"]):
        raise ValueError(constant)


@dataclass(frozen=True)
class Part:
    """A CPU with a radio. Energy is in microjoules, time in microseconds."""

    cpu: dict
    radio: dict
    volts: float
    mhz: float

    def energy(self, constant, us):
        return self.volts * constant["ua"] * us / 1e6

    def compute_us(self, cycles):
        return cycles / self.mhz

    def compute(self, cycles):
        return self.energy(self.cpu["active"], self.compute_us(cycles))

    def on_air(self, air):
        return (self.energy(self.radio["transmit"], air.sending_us)
                + self.energy(self.radio["receive"], air.receiving_us)
                + self.energy(self.radio["listen"], air.listening_us))

    @property
    def start_us(self):
        return self.radio["crystal"]["us"] + self.radio["lock"]["us"]

    def start(self):
        """Of the radio, from the state in which it keeps its registers."""
        return (self.energy(self.radio["start"], self.radio["crystal"]["us"])
                + self.energy(self.radio["listen"], self.radio["lock"]["us"]))

    def asleep_a_day(self):
        return (self.energy(self.cpu["deep_sleep"], DAY_US)
                + self.energy(self.radio["unpowered"], DAY_US))


def pairs(parts):
    """(name, Part) of each."""
    for cpu, radio in parts["pairs"]:
        yield (f"{cpu} + {radio}",
               Part(parts["cpus"][cpu], parts["radios"][radio], parts["volts"], parts["mhz"]))


@dataclass(frozen=True)
class Exchange:
    """What does not depend on the part."""

    cycles: int
    cycles_awaiting: int  # of them while a request is out: the radio has to listen
    phases: dict  # cycles by phase
    air: lowpan.Air
    requests: int

    @classmethod
    def of(cls, steps, compression):
        phases, air, awaiting, requests, out = {}, lowpan.Air(), 0, 0, False
        for step in steps:
            if "compute" in step:
                phases[step["compute"]] = phases.get(step["compute"], 0) + step["cycles"]
                awaiting += step["cycles"] if out else 0
                continue
            out = "send" in step
            requests += out
            packet = bytes.fromhex(step["send" if out else "receive"])
            air += lowpan.air(packet, out, compression)
        return cls(sum(phases.values()), awaiting, phases, air, requests)


def cost(part, exchange, peer_us):
    """Energy and time of one exchange, with the radio listening throughout and with it off from an
    answer to the next request. peer_us: from the end of a request to the beginning of its answer."""
    return {"listening": row(part, exchange, peer_us, part.radio["listen"], 1),
            "off": row(part, exchange, peer_us, part.radio["off"], exchange.requests)}


def row(part, exchange, peer_us, alone, starts):
    """alone: the radio's state while the CPU computes and nothing is awaited."""
    computing = part.compute_us(exchange.cycles)
    awaiting = part.compute_us(exchange.cycles_awaiting)
    waiting = exchange.requests * peer_us
    asleep = exchange.air.us + waiting + starts * part.start_us
    radio = {"air": part.on_air(exchange.air), "start": starts * part.start(),
             "waiting": part.energy(part.radio["listen"], waiting + awaiting),
             "computing": part.energy(alone, computing - awaiting)}
    energies = {"cpu": part.compute(exchange.cycles),
                "sleep": part.energy(part.cpu["sleep"], asleep), "radio": sum(radio.values())}
    energies["total"] = sum(energies.values())
    energies |= {f"radio_{name}": uj for name, uj in radio.items()}
    return {"seconds": (computing + asleep) / 1e6,
            **{f"{name}_mj": uj / 1e3 for name, uj in energies.items()}}
