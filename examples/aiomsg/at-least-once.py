#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Gives a job to each of COUNT workers that say they are ready (smartsock
connect), and ends when all jobs have been acknowledged. That of a worker that
goes before it has done so waits for it to come back.

at-least-once.py [COUNT [URI]]
"""
import sys

import gi

gi.require_version("Hein", "1")
from gi.repository import Hein

URI = "tcp+aiomsg://127.0.0.1:25000?guarantee=at-least-once"
args = dict(enumerate(sys.argv))

with Hein.Bus("captain") as bus:
    print("listening on", bus.listen(args.get(2, URI)).bound_uri, flush=True)
    for i in range(int(args.get(1, 1))):
        worker = bus.receive().sender
        print(f"job {i} for {worker.name}", flush=True)
        bus.send_to(worker.name, "", f"job {i}")
