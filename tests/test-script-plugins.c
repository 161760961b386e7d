/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <locale.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "hein-test.h"
#include "protocol-suite.h"
#include "script-folder.h"
#include "strategy-suite.h"
#include "transport-suite.h"

/*
 * Plugins that are scripts in a plugin folder, used by a program in C: they are
 * found, and keep the laws; what is wrong with a file is said, and harms
 * nobody. Called with the language, and what of it is tested.
 */

#define N_THREADS 8

static const char *language; /* python or js */
static char *folder;
static guint serial;

static gboolean
is_python (void)
{
  return g_str_equal (language, "python");
}

static char *
make_uri (void)
{
  return g_strdup_printf ("%s://hein-c-%d-%u",
                          is_python () ? "abstract" : "js-abstract",
                          (int) getpid (), serial++);
}

static char *
make_protocol_uri (void)
{
  return g_strdup_printf ("tcp+%s://127.0.0.1:0",
                          is_python () ? "frames" : "js-frames");
}

static HeinTransportSuite transport_suite = { NULL, make_uri, TRUE, NULL };
static HeinTransportSuite protocol_suite = { NULL, make_protocol_uri, TRUE,
                                             NULL };
static HeinStrategySuite strategy_suite = { .holds = TRUE, .evades = TRUE };

/* ---- finding ---- */

static char *
dup_told_name (void)
{
  return g_strdup_printf ("told-%s", language);
}

static gboolean
has_engine (void)
{
  g_autofree char *maps = NULL;

  g_assert_true (g_file_get_contents ("/proc/self/maps", &maps, NULL, NULL));
  return strstr (maps, is_python () ? "libpython" : "libgjs") != NULL;
}

static HeinPluginInfo *
find_info (const char *name)
{
  g_autoptr (GListModel) all = hein_plugin_info_list ();

  for (guint i = 0; i < g_list_model_get_n_items (all); i++)
    {
      g_autoptr (HeinPluginInfo) info = g_list_model_get_item (all, i);

      if (g_str_equal (hein_plugin_info_get_name (info), name))
        return g_steal_pointer (&info);
    }
  return NULL;
}

/* An interpreter leaves the locale to the program. */
static char *
dup_locale (void)
{
  const char *variable = g_getenv ("LC_CTYPE");

  return g_strconcat (setlocale (LC_ALL, NULL), " ",
                      variable != NULL ? variable : "", NULL);
}

/* Nothing is started for those who only mistype, nor for modules. */
static void
test_on_demand (void)
{
  g_autoptr (HeinTestBus) bus = hein_test_bus_new ("bus");
  g_autofree char *uri = make_uri ();
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;
  g_autoptr (GError) error = NULL;

  setlocale (LC_ALL, "C");
  before = dup_locale ();
  g_assert_false (has_engine ());
  hein_test_bus_listen (bus, "tcp://127.0.0.1:0");
  g_assert_null (hein_bus_listen (bus->bus, "no-such://x", &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_NO_PLUGIN);
  g_assert_false (has_engine ());
  hein_test_bus_listen (bus, uri);
  g_assert_true (has_engine ());
  after = dup_locale ();
  g_assert_cmpstr (before, ==, after);
}

static void
test_described (void)
{
  g_autofree char *name = dup_told_name ();
  g_autoptr (HeinPluginInfo) info = find_info (name);
  g_autofree char *file =
    g_strdup_printf ("%s/hein-told-%s", folder,
                     is_python () ? "python.py" : "js.js");

  g_assert_nonnull (info);
  g_assert_cmpstr (hein_plugin_info_get_file (info), ==, file);
  g_assert_cmpstr (hein_plugin_info_get_description (info), ==,
                   "The first that came");
  g_assert_cmpint (hein_plugin_info_get_kind (info), ==,
                   HEIN_PLUGIN_KIND_STRATEGY);
}

/* ---- threads ---- */

typedef struct
{
  GError *error;
  gboolean is_open;
} Opened;

static gpointer
open_alone (gpointer data)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autofree char *name = dup_told_name ();
  g_autofree char *uri = make_uri ();
  g_autoptr (HeinStrategy) strategy = NULL;
  Opened *opened = data;
  HeinTestBus *bus;

  g_main_context_push_thread_default (context);
  bus = hein_test_bus_new ("bus");
  strategy = hein_strategy_new (name, &opened->error);
  opened->is_open =
    strategy != NULL && hein_bus_listen (bus->bus, uri, &opened->error) != NULL;
  hein_test_bus_free (bus);
  g_main_context_pop_thread_default (context);
  return NULL;
}

/* All ask at once for a script that is not loaded yet. Python serves them all.
 * JavaScript belongs to the thread that had it first; the others are told so,
 * and spoil nothing for that one. */
static void
test_many_threads (void)
{
  g_autoptr (HeinTestBus) bus = hein_test_bus_new ("bus");
  g_autofree char *name = dup_told_name ();
  g_autofree char *uri = make_uri ();
  g_autoptr (HeinStrategy) strategy = NULL;
  Opened opened[N_THREADS] = { 0 };
  GThread *threads[N_THREADS];
  g_autoptr (GError) error = NULL;

  hein_test_bus_listen (bus, uri);
  for (guint i = 0; i < N_THREADS; i++)
    threads[i] = g_thread_new ("opener", open_alone, &opened[i]);
  for (guint i = 0; i < N_THREADS; i++)
    {
      g_thread_join (threads[i]);
      if (is_python ())
        g_assert_no_error (opened[i].error);
      g_assert_cmpint (opened[i].is_open, ==, is_python ());
      if (!is_python ())
        g_assert_nonnull (strstr (opened[i].error->message, "in one thread"));
      g_clear_error (&opened[i].error);
    }
  strategy = hein_strategy_new (name, &error);
  g_assert_no_error (error);
  g_assert_nonnull (strategy);
}

/* A script that is loaded says so, too. */
static gpointer
listen_alone (gpointer data)
{
  g_autofree char *uri = make_uri ();
  g_autoptr (HeinBus) bus = hein_bus_new ("bus");
  GError **error = data;

  hein_bus_listen (bus, uri, error);
  return NULL;
}

static void
test_other_thread (void)
{
  g_autoptr (HeinTestBus) bus = hein_test_bus_new ("bus");
  g_autofree char *uri = make_uri ();
  g_autoptr (GError) error = NULL;

  hein_test_bus_listen (bus, uri);
  g_thread_join (g_thread_new ("listener", listen_alone, &error));
  if (is_python ())
    g_assert_no_error (error);
  else
    g_assert_error (error, HEIN_ERROR, HEIN_ERROR_FAILED);
}

/* ---- what is wrong ---- */

typedef struct
{
  const char *name;
  const char *python;
  const char *js;
  const char *reason; /* of both, or of Python's */
  const char *js_reason;
} Broken;

#define PLUGIN_PYTHON                                                          \
  "import gi\n"                                                                \
  "gi.require_version('Hein', '1')\n"                                          \
  "from gi.repository import Gio, Hein\n"
#define PLUGIN_JS "const { Gio, GObject, Hein } = imports.gi;\n"

static const Broken broken[] = {
  { "raises", "def f():\n    return nothing\n\nf()\n", "\n\n\nnothing();\n",
    "line 2: NameError: name 'nothing' is not defined",
    "line 4: ReferenceError: nothing is not defined" },
  { "syntax", "x = 1\ny = (\n", "const a = 1;\nconst b = ;\n",
    "line 2: SyntaxError: '(' was never closed", "line 2: SyntaxError: *" },
  { "leaves", "import sys\nsys.exit(3)\n", "throw null;\n",
    "line 2: SystemExit: 3", "null" },
  { "empty", "", "", "has not added a plugin called *, as its file is*", NULL },
  { "other",
    PLUGIN_PYTHON "class A(Hein.Strategy):\n"
                  "    __gtype_name__ = 'PyOther'\n"
                  "Hein.plugin_add('py-some-other', A)\n",
    PLUGIN_JS "const A = GObject.registerClass({ GTypeName: 'JsOther' },\n"
              "  class A extends Hein.Strategy {});\n"
              "Hein.plugin_add('js-some-other', A);\n",
    "has not added a plugin called *, as its file is*", NULL },
  { "no-plugin", PLUGIN_PYTHON "Hein.plugin_add('py-none', Gio.Cancellable)\n",
    PLUGIN_JS "Hein.plugin_add('js-none', Gio.Cancellable);\n",
    "*type GCancellable is not a transport, protocol or strategy", NULL },
  { "taken",
    PLUGIN_PYTHON "class B(Hein.Transport):\n"
                  "    __gtype_name__ = 'PyTaken'\n"
                  "Hein.plugin_add('tcp', B)\n",
    PLUGIN_JS "const B = GObject.registerClass({ GTypeName: 'JsTaken' },\n"
              "  class B extends Hein.Transport {});\n"
              "Hein.plugin_add('tcp', B);\n",
    "*transport 'tcp' or its type or a scheme of it is already there*", NULL },
  { "writable", "", "", "can be written by others (chmod go-w)", NULL },
  { "bytes", "x = '\xff'\n", "const x = '\xff';\n", "is not UTF-8 without NUL",
    NULL },
  { "large", "", "", "has 1048577 bytes; a script has at most 1048576", NULL },
  { "pipe", "", "", "is not a file", NULL },
  { "inner", "", "", "is not a file", NULL },
  { "dangling", "", "", "cannot be read: *", NULL },
};

static char *
dup_file (const char *name)
{
  return g_strdup_printf ("hein-%s-%s.%s", language, name,
                          is_python () ? "py" : "js");
}

static void
spoil (const char *name)
{
  g_autofree char *file = dup_file (name);
  g_autofree char *path = g_build_filename (folder, file, NULL);

  if (g_str_equal (name, "writable"))
    g_assert_cmpint (g_chmod (path, 0664), ==, 0);
  else if (g_str_equal (name, "large"))
    g_assert_cmpint (truncate (path, 1024 * 1024 + 1), ==, 0);
  else if (g_str_equal (name, "pipe"))
    g_assert_true (g_unlink (path) == 0 && mkfifo (path, 0600) == 0);
  else if (g_str_equal (name, "inner"))
    g_assert_true (g_unlink (path) == 0 && g_mkdir (path, 0755) == 0);
  else if (g_str_equal (name, "dangling"))
    g_assert_true (g_unlink (path) == 0 && symlink ("/none", path) == 0);
}

static void
write_broken (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (broken); i++)
    {
      g_autofree char *file = dup_file (broken[i].name);

      script_folder_write (folder, file,
                           is_python () ? broken[i].python : broken[i].js, -1);
      spoil (broken[i].name);
    }
}

/* It is said of the address, twice the same, and the bus is as before. */
static void
assert_said (HeinBus *bus, const Broken *self)
{
  g_autofree char *uri = g_strdup_printf ("%s-%s://x", language, self->name);
  g_autofree char *file = dup_file (self->name);
  const char *reason =
    is_python () || self->js_reason == NULL ? self->reason : self->js_reason;
  g_autofree char *pattern =
    g_strdup_printf ("*; not loaded: *%s/%s: %s*", folder, file, reason);

  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (hein_bus_listen (bus, uri, &error));
      g_assert_error (error, HEIN_ERROR, HEIN_ERROR_BAD_PLUGIN);
      if (!g_pattern_match_simple (pattern, error->message))
        g_error ("%s is not %s", error->message, pattern);
    }
}

static void
test_broken (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autoptr (HeinTestBus) client = hein_test_bus_new ("client");
  g_autofree char *uri = make_uri ();
  HeinEndpoint *listener;

  for (guint i = 0; i < G_N_ELEMENTS (broken); i++)
    assert_said (hub->bus, &broken[i]);
  listener = hein_test_bus_listen (hub, uri);
  hein_test_bus_dial (client, hein_endpoint_get_bound_uri (listener));
  hein_test_wait (hein_test_bus_count_peers (client) == 1);
  hein_test_bus_send (client, "hub", "still", "here");
  hein_test_wait (hub->messages->len == 1);
}

/* Whoever may write to the folder could replace the script. */
static void
test_writable_folder (void)
{
  g_autofree char *inner = g_build_filename (folder, "writable", NULL);
  g_autofree char *path = g_strdup (g_getenv ("HEIN_PLUGIN_PATH"));
  g_autofree char *all = g_strconcat (inner, ":", path, NULL);
  g_autofree char *name = g_strdup_printf ("%s-open", language);
  g_autofree char *file = dup_file ("open");
  g_autofree char *script = g_build_filename (inner, file, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (g_mkdir (inner, 0700), ==, 0);
  script_folder_write (inner, file, "", -1);
  g_assert_cmpint (g_chmod (inner, 0777), ==, 0);
  g_setenv ("HEIN_PLUGIN_PATH", all, TRUE);
  g_assert_null (hein_strategy_new (name, &error));
  g_setenv ("HEIN_PLUGIN_PATH", path, TRUE);
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_BAD_PLUGIN);
  g_assert_nonnull (strstr (error->message, "is in a folder that can be "
                                            "written by others"));
  g_assert_cmpint (g_remove (script), ==, 0);
  g_assert_cmpint (g_rmdir (inner), ==, 0);
}

/* ---- the program ---- */

static void
write_scripts (void)
{
  if (is_python ())
    {
      script_folder_write_example (folder, "hein-abstract.py", "transports",
                                   "python");
      script_folder_write_example (folder, "hein-frames.py", "protocols",
                                   "python");
      script_folder_write_example (folder, "hein-rotation.py", "strategies",
                                   "python");
      script_folder_write (folder, "hein-told-python.py",
                           "#!/usr/bin/python3\n"
                           "# SPDX-License-Identifier: MIT\n"
                           "\n"
                           "# The first that came\n" PLUGIN_PYTHON
                           "class First(Hein.Strategy):\n"
                           "    __gtype_name__ = 'PyFirst'\n"
                           "Hein.plugin_add('told-python', First)\n",
                           -1);
      return;
    }
  script_folder_write_example (folder, "hein-js-abstract.js", "transports",
                               "js");
  script_folder_write_example (folder, "hein-js-frames.js", "protocols", "js");
  script_folder_write_example (folder, "hein-js-rotation.js", "strategies",
                               "js");
  script_folder_write (
    folder, "hein-told-js.js",
    "#!/usr/bin/gjs\n"
    "// SPDX-License-Identifier: MIT\n"
    "// The first that came\n" PLUGIN_JS
    "const First = GObject.registerClass({ GTypeName: 'JsFirst' },\n"
    "  class First extends Hein.Strategy {});\n"
    "Hein.plugin_add('told-js', First);\n",
    -1);
}

static char *
dup_path (const char *format)
{
  return g_strdup_printf (format, language);
}

static void
add_suites (void)
{
  transport_suite.name = language;
  protocol_suite.name = g_intern_string (is_python () ? "frames" : "js-frames");
  strategy_suite.name = is_python () ? "rotation" : "js-rotation";
  hein_transport_suite_add (&transport_suite);
  hein_transport_suite_add (&protocol_suite);
  hein_protocol_suite_add (protocol_suite.name);
  hein_strategy_suite_add (&strategy_suite);
}

static void
add_tests (void)
{
  const struct
  {
    const char *path;
    void (*func) (void);
  } tests[] = {
    { "/scripts/%s/on-demand", test_on_demand },
    { "/scripts/%s/many-threads", test_many_threads },
    { "/scripts/%s/other-thread", test_other_thread },
    { "/scripts/%s/described", test_described },
    { "/scripts/%s/broken", test_broken },
    { "/scripts/%s/writable-folder", test_writable_folder },
  };

  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    {
      g_autofree char *path = dup_path (tests[i].path);

      g_test_add_func (path, tests[i].func);
    }
}

int
main (int argc, char **argv)
{
  /* GJS runs in one thread */
  char *arguments[] = { argv[0],
                        (char *) "-s",
                        (char *) "/transports/js/threads",
                        (char *) "-s",
                        (char *) "/transports/js-frames/threads",
                        NULL };
  char **given = arguments;
  int n = G_N_ELEMENTS (arguments) - 1;
  int status;

  hein_transport_suite_init (argc, argv);
  g_test_init (&n, &given, NULL);
  g_assert_cmpint (argc, ==, 3);
  language = argv[1];
  folder = script_folder_make ();
  write_scripts ();
  if (g_str_equal (argv[2], "laws"))
    add_suites ();
  else
    {
      write_broken ();
      add_tests ();
    }
  status = g_test_run ();
  script_folder_remove (folder);
  return status;
}
