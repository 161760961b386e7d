# SPDX-License-Identifier: LGPL-2.1-or-later
"""Results as Markdown: medians, spans, and ratios within each repetition."""

import os
import platform
import statistics

from bench_rows import SECTIONS, round_off
from bench_secure import compare

REFERENCE = ("zmq", "pubsub")
LIMIT = ("raw", "batch")
MULTICAST_LIMIT = ("mc-raw", "datagrams")


def get_values(results, row, name, figure):
    """One entry per repetition; None where there is none."""
    return [result.get(figure.key) if result else None
            for result in results.get((row.key, name), [])]


def get_ratios(values, others, more_is_better):
    """Per repetition how many times better a value is than the other's."""
    ratios = []
    for value, other in zip(values, others):
        if value is None or other is None or value <= 0 or other <= 0:
            continue
        ratios.append(value / other if more_is_better else other / value)
    return ratios


def format_span(values, show, mark=""):
    """Median (least to most)"""
    if not values:
        return "–"
    median = mark + show(statistics.median(values))
    if len(values) == 1:
        return median
    return f"{median} ({show(min(values))}–{show(max(values))})"


def format_line(results, row, contender, figure):
    values = get_values(results, row, contender.name, figure)
    known = [value for value in values if value is not None]
    reasons = {result["reason"] for result
               in results.get((row.key, contender.name), [])
               if result and result["status"] == "skipped"}
    cells = [f"{row.title}: {figure.title}", contender.get_title(row)]
    if not known:
        reason = ", ".join(sorted(reasons)) or "failed"
        return cells + [f"– ({reason})", "–", "–"]
    cells.append(format_span(known, figure.show))
    limit = MULTICAST_LIMIT if row.section == "multicast" else LIMIT
    for other in (REFERENCE, limit):
        others = get_values(results, row, other, figure)
        ratios = get_ratios(values, others, figure.more_is_better)
        cells.append("1" if other == contender.name
                     else format_span(ratios, round_off, "× "))
    return cells


def format_section(title, lines):
    heads = ["What", "Peer", "Median (least–most)",
             "Against libzmq", "Against raw sockets"]
    text = [f"\n### {title}\n", "| " + " | ".join(heads) + " |",
            "|---|---|--:|--:|--:|"]
    text += ["| " + " | ".join(cells) + " |" for cells in lines]
    return text


def read_cpu_model():
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            for line in file:
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.machine()


def format_head(contenders, args):
    libraries = list(dict.fromkeys(c.library for c in contenders))
    return [
        f"{read_cpu_model()}, {len(os.sched_getaffinity(0))} CPUs, "
        f"{platform.system()} {platform.release()}, loopback; "
        f"{', '.join(libraries)}; repetitions: {args.reps}, interleaved, at "
        f"priority {args.priority}.",
        "A ratio is the median of the ratios within each repetition, and "
        "above 1 means better, whether more or less is good.",
    ]


def format_report(results, problems, contenders, rows, missing, args):
    text = format_head(contenders, args)
    for test, title in SECTIONS:
        lines = [format_line(results, row, contender, figure)
                 for row in rows if row.section == test
                 for figure in row.figures
                 for contender in contenders if contender.runs(row)]
        if lines:
            text += format_section(title, lines)
    text += compare(results)
    if missing:
        text += ["", f"Left out, because not built: {', '.join(missing)}."]
    if problems:
        text += ["", "**Failed:**", ""]
        text += [f"- {problem}" for problem in problems]
    return "\n".join(text)
