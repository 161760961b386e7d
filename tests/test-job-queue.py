#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The queue of jobs among the examples: workers are killed in the middle of their
jobs, and every job is done. TAP.

usage: test-job-queue.py EXAMPLES
"""
import contextlib
import os
import queue
import re
import subprocess
import sys
import threading
from pathlib import Path

import tap

LIMIT_S = 120
ENVIRONMENT = {**os.environ, "LC_ALL": "C.UTF-8"}
SOURCE = Path(sys.argv.pop(1))
N_JOBS = 1000


class Program:
    """What it prints is read line by line, and kept."""

    def __init__(self, name, *args):
        self.name = name
        self.said = []
        self.lines = queue.Queue()
        self.process = subprocess.Popen(
            [sys.executable, SOURCE / name, *map(str, args)], encoding="utf-8",
            env=ENVIRONMENT, stdout=subprocess.PIPE)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()

    def read(self):
        for line in self.process.stdout:
            self.said.append(line.rstrip("\n"))
            self.lines.put(self.said[-1])
        self.lines.put(None)

    def next(self, other=None):
        """None: it has ended, or the other one has."""
        for _ in range(LIMIT_S * 10):
            with contextlib.suppress(queue.Empty):
                return self.lines.get(timeout=0.1)
            if other is not None and other.process.poll() is not None:
                return None
        raise AssertionError(f"{self.name} says no more")

    def kill(self):
        """With SIGKILL; what it said until then is there."""
        self.process.kill()
        self.process.wait()
        self.reader.join()


def test_killed_workers():
    with contextlib.ExitStack() as stack:
        office = stack.enter_context(
            Program("office.py", N_JOBS, "tcp://127.0.0.1:0"))
        uri = office.next().removeprefix("listening on ")

        def hire(name):
            return stack.enter_context(Program("clerk.py", name, uri))

        workers = {}
        for i in range(4):
            victim = workers[f"victim-{i}"] = hire(f"victim-{i}")
            for _ in range(6):
                victim.next(office)
            while not (victim.next(office) or "doing nothing").startswith("doing"):
                pass
            victim.kill()
        for i in range(3):
            workers[f"steady-{i}"] = hire(f"steady-{i}")
        while (line := office.next()) not in ("all are done", None):
            pass
        assert line == "all are done"
        assert office.process.wait(LIMIT_S) == 0
        for worker in workers.values():
            worker.kill()
        done = [re.fullmatch(r"(job \d+) was done by (.+)", line)
                for line in office.said]
        done = {match[1]: match[2] for match in done if match}
        # every job was done, by whom the office says
        assert sorted(done) == sorted(f"job {i + 1}" for i in range(N_JOBS))
        for job, name in done.items():
            assert f"did {job}" in workers[name].said, (job, name)
        # nobody has two at a time
        for worker in workers.values():
            for first, second in zip(worker.said, worker.said[1:]):
                assert (first.split()[0], second.split()[0]) in (
                    ("doing", "did"), ("did", "doing")), worker.said
        # a job is done twice only when the one who did it was killed
        did = [line for name, worker in workers.items() if name.startswith("steady")
               for line in worker.said if line.startswith("did")]
        assert len(did) == len(set(did))


sys.exit(tap.run_functions(globals()))
