#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Energy of the MSP430 firmware: one handshake, and one ESP exchange on its SA.

Cycles and packets are those of the image in the simulator, recorded in bench/energy/record.json or
measured now; currents are those of the data sheets (bench/energy/parts.json). docs/energy.md states
the model. The same options print the same.

Exit status: 0; 1 if --check or --update fails, or a file is wrong; 2 for a bad option; 77 if --check
or --update has no simulator or no image.
"""

import argparse
import itertools
import json
import os
import re
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
sys.path[:0] = [os.path.join(HERE, "energy"), os.path.join(ROOT, "targets", "msp430", "runner")]

import lowpan
import measure
import model
import plot
from report import Report, Table

SKIPPED = 77
FILES = os.path.join(HERE, "energy")
PARTS, RECORD, PUBLISHED = (os.path.join(FILES, name)
                            for name in ("parts.json", "record.json", "published.json"))
BUILD = os.path.join(ROOT, "build")
PEER = os.path.join(ROOT, "build", "host", "targets", "msp430", "runner", "msp430_peer")
CARRIERS = {"esp": "ESP tunnel", "udp": "ESP tunnel in UDP"}
PEER_MS = 20
DRIFT = 10  # per cent of cycles between record and image, before --check complains


def milliseconds(text):
    value = float(text)
    if not 0 <= value <= 60000:
        raise ValueError(text)
    return value


def arguments(argv):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--measure", action="store_true",
                      help="run the image now; if that can't be done, says so and takes the record")
    what.add_argument("--check", action="store_true",
                      help=f"run the image and compare with the record: the same packets, and\ncycles"
                           f" within {DRIFT} per cent")
    what.add_argument("--update", metavar="DOC",
                      help="run the image, write the record anew, the tables in DOC\n"
                           "(docs/energy.md) and the picture beside it")
    parser.add_argument("--carrier", choices=CARRIERS, default="esp",
                        help="of the tunnel: ESP, or ESP in UDP (default esp)")
    parser.add_argument("--image", choices=measure.IMAGES, default=measure.IMAGES[0],
                        help=f"with the fast primitives or the small ones (default {measure.IMAGES[0]})")
    parser.add_argument("--peer-ms", type=milliseconds, default=PEER_MS, metavar="MS",
                        help="from the end of a request to the beginning of its answer: the peer's"
                             f"\ntime and the network's (default {PEER_MS})")
    parser.add_argument("--address-octets", type=int, choices=(16, 8, 2, 0), default=16,
                        help="of an IPv6 address that 6LoWPAN sends: 16 if the ends share no\n"
                             "context for its prefix (default 16)")
    parser.add_argument("--elide-checksum", action="store_true",
                        help="6LoWPAN leaves the checksum of UDP out")
    parser.add_argument("--json", metavar="FILE", help="write the figures there, too")
    parser.add_argument("--svg", metavar="FILE", help="draw them there, too")
    parser.add_argument("--build", default=BUILD, metavar="DIR",
                        help="where the presets of the parts have built their images (default build)")
    parser.add_argument("--peer", default=PEER, help="the program msp430_peer of the host build")
    given = parser.parse_args(argv)
    if given.update and (given.carrier != "esp" or given.peer_ms != PEER_MS
                         or given.address_octets != 16 or given.elide_checksum
                         or given.image != measure.IMAGES[0]):
        parser.error("--update writes the tables of the default options")
    return given


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def write_json(path, what):
    write(path, json.dumps(what, indent=1, ensure_ascii=False) + "\n")


# ---- the record and the image --------------------------------------------------------------------

def measured_ones():
    yield from itertools.product(measure.IMAGES, measure.PRESETS, CARRIERS, measure.REQUESTS)
    yield from itertools.product((measure.AHEAD,), measure.PRESETS, CARRIERS, ("pair", "handshake"))
    yield from itertools.product((measure.RESUMES,), measure.PRESETS, CARRIERS, ("resumption",))


def load_record():
    record = model.load(RECORD)
    try:
        for image, cpu, carrier, name in measured_ones():
            model.Exchange.of(record[image][cpu][carrier][name], lowpan.Compression())
    except (KeyError, TypeError, ValueError) as what:
        raise model.Wrong(f"{RECORD}: {what}") from what
    return record


def differences(record, measured):
    """What --check complains of."""
    for image, cpu, carrier, name in measured_ones():
        old, new = record[image][cpu][carrier][name], measured[image][cpu][carrier][name]
        packets = [[next(iter(step.items())) for step in steps if "compute" not in step]
                   for steps in (old, new)]
        if packets[0] != packets[1]:
            yield f"{image}, {cpu}, {carrier}, {name}: other packets"
        cycles = [sum(step.get("cycles", 0) for step in steps) for steps in (old, new)]
        if abs(cycles[1] - cycles[0]) > DRIFT / 100 * cycles[0]:
            yield f"{image}, {cpu}, {carrier}, {name}: {cycles[1]:,} cycles, {cycles[0]:,} in the record"


def steps_of(record, carrier, image=measure.IMAGES[0]):
    """{CPU: {exchange: steps}}"""
    also = record[measure.RESUMES] if image == measure.IMAGES[0] else {}
    return {cpu: {**record[image][cpu][carrier], **also.get(cpu, {}).get(carrier, {})} for cpu in record[image]}


def check(given):
    wrong = list(differences(load_record(), measure.measure(given.build, given.peer)))
    for line in wrong:
        print(line)
    print("bench/energy.py --update docs/energy.md writes it anew" if wrong
          else f"record and image agree: the same packets, cycles within {DRIFT} %")
    return 1 if wrong else 0


# ---- the document --------------------------------------------------------------------------------

def press(parts, record):
    """Of the fast image, and of the one that computes its key pairs ahead: the radio is off while it computes."""
    head = ["", "press to Child SA, ms", "pair ahead, ms", "all mJ", "pair ahead, all mJ", "of them the pair"]
    rows = []
    for name, part in model.pairs(parts):
        cpu = name.split(" + ")[0]
        of = {(image, what): model.Exchange.of(record[image][cpu]["esp"][what], lowpan.Compression())
              for image, what in ((measure.IMAGES[0], "handshake"), (measure.AHEAD, "handshake"), (measure.AHEAD, "pair"))}
        before, after = (model.cost(part, of[image, "handshake"], PEER_MS * 1000)["off"] for image in (measure.IMAGES[0], measure.AHEAD))
        pair = part.compute(of[measure.AHEAD, "pair"].cycles) / 1e3
        rows.append([name, f"{before['seconds'] * 1e3:,.0f}", f"{after['seconds'] * 1e3:,.0f}", f"{before['total_mj']:,.2f}",
                     f"{after['total_mj'] + pair:,.2f}", f"{pair:,.2f}"])
    return Table(head, rows)


def doc_tables(record, parts, published):
    """By the names that the marks in docs/energy.md have."""
    tables = {}
    for carrier in CARRIERS:
        report = Report(parts, steps_of(record, carrier), lowpan.Compression(), PEER_MS * 1000)
        tables[f"energy, {carrier}"] = report.energy()
        tables[f"air, {carrier}"] = report.air()
        if carrier == "esp":
            small = Report(parts, steps_of(record, carrier, "door"), lowpan.Compression(), PEER_MS * 1000)
            tables["press"] = press(parts, record)
            tables |= {"energy, small": small.energy(), "phases, small": small.by_phase()}
            tables |= {"phases": report.by_phase(), "constants": report.constants(),
                       "published": report.published(published, remarks=True),
                       "sleep": report.sleep()}
    return tables


def fill(text, tables):
    """The document with its tables in place, between <!-- NAME --> and <!-- end -->."""
    missing = set(tables)

    def table(match):
        name = match[1]
        if name not in tables:
            raise model.Wrong(f"the document asks for a table {name}")
        missing.discard(name)
        return "\n".join([f"<!-- {name} -->", *tables[name].markdown(), "<!-- end -->"])

    text = re.sub(r"<!-- ([^>]+) -->\n.*?<!-- end -->", table, text, flags=re.S)
    if missing:
        raise model.Wrong(f"the document has no place for {', '.join(sorted(missing))}")
    return text


def picture(record, parts):
    return plot.svg(Report(parts, steps_of(record, "esp"), lowpan.Compression(), PEER_MS * 1000))


def update(given):
    record, parts = measure.measure(given.build, given.peer), model.load_parts(PARTS)
    with open(given.update, encoding="utf-8") as file:
        text = file.read()
    text = fill(text, doc_tables(record, parts, model.load(PUBLISHED)))
    drawing = os.path.splitext(given.update)[0] + ".svg"
    write_json(RECORD, record)
    write(given.update, text)
    write(drawing, picture(record, parts))
    print(f"Written: {os.path.relpath(RECORD)}, {given.update}, {drawing}")
    return 0


# ---- for people ----------------------------------------------------------------------------------

def tell(report, given, source):
    context = "no context" if given.address_octets == 16 else f"{given.address_octets} octets an address"
    print(f"{source}\n{given.image}.elf, {CARRIERS[given.carrier]}, {report.parts['mhz']} MHz, {report.parts['volts']:g} V, the peer "
          f"answers after {given.peer_ms:g} ms; 802.15.4 with 6LoWPAN, {context}, no loss.\n"
          "listening: the radio receives all the time; off: only from a request to its answer.\n")
    for title, table in (
            ("", report.energy()), ("On the air, both ways:", report.air()),
            ("CPU by phase:", report.by_phase()),
            ("Asleep (LPM3, radio unpowered), and what a day of it would pay for, radio off while computing:",
             report.sleep()),
            ("Beside what others published (docs/energy.md tells what is like and what is unlike):",
             report.published(model.load(PUBLISHED)))):
        print(*filter(None, [title]), *table.lines(), "", sep="\n")


def show(given):
    source = "Cycles and packets as recorded in bench/energy/record.json."
    record = None
    if given.measure:
        lacks = measure.lacking(given.build, given.peer)
        if lacks:
            print(f"SKIPPED: measuring in the simulator: no {', no '.join(lacks)}")
        else:
            record = measure.measure(given.build, given.peer)
            source = "Cycles and packets as measured now in the simulator."
    record = record or load_record()
    compression = lowpan.Compression(given.address_octets, given.elide_checksum)
    report = Report(model.load_parts(PARTS), steps_of(record, given.carrier, given.image), compression, given.peer_ms * 1000)
    tell(report, given, source)
    if given.json:
        write_json(given.json, report.json())
    if given.svg:
        write(given.svg, plot.svg(report))
    return 0


def main(argv=None):
    given = arguments(argv)
    if given.check or given.update:
        lacks = measure.lacking(given.build, given.peer)
        if lacks:
            print(f"SKIPPED: energy of the firmware: no {', no '.join(lacks)}")
            return SKIPPED
    try:
        return check(given) if given.check else update(given) if given.update else show(given)
    except (model.Wrong, measure.Failed, OSError) as failure:
        print(f"energy.py: {failure}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
