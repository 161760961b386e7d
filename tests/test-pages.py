#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The pages of the documentation tell the truth. TAP.

usage: test-pages.py SOURCE BUILD [CC]...

The Python programs of a page run together, each in a process of its own, on a
free port, in a random group, and the C ones after them; each prints the text
behind it, in which … stands for anything. Programs for other libraries are fenced
as `py`, and not run. What a page calls a function, method, property or address is
one.
"""
import os
import random
import re
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import gi

gi.require_version("Hein", "1")
from gi.repository import GLib, Hein

source, build = Path(sys.argv[1]), Path(sys.argv[2])
compiler = [a for a in sys.argv[3:] if not a.startswith("-l")]
libraries = [a for a in sys.argv[3:] if a.startswith("-l")]
PAGES = source / "introspection" / "docs"
SECONDS = 20
PORT = re.compile(r"(?<=://127\.0\.0\.1:)\d+")
GROUP = re.compile(r"(?<=udp-multicast://)[\d.]+:\d+")
KEY_FILE = re.compile(r"key-file=[^&]*")
HOST = re.compile(r"://[^?]*")
PROGRAM = re.compile(r"^```(python|c)\n(.*?)^```$(.*?)(?=^```(?:python|c|py)$|\Z)",
                     re.M | re.S)
CLASSES = {"bus": Hein.Bus, "peer": Hein.Peer, "message": Hein.Message,
           "endpoint": Hein.Endpoint, "Hein": Hein}
DECLARED = {name for header in (source / "hein").glob("hein-*.h")
            for name in re.findall(r"\bhein_\w+", header.read_text())}


def find_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return str(probe.getsockname()[1])


def find_group():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("", 0))
        return f"239.1.{random.randint(0, 255)}.1:{probe.getsockname()[1]}"


def move(text):
    """To where nobody else is."""
    return GROUP.sub(find_group(), PORT.sub(find_port(), text))


def keep_here(uri):
    """The same options, on loopback; a key file says no more than its format."""
    if not uri.startswith("udp-multicast"):
        return HOST.sub("://127.0.0.1:0", uri)
    uri = KEY_FILE.sub("format=hein", GROUP.sub(find_group(), uri))
    return f"{uri}&interface=lo&ttl=0"


def can_multicast():
    try:
        Hein.Bus("page").listen(keep_here("udp-multicast://239.1.1.1:1?format=plain"))
    except GLib.Error as error:
        if isinstance(error, Hein.Error) and error.code != Hein.Error.NO_PLUGIN:
            raise
        return False
    return True


def find_programs(text):
    """Language, program and what it prints, of each that is told to print."""
    for language, program, rest in PROGRAM.findall(text):
        output = re.search(r"^```text\n(.*?)^```$", rest, re.M | re.S)
        assert output, f"nothing is said to be printed by: {program[:60]}…"
        yield language, program, output[1]


def compile_program(program, folder):
    path = os.path.join(folder, "program")
    subprocess.run([*compiler, "-xc", "-", "-Wall", "-Werror", "-o", path,
                    f"-I{source}", f"-I{build}", f"-L{build}/hein",
                    "-lhein-1", *libraries],
                   input=program, text=True, check=True)
    return path


def start(argv, program=None):
    process = subprocess.Popen(argv, stdin=subprocess.PIPE, text=True,
                               stdout=subprocess.PIPE)
    if program:
        process.stdin.write(program)
    process.stdin.close()
    process.stdin = None
    return process


def run_programs(text):
    with tempfile.TemporaryDirectory() as folder:
        running = []
        for language, program, output in find_programs(text):
            if language == "c":
                argv, program = [compile_program(program, folder)], None
            else:
                argv = [sys.executable, "-"]
            running.append((start(argv, program), output))
        try:
            for process, output in running:
                got = process.communicate(timeout=SECONDS)[0]
                expected = re.escape(output).replace("…", ".*")
                assert re.fullmatch(expected, got), f"{got!r} is not {output!r}"
                assert process.returncode == 0, process.returncode
        finally:
            for process, _ in running:
                process.kill()
                process.wait()


def has_property(owner, name):
    return any(pspec.name == name.replace("_", "-")
               for pspec in owner.list_properties())


def check_names(text):
    for name in re.findall(r"\bhein_\w+", text):
        assert name in DECLARED, f"there is no {name}"
    for variable, name in re.findall(r"(?<![\w-])(bus|peer|message|endpoint|Hein)\.(\w+)",
                                     text):
        if name not in ("props", "TcpHub"):  # the latter is a domain of logs
            assert hasattr(CLASSES[variable], name), f"no {variable}.{name}"
    for name in re.findall(r"\bbus\.props\.(\w+)", text):
        assert has_property(Hein.Bus, name), f"no property {name}"
    for uri in re.findall(r"[`\"]((?:tcp|channel|udp-multicast)(?:\+\w+)?://[^`\"\s…]+)[`\"]",
                          text):
        Hein.Bus("page").listen(keep_here(uri))


def main():
    pages = sorted(PAGES.glob("*.md"))
    failed = 0
    print(f"1..{2 * len(pages)}")
    for page in pages:
        text = page.read_text()
        if GROUP.search(text) and not can_multicast():
            for what in ("programs", "names"):
                print(f"ok - {page.stem} {what} # SKIP there is no multicast on lo")
            continue
        for what, check in (("programs", run_programs), ("names", check_names)):
            try:
                check(move(text) if what == "programs" else text)
                print(f"ok - {page.stem} {what}", flush=True)
            except (AssertionError, GLib.Error, OSError,
                    subprocess.SubprocessError) as error:
                failed += 1
                print(f"not ok - {page.stem} {what}", flush=True)
                print("# " + str(error).replace("\n", "\n# "))
    return failed != 0


sys.exit(main())
