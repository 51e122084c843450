# SPDX-License-Identifier: MIT
"""The energies of a report as a picture: a bar for each pair of parts and each use of the radio."""

from xml.sax.saxutils import escape

WIDTH, LEFT, RIGHT, BAR, GAP, HEAD = 880, 250, 80, 18, 6, 46
TEXT = 'font-family="sans-serif" font-size="12"'
# Colours that differ in lightness, too.
SEGMENTS = (("X25519", "#08306b"), ("other computing", "#6baed6"), ("radio: on the air", "#d94801"),
            ("radio: waiting for the peer", "#fdae6b"), ("radio: while computing", "#d9d9d9"))
TITLES = {"handshake": "Handshake, mJ (radio listening / off while computing)",
          "esp": "Command and answer in ESP, mJ (its own scale)"}
RADIO = ("listening", "off")


def segments(cost, x25519_share):
    """In the order of SEGMENTS; the start of the radio is on the air, the CPU's sleep is in waiting."""
    return (cost["cpu_mj"] * x25519_share, cost["cpu_mj"] * (1 - x25519_share),
            cost["radio_air_mj"] + cost["radio_start_mj"],
            cost["radio_waiting_mj"] + cost["sleep_mj"], cost["radio_computing_mj"])


def bars(report, exchange):
    """(label, its segments)"""
    for pair in report.pairs:
        for radio in RADIO:
            yield (f"{pair}, {radio}", segments(report.costs[pair, exchange][radio],
                                                report.x25519_share(exchange)))


def bar(label, parts, y, scale):
    yield f'<text x="{LEFT - 8}" y="{y + 13}" text-anchor="end" {TEXT}>{escape(label)}</text>'
    x = float(LEFT)
    for energy, (_, colour) in zip(parts, SEGMENTS):
        yield (f'<rect x="{x:.1f}" y="{y}" width="{energy * scale:.1f}" height="{BAR}" '
               f'fill="{colour}"/>')
        x += energy * scale
    total = sum(parts)
    yield (f'<text x="{x + 6:.1f}" y="{y + 13}" {TEXT}>{total:.{0 if total >= 10 else 2}f}</text>')


def panel(report, exchange, y):
    rows = list(bars(report, exchange))
    scale = (WIDTH - LEFT - RIGHT) / max(sum(parts) for _, parts in rows)
    lines = [f'<text x="{LEFT}" y="{y + 16}" {TEXT} font-weight="bold">{TITLES[exchange]}</text>']
    y += 26
    for label, parts in rows:
        lines += bar(label, parts, y, scale)
        y += BAR + GAP
    return lines, y + 10


def legend():
    x = 12
    for name, colour in SEGMENTS:
        yield f'<rect x="{x}" y="14" width="12" height="12" fill="{colour}"/>'
        yield f'<text x="{x + 18}" y="25" {TEXT}>{name}</text>'
        x += 34 + 6.6 * len(name)


def svg(report):
    lines, y = list(legend()), HEAD
    for exchange in TITLES:
        more, y = panel(report, exchange, y)
        lines += more
    return "\n".join([f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{y}">',
                      f'<rect width="{WIDTH}" height="{y}" fill="white"/>', *lines, "</svg>"]) + "\n"
