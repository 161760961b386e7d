#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What somebody meets who types something wrong, or starts `hein` in a strange
way; and that help, man page and completion name the same options. TAP."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import tap
from tool_test import ANY, LIMIT_S, TOOL, Running, has, run, same

SOURCE = Path(__file__).resolve().parent.parent
COMMANDS = ("receive", "send", "request", "get", "serve", "bridge", "record", "replay", "spool", "ps",
            "peers", "top", "ping", "stats", "log", "inspect", "bench", "keygen", "pair", "doctor", "check-plugin", "new-plugin",
            "simulate")
THERE = ["--dial", "tcp://127.0.0.1:1"]
IN_C = {**os.environ, "LC_ALL": "C", "LANGUAGE": ""}
NO_UTF8 = b"\xff\xfe"


# ---- options in three places ----


def options_of_help(command):
    """Long to short ("" where there is none)."""
    status, out, errors = run(command, "--help")
    same((status, errors), (0, ""))
    found = re.findall(r"^  (?:-(\w), )?--([\w-]+)", out.decode(), re.M)
    return {f"--{name}": f"-{letter}" if letter else "" for letter, name in found}


def options_of_man(command):
    text = (SOURCE / "data/hein.1.in").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^\.SH (.+?)\n(.*?)(?=^\.SH |\Z)", text, re.M | re.S))
    shown = sections[f"HEIN {command.upper()}"]
    if command in ("receive", "send", "request", "serve", "bridge", "record", "replay"):
        shown += sections["OPTIONS OF RECEIVE, SEND, REQUEST, SERVE, BRIDGE, RECORD AND REPLAY"]
    found = {}
    for line in re.findall(r"^\.TP\n\.BR? (\\-.*)$", shown, re.M):
        line = re.sub(r"\\f[IRB]\w+|\\fR|[\",]", " ", line).replace("\\-", "-")
        words = re.findall(r"--?[a-zA-Z][\w-]*", line)
        letter = next((word for word in words if not word.startswith("--")), "")
        found.update({word: letter for word in words if word.startswith("--")})
    return found


def complete(*words):
    """What bash offers for the last of them."""
    script = (
        f"source {SOURCE}/data/completions/hein\n"
        "compopt() { :; }\n"
        f"hein() {{ {TOOL} \"$@\"; }}\n"
        "COMP_WORDS=(hein \"$@\")\n"
        "COMP_CWORD=$#\n"
        "_hein\n"
        "printf '%s\\n' \"${COMPREPLY[@]}\"\n")
    done = subprocess.run(["bash", "-c", script, "bash", *words], check=True,
                          capture_output=True, timeout=LIMIT_S, text=True)
    same(done.stderr, "")
    return [word for word in done.stdout.split("\n") if word]


def test_options_agree():
    for command in COMMANDS:
        wanted = options_of_help(command)
        assert len(wanted) > 1, f"{command} --help lists no option"
        shown = options_of_man(command)
        del wanted["--help"]
        same((command, shown), (command, wanted))
        same((command, sorted(complete(command, "--"))),
             (command, sorted([*wanted, "--help"])))


def test_commands_agree():
    _, out, _ = run("--help")
    listed = re.findall(r"^  ([\w-]+)   ", out.decode(), re.M)
    same(listed, list(COMMANDS))
    same(sorted(complete("")), sorted([*COMMANDS, "help", "--help", "--version"]))
    same(sorted(complete("help", "")), sorted(COMMANDS))
    man = (SOURCE / "data/hein.1.in").read_text(encoding="utf-8")
    synopsis = man[man.index(".SH SYNOPSIS"):man.index(".SH DESCRIPTION")]
    synopsis = synopsis.replace("\\-", "-")
    same(re.findall(r"^\.B hein ([\w-]+)$", synopsis, re.M), listed)
    same(re.findall(r"^\.SH HEIN ([\w-]+)$", man, re.M),
         [command.upper() for command in listed])


def test_completion_knows_values():
    """An option that takes a value is not followed by options; one that takes
    none is. So it is with the short ones."""
    for command in COMMANDS:
        out = run(command, "--help")[1].decode()
        for letter, name, takes in re.findall(
                r"^  (?:-(\w), )?--([\w-]+)(=?)", out, re.M):
            for option in [f"--{name}"] + ([f"-{letter}"] if letter else []):
                if name == "help":
                    continue
                offered = complete(command, option, "")
                is_options = any(word.startswith("--") for word in offered)
                is_plugins = (command, takes) == ("inspect", "")
                is_uri = command == "doctor" and not takes
                # a plugin, or a kind of plugins, is all that is left to say
                is_plugins = is_plugins or (
                    command in ("check-plugin", "new-plugin") and not takes)
                is_file = command in ("keygen", "replay", "simulate", "spool") and \
                    not takes or (command, name) in (
                        ("pair", "identity"), ("pair", "peers"), ("simulate", "picture"))
                if not (is_plugins or is_uri or is_file):
                    same((command, option, is_options), (command, option, not takes))


def test_completion_of_plugins():
    same(complete("send", "--strategy", "round"), ["round-robin"])
    same(complete("send", "-s", "round"), ["round-robin"])
    same(complete("inspect", "tc"), ["tcp"])
    same(sorted(complete("receive", "--format", "")),
         ["hex", "json", "raw", "text"])
    same(sorted(complete("receive", "-f", "")), ["hex", "json", "raw", "text"])
    same(complete("receive", "--format", "=", "js"), ["json"])
    same(complete("receive", "--format", "=")[0], "text")


# ---- what was meant ----


def test_suggestions():
    for word, meant in (("recieve", "receive"), ("RECV", "receive"),
                        ("sub", "receive"), ("snd", "send"), ("pub", "send"),
                        ("list", "inspect"), ("docter", "doctor"),
                        ("key", "keygen"), ("bnech", "bench"),
                        ("hepl", "help"), ("--hepl", "--help"),
                        ("version", "--version"), ("--versoin", "--version")):
        status, out, errors = run(word)
        same((word, status, out), (word, 2, b""))
        kind = "option" if word.startswith("-") else "command"
        has(errors, f"there is no {kind} '{word}': did you mean '{meant}'?",
            "'hein --help'")


def test_help_of_commands():
    same(run("help"), run("--help"))
    same(run("help", "help"), run("--help"))
    for command in COMMANDS:
        same(run("help", command), run(command, "--help"))
    for words, text in ((("recieve",), "did you mean 'receive'?"),
                        (("send", "receive"), "one command, not 2")):
        status, out, errors = run("help", *words)
        same((words, status, out), (words, 2, b""))
        has(errors, text)


def test_examples_are_quoted():
    """What a shell would take for a pattern, or for the end of a command."""
    for command in COMMANDS:
        said = run(command, "--help")[1].decode()
        examples = re.findall(r"^  hein .*", said.partition("\nExamples:")[2], re.M)
        assert examples, f"{command} --help has no example"
        for line in examples:
            bare = re.sub(r"'[^']*'", "", line).replace(" && ", " ")
            assert not re.search(r"[?*&]", bare), line


def test_version():
    status, out, errors = run("-V")
    same((status, errors), (0, ""))
    same(run("--version"), (status, out, errors))


def test_no_suggestion():
    """Who is far from every command gets the list of them."""
    for words in ([], ["frobnicate"], [""], ["x"], ["r" * 500], ["ü"]):
        status, out, errors = run(*words)
        same((words, status, out), (words, 2, b""))
        assert "did you mean" not in errors, errors
        has(errors, *(f"  {command} " for command in COMMANDS))


def test_suggested_options():
    for command, option, meant in (
            ("receive", "--lisen", "--listen"), ("receive", "--bind", "--listen"),
            ("send", "--connect", "--dial"), ("send", "--dail=x", "--dial"),
            ("send", "--wait", "--wait-peers"), ("doctor", "--jsn", "--json"),
            ("bench", "--second", "--seconds"), ("keygen", "--rng", "--ring"),
            ("inspect", "--hlp", "--help")):
        status, out, errors = run(command, option)
        same((option, status, out), (option, 2, b""))
        has(errors, option.split("=")[0], f"did you mean {meant}?",
            f"'hein {command} --help'")
    status, _, errors = run("receive", "--frobnicate", *THERE)
    same(status, 2)
    assert "did you mean" not in errors, errors


def test_numbers():
    wrong = {
        "receive": [("--count", ("-1", "0", "1.5", "", "many", "ü", "1e3",
                                 "9223372036854775808", "-9223372036854775809")),
                    ("--timeout", ("-1", "nan", "inf", "1e400", "", "soon", "ü"))],
        "send": [("--wait-peers", ("-1", "1.5", "", "all", "2147483648")),
                 ("--repeat", ("-1", "-2147483648", "", "2147483648", "ü")),
                 ("--interval", ("-0.1", "nan", "-inf", "1e400", "", "ü")),
                 ("--timeout", ("-1", "nan", "2147485"))],
        "bench": [("--seconds", ("-1", "0", "nan", "61", "", "ü"))],
    }
    for command, options in wrong.items():
        there = [] if command == "bench" else THERE
        text = ["text"] if command == "send" else []
        for option, values in options:
            for value in values:
                status, out, errors = run(command, *there, f"{option}={value}",
                                          *text, env=IN_C)
                same((option, value, status, out), (option, value, 2, b""))
                has(errors, option, f"'hein {command} --help'")


def test_missing_values():
    for command in COMMANDS:
        out = run(command, "--help")[1].decode()
        for name in re.findall(r"--([\w-]+)=", out):
            status, out_, errors = run(command, f"--{name}")
            same((command, name, status, out_), (command, name, 2, b""))
            has(errors, f"--{name}")


# ---- addresses ----


def test_transport_is_missing():
    for uri in ("localhost:7000", "127.0.0.1:7000", "example.org:7000?a=b"):
        for args in (["receive", "--listen", uri], ["send", "--dial", uri, "x"]):
            status, out, errors = run(*args)
            assert status in (1, 2), status
            same(out, b"")
            has(errors, f"a transport is missing, write tcp://{uri}")
        status, out, errors = run("doctor", uri)
        assert status in (1, 2), status
        has(out.decode() + errors, f"write tcp://{uri}")


def test_transport_is_mistyped():
    status, _, errors = run("receive", "--listen", "tpc://localhost:7000")
    same(status, 1)
    has(errors, "no transport is called 'tpc' (did you mean 'tcp'?); found are: ",
        "tcp", "unix")
    status, _, errors = run("receive", "--listen", "tcp://127.0.0.1:0?lignre=3")
    same(status, 2)
    has(errors, 'there is no option "lignre" (did you mean "linger"?); known ones')
    status, _, errors = run("inspect", "tpc")
    same(status, 1)
    has(errors, "no plugin is called 'tpc' (did you mean 'tcp'?)")
    status, _, errors = run("send", "--dial", "zmtp://localhost:7000", "x")
    same(status, 1)
    has(errors, "'zmtp' is a protocol, write tcp+zmtp://")


def test_who_waits_is_told():
    """A wrong port is told without --verbose and --timeout, and once."""
    for args in (["receive"], ["send", "text"]):
        with Running(*args, *THERE) as waiting:
            waiting.wait_error("hein: nobody is there yet")
            has(waiting.wait_error("hein: "), "tcp://127.0.0.1:1", "refused")
            waiting.interrupt()
            status, out, errors = waiting.end()
            same((out, errors.count("nobody is there yet")), (b"", 0))


def test_missing_file():
    """It is told before anybody is waited for."""
    with tempfile.TemporaryDirectory() as folder:
        for path, text in ((folder + "/none", "No such file"),
                           (folder, "Is a directory")):
            status, out, errors = run("send", *THERE, "--file", path, env=IN_C)
            same((status, out), (1, b""))
            has(errors, path, text)


# ---- strange starts ----


def start_closed(which, *args):
    """With these of the descriptors 0 to 2 closed."""
    redirections = " ".join(f"{number}>&-" for number in which)
    return subprocess.run(
        ["sh", "-c", f'exec "$@" {redirections}', "sh", TOOL, *args],
        stdin=subprocess.DEVNULL, capture_output=True, timeout=LIMIT_S,
        check=False)


def test_closed_descriptors():
    """What is for them never goes to a socket, and nothing hangs."""
    for which in ((0,), (1,), (2,), (0, 1), (0, 2), (1, 2), (0, 1, 2)):
        done = start_closed(which, "receive", "--listen", ANY, "--timeout", "0.1")
        same((which, done.returncode), (which, 3))
        same((which, done.stderr == b""), (which, 2 in which))
        done = start_closed(which, "inspect", "--json")
        same((which, done.returncode), (which, 1 if 1 in which else 0))
        if 1 not in which:
            json.loads(done.stdout)
        with Running("receive", "--listen", ANY, "--count", "1", "--format",
                     "raw") as receiver:
            done = start_closed(which, "send", "--json", "--dial", receiver.uri(),
                                "text")
            same((which, done.returncode), (which, 1 if 1 in which else 0))
            same(receiver.end()[:2], (0, b"text"))
    done = start_closed((0,), "send", "--listen", ANY, "--wait-peers", "0", "-")
    same((done.returncode, done.stdout), (1, b""))


def start_ignoring(signals, *args):
    def ignore():
        for number in signals:
            signal.signal(number, signal.SIG_IGN)
    return subprocess.Popen([TOOL, *args], stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            preexec_fn=ignore)


def test_ignored_signals():
    """Who was started by nohup, or in the background, goes on."""
    ignored = (signal.SIGINT, signal.SIGHUP)
    process = start_ignoring(ignored, "receive", "--listen", ANY, "--count", "1")
    try:
        line = process.stderr.readline().decode()
        has(line, "listening on ")
        for number in ignored:
            process.send_signal(number)
        same(run("send", "--name", "a", "--dial", line.split()[-1], "text")[0], 0)
        out, _ = process.communicate(timeout=LIMIT_S)
        same((process.returncode, out), (0, b"a\t\ttext\n"))
    finally:
        process.kill()
        process.wait()
    process = start_ignoring(ignored, "receive", "--listen", ANY)
    try:
        process.stderr.readline()
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=LIMIT_S)
        same(process.returncode, 0)
    finally:
        process.kill()
        process.wait()


def test_broken_pipe():
    """A reader that goes has seen enough, with SIGPIPE ignored or not."""
    for number in (signal.SIG_IGN, signal.SIG_DFL):
        reader, writer = os.pipe()
        os.close(reader)
        with open(writer, "wb") as gone:
            done = subprocess.run(
                [TOOL, "inspect", "tcp"], stdout=gone, stderr=subprocess.PIPE,
                stdin=subprocess.DEVNULL, timeout=LIMIT_S, check=False,
                preexec_fn=lambda: signal.signal(signal.SIGPIPE, number))
        same((done.returncode, done.stderr), (0, b""))


# ---- text in the locale C ----


def test_text_in_c():
    """Text is UTF-8, whatever the locale says."""
    with Running("receive", "--listen", ANY, "--count", "3", "--name", "ö",
                 "--topic", "ü") as receiver:
        uri = receiver.uri()
        for extra in (["--to", "ö"], ["--strategy", "by-name", "--key", "ö"], []):
            status, _, errors = run("send", "--dial", uri, "--name", "ä",
                                    "--topic", "ü", *extra, "grün", env=IN_C)
            same((extra, status, errors), (extra, 0, ""))
        same(receiver.end()[1], "ä\tü\tgrün\n".encode() * 3)


def test_output_in_c():
    with subprocess.Popen([TOOL, "receive", "--listen", ANY, "--count", "1",
                           "--name", "ö"], env=IN_C, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        line = process.stderr.readline().decode()
        same(run("send", "--dial", line.split()[-1], "--name", "ä", "--topic",
                 "ü", "grün")[0], 0)
        same(process.communicate(timeout=LIMIT_S)[0], "ä\tü\tgrün\n".encode())


def test_no_utf8():
    """What must be text and is none is refused by the name of its option."""
    send = ["send", *THERE, "text"]
    for args in (["receive", "--listen", NO_UTF8], ["receive", "--dial", NO_UTF8],
                 ["receive", *THERE, "--name", NO_UTF8],
                 ["receive", *THERE, "--topic", NO_UTF8],
                 ["receive", *THERE, "--format", NO_UTF8],
                 [*send, "--topic", NO_UTF8], [*send, "--type", NO_UTF8],
                 [*send, "--to", NO_UTF8], [*send, "--strategy", NO_UTF8],
                 [*send, "--strategy", "by-name", "--key", NO_UTF8]):
        for env in (IN_C, None):
            status, out, errors = run(*args, env=env)
            same((args, status, out), (args, 2, b""))
            has(errors, args[-2])
    for args, wanted in (([NO_UTF8], 2), (["inspect", NO_UTF8], 1),
                         (["doctor", NO_UTF8], 2), ([b"--" + NO_UTF8], 2)):
        status, out, errors = run(*args, env=IN_C)
        same((args, status, out), (args, wanted, b""))
        assert re.search(r"hein: .*(\\xff|\\377)", errors), errors


if __name__ == "__main__":
    sys.exit(tap.run_functions(dict(globals())))
