#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Prints what a publisher sends; waits for it, and comes back when it does.

subscriber.py [NAME [URI]]
"""
import sys

import gi

gi.require_version("Hein", "1")
from gi.repository import GLib, Hein

name, uri = (sys.argv[1:] + ["spock", "tcp://127.0.0.1:5555"][len(sys.argv) - 1:])[:2]


def on_message(bus, message):
    print(f"{message.get_topic()}: {message.dup_text()}", flush=True)


bus = Hein.Bus.new(name)
bus.connect("message", on_message)
bus.dial(uri)
GLib.MainLoop().run()
