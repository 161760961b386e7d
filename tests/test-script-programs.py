#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Plugins that are scripts in a plugin folder, as the command line and programs in
Python and JavaScript use them: these run them in the interpreter that they have.
Prints TAP."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import tap
from tool_test import LIMIT_S, Running, has, run, same

PLUGINS = Path(__file__).resolve().parent.parent / "plugins"
HAS = os.environ["HEIN_SCRIPTS"].split()

PYTHON = """
import sys
import threading
sys.mark = "the program's own"
import gi
gi.require_version("Hein", "1")
from gi.repository import Hein
bus = Hein.Bus("bus")
bus.listen("own://x")
assert sys.modules["hein_own"].sys.mark == sys.mark
threads = [threading.Thread(target=lambda: Hein.Bus("b").listen("own://y")) for _ in range(9)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
try:
    bus.listen("raises://x")
except Hein.Error as error:
    print(error.message.split("hein-raises.py: ")[1])
print(len(open("/proc/self/task/%d/children" % threading.get_native_id()).read().split()))
bus.close()
"""
OWN = """
import sys
import gi
gi.require_version("Hein", "1")
from gi.repository import Hein


class Own(Hein.Transport):
    __gtype_name__ = "OwnTransport"

    def do_begin_open(self, endpoint, task):
        task.return_boolean(True)
        return True


Hein.plugin_add("own", Own)
"""
LINE = """
import os
import tty

import gi

gi.require_version("Hein", "1")
from gi.repository import Hein


class Line(Hein.StreamTransport):
    __gtype_name__ = "LineTransport"

    def do_open_fd(self, endpoint):
        try:
            fd = os.open(self.get_path(), os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        except OSError as error:
            raise Hein.Error.new(Hein.Error.FAILED, error.strerror) from None
        tty.setraw(fd)
        return fd


Hein.plugin_add("line", Line)
"""
JAVASCRIPT = """
imports.gi.versions.Hein = '1';
const { Hein } = imports.gi;
globalThis.mark = "the program's own";
const bus = Hein.Bus.new('bus');
bus.listen('js-own://x');
print(Hein.ownMark);
try {
  bus.listen('js-raises://x');
} catch (error) {
  print(error.message.split('hein-js-raises.js: ')[1]);
}
bus.close();
"""
JS_OWN = """
const { GObject, Hein } = imports.gi;
Hein.ownMark = globalThis.mark;
const Own = GObject.registerClass({ GTypeName: 'JsOwnTransport' },
  class Own extends Hein.Transport {
    vfunc_begin_open(endpoint, task) {
      task.return_boolean(true);
      return true;
    }
  });
Hein.plugin_add('js-own', Own);
"""


def needs(language):
    if language not in HAS:
        raise tap.Skip(f"built without plugins in {language}")


class Folder:
    """Of plugins, in front of the others."""

    def __init__(self, **files):
        self.path = Path(tempfile.mkdtemp(prefix="hein-scripts-"))
        self.env = os.environ | {
            "HEIN_PLUGIN_PATH": f"{self.path}:{os.environ['HEIN_PLUGIN_PATH']}"}

    def write(self, name, text):
        (self.path / name).write_text(text)
        (self.path / name).chmod(0o644)

    def write_example(self, name, kind, language):
        text = (PLUGINS / kind / "README.md").read_text()
        self.write(name, re.search(rf"```{language}\n(.*?)```", text, re.S)[1])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.path)


def check_tool(scheme, file, language):
    with Folder() as folder:
        folder.write_example(file, "transports", language)
        address = f"{scheme}://hein-tool-{os.getpid()}"
        with Running("receive", "--listen", address, "--count", "1",
                     env=folder.env) as receiver:
            receiver.uri()
            status, _, errors = run("send", "--dial", address, "--topic", "t", "hello",
                                    env=folder.env)
            assert status == 0, errors
            status, out, errors = receiver.end()
        assert status == 0 and b"hello" in out, (status, out, errors)
        status, out, _ = run("inspect", scheme, env=folder.env)
        assert status == 0 and str(folder.path / file) in out.decode(), out


def test_tool_python():
    needs("python")
    check_tool("abstract", "hein-abstract.py", "python")


def test_tool_javascript():
    needs("js")
    check_tool("js-abstract", "hein-js-abstract.js", "js")


def test_device_comes_later():
    """A device that is not there is told before anything else, without --verbose, and
    opened when it has come."""
    needs("python")
    master, slave = os.openpty()
    with Folder() as folder, open(master, "rb", 0) as far, open(slave, "rb", 0) as near:
        folder.write("hein-line.py", LINE)
        device = folder.path / "device"
        uri = f"line://{device}"
        with Running("receive", "--dial", uri, env=folder.env) as receiver:
            first = receiver.process.stderr.readline().decode()
            same(first, f"hein: {uri}: No such file or directory\n")
            has(receiver.wait_error("hein: "), "tried again")
            device.symlink_to(os.ttyname(near.fileno()))
            same(far.read(1), b"\xff")  # how ZMTP begins
            receiver.interrupt()
            same(receiver.end()[0], 0)


def run_program(program, folder):
    done = subprocess.run(program, env=folder.env, capture_output=True, text=True,
                          timeout=LIMIT_S, check=False)
    assert done.returncode == 0, done
    return done.stdout


def test_python_program():
    needs("python")
    with Folder() as folder:
        folder.write("hein-own.py", OWN)
        folder.write("hein-raises.py", "\n1 / 0\n")
        said = run_program([sys.executable, "-c", PYTHON], folder)
        assert said == "line 2: ZeroDivisionError: division by zero\n0\n", said


def test_gjs_program():
    needs("js")
    if shutil.which("gjs") is None:
        raise tap.Skip("there is no gjs")
    with Folder() as folder:
        folder.write("hein-js-own.js", JS_OWN)
        folder.write("hein-js-raises.js", "\nnull.x;\n")
        said = run_program(["gjs", "-c", JAVASCRIPT], folder).splitlines()
        assert said[0] == "the program's own", said
        assert said[1].startswith("line 2: TypeError: null has no properties"), said


def test_both_in_python():
    """A program in Python uses a plugin in JavaScript, and the other way round."""
    needs("python")
    needs("js")
    with Folder() as folder:
        folder.write("hein-own.py", OWN)
        folder.write("hein-js-own.js", JS_OWN)
        code = PYTHON.split("bus.listen")[0] + "bus.listen('js-own://x')\nbus.listen('own://x')\n"
        run_program([sys.executable, "-c", code], folder)
        code = JAVASCRIPT.split("bus.listen")[0] + "bus.listen('own://x');bus.listen('js-own://x')"
        run_program(["gjs", "-c", code], folder)


def test_no_interpreter():
    """Where what runs scripts is missing, that is said."""
    installed = Path(json.loads(run("inspect", "--json")[1])["folders"][-1])
    for language, suffix in (("Python", "py"), ("JavaScript", "js")):
        name = {"py": "hein-python.so", "js": "hein-js.so"}[suffix]
        if (installed / name).exists():
            raise tap.Skip(f"{name} is installed, and would be found")
        with Folder() as folder:
            folder.write(f"hein-lonely.{suffix}", "")
            env = folder.env | {"HEIN_PLUGIN_PATH": str(folder.path)}
            status, _, errors = run("receive", "--listen", "lonely://x", env=env)
            assert status == 1, errors
            assert f"is written in {language}, which needs hein-" in errors, errors


def test_library_is_lean():
    """Neither the library nor the command line links an interpreter."""
    said = subprocess.run(["ldd", os.environ["HEIN_TOOL"]], capture_output=True, text=True,
                          check=True).stdout
    assert "libhein-1" in said and not re.search("python|gjs|mozjs", said), said


sys.exit(tap.run_functions(globals()))
