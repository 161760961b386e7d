#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The message of `make demo-reach` arrives, and fits on a screen; where one of its programs
is not there, that is told. TAP.

usage: test-reach.py REACH NODE-MODULES

MQTT.js is looked for in the folder that HEIN_TEST_NODE_MODULES names, if that is set, else
in NODE-MODULES.
"""
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import tap
from tool_test import has, same

REACH = sys.argv[1]
MODULES = Path(os.environ.get("HEIN_TEST_NODE_MODULES", sys.argv[2]))
LIMIT_S = 120
LINES, COLUMNS = 21, 80


def find_missing():
    path = os.environ["PATH"] + ":/usr/sbin"
    for there, name in (((MODULES / "mqtt").is_dir(), f"MQTT.js in {MODULES}"),
                        (shutil.which("chromium", path=path), "chromium"),
                        (shutil.which("nats-server", path=path), "nats-server"),
                        (importlib.util.find_spec("zmq"), "pyzmq")):
        if not there:
            return name
    return None


def run(*left_out):
    if missing := find_missing():
        raise tap.Skip(f"there is no {missing} (make demo-reach)")
    return subprocess.run([sys.executable, REACH, MODULES, *left_out], capture_output=True,
                          text=True, timeout=LIMIT_S, check=False)


def check_whole():
    done = run()
    same((done.returncode, done.stderr), (0, ""))
    lines = done.stdout.splitlines()
    same([line.partition(" | ")[0].strip() for line in lines],
         ["pyzmq", "bridge 1", "Chromium", "bridge 2", "nats-server", "bridge 3", "pyzmq"])
    assert len(lines) <= LINES and max(map(len, lines)) < COLUMNS, done.stdout


def check_without(name):
    done = run(name)
    same((done.returncode, done.stdout), (1, ""))
    has(done.stderr, f"reach: a hop is missed: {name} never ")


def main():
    tests = [("whole", check_whole)]
    tests += [(f"without-{name.replace(' ', '-')}", check_without, name) for name in
              ("bridge 1", "Chromium", "bridge 2", "nats-server", "bridge 3")]
    return tap.run(tests)


sys.exit(main())
