#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Hands out jobs to whatever clerks come, until all are done. A job whose clerk
dies is given to another one: jobs are such that doing one twice does no harm.

office.py N [URI]
"""
import asyncio
import sys

import gi

gi.require_version("Hein", "1")
from gi.repository import Hein

args = dict(enumerate(sys.argv))


async def hand_out(office, job):
    while True:
        await office.wait_for_peers_async()
        try:
            receipt = await office.deliver_async("job", job)
        except Hein.Error as error:
            if error.code != Hein.Error.NO_PEER:
                raise
            continue  # the last clerk has just gone
        (clerk, outcome, reason), = receipt.outcomes
        if outcome == Hein.Outcome.ACKNOWLEDGED:
            print(f"{job} was done by {clerk.name}", flush=True)
            return
        print(f"{job} again: {reason.message}", flush=True)


async def main(n_jobs, uri):
    async with Hein.Bus("office") as office:
        office.set_strategy(Hein.Strategy.new("round-robin"))
        print("listening on", office.listen(uri).bound_uri, flush=True)
        await asyncio.gather(*(hand_out(office, f"job {i}")
                               for i in range(1, n_jobs + 1)))
    print("all are done")


asyncio.run(main(int(args.get(1, 100)), args.get(2, "tcp://127.0.0.1:5555")))
