#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What `meson install` puts into a prefix works from there. TAP.

Compiles a program against it with pkg-config alone, and runs that, the tool and,
where there is a typelib, Python and JavaScript with what makes hein feel at home
there; where there is valac, a program in Vala; and a plugin that is a project of its
own.

What is installed is the build under test. Programs look for plugins where its prefix
is, so it is installed there, in a mount namespace of this process alone. Where there
can be none, and for builds that are instrumented, a copy is built with another prefix.

usage: test-installed.py SOURCE BUILD MESON PYTHON GJS VALAC [--system]

With --system it tests what is installed from packages instead.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "netns"))

import bed as beds

PROGRAM = r"""
#include <hein/hein.h>

int
main (void)
{
  g_autoptr (HeinBus) one = hein_bus_new ("one");
  g_autoptr (HeinBus) two = hein_bus_new ("two");
  g_autoptr (HeinMessage) hello = hein_message_new_text ("t", "hello");
  g_autoptr (HeinMessage) message = NULL;
  g_autoptr (GError) error = NULL;
  HeinEndpoint *endpoint = hein_bus_listen (one, "tcp://127.0.0.1:0", &error);

  if (endpoint == NULL)
    g_error ("%s", error->message);
  if (hein_bus_dial (two, hein_endpoint_get_bound_uri (endpoint), &error) ==
      NULL)
    g_error ("%s", error->message);
  while (hein_peers_get_n_peers (hein_bus_get_peers (one)) == 0)
    {
      hein_bus_turn (one, 10);
      hein_bus_turn (two, 10);
    }
  if (!hein_bus_send (one, hello, &error))
    g_error ("%s", error->message);
  hein_bus_turn (one, 0);
  message = hein_bus_receive (two, 5000, &error);
  if (message == NULL)
    g_error ("%s", error->message);
  g_print ("%s\n", hein_message_dup_text (message, NULL));
  return 0;
}
"""
PYTHON = """
import gi
gi.require_version("Hein", "1")
from gi.repository import Hein
message = Hein.Message("topic", "spock")
print(bytes(message).decode())
"""
JAVASCRIPT = """
imports.gi.versions.Hein = '1';
const { Hein } = imports.gi;
print(Hein.Message.make('topic', 'spock').text);
"""

VALA = r"""
private async void close_both (Hein.Bus one, Hein.Bus two, MainLoop loop) {
  try {
    yield two.close_async ();
    yield one.close_async ();
    print ("closed: %s\n", one.is_closed.to_string ());
  } catch (Error error) {
    printerr ("%s\n", error.message);
  }
  loop.quit ();
}

private async void ask (Hein.Bus bus) {
  try {
    var answer = yield bus.request_to_async ("one", new Hein.Message.text ("sum", "1+1"), 60000);
    print ("%s says %s\n", answer.get_sender ().name, answer.dup_text ());
    var receipt = yield bus.deliver_to_async ("one", new Hein.Message.text ("job", ""), 60000);
    print ("handled by %u\n", receipt.get_n_acknowledged ());
    bus.send (new Hein.Message.text ("thanks", ""));
  } catch (Error error) {
    printerr ("%s\n", error.message);
  }
}

private void greet (Hein.Bus bus) {
  try {
    bus.send (new Hein.Message.text ("noise", "not subscribed to"));
    bus.send (new Hein.Message.text ("log", "hello"));
  } catch (Error error) {
    printerr ("%s\n", error.message);
  }
}

public static int main () {
  var loop = new MainLoop ();
  var one = new Hein.Bus ("one");
  var two = new Hein.Bus ("two");

  two.subscribe ("log");
  two.message.connect ((message) => {
    try {
      print ("%s: %s\n", message.get_topic (), message.dup_text ());
    } catch (Error error) {
      printerr ("%s\n", error.message);
    }
    ask.begin (two);
  });
  one.message["job"].connect ((message) => print ("working\n"));
  one.message["thanks"].connect ((message) => close_both.begin (one, two, loop));
  one.peer_added.connect ((peer) => {
    print ("%s is there\n", peer.name);
    greet (one);
  });
  try {
    one.serve ("sum", (bus, request) => {
      try {
        request.reply (new Bytes ("2".data));
      } catch (Error error) {
        printerr ("%s\n", error.message);
      }
    });
    var endpoint = one.listen ("tcp://127.0.0.1:0");
    two.dial (endpoint.bound_uri);
  } catch (Error error) {
    printerr ("%s\n", error.message);
    return 1;
  }
  loop.run ();
  return 0;
}
"""
VALA_SAYS = "two is there\nlog: hello\none says 2\nworking\nhandled by 1\nclosed: true\n"

# what whoever packages it looks for, below the prefix
FILES = ("share/doc/hein-1/README.md",
         "share/doc/hein-1/NEWS.md",
         "share/doc/hein-1/pages/coming-from-hein.md",
         "share/doc/hein-1/pages/performance.svg", "share/doc/hein-1/pages/top.svg",
         "share/doc/hein-1/pages/command-line.md",
         "share/doc/hein-1/examples/README.md", "share/doc/hein-1/examples/gtk/peers.js",
         "share/doc/hein-1/examples/station/meson.build",
         "share/man/man1/hein.1", "share/bash-completion/completions/hein",
         "share/fish/vendor_completions.d/hein.fish")

PICTURE_PROGRAM = r"""
#include <hein-pixbuf/hein-pixbuf.h>

int
main (void)
{
  g_autoptr (GdkPixbuf) pixbuf =
    gdk_pixbuf_new (GDK_COLORSPACE_RGB, FALSE, 8, 7, 1);
  g_autoptr (HeinMessage) message =
    hein_pixbuf_message_new ("t", pixbuf, "image/png", 0, NULL);
  g_autoptr (GdkPixbuf) read = hein_pixbuf_message_read (message, 0, NULL);

  g_print ("%d\n", gdk_pixbuf_get_width (read));
  return 0;
}
"""
PICTURE_PYTHON = """
import gi
gi.require_version("HeinPixbuf", "1")
from gi.repository import GdkPixbuf, HeinPixbuf
pixbuf = GdkPixbuf.Pixbuf.new(GdkPixbuf.Colorspace.RGB, False, 8, 7, 1)
message = HeinPixbuf.message_new("t", pixbuf, "image/jpeg", 50)
print(message.content_type, HeinPixbuf.message_read(message, 0).get_width())
"""

source, build, meson, python, gjs, valac, *options = sys.argv[1:]
INSIDE = "HEIN_INSTALLED_INSIDE"
count = 0


@dataclass
class Place:
    """Where it is installed, and with which environment that is found."""
    prefix: Path
    lib: Path
    env: dict
    licence: str = "share/doc/hein-1/COPYING"

    def typelib(self, name):
        return self.lib / "girepository-1.0" / f"{name}.typelib"


def run(*command, **options):
    result = subprocess.run(command, text=True, capture_output=True,
                            check=False, **options)
    if result.returncode:
        print("# " + (result.stdout + result.stderr).replace("\n", "\n# "))
    return result


def report(ok, what):
    global count
    count += 1
    print(f"{'' if ok else 'not '}ok {count} - {what}", flush=True)
    return ok


def build_and_run(code, package, folder, env):
    """The status of the compiler, and what the program printed."""
    path, program = Path(folder, "program.c"), Path(folder, "program")
    path.write_text(code)
    flags = run("pkg-config", "--cflags", "--libs", package,
                env=env).stdout.split()
    built = run("cc", "-o", program, path, *flags, env=env).returncode
    return built, run(program, env=env, timeout=60).stdout if built == 0 else ""


def find_unfinished(vapi):
    """Calls whose result Vala has not found: one of two that end by the same function."""
    return re.findall(r"async void (\w+)", (vapi / "hein-1.vapi").read_text())


def check_vala(folder, place):
    what = "a program in Vala compiles, and does what it should"
    vapi = place.prefix / "share/vala/vapi"
    if not valac or not (vapi / "hein-1.vapi").exists():
        report(True, f"{what} # SKIP no valac, or no vapi")
        return
    if unfinished := find_unfinished(vapi):
        report(False, f"{what}: introspection/Hein-1.metadata lacks the function that ends "
               f"{', '.join(unfinished)}")
        return
    path, program = Path(folder, "meet.vala"), Path(folder, "meet")
    path.write_text(VALA)
    built = run(valac, "--vapidir", vapi, "--pkg", "hein-1", "-o", program,
                path, env=place.env).returncode == 0
    report(built and run(program, env=place.env, timeout=60).stdout == VALA_SAYS,
           what)


def check_plugin(folder, place):
    """The module of the page about plugins, built in a project of its own."""
    what = "a plugin builds outside of the tree, and is found"
    page = (Path(source) / "introspection/docs/writing-a-plugin.md").read_text()
    project, env = Path(folder, "plugin"), place.env
    project.mkdir()
    for language, name in (("c-plugin", "hein-longest.c"), ("meson", "meson.build")):
        code = re.search(rf"^```{language}\n(.*?)^```$", page, re.M | re.S)[1]
        (project / name).write_text(code)
    built = (run(meson, "setup", project / "build", project, env=env).returncode == 0
             and run(meson, "compile", "-C", project / "build", env=env).returncode == 0)
    found = run(place.prefix / "bin/hein", "inspect", "longest",
                env=env | {"HEIN_PLUGIN_PATH": str(project / "build")}).stdout
    report(built and "The peer whose name is the longest" in found, what)


def check_new(folder, place):
    """What `hein new-plugin` writes is built and tested by its own meson.build
    against what is installed; of scripts, test-tool-new.py tests the rest."""
    plugins = place.lib / "hein-1/plugins"
    languages = {"c": []} | {
        name: [f"--{name}"] for name in ("python", "js")
        if place.typelib("Hein-1").exists() and (plugins / f"hein-{name}.so").exists()}
    env = place.env | {"PATH": f"{place.prefix}/bin:{place.env['PATH']}"}
    for language, options in languages.items():
        failed = []
        for kind in ("transport", "protocol", "strategy"):
            name = f"new-{language}-{kind}"
            project = Path(folder, f"hein-{name}")
            script = project / f"hein-{name}.{language[:2]}"
            ok = all(run(*command, cwd=folder, env=env).returncode == 0 for command in (
                ("hein", "new-plugin", kind, name, *options),
                (meson, "setup", project / "build", project),
                (meson, "test", "-C", project / "build", "--print-errorlogs")
                if language == "c" or kind == "strategy" else
                ("hein", "check-plugin", script, "--law", "echo")))
            failed += [] if ok else [kind]
        report(not failed, f"new plugins in {language} build, and keep the laws"
               + "".join(f", not the {kind}" for kind in failed))
    for language in {"python", "js"} - set(languages):
        report(True, f"new plugins in {language} # SKIP built without them")


def find_dead_links(folder):
    """What a text that is installed leads to, and is not installed."""
    for page in sorted(folder.rglob("*.md")):
        text = re.sub(r"```.*?```|`[^`\n]+`", "", page.read_text(encoding="utf-8"),
                      flags=re.S)
        for target in re.findall(r"\]\(([^)\s:#]+)", text):
            if not (page.parent / target).exists():
                yield f"{target} of {page.relative_to(folder)}"


def check_files(place):
    missing = [name for name in (*FILES, place.licence)
               if not any((place.prefix / name).parent.glob(f"{Path(name).name}*"))]
    for name in ("Hein", "HeinTest") if python else ():
        if not any(place.prefix.glob(f"lib/**/gi-stubs/repository/{name}.pyi")):
            missing.append(f"gi-stubs/repository/{name}.pyi")
    for name in ("types/hein-1", "types/hein-test-1") if python else ():
        if not (place.prefix / f"share/hein-1/{name}.d.ts").exists():
            missing.append(f"{name}.d.ts")
    if not any(place.prefix.glob("share/zsh/*/_hein")):  # packages have another folder
        missing.append("zsh's _hein")
    if valac and not (place.prefix / "share/vala/vapi/hein-test-1.vapi").exists():
        missing.append("hein-test-1.vapi")
    missing += find_dead_links(place.prefix / "share/doc/hein-1")
    report(not missing, "licence, news and pages are there"
           + "".join(f", not {name}" for name in missing))


def check_pictures(folder, place):
    what = "a program and Python find what is for pictures"
    if not (place.lib / "pkgconfig/hein-pixbuf-1.pc").exists():
        report(True, f"{what} # SKIP no gdk-pixbuf")
        return
    ok = build_and_run(PICTURE_PROGRAM, "hein-pixbuf-1", folder,
                       place.env) == (0, "7\n")
    if python and place.typelib("HeinPixbuf-1").exists():
        ok = run(python, "-c", PICTURE_PYTHON,
                 env=place.env).stdout == "image/jpeg 7\n" and ok
    report(ok, what)


def check_programs(folder, place):
    status, out = build_and_run(PROGRAM, "hein-1", folder, place.env)
    report(status == 0, "a program builds with pkg-config")
    report(out == "hello\n", "the program finds its plugins")
    report("round-robin" in run(place.prefix / "bin/hein", "inspect",
                                env=place.env).stdout, "the tool finds them, too")


def check_languages(place):
    for engine, script, name in ((python, PYTHON, "Python"),
                                 (gjs, JAVASCRIPT, "JavaScript")):
        what = f"{name} finds typelib and overrides"
        if engine and place.typelib("Hein-1").exists():
            report(run(engine, "-c", script, env=place.env).stdout == "spock\n", what)
        else:
            report(True, f"{what} # SKIP no typelib, or no engine")


def environment():
    """Without what may help of the tree under test."""
    return {k: v for k, v in os.environ.items() if k not in (
        "HEIN_PLUGIN_PATH", "LD_LIBRARY_PATH", "GI_TYPELIB_PATH",
        "PYTHONPATH", "GJS_PATH", "XDG_DATA_DIRS")}


def find_installed():
    """Where packages put it: pkg-config knows, or nothing is installed."""
    env = environment()
    said = run("pkg-config", "--variable=libdir", "hein-1", env=env)
    if not report(said.returncode == 0, "it is installed"):
        return None
    return Place(Path("/usr"), Path(said.stdout.strip()), env,
                 licence="share/doc/libhein-1-0/copyright")


def make_place(prefix, lib):
    """Where it was installed, which is not among the folders that are searched."""
    env = environment()
    env["LD_LIBRARY_PATH"] = str(lib)
    env["PKG_CONFIG_PATH"] = str(lib / "pkgconfig")
    env["GI_TYPELIB_PATH"] = str(lib / "girepository-1.0")
    env["XDG_DATA_DIRS"] = f"{prefix}/share:/usr/local/share:/usr/share"
    overrides = next(prefix.rglob("gi/overrides/Hein/__init__.py"), None)
    if overrides:
        env["PYTHONPATH"] = str(overrides.parents[3])
    return Place(prefix, lib, env)


def install_copy(folder):
    """Builds the source with a prefix of its own, and installs that."""
    copy, prefix = Path(folder, "build"), Path(folder, "prefix")
    run(meson, "setup", copy, source, f"--prefix={prefix}", "--libdir=lib",
        "-Dtests=false", "-Dexamples=false", "-Ddocs=disabled",
        # what is looked at is where things are: so building them is to be quick
        "-Ddebug=false", "-Doptimization=0", env=environment())
    if not report(run(meson, "install", "-C", copy, env=environment()).returncode == 0,
                  "it installs"):
        return None
    return make_place(prefix, prefix / "lib")


def install_build(folder, prefix, lib):
    """Installs the build to where its prefix will be, and lets only that be there."""
    stage = Path(folder, "stage")
    done = (run(meson, "install", "--no-rebuild", "--destdir", stage, "-C", build,
                env=environment()).returncode == 0
            and run("mount", "--bind", f"{stage}{prefix}", prefix).returncode == 0)
    return make_place(prefix, lib) if report(done, "it installs") else None


def read_options():
    said = subprocess.run([meson, "introspect", "--buildoptions", build], text=True,
                          capture_output=True, check=True).stdout
    return {one["name"]: one["value"] for one in json.loads(said)}


def can_be_there(prefix):
    """Whether this process alone can have another folder there: of that of the system
    too much is needed."""
    return (prefix.is_dir() and prefix not in (Path("/"), Path("/usr"))
            and shutil.which("unshare") is not None
            and run(*beds.get_unshare("--mount"), "mount", "--bind", source, prefix).returncode == 0)


def find_prefix():
    """Where the build can be installed to be looked at, and its libraries; None: it
    cannot."""
    given = read_options()
    prefix = Path(given["prefix"])
    if given["b_sanitize"] != "none" or not can_be_there(prefix):
        return None
    return prefix, prefix / given["libdir"]


def go_inside():
    os.execvpe("unshare", [*beds.get_unshare("--mount"), sys.executable, *sys.argv],
               os.environ | {INSIDE: "1"})


def install(folder):
    if INSIDE not in os.environ:
        return install_copy(folder)
    return install_build(folder, *find_prefix())


def main():
    if not options and INSIDE not in os.environ and find_prefix():
        go_inside()
    with tempfile.TemporaryDirectory() as folder:
        print("1..13")
        os.umask(0o022)
        place = find_installed() if "--system" in options else install(folder)
        if place is None:
            return
        check_programs(folder, place)
        check_languages(place)
        check_vala(folder, place)
        check_plugin(folder, place)
        check_new(folder, place)
        check_files(place)
        check_pictures(folder, place)


main()
