# SPDX-License-Identifier: MIT
"""What the report of a sweep is drawn with: pages of HTML with everything in them, figures of matplotlib."""
import html
import io

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams.update({"svg.hashsalt": "ikelet", "svg.fonttype": "none", "font.size": 10, "figure.figsize": (8.2, 4.4),
                            "axes.grid": True, "grid.alpha": 0.3})
import matplotlib.pyplot as plt

STYLE = ("body{font-family:sans-serif;max-width:1000px;margin:24px auto;padding:0 16px;color:#222}table{border-collapse:collapse}"
         "td,th{border:1px solid #ccc;padding:3px 9px;text-align:right;font-size:13px}td:first-child,th:first-child{text-align:left}"
         "th{background:#f0f0f0}svg{max-width:100%;height:auto;display:block}.wide{overflow-x:auto}")
COLOURS = ["#08306b", "#d94801", "#238b45", "#6a51a3", "#b30000", "#4292c6", "#8c6d31", "#636363", "#e7298a", "#66a61e", "#a6bddb"]


def svg_of(figure):
    out = io.StringIO()
    figure.savefig(out, format="svg", bbox_inches="tight", metadata={"Date": None, "Creator": "ikelet"})
    plt.close(figure)
    svg = out.getvalue()
    return svg[svg.index("<svg"):]


class Page:
    def __init__(self, title):
        self.title, self.body = title, []

    def text(self, text):
        self.body.append(f"<p>{html.escape(text)}</p>")

    def figure(self, figure):
        self.body.append(svg_of(figure))

    def table(self, head, rows):
        cells = "".join(f"<th>{html.escape(str(h))}</th>" for h in head)
        lines = "".join("<tr>" + "".join(f"<td>{html.escape(str(c))}</td>" for c in row) + "</tr>\n" for row in rows)
        self.body.append(f'<div class="wide"><table><tr>{cells}</tr>\n{lines}</table></div>')

    def write(self, path):
        path.write_text(f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{html.escape(self.title)}</title>'
                        f"<style>{STYLE}</style></head>\n<body>\n<h1>{html.escape(self.title)}</h1>\n" + "\n".join(self.body)
                        + "\n</body></html>\n")


def axes(title, x, y):
    figure, ax = plt.subplots()
    ax.set(title=title, xlabel=x, ylabel=y)
    return figure, ax


def band(ax, x, middle, low, high, label, colour):
    ax.plot(x, middle, "o-", label=label, color=colour, markersize=3)
    ax.fill_between(x, low, high, color=colour, alpha=0.15, linewidth=0)


def legend(ax, n):
    if n:
        ax.legend(fontsize=8)


def bars(title, x, names, parts):
    """Horizontal stacked bars. parts: a list of lengths, one for each name, by label."""
    height = 0.42 * len(names) + 1.6
    figure, ax = plt.subplots(figsize=(8.2, height))
    left = [0.0] * len(names)
    for (label, widths), colour in zip(parts.items(), COLOURS):
        ax.barh(range(len(names)), widths, left=left, label=label, color=colour)
        left = [a + b for a, b in zip(left, widths)]
    ax.set_yticks(range(len(names)))
    ax.set_yticklabels(names)
    ax.invert_yaxis()
    ax.set(title=title, xlabel=x)
    ax.legend(fontsize=8, ncol=6, loc="upper center", bbox_to_anchor=(0.3, -max(0.12, 0.7 / height)))  # below the words of its axis
    return figure


def word(value):
    return f"{value:g}" if isinstance(value, float) else value
