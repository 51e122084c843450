# SPDX-License-Identifier: MIT
"""Tables of energy, for people and for docs/energy.md."""

from dataclasses import dataclass

import ip6
import lowpan
import model
import phases

EXCHANGES = {"handshake": "handshake", "resumption": "resumption", "esp": "ESP, command and answer"}


@dataclass(frozen=True)
class Table:
    head: list
    rows: list
    texts: int = 1  # so many columns at the left are text, the others are numbers

    def lines(self):
        """With spaces between the columns."""
        cells = [self.head, *self.rows]
        widths = [max(len(row[i]) for row in cells) for i in range(len(self.head))]
        for row in cells:
            yield "  ".join(cell.ljust(width) if i < self.texts else cell.rjust(width)
                            for i, (cell, width) in enumerate(zip(row, widths))).rstrip()

    def markdown(self):
        rule = ["---" if i < self.texts else "--:" for i in range(len(self.head))]
        for row in (self.head, rule, *self.rows):
            yield f"| {' | '.join(row)} |"


class Report:
    """parts: as in parts.json; steps: {"handshake": …, "esp": …}, see model.py, or such by CPU: then the packets are
    the same, and the cycles may differ."""

    def __init__(self, parts, steps, compression, peer_us):
        self.pairs = dict(model.pairs(parts))
        self.cpus = {name: name.split(" + ")[0] for name in self.pairs}
        by_cpu = dict.fromkeys(self.cpus.values(), steps) if "handshake" in steps else steps
        self.parts, self.compression = parts, compression
        self.steps = by_cpu[next(iter(self.cpus.values()))]
        self.titles = {name: title for name, title in EXCHANGES.items() if name in self.steps}
        self.by_cpu = {cpu: {name: model.Exchange.of(by_cpu[cpu][name], compression) for name in self.titles}
                       for cpu in self.cpus.values()}
        self.exchanges = self.by_cpu[next(iter(self.cpus.values()))]
        self.costs = {(name, exchange): model.cost(part, self.of(name, exchange), peer_us)
                      for name, part in self.pairs.items() for exchange in self.titles}

    def of(self, pair, exchange):
        """As the CPU of that pair has it."""
        return self.by_cpu[self.cpus[pair]][exchange]

    def energy(self):
        head = ["", "", "cycles", "CPU ms", "CPU mJ", "radio mJ: listening", "radio mJ: off",
                "all mJ: listening", "all mJ: off"]
        rows = []
        for exchange, title in self.titles.items():
            for name, part in self.pairs.items():
                cycles = self.of(name, exchange).cycles
                on, off = (self.costs[name, exchange][radio] for radio in ("listening", "off"))
                rows.append([title, name, f"{cycles:,}", f"{part.compute_us(cycles) / 1e3:,.1f}",
                             *(f"{mj:,.2f}" for mj in (on["cpu_mj"], on["radio_mj"],
                                                       off["radio_mj"], on["total_mj"],
                                                       off["total_mj"]))])
        return Table(head, rows, texts=2)

    def air(self):
        """What is sent, packet by packet."""
        head = ["packet", "IPv6 octets", "frames", "octets of each", "acknowledgements",
                "octets on air", "ms"]
        rows = []
        for exchange, title in self.titles.items():
            rows += [self.packet(step) for step in self.steps[exchange] if "compute" not in step]
            air = self.exchanges[exchange].air
            rows.append([f"{title}: all", "", f"{air.frames}", "", f"{air.acks}",
                         f"{air.octets:,}", f"{air.us / 1e3:.1f}"])
        return Table(head, rows)

    def packet(self, step):
        outgoing = "send" in step
        packet = bytes.fromhex(step["send" if outgoing else "receive"])
        sizes = lowpan.frames(packet, self.compression)
        air = lowpan.air(packet, outgoing, self.compression)
        return [f"{phases.kind(packet)} {'out' if outgoing else 'in'}", f"{len(packet)}",
                f"{air.frames}", " ".join(map(str, sizes)), f"{air.acks}", f"{air.octets}",
                f"{air.us / 1e3:.1f}"]

    def by_phase(self):
        head = ["", "phase", *(f"{what}, {cpu}" for cpu in self.cpus.values() for what in ("cycles", "mJ"))]
        rows = []
        for exchange, title in self.titles.items():
            for phase in [*self.exchanges[exchange].phases, "all"]:
                row = [title, phase]
                for name, part in self.pairs.items():
                    found = self.of(name, exchange)
                    cycles = found.cycles if phase == "all" else found.phases.get(phase, 0)
                    row += [f"{cycles:,}", f"{part.compute(cycles) / 1e3:.3f}"]
                rows.append(row)
        return Table(head, rows, texts=2)

    def x25519_share(self, exchange):
        """Of its cycles."""
        found = self.exchanges[exchange]
        return sum(found.phases.get(phase, 0) for phase in phases.JOBS) / found.cycles

    def figures(self):
        """Names that the texts of published.json may ask for."""
        handshake = self.exchanges["handshake"]
        x25519 = self.x25519_share("handshake") * handshake.cycles  # of the first CPU
        first = self.costs[next(iter(self.pairs)), "handshake"]["off"]
        figures = {"mhz": self.parts["mhz"], "handshake_mcycles": handshake.cycles / 1e6,
                   "handshake_seconds": first["seconds"],
                   "x25519_mcycles": x25519 / len(phases.JOBS) / 1e6,
                   "ike_octets": sum(map(ike_octets, self.steps["handshake"]))}
        for name, part in self.pairs.items():
            cpu = name.split(" + ")[0]
            cost = self.costs[name, "handshake"]
            figures[f"cpu_mj_{cpu}"] = cost["off"]["cpu_mj"]
            found = self.of(name, "handshake")
            figures[f"x25519_mj_{cpu}"] = part.compute(sum(found.phases.get(job, 0) for job in phases.JOBS)) / 1e3
            figures[f"handshake_mcycles_{cpu}"] = found.cycles / 1e6
            figures[f"listening_mj_{cpu}"] = cost["listening"]["total_mj"]
            figures[f"off_mj_{cpu}"] = cost["off"]["total_mj"]
        return figures

    def published(self, rows, remarks=False):
        figures = self.figures()
        head = ["", "published", "this firmware"] + ["source", "like and unlike"] * remarks
        return Table(head, [[row["what"], row["published"], row["ours"].format(**figures)]
                            + [row["source"], row["remark"]] * remarks for row in rows],
                     texts=len(head))

    def constants(self):
        kinds = {"cpus": model.CPU_CURRENTS, "radios": model.RADIO_CURRENTS + model.RADIO_TIMES}
        rows = []
        for kind, names in kinds.items():
            for part, constants in self.parts[kind].items():
                for name in names:
                    constant = constants[name]
                    value = f"{constant['ua']:,} µA" if "ua" in constant else f"{constant['us']:,} µs"
                    rows.append([part, name.replace("_", " "), value, constant["source"]])
        return Table(["part", "state", "value", "data sheet"], rows, texts=4)

    def sleep(self):
        """A day of it, and how many handshakes and presses that is."""
        kinds = {"handshake": "handshakes", "resumption": "resumptions", "esp": "ESP exchanges"}
        head = ["", "asleep for a day, mJ", *(kinds[exchange] for exchange in self.titles)]
        rows = []
        for name, part in self.pairs.items():
            day = part.asleep_a_day() / 1e3
            rows.append([name, f"{day:.0f}",
                         *(f"{day / self.costs[name, exchange]['off']['total_mj']:.0f}"
                           for exchange in self.titles)])
        return Table(head, rows)

    def json(self):
        return {
            "schema": 1, "bench": "energy", "mhz": self.parts["mhz"], "volts": self.parts["volts"],
            "exchanges": {
                name: {"cycles": found.cycles, "phases": found.phases, "frames": found.air.frames,
                       "acks": found.air.acks, "octets": found.air.octets,
                       "air_ms": found.air.us / 1e3,
                       "costs": {pair: self.costs[pair, name] for pair in self.pairs}}
                for name, found in self.exchanges.items()},
            "figures": self.figures()}


def ike_octets(step):
    packet = bytes.fromhex(step.get("send", "") or step.get("receive", ""))
    if not packet:
        return 0
    carrier, payload = ip6.read(packet)
    return len(payload) - (4 if carrier == ip6.CARRIER_UDP4500 else 0)
