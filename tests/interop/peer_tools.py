# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the tests of the command line against independent peers share."""

import os
import re
import subprocess
import sys
import threading
from pathlib import Path

sys.path.insert(1, str(Path(__file__).resolve().parent.parent))
import tap

TOOL = os.environ["HEIN_TOOL"]
SECONDS = 60


def check(actual, expected, what):
    if actual != expected:
        raise AssertionError(f"{what}: {actual!r}, not {expected!r}")


def start(*args, stdin=None):
    return subprocess.Popen([TOOL, *args], stdin=stdin, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True)


def finish(process, text=None):
    """The exit status, and what it said on both outputs."""
    output, trouble = process.communicate(text, timeout=SECONDS)
    return process.returncode, output, trouble


def listen(command, address, *options, stdin=None):
    """`hein receive` or `hein send` that listens on a free port, and the port,
    which is what it says on standard error."""
    process = start(command, "--listen", address, "--verbose", *options,
                    stdin=stdin)
    for line in process.stderr:
        found = re.search(r"127\.0\.0\.1:(\d+)", line)
        if found:
            return process, int(found.group(1))
    raise AssertionError(f"hein {command} does not say where it listens")


def end_input(process, text=""):
    process.stdin.write(text)
    process.stdin.close()
    process.stdin = None


def payloads(output):
    """What `hein receive` printed, without the names and topics."""
    return [line.split("\t")[-1] for line in output.splitlines()]


def run_beside(function, *args):
    """Calls it in a thread; the result is there after join ()."""
    result = []
    thread = threading.Thread(target=lambda: result.append(function(*args)))
    thread.start()

    def join():
        thread.join(SECONDS)
        return result[0] if result else None
    return join


def wait_until_written(port, text):
    """Until so much waits to be read by who listens there and stands still: a text that is
    longer than what protocols say of themselves."""
    tap.wait_until(lambda: is_written(port, text), SECONDS)


def is_written(port, text):
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        local, state, queues = line.split()[1], line.split()[3], line.split()[4]
        if local.endswith(f":{port:04X}") and state == "01":
            return int(queues.split(":")[1], 16) >= len(text)
    return False


def run(name, tests):
    """Runs the functions test_…, speaking TAP; the exit status."""
    return tap.run([(f"/interop/{name}/" + test.__name__[5:].replace("_", "-"),
                     test) for test in tests])
