/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-check-law.h"

#include <string.h>
#include <sys/resource.h>

#include <hein-test/hein-suites.h>

#include "tool-options.h"

/* Holds a plugin to one law in a process of its own: a test that fails ends its
 * process, and a plugin may do that, too. */

#define LIMIT_S 120 /* for a law; tests give up by themselves before */

static const struct
{
  const char *word;
  HeinTestPromises promises;
} words[] = {
  { "everybody", HEIN_TEST_PROMISES_EVERYBODY },
  { "names", HEIN_TEST_PROMISES_NAMES },
  { "holds", HEIN_TEST_PROMISES_HOLDS },
  { "waits", HEIN_TEST_PROMISES_WAITS },
  { "evades", HEIN_TEST_PROMISES_EVADES },
};

/* Returns FALSE for a word that is none. */
static gboolean
parse_promises (const char *text, HeinTestPromises *promises)
{
  g_auto (GStrv) given = g_strsplit (text, ",", -1);

  *promises = HEIN_TEST_PROMISES_NONE;
  for (guint i = 0; given[i] != NULL; i++)
    {
      gboolean is_known = *given[i] == '\0';

      for (guint j = 0; j < G_N_ELEMENTS (words); j++)
        if (g_str_equal (words[j].word, given[i]))
          {
            *promises |= words[j].promises;
            is_known = TRUE;
          }
      if (!is_known)
        return FALSE;
    }
  return TRUE;
}

gboolean
tool_check_law_knows (const char *promises)
{
  HeinTestPromises parsed;

  return parse_promises (promises, &parsed);
}

/* ---- the child process ---- */

static void
add_suites (const ToolCheck *self)
{
  HeinTestPromises promises;

  if (self->kind == HEIN_PLUGIN_KIND_STRATEGY)
    {
      parse_promises (self->promises, &promises);
      hein_test_add_strategy_plugin (self->name, self->key, promises);
      return;
    }
  if (self->line != NULL)
    {
      hein_test_add_line (self->name, self->line);
      return;
    }
  hein_test_add_transport (self->name, self->address, !self->is_local);
  if (self->kind == HEIN_PLUGIN_KIND_PROTOCOL)
    hein_test_add_protocol (self->name);
}

int
tool_check_law_be (const ToolCheck *self, const char *path)
{
  const struct rlimit none = { 0, 0 };
  g_autofree char *tool = g_file_read_link ("/proc/self/exe", NULL);
  const char *program[] = { tool, "check-plugin", NULL };

  /* a law that is broken ends in abort() */
  setrlimit (RLIMIT_CORE, &none);
  hein_test_init_one (program, path);
  add_suites (self);
  return hein_test_run ();
}

/* ---- its parent ---- */

static void
add_option (GStrvBuilder *builder, const char *option, const char *value)
{
  if (value != NULL)
    g_strv_builder_add_many (builder, option, value, NULL);
}

static char **
build_command (const ToolCheck *self, const char *path)
{
  static const char *const kinds[] = { "transport", "protocol", "strategy" };
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_autofree char *tool = g_file_read_link ("/proc/self/exe", NULL);

  g_strv_builder_add_many (builder, tool, "check-plugin", NULL);
  add_option (builder, "--be-law", path);
  add_option (builder, "--kind", kinds[self->kind]);
  add_option (builder, "--address", self->address);
  add_option (builder, "--line", self->line);
  add_option (builder, "--key", self->key);
  add_option (builder, "--promises", self->promises);
  if (self->is_local)
    g_strv_builder_add (builder, "--local");
  g_strv_builder_add (builder, self->name);
  return g_strv_builder_end (builder);
}

typedef struct
{
  GSubprocess *process;
  char *out;
  char *errors;
  gboolean is_done;
  gboolean is_late;
} Child;

static void
on_done (GObject *source, GAsyncResult *result, gpointer data)
{
  Child *self = data;

  g_subprocess_communicate_utf8_finish (G_SUBPROCESS (source), result,
                                        &self->out, &self->errors, NULL);
  self->is_done = TRUE;
}

static gboolean
on_late (gpointer data)
{
  Child *self = data;

  self->is_late = TRUE;
  g_subprocess_force_exit (self->process);
  return G_SOURCE_CONTINUE;
}

static void
wait_for (Child *self)
{
  guint source = g_timeout_add_seconds (LIMIT_S, on_late, self);

  g_subprocess_communicate_utf8_async (self->process, NULL, NULL, on_done,
                                       self);
  while (!self->is_done)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (source);
}

/* Returns the rest of the first line that has @mark, or NULL. */
static char *
dup_behind (const char *text, const char *mark)
{
  const char *found = text != NULL ? strstr (text, mark) : NULL;

  if (found == NULL)
    return NULL;
  found += strlen (mark);
  return g_strndup (found, strcspn (found, "\n"));
}

/* Returns what the test said last, without the place in the source of the
 * suite, which says little to authors of plugins. */
static char *
dup_failure (const Child *self)
{
  char *said = dup_behind (self->errors, "ERROR:");

  if (self->is_late)
    {
      g_free (said);
      return g_strdup_printf ("has not ended within %d s", LIMIT_S);
    }
  if (said == NULL)
    said = dup_behind (self->errors, "CRITICAL **: ");
  if (said != NULL)
    return said;
  if (g_subprocess_get_if_signaled (self->process))
    return g_strdup_printf ("ended by signal %d",
                            g_subprocess_get_term_sig (self->process));
  return g_strdup (self->errors != NULL && *self->errors != '\0'
                     ? self->errors
                     : "it was not run");
}

static ToolLawResult
judge (const Child *self, char **reason)
{
  g_autofree char *skipped = dup_behind (self->out, "# SKIP");
  gboolean has_run = self->out != NULL && strstr (self->out, "\nok 1 ") != NULL;

  if (!g_subprocess_get_successful (self->process) || !has_run)
    {
      *reason = dup_failure (self);
      return TOOL_LAW_BROKEN;
    }
  if (skipped == NULL)
    return TOOL_LAW_KEPT;
  *reason = g_strdup (g_strstrip (skipped));
  return TOOL_LAW_SKIPPED;
}

ToolLawResult
tool_check_law_run (const ToolCheck *self, const char *law, char **reason)
{
  g_autofree char *path = hein_test_dup_path (law, self->name);
  g_auto (GStrv) command = build_command (self, path);
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (
    G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE);
  g_autoptr (GError) error = NULL;
  Child child = { NULL };
  ToolLawResult result = TOOL_LAW_BROKEN;

  g_subprocess_launcher_setenv (launcher, "G_DEBUG", "fatal-criticals", FALSE);
  child.process =
    g_subprocess_launcher_spawnv (launcher, (const char *const *) command,
                                  &error);
  if (child.process == NULL)
    *reason = g_strdup (error->message);
  else
    {
      wait_for (&child);
      result = judge (&child, reason);
    }
  g_clear_object (&child.process);
  g_free (child.out);
  g_free (child.errors);
  return result;
}
