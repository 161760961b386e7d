#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The examples picture and picture.py give each other pictures. TAP.

Each sender listens on port 0 and says where, so there is neither a fixed port
nor a pause.

usage: test-picture.py PROGRAM PICTURE.PY
"""
import itertools
import subprocess
import sys
import tempfile
from pathlib import Path

import gi
import tap

gi.require_version("GdkPixbuf", "2.0")
from gi.repository import GdkPixbuf, GLib

LIMIT_S = 60
EXAMPLES = {"c": [sys.argv[1]], "python": [sys.executable, sys.argv[2]]}
WIDTH, HEIGHT = 61, 43


def start(language, *args):
    return subprocess.Popen([*EXAMPLES[language], *args], text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def same(found, wanted):
    assert found == wanted, f"{found!r} is not {wanted!r}"


def make_pixels(n_channels):
    """Rows without anything between them; no two neighbours are equal."""
    return bytes((x * 7 + y * 13 + channel * 50) % 256 for y in range(HEIGHT)
                 for x in range(WIDTH) for channel in range(n_channels))


def save(path, kind, pixels, n_channels):
    GdkPixbuf.Pixbuf.new_from_bytes(
        GLib.Bytes.new(pixels), GdkPixbuf.Colorspace.RGB, n_channels == 4, 8,
        WIDTH, HEIGHT, WIDTH * n_channels).savev(str(path), kind, [], [])


def read_pixels(path):
    pixbuf = GdkPixbuf.Pixbuf.new_from_file(str(path))
    stride, row = pixbuf.get_rowstride(), pixbuf.get_width() * pixbuf.get_n_channels()
    pixels = pixbuf.read_pixel_bytes().get_data()
    return b"".join(pixels[y * stride:y * stride + row]
                    for y in range(pixbuf.get_height()))


def give(sender, receiver, source, target):
    """What the receiver printed."""
    with start(sender, "send", "tcp://127.0.0.1:0", source) as sending:
        try:
            head, _, uri = sending.stdout.readline().strip().rpartition(" ")
            same(head, "listening on")
            with start(receiver, "receive", uri, target) as receiving:
                try:
                    out, errors = receiving.communicate(timeout=LIMIT_S)
                finally:
                    receiving.kill()
                same((receiving.returncode, errors), (0, ""))
            out_sent, errors = sending.communicate(timeout=LIMIT_S)
            same((sending.returncode, out_sent, errors), (0, "", ""))
        finally:
            sending.kill()
    return out


def check_pair(sender, receiver, n_channels):
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "source.png"), Path(folder, "target")
        pixels = make_pixels(n_channels)
        save(source, "png", pixels, n_channels)
        same(give(sender, receiver, source, target),
             f"image/png: {WIDTH} x {HEIGHT}\n")
        same(target.read_bytes()[:8], b"\x89PNG\r\n\x1a\n")
        same(read_pixels(target), pixels)


def check_jpeg_file(language):
    """A JPEG goes as a PNG of what is to be seen."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "source.jpg"), Path(folder, "target")
        save(source, "jpeg", make_pixels(3), 3)
        give(language, language, source, target)
        same(target.read_bytes()[:8], b"\x89PNG\r\n\x1a\n")
        same(read_pixels(target), read_pixels(source))


def check_no_picture(language):
    """Who sends no picture, and who is sent none, says so."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "file")
        path.write_bytes(b"this is no picture")
        with start(language, "send", "tcp://127.0.0.1:0", path) as sending:
            out, errors = sending.communicate(timeout=LIMIT_S)
        same((sending.returncode, out), (1, ""))
        assert errors.startswith("picture"), errors


def main():
    tests = [(f"{a} to {b}, {n} channels", check_pair, a, b, n)
             for a, b, n in itertools.product(EXAMPLES, EXAMPLES, (3, 4))]
    tests += [(f"{a} with a JPEG file", check_jpeg_file, a) for a in EXAMPLES]
    tests += [(f"{a} without a picture", check_no_picture, a) for a in EXAMPLES]
    return tap.run(tests)


sys.exit(main())
