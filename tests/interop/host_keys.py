# SPDX-License-Identifier: LGPL-2.1-or-later
"""Certificates of hosts, by openssl."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from peer_tools import SECONDS, tap

HERE = "subjectAltName=DNS:localhost,IP:127.0.0.1"
ELSEWHERE = "subjectAltName=DNS:elsewhere.example"


def openssl(*args):
    subprocess.run(["openssl", *args], check=True, capture_output=True,
                   timeout=SECONDS)


class Keys:
    """A folder with an authority, and what it certifies."""

    def __init__(self):
        if os.environ["HEIN_TEST_TLS"] != "yes":
            raise tap.Skip("built without TLS")
        if shutil.which("openssl") is None:
            raise tap.Skip("openssl is not there")
        self.folder = Path(tempfile.mkdtemp(prefix="hein-keys-"))
        self.make("ca", "basicConstraints=critical,CA:TRUE")
        self.make("other", "basicConstraints=critical,CA:TRUE")

    def path(self, name, kind="pem"):
        return self.folder / f"{name}.{kind}"

    def make(self, name, *extensions, by=None):
        """A key, its certificate, and both in one file."""
        key, crt = self.path(name, "key"), self.path(name, "crt")
        openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key)
        args = ["req", "-new", "-x509", "-key", key, "-subj", f"/CN={name}", "-days",
                "2", "-out", crt]
        for extension in extensions:
            args += ["-addext", extension]
        if by is not None:
            args += ["-CA", self.path(by, "crt"), "-CAkey", self.path(by, "key")]
        openssl(*args)
        self.path(name).write_text(key.read_text() + crt.read_text())
        self.path(name).chmod(0o600)

    def make_server(self, names=HERE):
        self.make("server", names, "basicConstraints=CA:FALSE", by="ca")

    def options(self, *more, ca="ca"):
        return ["tls=yes", f"ca-file={self.path(ca, 'crt')}", *more]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder)
