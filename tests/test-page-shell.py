#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What pages tell to type into a shell works as it stands there. TAP.

In a network of this process alone, where `there` and `server` are this machine and
every port is free: so a page is typed line by line, in a folder of its own, into two
terminals. What goes on until it is stopped (receive, record, serve) runs on in one of them,
until the page starts another one at its address; everything else has to succeed.
What is not run is listed below, with the reason; whatever is neither fails.

usage: test-page-shell.py SOURCE HEIN [PAGE]
"""
import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

source, tool = Path(sys.argv[1]), sys.argv[2]
sys.path.insert(0, str(source / "tests/netns"))

import bed as beds
import tap

SECONDS = 20
HOSTS = "127.0.0.1 localhost there server\n"
FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
INDENTED = re.compile(r"(?:^    +\S.*\n?)+", re.M)
IN_TABLE = re.compile(r"^\|.*`(hein [^`\n]*--listen [^`\n]*)`", re.M)
# how a line begins that is for a shell
COMMAND = re.compile(r"(\w+=\S* )*(apt|cd|cp|dpkg-buildpackage|echo|export|git|hein|ldconfig"
                     r"|make|meson|mypy|npm|npx|pip|pkg-config|python3|scp|tsc|\(umask|gjs|cc"
                     r"|flatpak|flatpak-builder|head|podman|docker|systemd-run|systemd-socket-activate|bwrap|snapcraft)\b")
SETS = re.compile(r"^(\w+=\S* )*")
GOES_ON = re.compile(r"hein (record\b|bridge\b|(receive|serve)\b(?!.*--count)|send\b.* --repeat 0\b)")
PORT = re.compile(r"--listen [^ ?]*:(\d+)")

# page: what it says in words, or on the other machine, before its first line
BEFORE = {
    "introspection/docs/services.md": "hein receive --listen tcp://localhost:7000",
    "introspection/docs/coming-from-zeromq.md":
        "hein keygen --curve server.key; hein keygen --curve kirk.key;"
        "mkdir authorized; cp kirk.key authorized",
    "introspection/docs/security.md":
        "hein keygen --identity spock.id > peers; hein keygen one; grep -v '#' one |"
        "sed 's/^/kirk /' > lamps.ring; chmod 600 peers lamps.ring;"
        "printf 'allow kirk publish lamps/**\\n' > lamps.access",
    "README.md": "hein keygen --identity spock.id > peers; chmod 600 peers",
}
# what stands there for what is another thing everywhere
STANDS_FOR = {"/var/log/me/": "./"}
# how a line begins that is not run, and why
NOT_RUN = {
    "apt ": "changes the system; `make check-package` installs such packages",
    "dpkg-buildpackage ": "is what `make check-package` does",
    "ldconfig": "changes the system",
    "meson ": "builds hein; test-installed.py does that",
    "pkg-config ": "needs an installed hein; test-installed.py asks it",
    "hein doctor --hello ": "needs another machine; netns/hello.py has two",
    "export ": "is for an installed hein; test-installed.py says the same to it",
    "make ": "is what runs this",
    "scp ": "needs another machine",
    "pip ": "needs the network; test-python-types.py runs mypy",
    "mypy ": "needs what pip brings; test-python-types.py runs it",
    "npm ": "needs the network; test-javascript-types.py runs tsc",
    "hein pair ": "is a conversation of two people; test-tool-pair.py has it",
    "systemd-socket-activate ": "keeps from the program where this hein is; "
                                "test-tool-service.py hands sockets",
    "hein bench": "measures for ten seconds; test-tool.py runs it shorter",
    "(umask 022 && meson ": "builds the plugin of the page; test-installed.py does that",
    "HEIN_PLUGIN_PATH=$PWD/build hein inspect longest": "is test-installed.py's, too",
    "hein check-plugin ": "takes a plugin that was built; test-tool-check.py has some",
    "HEIN_PLUGIN_PATH=$HOME/plugins hein receive":
        "needs the script of the page; test-script-plugins.c loads it",
    "hein serve --listen tcp://localhost:7000 --lines --exec 'journalctl -f' log":
        "needs a journal",
    "hein request --dial tcp://localhost:7000 --many log": "asks that journal",
    "hein receive --dial 'tcp+nats://127.0.0.1:4222?tls=yes":
        "needs the authority of a server; interop-nats-tls.py has one",
}


def find_lines(text):
    """The lines for a shell: fenced as sh, or indented and beginning like one; of tables,
    those that need nobody else."""
    blocks = [(found.start(), found[2]) for found in FENCED.finditer(text)
              if found[1] in ("sh", "shell", "console", "bash")]
    bare = FENCED.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)
    blocks += [(found.start(), found[0]) for found in INDENTED.finditer(bare)]
    blocks += [(found.start(), found[1]) for found in IN_TABLE.finditer(bare)]
    for _, block in sorted(blocks):
        lines = re.sub(r"\\\n\s*", "", block).split("\n")
        lines = [line.strip().removeprefix("$ ") for line in lines if line.strip()]
        if lines and COMMAND.match(lines[0]):
            yield from lines


def find_reason(line):
    return next((reason for start, reason in NOT_RUN.items() if line.startswith(start)),
                None)


class Terminals:
    """What was typed and goes on."""

    def __init__(self, folder):
        self.folder, self.running = folder, {}

    def start(self, line):
        address = found[1] if (found := PORT.search(line)) else line
        self.stop(address)
        said = open(Path(self.folder, f"said-{len(self.running)}"), "w+b")
        process = subprocess.Popen(["sh", "-c", SETS.sub(r"\g<0>exec ", line)], cwd=self.folder,
                                   stdin=subprocess.DEVNULL, stdout=said, stderr=said)
        self.running[address] = (process, said, line)
        if "--listen" in line:
            beds.wait_until(lambda: b"listening" in self.read(said)
                            or process.poll() is not None,
                            f"it does not listen: {line}", SECONDS)
        self.check(process, said, line)

    @staticmethod
    def read(said):
        return Path(said.name).read_bytes()

    def check(self, process, said, line):
        if process.poll() is not None and (process.returncode or "--count" not in line):
            raise AssertionError(f"{line}\nended with {process.returncode}: "
                                 + self.read(said).decode(errors="replace"))

    def await_ends(self):
        """Whatever ends by itself has done so, and its file is whole."""
        for process, _, line in self.running.values():
            if "--count" in line:
                process.wait(SECONDS)

    def stop(self, address):
        if address in self.running:
            process, said, line = self.running.pop(address)
            try:
                self.check(process, said, line)
            finally:
                process.kill()
                process.wait()
                said.close()

    def type(self, line):
        for what, instead in STANDS_FOR.items():
            line = line.replace(what, instead)
        if GOES_ON.match(SETS.sub("", line)):
            self.start(line)
            return
        if line.startswith("hein replay"):
            self.await_ends()
        with subprocess.Popen(["sh", "-c", line], cwd=self.folder, start_new_session=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT) as shell:
            try:
                said = shell.communicate(timeout=SECONDS)[0].decode(errors="replace")
            except subprocess.TimeoutExpired:
                os.killpg(shell.pid, signal.SIGKILL)  # what it has started, too
                raise AssertionError(f"{line}\ndoes not end") from None
        assert shell.returncode == 0, f"{line}\nended with {shell.returncode}: {said}"

    def close(self):
        for process, _, _ in self.running.values():
            process.kill()
            process.wait()

    def end(self):
        """All that goes on still does."""
        for address in list(self.running):
            self.stop(address)


def check_page(page):
    lines = list(find_lines(page.read_text(encoding="utf-8")))
    for line in lines:
        if not COMMAND.match(line) and not line.startswith("#"):
            raise AssertionError(f"neither run nor named in NOT_RUN: {line}")
    to_run = [line for line in lines if not line.startswith("#") and not find_reason(line)]
    for line in lines:
        if reason := find_reason(line):
            print(f"# not run: {line}\n#   it {reason}")
    if not to_run:
        raise tap.Skip("nothing to run")
    with tempfile.TemporaryDirectory() as folder:
        terminals = Terminals(folder)
        try:
            if before := BEFORE.get(str(page.relative_to(source))):
                terminals.type(before)
            for line in to_run:
                terminals.type(line)
            terminals.end()
        finally:
            terminals.close()


def check_reasons(pages):
    """Each reason is of a line that a page has."""
    lines = [line for page in pages for line in find_lines(page.read_text(encoding="utf-8"))]
    for start in NOT_RUN:
        assert any(line.startswith(start) for line in lines), f"no line begins {start!r}"


def lay_out():
    beds.make_room()
    for command in ("link set dev lo up", "link add name lan type veth peer name end",
                    "address add 10.77.1.1/24 dev lan", "link set dev end up",
                    "link set dev lan up", "route add 239.0.0.0/8 dev lan"):
        beds.run("ip", *command.split())
    hosts = Path("/run/hosts")
    hosts.write_text(HOSTS, encoding="ascii")
    beds.run("mount", "--bind", str(hosts), "/etc/hosts")
    os.environ["PATH"] = f"{Path(tool).parent}:{os.environ['PATH']}"
    os.environ["XDG_RUNTIME_DIR"] = "/run"
    os.umask(0o022)


def main():
    lay_out()
    # what those of protocols say is pasted by test-tool.py
    pages = [page for folder in ("introspection/docs", "hein", "plugins/transports")
             for page in sorted((source / folder).rglob("*.md"))]
    pages = [source / "README.md", *pages]
    if sys.argv[3:]:
        pages = [page for page in pages if page.stem in sys.argv[3:]]
    tests = [] if sys.argv[3:] else [("reasons", check_reasons, pages)]
    tests += [(str(page.relative_to(source)), check_page, page) for page in pages
              if any(find_lines(page.read_text(encoding="utf-8")))]
    return tap.run(tests)


sys.exit(beds.run_inside(tool, main))
