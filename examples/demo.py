#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The main job, for real: one publisher and four named subscribers.

Each is a process of its own: captain and kirk in C, spock in Python, uhura in
JavaScript. Captain starts before the publisher; kirk is killed and comes back.
Of the messages, the first of each is shown, and of the goodbyes that of kirk, so
that all fits on a screen; the summary has the rest. Ends with status 0 when each
has received what it had to. Run it by `make demo`.
"""
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
COUNT = 60
PATIENCE = 60  # seconds for the whole demonstration


def get_number(line):
    found = re.search(r"stardate (\d+)", line)
    return int(found[1]) if found else None


class Process:
    """A program whose lines are kept, and printed with its name: of messages and of
    goodbyes the first one."""

    def __init__(self, name, *command):
        self.name = name
        self.lines = []
        self.changed = threading.Condition()
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout or ():
            kind = next((kind for kind in ("stardate", "goodbye") if kind in line), None)
            if kind is None or not any(kind in earlier for earlier in self.lines):
                print(f"{self.name:>10} | {line}", end="", flush=True)
            with self.changed:
                self.lines.append(line.rstrip("\n"))
                self.changed.notify_all()

    def wait_for(self, text, deadline):
        """Waits until a line has the text; exits when none comes."""
        with self.changed:
            while not any(text in line for line in self.lines):
                if not self.changed.wait(deadline - time.monotonic()):
                    sys.exit(f"demo: {self.name} never said {text!r}")

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        self.process.terminate()
        self.process.wait()

    def numbers(self):
        return [number for line in self.lines
                if (number := get_number(line)) is not None]


def python_with_gi():
    """The system's python first: others on PATH may have no gi."""
    for python in ("/usr/bin/python3", sys.executable, shutil.which("python3")):
        if python and Path(python).exists() and not subprocess.run(
                [python, "-c", "import gi"], stderr=subprocess.DEVNULL,
                check=False).returncode:
            return python
    return sys.exit("demo: no python3 here imports gi (package python3-gi)")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def check(process):
    """Each number once, in order, up to the last one, without a gap."""
    numbers = process.numbers()
    if not numbers or numbers[-1] != COUNT:
        return f"{process.name} did not get the last message"
    if numbers != list(range(numbers[0], COUNT + 1)):
        return f"{process.name} lost, doubled or reordered messages"
    return None


def main():
    deadline = time.monotonic() + PATIENCE
    uri = f"tcp://127.0.0.1:{free_port()}"
    subscriber, python = "subscriber", python_with_gi()
    captain = Process("captain", subscriber, "captain", uri)
    print("           * captain waits for a publisher that is not there yet")
    publisher = Process("publisher", "publisher", uri, str(COUNT))
    kirk = Process("kirk", subscriber, "kirk", uri)
    spock = Process("spock", python, str(HERE / "subscriber.py"), "spock", uri)
    uhura = Process("uhura", "gjs", str(HERE / "subscriber.js"), "uhura", uri)
    processes = [captain, kirk, spock, uhura]
    try:
        for process in processes:
            publisher.wait_for(f"hello: {process.name}", deadline)
        kirk.wait_for("stardate", deadline)
        print("           * kirk is killed")
        kirk.kill()
        publisher.wait_for("goodbye: kirk", deadline)
        back = Process("kirk again", subscriber, "kirk", uri)
        processes.append(back)
        back.wait_for("stardate", deadline)
        publisher.process.wait(deadline - time.monotonic())
        for process in (captain, spock, uhura, back):
            process.wait_for(f"stardate {COUNT}", deadline)
    finally:
        for process in processes + [publisher]:
            process.stop()
    problems = [p for p in (check(captain), check(spock), check(uhura),
                            check(back)) if p]
    print()
    for process in (captain, kirk, spock, uhura, back):
        numbers = process.numbers()
        print(f"{process.name:>10} received "
              f"stardate {numbers[0]} to {numbers[-1]}: {len(numbers)} in all")
    for problem in problems:
        print(f"demo: {problem}")
    return 1 if problems or publisher.process.returncode else 0


sys.exit(main())
