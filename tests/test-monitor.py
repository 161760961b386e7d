#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""hein-monitor shows real buses, and does what it is told, on a display that nobody
sees and with a session bus of its own. TAP.

usage: test-monitor.py PROGRAM [--keep FOLDER]

With --keep the pictures of the documentation are made anew, in the folder.
"""
import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import tap
from gtk_screen import GTK, LIMIT_S, screen

PROGRAM = sys.argv[1]
KEEP = Path(sys.argv[3]) if sys.argv[2:3] == ["--keep"] else None
SIZE = "1060x720"
WINDOW = 1040, 680  # of the picture
# the texts of the pictures look as they do on a desktop of GNOME, where it is there
SETTINGS = "[Settings]\ngtk-font-name=Cantarell 11\n"


def need_atspi():
    for program in ("dbus-daemon", "Xvfb"):
        if not shutil.which(program):
            raise tap.Skip(f"there is no {program}")
    if not Path("/usr/libexec/at-spi-bus-launcher").exists():
        raise tap.Skip("there is no at-spi2-core")


@contextlib.contextmanager
def session(env):
    """The address of a session bus; what it starts writes nowhere."""
    with subprocess.Popen(["dbus-daemon", "--session", "--nofork", "--print-address=1"],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          encoding="utf-8", env=env) as daemon:
        try:
            yield daemon.stdout.readline().strip()
        finally:
            daemon.terminate()


def run_inside():
    """This program once more, with a display, a session bus and folders of its own."""
    need_atspi()
    with tempfile.TemporaryDirectory() as folder, screen(SIZE, folder) as display:
        for name in ("run", "config", "data"):
            os.mkdir(f"{folder}/{name}", mode=0o700)
        os.mkdir(f"{folder}/config/gtk-4.0")
        Path(folder, "config/gtk-4.0/settings.ini").write_text(SETTINGS, encoding="utf-8")
        env = os.environ | GTK | {
            "DISPLAY": display, "GTK_A11Y": "atspi", "LC_ALL": "C.UTF-8",
            "ADW_DISABLE_PORTAL": "1", "GTK_USE_PORTAL": "0",
            "XDG_RUNTIME_DIR": f"{folder}/run", "XDG_CONFIG_HOME": f"{folder}/config",
            "XDG_DATA_HOME": f"{folder}/data", "MONITOR_SCREEN": f"{folder}/Xvfb_screen0"}
        # what GTK says about a desktop that is not there is no fault of the program
        for name in ("G_DEBUG", "HEIN_INSPECT"):
            env.pop(name, None)
        with session(env) as address:
            return subprocess.run(
                [sys.executable, *sys.argv], check=False,
                env=env | {"DBUS_SESSION_BUS_ADDRESS": address},
                stderr=None if "MONITOR_TALKS" in env else subprocess.DEVNULL).returncode


if "MONITOR_SCREEN" not in os.environ:
    try:
        sys.exit(run_inside())
    except tap.Skip as reason:
        print(f"1..0 # SKIP {reason}")
        sys.exit(0)

import gi

gi.require_version("GdkPixbuf", "2.0")
gi.require_version("Hein", "1")
from gi.repository import GdkPixbuf, GLib, Hein
from monitor_window import PATIENCE, Picture, Window, wait_for

GLib.set_prgname("printerd")


# ---- who is there ----

@contextlib.contextmanager
def running(*buses):
    for each in buses:
        each.start()
    try:
        yield
    finally:
        for each in buses:
            each.stop()


@contextlib.contextmanager
def printer(**properties):
    """A bus that can be looked into, and its address. Of its peers, spock takes what it
    gets, and kirk does nothing any more."""
    hub = Hein.Bus("printer", **{"inspectable": True, "silence_ms": 3600000} | properties)
    uri = hub.listen("tcp://127.0.0.1:0").bound_uri
    kirk, spock = Hein.Bus("kirk"), Hein.Bus("spock")
    spock.connect("message", lambda *_: None)
    spock.dial(uri)
    kirk.move_to_context(None)
    kirk.dial(uri)
    with running(hub, spock):
        def is_complete():
            kirk.turn(10)
            return len(hub.peers) == 2 and len(kirk.peers) == 1
        wait_for(is_complete, "kirk and spock")
        yield hub, uri
    kirk.close()
    kirk.turn(0)


def lose_messages(hub):
    """kirk's queue runs over."""
    def send_more():
        with contextlib.suppress(Hein.Error):  # the thread of the bus is behind
            for _ in range(20):
                hub.send("page", bytes(65536))
        return hub.get_n_dropped(Hein.DropReason.OVERFLOW) >= 100
    wait_for(send_more, "losses")


# ---- what somebody does ----

def attach(window, uri, name="monitor"):
    window.press("Attach to a Bus", "push button")
    window.write("Address, such as tcp://localhost:7000", uri)
    window.write("Name of the monitor", name)
    window.press("Attach", "push button")


def take_picture():
    return Picture(os.environ["MONITOR_SCREEN"])


def drawn(is_right, what="what should be drawn"):
    """A picture of which that is true, once there is one."""
    def look():
        picture = take_picture()
        return picture if is_right(picture) else None
    return wait_for(look, what)


def keep(picture, name):
    """For the documentation, without what lies beside the window."""
    if KEEP:
        picture.crop(*WINDOW)
        picture.write_png(KEEP / name)


def make_png(width, height):
    pixbuf = GdkPixbuf.Pixbuf.new(GdkPixbuf.Colorspace.RGB, False, 8, width, height)
    pixbuf.fill(0x26a269ff)
    return pixbuf.save_to_bufferv("png", [], [])[1]


# ---- tests ----

def test_nothing():
    """Somebody who starts it learns what to do."""
    with Window(PROGRAM) as window:
        window.find("No Bus to Look At")
        window.find("Attach to a Bus…", "push button")
        drawn(lambda picture: picture.count_colours() > 20)


def test_this_machine():
    """A bus of another program is there by itself, with its peers, and goes."""
    with Window(PROGRAM) as window:
        with printer(send_limit=262144) as (hub, uri):
            window.find("printer")
            window.find(f"printerd, process {os.getpid()}")
            window.choose("Buses", 0)
            window.find("kirk")
            window.find("spock")
            window.find("Messages Are Private")
            drawn(lambda picture: picture.count_red() == 0)
            lose_messages(hub)
            wait_for(lambda: window.look(f"{sum_lost(hub)} lost"), "what is lost")
            drawn(lambda picture: picture.count_red() > 20, "losses in red")


def test_program_dies():
    """A bus that vanishes leaves the list, and its socket the folder."""
    folder = Path(os.environ["XDG_RUNTIME_DIR"], "hein")
    with subprocess.Popen([os.environ["HEIN_TOOL"], "receive", "--listen", "tcp://127.0.0.1:0",
                           "--name", "office"], stderr=subprocess.DEVNULL) as program, \
            Window(PROGRAM) as window:
        window.find("office")
        window.choose("Buses", window.row_of("office"))
        window.find("Nobody Is There")
        program.kill()
        program.wait()
        assert list(folder.glob("*-office"))
        window.lose("office")
        window.find("No Bus to Look At")
        assert not list(folder.glob("*-office"))


def sum_lost(hub):
    """As the window prints it."""
    lost = hub.get_n_dropped(Hein.DropReason.OVERFLOW)
    assert 100 <= lost < 1000, lost
    return lost


def test_topics():
    """What is sent is decoded, in a tree."""
    with printer() as (hub, uri), Window(PROGRAM) as window:
        attach(window, uri)
        wait_for(lambda: "monitor" in hub.peers, "the monitor")
        hub.send("house/kitchen/temperature", "21.5")
        hub.send("house/kitchen/lamp", b'{"on":true,"at":12345678901234567890}')
        hub.send("house/hall", GLib.Variant("(sid)", ("open", 3, 2.5)))
        hub.send("camera", make_png(300, 200))
        hub.send("raw", bytes(range(128, 140)))
        window.show_page("Topics")
        window.find("kitchen")
        window.find("21.5")
        window.find('{"on":true,"at":12345678901234567890}')
        window.find("('open', 3, 2.5)")
        window.find("picture, ", starts=True)
        # the rows: camera, house, hall, kitchen, lamp, temperature, raw
        window.choose("Topics", 4)
        window.find('{\n  "on": true,\n  "at": 12345678901234567890\n}')
        window.choose("Topics", 0)
        window.find("Picture of 300 × 200 pixels")
        drawn(lambda picture: picture.count(0x26, 0xa2, 0x69) > 50000, "the picture")
        window.choose("Topics", 6)
        window.find("000000  80 81", starts=True)
        # a newer value takes the place of the older one
        window.choose("Topics", 5)
        window.find("house/kitchen/temperature")
        hub.send("house/kitchen/temperature", "22.5")
        window.find("22.5", "text")
        window.press("Plot", "push button")
        window.show_page("Plots")
        window.find("Topic: house/kitchen/temperature 22.5")


def test_send():
    """What somebody writes arrives, and what is wrong is said."""
    came = []
    with printer(inspectable=False) as (hub, uri), Window(PROGRAM) as window:
        hub.connect("message", lambda _bus, message: came.append(
            (message.topic, message.text, message.content_type)))
        attach(window, uri)
        wait_for(lambda: "monitor" in hub.peers, "the monitor")
        window.find("printer", "label")  # there, too, before something is sent
        window.show_page("Send")
        window.write("Topic", "house/light")
        window.write("Message", "off")
        window.press("Send", "push button")
        wait_for(lambda: came == [("house/light", "off", None)], "the message")
        window.find("Sent to 1 peer")
        window.write("Topic", "x" * 256)
        window.press("Send", "push button")
        window.find("the topic has 256 bytes, 255 are possible")
        hub.close()
        window.lose("printer", "label")
        window.write("Topic", "house/light")
        window.press("Send", "push button")
        window.find("there is no peer that could get it")
        assert len(came) == 1


def test_refused():
    """An address that is none is an error in the dialog, which stays."""
    with Window(PROGRAM) as window:
        attach(window, "nonsense://there")
        window.find_with("no transport is called 'nonsense'")
        window.write("Address, such as tcp://localhost:7000", "tcp://127.0.0.1:1")
        drawn(lambda picture: picture.count_red() == 0, "the end of the error")
        window.press("Attach", "push button")
        # GTK 4.8 dies when it is asked about a dialog that is closing: only look
        drawn(lambda picture: picture.count_red() > 20, "the warning of the bus")
        window.find_with("monitor: 127.0.0.1:1: ")


def test_detach():
    with printer() as (hub, uri), Window(PROGRAM) as window:
        attach(window, uri)
        wait_for(lambda: "monitor" in hub.peers, "the monitor")
        window.press("Detach", "push button")
        wait_for(lambda: "monitor" not in hub.peers, "its end")
        window.lose("Attached")


def test_pair():
    """The code that is shown pairs, and is in the files."""
    if os.environ.get("HEIN_TEST_TLS") != "yes":
        raise tap.Skip("it was built without TLS")
    with Window(PROGRAM) as window, tempfile.TemporaryDirectory() as folder:
        window.do("win.pair")
        window.write("Name of this device", "desk")
        window.press("Show a Code", "push button")
        code = window.find_matching(r"[0-9A-Z]{4}(-[0-9A-Z]{4}){3}")
        address = window.find_with("at the address").removeprefix("at the address ")
        other = Hein.Pairing.new(f"{folder}/phone.id", f"{folder}/peers", "phone")
        done = []
        other.dial_async("127.0.0.1:" + address.rpartition(":")[2], code, None,
                         lambda source, result: done.append(source.dial_finish(result)))
        wait_for(lambda: done == ["desk"], "the other side")
        window.find("Paired with phone")
        peers = Path(os.environ["XDG_CONFIG_HOME"], "hein-monitor/peers").read_text("utf-8")
        assert peers.startswith("phone "), peers


def test_hostile():
    """Names that turn around what follows, pictures that are none, sockets that are
    silent: each is told, and nothing else suffers."""
    path = Path(os.environ["XDG_RUNTIME_DIR"], "hein", f"{os.getpid()}-mute")
    with printer() as (hub, uri), Window(PROGRAM) as window, \
            socket.socket(socket.AF_UNIX) as mute:
        mute.bind(str(path))
        mute.listen()
        window.find("mute")
        window.find("printer")
        attach(window, uri)
        wait_for(lambda: "monitor" in hub.peers, "the monitor")
        hub.send("a\u202eb", "x\u202ey\u0007z")
        hub.send("bomb", make_png(300, 200)[:-60])
        hub.send("huge", make_png(5000, 5000))
        hub.send("bad", Hein.Message.new_typed(
            "bad", 'application/x-gvariant; type="(sss)"', GLib.Bytes.new(b"\x01\xff")))
        hub.send("deep", b"[" * 100000)
        window.show_page("Topics")
        window.find("a\ufffdb")
        window.find("x\ufffdy\ufffdz")
        # the rows: a.., bad, bomb, deep, huge
        window.choose("Topics", 2)
        window.find("bomb")
        window.find("It Cannot Be Shown")
        window.find_with("cut off")
        window.choose("Topics", 4)
        window.find_with("over the limit")
        window.choose("Topics", 1)
        window.choose("Topics", 3)
        window.find_with("JSON, 97.7\u00a0KiB")
        # the monitor's own row stands first
        window.choose("Buses", window.row_of("mute"))
        window.find("mute: does not answer")
    path.unlink(missing_ok=True)


def test_flood():
    """Topics without end, and large messages: what is left out is told, and the window
    answers and stays in bounds."""
    with printer() as (hub, uri), Window(PROGRAM) as window:
        attach(window, uri)
        wait_for(lambda: "monitor" in hub.peers, "the monitor")
        window.show_page("Topics")
        peer = hub.peers["monitor"]
        payload = bytes(1024 * 1024)
        for number in range(12000):
            send_all(hub, f"topic/{number}", str(number).encode())
        window.find_with("messages of others are left out")
        for number in range(300):
            send_all(hub, f"topic/{number}", payload)
        window.show_page("Peers")
        window.find("Received/s")
        wait_for(lambda: peer.queued_bytes == 0, "all of them")
        assert window.memory() < 400 * 1024 * 1024, window.memory()


def send_all(hub, topic, payload):
    """To the monitor, as fast as it takes them."""
    message = Hein.Message.new(topic, GLib.Bytes.new(payload))

    def try_it():
        with contextlib.suppress(Hein.Error):
            return hub.send_to("monitor", message) is not False
        return False
    wait_for(try_it, "room")


def show_losses(window, hub):
    window.find("printer")
    window.choose("Buses", 0)
    lose_messages(hub)
    window.find("kirk")
    return drawn(lambda picture: picture.count_red() > 20, "losses in red")


def show_topics(window, hub, uri):
    attach(window, uri)
    wait_for(lambda: "monitor" in hub.peers, "the monitor")
    for topic, value in {
            "house/hall/door": GLib.Variant("(sb)", ("closed", True)),
            "house/kitchen/lamp": b'{"on": true, "colour": [255, 200, 10], "hours": 1204.5}',
            "house/kitchen/temperature": "21.5",
            "house/kitchen/camera": make_png(300, 200),
            "printer/pages": GLib.Variant("u", 1204),
            "printer/state": "ready"}.items():
        hub.send(topic, value)
    window.show_page("Topics")
    window.find("pages")
    window.find("door")
    # the rows: house, hall, door, kitchen, camera, lamp
    window.choose("Topics", 5)
    window.find('{\n  "on": true,', starts=True)
    return drawn(lambda picture: picture.count_colours() > 50)


def test_light_and_dark():
    """Both are drawn, and dark is darker; these are the pictures of the documentation."""
    with printer(send_limit=262144) as (hub, uri), \
            Window(PROGRAM, scheme="prefer-light") as window:
        light = show_losses(window, hub)
    keep(light, "monitor-light.png")
    with printer() as (hub, uri), Window(PROGRAM, scheme="prefer-dark") as window:
        dark = show_topics(window, hub, uri)
    keep(dark, "monitor-dark.png")
    assert dark.brightness() + 80 < light.brightness(), (dark.brightness(), light.brightness())


if __name__ == "__main__":
    only = os.environ.get("MONITOR_ONLY")
    tests = [(name, test) for name, test in list(globals().items())
             if name.startswith("test_") and only in (None, name)]
    sys.exit(tap.run(tests))
