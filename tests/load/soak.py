# SPDX-License-Identifier: LGPL-2.1-or-later
"""A mixed load with faults, for as long as told: see README.md.

usage: soak.py LOAD-PEER [--minutes N | --seconds N] [--every SECONDS] [--speed FACTOR]
               [--faults PER-SECOND] [--seed N] [--keep FOLDER] [--without LABEL]...

The exit status is 1 when something was lost and not counted, came out of order or twice,
when a process ended that nobody killed, or memory or descriptors grow.
"""

import argparse
import asyncio
import collections
import contextlib
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

import cast
import connections
import ledger
import report
from cast import Part
from strangers import Strangers

PATIENCE_S = 60
WARM_UP_MAX_S = 600
# So many processes at most are stopped, or start again.
AT_ONCE = 4
# Longer than silence-ms of the processes: the connection is given up.
LONG_S = 5
# Bytes of the shortest message.
SIZE_MIN = 100


def make_parts(groups, without, speed):
    """Everybody. @groups: two addresses, or none."""
    steady = [label for label in ("tcp", "key", "ws", "unix", "aiomsg", "soc",
                                  "socketengine", "tinyproto") if label not in without]
    mortal = ("tcp", "ws", "unix", "aiomsg")
    workers = ("unix", "tcp", "ws")
    parts = [
        Part("steady", "publish", 50 * speed, ("near", *steady, "strangers")),
        Part("mortal", "publish", 30 * speed, mortal, deeds=("kill", "pause")),
        Part("office", "hand-out", 100 * speed, workers, deeds=("kill", "pause")),
        Part("values", "retain", 40 * speed, ("channel", "values", "kept"),
             deeds=("kill",)),
        Part("stream", "publish", 500 * speed, ("near",)),
        Part("good", "hear", dials=(("steady", "near"),)),
        Part("ear-stream", "hear", dials=(("stream", "near"),)),
    ]
    parts += [Part(f"ear-{label}", "hear", dials=(("steady", label),),
                   deeds=("pause",)) for label in steady]
    parts += [Part(f"ear-mortal-{label}", "hear", dials=(("mortal", label),),
                   deeds=("kill", "close", "pause")) for label in mortal]
    parts += [Part(f"worker-{label}", "work", dials=(("office", label),),
                   deeds=("kill", "close", "pause") if label != "ws" else ("pause",))
              for label in workers]
    parts += [Part(f"late-{label}", "come-late", dials=(("values", label),))
              for label in ("channel", "values", "kept")]
    for kind, group in zip(("reliable", "brief"), groups):
        options = "&reliable=yes" if kind == "reliable" else ""
        parts += [Part(f"{kind}-{number}", "join", 10 * speed, group=group + options,
                       deeds=("kill", "pause") if number == 2 else ())
                  for number in range(3)]
    return parts


class Soak:
    """One run of it."""

    def __init__(self, options, folder):
        self.options = options
        self.chance = random.Random(options.seed)
        self.deliveries = ledger.Deliveries()
        groups = [] if "multicast" in options.without else cast.find_groups(self.chance)
        parts = make_parts(groups, options.without, options.speed)
        self.cast = cast.Cast(options.program, folder, parts, self.deliveries.note)
        self.strangers = Strangers(self.chance)
        self.seconds = options.seconds or options.minutes * 60
        self.warm_up = min(self.seconds / 3, WARM_UP_MAX_S)
        self.begin = self.end = time.monotonic()
        self.faults = 0
        self.findings = []
        self.is_over = False

    # ---- faults ----

    def harm_connection(self):
        pairs = [pair for one in self.cast.proxies.values() for pair in one.pairs]
        if not pairs:
            return
        pair = self.chance.choice(sorted(pairs, key=id))
        seconds = self.chance.uniform(0.1, 2)
        deed = self.chance.randrange(6)
        if deed < 2:
            pair.cut()
        elif deed == 2:
            pair.close()
        elif deed == 3:
            pair.stall(self.chance.choice((seconds, seconds, LONG_S)))
        elif deed == 4:
            pair.change(seconds, delay_s=self.chance.uniform(0.005, 0.2))
        else:
            pair.change(seconds / 4, crumb=self.chance.randrange(1, 20))

    async def harm_process(self):
        part = self.chance.choice([part for part in self.cast.parts.values()
                                   if part.deeds and not part.is_busy])
        deed = self.chance.choice(part.deeds)
        part.is_busy = True
        if deed == "kill":
            await self.cast.kill(part)
        elif deed == "close":
            await self.cast.close(part)
        else:
            self.cast.pause(part, signal.SIGSTOP)
            await asyncio.sleep(self.chance.uniform(0.2, 4))
            self.cast.pause(part, signal.SIGCONT)
        part.is_busy = False

    def invite_stranger(self):
        steady = [self.cast.proxies["steady", label].target
                  for label in ("strangers", "tcp", "ws", "key")
                  if ("steady", label) in self.cast.proxies]
        self.strangers.come(steady, steady[0])

    async def harm(self):
        tasks = set()
        while time.monotonic() < self.end:
            await asyncio.sleep(self.chance.expovariate(self.options.faults))
            self.faults += 1
            which = self.chance.random()
            if which < 0.65:
                self.harm_connection()
            elif which < 0.8:
                self.invite_stranger()
            elif len(tasks) < AT_ONCE:
                task = asyncio.create_task(self.harm_process())
                tasks.add(task)
                task.add_done_callback(tasks.discard)
                task.add_done_callback(self.note_task)
        await asyncio.gather(*tasks, return_exceptions=True)

    def note_task(self, task):
        if error := task.exception():
            self.findings.append(repr(error))

    # ---- watching ----

    def look(self):
        """Reads what all have counted."""
        for part in self.cast.parts.values():
            if part.lives and part.life.board:
                part.life.board.read()
        self.cast.sample(time.monotonic())
        for life in self.cast.all_lives():
            if wrong := life.find_end():
                if wrong not in self.findings:
                    self.findings.append(wrong)
                    print(f"FOUND: {wrong}", flush=True)

    async def watch(self):
        every = self.options.every or max(1, min(self.seconds / 20, 30))
        due = self.begin
        while not self.is_over:
            self.look()
            if time.monotonic() >= due:
                due += every
                print(report.line(self), flush=True)
                report.note_memory(self)
            await asyncio.sleep(min(1, self.seconds / 60))

    # ---- the end of it ----

    def accounts(self):
        """(account, publisher's life)"""
        found = []
        for publisher in self.cast.lives("publish"):
            for label in publisher.part.listens:
                if label != "strangers":
                    ears = [life for life in self.cast.lives("hear")
                            if life.part.dials == ((publisher.part.name, label),)]
                    found.append((ledger.Account(publisher, label, ears), publisher))
        return found

    def is_settled(self):
        for life in self.cast.lives():
            life.board.read()
        return (all(part.life.board.count["open"] == 0
                    for part in self.cast.parts.values())
                and not any(account.check(life.is_killed)
                            for account, life in self.accounts()))

    def is_connected(self):
        for part in self.cast.parts.values():
            part.life.board.read()
        return all(part.life.board.count["added"] > part.life.board.count["removed"]
                   for part in self.cast.parts.values() if part.part in ("hear", "work"))

    async def wait(self, condition):
        end = time.monotonic() + PATIENCE_S
        while not condition():
            if time.monotonic() > end:
                return False
            await asyncio.sleep(0.05)
        return True

    async def see_last_values(self):
        """Who comes when nothing changes any more sees the last value of each topic."""
        for part in self.cast.parts.values():
            if part.part == "come-late":
                await self.cast.close(part)
                part.life.say("stop")
        lives = [part.life for part in self.cast.parts.values()
                 if part.part == "come-late"]

        def have_come():
            for life in lives:
                life.board.read()
            return all(life.board.count["rounds"] for life in lives)

        if not await self.wait(have_come):
            self.findings.append("values do not come to who comes last")

    async def settle(self):
        await self.strangers.leave()
        if not await self.wait(self.is_connected):
            self.findings.append("not everybody comes back when the faults are over")
        for life in self.cast.lives("publish", "join", "hand-out", "retain"):
            life.say("stop")
        await self.wait(self.is_settled)
        await self.see_last_values()
        self.check_descriptors()
        await self.cast.end()

    def check_descriptors(self):
        """As many as at first, now that everybody is there and no stranger."""
        for part in self.cast.parts.values():
            life = part.life
            life.usage.sample(time.monotonic())
            if life.first_descriptors and \
                    life.usage.descriptors > life.first_descriptors + 1:
                self.findings.append(f"{life.name} had {life.first_descriptors} "
                                     f"descriptors and has {life.usage.descriptors}")

    def check(self):
        self.look()
        killed = {life.name for life in self.cast.lives() if life.is_killed}
        self.findings += self.deliveries.check(killed)
        for account, life in self.accounts():
            self.findings += account.check(life.is_killed)
            self.findings += account.check_connections(life.is_killed)
        self.check_thrown_away()
        for life in self.cast.lives():
            life.board.read()
            self.findings += ledger.check_listener(life)
            if not life.is_killed:
                self.findings += ledger.check_told(life)
                self.findings += ledger.check_requests(life)
            wrong = life.usage.check(self.warm_up, self.end, life.part.count_connections())
            if wrong:
                self.findings.append(f"{life.name}: {wrong}")
        for life in self.cast.lives("join"):
            others = [other for other in self.cast.lives("join")
                      if other.part.group == life.part.group]
            self.findings += ledger.check_member(life, others)

    def check_thrown_away(self):
        """What one address of a publisher has lost without any doubt, in all its lives, is
        what was said to somebody who had closed: the network took it and did not say."""
        surplus = collections.Counter()
        for account, life in self.accounts():
            surplus[life.part.name, account.label] += connections.count_surplus(
                *account.connections())
        for (name, label), n in surplus.items():
            proxy = self.cast.proxies.get((name, label))
            most = proxy.thrown_away // SIZE_MIN if proxy else 0
            if n > most:
                self.findings.append(f"{name} to {label}: {n} are missing and not in doubt, "
                                     f"and {most} at most were said to who had closed")

    def begin_load(self):
        self.begin = time.monotonic()
        self.end = self.begin + self.seconds
        self.cast.go()

    async def run(self):
        try:
            await self.run_all()
        finally:
            await self.cast.kill_all()

    async def run_all(self):
        await self.cast.start_all()
        watching = asyncio.create_task(self.watch())
        if not await self.wait(self.is_connected):
            self.findings.append("not everybody connects")
        self.cast.sample(time.monotonic())
        for life in self.cast.lives():
            life.first_descriptors = life.usage.descriptors
        self.begin_load()
        await self.harm()
        await self.settle()
        self.is_over = True
        await watching
        self.check()


def parse():
    parser = argparse.ArgumentParser(description="a mixed load with faults")
    parser.add_argument("program", type=Path)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--every", type=float, help="seconds between two lines")
    parser.add_argument("--speed", type=float, default=1)
    parser.add_argument("--faults", type=float, default=4, help="per second")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    parser.add_argument("--keep", type=Path, help="where all is written, and stays")
    parser.add_argument("--without", action="append", default=[])
    return parser.parse_args()


def main():
    options = parse()
    with contextlib.ExitStack() as stack:
        folder = options.keep
        if folder:
            folder.mkdir(parents=True)
        else:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="hein-soak-"))
        print(f"# seed {options.seed}", flush=True)
        soak = Soak(options, folder)
        asyncio.run(soak.run())
        report.summarize(soak)
        return 1 if soak.findings else 0


if __name__ == "__main__":
    sys.exit(main())
