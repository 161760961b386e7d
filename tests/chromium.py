# SPDX-License-Identifier: LGPL-2.1-or-later
"""A real Chromium without a window, as the tests drive it: over two pipes, by the
DevTools protocol."""

import base64
import json
import os
import shutil
import subprocess
import tempfile

import gi

gi.require_version("GdkPixbuf", "2.0")
from gi.repository import GdkPixbuf

import tap

LIMIT_S = 60
# what the environment of tests says to programs that have no faults
FOR_HEIN = ("G_DEBUG", "MALLOC_PERTURB_")


class Picture:
    """The pixels of a page."""

    def __init__(self, png):
        loader = GdkPixbuf.PixbufLoader.new_with_type("png")
        loader.write(png)
        loader.close()
        self.pixbuf = loader.get_pixbuf()
        self.pixels = self.pixbuf.get_pixels()

    def at(self, x, y):
        """Red, green and blue."""
        start = round(y) * self.pixbuf.get_rowstride() \
            + round(x) * self.pixbuf.get_n_channels()
        return tuple(self.pixels[start:start + 3])


class Page:
    def __init__(self, browser, target):
        self.browser, self.target = browser, target
        self.session = browser.call("Target.attachToTarget", targetId=target,
                                    flatten=True)["sessionId"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.browser.call("Target.closeTarget", targetId=self.target)

    def call(self, method, **parameters):
        return self.browser.call(method, self.session, **parameters)

    def run(self, script):
        """The value of an expression of JavaScript; a promise is awaited."""
        said = self.call("Runtime.evaluate", expression=script, returnByValue=True,
                         awaitPromise=True)
        assert "exceptionDetails" not in said, (script, said)
        return said["result"].get("value")

    def wait_for(self, script):
        """Until the expression is true."""
        done = self.run(f"""new Promise(resolve => {{
            const end = performance.now () + {LIMIT_S * 1000};
            const look = () => ({script}) ? resolve(true)
              : performance.now() < end ? setTimeout(look, 10) : resolve(false);
            look();
        }})""")
        assert done, (script, self.run("document.body?.innerText"), self.browser.faults)

    def draw(self):
        return Picture(base64.b64decode(
            self.call("Page.captureScreenshot", format="png")["data"]))

    def set_theme(self, name):
        """light or dark"""
        self.call("Emulation.setEmulatedMedia",
                  features=[{"name": "prefers-color-scheme", "value": name}])


class Chromium:
    """Its pages are opened one by one. What goes wrong in their scripts is kept."""

    def __init__(self, *options):
        program = shutil.which("chromium")
        if program is None:
            raise tap.Skip("there is no chromium (make deps-browser)")
        self.folder = tempfile.TemporaryDirectory(prefix="hein-chromium-",
                                                  ignore_cleanup_errors=True)
        self.faults = []
        self.n_calls = 0
        commands, self.commands = os.pipe()
        said, answers = os.pipe()

        def hand_over():
            """It reads 3 and writes 4. Descriptors count upwards: the one that has to
            be kept is never the lower one."""
            for number, descriptor in ((3, commands), (4, answers)):
                os.dup2(descriptor, number)
                os.set_inheritable(number, True)

        # without a sandbox, which root has not: the pages are those of tests
        self.process = subprocess.Popen(
            [program, "--headless", "--no-sandbox", "--remote-debugging-pipe",
             f"--user-data-dir={self.folder.name}", "--no-first-run", "--disable-gpu",
             "--hide-scrollbars", "--window-size=1000,760", *options],
            env={name: value for name, value in os.environ.items()
                 if name not in FOR_HEIN},
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, preexec_fn=hand_over, close_fds=False)
        os.close(commands)
        os.close(answers)
        self.stream = os.fdopen(said, "rb")
        self.rest = b""

    def close(self):
        self.process.terminate()
        self.process.wait(LIMIT_S)
        os.close(self.commands)
        self.stream.close()
        self.folder.cleanup()

    def read(self):
        while b"\0" not in self.rest:
            more = self.stream.read1()
            assert more, "chromium has ended"
            self.rest += more
        text, _, self.rest = self.rest.partition(b"\0")
        return json.loads(text)

    def call(self, method, session=None, **parameters):
        self.n_calls += 1
        command = {"id": self.n_calls, "method": method, "params": parameters}
        if session is not None:
            command["sessionId"] = session
        os.write(self.commands, json.dumps(command).encode() + b"\0")
        while (said := self.read()).get("id") != self.n_calls:
            if said["method"] in ("Runtime.exceptionThrown", "Log.entryAdded"):
                self.faults.append(said["params"])
        assert "error" not in said, (command, said)
        return said["result"]

    def open(self, url):
        page = Page(self, self.call("Target.createTarget", url="about:blank")["targetId"])
        for domain in ("Runtime", "Log", "Page"):
            page.call(f"{domain}.enable")
        page.call("Page.navigate", url=url)
        page.wait_for("document.readyState === 'complete'")
        return page
