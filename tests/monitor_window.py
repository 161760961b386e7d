# SPDX-License-Identifier: LGPL-2.1-or-later
"""A window that is driven as those who cannot see it do: through accessibility.

It is looked at as well: what Xvfb shows is in a file, as an image of XWD.
"""
import collections
import os
import re
import struct
import subprocess
import sys
import time
import zlib
from pathlib import Path

from accessible import A11Y, Node, connect, find_application
from gi.repository import GLib

PATIENCE = 30  # seconds: a loaded machine is slow
EVENTS_MAX = 1000
ACTIONS_MAX = 100
BETWEEN = 0.05  # seconds: other programs say nothing when they are ready


def wait_for(find, what):
    """What find returns, once that is true."""
    end = time.monotonic() + PATIENCE
    trouble = ""
    while time.monotonic() < end:
        try:
            if found := find():
                return found
            trouble = ""
        except GLib.Error as error:  # what was to be looked at is gone
            trouble = f": {error.message}"
        for _ in range(EVENTS_MAX):  # what the window has told meanwhile
            if not GLib.MainContext.default().iteration(False):
                break
        time.sleep(BETWEEN)
    raise AssertionError(f"waited in vain for {what}{trouble}")


# ---- what a reader is told ----

def is_called(node, name):
    """Of a button with a mnemonic, GTK says the text twice, with it and without."""
    said = node.name
    return name in (said, node.text) or said.startswith("_") and said.endswith(" " + name)


class Window:
    """hein-monitor, while it runs."""

    def __init__(self, program, *, scheme="prefer-light", **variables):
        self.process = subprocess.Popen(
            [program], env=os.environ | {"ADW_DEBUG_COLOR_SCHEME": scheme} | variables)
        connection = connect()
        self.application = wait_for(lambda: self.find_application(connection), "the window")
        # a pointer that rests on something would have it explained
        Node(connection, A11Y + "Registry", "/org/a11y/atspi/registry/deviceeventcontroller").ask(
            "DeviceEventController", "GenerateMouseEvent",
            GLib.Variant("(iis)", (2000, 2000, "abs")))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(PATIENCE)

    def find_application(self, connection):
        assert self.process.poll() is None, f"it has ended: {self.process.returncode}"
        application = find_application(connection, self.process.pid)
        return application if application and application.read() else None

    def nodes(self):
        for window in self.application.read():
            yield window
            yield from window.walk()

    def look(self, name, role=None):
        """The first that is showing and called so, or None. The role as in "button"."""
        for node in self.nodes():
            if role in (None, node.role) and is_called(node, name):
                return node
        return None

    def find(self, name, role=None, *, starts=False):
        if starts:
            return wait_for(lambda: next((text for text in self.texts()
                                          if text.startswith(name)), None), f"{name!r}")
        return wait_for(lambda: self.look(name, role), f"{role or 'something'} called {name!r}")

    def find_matching(self, pattern):
        return wait_for(lambda: next((text for text in self.texts()
                                      if re.fullmatch(pattern, text)), None), pattern)

    def find_with(self, part):
        """The text that has this part."""
        return wait_for(lambda: next((text for text in self.texts() if part in text), None),
                        f"{part!r}")

    def lose(self, name, role=None):
        wait_for(lambda: self.look(name, role) is None, f"the end of {name!r}")

    def texts(self):
        """All that can be read, in order."""
        return [node.text for node in self.nodes() if node.text]

    def press(self, name, role=None):
        done, = self.find(name, role).ask("Action", "DoAction", GLib.Variant("(i)", (0,)))
        assert done, f"{name!r} does nothing"

    def show_page(self, name):
        """Returns when it is shown: a button of GTK acts a quarter of a second after it
        was pressed, and what is done to a page before it is shown has no effect."""
        self.press(name, "page tab")
        wait_for(lambda: any(node.is_selected for node in self.nodes()
                             if node.role == "page tab" and is_called(node, name)),
                 f"the page {name}")

    def do(self, wanted):
        """An action of the window, as its menu and its keys do."""
        frame = self.find("Hein Monitor", "frame")
        for index in range(ACTIONS_MAX):
            number = GLib.Variant("(i)", (index,))
            if frame.ask("Action", "GetName", number)[0] == wanted:
                assert frame.ask("Action", "DoAction", number)[0]
                return
        raise AssertionError(f"there is no {wanted}")

    def row_of(self, name):
        """The number of the row in the list of buses that says this."""
        for index, row in enumerate(self.find("Buses", "list").children):
            if any(is_called(node, name) for node in row.walk()):
                return index
        raise AssertionError(f"there is no row {name}")

    def memory(self):
        """In bytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) * 1024

    def write(self, name, text):
        """Into an entry."""
        done, = self.find(name, "text").ask("EditableText", "SetTextContents",
                                            GLib.Variant("(s)", (text,)))
        assert done, f"{name!r} takes no text"

    def choose(self, name, number):
        """A row of a list, by its number."""
        done, = self.find(name, "list").ask("Selection", "SelectChild",
                                            GLib.Variant("(i)", (number,)))
        assert done, f"{name!r} has no {number}"

    def dump(self):
        """For who writes a test."""
        for node in self.nodes():
            print("#", node.role, repr(node.name), repr(node.text[:60]), file=sys.stderr)


# ---- what is seen ----

class Picture:
    """An image of XWD: rows of red, green and blue."""

    def __init__(self, path):
        data = Path(path).read_bytes()
        header = struct.unpack(">25I", data[:100])
        begin = header[0] + header[19] * 12
        self.width, self.height, stride = header[4], header[5], header[12]
        self.rows = []
        for y in range(self.height):
            row = data[begin + y * stride:begin + y * stride + self.width * 4]
            rgb = bytearray(self.width * 3)
            rgb[0::3], rgb[1::3], rgb[2::3] = row[2::4], row[1::4], row[0::4]
            self.rows.append(bytes(rgb))
        self.colours = collections.Counter(self.pixels())

    def brightness(self):
        """From 0 to 255, of all of it."""
        return sum(map(sum, self.rows)) / (self.width * self.height * 3)

    def pixels(self):
        for row in self.rows:
            yield from zip(row[0::3], row[1::3], row[2::3])

    def count(self, *colour):
        return self.colours[colour]

    def count_red(self):
        return sum(number for (r, g, b), number in self.colours.items()
                   if r > 150 and r > g + 90 and r > b + 70)

    def count_colours(self):
        return len(self.colours)

    def crop(self, width, height):
        self.rows = [row[:width * 3] for row in self.rows[:height]]
        self.width, self.height = width, height

    def write_png(self, path):
        """In the fewest bytes that each row filtered in the same way takes."""
        def chunk(kind, data):
            whole = kind + data
            return struct.pack(">I", len(data)) + whole + struct.pack(">I", zlib.crc32(whole))
        # of a window there are few colours: a palette, if it is enough
        colours = sorted(set(self.pixels()))
        indexed = len(colours) <= 256
        if indexed:
            index = {colour: at for at, colour in enumerate(colours)}
            rows = [bytes(index[p] for p in zip(row[0::3], row[1::3], row[2::3]))
                    for row in self.rows]
        else:
            rows = self.rows
        head = struct.pack(">IIBBBBB", self.width, self.height, 8, 3 if indexed else 2, 0, 0, 0)
        palette = chunk(b"PLTE", b"".join(map(bytes, colours))) if indexed else b""
        raw = b"".join(b"\0" + row for row in rows)
        Path(path).write_bytes(
            b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + palette
            + chunk(b"IDAT", zlib.compress(raw, 9)) + chunk(b"IEND", b""))
