#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes the page of the command line: below what docs/ has of it, each command
with what its --help says.

usage: make-command-page.py HEAD TOOL
"""
import os
import re
import subprocess
import sys
from pathlib import Path

OPTION = re.compile(r"^  (?:(-\w), )?(--[\w-]+)(?:=(\S+))?  +(.*)$", re.M)
PARTS = re.compile(r"^(Help Options|Application Options|Examples):\n", re.M)
WORDS = re.compile(r"(?<![\w`-])(--?[a-z][\w-]*)(?![\w`])")


def read_help(tool, *words):
    return subprocess.run([tool, *words, "--help"], check=True, stdout=subprocess.PIPE,
                          env=os.environ | {"LC_ALL": "C.UTF-8", "LANGUAGE": ""},
                          encoding="utf-8").stdout


def escape(text):
    """As Markdown, which takes none of it for markup; options as code."""
    return WORDS.sub(r"`\1`", re.sub(r"([\\*_<>|\[\]#])", r"\\\1", text))


def write_text(text):
    """Paragraphs; what is aligned in columns stays as it is."""
    for paragraph in filter(None, map(lambda part: part.strip("\n"),
                                      text.split("\n\n"))):
        if re.search(r"^ ", paragraph, re.M):
            yield f"```text\n{paragraph}\n```\n"
        else:
            yield escape(paragraph) + "\n"


def write_options(text):
    found = OPTION.findall(text)
    lines = [line for line in text.split("\n") if line.strip()]
    assert len(found) == len(lines), f"a line is no option: {lines}"
    yield "| option | what it does |\n|---|---|"
    for letter, name, value, said in found:
        names = ", ".join(f"`{one}`" for one in (letter, f"{name}={value}" if value else name)
                          if one)
        yield f"| {names} | {escape(said)} |"
    yield ""


def write_command(tool, name):
    usage, *parts = PARTS.split(read_help(tool, name))
    first, text = re.fullmatch(r"Usage:\n  (.*?)\n\n(.*)", usage, re.S).groups()
    yield f"## hein {name}\n\n```text\n{first}\n```\n"
    yield from write_text(text)
    for head, body in zip(parts[::2], parts[1::2]):
        if head == "Application Options":
            options, _, rest = body.partition("\n\n")
            yield from write_options(options)
            yield from write_text(rest)
        elif head == "Examples":
            examples = "\n".join(line[2:] for line in body.rstrip().split("\n"))
            yield f"Examples:\n\n```sh\n{examples}\n```\n"


def main(head, tool):
    listed = read_help(tool).partition("Commands:")[2].partition("\n\n")[0]
    commands = re.findall(r"^  ([\w-]+) ", listed, re.M)
    assert commands, "its help lists no command"
    sys.stdout.reconfigure(encoding="utf-8")
    print(Path(head).read_text(encoding="utf-8"))
    for name in commands:
        for line in write_command(tool, name):
            print(line)


main(*sys.argv[1:])
