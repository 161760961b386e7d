# SPDX-License-Identifier: LGPL-2.1-or-later
"""A real nats-server on a free port of loopback, and libnats as its client."""

import json
import os
import subprocess

import server_process
import tap
from peer_tools import SECONDS

PEER = os.environ.get("HEIN_NATS_PEER", "")


def is_installed():
    return server_process.is_installed("nats-server")


class Server(server_process.ServerProcess):
    """Starts when it is made; what it logs can be waited for. Its port is chosen by
    the system, and stays the same when it is started again."""

    def __init__(self, *lines, port=None):
        self.program = server_process.find("nats-server", "nats-server")
        super().__init__("hein-nats-")
        self.port = port
        self.lines = lines
        self.start()

    def start(self):
        config = self.folder / "conf"
        config.write_text(f"listen: 127.0.0.1:{self.port or -1}\n"
                          f'ports_file_dir: "{self.folder}"\n' + "\n".join(self.lines))
        self.run(self.program, "-DV", "-c", config)
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
