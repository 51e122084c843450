# SPDX-License-Identifier: MIT
"""What the firmware's board takes beside the core's work: the rows board_... of a cost table, in cycles of its clock.
sim/ns3 models the board by them (attribute Board)."""

import os

import work
import sim
from join import DELAY_US, Join
from peer import Peer
from seam import Answered, Handed, Sending, Sent, Sleeping
from slip import framed
from work import COMMON, ESP_IN, ESP_OUT, JOBS, PLAIN, START, Run

BAUD = 115200  # board/part_*.c
FIRST, SECOND = 2_000_000, 20_000_000  # us: presses, before each of which it sleeps deeply
ON_CPU = 1  # msim.h
LINK = ("esp_out", "esp_in", "udp_octets")
INNER_OCTETS = 16  # of UDP in the tunnel, whose checksum the application makes
IP6_LEN = 40
NAP_US = 32768  # start/clock.S


class Watch:
    """A run of the firmware with two presses: for how long its CPU was on, as cycles at full speed, up to what."""

    def __init__(self, store, given, lose=None):
        self.seen = []  # (what, us, cycles)
        with Peer(os.path.join(given.programs, "msp430_peer"), store, work.PEER_SEED) as peer, \
                sim.Firmware(os.path.join(given.images, "door.elf"), store.pack(), work.ENTROPY) as firmware:
            join = Join(firmware, peer, lose=lose)
            for moment in (FIRST, SECOND):
                join.press(moment)
            for seen in join.run(SECOND + FIRST):
                self.seen.append((seen, firmware.now, on(firmware)))
            self.last = on(firmware)

    def find(self, kind, what=None, after=0):
        """Of the first of them behind that moment."""
        return next((us, cycles) for seen, us, cycles in self.seen
                    if isinstance(seen, kind) and us >= after and what in (None, getattr(seen, "what", None)))

    def cycles(self, begin, end, after=SECOND):
        """From one to the other, of the second press."""
        return self.find(*end, after=after)[1] - self.find(*begin, after=after)[1]


def on(firmware):
    units = sum(time for state, time in firmware.times.items() if state & ON_CPU)
    return units * sim.MHZ // sim.UNITS_PER_US


def board(table, given):
    """(name, cycles, where they come from)"""
    _, plain = work.play(Run("board", PLAIN), given.images, given.programs)
    cycles, udp = work.play(Run("board, by UDP"), given.images, given.programs)
    watch, by_udp = Watch(PLAIN, given), Watch(COMMON, given)
    first = next(seen for seen in watch.seen if isinstance(seen[0], Handed) and seen[0].what == "press")
    start = max(c for seen, us, c in watch.seen if us < FIRST)
    yield "board_start", start - work.predicted(table, plain[START]), "from power to the first sleep, beside seeding"
    yield "board_clock", (first[1] - first[0].clock) * sim.MHZ, "from power to where the firmware's clock begins"
    yield "board_wake", (first[1] - FIRST) * sim.MHZ, "from the button to the main loop: clocks and crystal"
    yield "board_own", cycles[JOBS[0]], "own value of X25519 with the main loop's turns"
    yield "board_shared", cycles[JOBS[1]], "shared secret, likewise"
    out, came = ((Handed, "press"), (Sending,)), ((Handed, "rx"), (Answered,))
    after = watch.last - watch.find(Answered, None, SECOND)[1]
    rest = {name: watch.cycles(*way) + after - primitives(table, plain[phase])
            for name, way, phase in (("out", out, ESP_OUT), ("in", came, ESP_IN))}
    yield "board_esp_out", rest["out"], "an ESP packet with a command, beside primitives"
    yield "board_esp_in", rest["in"], "an ESP packet with an answer, beside primitives"
    more = [by_udp.cycles(*way) + after - primitives(table, udp[phase]) - rest[name] -
            table["udp_octets"] * (udp[phase]["udp_octets"] - plain[phase]["udp_octets"])
            for name, way, phase in (("out", out, ESP_OUT), ("in", came, ESP_IN))]
    yield "board_udp", sum(more) // 2, "an ESP packet in UDP, beyond its octets"
    yield "board_after", after, "of these, behind a piece of work, until it sleeps"
    came, octet_in = arrival(watch)
    yield "board_came", came, "a packet, from its last octet to the main loop"
    yield "board_octet_in", octet_in, "an octet of the serial line, in its interrupt"
    more, octet = again(given, table)
    yield "board_again", more + after, "a request sent again"
    yield "board_again_octet", octet, "and an octet of it, beyond UDP's"
    yield "board_nap", naps(Watch(PLAIN, given, lambda *_: True)), "light sleep is looked at, each 32768 us"
    yield "board_baud", BAUD, "of the serial line, in Hz"


def arrival(watch):
    """(cycles from a packet's last octet to the main loop, cycles of each octet), of the answer to the second press."""
    sent, _ = watch.find(Sent, after=SECOND)
    packet = next(seen.packet for seen, us, _ in watch.seen if us > sent and isinstance(seen, Handed) and seen.packet)
    octets, (handed, _) = len(framed(packet)), watch.find(Handed, "rx", SECOND)
    came = (handed - sent - 2 * DELAY_US) * sim.MHZ - octets * 10 * sim.MHZ * 1_000_000 // BAUD
    return came, round((watch.cycles((Sleeping,), (Handed, "rx")) - came) / octets)


def naps(watch):
    """Cycles of each, while an answer is awaited that never comes."""
    us, cycles = watch.find(Sleeping, None, watch.find(Sent)[0])
    woken_us, woken = watch.find(Handed, "wake", us)
    return round((woken - cycles) / ((woken_us - us) / NAP_US))


def again(given, table):
    """(cycles of a request that is sent again, cycles of each of its octets beyond those of UDP), until the link has it:
    of IKE_SA_INIT and IKE_AUTH."""
    points = []
    for answers in (0, 1):
        watch = Watch(PLAIN, given, lambda from_endpoint, number, n=answers: not from_endpoint and number >= n)
        woken_us, woken = watch.find(Handed, "wake")
        points += [next((len(seen.packet) - IP6_LEN, cycles - woken) for seen, us, cycles in watch.seen
                        if isinstance(seen, Sending) and us > woken_us)]
    (few, less), (many, more) = points
    slope = (more - less) / (many - few)
    return round(less - slope * few), round(slope - table["udp_octets"])


def primitives(table, count):
    return work.predicted(table, {name: n for name, n in count.items() if name not in LINK})
