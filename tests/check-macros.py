#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""No macro that may evaluate its argument more than once is given one that
does something: what GUINT64_TO_BE (n++) adds depends on processor and
optimization, and MIN (due, tick ()) ticks twice. And no thread-local variable has
a model of its own: HEIN_THREAD_LOCAL knows which C libraries would refuse to load
it. TAP.

usage: check-macros.py SOURCE
"""
import re
import sys
from pathlib import Path

FOLDERS = ("hein", "plugins", "examples", "tests")
MACRO = re.compile(r"(?<!define )\b(MIN|MAX|CLAMP|ABS"
                   r"|G(?:U?INT(?:16|32|64)?|U?LONG|S?SIZE)_(?:TO|FROM)_[BL]E"
                   r"|GUINT(?:16|32|64)_SWAP_[BLP]E_[BLP]E|G_APPROX_VALUE) ?\(")
CHANGE = re.compile(r"\+\+|--|[^=!<>]=[^=]")
# the verbs of functions that are not asked, but told
DEED = re.compile(r"(?:^|_)(?:tick|forget|pop|steal|take|flush|read|write|send|remove"
                  r"|insert|rand|random|choose|consume)(?:_\w+)? \(")


def get_arguments(text, start):
    """What stands between the bracket before start and its partner."""
    depth, end = 1, start
    while depth > 0:
        depth += {"(": 1, ")": -1}.get(text[end], 0)
        end += 1
    return text[start:end - 1]


def find_faults(text):
    for match in MACRO.finditer(text):
        arguments = get_arguments(text, match.end())
        words = [arguments[m.start():] for m in re.finditer(r"\b\w+ \(", arguments)]
        if CHANGE.search(arguments) or any(DEED.search(w.split("(")[0] + "(") for w in words):
            yield text.count("\n", 0, match.start()) + 1, match.group(1), arguments


def check_itself():
    bad = ("GUINT64_TO_BE (low + self->serial++)", "MIN (due_us, mc_member_tick (a, b))",
           "MAX (a, b = c)", "CLAMP (forget_silent (self), 0, 1)")
    good = ("GUINT64_TO_BE (low)", "MIN (a, get_due (b))", "MAX (a == b, c)", "i++, MIN (a, b)")
    return all(any(find_faults(t)) for t in bad) and not any(any(find_faults(t)) for t in good)


source = Path(sys.argv[1])
failed = 0
files = [f for folder in FOLDERS for f in sorted((source / folder).rglob("*.[ch]"))]
print("1..3")
print(f"{'ok' if check_itself() else 'not ok'} 1 - the check knows good from bad")
failed += not check_itself()
faults = [(path, *fault) for path in files for fault in find_faults(path.read_text())]
print(f"{'not ok' if faults else 'ok'} 2 - {len(files)} files")
for path, line, macro, arguments in faults:
    print(f"# {path.relative_to(source)}:{line}: {macro} may evaluate this twice: {arguments}")
models = [path for path in files
          if "tls_model" in path.read_text() and path.name != "hein-thread.h"]
print(f"{'not ok' if models else 'ok'} 3 - thread-local variables")
for path in models:
    print(f"# {path.relative_to(source)} says tls_model itself")
sys.exit(bool(failed or faults or models))
