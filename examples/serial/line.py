#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Two programs at the ends of a serial line, by a transport that hands in a
descriptor: each says its lines, and prints what the other one says.

line.py DEVICE [NAME]     a device such as /dev/ttyUSB0, or one end of a pty
"""
import os
import sys
import termios
import tty

import gi

gi.require_version("Hein", "1")
from gi.repository import GLib, Hein


class Serial(Hein.StreamTransport):
    __gtype_name__ = "PySerial"

    def do_open_fd(self, endpoint):
        try:
            fd = os.open(self.get_path(), os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        except OSError as error:  # it is tried again, as the device may come
            raise Hein.Error.new(Hein.Error.FAILED, str(error)) from None
        # the bytes as they are: no echo, no lines, no signals
        tty.setraw(fd, termios.TCSANOW)
        return fd


Hein.plugin_add("serial", Serial)
device = sys.argv[1] if len(sys.argv) > 1 else "/dev/ttyUSB0"
bus = Hein.Bus(sys.argv[2] if len(sys.argv) > 2 else None)
loop = GLib.MainLoop()


def on_input(source, _condition, rest=[b""]):
    data = os.read(source, 65536)
    if not data:
        bus.close()
        loop.quit()
        return False
    *lines, rest[0] = (rest[0] + data).split(b"\n")
    for line in lines:
        bus.send("line", line.decode())
    return True


bus.connect("peer-added", lambda _, peer: print(peer.name, "is there", flush=True))
bus.connect("message", lambda _, message:
            print(f"{message.sender.name}: {message.text}", flush=True))
GLib.io_add_watch(sys.stdin.fileno(), GLib.PRIORITY_DEFAULT,
                  GLib.IO_IN | GLib.IO_HUP, on_input)
bus.dial(f"serial://{device}")
loop.run()
