#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The programs of the page about other languages that need more than is installed with
hein: they talk to the hub of that page, and print what follows them. So does the one
of the page about ZeroMQ. Prints TAP.

Libraries of npm (zeromq, mqtt) are looked for in the folder that HEIN_TEST_NODE_MODULES
names, else in NODE-MODULES; those of Rust where Debian has them (librust-zmq-dev). What is
not there is skipped.

usage: test-other-languages.py NODE-MODULES
"""
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(1, str(Path(__file__).resolve().parent / "interop"))
import mqtt_broker
import server_process
import tap
from tool_test import LIMIT_S, Running, has, same

PAGES = Path(__file__).resolve().parent.parent / "introspection/docs"
PAGE = (PAGES / "other-languages.md").read_text(encoding="utf-8")
FROM_ZEROMQ = (PAGES / "coming-from-zeromq.md").read_text(encoding="utf-8")
CRATES = Path("/usr/share/cargo/registry")
MODULES = os.environ.get("HEIN_TEST_NODE_MODULES", sys.argv.pop(1))
HUB = "tcp://127.0.0.1:5555"


def find(language, *words, page=PAGE):
    """The program with these words, and what it prints."""
    for program, said in re.findall(
            rf"^```{language}\n(.*?)^```\n+(?:^```text\n(.*?)^```$)?", page, re.M | re.S):
        if all(word in program for word in words):
            return program, said
    raise AssertionError(f"the page has no {language} with {words}")


def test_pyzmq_publisher():
    """The other side of the subscriber on the page about ZeroMQ."""
    if importlib.util.find_spec("zmq") is None:
        raise tap.Skip("there is no pyzmq")
    uri = f"tcp://127.0.0.1:{server_process.free_port()}"
    publisher, _ = find("py", "zmq.PUB", page=FROM_ZEROMQ)
    subscriber, said = find("python", "bus.subscribe", page=FROM_ZEROMQ)
    with Running("-c", publisher.replace(HUB, uri), program=(sys.executable,)), \
            Running("-c", subscriber.replace(HUB, uri), program=(sys.executable,)) as bus:
        same(bus.end()[:2], (0, said.encode()))


def need_module(name):
    if shutil.which("node") is None:
        raise tap.Skip("there is no node")
    if not Path(MODULES, name).is_dir():
        raise tap.Skip(f"there is no {name} in {MODULES}")


def write_node(folder, program):
    (folder / "node_modules").symlink_to(MODULES)
    (folder / "program.mjs").write_text(program)
    return ["node", folder / "program.mjs"]


def check_asker(folder, prepare, language, *words):
    """A program beside the hub, each with an end of its own."""
    uri = f"tcp://127.0.0.1:{server_process.free_port()}"
    program, said = find(language, HUB, *words)
    hub, hub_said = find("python", "hub.listen")
    command = prepare(folder, program.replace(HUB, uri))
    (folder / "hub.py").write_text(hub.replace(HUB, uri))
    with Running(folder / "hub.py", program=(sys.executable,)) as running:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S,
                              check=False)
        same((done.returncode, done.stdout), (0, said))
        same(running.end()[:2], (0, hub_said.encode()))


def test_node():
    need_module("zeromq")
    with tempfile.TemporaryDirectory() as folder:
        check_asker(Path(folder), write_node, "javascript", "zeromq")


def build_rust(folder, program):
    for file, text in (
            ("src/main.rs", program),
            ("Cargo.toml", '[package]\nname = "weather"\nversion = "1.0.0"\n'
             'edition = "2021"\n[dependencies]\nzmq = "*"\n'),
            (".cargo/config.toml", '[source.crates-io]\nreplace-with = "debian"\n'
             f'[source.debian]\ndirectory = "{CRATES}"\n')):
        (folder / file).parent.mkdir(exist_ok=True)
        (folder / file).write_text(text)
    done = subprocess.run(["cargo", "build", "--offline", "--quiet"], cwd=folder,
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [folder / "target/debug/weather"]


def test_rust():
    if shutil.which("cargo") is None or not any(CRATES.glob("zmq-[0-9]*")):
        raise tap.Skip("there is no cargo, or no librust-zmq-dev")
    with tempfile.TemporaryDirectory() as folder:
        check_asker(Path(folder), build_rust, "rust")


def test_page_of_the_bus():
    """Node stands for the browser, whose pages are test-browser.py's: the bus is the
    broker, and the program the same but for its address."""
    need_module("mqtt")
    program, said = find("javascript", "ws://")
    command, = re.findall(r"^    hein (receive --listen .ws[+]mqtt:.*)$", PAGE, re.M)
    words = command.replace("'", "").replace(":8080", ":0").split()
    with tempfile.TemporaryDirectory() as folder, \
            Running(*words, "--count", "1") as bus:
        address = bus.uri().partition("?")[0].replace("+mqtt", "")
        page = write_node(Path(folder), "import mqtt from 'mqtt';\n"
                          + program.replace("ws://localhost:9001", address))
        with Running(page[1], program=(page[0],)) as running:
            same(running.process.stdout.readline().decode(), said)
            status, out, _ = bus.end()
            same(status, 0)
            has(out, b"\tlamps/1\ton\n")


def test_browser():
    """Node stands for it: the broker of the page lets both in, and the bus is told."""
    need_module("mqtt")
    program, said = find("javascript", "ws://")
    lines = re.search(r"^(    listener 1883 .*\n(?:    .*\n)+)", PAGE, re.M)[1].split("\n")
    bus_port, page_port = server_process.free_port(), server_process.free_port()
    # the first two are the broker's of this test
    same([line.strip() for line in lines[:2]], ["listener 1883 127.0.0.1",
                                                "allow_anonymous true"])
    broker = mqtt_broker.Broker(
        *(line.strip().replace("9001", str(page_port)) for line in lines[2:]), port=bus_port)
    command, = re.findall(r"^    hein (receive --dial tcp[+]mqtt:.*)$", PAGE, re.M)
    try:
        with tempfile.TemporaryDirectory() as folder, \
                Running(*command.replace("1883", str(bus_port)).split(), "--count", "1") as bus:
            broker.wait_for("SUBSCRIBE")
            page = write_node(Path(folder), "import mqtt from 'mqtt';\n"
                              + program.replace("9001", str(page_port)))
            with Running(page[1], program=(page[0],)) as running:
                same(running.process.stdout.readline().decode(), said)
                status, out, _ = bus.end()
                same(status, 0)
                has(out, b"\tlamps/1\ton\n")
    finally:
        broker.close()


if __name__ == "__main__":
    sys.exit(tap.run_functions(dict(globals())))
