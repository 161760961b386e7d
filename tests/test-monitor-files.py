#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What desktops read about hein-monitor is valid. TAP.

usage: test-monitor-files.py DESKTOP-FILE METAINFO-FILE
"""
import shutil
import subprocess
import sys

import tap


def check(program, *arguments):
    if shutil.which(program) is None:
        raise tap.Skip(f"there is no {program}")
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False,
                          timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


sys.exit(tap.run([
    ("desktop file", check, "desktop-file-validate", sys.argv[1]),
    ("metainfo file", check, "appstreamcli", "validate", "--no-net", sys.argv[2]),
]))
