#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Prints where this python finds overrides that lie in a prefix, or nothing.

usage: find-overrides.py PREFIX
"""
import os
import sys

import gi.overrides

prefix = os.path.join(sys.argv[1], "")
known = [gi.overrides.__path__[0]] + [
    os.path.join(path, "gi", "overrides") for path in sys.path
    if path.endswith("-packages")]
print(next((path for path in known if path.startswith(prefix)), ""))
