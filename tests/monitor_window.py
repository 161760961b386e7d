# SPDX-License-Identifier: LGPL-2.1-or-later
"""A window that is driven as those who cannot see it do: through accessibility.

It is looked at as well: what Xvfb shows is in a file, as an image of XWD.
"""
import contextlib
import os
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
BETWEEN = 0.05  # seconds: other programs say nothing when they are ready


def wait_for(find, what):
    """What find returns, once that is true."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with contextlib.suppress(GLib.Error):
            if found := find():
                return found
        GLib.MainContext.default().iteration(False)
        time.sleep(BETWEEN)
    raise AssertionError(f"waited in vain for {what}")


# ---- what a reader is told ----

def walk(node, depth=0):
    """All nodes below that are shown."""
    if depth > 60:
        return
    for index in range(node.get_child_count()):
        child = node.get_child_at_index(index)
        if child is not None:
            yield child
            yield from walk(child, depth + 1)


def is_showing(node):
    return node.get_state_set().contains(Atspi.StateType.SHOWING)


def get_text(node):
    """Its name, or the text in it."""
    text = node.get_text_iface()
    if text is not None and (content := Atspi.Text.get_text(text, 0, -1)):
        return content
    return node.get_name() or ""


class Window:
    """hein-monitor, while it runs."""

    def __init__(self, program, *, scheme="prefer-light", **variables):
        self.process = subprocess.Popen(
            [program], env=os.environ | {"ADW_DEBUG_COLOR_SCHEME": scheme} | variables)
        self.root = wait_for(self.find_application, "the window")

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
            if (role is None or node.get_role_name() == role) and is_showing(node) \
                    and (node.get_name() == name or get_text(node) == name):
                return node
        return None

    def find(self, name, role=None):
        return wait_for(lambda: self.look(name, role), f"{role or 'something'} called {name!r}")

    def find_with(self, part):
        """The text that has this part."""
        return wait_for(lambda: next((text for text in self.texts() if part in text), None),
                        f"{part!r}")

    def lose(self, name, role=None):
        wait_for(lambda: self.look(name, role) is None, f"the end of {name!r}")

    def texts(self):
        """All that can be read, in order."""
        return [text for node in self.nodes() if is_showing(node) and (text := get_text(node))]

    def press(self, name, role=None):
        node = self.find(name, role)
        action = node.get_action_iface()
        assert action is not None, f"nothing can be done with {name!r}"
        assert Atspi.Action.do_action(action, 0), f"{name!r} does nothing"

    def dump(self):
        """For who writes a test."""
        def show(node, depth):
            for index in range(node.get_child_count()):
                child = node.get_child_at_index(index)
                action = child.get_action_iface()
                acts = [Atspi.Action.get_action_name(action, i) for i in range(
                    Atspi.Action.get_n_actions(action))] if action else []
                print("#" + "  " * depth, child.get_role_name(), repr(child.get_name()),
                      repr(get_text(child))[:60], "" if is_showing(child) else "(hidden)", acts,
                      file=sys.stderr)
                show(child, depth + 1)
        self.root.clear_cache()
        show(self.root, 0)


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
