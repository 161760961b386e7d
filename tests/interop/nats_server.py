# SPDX-License-Identifier: LGPL-2.1-or-later
"""A real nats-server on a free port of loopback, and libnats as its client."""

import json
import os
import re
import shutil
import subprocess
import tempfile
import threading
from pathlib import Path

import tap
from peer_tools import SECONDS

# Debian has it where only root looks
PATH = os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin"
PEER = os.environ.get("HEIN_NATS_PEER", "")


def find(program):
    found = shutil.which(program, path=PATH)
    if found is None:
        raise tap.Skip(f"{program} is not installed")
    return found


def is_installed():
    return shutil.which("nats-server", path=PATH) is not None


class Server:
    """Starts when it is made; what it logs can be waited for. Its port is chosen by
    the system, and stays the same when it is started again."""

    def __init__(self, *lines, port=None):
        self.program = find("nats-server")
        self.folder = Path(tempfile.mkdtemp(prefix="hein-nats-"))
        self.port = port
        self.lines = lines
        self.log = []
        self.news = threading.Condition()
        self.start()

    def start(self):
        config = self.folder / "conf"
        config.write_text(f"listen: 127.0.0.1:{self.port or -1}\n"
                          f'ports_file_dir: "{self.folder}"\n' + "\n".join(self.lines))
        self.process = subprocess.Popen([self.program, "-DV", "-c", config],
                                        stderr=subprocess.PIPE, text=True,
                                        errors="replace")
        threading.Thread(target=self.read, args=[self.process], daemon=True).start()
        self.wait_for("Server is ready")
        self.port = self.port or self.read_port()

    def read_port(self):
        path = self.folder / f"nats-server_{self.process.pid}.ports"
        while True:
            try:
                return int(json.loads(path.read_text())["nats"][0].rsplit(":", 1)[1])
            except (FileNotFoundError, json.JSONDecodeError):
                if self.process.poll() is not None:
                    raise AssertionError("nats-server has ended") from None

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

    def uri(self, *options):
        address = f"tcp+nats://127.0.0.1:{self.port}"
        return address + ("?" + "&".join(options) if options else "")

    def peer(self, *arguments, user=""):
        """A program of libnats."""
        if not PEER:
            raise tap.Skip("libnats is not installed (libnats-dev)")
        return subprocess.Popen([PEER, f"nats://{user}127.0.0.1:{self.port}",
                                 *map(str, arguments)],
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                text=True)

    def publish(self, subject, *texts, command="pub", user=""):
        process = self.peer(command, subject, *texts, user=user)
        _, trouble = process.communicate(timeout=SECONDS)
        if process.returncode:
            raise AssertionError(trouble)

    def subscribe(self, subject, count, command="sub"):
        """One that ends after so many, once it has subscribed."""
        process = self.peer(command, subject, count)
        if process.stdout.readline() != "ready\n":
            raise AssertionError(process.stderr.read())
        return process

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
