# SPDX-License-Identifier: MIT
"""bench/energy.py: frames and energies worked out by hand, and docs/energy.md."""

import contextlib
import copy
import io
import json
import os
import struct
import sys
import tempfile
import unittest
import xml.etree.ElementTree

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path.insert(0, os.path.join(ROOT, "bench"))

import energy
import ip6
import lowpan
import measure
import model
import plot
from report import Report, Table
from seam import (CHILD_UP, Answered, Handed, JobBegun, JobEnded, JobPaused, LinkDone, Reached, Sending, Sent, Sleeping,
                  Told)

DOC = os.path.join(ROOT, "docs", "energy.md")


def packet(octets, protocol, flow=0, ports=(500, 500), hops=64, traffic=0):
    """An IPv6 packet of so many octets."""
    head = struct.pack(">IHBB", 6 << 28 | traffic << 20 | flow, octets - 40, protocol, hops)
    body = struct.pack(">HH", *ports) + bytes(octets) if protocol == ip6.UDP else bytes(octets)
    return (head + bytes(32) + body)[:octets]


class Frames(unittest.TestCase):
    def test_one_frame(self):
        # MAC 11, IPHC 2, next header 1, addresses 32, and 60 octets of payload.
        self.assertEqual(lowpan.frames(packet(100, ip6.ESP)), [106])
        # IPHC 2, addresses 32, UDP 1 + 4 + 2, and 52.
        self.assertEqual(lowpan.frames(packet(100, ip6.UDP)), [104])

    def test_the_longest_frame(self):
        self.assertEqual(lowpan.frames(packet(121, ip6.ESP)), [127])
        # 4 of fragmentation and 77 of the 81 octets would fit: offsets count eights of 112.
        self.assertEqual(lowpan.frames(packet(122, ip6.ESP)), [11 + 4 + 35 + 72, 11 + 5 + 10])

    def test_the_frames_of_ns3(self):
        # garage-door with aes128ccm8-prfsha256-x25519: ns-3 sends flow label 1 and no checksum.
        ns3 = lowpan.Compression(elide_checksum=True)
        for octets, protocol, sizes in ((248, ip6.UDP, [121, 120, 48]),
                                        (326, ip6.UDP, [121, 120, 120, 22]),
                                        (302, ip6.UDP, [121, 120, 102]),
                                        (92, ip6.ESP, [101]), (64, ip6.UDP, [69])):
            self.assertEqual(lowpan.frames(packet(octets, protocol, flow=1), ns3), sizes)

    def test_what_is_elided(self):
        def octets(**fields):
            compression = {name: fields.pop(name) for name in ("address_octets", "elide_checksum")
                           if name in fields}
            return lowpan.compressed(packet(100, ip6.UDP, **fields),
                                     lowpan.Compression(**compression))[0]

        self.assertEqual(octets(), 41)
        self.assertEqual(octets(hops=63), 42)
        self.assertEqual(octets(traffic=1), 42)
        self.assertEqual(octets(flow=7), 44)
        self.assertEqual(octets(flow=7, traffic=4), 45)
        self.assertEqual(octets(ports=(0xf0b1, 0xf0bf)), 38)
        self.assertEqual(octets(ports=(0xf0b1, 500)), 40)
        self.assertEqual(octets(address_octets=0), 9)
        self.assertEqual(octets(elide_checksum=True), 39)

    def test_every_octet_is_carried(self):
        for size in range(48, 1281):
            datagram = packet(size, ip6.UDP)
            sizes = lowpan.frames(datagram)
            self.assertLessEqual(max(sizes), 127)
            overhead = 11 * len(sizes) + (5 * len(sizes) - 1 if len(sizes) > 1 else 0)
            self.assertEqual(sum(sizes) - overhead, 41 + size - 48, size)

    def test_no_packets(self):
        for wrong in (b"", bytes(100), packet(100, ip6.ESP)[:39], packet(100, ip6.UDP)[:47],
                      packet(2048, ip6.ESP)):
            with self.assertRaises(ValueError):
                lowpan.frames(wrong)

    def test_time_on_the_air(self):
        # 106 + 6 octets and the acknowledgement's 5 + 6; back-off 1120, CCA 128, twice 192, LIFS 640
        out = lowpan.air(packet(100, ip6.ESP), True)
        self.assertEqual((out.sending_us, out.receiving_us, out.listening_us), (3584, 352, 2272))
        self.assertEqual((out.frames, out.acks, out.octets, out.us), (1, 1, 123, 6208))
        back = lowpan.air(packet(100, ip6.ESP), False)
        self.assertEqual((back.sending_us, back.receiving_us, back.us), (352, 3584, 6208))
        self.assertEqual((out + back).us, 12416)


def constant(ua):
    return {"ua": ua, "source": "a data sheet"}


CPU = {"active": constant(4000), "sleep": constant(100), "deep_sleep": constant(2)}
RADIO = {"transmit": constant(17000), "receive": constant(18000), "listen": constant(19000),
         "start": constant(500), "off": constant(20), "unpowered": constant(1),
         "crystal": {"us": 1000, "source": "p. 1"}, "lock": {"us": 200, "source": "p. 2"}}
PARTS = {"volts": 3.0, "mhz": 8, "pairs": [["C", "R"]], "cpus": {"C": CPU}, "radios": {"R": RADIO}}


class Energies(unittest.TestCase):
    part = model.Part(CPU, RADIO, 3.0, 8)

    def test_cycles(self):
        self.assertAlmostEqual(self.part.compute(1_000_000), 1500)  # 1.5 nJ each

    def test_the_f1611_takes_15_nj_a_cycle(self):
        parts = model.load_parts(energy.PARTS)
        per_cycle = {name: part.compute(1) * 1000 for name, part in model.pairs(parts)}
        self.assertAlmostEqual(per_cycle["MSP430F1611 + CC2420"], 1.5)
        self.assertAlmostEqual(per_cycle["MSP430F5438A + CC2520"], 0.69)
        self.assertAlmostEqual(per_cycle["MSP430FR5994 + CC2520"], 0.380625)

    def test_start(self):
        self.assertAlmostEqual(self.part.start(), 3 * (0.5 + 19 * 0.2))

    def test_a_day(self):
        self.assertAlmostEqual(self.part.asleep_a_day(), 3 * 3 * 86400)

    def test_an_exchange(self):
        datagram = packet(100, ip6.ESP).hex()
        exchange = model.Exchange.of(
            [{"compute": "a", "cycles": 80_000}, {"send": datagram},
             {"compute": "idle", "cycles": 800}, {"receive": datagram},
             {"compute": "b", "cycles": 7_200}, {"compute": "a", "cycles": 8_000}],
            lowpan.Compression())
        self.assertEqual(exchange.phases, {"a": 88_000, "idle": 800, "b": 7_200})
        self.assertEqual((exchange.cycles, exchange.cycles_awaiting, exchange.requests),
                         (96_000, 800, 1))
        costs = model.cost(self.part, exchange, 10_000)
        # 12 ms of computing at 4 mA; asleep for 12.416 ms of air, 10 of waiting, 1.2 of starting.
        air = 3 * (17 * 3.936 + 18 * 3.936 + 19 * 4.544)
        for radio, alone in (("listening", 19), ("off", 0.02)):
            row = costs[radio]
            self.assertAlmostEqual(row["cpu_mj"], 0.144)
            self.assertAlmostEqual(row["sleep_mj"], 3 * 0.1 * 23.616 / 1000)
            self.assertAlmostEqual(row["seconds"], 0.012 + 0.023616)
            self.assertAlmostEqual(row["radio_mj"] * 1000,
                                   air + self.part.start() + 3 * 19 * 10.1 + 3 * alone * 11.9)
            parts = ("radio_air_mj", "radio_start_mj", "radio_waiting_mj", "radio_computing_mj")
            self.assertAlmostEqual(row["radio_mj"], sum(row[name] for name in parts))
            self.assertAlmostEqual(row["radio_computing_mj"] * 1000, 3 * alone * 11.9)
            self.assertAlmostEqual(row["total_mj"],
                                   row["cpu_mj"] + row["sleep_mj"] + row["radio_mj"])

    def test_a_start_for_each_request(self):
        datagram = packet(100, ip6.ESP).hex()
        steps = [{"send": datagram}, {"receive": datagram}] * 2
        costs = model.cost(self.part, model.Exchange.of(steps, lowpan.Compression()), 0)
        self.assertAlmostEqual(costs["off"]["radio_mj"] - costs["listening"]["radio_mj"],
                               self.part.start() / 1000)


class Files(unittest.TestCase):
    def load(self, parts):
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            file.write(parts if isinstance(parts, str) else json.dumps(parts))
            file.flush()
            return model.load_parts(file.name)

    def test_parts(self):
        self.assertEqual(self.load(PARTS), PARTS)

    def test_wrong_parts(self):
        wrong = ["{", {}, {**PARTS, "volts": 0}, {**PARTS, "pairs": [["C", "another"]]}]
        for path in (("cpus", "C", "sleep"), ("radios", "R", "lock")):
            for value in (None, {}, {"ua": -1, "us": -1, "source": "s"}, {"ua": 1, "us": 1}):
                parts = copy.deepcopy(PARTS)
                parts[path[0]][path[1]][path[2]] = value
                wrong.append(parts)
        for parts in wrong:
            with self.assertRaises(model.Wrong, msg=parts):
                self.load(parts)
        with self.assertRaises(model.Wrong):
            model.load_parts("there is no such file")

    def test_record_has_what_the_program_wants(self):
        record = energy.load_record()
        self.assertEqual(set(record), {*measure.IMAGES, measure.AHEAD, measure.RESUMES})
        for image, cpus in record.items():
            self.assertEqual(set(cpus), set(measure.PRESETS), image)
            for cpu, carriers in cpus.items():
                self.assertEqual(set(carriers), set(energy.CARRIERS), cpu)
        self.assertEqual(set(measure.STORES), set(energy.CARRIERS))

    def test_check_finds_drift_and_other_packets(self):
        record = energy.load_record()
        self.assertEqual(list(energy.differences(record, record)), [])
        for factor, found in ((1.05, 0), (0.95, 0), (1.15, 1), (0.85, 1)):
            other = copy.deepcopy(record)
            for step in other["door"]["MSP430F5438A"]["esp"]["handshake"]:
                if "cycles" in step:
                    step["cycles"] = int(step["cycles"] * factor)
            self.assertEqual(len(list(energy.differences(record, other))), found, factor)
        other = copy.deepcopy(record)
        sent = next(step for step in other["door_fast"]["MSP430F1611"]["udp"]["esp"] if "send" in step)
        sent["send"] = sent["send"][:-2] + "00"
        self.assertEqual(list(energy.differences(record, other)), ["door_fast, MSP430F1611, udp, esp: other packets"])


class Document(unittest.TestCase):
    def tables(self):
        return energy.doc_tables(energy.load_record(), model.load_parts(energy.PARTS),
                                 model.load(energy.PUBLISHED))

    def test_it_has_the_tables_of_the_record(self):
        with open(DOC, encoding="utf-8") as file:
            text = file.read()
        self.assertEqual(energy.fill(text, self.tables()), text,
                         "bench/energy.py --update docs/energy.md writes them anew")

    def test_it_has_the_picture_of_the_record(self):
        with open(os.path.splitext(DOC)[0] + ".svg", encoding="utf-8") as file:
            self.assertEqual(energy.picture(energy.load_record(), model.load_parts(energy.PARTS)),
                             file.read())

    def test_filling(self):
        table = Table(["a", "b"], [["x", "1"]])
        text = "before\n<!-- t -->\nold\n<!-- end -->\nafter\n"
        self.assertEqual(energy.fill(text, {"t": table}), "before\n<!-- t -->\n| a | b |\n| --- | --: |"
                                                          "\n| x | 1 |\n<!-- end -->\nafter\n")
        for wrong in ({}, {"t": table, "u": table}):
            with self.assertRaises(model.Wrong):
                energy.fill(text, wrong)


class Program(unittest.TestCase):
    def run_main(self, *argv):
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                status = energy.main(list(argv))
            except SystemExit as left:
                status = left.code
        return status, out.getvalue(), err.getvalue()

    def test_the_same_output_twice(self):
        first = self.run_main("--carrier=udp", "--peer-ms=5")
        self.assertEqual(first, self.run_main("--carrier=udp", "--peer-ms=5"))
        self.assertEqual(first[0], 0)
        self.assertIn("the peer answers after 5 ms", first[1])

    def test_waiting_costs(self):
        def radio(milliseconds):
            with tempfile.TemporaryDirectory() as folder:
                path = os.path.join(folder, "energy.json")
                self.assertEqual(self.run_main(f"--peer-ms={milliseconds}", f"--json={path}")[0], 0)
                costs = model.load(path)["exchanges"]["esp"]["costs"]
            return costs["MSP430F1611 + CC2420"]["off"]["radio_mj"]

        self.assertAlmostEqual(radio(1020) - radio(20), 3 * 18.8)  # a second of listening

    def test_wrong_arguments(self):
        for wrong in (["--peer-ms=-1"], ["--peer-ms=nan"], ["--peer-ms=soon"], ["--carrier=pigeon"],
                      ["--address-octets=3"], ["--nonsense"], ["--check", "--measure"],
                      ["--update=docs/energy.md", "--peer-ms=5"]):
            self.assertEqual(self.run_main(*wrong)[0], 2, wrong)

    def test_no_image(self):
        for option in ("--check", f"--update={DOC}"):
            status, out, _ = self.run_main(option, "--build=there-is-none")
            self.assertEqual(status, energy.SKIPPED)
            self.assertIn("SKIPPED", out)
        status, out, _ = self.run_main("--measure", "--build=there-is-none")
        self.assertEqual(status, 0)
        self.assertIn("SKIPPED", out)
        self.assertIn("as recorded", out)

    def test_a_file_that_cannot_be_written(self):
        status, _, err = self.run_main("--json=/no/such/folder/energy.json")
        self.assertEqual(status, 1)
        self.assertIn("/no/such/folder", err)


class Recording(unittest.TestCase):
    """measure.Steps, fed with a run that is made up."""

    def test_steps(self):
        firmware = type("", (), {"cycles": 0})()
        steps = measure.Steps(firmware)
        ike, esp = (ip6.build("fd00::1", "fd00::2", carrier, bytes(18) + bytes([34]) + bytes(30))
                    for carrier in (ip6.CARRIER_UDP500, ip6.CARRIER_ESP))

        def see(seen, cycles):
            firmware.cycles += cycles
            steps.see(seen)

        see(Sleeping(9), 1000)
        see(Handed("press", 1), 90)
        see(JobBegun(), 3)
        see(JobPaused(), 200)
        see(JobBegun(), 4)
        see(JobEnded(1), 300)
        see(Sending(ike), 100)
        see(Reached(1), 400)  # the line takes time
        see(LinkDone(), 400)
        see(Sleeping(9), 7)
        see(Sent(ike), 80)
        see(Handed("rx", 2, ike), 900)
        see(Told(1, 0), 30)
        see(Told(CHILD_UP, 0), 20)
        see(Sending(esp), 50)
        see(LinkDone(), 400)
        see(Sleeping(9), 2)
        see(Handed("rx", 3, esp), 900)
        see(Answered(1), 60)
        see(Sleeping(9), 5)
        see(Handed("press", 4), 90)
        see(Sending(esp), 55)
        see(LinkDone(), 400)
        see(Sleeping(9), 1)
        see(Handed("rx", 5, esp), 900)
        see(Answered(2), 65)
        self.assertEqual(steps.exchanges, {
            "handshake": [{"compute": "button", "cycles": 3},
                          {"compute": "X25519: own public value", "cycles": 500},
                          {"compute": "main loop, idle", "cycles": 4},
                          {"compute": "IKE_SA_INIT out", "cycles": 100}, {"send": ike.hex()},
                          {"compute": "main loop, idle", "cycles": 7}, {"receive": ike.hex()},
                          {"compute": "IKE_SA_INIT in", "cycles": 50}],
            "esp": [{"compute": "ESP out", "cycles": 55}, {"send": esp.hex()},
                    {"compute": "main loop, idle", "cycles": 1}, {"receive": esp.hex()}, {"compute": "ESP in", "cycles": 65}]})


class Reports(unittest.TestCase):
    def test_octets_of_ike_are_without_headers(self):
        message = ip6.build("fd00::1", "fd00::2", ip6.CARRIER_UDP500, bytes(28))
        marked = ip6.build("fd00::1", "fd00::2", ip6.CARRIER_UDP4500, bytes(4 + 28))
        steps = {"handshake": [{"compute": "X25519: shared secret", "cycles": 1_000_000},
                               {"send": message.hex()}, {"receive": marked.hex()}], "esp": []}
        figures = Report(PARTS, steps, lowpan.Compression(), 0).figures()
        self.assertEqual(figures["ike_octets"], 56)
        self.assertAlmostEqual(figures["x25519_mj_C"], 1.5)
        self.assertAlmostEqual(figures["x25519_mcycles"], 0.5)

    def test_bars_are_as_long_as_energies(self):
        steps = {"handshake": [{"compute": "button", "cycles": 3_000_000},
                               {"compute": "X25519: shared secret", "cycles": 1_000_000}],
                 "esp": [{"compute": "ESP out", "cycles": 1_000_000}]}
        report = Report(PARTS, steps, lowpan.Compression(), 0)
        picture = xml.etree.ElementTree.fromstring(plot.svg(report))
        drawn = [float(rect.get("width")) for rect in picture.iter() if rect.get("height") == "18"]
        self.assertEqual(len(drawn), 2 * 2 * len(plot.SEGMENTS))
        listening, off = drawn[:5], drawn[5:10]
        self.assertAlmostEqual(sum(listening), plot.WIDTH - plot.LEFT - plot.RIGHT, delta=0.3)
        self.assertAlmostEqual(listening[1] / listening[0], 3, delta=0.02)
        self.assertAlmostEqual(listening[4] / listening[0], 19 / 4 * 4, delta=0.1)
        self.assertEqual(off[:2], listening[:2])
        self.assertLess(off[4], 1)


if __name__ == "__main__":
    unittest.main()
