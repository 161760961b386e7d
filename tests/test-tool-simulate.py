#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""`hein simulate`: the seeds of a program, what it shows of it, and programs that are
none. TAP.

usage: test-tool-simulate.py PROGRAM
"""

import os
import re
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree

import tap
from tool_test import has, run, same

PROGRAM = sys.argv.pop(1)  # what is left names tests
SVG = "{http://www.w3.org/2000/svg}"


def simulate(*args, env=None):
    status, out, errors = run("simulate", *args, env=env)
    return status, out.decode(), errors


def events(out):
    """Time, place and text of each line behind the first one."""
    lines = [re.fullmatch(r" *(\d+\.\d{6})  (\S*) +(.*)", line)
             for line in out.splitlines() if not line.startswith(("seed", "the last"))]
    return [(float(line[1]), line[2], line[3]) for line in lines]


def test_timeline():
    status, out, errors = simulate("--seed", "5", "--trace", PROGRAM, "story")
    same((status, errors), (0, ""))
    same(out.splitlines()[0], "seed 5")
    told = events(out)
    same(sorted(time for time, _, _ in told), [time for time, _, _ in told])
    texts = [(place, text) for _, place, text in told]
    wanted = [("hub", "listens on port 5555"), ("roof", "dials hub:5555"),
              ("hub", "meets sensor"), ("roof/sensor", 'sends "temperature", 4 bytes'),
              ("hub", 'gets "temperature", 4 bytes, from sensor'),
              ("hub", "is parted from roof"), ("roof/sensor", 'sends "late", 4 bytes'),
              ("hub", "is paused"), ("", "all ways are open"), ("hub", "goes on"),
              ("hub", 'gets "late", 4 bytes, from sensor'), ("", "the clock steps by 5000 us"),
              ("hub", "has crashed"), ("roof/sensor", 'sends "lost", 4 bytes')]
    for line in wanted:
        assert line in texts, (line, out)
    order = [texts.index(line) for line in wanted if line[1] != "meets sensor"]
    same(order, sorted(order))
    assert ("hub", 'gets "lost", 4 bytes, from sensor') not in texts
    assert "> hub" not in out, "bytes are shown with --bytes"


def test_same_again():
    first, again, other = (simulate("--seed", seed, "-t", "-b", PROGRAM, "story")[1]
                           for seed in ("5", "5", "6"))
    same(first, again)
    assert first.partition("\n")[2] != other.partition("\n")[2]
    assert re.search(r"roof +> hub \d+ bytes\n", first), first


def test_tracing_changes_nothing():
    """A filter that looks on draws nothing, and sends nothing."""
    with tempfile.TemporaryDirectory() as folder:
        file = f"{folder}/trace"
        env = {**os.environ, "HEIN_SIMULATION_TRACE": file, "HEIN_SIMULATION_SEED": "5"}
        same(os.spawnve(os.P_WAIT, PROGRAM, [PROGRAM, "story"], env), 0)
        lines = Path(file).read_text(encoding="ascii").splitlines()
        has(lines[0], '"kind":"simulation","seed":5,"is-own":false')
        has(lines[-1], '"kind":"over"')
        same(Path(file).stat().st_mode & 0o077, 0)


def test_seeds():
    status, out, errors = simulate("--seeds", "3-20", "--trace", PROGRAM, "fail-with-7")
    same(status, 1)
    same(errors, f"hein: {PROGRAM} ended with status 3 with seed 7\n")
    same(out.splitlines()[0], "seed 7")
    status, out, errors = simulate("--seeds", "1-6", PROGRAM, "fail-with-7")
    same((status, out), (0, ""))
    has(errors, "held with all seeds from 1 to 6")
    same(simulate("--seed", "7", PROGRAM, "fail-with-7")[0], 1)


def test_own_seed():
    status, out, errors = simulate("--seed", "5", PROGRAM, "story", "9")
    same(status, 1)
    has(errors, "gives its simulation the seed 9 itself")
    same(simulate("--seeds", "1-9", PROGRAM, "story", "9")[0], 1)
    status, out, errors = simulate("--trace", PROGRAM, "story", "9")
    same((status, errors, out.splitlines()[0]), (0, "", "seed 9"))


def test_last_one():
    status, out, _ = simulate("-t", PROGRAM, "twice")
    same((status, out.splitlines()[:2]), (0, ["seed 1", "the last of 2 simulations"]))
    has(out, "roof/sensor")
    assert "cellar" not in out


def test_killed():
    """What happened until then is there."""
    status, out, errors = simulate("-t", PROGRAM, "abort")
    same(status, 1)
    has(errors, "was killed by signal 6, Aborted with seed 1")
    has(out, "meets sensor")


def test_no_program():
    for words, said in ((["/nothing/there"], "No such file"), (["/etc/passwd"], "Permission"),
                        ([PROGRAM, "nothing"], "has made no simulation"),
                        (["false"], "ended with status 1"), (["false"], "no simulation")):
        status, out, errors = simulate("-t", *words)
        same((words, status, out), (words, 1, ""))
        has(errors, said)


def test_usage():
    for args, said in (([], "program to run is missing"),
                       (["--seed", "0", PROGRAM], "--seed takes"),
                       (["--seed", "x", PROGRAM], "--seed takes"),
                       (["--seeds", "5", PROGRAM], "--seeds takes"),
                       (["--seeds", "5-4", PROGRAM], "--seeds takes"),
                       (["--seeds", "1-99999999999999999999", PROGRAM], "--seeds takes"),
                       (["--seed", "1", "--seeds", "1-2", PROGRAM], "exclude each other"),
                       (["--bytes", PROGRAM], "belongs to --trace")):
        status, out, errors = simulate(*args)
        same((args, status, out), (args, 2, ""))
        has(errors, said)


def test_words_of_the_program():
    """Options behind it are its own."""
    for words in (["sh", "-c", "exit 4", "--trace"], ["--", "sh", "-c", "exit 4"],
                  ["sh", "-c", 'test "$1" = -- && exit 4', "x", "--"]):
        has(simulate(*words)[2], "sh ended with status 4")


def draw(*args):
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "story.svg")
        status, out, errors = simulate("--picture", file, PROGRAM, *args)
        same((status, out, errors), (0, "", ""))
        return ElementTree.parse(file).getroot()


def texts(picture):
    return [text.text for text in picture.iter(f"{SVG}text")]


def test_picture():
    picture = draw("story")
    shown = texts(picture)
    for wanted in ("hub", "roof", "sensor", "temperature", "late", "lost", "parted",
                   "has crashed", "is paused"):
        assert wanted in shown, (wanted, shown)
    same(len([line for line in picture.iter(f"{SVG}line")
              if line.get("class") == "message"]), 2)
    same(len([line for line in picture.iter(f"{SVG}line")
              if line.get("class") == "lost"]), 1)
    for line in picture.iter(f"{SVG}line"):
        if line.get("class") == "message":  # later is lower
            assert float(line.get("y2")) > float(line.get("y1"))
    has([rect.get("class") for rect in picture.iter(f"{SVG}rect")], "pause")


def test_picture_of_many():
    shown = texts(draw("many"))
    has(shown[0], "without the ")
    assert 140 < shown.count("many") <= 150, shown  # of 400


def test_hostile():
    """Nothing that a test is given controls a terminal, or is markup."""
    status, out, _ = simulate("-t", "-b", PROGRAM, "hostile")
    same(status, 0)
    assert "\033" not in out and "\a" not in out, repr(out)
    has(out, "\\x1b[2Jr<o>of/sensor", "<&>")
    shown = texts(draw("hostile"))
    assert any("<&>" in text for text in shown), shown
    assert any("r<o>of" in text for text in shown), shown


def test_strange_trace():
    """Whatever is in the file: what can be read is shown."""
    kinds = ("send", "receive", "partition", "dial", "cut", "crash", "close", "restart",
             "pause", "resume", "heal", "peer-added", "unknown")
    members = ("", ',"bus":"a"', ',"host":"a"', ',"host":"a","bus":"b"',
               ',"other-host":"b"', ',"host":"a","other-host":"b","other-bus":"c"',
               ',"bus":7,"size":-1,"time-us":99999999999999999999', ',"topic":"\\ud800"')
    lines = ["{", "7", "[]", '{"kind":7}', '{"time-us":1}', '{"kind":"send"',
             *(f'{{"kind":"{kind}"{more}}}' for kind in kinds for more in members)]
    with tempfile.TemporaryDirectory() as folder:
        file, picture = Path(folder, "lines"), Path(folder, "picture.svg")
        file.write_text('{"kind":"simulation","seed":1}\n' + "\n".join(lines),
                        encoding="ascii")
        status, out, errors = simulate("-t", "-b", "-p", picture, "sh", "-c",
                                       f"cat {file} > $HEIN_SIMULATION_TRACE")
        same((status, errors), (0, ""))
        has(out, "seed 1\n")
        ElementTree.parse(picture)
        status, _, errors = simulate("-t", "sh", "-c", "head -c 9999 /dev/urandom > "
                                     "$HEIN_SIMULATION_TRACE")
        same(status, 1)
        has(errors, "has made no simulation")


def test_bad_file():
    status, _, errors = simulate("-p", "/nothing/there.svg", PROGRAM, "story")
    same(status, 1)
    has(errors, "/nothing/there.svg")


sys.exit(tap.run_functions(globals()))
