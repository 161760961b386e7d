# SPDX-License-Identifier: LGPL-2.1-or-later
"""A real nats-server on a free port of loopback, and libnats as its client."""

import json
import os
import subprocess
import threading

import server_process
import tap
from peer_tools import SECONDS

PEER = os.environ.get("HEIN_NATS_PEER", "")


def is_installed():
    return server_process.is_installed("nats-server")


class Server(server_process.ServerProcess):
    """Starts when it is made; what it logs can be waited for. Its port is chosen by
    the system, and stays the same when it is started again. FOLDER in @lines is one
    that goes with it."""

    def __init__(self, *lines, port=None):
        self.program = server_process.find("nats-server", "nats-server")
        super().__init__("hein-nats-")
        self.port = port
        self.lines = lines
        self.start()

    def start(self):
        config = self.folder / "conf"
        config.write_text(f"listen: 127.0.0.1:{self.port or -1}\n"
                          f'ports_file_dir: "{self.folder}"\n' + "\n".join(self.lines).replace("FOLDER", str(self.folder)))
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


class Cluster:
    """Three servers that know each other, with JetStream."""

    def __init__(self):
        self.servers = []
        names = ("kirk", "spock", "uhura")
        # each has to be told of the others, before they have chosen a port
        ports = [server_process.free_port() for _ in names]
        routes = ", ".join(f"nats://127.0.0.1:{port}" for port in ports)
        for name, port in zip(names, ports):
            server = Server(f"server_name: {name}", f"""cluster {{
                name: enterprise
                listen: 127.0.0.1:{port}
                routes: [ {routes} ]
            }}""", 'jetstream { store_dir: "FOLDER" }')
            server.name = name
            self.servers.append(server)
        for server in self.servers:
            server.wait_for("Route connection created", 2)

    def uri(self, *options, servers=None):
        places = ",".join(f"127.0.0.1:{server.port}"
                          for server in servers or self.servers)
        return f"tcp+nats://{places}" + ("?" + "&".join(options) if options else "")

    def wait_for(self, pattern, servers=None):
        """The first one to have logged it since it forgot."""
        found = []
        news = threading.Event()

        def look(server):
            with server.news:
                server.news.wait_for(lambda: news.is_set() or server.count(pattern),
                                     SECONDS)
                if server.count(pattern):
                    found.append(server)
                    news.set()
        for server in servers or self.servers:
            threading.Thread(target=look, args=[server], daemon=True).start()
        if not news.wait(SECONDS):
            raise AssertionError(f"no server has logged {pattern}")
        return found[0]

    def forget(self):
        for server in self.servers:
            server.forget()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for server in self.servers:
            server.close()
