/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-options.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tool-progress.h"
#include "tool-status.h"
#include "tool-suggest.h"
#include "tool-text.h"

/* Parses command lines with GOption, and suggests what was meant. */

/* Escapes the text: it may contain bytes of a peer or a file name, which must
 * not control the terminal. */
static void
complain (const char *format, va_list arguments)
{
  g_autofree char *text = g_strdup_vprintf (format, arguments);
  g_autoptr (GString) shown = g_string_new (NULL);

  tool_text_append (shown, text, strlen (text));
  tool_progress_hide ();
  fprintf (stderr, "hein: %s\n", shown->str);
}

void
tool_complain (const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  complain (format, arguments);
  va_end (arguments);
}

int
tool_complain_usage (const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  complain (format, arguments);
  va_end (arguments);
  fprintf (stderr, "Try '%s --help'\n", g_get_prgname ());
  return TOOL_USAGE;
}

/* GLib leaves "--" in @argv where an argument behind it begins with a hyphen.
 * The first "--" that is left is the one that ended the options, unless it is
 * behind a program (@n: how many arguments are looked at). */
static void
drop_separator (int *argc, char **argv, int n)
{
  for (int i = 1; i < *argc && i <= n; i++)
    if (g_str_equal (argv[i], "--"))
      {
        memmove (argv + i, argv + i + 1, (*argc - i) * sizeof *argv);
        (*argc)--;
        return;
      }
}

/* Finds the option that is most similar to the first unknown one; NULL:
 * none. */
static const char *
suggest_option (const GOptionEntry *const *groups, char **argv)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();

  for (; *groups != NULL; groups++)
    for (const GOptionEntry *entry = *groups; entry->long_name != NULL; entry++)
      g_ptr_array_add (names, (gpointer) entry->long_name);
  g_ptr_array_add (names, (gpointer) "help");
  g_ptr_array_add (names, NULL);
  for (argv++; *argv != NULL; argv++)
    if (g_str_has_prefix (*argv, "--"))
      {
        g_autofree char *word = g_strndup (*argv + 2, strcspn (*argv + 2, "="));
        const char *const *known = (const char *const *) names->pdata;

        if (!g_strv_contains (known, word))
          return tool_suggest (word, known);
      }
  return NULL;
}

static gboolean
parse (const ToolHelp *help,
       const GOptionEntry *const *groups,
       int *argc,
       char ***argv,
       gboolean takes_program)
{
  g_autoptr (GOptionContext) context = g_option_context_new (help->parameters);
  g_autoptr (GError) error = NULL;
  const GOptionEntry *const *group = groups;
  const char *meant = NULL;

  g_option_context_set_summary (context, help->summary);
  g_option_context_set_description (context, help->examples);
  g_option_context_set_strict_posix (context, takes_program);
  for (; *group != NULL; group++)
    g_option_context_add_main_entries (context, *group, NULL);
  if (g_option_context_parse (context, argc, argv, &error))
    {
      drop_separator (argc, *argv, takes_program ? 1 : *argc);
      return TRUE;
    }
  if (g_error_matches (error, G_OPTION_ERROR, G_OPTION_ERROR_UNKNOWN_OPTION))
    meant = suggest_option (groups, *argv);
  tool_complain_usage ("%s%s%s%s", error->message,
                       meant != NULL ? ": did you mean --" : "",
                       meant != NULL ? meant : "", meant != NULL ? "?" : "");
  return FALSE;
}

gboolean
tool_parse (const ToolHelp *help,
            const GOptionEntry *const *groups,
            int *argc,
            char ***argv)
{
  return parse (help, groups, argc, argv, FALSE);
}

gboolean
tool_parse_program (const ToolHelp *help,
                    const GOptionEntry *const *groups,
                    int *argc,
                    char ***argv)
{
  return parse (help, groups, argc, argv, TRUE);
}

gboolean
tool_check_text (const char *option, const char *text)
{
  if (text == NULL || g_utf8_validate (text, -1, NULL))
    return TRUE;
  tool_complain_usage ("%s takes UTF-8, and this is not UTF-8: %s", option,
                       text);
  return FALSE;
}

gboolean
tool_check_topic (const char *option, const char *topic)
{
  if (topic == NULL ||
      (strlen (topic) <= HEIN_TOPIC_MAX && g_utf8_validate (topic, -1, NULL)))
    return TRUE;
  tool_complain_usage ("%s takes at most %d bytes of UTF-8", option,
                       HEIN_TOPIC_MAX);
  return FALSE;
}

gboolean
tool_check_seconds (const char *option, double seconds)
{
  /* the maximum of g_timeout_add(), which counts milliseconds */
  const double max = G_MAXINT32 / 1000.0;

  if (isfinite (seconds) && seconds >= 0 && seconds <= max)
    return TRUE;
  tool_complain_usage ("%s takes 0 to %.0f seconds", option, max);
  return FALSE;
}
