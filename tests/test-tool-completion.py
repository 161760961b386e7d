#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What zsh and fish offer for `hein` is what there is. TAP.

usage: test-tool-completion.py FOLDER-OF-COMPLETIONS
"""

import os
import pty
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import tap
from tool_test import LIMIT_S, TOOL, run, same

MADE = Path(sys.argv.pop(1))  # what is left names tests
COMMANDS = re.findall(r"^  ([a-z-]+)  +\w", run("--help")[1].decode(), re.M)
# what zsh prints when it has read a line, and when it has listed
READY, END = "line-is-read", "list-is-over"


def environment(home):
    """Without what the user has set up, and with this command."""
    return {**os.environ, "HOME": home, "ZDOTDIR": home, "XDG_CONFIG_HOME": home,
            "XDG_DATA_HOME": home, "TERM": "dumb", "LC_ALL": "C.UTF-8",
            "PATH": f"{os.path.dirname(TOOL)}:{os.environ['PATH']}"}


class Zsh:
    """An interactive one, at a terminal, in which completions are listed."""

    def __enter__(self):
        if not shutil.which("zsh"):
            raise tap.Skip("there is no zsh")
        self.folder = tempfile.TemporaryDirectory()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execvpe("zsh", ["zsh", "-f", "-i"], environment(self.folder.name))
        # what it prints of itself is not what it was told: hence the quotes
        self.put("PS1= PS2= PROMPT_EOL_MARK= LISTMAX=10000; stty cols 250 rows 200; "
                 f"fpath=({MADE} $fpath); autoload -U compinit; "
                 f"compinit -u -d {self.folder.name}/dump; bindkey '^I' list-choices; "
                 f"list-end() {{ print {END[:4]}''{END[4:]}; }}; zle -N list-end; "
                 "bindkey '^X' list-end; "
                 f"zle-line-init() {{ print {READY[:4]}''{READY[4:]}; }}; "
                 "zle -N zle-line-init\n")
        self.read_until(READY)
        return self

    def __exit__(self, *_):
        os.close(self.fd)  # which hangs up
        os.waitpid(self.pid, 0)
        self.folder.cleanup()

    def put(self, text):
        os.write(self.fd, text.encode())

    def read_until(self, mark):
        got = ""
        while mark not in got:
            got += os.read(self.fd, 65536).decode(errors="replace")
        return got

    def list(self, line):
        self.put(f"{line}\t\x18")
        shown = self.read_until(END).partition("\n")[2]
        self.put("\x15\n")
        self.read_until(READY)
        return shown


def fish(line):
    if not shutil.which("fish"):
        raise tap.Skip("there is no fish")
    with tempfile.TemporaryDirectory() as home:
        done = subprocess.run(
            ["fish", "--no-config", "-c",
             f"source {MADE}/hein.fish; complete -C {line!r}"],
            env=environment(home), capture_output=True, text=True, timeout=LIMIT_S,
            check=True)
    same(done.stderr, "")
    return [offered.split("\t")[0] for offered in done.stdout.splitlines()]


def options_of(command):
    return sorted(set(re.findall(r"^  (?:-\w, )?(--[\w-]+)",
                                 run(command, "--help")[1].decode(), re.M)))


def letters_of(command):
    return sorted(set(re.findall(r"^  (-\w), --", run(command, "--help")[1].decode(),
                                 re.M)))


def test_zsh_options():
    with Zsh() as shell:
        for command in COMMANDS:
            shown = shell.list(f"hein {command} -")
            same((command, sorted(set(re.findall(r"(?:^|\s)(--[\w-]+)\s", shown)))),
                 (command, options_of(command)))
            same((command, sorted(set(re.findall(r"(?:^|\s)(-\w)\s+--\s", shown)))),
                 (command, letters_of(command)))


def test_zsh_values():
    with Zsh() as shell:
        shown = shell.list("hein ")
        same(sorted(re.findall(r"^([a-z-]+) +-- ", shown, re.M)), sorted([*COMMANDS, "help"]))
        for line, wanted in (("hein receive --format ", "hex json raw text"),
                             ("hein receive -f j", "json"),
                             ("hein help re", "receive request"),
                             ("hein send --strategy round", "round-robin"),
                             ("hein inspect tc", "tcp"),
                             ("hein doctor tc", "tcp://"),
                             ("hein receive --listen=tc", "tcp://")):
            found = set(re.findall(r"[\w-]+(?:://)?", shell.list(line)))
            assert set(wanted.split()) <= found, f"{line!r} lists {sorted(found)}"


def test_fish_options():
    for command in COMMANDS:
        same((command, sorted(fish(f"hein {command} --"))),
             (command, options_of(command)))
        offered = fish(f"hein {command} -")
        same((command, sorted(word for word in offered if re.fullmatch(r"-\w", word))),
             (command, letters_of(command)))


def test_fish_values():
    same(sorted(fish("hein ")), sorted([*COMMANDS, "help"]))
    same(sorted(fish("hein receive --format ")), ["hex", "json", "raw", "text"])
    same(sorted(fish("hein help re")), ["receive", "record", "replay", "request"])
    same(fish("hein send --strategy round"), ["round-robin"])
    same(fish("hein inspect tc"), ["tcp"])
    same(fish("hein doctor tc"), ["tcp://"])
    same(fish("hein receive --listen tc"), ["tcp://"])
    same(fish("hein bench --seconds "), [])


if __name__ == "__main__":
    sys.exit(tap.run_functions(dict(globals())))
