#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The greenhouse among the examples and its page, in a real Chromium: what it says, and
what is seen. TAP.

usage: test-browser.py EXAMPLES NODE-MODULES

MQTT.js is looked for in the folder that HEIN_TEST_NODE_MODULES names, if that is set, else
in NODE-MODULES.
"""
import contextlib
import os
import re
import sys
from pathlib import Path

import gi

import processes
import tap
from tool_test import Running, run, same

try:
    gi.require_version("GdkPixbuf", "2.0")
    from chromium import Chromium
except (ImportError, ValueError):
    Chromium = None

EXAMPLES = Path(sys.argv[1])
MODULES = Path(os.environ.get("HEIN_TEST_NODE_MODULES", sys.argv[2]))
LIVE = "part('link').textContent.startsWith('live')"
# the plot as it is drawn at this moment
PLOT = """(() => {
    const {left, top, width, height} = part('frame').getBoundingClientRect();
    const colour = (node, name) => getComputedStyle(node)[name].match(/\\d+/g).map(Number);
    return {left, top, width, height, air, target: Number(part('ask').value),
            curve: colour(part('curve'), 'stroke'), level: colour(part('level'), 'stroke'),
            back: colour(document.body, 'backgroundColor')};
})()"""


class Greenhouse(Running):
    def __init__(self, *ports):
        super().__init__(EXAMPLES / "browser/greenhouse.py", *(ports or "00"),
                         program=(sys.executable,), cwd=MODULES.parent)
        said = self.process.stdout.readline().decode()
        found = re.fullmatch(r"the page is (http://127\.0\.0\.1:(\d+)/) and its broker "
                             r"(ws://127\.0\.0\.1:(\d+)/mqtt)\n", said)
        assert found, said
        self.page, self.broker = found[1], found[3]
        self.ports = found[2], found[4]


def ask(page, degrees):
    page.run(f"part('ask').value = {degrees};"
             "part('ask').dispatchEvent(new Event('input'))")


def shows(degrees):
    return f"part('target').textContent === '{degrees} °C'"


def has_viewers(n):
    return f"part('link').textContent === 'live · {n} viewer{'s' if n > 1 else ''}'"


def is_like(colour, other):
    return max(abs(a - b) for a, b in zip(colour, other)) < 32


def look(plot, picture):
    """The curve and the level are where the values are, and nowhere else."""
    def height_of(degrees):
        return plot["top"] + (30 - degrees) / 20 * plot["height"]

    def has(x, y, colour):
        return any(is_like(picture.at(x + i, y + j), colour)
                   for i in (-1, 0, 1) for j in (-1, 0, 1))

    same(picture.at(2, 2), tuple(plot["back"]))
    step = plot["width"] / 239
    for i, degrees in enumerate(plot["air"], 240 - len(plot["air"])):
        x, y = plot["left"] + i * step - (i == 239), height_of(degrees)
        if abs(degrees - plot["target"]) > 1:
            assert has(x, y, plot["curve"]), (i, degrees, x, y)
            assert not has(x, y - 9, plot["curve"]), (i, degrees, x, y)
    row = range(round(plot["left"]), round(plot["left"] + plot["width"]))
    n_dashes = sum(has(x, height_of(plot["target"]), plot["level"]) for x in row)
    assert n_dashes > len(row) / 3, n_dashes
    assert not has(row[20], height_of(plot["target"]) - 9, plot["level"])


def check_page(browser):
    with Greenhouse() as greenhouse, browser.open(greenhouse.page) as page:
        page.wait_for(LIVE)
        ask(page, 24.5)
        page.wait_for(shows("24.5"))
        page.wait_for("part('heating').textContent === 'on'")
        page.wait_for("air.length > 12")
        processes.stop(greenhouse.process)
        seen = []
        for theme in ("light", "dark"):
            page.set_theme(theme)
            plot = page.run(PLOT)
            picture = page.draw()
            while plot["air"] != page.run("air"):  # the rest of what had been sent
                plot = page.run(PLOT)
                picture = page.draw()
            look(plot, picture)
            seen.append((plot["curve"], plot["level"], plot["back"]))
        assert all(a != b for a, b in zip(*seen)), seen
        same(page.run("part('air').textContent"), f"{plot['air'][-1]:.1f} °C")


def check_two_pages(browser):
    """What one asks for, the other is shown; who comes later sees what was."""
    with Greenhouse() as greenhouse, browser.open(greenhouse.page) as first:
        first.wait_for(f"{LIVE} && air.length > 3")
        ask(first, 13)
        first.wait_for("part('heating').textContent === 'off'")
        n_seen = first.run("air.length")
        with browser.open(greenhouse.page) as second:
            second.wait_for(f"{shows('13.0')} && air.length >= {n_seen}")
            same(second.run("part('heating').textContent"), "off")
            for page in (first, second):
                page.wait_for(has_viewers(2))
            ask(second, 21)
            first.wait_for(shows("21.0"))
        first.wait_for(has_viewers(1))


def check_programs(browser):
    """They are at the same broker; what is asked for has limits."""
    with Greenhouse() as greenhouse, browser.open(greenhouse.page) as page:
        page.wait_for(LIVE)
        uri = greenhouse.broker.replace("ws:", "ws+mqtt:")
        for asked, agreed in (("99", "28.0"), ("nan", "28.0"), ("2", "12.0"), ("x", "12.0")):
            with Running("receive", "--dial", uri, "--topic", "greenhouse/target", "--count",
                         "2") as receiver:  # the first one is what it was before
                page.wait_for(has_viewers(2))
                same(run("send", "--dial", uri, "--topic", "ask/target", asked)[0], 0)
                page.wait_for(shows(agreed))
                same(receiver.end()[1].decode().split()[-1], agreed)
            page.wait_for(has_viewers(1))


def check_strangers(browser):
    """A page that comes from elsewhere is not let in."""
    with Greenhouse() as greenhouse, Greenhouse() as other:
        for url, found in ((greenhouse.page, "open"), (other.page, "closed")):
            with browser.open(url) as page:
                same(page.run(f"""new Promise(resolve => {{
                    const socket = new WebSocket('{greenhouse.broker}', 'mqtt');
                    socket.onopen = () => resolve('open');
                    socket.onclose = () => resolve('closed');
                }})"""), found)
    told = [fault["entry"]["text"] for fault in browser.faults]
    browser.faults.clear()
    assert len(told) == 1 and "403" in told[0], told


def check_again(browser):
    """The page finds a greenhouse that was killed and is back."""
    with contextlib.ExitStack() as stack:
        with Greenhouse() as greenhouse:
            page = stack.enter_context(browser.open(greenhouse.page))
            page.wait_for(f"{LIVE} && air.length > 3")
        page.wait_for("part('link').textContent === 'not connected' && part('ask').disabled")
        stack.enter_context(Greenhouse(*greenhouse.ports))
        page.wait_for(f"{LIVE} && !part('ask').disabled && air.length > 2")
        ask(page, 15)
        page.wait_for(shows("15.0"))
    browser.faults[:] = [fault for fault in browser.faults
                         if "ERR_CONNECTION_REFUSED" not in str(fault)]


def check(function, browser):
    if not (MODULES / "mqtt").is_dir():
        raise tap.Skip(f"there is no MQTT.js in {MODULES} (make deps-browser)")
    if Chromium is None:
        raise tap.Skip("there is no gir1.2-gdkpixbuf-2.0")
    if not browser:
        browser.append(Chromium())
    function(browser[0])
    same(browser[0].faults, [])


def main():
    browser = []
    try:
        return tap.run([(function.__name__[6:].replace("_", "-"), check, function, browser)
                        for function in (check_page, check_two_pages, check_programs,
                                         check_strangers, check_again)])
    finally:
        for each in browser:
            each.close()


sys.exit(main())
