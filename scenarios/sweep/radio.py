# SPDX-License-Identifier: MIT
"""Questions about stations on IEEE 802.15.4: the rows of their points, and figures."""
from draw import COLOURS, axes, band, bars, legend, word

# ---- loss -------------------------------------------------------------------------------------------------------


LOSS_HEAD = ["loss_model", "hops", "mac_max_frame_retries", "delay_ms", "fragments_of_largest_datagram", "loss_percent", "handshakes",
             "ok_rate", "ok_ci95_low", "ok_ci95_high", "handshake_ms_median", "handshake_ms_p95", "ike_retransmissions_per_handshake",
             "bytes_on_air"]
LOSS_CURVES = (("loss_model", "loss model"), ("hops", "hops"), ("mac_max_frame_retries", "retries of the MAC"),
               ("delay_ms", "one-way delay, ms"), ("fragments_of_largest_datagram", "fragments of the largest message"))


def loss_rows(points):
    rows = []
    for s in points:
        air = s["air"]
        fragments = max(p["fragments_of_largest_datagram"] for p in s["points"])
        for p in s["points"]:
            rows.append([air["loss_model"], air["hops"], air["mac_max_frame_retries"], air["delay_ms"], fragments, p["loss_percent"],
                         p["ok"]["n"], p["ok"]["rate"], p["ok"]["ci95_low"], p["ok"]["ci95_high"], p["handshake_ms"]["median"],
                         p["handshake_ms"]["p95"], p["ike_retransmissions_per_handshake"], p["bytes_on_air"]["mean"]])
    return rows


def loss_curves(rows):
    """What differs from the base in one respect at a time: name of the respect, and its curves by value."""
    base = dict(zip(LOSS_HEAD, ("frame", 1, 3, 0)))
    base["fragments_of_largest_datagram"] = min(r[LOSS_HEAD.index("fragments_of_largest_datagram")] for r in rows)
    for name, what in LOSS_CURVES:
        at = LOSS_HEAD.index(name)
        chosen = [r for r in rows if all(r[LOSS_HEAD.index(k)] == v for k, v in base.items() if k != name)]
        values = sorted({r[at] for r in chosen}, key=lambda v: (str(type(v)), v))
        if len(values) > 1:
            order = LOSS_HEAD.index("loss_percent")
            yield name, what, {v: sorted((r for r in chosen if r[at] == v), key=lambda r: r[order]) for v in values}


def loss_figures(rows):
    """Two figures for each respect: name, figure."""
    x, ok, low, high, median = (LOSS_HEAD.index(name) for name in
                                ("loss_percent", "ok_rate", "ok_ci95_low", "ok_ci95_high", "handshake_ms_median"))
    for name, what, curves in loss_curves(rows):
        figure, ax = axes(f"Success against loss, by {what}", "frames lost, %", "handshakes that succeed, %")
        slow, slower = axes(f"Latency of those that succeed, by {what}", "frames lost, %", "handshake, s (median)")
        slower.set_yscale("log")
        for (value, line), colour in zip(curves.items(), COLOURS):
            band(ax, [r[x] for r in line], [100 * r[ok] for r in line], [100 * r[low] for r in line], [100 * r[high] for r in line],
                 f"{what} {word(value)}", colour)
            known = [r for r in line if r[median] is not None]
            slower.plot([r[x] for r in known], [r[median] / 1e3 for r in known], "o-", label=f"{what} {word(value)}", color=colour, markersize=3)
        legend(ax, len(curves))
        legend(slower, len(curves))
        yield f"{name}-success", figure
        yield f"{name}-latency", slow


def loss(points, page):
    rows = loss_rows(points)
    page.text(f"{points[0]['options']['handshakes']} handshakes a point; bands are 95 % intervals (Wilson). Unless it says otherwise: loss of "
              "each frame alike, one hop, 3 retries of the MAC, no delay, X25519.")
    for _, figure in loss_figures(rows):
        page.figure(figure)
    return LOSS_HEAD, rows


# ---- energy -----------------------------------------------------------------------------------------------------


ENERGY_HEAD = ["cpu", "radio", "way", "loss_percent", "presses", "energy_mj_per_press", "presses_per_battery", "handshake_ms_median"]
FIRST_PHASE = len(ENERGY_HEAD)


def energy_rows(points):
    phases = list(points[0]["energy_ledger_mj"]["all"])
    rows = []
    for s in points:
        power = s["power"]
        way = "plain" if s["options"]["plain"] else s["options"]["sa"] + ("" if power["radio_policy"] == "listen" else ", radio off")
        rows.append([power["cpu"], power["radio"], way, s["air"]["loss_ppm"] / 1e4, s["presses"], s["energy_mj_per_press"],
                     s["presses_per_battery"], s["handshake_ms"]["median"]]
                    + [round(s["energy_ledger_mj"]["all"][phase] / s["presses"], 6) for phase in phases])
    return ENERGY_HEAD + [f"{phase}_mj_per_press" for phase in phases], rows


def energy_figures(head, rows):
    """Two figures: name, figure."""
    phases = [name.removesuffix("_mj_per_press") for name in head[FIRST_PHASE:]]
    quiet = [r for r in rows if r[3] == 0]
    yield "phases", bars("Energy of a press, no loss", "mJ a press", [f"{r[0]} + {r[1]}, {r[2]}" for r in quiet],
                         {phase.replace("_", " "): [r[FIRST_PHASE + i] for r in quiet] for i, phase in enumerate(phases)})
    ways = list(dict.fromkeys(r[2] for r in rows))
    if len({r[3] for r in rows}) > 1:
        figure, ax = axes(f"Energy of a press against loss, {rows[0][0]} + {rows[0][1]}", "frames lost, %", "mJ a press")
        for way, colour in zip(ways, COLOURS):
            line = sorted((r for r in rows if r[2] == way and r[0] == rows[0][0]), key=lambda r: r[3])
            ax.plot([r[3] for r in line], [r[5] for r in line], "o-", label=way, color=colour, markersize=3)
        ax.set_ylim(bottom=0)
        legend(ax, len(ways))
        yield "loss", figure


def energy(points, page):
    head, rows = energy_rows(points)
    page.text(f"{points[0]['presses']} presses a point: press, command through ESP, acknowledgement, status for 10 s, sleep until the next. "
              "handshake: SAs set up at each press; kept: over the sleep; plain: no IPsec; radio off: while a handshake is computed.")
    for _, figure in energy_figures(head, rows):
        page.figure(figure)
    return head, rows


# ---- storm ------------------------------------------------------------------------------------------------------


STORM_HEAD = ["sensors", "jitter_s", "wakings", "answered_rate", "answered_ci95_low", "answered_ci95_high", "handshake_ms_median",
              "handshake_ms_p95", "answer_ms_median", "ike_retransmissions", "energy_j_per_sensor_day"]


def storm_rows(points):
    rows = []
    for s in points:
        o, a = s["options"], s["answered"]
        rows.append([o["sensors"], o["jitter_ms"] / 1e3, s["wakings"], a["rate"], a["ci95_low"], a["ci95_high"], s["handshake_ms"]["median"],
                     s["handshake_ms"]["p95"], s["answer_ms"]["median"], s["ike_retransmissions"], s["energy_j_per_sensor_day"]])
    return rows


def storm_figures(rows):
    """Two figures: name, figure."""
    jitters = sorted({r[1] for r in rows})
    figure, ax = axes("All wake at once: who gets an answer", "sensors", "wakings answered, %")
    slow, slower = axes("All wake at once: how long it takes", "sensors", "from waking to answer, s (median)")
    for jitter, colour in zip(jitters, COLOURS):
        line = sorted((r for r in rows if r[1] == jitter), key=lambda r: r[0])
        band(ax, [r[0] for r in line], [100 * r[3] for r in line], [100 * r[4] for r in line], [100 * r[5] for r in line],
             f"jitter {jitter:g} s", colour)
        known = [r for r in line if r[8] is not None]
        slower.plot([r[0] for r in known], [r[8] / 1e3 for r in known], "o-", label=f"jitter {jitter:g} s", color=colour, markersize=3)
    slower.set_yscale("log")
    legend(ax, len(jitters))
    legend(slower, len(jitters))
    yield "answered", figure
    yield "latency", slow


def storm(points, page):
    rows = storm_rows(points)
    page.text(f"{points[0]['runs']['n']} runs a point; bands are 95 % intervals (Wilson). Each sensor wakes once, sets up IKE and Child SA, reports and "
              "sleeps; jitter: each waits a random part of it first.")
    for _, figure in storm_figures(rows):
        page.figure(figure)
    return STORM_HEAD, rows


# ---- latency ----------------------------------------------------------------------------------------------------


LATENCY_HEAD = ["cpu", "mode", "hops", "variant", "protocol", "payload_octets", "echoes", "lost", "round_trip_ms_median", "bytes_on_air"]


def latency_rows(points):
    rows = []
    for s in points:
        for p in s["points"]:
            rows.append([s["power"]["cpu"], s["options"]["mode"], s["air"]["hops"], p["variant"], p["protocol"], p["payload_octets"],
                         p["round_trip_ms"]["n"] + p["lost"], p["lost"], p["round_trip_ms"]["median"], p["bytes_on_air"]["mean"]])
    return rows


def latency_figures(rows):
    """A figure for each part and mode: name, figure."""
    variants = list(dict.fromkeys(r[3] for r in rows))
    for cpu, mode in dict.fromkeys((r[0], r[1]) for r in rows):
        figure, ax = axes(f"Round trip, {cpu}, {mode} mode, one hop", "payload of UDP, octets", "round trip, ms (median)")
        for variant, colour in zip(variants, COLOURS):
            line = [r for r in rows if r[:4] == [cpu, mode, 1, variant] and r[8] is not None]
            ax.plot([r[5] for r in line], [r[8] for r in line], "o-", label=variant, color=colour, markersize=3)
        ax.set_ylim(bottom=0)
        legend(ax, len(variants))
        yield f"{cpu}-{mode}", figure


def latency(points, page):
    rows = latency_rows(points)
    page.text("The same part at both ends, IEEE 802.15.4 without loss; ah- is AH, plain no IPsec, all else ESP.")
    for _, figure in latency_figures(rows):
        page.figure(figure)
    return LATENCY_HEAD, rows


# ---- life -------------------------------------------------------------------------------------------------------


LIFE_HEAD = ["cpu", "radio", "way", "period_s", "wakings", "answered_rate", "answered_ci95_low", "answered_ci95_high", "energy_j_per_sensor_day",
             "battery_days", "handshake_ms_median", "answer_ms_median", "bytes_on_air_per_waking"]


def life_rows(points):
    rows = []
    for s in points:
        o, a, power = s["options"], s["answered"], s["power"]
        rows.append([power["cpu"], power["radio"], "plain" if o["plain"] else o["sa"], o["period_ms"] / 1e3, s["wakings"], a["rate"], a["ci95_low"],
                     a["ci95_high"], s["energy_j_per_sensor_day"], s["battery_days"], s["handshake_ms"]["median"], s["answer_ms"]["median"],
                     s["bytes_on_air"] / s["wakings"]])
    return rows


def life_figures(rows):
    """A figure for each part: name, figure."""
    ways = list(dict.fromkeys(r[2] for r in rows))
    for cpu, radio in dict.fromkeys((r[0], r[1]) for r in rows):
        figure, ax = axes(f"How long a battery lasts, {cpu} + {radio}", "from one report to the next, s", "days")
        for way, colour in zip(ways, COLOURS):
            line = sorted((r for r in rows if r[:3] == [cpu, radio, way]), key=lambda r: r[3])
            ax.plot([r[3] for r in line], [r[9] for r in line], "o-", label=way, color=colour, markersize=3)
        ax.set(xscale="log", yscale="log")
        legend(ax, len(ways))
        yield cpu, figure


def life(points, page):
    rows = life_rows(points)
    o = points[0]["options"]
    page.text(f"{o['sensors']} sensors a point, each with a battery of {points[0]['power']['battery_j']:g} J; a report of {o['report_octets']} octets, an "
              "answer, sleep. handshake: SAs set up for each report; resumed: by a ticket (RFC 5723); kept: over the sleep; plain: no IPsec. The first "
              "report of each sensor takes a handshake in all of them but plain. The radio is off while a handshake is computed. Batteries lose nothing "
              "by age here.")
    for _, figure in life_figures(rows):
        page.figure(figure)
    return LIFE_HEAD, rows


# ---- octets -----------------------------------------------------------------------------------------------------


OCTETS_HEAD = ["ike_suite", "mode", "variant", "octets", "octets_on_air"]
# By column: what fields of that kind are called in the figure, and how their names begin; the first that fits.
OCTETS_KINDS = {"ike_header": ("IKE header", ("IKE header",)), "sa": ("SA", ("SA",)), "ke": ("KE", ("KE",)), "nonce": ("nonces", ("Nonce",)),
                "nat_detection": ("NAT detection", ("N NAT_DETECTION",)), "notifications": ("other notifications", ("N ",)),
                "identities": ("identities", ("IDi", "IDr")), "auth": ("AUTH", ("AUTH",)), "ts": ("traffic selectors", ("TSi", "TSr")),
                "sk": ("SK, padding, ICV", ("SK",))}


def kind_of(field):
    return next(kind for kind, (_, names) in OCTETS_KINDS.items() if field.startswith(names))


def octets_rows(points):
    """Kinds of field are known of the handshake as given; it comes first of its variants."""
    rows = []
    for s in points:
        kinds = dict.fromkeys(OCTETS_KINDS, 0)
        for f in s["fields"]:
            kinds[kind_of(f["field"])] += f["octets"]
        for i, v in enumerate(s["variants"]):
            rows.append([s["options"]["ike_suite"], s["options"]["mode"], v["variant"], v["octets"], v["octets_on_air"]]
                        + [None if i else kinds[kind] for kind in OCTETS_KINDS])
    return rows


def octets_figures(rows):
    """Two figures for each mode: name, figure."""
    first = len(OCTETS_HEAD)
    for mode in dict.fromkeys(r[1] for r in rows):
        given = [r for r in rows if r[1] == mode and r[first] is not None]
        yield f"fields-{mode}", bars(f"Octets of a handshake, {mode} mode", "octets above UDP", [r[0] for r in given],
                                     {label: [r[first + i] for r in given] for i, (label, _) in enumerate(OCTETS_KINDS.values())})
        chosen = [r for r in rows if r[1] == mode and r[0] == given[0][0]]
        yield f"variants-{mode}", bars(f"With one thing changed, {given[0][0]}, {mode} mode", "octets", [r[2] for r in chosen],
                                       {"above UDP": [r[3] for r in chosen], "more, on air": [r[4] - r[3] for r in chosen]})


OCTETS_COLUMNS = OCTETS_HEAD + [f"{kind}_octets" for kind in OCTETS_KINDS]


def octets(points, page):
    rows = octets_rows(points)
    others = "; ".join(f"{o['handshake']}: {o['octets_low']}" + (f" to {o['octets_high']}" if o["octets_high"] != o["octets_low"] else "")
                       for o in points[0]["others"])
    page.text("One handshake: four messages, above UDP and as frames of IEEE 802.15.4 with preamble and acknowledgements. Other handshakes, by "
              f"draft-ietf-iotops-security-protocol-comparison, octets above UDP: {others}.")
    for _, figure in octets_figures(rows):
        page.figure(figure)
    return OCTETS_COLUMNS, rows


# ---- parity -----------------------------------------------------------------------------------------------------


PARITY_HEAD = ["cpu", "radio", "keys", "ike_suite", "hops", "loss_percent", "flows", "child_sas_up_rate", "child_sas_up_ci95_low",
               "child_sas_up_ci95_high", "first_sa_ms_median", "further_sa_ms_median", "round_trip_ms_median", "echoes_lost",
               "initiator_cpu_ms_median", "energy_drawn_mj_median", "bytes_on_air_median"]


def parity_rows(points):
    rows = []
    for s in points:
        o, up = s["options"], s["child_sas_up"]
        rows.append([s["power"]["cpu"], s["power"]["radio"], o["keys"], o["ike_suite"] if o["keys"] == "ike" else None, s["air"]["hops"],
                     s["air"]["loss_ppm"] / 1e4, up["n"], up["rate"], up["ci95_low"], up["ci95_high"]]
                    + [s[key] if key == "echoes_lost" else s[key] and s[key]["median"] for key in
                       ("first_sa_ms", "further_sa_ms", "round_trip_ms", "echoes_lost", "initiator_cpu_ms", "energy_drawn_mj", "bytes_on_air")])
    return rows


def parity_figures(rows):
    """Three figures: name, figure."""
    near = [r for r in rows if r[4] == 1 and r[5] == 0]
    names = [f"{r[0]}, {r[3] or 'keys by hand'}" for r in near]
    yield "setup", bars("Until there is an SA, one hop, no loss", "s (median)", names,
                        {"first, with the IKE SA": [(r[10] or 0) / 1e3 for r in near], "and each further": [(r[11] or 0) / 1e3 for r in near]})
    for name, what, at, respect in (("hops", "hops", 4, 5), ("loss", "frames lost, %", 5, 4)):
        figure, ax = axes(f"Round trip of an echo by {what}, {rows[0][0]}", what, "ms (median)")
        curves = list(dict.fromkeys((r[2], r[3]) for r in rows))
        for curve, colour in zip(curves, COLOURS):
            line = sorted((r for r in rows if r[0] == rows[0][0] and (r[2], r[3]) == curve and r[respect] == (1 if respect == 4 else 0)),
                          key=lambda r: r[at])
            ax.plot([r[at] for r in line], [r[12] for r in line], "o-", label=curve[1] or "keys by hand", color=colour, markersize=3)
        ax.set_ylim(bottom=0)
        legend(ax, len(curves))
        yield name, figure


def parity(points, page):
    rows = parity_rows(points)
    o = points[0]["options"]
    page.text(f"{o['flows']} UDP ports, each with a selector and a Child SA of its own; the same part at both ends; echoes of {o['payload_octets']} octets. "
              "Keys by hand: no IKE. Contiki-IPsec's own figures are in the scenario's report.html.")
    for _, figure in parity_figures(rows):
        page.figure(figure)
    return PARITY_HEAD, rows


# ---- peer -------------------------------------------------------------------------------------------------------


PEER_HEAD = ["cpu", "loss_percent", "handshakes", "ok_rate", "ok_ci95_low", "ok_ci95_high", "handshake_ms_median", "echo_ms_median", "echoes_ok_rate",
             "ike_retransmissions"]


def peer_rows(points):
    rows = []
    for s in points:
        up, echoes = s["handshakes_ok"], s["echoes_ok"]
        rows.append([s["power"]["cpu"], s["air"]["loss_ppm"] / 1e4, up["n"], up["rate"], up["ci95_low"], up["ci95_high"], s["handshake_ms"]["median"],
                     s["echo_ms"]["median"], echoes["rate"], s["ike_retransmissions"]])
    return rows


def peer_figures(rows):
    """Two figures: name, figure."""
    figure, ax = axes("Handshakes with strongSwan against loss", "frames lost, %", "handshakes that succeed, %")
    slow, slower = axes("How long they take", "frames lost, %", "handshake, s (median)")
    cpus = list(dict.fromkeys(r[0] for r in rows))
    for cpu, colour in zip(cpus, COLOURS):
        line = sorted((r for r in rows if r[0] == cpu), key=lambda r: r[1])
        band(ax, [r[1] for r in line], [100 * r[3] for r in line], [100 * r[4] for r in line], [100 * r[5] for r in line], cpu, colour)
        known = [r for r in line if r[6] is not None]
        slower.plot([r[1] for r in known], [r[6] / 1e3 for r in known], "o-", label=cpu, color=colour, markersize=3)
    for some in (ax, slower):
        some.set_ylim(bottom=0)
        legend(some, len(cpus))
    if cpus:
        ax.legend(fontsize=8, loc="lower left")  # clear of the bands
    yield "success", figure
    yield "latency", slow


def peer(points, page):
    rows = peer_rows(points)
    page.text("Station, radio and border router are simulated, strongSwan is not: times are those of a clock. Bands are 95 % intervals (Wilson).")
    for _, figure in peer_figures(rows):
        page.figure(figure)
    return PEER_HEAD, rows
