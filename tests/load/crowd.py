#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""10,000 idle clients, 1,000 messages a second to some others, and strangers beside
them: what these cost the good ones. As strangers and their connections take time of the
machine, too, they also come to another publisher instead, "there". It shows times, and
fails only where somebody good is not served or is thrown out, or memory is more than
connections may cost.

usage: crowd.py LOAD-PEER CROWD-FLOOR [--idle N] [--storm N] [--seconds S] [--rounds N]
"""
import argparse
import asyncio
import contextlib
import os
import random
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path

import board
import cast
from strangers import GREETING, Strangers, subscriber

N_EARS = 10
RATE = 1000
N_SLOW = 50  # who say a byte now and then
N_DEAF = 5  # who subscribe to all, and never read
N_STORMS = 20  # at once
JOIN_EVERY_S = 0.05
PATIENCE_S = 60
# How many times as much strangers may add to the late messages of hein as to those of
# a program that only accepts and closes: what neither can help is the machine's.
GROWTH_MOST = 3
# What a connection may cost that is idle, or never reads (EVEN_SEND_LIMIT of
# load-publish.c).
IDLE_KIB = 8
DEAF_KIB = 1280
RESERVE_KIB = 16 * 1024


# ---- the good ----

async def connect(port):
    """A client that has subscribed to what nobody says, and is let in."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(subscriber(b"nothing"))
    await asyncio.wait_for(reader.readuntil(b"READY"), PATIENCE_S)
    return reader, writer


class Idle:
    """Clients that stay, and hear nothing."""

    def __init__(self):
        self.clients = []

    async def fill(self, port, n):
        while len(self.clients) < n:
            some = min(100, n - len(self.clients))
            self.clients += await asyncio.gather(*(connect(port) for _ in range(some)))

    def count_gone(self):
        return sum(reader.at_eof() for reader, _ in self.clients)

    def close(self):
        for _, writer in self.clients:
            writer.transport.abort()


async def join(port, times_ms):
    begin = time.monotonic()
    _, writer = await connect(port)
    times_ms.append((time.monotonic() - begin) * 1000)
    writer.transport.abort()


# ---- the others: a process of their own ----

async def drip(strangers, port):
    while True:
        with contextlib.suppress(OSError):
            await strangers.say(port, GREETING, len(GREETING), len(GREETING))


async def never_read(strangers, port):
    while True:
        with contextlib.suppress(OSError):
            await strangers.never_read(port, 3600)


async def storm(strangers, port, n):
    """Connects and ends at once, as fast as it goes, so many times."""
    while strangers.count < n:
        try:
            await strangers.storm(port)
        except OSError:
            await asyncio.sleep(0.01)  # this machine has no port left for a moment


async def trouble(port, n):
    strangers = Strangers(random.Random(1))
    for _ in range(N_SLOW):
        strangers.begin(drip(strangers, port))
    for _ in range(N_DEAF):
        strangers.begin(never_read(strangers, port))
    await asyncio.gather(*(storm(strangers, port, n) for _ in range(N_STORMS)))
    print(strangers.count, flush=True)
    await strangers.leave()


# ---- what is measured ----

def worst_of(times, part):
    return sorted(times)[min(int(len(times) * part), len(times) - 1)]


async def run_trouble(port, n):
    """Begins the strangers: a process, and what becomes of it."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, __file__, "--trouble", str(port), "--storm", str(n),
        stdout=asyncio.subprocess.PIPE)

    async def finish():
        said = await process.stdout.readline()
        await process.wait()
        return int(said or 0)

    return asyncio.create_task(finish())


def show_latencies(name, seconds, counts):
    half, most, worst = board.percentiles(counts, 0.5, 0.99, 1)
    print(f"{name:5} {seconds:5.1f} s: {sum(counts):7,} heard: median {half:.2f} ms, "
          f"p99 {most:.2f}, most {worst:.1f}", end="")
    return most


class Floor:
    """The least that a publisher can be, with strangers who come to it, or not."""

    def __init__(self, program):
        self.program = program

    async def begin(self):
        process = await asyncio.create_subprocess_exec(
            self.program, str(N_EARS), str(RATE),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE)
        return process, int(await process.stdout.readline())

    async def ask(self, process):
        process.stdin.write(b"say\n")
        return [int(n) for n in (await process.stdout.readline()).split()]

    async def measure(self, name, process, port, n_storm):
        before = await self.ask(process)
        begin = time.monotonic()
        await (await run_trouble(port, n_storm))
        counts = [after - n for after, n in zip(await self.ask(process), before)]
        most = show_latencies(name, time.monotonic() - begin, counts)
        print(" (floor)", flush=True)
        return most

    async def grow(self, n_storm, n_rounds):
        """How many times as late 99 of 100 come, as the median of the rounds."""
        (one, here), (other, there) = await self.begin(), await self.begin()
        times = []
        for _ in range(n_rounds):
            beside = await self.measure("there", one, there, n_storm)
            times.append(await self.measure("here", one, here, n_storm) / beside)
        for process in (one, other):
            process.stdin.close()
            await process.wait()
        return statistics.median(times)


class Crowd:
    def __init__(self, options, folder):
        ears = [cast.Part(f"ear{n}", "hear", dials=(("hub", "near"),)) for n in range(N_EARS)]
        self.hub = cast.Part("hub", "tick", rate=RATE, listens=("near", "tcp"))
        other = cast.Part("other", "tick", listens=("tcp",))
        self.cast = cast.Cast(options.program, folder, [self.hub, other, *ears], lambda *_: None)
        self.ears = ears
        self.options = options
        self.idle = Idle()
        self.findings = []

    def check(self, claim, what):
        if not claim:
            self.findings.append(what)

    def port(self, name="hub"):
        return self.cast.proxy_of(name, "tcp").target

    def sum_latencies(self):
        for ear in self.ears:
            ear.life.board.read()
        return [sum(counts) for counts in zip(*(ear.life.board.latencies for ear in self.ears))]

    def memory_kib(self):
        self.cast.sample(time.monotonic())
        return self.hub.life.usage.memory[-1][1]

    def cpu_seconds(self):
        """What the publisher has used."""
        fields = Path(f"/proc/{self.hub.life.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return sum(int(ticks) for ticks in fields[11:13]) / os.sysconf("SC_CLK_TCK")

    async def measure(self, name, is_over):
        """Latencies of the ears, and of newcomers, in ms."""
        before = self.sum_latencies()
        used = self.cpu_seconds()
        joined = []
        begin = time.monotonic()
        while not is_over(time.monotonic() - begin):
            await join(self.port(), joined)
            await asyncio.sleep(JOIN_EVERY_S)
        seconds = time.monotonic() - begin
        counts = [after - n for after, n in zip(self.sum_latencies(), before)]
        most = show_latencies(name, seconds, counts)
        print(f"; {len(joined):4} joined: median "
              f"{worst_of(joined, 0.5):.1f} ms, p99 {worst_of(joined, 0.99):.1f}, "
              f"most {max(joined):.1f}; memory {self.memory_kib():,} KiB, "
              f"{(self.cpu_seconds() - used) / seconds:.0%} of a CPU", flush=True)
        self.check(sum(counts) > 0, f"{name}: nobody hears anything")
        return most

    async def measure_trouble(self, name, hub):
        trouble = await run_trouble(self.port(hub), self.options.storm)
        most = await self.measure(name, lambda _: trouble.done())
        self.check(await trouble >= self.options.storm, "the storm came to nothing")
        return most

    async def run(self):
        floor = await Floor(self.options.floor).grow(self.options.storm, self.options.rounds)
        await self.cast.start_all()
        empty = self.memory_kib()
        await self.idle.fill(self.port(), self.options.idle)
        idle = self.memory_kib()
        n = len(self.idle.clients)
        print(f"{n:,} idle clients: {empty:,} KiB -> {idle:,} KiB, "
              f"{(idle - empty) / max(n, 1):.2f} each", flush=True)
        self.check(idle - empty <= n * IDLE_KIB + RESERVE_KIB, "idle clients cost too much")
        self.cast.go()
        times = []
        for _ in range(self.options.rounds):
            await self.measure("calm", lambda passed: passed > self.options.seconds)
            times.append((await self.measure_trouble("there", "other"),
                          await self.measure_trouble("here", "hub")))
        growth = statistics.median(here / there for there, here in times)
        print(f"p99 with strangers here / there: {growth:.2f}, of the floor {floor:.2f}", flush=True)
        self.check(growth <= GROWTH_MOST * max(floor, 1), "strangers make messages late")
        self.check(self.memory_kib() - idle <= N_DEAF * DEAF_KIB + RESERVE_KIB,
                   "strangers cost too much memory")
        self.check(self.idle.count_gone() == 0, f"{self.idle.count_gone()} idle were thrown out")
        await self.check_ears()

    def rows(self):
        """What each ear has heard."""
        for ear in self.ears:
            ear.life.board.read()
        return [ear.life.board.rows[self.hub.life.name] for ear in self.ears]

    async def check_ears(self):
        """Behind the last message all of them have heard as many."""
        self.hub.life.say("stop")
        end = time.monotonic() + PATIENCE_S
        while any(row.count_gaps() for row in self.rows()) \
                or len({row.last for row in self.rows()}) > 1:
            if time.monotonic() > end:
                self.findings.append("somebody has not heard all")
                break
            await asyncio.sleep(JOIN_EVERY_S)
        self.check(not any(row.out_of_order for row in self.rows()), "there was no order")
        for ear in self.ears:
            self.check(ear.life.board.count["removed"] == 0, f"{ear.name} was thrown out")

    async def end(self):
        self.idle.close()
        await self.cast.kill_all()
        for life in self.cast.all_lives():
            said = life.errors_path.read_text(errors="replace").strip()
            self.check(not said, f"{life.name} says: {said[-1000:]}")


async def run_all(options):
    with tempfile.TemporaryDirectory(prefix="hein-crowd-") as folder:
        crowd = Crowd(options, Path(folder))
        try:
            await crowd.run()
        finally:
            await crowd.end()
    for finding in crowd.findings:
        print(f"FOUND: {finding}")
    return bool(crowd.findings)


def raise_limit(wanted):
    """How many of them there can be: the publisher has as many descriptors."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return min(wanted, most - 2000)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program", nargs="?")
    parser.add_argument("floor", nargs="?")
    parser.add_argument("--idle", type=int, default=10000)
    parser.add_argument("--storm", type=int, default=100000)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--trouble", type=int, metavar="PORT", help="be the strangers")
    options = parser.parse_args()
    options.idle = raise_limit(options.idle)
    if options.trouble:
        return asyncio.run(trouble(options.trouble, options.storm))
    if options.idle <= 0:
        print("there are too few descriptors")
        return 77
    return asyncio.run(run_all(options))


if __name__ == "__main__":
    sys.exit(main())
