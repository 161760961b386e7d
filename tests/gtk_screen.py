# SPDX-License-Identifier: LGPL-2.1-or-later
"""A display that nobody sees, for programs of GTK."""

import contextlib
import os
import shutil
import subprocess

import tap

LIMIT_S = 60
# GTK draws by itself, and looks for no settings and no bus of the desktop
GTK = {"GDK_BACKEND": "x11", "GSK_RENDERER": "cairo", "GTK_A11Y": "none",
       "GSETTINGS_BACKEND": "memory", "DBUS_SESSION_BUS_ADDRESS": "disabled:"}


def need_gtk():
    if not shutil.which("gjs") or subprocess.run(
            ["gjs", "-c", "imports.gi.versions.Gtk = '4.0'; imports.gi.Gtk"],
            capture_output=True, check=False, timeout=LIMIT_S).returncode:
        raise tap.Skip("there is no GTK 4")


@contextlib.contextmanager
def screen(size="400x300", folder=None):
    """A display that nobody sees. What is on it is in Xvfb_screen0 of the folder."""
    if not shutil.which("Xvfb") or not shutil.which("xwininfo"):
        raise tap.Skip("there is no Xvfb, or no xwininfo")
    reader, writer = os.pipe()
    # -noreset: else it begins anew when the last client has gone, such as one that looks
    # whether there is a screen, and who comes meanwhile is turned away
    with subprocess.Popen(["Xvfb", "-displayfd", str(writer), "-screen", "0", f"{size}x24",
                           "-nolisten", "tcp", "-noreset",
                           *(["-fbdir", folder] if folder else [])],
                          pass_fds=[writer], stderr=subprocess.DEVNULL) as server:
        os.close(writer)
        try:
            with open(reader, encoding="ascii") as told:
                number = told.readline().strip()
            assert number, "Xvfb does not start"
            yield f":{number}"
        finally:
            server.terminate()
