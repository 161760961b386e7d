# SPDX-License-Identifier: LGPL-2.1-or-later
"""Hands out jobs, one at a time to each worker that is there, until all are done.
When a worker dies in the midst of a job, or leaves, another one gets that job: so
a job may be done twice, and none is lost.

usage: boss.py N-JOBS [ADDRESS]
"""
import asyncio
import sys

import gi

gi.require_version("Hein", "1")
from gi.repository import Hein


class Boss:
    def __init__(self, bus, n_jobs):
        self.bus = bus
        self.jobs: asyncio.Queue[int] = asyncio.Queue()
        for job in range(n_jobs):
            self.jobs.put_nowait(job)
        self.results: dict[int, str] = {}
        self.n_jobs = n_jobs
        self.is_done = asyncio.Event()

    async def employ(self, name):
        """Gives one worker a job after the other, as long as it is there."""
        while True:
            job = await self.jobs.get()
            try:
                answer = await self.bus.request_to_async(name, "job/square", str(job),
                                                         timeout_ms=60000)
            except Hein.AnswerError as error:  # another one would fail as well
                self.finish(job, f"failed: {error.message}")
            except Hein.Error as error:
                print(f"job {job} is open again: {error.message}", flush=True)
                self.jobs.put_nowait(job)
                return
            else:
                self.finish(job, answer.text)

    def finish(self, job, result):
        self.results[job] = result
        if len(self.results) == self.n_jobs:
            self.is_done.set()


async def main(n_jobs, address="tcp://127.0.0.1:5555"):
    tasks: dict[str, asyncio.Future[None]] = {}

    def on_peer_added(_bus, peer):
        print(f"{peer.name} works", flush=True)
        tasks[peer.name] = asyncio.ensure_future(boss.employ(peer.name))

    async with Hein.Bus("boss") as bus:
        boss = Boss(bus, int(n_jobs))
        bus.connect("peer-added", on_peer_added)
        bus.connect("failed", lambda bus, endpoint, error: print(error.message))
        print("listening on", bus.listen(address).bound_uri, flush=True)
        await boss.is_done.wait()
        for task in tasks.values():
            task.cancel()
    for job, result in sorted(boss.results.items()):
        print(f"job {job}: {result}", flush=True)


asyncio.run(main(*sys.argv[1:]))
