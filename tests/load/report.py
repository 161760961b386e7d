# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a run of the soak shows: a line now and then, and a summary."""

import collections
import time

import board
import connections


def describe(seconds):
    return f"{int(seconds) // 3600}:{int(seconds) // 60 % 60:02}:{int(seconds) % 60:02}"


def add_up(soak):
    """The totals of all that was counted."""
    total = collections.Counter()
    for life in soak.cast.lives():
        total["killed"] += life.is_killed
        if not life.board:
            continue
        count = life.board.count
        for name in ("rounds", "asked", "answered", "stale", "damaged"):
            total[name] += count[name]
        if life.part.dials:
            total["cuts"] += count["removed"]
        for reason, n in life.board.dropped.items():
            total[f"lost {reason}"] += n
        for code, n in enumerate(life.board.errors):
            total[f"error {code}"] += n
        for row in life.board.rows.values():
            total["copies"] += row.accepted if life.part.part == "publish" else 0
            total["heard"] += row.heard
    return total


def good_latencies(soak):
    """Of who is connected directly to a publisher that others trouble."""
    life = soak.cast.parts["good"].life
    return board.percentiles(life.board.latencies, 0.5, 0.99, 0.999, 1)


def line(soak):
    total = add_up(soak)
    median, most, _, worst = good_latencies(soak)
    memory = sum(part.life.usage.memory[-1][1] for part in soak.cast.parts.values()
                 if part.life.usage.memory) / 1024
    lost = sum(n for name, n in total.items() if name.startswith("lost "))
    return (f"{describe(time.monotonic() - soak.begin)}  {memory:5.1f} MiB  "
            f"heard {total['heard']:,}  counted as lost {lost:,}  "
            f"handled {soak.deliveries.counts['handled']:,}  answered {total['answered']:,}  "
            f"latency {median:.2f}/{most:.1f}/{worst:.0f} ms  "
            f"faults {soak.faults}, killed {total['killed']}, reconnects {total['cuts']}")


def note_memory(soak):
    """Appends to a file: seconds, who, private memory and what is allocated of it, KiB,
    descriptors."""
    with (soak.cast.folder / "memory.tsv").open("a", encoding="utf-8") as file:
        for part in soak.cast.parts.values():
            if part.lives and part.life.usage and part.life.usage.memory:
                usage = part.life.usage
                seconds, private = usage.memory[-1]
                heap = usage.heap[-1][1] if usage.heap else 0
                print(f"{seconds - soak.begin:.0f}", part.life.name, private, f"{heap:.1f}",
                      usage.descriptors, sep="\t", file=file)


def print_processes(soak):
    """Of each part the longest life."""
    print(f"{'process':20} {'RSS KiB':>8} {'private':>8} {'KiB/hour':>9} {'fds':>4}")
    for part in soak.cast.parts.values():
        life = max(part.lives, key=lambda life: len(life.usage.memory))
        per_hour = life.usage.kib_per_hour(soak.warm_up, soak.end)
        private = life.usage.memory[-1][1] if life.usage.memory else 0
        print(f"{life.name:20} {life.usage.resident:8} {private:8} "
              f"{per_hour if per_hour is None else round(per_hour)!s:>9} "
              f"{life.usage.descriptors:4}")


def print_accounts(soak):
    """By address, all lives of a publisher together."""
    sums = collections.defaultdict(collections.Counter)
    for account, life in soak.accounts():
        one = sums[f"{life.part.name} to {account.name.split()[-1]}"]
        one.update(sent=account.accepted, heard=account.heard, **{
            ("with the killed" if life.is_killed else "not counted"): account.missing()})
        one.update(account.dropped)
        one["in vain"] += connections.count_surplus(*account.connections())
        one["of the unknown certainly lost"] += connections.count_certain(
            *account.connections())
    for name, counts in sums.items():
        print(f"{name}: " + ", ".join(f"{n:,} {what}" for what, n in counts.items() if n))


def print_latencies(soak):
    times = good_latencies(soak)
    print("latency of the good neighbour, ms: median {:.3f}, p99 {:.3f}, p99.9 {:.3f}, "
          "max {:.3f}".format(*times))


def summarize(soak):
    total = add_up(soak)
    print()
    print_processes(soak)
    print()
    print_accounts(soak)
    print_latencies(soak)
    print("deliveries: " + ", ".join(f"{n:,} {what}"
                                     for what, n in soak.deliveries.counts.items()))
    print("counted as lost: " + ", ".join(
        f"{n:,} {name[5:]}" for name, n in total.items() if name.startswith("lost ") and n))
    print(f"requests: {total['asked']:,} asked, {total['answered']:,} answered"
          + "".join(f", {n:,} with {name}" for name, n in total.items()
                    if name.startswith("error ") and n))
    print(f"late joiners: {total['rounds']:,}")
    print(f"faults {soak.faults:,}, processes killed {total['killed']:,}, "
          f"connections that ended {total['cuts']:,}, strangers {soak.strangers.count:,}")
    for finding in soak.findings:
        print(f"FOUND: {finding}")
    print("nothing was found" if not soak.findings else f"{len(soak.findings)} findings")
