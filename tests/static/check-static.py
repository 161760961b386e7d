#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""clang-tidy and gcc -fanalyzer over what is shipped: hein/ and plugins/. Which
checks are on, and why the others are not, is in README.md beside this. TAP.

usage: check-static.py BUILD [part of a path]...
"""
import json
import os
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
FOLDERS = ("hein", "plugins")
# gcc 12 takes what g_autoptr and g_bytes_new_take () free for leaked, and a
# g_new () that ends the process for one that may return NULL
ANALYZER = ("-fanalyzer", "-Werror", "-O2", "-Wno-analyzer-malloc-leak",
            "-Wno-analyzer-possible-null-argument",
            "-Wno-analyzer-possible-null-dereference")


# what is wrong about single files; README.md says why
KNOWN = {
    "hein/ask/hein-ask-choose.c": ("", "-Wno-analyzer-null-dereference"),
    "hein/ask/hein-deliverer.c": ("-clang-analyzer-core.NullDereference", ""),
    "hein/ask/hein-server.c": ("-clang-analyzer-deadcode.DeadStores", ""),
    "hein/options/hein-options.c": ("", "-Wno-analyzer-null-dereference"),
    "hein/plugin/hein-plugin-file.c":
        ("-clang-analyzer-core.uninitialized.Assign,"
         "-clang-analyzer-core.UndefinedBinaryOperatorResult", ""),
    "hein/plugin/hein-plugin-load.c":
        ("-clang-analyzer-core.UndefinedBinaryOperatorResult",
         "-Wno-analyzer-use-of-uninitialized-value "
         "-Wno-analyzer-null-dereference"),
    "hein/plugin/hein-plugin-script.c": ("", "-Wno-analyzer-null-dereference"),
    "hein/tls/tls-certified.c": ("", "-Wno-analyzer-use-of-uninitialized-value"),
    "hein/tls/tls-names.c": ("", "-Wno-analyzer-null-argument"),
    "hein/tool/tool-doctor.c": ("", "-Wno-analyzer-null-dereference"),
    "hein/tool/tool-doctor-stream.c":
        ("", "-Wno-analyzer-use-of-uninitialized-value"),
    "hein/tool/tool-exec.c": ("-clang-analyzer-deadcode.DeadStores", ""),
    "hein/tool/tool-request.c": ("-clang-analyzer-core.NullDereference",
                                 "-Wno-analyzer-null-dereference"),
    "plugins/protocols/zmtp/hein-zmtp.c": ("-bugprone-macro-parentheses", ""),
    "plugins/protocols/zmtp/zmtp-message.c":
        ("-clang-analyzer-deadcode.DeadStores", ""),
    "plugins/transports/udp-multicast/socket/mc-links.c":
        ("", "-Wno-analyzer-use-of-uninitialized-value"),
    "plugins/transports/udp-multicast/multisock/multisock-json.c":
        ("-clang-analyzer-core.NullDereference", ""),
    "plugins/transports/udp-multicast/udp-multicast-options.c":
        ("", "-Wno-analyzer-null-dereference"),
}
# with the usual bound of 225,000 it takes minutes for hein-json.c, and finds
# nothing more
TIDY = ["clang-tidy", "--quiet",
        *(f"--extra-arg={a}" for a in ("-Xclang", "-analyzer-config", "-Xclang",
                                       "max-nodes=20000"))]


def find_commands(build, parts):
    """Each source once, though several libraries are built of it."""
    found = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        path = (build / entry["file"]).resolve()
        shown = str(path.relative_to(SOURCE)) if path.is_relative_to(SOURCE) else ""
        if shown.startswith(tuple(f + "/" for f in FOLDERS)) and path.suffix == ".c" \
                and all(p in shown for p in parts):
            found.setdefault(shown, entry)
    return sorted(found.items())


def analyze(build, shown, entry):
    words, arguments = iter(shlex.split(entry["command"])), []
    for word in words:
        if word in ("-MQ", "-MF", "-o", "-c"):
            next(words)
        elif word != "-MD" and not word.startswith(("-O", "-fsanitize")) and "ccache" not in word:
            arguments.append(word)
    compiler, *flags = arguments
    known = KNOWN.get(shown, ("", ""))[1].split()
    return subprocess.run([compiler, *flags, *ANALYZER, *known, "-c", entry["file"], "-o", os.devnull],
                          cwd=build, capture_output=True, text=True, check=False)


def tidy(build, shown, entry):
    known = KNOWN.get(shown, ("", ""))[0]
    return subprocess.run([*TIDY, f"--checks={known}", "-p", build, (build / entry["file"]).resolve()],
                          cwd=build, capture_output=True, text=True, check=False)


def look(task):
    build, shown, entry, tool = task
    result = tool(build, shown, entry)
    return shown, tool.__name__, result.returncode == 0, result.stdout + result.stderr


def main():
    build, parts = Path(sys.argv[1]).resolve(), sys.argv[2:]
    tasks = [(build, shown, entry, tool) for shown, entry in find_commands(build, parts)
             for tool in (tidy, analyze)]
    failed = 0
    print(f"1..{len(tasks)}")
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for shown, tool, is_good, text in pool.map(look, tasks):
            failed += not is_good
            print(f"{'ok' if is_good else 'not ok'} - {tool} {shown}", flush=True)
            if not is_good:
                print("".join(f"# {line}\n" for line in text.splitlines()), end="")
    print(f"{len(tasks) - failed} passed, {failed} failed")
    return bool(failed)


sys.exit(main())
