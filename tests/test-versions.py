#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the headers let a program say of versions, and of what may change. TAP.

usage: test-versions.py SOURCE BUILD CC [FLAG]...
"""
import subprocess
import sys
import tempfile

source, build, *compiler = sys.argv[1:]
OWN = """#include <hein/hein.h>
HEIN_AVAILABLE_IN_1_0 void newcomer (void);
HEIN_DEPRECATED_IN_1_0_FOR (newcomer) void veteran (void);
void use (void);
void use (void) { %s (); }
"""
AUTHOR = """#include <hein/hein.h>
void use (HeinWire *wire);
void use (HeinWire *wire) { hein_wire_ready (wire); }
"""
APPLICATION = """#include <hein/hein.h>
int main (void)
{
  g_autoptr (HeinBus) bus = hein_bus_new (HEIN_CHECK_VERSION (0, 9, 0) ? "a" : NULL);
  g_autoptr (HeinStrategy) strategy = hein_strategy_new ("random", NULL);
  g_autoptr (GListModel) plugins = hein_plugin_info_list ();
#if !HEIN_CHECK_VERSION (0, 9, 0) || HEIN_CHECK_VERSION (99, 0, 0)
#error "not this version"
#endif
  return hein_bus_get_is_closed (bus);
}
"""
AT_0_9 = "-DHEIN_VERSION_MAX_ALLOWED=HEIN_VERSION_0_9"
AT_1_0 = "-DHEIN_VERSION_MAX_ALLOWED=HEIN_VERSION_1_0"
FROM_1_0 = "-DHEIN_VERSION_MIN_REQUIRED=HEIN_VERSION_1_0"
# what it is, code, flags, what the compiler complains of (None: of nothing)
CASES = [
    ("an application needs no more than hein.h", APPLICATION, [], None),
    ("what is later than allowed", OWN % "newcomer", [AT_0_9], "1.0"),
    ("what is allowed", OWN % "newcomer", [AT_1_0], None),
    ("what was deprecated later than required", OWN % "veteran", [AT_1_0], None),
    ("what is deprecated", OWN % "veteran", [FROM_1_0], "deprecated"),
    ("what is deprecated, without warnings", OWN % "veteran",
     [FROM_1_0, "-DHEIN_DISABLE_DEPRECATION_WARNINGS"], None),
    ("requiring more than is allowed", APPLICATION, [FROM_1_0, AT_0_9],
     "MAX_ALLOWED must not be before"),
    ("requiring less than there ever was", APPLICATION,
     ["-DHEIN_VERSION_MIN_REQUIRED=1"], "MIN_REQUIRED must be"),
    ("one header alone", "#include <hein/hein-bus.h>\n", [],
     "Only <hein/hein.h> can be included directly"),
    ("authors' API that nobody asked for", AUTHOR, [], "hein_wire_ready"),
    ("authors' API", AUTHOR, ["-DHEIN_UNSTABLE_PLUGIN_API"], None),
]


def complain(code, flags):
    with tempfile.NamedTemporaryFile("w", suffix=".c") as probe:
        probe.write(code)
        probe.flush()
        result = subprocess.run(
            [*compiler, *flags, "-Wall", "-Werror", f"-I{source}", f"-I{build}",
             "-fsyntax-only", probe.name],
            capture_output=True, text=True, check=False)
    return result.stderr if result.returncode else None


print(f"1..{len(CASES)}")
failed = 0
for what, code, flags, expected in CASES:
    said = complain(code, flags)
    ok = said is None if expected is None else expected in (said or "")
    failed += not ok
    print(f"{'' if ok else 'not '}ok - {what}")
    if not ok:
        print("# " + str(said).replace("\n", "\n# "))
sys.exit(bool(failed))
