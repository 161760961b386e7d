# SPDX-License-Identifier: LGPL-2.1-or-later
"""A window that is driven as those who cannot see it do: through accessibility.

It is looked at as well: what Xvfb shows is in a file, as an image of XWD.
"""
import os
import re
import struct
import subprocess
import sys
import time
import zlib
from pathlib import Path

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi, GLib

PATIENCE = 30  # seconds: a loaded machine is slow
EVENTS_MAX = 1000
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

def is_visible(node):
    return node.get_state_set().contains(Atspi.StateType.VISIBLE)


def walk(node):
    """All nodes below that are shown."""
    for index in range(node.get_child_count()):
        try:
            child = node.get_child_at_index(index)
            is_shown = child is not None and is_visible(child)
        except GLib.Error:  # it has gone meanwhile
            continue
        if is_shown:
            yield child
            yield from walk(child)


def get_text(node):
    """Its name, or the text in it."""
    text = node.get_text_iface()
    if text is not None and (content := Atspi.Text.get_text(text, 0, -1)):
        return content
    return node.get_name() or ""


def is_called(node, name):
    """Of a button with a mnemonic, GTK says the text twice, with it and without."""
    said = node.get_name() or ""
    return name in (said, get_text(node)) or said.startswith("_") and said.endswith(" " + name)


class Window:
    """hein-monitor, while it runs."""

    def __init__(self, program, *, scheme="prefer-light", **variables):
        self.process = subprocess.Popen(
            [program], env=os.environ | {"ADW_DEBUG_COLOR_SCHEME": scheme} | variables)
        self.root = wait_for(self.find_application, "the window")
        # a pointer that rests on something would have it explained
        Atspi.generate_mouse_event(2000, 2000, "abs")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(PATIENCE)

    def find_application(self):
        assert self.process.poll() is None, f"it has ended: {self.process.returncode}"
        desktop = Atspi.get_desktop(0)
        for index in range(desktop.get_child_count()):
            node = desktop.get_child_at_index(index)
            if node is not None and node.get_process_id() == self.process.pid \
                    and node.get_child_count():
                return node
        return None

    def nodes(self):
        self.root.clear_cache()
        return walk(self.root)

    def look(self, name, role=None):
        """The first that is showing and called so, or None. The role as in "button"."""
        for node in self.nodes():
            if role in (None, node.get_role_name()) and is_called(node, name):
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
        return [text for node in self.nodes() if (text := get_text(node))]

    def press(self, name, role=None):
        node = self.find(name, role)
        action = node.get_action_iface()
        assert action is not None, f"nothing can be done with {name!r}"
        assert Atspi.Action.do_action(action, 0), f"{name!r} does nothing"

    def do(self, wanted):
        """An action of the window, as its menu and its keys do."""
        action = self.find("Hein Monitor", "frame").get_action_iface()
        for index in range(Atspi.Action.get_n_actions(action)):
            if Atspi.Action.get_action_name(action, index) == wanted:
                assert Atspi.Action.do_action(action, index)
                return
        raise AssertionError(f"there is no {wanted}")

    def row_of(self, name):
        """The number of the row in the list of buses that says this."""
        rows = self.find("Buses", "list")
        for index in range(rows.get_child_count()):
            if any(is_called(node, name) for node in walk(rows.get_child_at_index(index))):
                return index
        raise AssertionError(f"there is no row {name}")

    def memory(self):
        """In bytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) * 1024

    def write(self, name, text):
        """Into an entry."""
        entry = self.find(name, "text").get_editable_text_iface()
        assert entry is not None, f"nothing can be written into {name!r}"
        assert Atspi.EditableText.set_text_contents(entry, text), f"{name!r} takes no text"

    def choose(self, name, number):
        """A row of a list, by its number."""
        chooser = self.find(name, "list").get_selection_iface()
        assert Atspi.Selection.select_child(chooser, number), f"{name!r} has no {number}"

    def dump(self):
        """For who writes a test."""
        for node in self.nodes():
            print("#", node.get_role_name(), repr(node.get_name()), repr(get_text(node)[:60]),
                  file=sys.stderr)


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

    def brightness(self):
        """From 0 to 255, of all of it."""
        return sum(map(sum, self.rows)) / (self.width * self.height * 3)

    def pixels(self):
        for row in self.rows:
            yield from zip(row[0::3], row[1::3], row[2::3])

    def count(self, *colour):
        return sum(pixel == colour for pixel in self.pixels())

    def count_red(self):
        return sum(r > 150 and r > g + 90 and r > b + 70 for r, g, b in self.pixels())

    def count_colours(self):
        return len(set(self.pixels()))

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
