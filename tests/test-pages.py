#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The pages of the documentation tell the truth. TAP.

usage: test-pages.py SOURCE BUILD [CC]...

The programs of a page (Python, JavaScript, C and Vala) run together, each in a
process of its own, on a free port and in a random group; each prints the text that
follows it, in which … stands for anything, and alone for any lines. A page with a program for which there is
no interpreter or compiler is skipped. Programs for other libraries are fenced as
`py`, and not run. Whatever a page calls a function, method, property or address is
checked to be one.
"""
import contextlib
import importlib.util
import os
import random
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import gi

gi.require_version("Hein", "1")
from gi.repository import GLib, GObject, Hein

sys.path.insert(1, str(Path(__file__).resolve().parent / "interop"))
import mqtt_broker
import nats_server

source, build = Path(sys.argv[1]), Path(sys.argv[2])
compiler = [a for a in sys.argv[3:] if not a.startswith("-l")]
libraries = [a for a in sys.argv[3:] if a.startswith("-l")]
PAGES = source / "introspection" / "docs"
SECONDS = 20
# 0 is any that is free, and stays
PORT = re.compile(r"(?<=://127\.0\.0\.1:)[1-9]\d*")
ABSTRACT = re.compile(r"(?<=unix:)@\w+")
GROUP = re.compile(r"(?<=udp-multicast://)[\d.]+:\d+")
KEY_FILE = re.compile(r"key-file=[^&]*")
# what proves who a user is, read when the address is
USER_FILE = re.compile(r"\b(?:nkey|creds)=[^&]+")
HOST = re.compile(r"://[^?]*")
PROGRAM = re.compile(r"^```(python|js|c|vala)\n(.*?)^```$"
                     r"(.*?)(?=^```(?:python|js|c|vala|py)$|\Z)", re.M | re.S)
FROM_SYSTEM = {"Address already in use", "Cannot assign requested address",
               "Connection refused", "Name or service not known",
               "Namespace Hein not available", "Package hein-1 was not found",
               "cannot open shared object file"}
CLASSES = {"bus": Hein.Bus, "peer": Hein.Peer, "message": Hein.Message,
           "endpoint": Hein.Endpoint, "Hein": Hein}
# those that have properties; the sender of a message is a peer
OWNERS = {"bus": Hein.Bus, "peer": Hein.Peer, "message": Hein.Message,
          "endpoint": Hein.Endpoint, "sender": Hein.Peer}
LOG_DOMAINS = {name for folder in ("hein", "plugins")
               for file in (source / folder).rglob("meson.build")
               for name in re.findall(r'"Hein\.(\w+)"', file.read_text())}
DECLARED = {name for folder in ("hein", "hein/test")
            for header in (source / folder).glob("hein-*.h")
            for name in re.findall(r"\bhein_\w+", header.read_text())}
# what `hein stats` calls what it counts
METRICS = set(re.findall(r'"(hein_\w+)"', (source / "hein/tool/tool-stats.c").read_text()))


def find_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return str(probe.getsockname()[1])


def find_group():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("", 0))
        return f"239.1.{random.randint(0, 255)}.1:{probe.getsockname()[1]}"


def move(text):
    """To where nobody else is."""
    text = ABSTRACT.sub(f"@page-{random.getrandbits(64):x}", text)
    return GROUP.sub(find_group(), PORT.sub(find_port(), text))


def keep_here(uri):
    """The same options, on loopback; a key file says no more than its format."""
    if not uri.startswith("udp-multicast"):
        return HOST.sub("://127.0.0.1:0", KEY_FILE.sub("retain=no", uri))
    uri = KEY_FILE.sub("format=hein", GROUP.sub(find_group(), uri))
    return f"{uri}{'&' if '?' in uri else '?'}interface=lo&ttl=0"


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


def compile_c(program, folder):
    path = os.path.join(tempfile.mkdtemp(dir=folder), "program")
    subprocess.run([*compiler, "-xc", "-", "-Wall", "-Werror", "-o", path,
                    f"-I{source}", f"-I{build}", f"-L{build}/hein",
                    "-lhein-1", *libraries],
                   input=program, text=True, check=True)
    return [path]


def compile_vala(program, folder):
    path = os.path.join(tempfile.mkdtemp(dir=folder), "program")
    Path(f"{path}.vala").write_text(program)
    options = [option for argument in (f"-I{source}", f"-I{build}", f"-L{build}/hein",
                                       "-lhein-1", "-w") for option in ("-X", argument)]
    subprocess.run(["valac", "--quiet", f"--vapidir={build}/introspection",
                    "--pkg=gio-2.0", "--pkg=hein-1", *options, "-o", path,
                    f"{path}.vala"], check=True)
    return [path]


def write_script(program, folder, interpreter, suffix):
    handle, path = tempfile.mkstemp(suffix, dir=folder)
    os.write(handle, program.encode())
    os.close(handle)
    return [interpreter, path]


def write_js(program, folder):
    command = write_script(program, folder, "gjs", ".js")
    return ["gjs", "-m", *command[1:]] if program.startswith("import ") else command


PREPARE = {
    "python": lambda *args: write_script(*args, sys.executable, ".py"),
    "js": write_js,
    "c": compile_c,
    "vala": compile_vala,
}
NEEDED = {"js": "gjs", "vala": "valac"}


def find_missing(text):
    """What the programs of a page need, and is not here."""
    missing = [NEEDED[language] for language, _, _ in PROGRAM.findall(text)
               if language in NEEDED and not shutil.which(NEEDED[language])]
    if any("import zmq" in program for language, program, _ in PROGRAM.findall(text)
           if language == "python") and importlib.util.find_spec("zmq") is None:
        missing.append("pyzmq")
    if "+mqtt://127.0.0.1" in text and not mqtt_broker.is_installed():
        missing.append("mosquitto")
    if "+nats://127.0.0.1" in text and not nats_server.is_installed():
        missing.append("nats-server")
    return missing


def open_broker(text):
    """A broker where the programs of a page dial one."""
    found = re.search(r"[+](mqtt|nats)://127\.0\.0\.1:(\d+)", text)
    if found is None or not PROGRAM.search(text):
        return contextlib.nullcontext()
    start = {"mqtt": mqtt_broker.Broker, "nats": nats_server.Server}[found[1]]
    return start(port=int(found[2]))


def run_programs(text):
    with tempfile.TemporaryDirectory() as folder, open_broker(text):
        running = []
        commands = [(PREPARE[language](program, folder), output)
                    for language, program, output in find_programs(text)]
        try:
            for command, output in commands:
                running.append((subprocess.Popen(command, stdin=subprocess.DEVNULL,
                                                 stdout=subprocess.PIPE, text=True),
                                output))
            for process, output in running:
                got = process.communicate(timeout=SECONDS)[0]
                expected = "".join(
                    "(?:.*\n)*" if line == "…\n" else re.escape(line).replace("…", ".*")
                    for line in output.splitlines(keepends=True))
                assert re.fullmatch(expected, got), f"{got!r} is not {output!r}"
                assert process.returncode == 0, process.returncode
        finally:
            for process, _ in running:
                process.kill()
                process.wait()


# around the lines of README.md that are part of a program
PART = """#include <hein/hein.h>
void on_answer (GObject *bus, GAsyncResult *result, gpointer data);
void ask (HeinBus *bus, HeinMessage *message);
%s
void ask (HeinBus *bus, HeinMessage *message)
{
%s}
"""


def check_readme(text):
    """Two subscribers hear the publisher, and the lines about requests compile."""
    text = text.replace("localhost:5555", f"127.0.0.1:{find_port()}")
    programs = re.findall(r"^```(c|js|python)\n(.*?)^```$", text, re.M | re.S)
    assert [language for language, _ in programs][:4] == ["c", "python", "js", "c"]
    function, _, calls = programs[3][1].rpartition("}\n")
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        subprocess.run([*compiler, "-xc", "-", "-Wall", "-Werror", "-fsyntax-only",
                        f"-I{source}", f"-I{build}"], input=PART % (function + "}", calls),
                       text=True, check=True)
        running = {}
        for language, program in programs[:3]:
            running[language] = stack.enter_context(subprocess.Popen(
                PREPARE[language](program, folder), stdout=subprocess.PIPE, text=True,
                stdin=subprocess.DEVNULL))
            stack.callback(running[language].kill)
        for language in ("c", "js"):
            line = running[language].stdout.readline()
            assert line == "log: stardate 1312.4\n", f"{language}: {line!r}"


def has_property(owner, name):
    """A message is no object, and has none."""
    return hasattr(owner, "list_properties") and any(
        pspec.name == name.replace("_", "-") for pspec in owner.list_properties())


def has_signal(owner, name):
    return owner is not Hein and GObject.signal_lookup(name, owner.__gtype__) != 0


def check_names(text):
    for name in re.findall(r"\bhein_\w+", text):
        assert name in DECLARED | METRICS, f"there is no {name}"
    for variable, name in re.findall(r"(?<![\w-])(bus|peer|message|endpoint|Hein)\.(\w+)",
                                     text):
        if name not in ("props", "pyi", *LOG_DOMAINS):  # and a file
            owner = CLASSES[variable]
            assert hasattr(owner, name) or has_signal(owner, name), f"no {variable}.{name}"
    for variable, name in re.findall(
            r"\b(bus|peer|message|endpoint|sender)\.props\.(\w+)", text):
        assert has_property(OWNERS[variable], name), f"no property {variable}.props.{name}"
    for uri in re.findall(r"[`\"]((?:tcp|channel|udp-multicast)(?:\+\w+)?://[^`\"\s…]+)[`\"]",
                          text):
        if "+mqtt:" in uri or "+nats:" in uri:  # hein is no broker
            Hein.Bus("page").dial(USER_FILE.sub("plaintext=yes", uri))
        else:
            Hein.Bus("page").listen(keep_here(uri))


def check_errors(text):
    """The texts by which an error is looked up are those of some error here."""
    sources = [path for folder in ("hein", "plugins", "introspection/python")
               for path in (source / folder).rglob("*") if path.suffix in (".c", ".py")]
    said = "\n".join(re.sub(r'"\s*\n\s*f?"', "", path.read_text()) for path in sources)
    for row in re.findall(r"^\| (`.*?) \|", text.split("## By symptom")[0], re.M):
        for quoted in re.findall(r"`([^`]+)`", row):
            begin = quoted.split("'")[0]
            assert begin in said or quoted in FROM_SYSTEM, f"no error says {quoted!r}"


def check_verdicts(text):
    """The table of verdicts has those that the tool gives."""
    rows = text.split("| the verdict |")[1].split("\n\n")[0].splitlines()[2:]
    told = {word for row in rows for word in re.findall(r"`([\w-]+)`", row.split("|")[1])}
    man = (source / "data/hein.1.in").read_text().split("The words are\n")[1]
    given = {word.replace("\\", "") for word in
             re.findall(r"^\.BR? ([\w\\-]+)", re.split(r"\.\n(?!\.B)", man)[0], re.M)}
    assert told == given, f"not in both, page and manual: {sorted(told ^ given)}"


def check_manifest(text):
    """The options of a manifest are those of meson here, and its files those of the
    source."""
    manifest = re.search(r"^```yaml\n(.*?)^```$", text, re.M | re.S)[1]
    options = set(re.findall(r"^option\('([\w-]+)'",
                             (source / "meson_options.txt").read_text(), re.M))
    for option in re.findall(r"- -D([\w-]+)=", manifest):
        assert option in options, f"meson has no option {option}"
    files = re.findall(r"path: hein/(\S+)", manifest)
    assert files, "the manifest has no file of the source"
    for file in files:
        assert (source / file).exists(), f"the source has no {file}"


# what is checked of one page alone
SINGLE = (("introspection/docs/troubleshooting.md", "errors", check_errors),
          ("introspection/docs/troubleshooting.md", "verdicts", check_verdicts),
          ("introspection/docs/sandboxes.md", "manifest", check_manifest),
          ("README.md", "programs", check_readme))


def main():
    pages = sorted(PAGES.glob("*.md"))
    failed = 0
    print(f"1..{2 * len(pages) + len(SINGLE)}")
    for page, what, check in SINGLE:
        text = (source / page).read_text()
        if check is check_readme and not shutil.which("gjs"):
            print(f"ok - {page} {what} # SKIP there is no gjs")
            continue
        try:
            check(text)
            print(f"ok - {page} {what}")
        except (AssertionError, subprocess.SubprocessError) as error:
            failed += 1
            print(f"not ok - {page} {what}\n# {error}")
    for page in pages:
        text = page.read_text()
        if GROUP.search(text) and not can_multicast():
            for what in ("programs", "names"):
                print(f"ok - {page.stem} {what} # SKIP there is no multicast on lo")
            continue
        missing = find_missing(text)
        if missing:
            print(f"ok - {page.stem} programs # SKIP there is no {missing[0]}")
            print(f"ok - {page.stem} names # SKIP there is no {missing[0]}")
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
