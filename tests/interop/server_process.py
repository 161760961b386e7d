# SPDX-License-Identifier: LGPL-2.1-or-later
"""What real servers of other projects have in common: they are found, log, and end."""

import os
import re
import shutil
import socket
import subprocess
import tempfile
import threading
from pathlib import Path

import tap
from peer_tools import SECONDS

# Debian has them where only root looks
PATH = os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin"


def is_installed(program):
    return shutil.which(program, path=PATH) is not None


def find(program, packages):
    found = shutil.which(program, path=PATH)
    if found is None:
        raise tap.Skip(f"{program} is not installed ({packages})")
    return found


def free_port():
    """For those that cannot choose one themselves."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class ServerProcess:
    """What it logs can be waited for, and its folder goes with it."""

    def __init__(self, prefix):
        self.folder = Path(tempfile.mkdtemp(prefix=prefix))
        self.log = []
        self.news = threading.Condition()

    def run(self, *command):
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE,
                                        stdout=subprocess.DEVNULL, text=True,
                                        errors="replace")
        threading.Thread(target=self.read, args=[self.process], daemon=True).start()

    def read(self, process):
        for line in process.stderr:
            with self.news:
                self.log.append(line)
                self.news.notify_all()

    def count(self, pattern):
        return sum(re.search(pattern, line) is not None for line in self.log)

    def wait_for(self, pattern, times=1):
        """Until it has logged that so often, since the last time it forgot."""
        with self.news:
            if not self.news.wait_for(lambda: self.count(pattern) >= times, SECONDS):
                raise AssertionError(f"{pattern} is not in:\n" + "".join(self.log))

    def forget(self):
        with self.news:
            self.log.clear()

    def kill(self):
        self.process.kill()
        self.process.wait()

    def close(self):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.folder)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
