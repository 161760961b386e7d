#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Answers requests: divides one number by another, and says so when that cannot be.

divider.py [URI]
"""
import asyncio
import sys

import gi

gi.require_version("Hein", "1")
from gi.repository import Hein

BAD_QUESTION, DIVISION_BY_ZERO = 1, 2


async def main(uri):
    bus = Hein.Bus("divider")

    @bus.serve("math/divide")
    async def divide(request):
        try:
            a, b = map(int, request.text.split())
        except ValueError:
            raise Hein.AnswerError(BAD_QUESTION, "two numbers, please") from None
        if b == 0:
            raise Hein.AnswerError(DIVISION_BY_ZERO, "nothing is divided by 0")
        return str(a // b)

    print("listening on", bus.listen(uri).bound_uri, flush=True)
    await asyncio.Event().wait()


asyncio.run(main(dict(enumerate(sys.argv)).get(1, "tcp://127.0.0.1:5555")))
