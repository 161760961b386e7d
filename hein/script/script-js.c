/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <sys/syscall.h>
#include <unistd.h>

#include <gjs/gjs.h>
#include <gmodule.h>
#include <hein/hein.h>

#include "plugin/hein-script-module.h"
#include "script-error.h"

/*
 * Runs plugins that are written in JavaScript: the module hein-js.
 *
 * In a program that runs in GJS, its own context runs them; elsewhere one is
 * made, and never freed, since classes of GObject cannot be taken back. A
 * context has one thread: objects of scripts are made and used on no other.
 */

/*
 * Runs the script as a function, so that its names are its own and its lines
 * keep their numbers. The value of the whole is a GQuark: that of what went
 * wrong, or 0.
 */
static const char prelude[] =
  "(function ([path, text]) {\n"
  "  const { GLib } = imports.gi;\n"
  "  const code = text.replace(/^#!/, '//');\n"
  "  try {\n"
  "    (0, eval)(`(function (imports) {${code}\\n})\\n`\n"
  "      + `//# sourceURL=${path}`)(imports);\n"
  "    return 0;\n"
  "  } catch (error) {\n"
  "    const frame = `${error?.stack}`.split('\\n')\n"
  "      .find(each => each.includes(`@${path}:`));\n"
  "    const line = error instanceof SyntaxError && frame === undefined\n"
  "      ? error.lineNumber : frame?.split(`@${path}:`)[1].split(':')[0];\n"
  "    const where = line ? `line ${line}: ` : '';\n"
  "    return GLib.quark_from_string(`${where}${error}`);\n"
  "  }\n"
  "})";

static GThread *owner; /* the only one that may run scripts; atomic */

/* The context of a program in GJS is that of its first thread. */
static gboolean
is_first_thread (void)
{
  return syscall (SYS_gettid) == getpid ();
}

static gboolean
may_run (void)
{
  GThread *thread = g_atomic_pointer_get (&owner);

  if (thread != NULL)
    return thread == g_thread_self ();
  return gjs_context_get_current () == NULL || is_first_thread ();
}

static gboolean
check_thread (GError **error)
{
  if (may_run ())
    return TRUE;
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED,
               "scripts in JavaScript run in one thread, and it is another one "
               "than this");
  return FALSE;
}

static GjsContext *
get_context (void)
{
  GjsContext *context = gjs_context_get_current ();

  g_atomic_pointer_set (&owner, g_thread_self ());
  return context != NULL ? context : gjs_context_new ();
}

static gboolean
run_script (const char *path, const char *text, GError **error)
{
  static guint n_run; /* needs no lock: one thread runs scripts */
  const char *arguments[] = { path, text };
  GjsContext *context;
  g_autofree char *name = g_strdup_printf ("heinScript%u", n_run++);
  g_autofree char *call = g_strdup_printf ("%s (%s)", prelude, name);
  g_autoptr (GError) local = NULL;
  int said = 0;

  if (!check_thread (error))
    return FALSE;
  context = get_context ();
  /* what is defined so can be neither changed nor deleted */
  if (!gjs_context_define_string_array (context, name, 2, arguments, &local) ||
      !gjs_context_eval (context, call, -1, "hein-js", &said, &local))
    return script_refuse (error, "cannot be run: %s", local->message);
  return said == 0 ||
         script_refuse (error, "%s", g_quark_to_string ((GQuark) said));
}

G_MODULE_EXPORT extern const HeinScriptModule hein_js_module;
const HeinScriptModule hein_js_module = {
  .abi = HEIN_SCRIPT_MODULE_ABI,
  .size = sizeof (HeinScriptModule),
  .run = run_script,
  .check_thread = check_thread,
};
