# SPDX-License-Identifier: LGPL-2.1-or-later
"""Draws results as SVG: lines by size and by subscribers, bars for the rest."""

import math
import statistics
from html import escape

# peer and variant: name, colour (told apart without red and green), dashes
SERIES = {
    ("raw", "batch"): ("raw sockets", "#444444", "5,4"),
    ("hein", "callback"): ("hein, callback", "#0072B2", ""),
    ("hein", "signal"): ("hein, a signal each", "#56B4E9", ""),
    ("zmq", "pubsub"): ("libzmq", "#D55E00", ""),
    ("nng", "pubsub"): ("nng", "#CC79A7", ""),
    ("nats", "pubsub"): ("NATS", "#E69F00", ""),
}
SIZES = {"16x1": 16, "100x1": 100, "1kx1": 1024, "64kx1": 65536,
         "1mx1": 1048576, "4mx1": 4 << 20, "8mx1": 8 << 20,
         "16mx1": 16 << 20, "64mx1": 64 << 20}
SUBSCRIBERS = {"100x1": 1, "100x2": 2, "100x8": 8, "100x64": 64,
               "100x512": 512}
# title, what it is over, rows by x, value of a result, unit of the axis
LINES = [
    ("Messages per second by size", "bytes of a message", SIZES,
     lambda r: r.get("messages_per_s")),
    ("Processor time per delivery by size, ns", "bytes of a message", SIZES,
     lambda r: r.get("cpu_ns")),
    ("Deliveries per second by subscribers, 100 B", "subscribers", SUBSCRIBERS,
     lambda r: r.get("messages_per_s", 0) * r.get("subscribers", 1)),
    ("Messages per second by subscribers, 100 B", "subscribers", SUBSCRIBERS,
     lambda r: r.get("messages_per_s")),
]
# title, row, key, factor
BARS = [
    ("Round trip p50, one CPU, µs", "trip-one", "p50_us", 1),
    ("Round trip p50, a CPU each, µs", "trip-each", "p50_us", 1),
    ("10,000 connections made, ms", "idle-10000", "connect_s", 1e3),
    ("One message to 10,000, ms", "idle-10000", "tell_s", 1e3),
    ("Memory of an idle connection, bytes", "idle-10000",
     "rss_per_connection", 1),
    ("Start of a program, ms", "start", "start_s", 1e3),
]
WIDTH, HEIGHT = 520, 320  # of a panel
LEFT, RIGHT, TOP, BOTTOM = 70, 20, 46, 46
BAR_HEIGHT = 210
LEGEND_HEIGHT = 40


def collect(entries):
    """{(row, name): results that are good}"""
    return {(entry["row"], (entry["peer"], entry["variant"])):
            [r for r in entry["results"] if r and r["status"] == "ok"]
            for entry in entries}


def get_median(found, row, name, pick):
    values = [pick(result) for result in found.get((row, name), [])]
    values = [value for value in values if value and value > 0]
    return statistics.median(values) if values else None


def text(x, y, words, size=12, anchor="middle", weight="normal"):
    return (f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" '
            f'font-weight="{weight}" text-anchor="{anchor}">'
            f"{escape(words)}</text>")


def show(value):
    for factor, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= factor:
            return f"{value / factor:.3g} {unit}"
    return f"{value:.3g}"


def show_size(value):
    for factor, unit in ((1048576, " Mi"), (1024, " Ki")):
        if value >= factor:
            return f"{value // factor}{unit}"
    return str(value)


class Scale:
    """A logarithmic axis."""

    def __init__(self, low, high, start, end):
        self.low = math.log10(low)
        self.span = max(math.log10(high) - self.low, 1e-9)
        self.start = start
        self.end = end

    def __call__(self, value):
        part = (math.log10(value) - self.low) / self.span
        return self.start + part * (self.end - self.start)


def draw_axes(x_scale, y_scale, ticks, low, high):
    parts = []
    for decade in range(low, high + 1):
        y = y_scale(10 ** decade)
        parts.append(f'<line x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" '
                     f'y2="{y:.1f}" stroke="#dddddd"/>')
        parts.append(text(LEFT - 8, y + 4, show(10 ** decade), 11, "end"))
    bottom = HEIGHT - BOTTOM
    for value in ticks:
        x = x_scale(value)
        parts.append(f'<line x1="{x:.1f}" y1="{bottom}" x2="{x:.1f}" '
                     f'y2="{bottom + 5}" stroke="#444444"/>')
        parts.append(text(x, bottom + 18, show_size(value), 11))
    return parts


def draw_series(points, x_scale, y_scale, colour, dashes):
    path = " ".join(f"{x_scale(x):.1f},{y_scale(y):.1f}" for x, y in points)
    dash = f' stroke-dasharray="{dashes}"' if dashes else ""
    parts = [f'<polyline points="{path}" fill="none" stroke="{colour}" '
             f'stroke-width="2"{dash}/>']
    parts += [f'<circle cx="{x_scale(x):.1f}" cy="{y_scale(y):.1f}" r="3.5" '
              f'fill="{colour}"/>' for x, y in points]
    return parts


def draw_lines(found, title, label, rows, pick):
    """None when there is nothing to draw."""
    series = {}
    for name in SERIES:
        points = [(x, get_median(found, row, name, pick))
                  for row, x in rows.items()]
        points = [(x, y) for x, y in points if y is not None]
        if points:
            series[name] = points
    if not series:
        return None
    xs = sorted({x for points in series.values() for x, _ in points})
    ys = [y for points in series.values() for _, y in points]
    low, high = math.floor(math.log10(min(ys))), math.ceil(math.log10(max(ys)))
    high = max(high, low + 1)
    x_scale = Scale(xs[0], xs[-1] if len(xs) > 1 else xs[0] * 10,
                    LEFT + 15, WIDTH - RIGHT - 15)
    y_scale = Scale(10 ** low, 10 ** high, HEIGHT - BOTTOM, TOP)
    parts = [text(WIDTH / 2, 24, title, 14, weight="bold"),
             text(WIDTH / 2, HEIGHT - 8, label)]
    parts += draw_axes(x_scale, y_scale, xs, low, high)
    for name, points in series.items():
        parts += draw_series(points, x_scale, y_scale, *SERIES[name][1:])
    return parts


def draw_bars(found, title, row, key, factor):
    values = {name: get_median(found, row, name, lambda r: r.get(key))
              for name in SERIES}
    values = {name: value * factor for name, value in values.items() if value}
    if not values:
        return None
    longest = max(values.values())
    parts = [text(WIDTH / 2, 24, title, 14, weight="bold")]
    step = (BAR_HEIGHT - TOP) / len(SERIES)
    for index, (name, value) in enumerate(values.items()):
        y = TOP + index * step
        length = max(1, value / longest * (WIDTH - LEFT - 150))
        parts.append(f'<rect x="{LEFT + 40}" y="{y:.1f}" width="{length:.1f}" '
                     f'height="{step * 0.7:.1f}" fill="{SERIES[name][1]}"/>')
        label = SERIES[name][0].split(",")[0]
        parts.append(text(LEFT + 32, y + step * 0.5, label, 11, "end"))
        parts.append(text(LEFT + 46 + length, y + step * 0.5, show(value), 11,
                          "start"))
    return parts


def draw_legend(found):
    parts = []
    x = LEFT
    for name, (title, colour, dashes) in SERIES.items():
        if not any(key[1] == name for key in found):
            continue
        dash = f' stroke-dasharray="{dashes}"' if dashes else ""
        parts.append(f'<line x1="{x}" y1="24" x2="{x + 28}" y2="24" '
                     f'stroke="{colour}" stroke-width="3"{dash}/>')
        parts.append(text(x + 34, 28, title, 12, "start"))
        x += 60 + 7 * len(title)
    return parts


def place(panels, y, height):
    """Two beside each other; the parts and where the next may begin."""
    parts = []
    for index, panel in enumerate(panels):
        x = index % 2 * WIDTH
        top = y + index // 2 * height
        parts += [f'<g transform="translate({x},{top})">', *panel, "</g>"]
    return parts, y + math.ceil(len(panels) / 2) * height


def write_svg(path, entries):
    """entries: as in bench.json, a list of row, peer, variant, results."""
    found = collect(entries)
    lines = filter(None, (draw_lines(found, *line) for line in LINES))
    bars = filter(None, (draw_bars(found, *bar) for bar in BARS))
    parts = draw_legend(found)
    upper, y = place(list(lines), LEGEND_HEIGHT, HEIGHT)
    lower, y = place(list(bars), y, BAR_HEIGHT)
    with open(path, "w", encoding="utf-8") as file:
        file.write(f'<svg xmlns="http://www.w3.org/2000/svg" '
                   f'width="{2 * WIDTH}" height="{y}" '
                   f'viewBox="0 0 {2 * WIDTH} {y}" font-family="sans-serif" '
                   f'fill="#222222">\n'
                   f'<rect width="100%" height="100%" fill="white"/>\n')
        file.write("\n".join(parts + upper + lower))
        file.write("\n</svg>\n")
