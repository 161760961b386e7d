#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every public function says what it does, on which thread, since when. TAP.

usage: check-docs.py SOURCE
"""
import re
import sys
from pathlib import Path

source = Path(sys.argv[1]) / "hein"
folders = (source, source / "pixbuf")
DECLARED = re.compile(r"^HEIN_API\n[^;#]*?\b(hein_\w+) \(", re.M)
COMMENT = re.compile(r"/\*\*\n \* (hein_\w+):.*?\*/", re.S)

declared = sorted({name for folder in folders
                   for header in folder.glob("hein*.h")
                   for name in DECLARED.findall(header.read_text())
                   if not name.endswith(("_get_type", "_quark"))})
comments = {match[1]: match[0] for folder in folders
            for path in folder.rglob("*.[ch]")
            for match in COMMENT.finditer(path.read_text())}
print(f"1..{len(declared)}")
failed = 0
for name in declared:
    text = comments.get(name, "")
    missing = [word for word in ("Thread:", "Since:") if word not in text]
    problem = "has no comment" if not text else f"lacks {', '.join(missing)}"
    failed += bool(missing)
    print(f"not ok - {name} {problem}" if missing else f"ok - {name}")
sys.exit(bool(failed))
