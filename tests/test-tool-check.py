#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""`hein check-plugin`: what it says of good plugins, and of those that break a law
each. Prints TAP."""
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import tap
from tool_test import TOOL, has, run, same

SOURCE = Path(__file__).resolve().parent.parent
HAS = os.environ.get("HEIN_SCRIPTS", "").split()
PATIENCE = {"HEIN_TEST_PATIENCE": "10"}  # seconds; who breaks a law is waited for in vain
TWO = ("--law", "single", "--law", "choose")

SELECTS = """
import gi
gi.require_version("Hein", "1")
from gi.repository import Hein


class Selects(Hein.Strategy):
    __gtype_name__ = "TestSelects"

    def do_select(self, peers, key, message, selection):
        %s


Hein.plugin_add("selects", Selects)
"""


def check(*args, env=None):
    done = subprocess.run([TOOL, "check-plugin", *args], capture_output=True, text=True,
                          timeout=400, env=os.environ | (env or {}), check=False)
    said = re.findall(r"^(kept|BROKEN|skipped) +(\S+)", done.stdout, re.M)
    laws = {law: result for result, law in said}
    return done.returncode, laws, done.stdout, done.stderr


def check_script(text, *args, name="hein-selects.py", env=None):
    if ("js" if name.endswith("js") else "python") not in HAS:
        raise tap.Skip("built without such plugins")
    with tempfile.TemporaryDirectory(prefix="hein-check-") as folder:
        path = Path(folder, name)
        path.write_text(text)
        path.chmod(0o644)
        return check(path, *args, env=env)


def example(kind, language):
    text = (SOURCE / "plugins" / kind / "README.md").read_text()
    return re.search(rf"```{language}\n(.*?)```", text, re.S)[1]


def test_own_strategies():
    """Those of hein keep the laws, with what they promise."""
    for name, promises in (("round-robin", []), ("sticky", ["--promises", "holds"]),
                           ("publish", ["--promises", "everybody"]),
                           ("by-name", ["--promises", "names,holds"]),
                           ("by-origin", ["--promises", "everybody,waits",
                                          "--key", "accepted"])):
        status, laws, out, errors = check(name, *promises)
        same((name, status, len(laws)), (name, 0, 6))
        has(out, f"{name} (strategy, ", f"libhein-{name}.so", " 0 broken")
        same(errors, "")


def test_own_transports():
    status, laws, out, _ = check("tcp", "--address", "tcp://127.0.0.1:0", "--law", "open",
                                 "--law", "transports/peer-dies")
    same((status, laws), (0, {"transports/open": "kept", "transports/peer-dies": "kept"}))
    has(out, "a process that is killed is noticed", "2 kept, 0 broken, 0 skipped")
    status, laws, out, _ = check("inproc", "--local", "--law", "peer-dies", "--law", "echo")
    same((status, laws), (0, {"transports/echo": "kept", "transports/peer-dies": "skipped"}))
    has(out, "cannot die alone")


def test_protocol():
    status, laws, _, _ = check("zmtp", "--law", "echo", "--law", "round-trip")
    same((status, laws), (0, {"transports/echo": "kept", "protocol/round-trip": "kept"}))


def test_scripts():
    """A transport in Python keeps all laws; one in JavaScript all but what no script
    in JavaScript can."""
    status, laws, out, _ = check_script(example("transports", "python"),
                                        name="hein-abstract.py")
    same((status, set(laws.values())), (0, {"kept"}))
    assert len(laws) == 29, out
    status, laws, out, _ = check_script(example("transports", "js"), "--law", "threads",
                                        "--law", "open", name="hein-js-abstract.js")
    same((status, laws), (0, {"transports/open": "kept", "transports/threads": "skipped"}))
    has(out, "scripts in JavaScript run in one thread")


def test_forgets_order():
    """It gives everything to everybody, where one was promised."""
    status, laws, out, _ = check_script(SELECTS % "selection.add_all()", *TWO, env=PATIENCE)
    same((status, laws["strategies/single"], laws["strategies/choose"]),
         (1, "kept", "BROKEN"))
    has(out, " broken, 0 skipped")


def test_drops():
    status, laws, out, _ = check_script(SELECTS % "selection.drop()", *TWO, env=PATIENCE)
    same((status, list(laws.values())), (1, ["BROKEN"] * 2))
    has(out, "each message reaches whom it should")


def test_dies():
    """A plugin that ends the process breaks the law, and the others are looked at."""
    status, laws, _, _ = check_script(SELECTS.replace("import gi\n", "import gi, os\n", 1)
                                      % "os._exit(0) if len(peers) > 1 else "
                                      "selection.add_all()", *TWO)
    same((status, laws), (1, {"strategies/choose": "BROKEN", "strategies/single": "kept"}))


def test_criticals():
    """What GLib calls critical breaks a law, too."""
    status, laws, out, _ = check_script(SELECTS.replace("import Hein\n", "import GLib, Hein\n", 1)
                                        % "GLib.log_variant('x', GLib.LogLevelFlags.LEVEL_CRITICAL"
                                        ", GLib.Variant('a{sv}', {'MESSAGE': GLib.Variant('s', "
                                        "'badly said')})) or selection.add_all()",
                                        "--law", "single")
    same((status, laws), (1, {"strategies/single": "BROKEN"}))
    has(out, "badly said")


def test_wrong_use():
    for args, text in (((), "takes one plugin"),
                       (("a", "b"), "takes one plugin, not 2"),
                       (("x", "--kind", "y"), "--kind takes transport"),
                       (("x", "--promises", "gold"), "--promises takes everybody"),
                       (("x", "--law", "of-the-jungle"), "no law 'of-the-jungle'"),
                       (("/etc/passwd",), "called libhein-NAME.so"),
                       (("./hein-no-such.py",), "there is no file")):
        status, _, out, errors = check(*args)
        same((args, status, out), (args, 2, ""))
        has(errors, text)
    status, _, _, errors = check("no-such-plugin")
    same(status, 1)
    has(errors, "no plugin is called 'no-such-plugin';")
    status, _, _, errors = check("rond-robin")
    same(status, 1)
    has(errors, "no plugin is called 'rond-robin' (did you mean 'round-robin'?);")
    status, _, _, errors = check("tcp")
    same(status, 1)
    has(errors, "nobody can listen there: ", "--address says where")
    status, _, _, errors = check_script("import nothing_of_that_name\n", name="hein-bad.py")
    same(status, 1)
    has(errors, "line 1: ModuleNotFoundError: No module named 'nothing_of_that_name'")


SERIAL = """
import os
import tty

import gi

gi.require_version("Hein", "1")
from gi.repository import Hein


class Serial(Hein.StreamTransport):
    __gtype_name__ = "TestSerial"

    def do_open_fd(self, endpoint):
        fd = os.open(self.get_path(), os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        %s
        return fd


Hein.plugin_add("serial", Serial)
"""


def test_line():
    """Both ends of a serial line dial: laws about listening are skipped."""
    line = ("--line", "serial://{tty}")
    status, laws, out, errors = check_script(SERIAL % "tty.setraw(fd)", *line,
                                             name="hein-serial.py")
    same((status, errors), (0, ""))
    same(sorted(law[11:] for law, result in laws.items() if result == "kept"),
         ["closed", "closed-peer", "echo", "empty", "largest", "open", "order", "parts",
          "peer-dies", "slow-reader", "slow-reader-async", "too-large"])
    has(out, "12 kept, 0 broken, 17 skipped", "both ends of a line dial")
    # a terminal that echoes what it is told, and waits for the ends of lines
    status, laws, _, _ = check_script(
        SERIAL % "mode = tty.tcgetattr(fd); mode[3] |= tty.ECHO | tty.ICANON; "
        "tty.tcsetattr(fd, tty.TCSANOW, mode)", *line, "--law", "echo",
        name="hein-serial.py", env=PATIENCE)
    same((status, laws), (1, {"transports/echo": "BROKEN"}))
    status, _, _, errors = check("x", "--line", "serial:///dev/ttyS0")
    same(status, 2)
    has(errors, "--line takes an address with {tty}")


def test_file():
    """The file of a module is taken from where it is, unless others may write to it."""
    library = re.search(r"file: (.*)", run("inspect", "random")[1].decode())[1]
    with tempfile.TemporaryDirectory(prefix="hein-check-") as folder:
        copy = Path(folder, "libhein-random.so")
        shutil.copy(library, copy)
        copy.chmod(0o755)
        status, laws, _, errors = check(copy, "--law", "single")
        same((status, laws, errors), (0, {"strategies/single": "kept"}, ""))
        copy.chmod(0o775)
        status, _, _, errors = check(copy)
        same(status, 1)
        has(errors, "can be written by others")


sys.exit(tap.run_functions(globals()))
