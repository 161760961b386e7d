#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A disk is full: a small one, which only this process and its children see. TAP.

usage: disk.py TOOL
"""
import contextlib
import re
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import bed
import tap
from tool_test import Running, run, same

KIB = 1024
DISK_KIB = 256
N = 600
LINE_SIZE = KIB


def make_lines(n):
    return [f"{number:04}".ljust(LINE_SIZE, "x") for number in range(n)]


class Disk:
    """A full one has a file without which it is not."""

    def __init__(self, folder):
        self.folder = Path(folder, "disk")
        self.ballast = self.folder / "ballast"
        self.folder.mkdir()
        bed.run("mount", "-t", "tmpfs", "-o", f"size={DISK_KIB}k", "none", str(self.folder))

    def fill(self, *others):
        """The last pages of the others, too, whose lines are empty then."""
        for path in (self.ballast, *others):
            with path.open("ab", buffering=0) as file, contextlib.suppress(OSError):
                while True:
                    file.write(b"\n" * KIB if path == self.ballast else b"\n")

    def leave(self):
        bed.run("umount", "--lazy", str(self.folder))


def with_disk(test):
    with tempfile.TemporaryDirectory(prefix="hein-disk-") as folder:
        disk = Disk(folder)
        try:
            test(Path(folder), disk)
        finally:
            disk.leave()


def send_spooled(folder, disk, *args, stdin=subprocess.DEVNULL):
    return Running("send", "--name", "till", "--dial", f"unix:{folder}/later", "--deliver",
                   "--spool", str(disk.folder / "outbox"), *args, stdin=stdin)


def test_spool(folder, disk):
    """What is not accepted is said, for each; the rest is there when it is killed, and
    is handed over on a disk that is still full."""
    n_refused = 0
    with send_spooled(folder, disk, "-", stdin=subprocess.PIPE) as sender:
        sender.process.stdin.write("".join(f"{line}\n" for line in make_lines(N)).encode())
        sender.process.stdin.close()
        for line in iter(sender.process.stderr.readline, b""):
            n_refused += b"was not accepted" in line and b"No space left on device" in line
            if b"nobody is there" in line:
                break  # all was read
        sender.process.kill()
    assert 0 < n_refused < N, n_refused
    disk.fill()
    with Running("receive", "--name", "office", "--listen", f"unix:{folder}/later",
                 "--count", str(N - n_refused), "--format", "text") as receiver:
        receiver.uri()
        with send_spooled(folder, disk) as sender:
            status, out, _ = receiver.end()
            same(status, 0)
            sender.end()
    words = [line.split("\t")[-1] for line in out.decode().splitlines()]
    same(len(words), N - n_refused)
    same(words, sorted(set(words)))
    assert set(words) <= set(make_lines(N)), words[0]


def test_recording(folder, disk):
    """It ends, and says why, and how much it has."""
    path = disk.folder / "a.mcap"
    with Running("record", "--listen", f"unix:{folder}/r", "--output", str(path)) as recorder:
        uri = recorder.uri()
        with Running("send", "--dial", uri, "-", stdin=subprocess.PIPE) as sender:
            for line in make_lines(N):
                try:
                    sender.process.stdin.write(f"{line}\n".encode())
                except BrokenPipeError:
                    break  # nobody is there any more
            sender.process.stdin.close()
            status, _, said = recorder.end()
    same(status, 1)
    assert "it cannot be written: No space left on device" in said, said
    assert re.search(r"a.mcap: \d+ of \d+ messages are in it", said), said


def test_log(folder, disk):
    """The program goes on; that lines are missing is said at once, and in their place."""
    with Running("receive", "--listen", f"unix:{folder}/l", "--verbose", "--count", "4",
                 "--log-file", str(disk.folder / "log")) as receiver:
        uri = receiver.uri()
        same(run("send", "--dial", uri, "--name", "first", "text")[0], 0)
        receiver.wait_error("peer-removed ")
        (path,) = disk.folder.glob("log_*.log")
        disk.fill(path)
        for name in ("second", "third"):
            same(run("send", "--dial", uri, "--name", name, "text")[0], 0)
        told = receiver.wait_error("hein: --log-file ")
        assert "No space left on device" in told, told
        disk.ballast.unlink()
        same(run("send", "--dial", uri, "--name", "fourth", "text")[0], 0)
        status, _, said = receiver.end()
        same(status, 0)
        assert said.count("--log-file") == 0, said
    lines = path.read_text().splitlines()
    assert any("peer-added first" in line for line in lines), lines
    assert any(re.search(r"\|WAR\|\d+ lines are missing here$", line) for line in lines), lines
    assert any("peer-added fourth" in line for line in lines), lines
    for line in lines:
        assert line == "" or re.match(r"\d{4}-\d\d-\d\d .*\|", line), lines


def main():
    tests = [(f"disk/{name[5:]}", with_disk, test) for name, test in globals().items()
             if name.startswith("test_")]
    return bed.run_inside(sys.argv[1], lambda: tap.run(tests))


if __name__ == "__main__":
    sys.exit(main())
