#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Prints the tag and the text of whatever a captain says; waits for one, and
comes back when it does.

kirk.py [NAME [URI]]
"""
import sys

import gi

gi.require_version("Hein", "1")
from gi.repository import Hein

args = dict(enumerate(sys.argv))
bus = Hein.Bus(args.get(1, "kirk"))
bus.dial(args.get(2, "tcp+soc://127.0.0.1:50007"))
while True:
    message = bus.receive()
    print(f"{message.topic}: {bytes(message).decode(errors='replace')}", flush=True)
