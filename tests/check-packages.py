#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is built is in a package of Debian's, which `make check-package` takes many
minutes to find out. TAP.

usage: check-packages.py SOURCE BUILD

Each library exports what its file of symbols lists, and each module of a plugin is
installed by exactly one package. Each page is installed, and in the reference.
"""
import re
import shutil
import subprocess
import sys
from pathlib import Path

import tap

source, build = Path(sys.argv[1]), Path(sys.argv[2])
DEBIAN = source / "debian"


def list_exported(library):
    if shutil.which("nm") is None:
        raise tap.Skip("there is no nm")
    said = subprocess.run(["nm", "-D", "--defined-only", library], capture_output=True,
                          text=True, check=True).stdout
    # what sanitizers add begins with two
    return {name for line in said.splitlines()
            if not (name := line.split()[-1]).startswith("__")}


def check_symbols(symbols):
    """Of what is built: what was left out has no library."""
    name = symbols.name.removesuffix("-0.symbols")
    library = next((build / "hein").rglob(f"{name}.so"), None)
    if library is None:
        raise tap.Skip(f"there is no {name}.so")
    listed = set(re.findall(r"^ (\w+)@", symbols.read_text(), re.M))
    exported = list_exported(library)
    assert not exported - listed, f"not in {symbols.name}: {sorted(exported - listed)}"
    assert not listed - exported, f"not in {name}.so: {sorted(listed - exported)}"


def list_modules():
    """Those that are installed: whatever is built into the folders of modules."""
    for folder in ("plugins", "hein/tls", "hein/script"):
        yield from sorted((build / folder).rglob("*hein-*.so"))


def check_modules():
    lines = [line for file in DEBIAN.glob("*.install")
             for line in file.read_text().splitlines()]
    modules = list(list_modules())
    assert len(modules) > 10, modules
    for module in modules:
        found = [line for line in lines if line.endswith(f"/hein-1/plugins/{module.name}")]
        assert len(found) == 1, f"{len(found)} packages have {module.name}"


def check_pages():
    """Each page is installed, and in the reference."""
    docs = source / "introspection/docs"
    installed = set(re.findall(r"'([\w-]+\.md)'", (docs / "meson.build").read_text()))
    shown = set(re.findall(r'"([\w-]+\.md)"', (docs / "hein.toml.in").read_text()))
    pages = {page.name for page in docs.glob("*.md")}
    assert pages == installed, f"in meson.build or not: {sorted(pages ^ installed)}"
    assert pages == shown, f"in hein.toml.in or not: {sorted(pages ^ shown)}"


symbols = sorted(DEBIAN.glob("*.symbols"))
assert symbols, "debian/ lists no symbols"
sys.exit(tap.run([(file.name, check_symbols, file) for file in symbols]
                 + [("modules", check_modules), ("pages", check_pages)]))
