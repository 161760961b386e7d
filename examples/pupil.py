#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Asks what A is divided by B, and prints the answer, or the error that is one.

pupil.py A B [URI]
"""
import asyncio
import sys

import gi

gi.require_version("Hein", "1")
from gi.repository import Hein

args = dict(enumerate(sys.argv))


async def ask(question, uri):
    async with Hein.Bus("pupil") as bus:
        bus.dial(uri)
        await bus.wait_for_peers_async()
        try:
            answer = await bus.request_async("math/divide", question,
                                             timeout_ms=10000)
            print(answer.text)
        except Hein.AnswerError as error:
            print(f"error {error.code}: {error.message}")


asyncio.run(ask(f"{args.get(1, 6)} {args.get(2, 3)}",
                args.get(3, "tcp://127.0.0.1:5555")))
