# SPDX-License-Identifier: MIT
"""Questions about hosts on wires, and who else is on them: the rows of their points, and figures."""
from draw import COLOURS, axes, band, bars, legend

# ---- tunnel, hosts, roadwarrior ---------------------------------------------------------------------------------


FLOW_HEAD = ["delay_ms", "loss_percent", "variant", "mss_octets", "runs", "goodput_mbit_per_s", "goodput_ci95_low", "goodput_ci95_high",
             "goodput_of_plain", "echo_ms_median", "echoes_answered_rate"]


def flow_rows(points):
    rows = []
    for s in points:
        for f in s["flows"]:
            g = f["goodput_mbit_per_s"]
            rows.append([s["options"]["delay_ms"], s["options"]["loss_ppm"] / 1e4, f["variant"], f["mss_octets"], g["n"], g["mean"],
                         g["ci95_low"], g["ci95_high"], f["goodput_of_plain"], f["echo_ms"]["median"], f["echoes_answered"]["rate"]])
    return rows


def flow_figures(rows, where=""):
    """A figure for each segment size: name, figure."""
    for mss in sorted({r[3] for r in rows}):
        figure, ax = axes(f"Goodput of TCP, segments of {mss} octets{where}", "one-way delay, ms", "goodput, Mbit/s")
        curves = list(dict.fromkeys((r[1], r[2]) for r in rows))
        for (loss_percent, variant), colour in zip(curves, COLOURS):
            line = sorted((r for r in rows if r[1:4] == [loss_percent, variant, mss]), key=lambda r: r[0])
            low, high = ([r[5] if r[at] is None else r[at] for r in line] for at in (6, 7))
            band(ax, [r[0] for r in line], [r[5] for r in line], low, high, f"{variant}, {loss_percent:g} % lost", colour)
        ax.set_ylim(bottom=0)
        legend(ax, len(curves))
        yield f"mss{mss}", figure


def flow_text(points):
    return (f"TCP through an internet of {points[0]['options']['rate_mbit_per_s']:g} Mbit/s; plain: the same in clear; bands are 95 % intervals "
            "(Student's t) where there are several runs.")


def tunnel(points, page):
    """Between two gateways or two hosts."""
    rows = flow_rows(points)
    page.text(flow_text(points))
    for _, figure in flow_figures(rows):
        page.figure(figure)
    return FLOW_HEAD, rows


ROADWARRIOR_HEAD = ["nat_reboots", *FLOW_HEAD, "longest_gap_of_echoes_ms"]


def roadwarrior_figures(rows):
    """A figure for each segment size, without and with a reboot: name, figure."""
    for reboots in dict.fromkeys(r[0] for r in rows):
        some = [r[1:-1] for r in rows if r[0] == reboots]
        for name, figure in flow_figures(some, ", the NAT reboots" if reboots else ""):
            yield f"{name}-nat-{'reboots' if reboots else 'stays'}", figure


def roadwarrior(points, page):
    page.text(flow_text(points) + " A NAT that reboots forgets its mappings half-way: TCP in clear breaks at that.")
    rows = []
    for s in points:
        gaps = [f["longest_gap_ms"] for f in s["flows"]]
        rows += [[int(s["options"]["nat_reboot"]), *row, gap] for row, gap in zip(flow_rows([s]), gaps)]
    for _, figure in roadwarrior_figures(rows):
        page.figure(figure)
    return ROADWARRIOR_HEAD, rows


# ---- flood ------------------------------------------------------------------------------------------------------


FLOOD_HEAD = ["gateway_cpu", "pool", "forged_per_s", "cookies", "honest_handshakes", "honest_ok_rate", "honest_ok_ci95_low", "honest_ok_ci95_high",
              "handshake_ms_median", "ike_sas_most", "gateway_x25519", "gateway_cpu_ms", "octets_sent_by_octets_forged"]


def flood_rows(points):
    rows = []
    for s in points:
        o = s["options"]
        for f in s["floods"]:
            honest = f["honest_handshakes"]
            rows.append([o["gateway_cpu"], o["pool"], o["rate_per_s"], f["cookies"], honest["n"], honest["rate"], honest["ci95_low"],
                         honest["ci95_high"], f["handshake_ms"]["median"], f["ike_sas_most"], f["gateway_x25519"], f["gateway_cpu_ms"]["mean"],
                         f["amplification"]])
    return rows


def flood_figures(rows):
    """Two figures for each CPU of the gateway: name, figure."""
    curves = list(dict.fromkeys((r[1], r[3]) for r in rows))
    for cpu in dict.fromkeys(r[0] for r in rows):
        figure, ax = axes(f"Honest handshakes under a flood, gateway: {cpu}", "forged requests a second", "handshakes that come up, %")
        slow, slower = axes(f"How long they take, gateway: {cpu}", "forged requests a second", "handshake, s (median)")
        for (pool, cookies), colour in zip(curves, COLOURS):
            line = sorted((r for r in rows if (r[0], r[1], r[3]) == (cpu, pool, cookies)), key=lambda r: r[2])
            label = f"room for {pool} SAs, cookies {cookies}"
            band(ax, [r[2] for r in line], [100 * r[5] for r in line], [100 * r[6] for r in line], [100 * r[7] for r in line], label, colour)
            known = [r for r in line if r[8] is not None]
            slower.plot([r[2] for r in known], [r[8] / 1e3 for r in known], "o-", label=label, color=colour, markersize=3)
        for some in (ax, slower):
            some.set_xscale("symlog")
            some.set_ylim(bottom=0)
            legend(some, len(curves))
        yield f"{cpu}-served", figure
        yield f"{cpu}-latency", slow


def flood(points, page):
    rows = flood_rows(points)
    o = points[0]["options"]
    page.text(f"{o['clients']} honest clients, each with a handshake every two seconds, for {o['flood_s']} s; forged IKE_SA_INIT requests, each from another "
              "address. With cookies (RFC 7296 2.6) the gateway asks for one when a quarter of its room is taken by half-open SAs; bands are 95 % "
              "intervals (Wilson).")
    for _, figure in flood_figures(rows):
        page.figure(figure)
    return FLOOD_HEAD, rows


# ---- mitm -------------------------------------------------------------------------------------------------------


MITM_HEAD = ["attack", "ike_suite", "refused_of", "refused_rate", "refused_ci95_low", "refused_ci95_high", "touched", "sas_up", "payloads_sent",
             "payloads_delivered", "payloads_repeated", "payloads_altered", "packets_dropped"]


def mitm_figures(rows):
    """One figure: name, figure."""
    first = [r for r in rows if r[1] == rows[0][1]]
    yield "packets", bars(f"What came of it, {first[0][1]}", "packets", [r[0] for r in first],
                          {"payloads delivered, once and as sent": [r[9] - r[10] - r[11] for r in first],
                           "payloads repeated or altered": [r[10] + r[11] for r in first], "packets that the core dropped": [r[12] for r in first]})


def mitm(points, page):
    """Messages and payloads are those of the first run of each point, refusals of all runs."""
    rows = []
    for s in points:
        (a,), refused = s["attacks"], s["refused"]
        rows.append([a["attack"], s["options"]["ike_suite"], refused["n"], refused["rate"], refused["ci95_low"], refused["ci95_high"], a["touched"],
                     a["sa_up_initiator"] + a["sa_up_responder"], a["sent"], a["delivered"], a["repeated"], a["altered"], sum(a["drops"].values())])
    page.text("Refused: no SA came up where the handshake was changed, and every payload came once, as it was sent. Messages and payloads are those "
              "of the first run of each point.")
    what = {s["attacks"][0]["attack"]: s["attacks"][0]["what"] for s in points}
    page.table(["attack", "what is changed"], what.items())
    for _, figure in mitm_figures(rows):
        page.figure(figure)
    return MITM_HEAD, rows
