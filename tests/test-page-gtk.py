#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The lines for GTK on the page about main loops show who is there. TAP."""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import tap
from gtk_screen import GTK, LIMIT_S, need_gtk, screen

PAGE = Path(__file__).resolve().parent.parent / "introspection/docs/main-loops.md"
LINES = re.compile(r"^    const factory.*?^    \}\);\n(?=\n)", re.M | re.S)
# prints what stands in the list
AROUND = """
import GLib from 'gi://GLib';
import Gtk from 'gi://Gtk?version=4.0';
import Hein from 'gi://Hein?version=1';

Gtk.init();
const loop = new GLib.MainLoop(null, false);
const [bus, kirk] = [Hein.Bus.new('hub'), Hein.Bus.new('kirk')];
kirk.dial(bus.listen('inproc://page').bound_uri);
%s
new Gtk.Window({ child: list }).present();

function findLabel(widget) {
  for (let child = widget.get_first_child(); child; child = child.get_next_sibling()) {
    const label = child instanceof Gtk.Label ? child : findLabel(child);
    if (label?.label)
      return label;
  }
  return null;
}

GLib.timeout_add(GLib.PRIORITY_DEFAULT, 20, () => {
  const label = findLabel(list);
  if (label) {
    print(label.label);
    loop.quit();
  }
  return !label;
});
loop.run();
"""


def test_list():
    need_gtk()
    lines, = LINES.findall(PAGE.read_text(encoding="utf-8"))
    with screen() as display, tempfile.NamedTemporaryFile("w", suffix=".js") as program:
        program.write(AROUND % lines)
        program.flush()
        done = subprocess.run(
            ["gjs", "-m", program.name], capture_output=True, text=True, timeout=LIMIT_S,
            check=False, env=os.environ | GTK | {"DISPLAY": display, "LC_ALL": "C.UTF-8"})
    assert (done.returncode, done.stdout) == (0, "kirk (this machine)\n"), done


if __name__ == "__main__":
    sys.exit(tap.run_functions(dict(globals())))
