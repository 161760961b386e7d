#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes the completion of the command for zsh or fish from what its help says, so
that both offer what there is.

usage: make-completions.py TOOL zsh|fish
"""
import os
import re
import subprocess
import sys
from dataclasses import dataclass

ADDRESSES = ("tcp://", "unix://", "ws://", "wss://", "udp-multicast://", "channel://")
# options whose value is a file, though their help calls it otherwise
FILES = {"--file", "--log-file"}
PLUGINS = (r"""hein inspect --json 2>/dev/null | tr '{' '\n' | """
           r"""sed -n 's/^"kind":"%s","name":"\([a-z0-9-]*\)".*/\1/p'""")
ZSH_PLUGINS = (r"""hein inspect --json 2>/dev/null | tr '{' '\n' |
        sed -n 's/^"kind":"'"$1"'","name":"\([a-z0-9-]*\)".*/\1/p'""")
HEAD = "# Made from the command's own help. SPDX-License-Identifier: LGPL-2.1-or-later\n"


@dataclass
class Option:
    letter: str
    name: str
    value: str
    said: str

    def kind(self):
        """What its value is completed with."""
        if self.value == "URI":
            return "address"
        if self.value == "FILE" or self.name in FILES:
            return "file"
        if self.value == "DIR":
            return "folder"
        if self.name == "--strategy":
            return "strategy"
        return "choice" if self.choices() else "other"

    def choices(self):
        """Where the help lists them all: "text (the default), json or raw"."""
        if not re.fullmatch(r"\w+ \(the default\)(, \w+)* or \w+", self.said):
            return []
        return re.findall(r"\w+", self.said.replace(" (the default)", "")
                          .replace(" or ", ", "))

    def is_repeated(self):
        return "several times" in self.said


def read_help(tool, *words):
    return subprocess.run([tool, *words, "--help"], check=True, stdout=subprocess.PIPE,
                          env=os.environ | {"LC_ALL": "C.UTF-8", "LANGUAGE": ""},
                          encoding="utf-8").stdout


def read_commands(tool):
    listed = read_help(tool).partition("Commands:")[2].partition("\n\n")[0]
    return re.findall(r"^  ([\w-]+) +(.*)$", listed, re.M)


def read_command(tool, command):
    """Its options, and what stands for its first argument."""
    text = read_help(tool, command)
    options = [Option(*found) for found in re.findall(
        r"^  (?:(-\w), )?(--[\w-]+)(?:=(\S+))?  +(.*)$", text, re.M)]
    usage = re.search(rf"hein {command} \[OPTION…\](.*)", text)[1]
    argument = re.search(r"PLUGIN|URI|FILE|DIR|PROGRAM", usage)
    kinds = {"PLUGIN": "plugin", "URI": "address", "FILE": "file", "DIR": "folder",
             "PROGRAM": "file"}
    return options, kinds[argument[0]] if argument else ""


# ---- zsh ----


def quote(text):
    return "'" + text.replace("'", "'\\''") + "'"


def zsh_action(kind, choices=()):
    # without the space in front zsh would put arguments of its own before ours
    return {"address": "_hein_addresses", "file": "_files",
            "folder": "_files -/",
            "strategy": " _hein_plugins strategy", "plugin": " _hein_plugins '[a-z]*'",
            "choice": f"({' '.join(choices)})"}.get(kind, " ")


def zsh_option(option):
    said = re.sub(r"([\[\]\\])", r"\\\1", option.said)
    value = f":{option.value}:{zsh_action(option.kind(), option.choices())}" \
        if option.value else ""
    names = [name for name in (option.letter, option.name) if name]
    before = "*" if option.is_repeated() else f"({' '.join(names)})"
    for name in names:
        end = "" if not value else "+" if name == option.letter else "="
        yield quote(f"{before}{name}{end}[{said}]{value}")


def write_zsh(tool):
    commands = read_commands(tool)
    names = " ".join(name for name, _ in commands)
    print(f"""#compdef hein
{HEAD}
_hein_plugins()
{{
    local -a found
    found=(${{(f)"$({ZSH_PLUGINS})"}})
    compadd -a found
}}

_hein_addresses()
{{
    compadd -S '' -- {' '.join(ADDRESSES)}
}}

_hein()
{{
    if ((CURRENT == 2)); then
        local -a commands
        commands=(""")
    for name, said in [*commands, ("help", "Show the options of a command")]:
        print(f"            {quote(f'{name}:{said}')}")
    print(f"""        )
        _describe command commands
        compadd -- --help --version
        return
    fi
    local command=$words[2]
    shift words
    ((CURRENT--))
    case $command in
        help) ((CURRENT == 2)) && compadd -- {names} ;;""")
    for name, _ in commands:
        options, argument = read_command(tool, name)
        print(f"        {name})\n            _arguments -s \\")
        for option in options:
            for spec in zsh_option(option):
                print(f"                {spec} \\")
        print(f"                {quote('*:argument:' + zsh_action(argument))}\n"
              "            ;;")
    print("""    esac
}

_hein "$@\"""")


# ---- fish ----


def fish_arguments(kind, choices=()):
    if kind == "file":
        return " -rF"
    if kind == "folder":
        return " -x -a '(__fish_complete_directories)'"
    plugins = "(" + PLUGINS + ")"
    words = {"address": " ".join(ADDRESSES), "strategy": plugins % "strategy",
             "plugin": plugins % "[a-z]*", "choice": " ".join(choices)}.get(kind)
    return f" -x -a {fish_quote(words)}" if words else " -x"


def fish_quote(text):
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def write_fish(tool):
    commands = read_commands(tool)
    print(HEAD)
    print("complete -c hein -f")
    for name, said in [*commands, ("help", "Show the options of a command")]:
        print(f"complete -c hein -n __fish_use_subcommand -a {name} "
              f"-d {fish_quote(said)}")
    for name in "help", "version":
        print(f"complete -c hein -n __fish_use_subcommand -l {name}")
    print("complete -c hein -n '__fish_seen_subcommand_from help' -a "
          f"{fish_quote(' '.join(name for name, _ in commands))}")
    for command, _ in commands:
        options, argument = read_command(tool, command)
        seen = fish_quote(f"__fish_seen_subcommand_from {command}; "
                          "and not __fish_seen_subcommand_from help")
        if argument:
            kind = " -F" if argument == "file" else \
                fish_arguments(argument).replace(" -x", "")
            print(f"complete -c hein -n {seen}{kind}")
        for option in options:
            letter = f" -s {option.letter[1:]}" if option.letter else ""
            value = fish_arguments(option.kind(), option.choices()) \
                if option.value else ""
            print(f"complete -c hein -n {seen}{letter} -l {option.name[2:]}"
                  f"{value} -d {fish_quote(option.said)}")


{"zsh": write_zsh, "fish": write_fish}[sys.argv[2]](sys.argv[1])
