#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the pages say that commands print, they print. TAP.

The greenhouse of the page is built for real, with its faults, in a network of this
process alone. Then each command that stands behind `$` in a block of these pages is
typed, and what it prints compared with what stands below it, by one rule: each number
but 0 is like each other, and like a - for one that is not known, and so is a row of
blanks. (Times, addresses, process ids and counts are never twice the same.) So is the
picture of `hein top`.

usage: test-page-night.py SOURCE HEIN [--write]

With --write what was printed is written into the pages, and the picture is drawn.
"""
import contextlib
import html
import os
import pty
import re
import shlex
import struct
import subprocess
import sys
import tempfile
import termios
import threading
from fcntl import ioctl
from pathlib import Path

source, tool = Path(sys.argv[1]), str(Path(sys.argv[2]).resolve())
writes = "--write" in sys.argv[3:]
sys.path.insert(0, str(source / "tests/netns"))

import bed as beds
import processes
import tap

SECONDS = 20
PAGES = source / "introspection/docs"
BLOCK = re.compile(r"^```text\n\$ (.*)\n((?s:.*?))^```$", re.M)
COLUMNS, LINES = 80, 8
NIGHT = (PAGES / "a-night.md").read_text(encoding="utf-8").split("\n## To have this night\n")[1]
# what a night is made of: lines for the shell, and a program
LINES_OF_NIGHT = re.search(r"^```sh\n((?s:.*?))^```$", NIGHT, re.M)[1].splitlines()
ARCHIVE = re.search(r"^```py\n((?s:.*?))^```$", NIGHT, re.M)[1]


class House:
    """The programs of the greenhouse."""

    def __init__(self, folder):
        self.folder = folder
        self.running = contextlib.ExitStack()
        for line in LINES_OF_NIGHT:
            if "--name" not in line:
                self.keep(line)
        Path(folder, "archive.py").write_text(ARCHIVE)

    def keep(self, line):
        return subprocess.run(["sh", "-c", line], cwd=self.folder, capture_output=True,
                              text=True, timeout=SECONDS, check=False)

    def start(self, *command, program=tool):
        process = subprocess.Popen([program, *command], cwd=self.folder,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)

        def end():
            process.kill()
            process.wait()

        self.running.callback(end)
        return process

    def start_of_night(self, name):
        """That program, as the page starts it."""
        line, = (line for line in LINES_OF_NIGHT if f"--name {name} " in line)
        words = shlex.split(line)
        return self.start(*words[words.index("hein") + 1:])

    def wait(self, command, *texts):
        """Until the command prints all of that."""
        def is_said():
            said = self.keep(command).stdout
            return all(re.search(text, said, re.M) for text in texts)

        beds.wait_until(is_said, f"{command} does not say {texts}", SECONDS)

    def sense(self):
        self.start_of_night("sensors")
        screen = self.start_of_night("screen")
        self.start_of_night("fan")
        self.wait("hein peers sensors", "^screen .*ms", "^fan .*ms")
        return screen


# ---- what is wrong, by the heading under which it stands ----


@contextlib.contextmanager
def stopped(house):
    screen = house.sense()
    processes.stop(screen)
    yield


@contextlib.contextmanager
def wrong_key(house):
    house.sense()
    house.start_of_night("lamp")
    house.wait("hein ps lamp", "waiting")
    yield


@contextlib.contextmanager
def slow(house):
    house.start_of_night("camera")
    house.start("archive.py", program=sys.executable)
    house.wait("hein peers camera", "overflow")
    house.wait("hein stats archive", "waiting-messages +[1-9]")
    yield


@contextlib.contextmanager
def flapping(house):
    house.sense()
    is_over = threading.Event()

    def flap():
        while not is_over.is_set():
            meter = house.start_of_night("meter")
            with contextlib.suppress(AssertionError):
                house.wait("hein peers sensors", "^meter ")
            meter.kill()
            meter.wait()
            with contextlib.suppress(AssertionError):
                house.wait("hein ps sensors", " 2 ")

    # the log begins between two visits
    thread = threading.Timer(1, flap)
    thread.start()
    yield
    is_over.set()
    thread.join()


@contextlib.contextmanager
def well(house):
    house.sense()
    yield


@contextlib.contextmanager
def office(house):
    house.start("receive", "--name", "printer", "--listen", "tcp://localhost:7000")
    house.wait("hein ps printer", "listen")
    yield


@contextlib.contextmanager
def office_sends(house):
    with office(house):
        house.start("send", "--name", "office", "--dial", "tcp://localhost:7000",
                    "--repeat", "0", "--interval", "0.01", "hello")
        house.wait("hein peers printer", "^office .*ms")
        yield


@contextlib.contextmanager
def hanging(house):
    with office(house):
        printer = house.start("receive", "--name", "lamp", "--dial", "tcp://localhost:7000")
        house.wait("hein ps lamp", "dial")
        processes.stop(printer)
        yield


SCENES = {
    "looking-inside.md": {
        "Who is there": office_sends,
        "A program that does not answer": hanging,
    },
    "a-night.md": {
        "The screen stands still": stopped,
        "The lamp does not come in": wrong_key,
        "The archive has gaps": slow,
        "The meter comes and goes": flapping,
        "For the morning": well,
    },
}


# ---- what is printed ----


def make_rule(text):
    """Each number but 0, known or not, and each row of blanks, is like each other."""
    text = re.sub(r"\d[\d.]*[kMG]?(?![\w.])|\d[\d.]*\d", lambda found:
                  found[0] if found[0] == "0" else "N", text)
    text = re.sub(r"(?<!\S)-(?!\S)", "N", text)
    return [re.sub(r"[ \t]+", " ", line).strip() for line in text.splitlines()]


def check_block(house, found):
    """What is to stand there."""
    done = house.keep(found[1])
    said = done.stdout + done.stderr
    if not writes and make_rule(said) != make_rule(found[2]):
        raise AssertionError(f"$ {found[1]}\n{said}\nand on the page stands:\n{found[2]}")
    return f"```text\n$ {found[1]}\n{said}```"


def check_section(page, heading, scene):
    text = page.read_text(encoding="utf-8")
    start = text.index(f"\n## {heading}\n")
    end = text.find("\n## ", start + 1)
    section = text[start:end if end >= 0 else len(text)]
    assert BLOCK.search(section), "there is no command"
    with tempfile.TemporaryDirectory() as folder:
        house = House(folder)
        with house.running, scene(house):
            if scene is slow:
                check_picture(house)
            now = BLOCK.sub(lambda found: check_block(house, found), section)
    if writes:
        page.write_text(text.replace(section, now), encoding="utf-8")


# ---- the picture ----


def take_screen(house):
    """What `hein top` draws the second time, by lines: text and whether it is red."""
    master, end = pty.openpty()
    ioctl(end, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    process = subprocess.Popen([tool, "top", "camera"], cwd=house.folder, stdin=end,
                               stdout=end, stderr=end, env={**os.environ, "TERM": "xterm"})
    os.close(end)
    drawn = ""
    while drawn.count("\x1b[J") < 3:
        drawn += os.read(master, 65536).decode()
    process.terminate()
    process.wait(SECONDS)
    os.close(master)
    shown = drawn.split("\x1b[H")[3].split("\x1b[J")[0]
    for line in shown.replace("\x1b[K", "").split("\r\n"):
        yield re.sub(r"\x1b\[\d*m", "", line), "\x1b[31m" in line


def draw(lines):
    """As SVG, for light and dark pages."""
    rows = "".join(
        f'<text x="12" y="{26 + 18 * i}"{" class=" + chr(34) + "red" + chr(34) if red else ""}'
        f' xml:space="preserve">{html.escape(text)}</text>\n'
        for i, (text, red) in enumerate(lines))
    width, height = 24 + 8 * COLUMNS, 24 + 18 * len(lines)
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" \
width="{width}" height="{height}" role="img">
<title>hein top: who loses messages is red</title>
<style>
  rect {{ fill: #f6f5f4; stroke: #9a9996 }}
  text {{ font: 13.3px monospace; fill: #241f31 }}
  .red {{ fill: #c01c28 }}
  @media (prefers-color-scheme: dark) {{
    rect {{ fill: #241f31 }}
    text {{ fill: #f6f5f4 }}
    .red {{ fill: #ff7b63 }}
  }}
</style>
<rect x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="6"/>
{rows}</svg>
"""


def check_picture(house):
    lines = list(take_screen(house))
    assert [red for _, red in lines if red], f"nothing is red: {lines}"
    path = PAGES / "top.svg"
    if writes:
        path.write_text(draw(lines), encoding="utf-8")
    kept = re.findall(r'<text .*?(class="red")?.*?>(.*?)</text>', path.read_text())
    found = re.findall(r'<text .*?(class="red")?.*?>(.*?)</text>', draw(lines))
    same = [(red, make_rule(text)) for red, text in kept]
    assert [(red, make_rule(text)) for red, text in found] == same, f"{found}\nis not\n{kept}"


def main():
    beds.make_room()
    beds.run("ip", *"link set dev lo up".split())
    os.environ["PATH"] = f"{Path(tool).parent}:{os.environ['PATH']}"
    os.environ["XDG_RUNTIME_DIR"] = "/run"
    os.environ.pop("HEIN_INSPECT", None)
    os.umask(0o022)
    return tap.run([(f"{page}: {heading}", check_section, PAGES / page, heading, scene)
                    for page, scenes in SCENES.items() for heading, scene in scenes.items()])


sys.exit(beds.run_inside(tool, main))
