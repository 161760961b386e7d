# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a program tells those who cannot see it, read over D-Bus.

GTK gives all that was ever asked for in one answer. Asking for one thing after the
other, as libatspi does, takes a second for a window of some hundred parts.
"""
from gi.repository import Gio, GLib

LIMIT_MS = 30000
A11Y = "org.a11y.atspi."
ROOT = "/org/a11y/atspi/accessible/root"
SELECTED = 1 << 23
VISIBLE = 1 << 30
ROLES = {23: "frame", 29: "label", 31: "list", 37: "page tab", 43: "push button",
         61: "text", 79: "text"}


class Node:
    """A part of a window, as it was when it was read."""

    def __init__(self, connection, owner, path):
        self.connection = connection
        self.owner = owner
        self.path = path
        self.name = self.text = ""
        self.role = ""
        self.is_visible = self.is_selected = False
        self.parent = None
        self.index = self.n_children = 0
        self.children = []

    def ask(self, interface, method, arguments=None):
        """What it answers; what it cannot do is an error."""
        return self.connection.call_sync(
            self.owner, self.path, A11Y + interface, method, arguments, None,
            Gio.DBusCallFlags.NONE, LIMIT_MS, None).unpack()

    def walk(self):
        """All nodes below that are shown."""
        for child in self.children:
            if child.is_visible:
                yield child
                yield from child.walk()


class Application:
    """A program with windows, on the bus of those who cannot see."""

    def __init__(self, connection, owner):
        self.connection = connection
        self.owner = owner
        self.unknown = {}  # the children known of what has more that no question shows

    def get_items(self):
        cache = Node(self.connection, self.owner, "/org/a11y/atspi/cache")
        nodes = {}
        for ((_, path), _, (_, parent), index, n_children, interfaces, name, role, _,
             states) in cache.ask("Cache", "GetItems")[0]:
            node = nodes[path] = Node(self.connection, self.owner, path)
            node.parent = parent
            node.index = index
            node.n_children = n_children
            node.name = node.text = name
            node.role = ROLES.get(role, str(role))
            node.is_visible = bool(states[0] & VISIBLE)
            node.is_selected = bool(states[0] & SELECTED)
            if node.role == "text" and A11Y + "Text" in interfaces:
                node.text = node.ask("Text", "GetText", GLib.Variant("(ii)", (0, -1)))[0]
        for node in sorted(nodes.values(), key=lambda node: node.index):
            if node.parent != ROOT and node.parent in nodes:
                nodes[node.parent].children.append(node)
        return nodes.values()

    def read(self):
        """The windows, with all that is in them. GTK knows parts only once somebody
        has asked for the children of what they are in; some it never knows."""
        asked = {}
        while True:
            windows = [node for node in self.get_items()
                       if node.parent == ROOT and node.is_visible]
            shown = [node for window in windows for node in (window, *window.walk())]
            self.unknown |= {node.path: len(node.children) for node in shown
                             if asked.get(node.path) == len(node.children)}
            asked = {node.path: len(node.children) for node in shown
                     if len(node.children) < node.n_children
                     and len(node.children) != self.unknown.get(node.path)}
            if not asked:
                return windows
            for node in shown:
                if node.path in asked:
                    node.ask("Accessible", "GetChildren")


def connect():
    """To that bus."""
    session = Gio.bus_get_sync(Gio.BusType.SESSION)
    address, = session.call_sync(
        "org.a11y.Bus", "/org/a11y/bus", "org.a11y.Bus", "GetAddress", None, None,
        Gio.DBusCallFlags.NONE, LIMIT_MS, None)
    return Gio.DBusConnection.new_for_address_sync(
        address, Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT
        | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION, None, None)


def find_application(connection, pid):
    """That of the process, or None."""
    registry = Node(connection, A11Y + "Registry", ROOT)
    for owner, _path in registry.ask("Accessible", "GetChildren")[0]:
        its_pid, = connection.call_sync(
            "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
            "GetConnectionUnixProcessID", GLib.Variant("(s)", (owner,)), None,
            Gio.DBusCallFlags.NONE, LIMIT_MS, None).unpack()
        if its_pid == pid:
            return Application(connection, owner)
    return None
