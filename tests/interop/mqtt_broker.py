# SPDX-License-Identifier: LGPL-2.1-or-later
"""A real mosquitto on a free port of loopback, and its clients."""

import os
import subprocess

import server_process
from peer_tools import SECONDS


def find(program):
    return server_process.find(program, "mosquitto, mosquitto-clients")


def is_installed():
    return server_process.is_installed("mosquitto")


class Broker(server_process.ServerProcess):
    """Starts when it is made; what it logs can be waited for."""

    def __init__(self, *lines, password=None, port=None):
        self.program = find("mosquitto")
        super().__init__("hein-mqtt-")
        self.port = port or server_process.free_port()
        access = "allow_anonymous true"
        if password is not None:
            users = self.folder / "users"
            subprocess.run([find("mosquitto_passwd"), "-b", "-c", users, "kirk",
                            password], check=True, capture_output=True)
            access = f"allow_anonymous false\npassword_file {users}"
        user = "user root\n" if os.geteuid() == 0 else ""
        (self.folder / "conf").write_text(
            f"{user}listener {self.port} 127.0.0.1\n{access}\n" + "\n".join(lines))
        self.start()

    def start(self):
        self.run(self.program, "-v", "-c", self.folder / "conf")
        self.wait_for(r"mosquitto version \S+ running")

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
