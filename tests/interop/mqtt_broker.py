# SPDX-License-Identifier: LGPL-2.1-or-later
"""A real mosquitto on a free port of loopback, and its clients."""

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

# Debian has it where only root looks
PATH = os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin"


def find(program):
    found = shutil.which(program, path=PATH)
    if found is None:
        raise tap.Skip(f"{program} is not installed (mosquitto, mosquitto-clients)")
    return found


def is_installed():
    return shutil.which("mosquitto", path=PATH) is not None


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Broker:
    """Starts when it is made; what it logs can be waited for."""

    def __init__(self, *lines, password=None, port=None):
        self.program = find("mosquitto")
        self.folder = Path(tempfile.mkdtemp(prefix="hein-mqtt-"))
        self.port = port or free_port()
        access = "allow_anonymous true"
        if password is not None:
            users = self.folder / "users"
            subprocess.run([find("mosquitto_passwd"), "-b", "-c", users, "kirk",
                            password], check=True, capture_output=True)
            access = f"allow_anonymous false\npassword_file {users}"
        user = "user root\n" if os.geteuid() == 0 else ""
        (self.folder / "conf").write_text(
            f"{user}listener {self.port} 127.0.0.1\n{access}\n" + "\n".join(lines))
        self.log = []
        self.news = threading.Condition()
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            [self.program, "-v", "-c", self.folder / "conf"],
            stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
            errors="replace")
        threading.Thread(target=self.read, args=[self.process], daemon=True).start()
        self.wait_for(r"mosquitto version \S+ running")

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
        address = f"tcp+mqtt://127.0.0.1:{self.port}"
        return address + ("?" + "&".join(options) if options else "")

    def publish(self, topic, text, *options):
        subprocess.run([find("mosquitto_pub"), "-p", str(self.port), "-t", topic,
                        "-m", text, *options], check=True, timeout=SECONDS)

    def subscribe(self, topic, count, *options):
        """A mosquitto_sub that ends after so many, once it has subscribed."""
        self.forget()
        process = subprocess.Popen(
            [find("mosquitto_sub"), "-p", str(self.port), "-t", topic, "-v", "-C",
             str(count), "-W", str(SECONDS), "-i", "independent", *options],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.wait_for("Sending SUBACK to independent")
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
