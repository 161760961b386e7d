/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <signal.h>
#include <string.h>

#include "tool-commands.h"
#include "tool-json.h"
#include "tool-look.h"
#include "tool-output.h"
#include "tool-text.h"

/* The command `hein log`: shows what running buses log, at a level that their
 * programs need not show. */

typedef struct
{
  ToolLook look;
  char *level;
  gint64 count; /* G_MAXINT64: until interrupted */

  gint64 n_lines;
  ToolStatus status;
} LogOf;

static const ToolHelp help = {
  "[PID|NAME]",
  "Prints what happens at a bus, or at all buses of this machine and user "
  "that\n"
  "can be looked into, from now on: who comes and goes, what fails and what "
  "is\n"
  "dropped; and what hein logs in that program, whatever the program itself\n"
  "shows: connections that came to nothing and why, and more with --level "
  "debug.",
  "What had failed before comes first; drops are told once per second at "
  "most.\n\n"
  "Each line has the time in UTC, the process, the level, the part of hein "
  "and\n"
  "the text. It ends when it is interrupted, or the program is gone.\n\n"
  "Exit status: 0 done, 1 failed or the program is gone, 2 wrong usage, 3 "
  "when\n"
  "a bus did not answer in time.\n\n"
  "Examples:\n"
  "  hein log lamp\n"
  "  hein log 4711 --level debug --json",
};

static volatile sig_atomic_t is_interrupted;

static void
on_signal (int number)
{
  is_interrupted = TRUE;
}

static gboolean
is_over (gpointer user_data)
{
  LogOf *self = user_data;

  return is_interrupted || self->n_lines >= self->count ||
         self->status != TOOL_DONE;
}

static void
append_time (GString *text, guint64 time_us)
{
  g_autoptr (GDateTime) time =
    g_date_time_new_from_unix_utc ((gint64) (time_us / G_USEC_PER_SEC));
  g_autofree char *shown =
    time != NULL ? g_date_time_format (time, "%Y-%m-%dT%H:%M:%S") : NULL;

  if (shown != NULL)
    g_string_append_printf (text, "%s.%06dZ", shown,
                            (int) (time_us % G_USEC_PER_SEC));
  else
    g_string_append_c (text, '-');
}

static void
append_member (GString *text, const HeinJsonSpan *log, const char *name)
{
  g_autofree char *value = tool_control_dup_text (log, name);

  g_string_append_c (text, '\t');
  if (value != NULL)
    tool_text_append (text, value, strlen (value));
}

static void
append_line (GString *text, ToolControl *control, const HeinJsonSpan *log)
{
  append_time (text, tool_control_get_number (log, "time-us"));
  g_string_append_printf (text, "\t%ld", (long) control->pid);
  append_member (text, log, "level");
  append_member (text, log, "domain");
  append_member (text, log, "message");
  g_string_append_c (text, '\n');
}

static void
on_line (ToolControl *control, const HeinJsonSpan *line, gpointer user_data)
{
  LogOf *self = user_data;
  g_autoptr (GString) text = g_string_new (NULL);
  HeinJsonSpan value;

  if (is_over (self))
    return;
  if (tool_control_get (line, "missed", &value))
    {
      tool_complain ("process %ld logged faster than it was read: "
                     "%" G_GUINT64_FORMAT " messages are missing",
                     (long) control->pid,
                     tool_control_get_number (line, "missed"));
      return;
    }
  if (!tool_control_get (line, "log", &value))
    return;
  self->n_lines++;
  if (self->look.is_json)
    {
      tool_look_append_process (text, control);
      tool_json_append_name (text, "log");
      hein_json_append_ascii (text, value.data, value.size);
      g_string_append (text, "}\n");
    }
  else
    append_line (text, control, &value);
  self->status = tool_output_print (text->str);
}

static void
ignore_line (ToolControl *control, const HeinJsonSpan *line, gpointer user_data)
{
}

static ToolStatus
follow (LogOf *self)
{
  g_autofree char *request =
    g_strdup_printf ("{\"ask\":\"log\",\"level\":\"%s\"}\n",
                     self->level != NULL ? self->level : "info");
  struct sigaction action = { .sa_handler = on_signal };

  sigaction (SIGINT, &action, NULL);
  sigaction (SIGTERM, &action, NULL);
  /* what does not answer at all will not log, either */
  tool_control_ask (self->look.controls, "{\"ask\":\"bus\"}\n",
                    self->look.end_us, ignore_line, NULL);
  tool_control_follow (self->look.controls, request, is_over, on_line, self);
  return self->status != TOOL_DONE
           ? self->status
           : tool_control_tell_problems (self->look.controls);
}

static gboolean
check (LogOf *self)
{
  static const char *const levels[] = { "warning", "message", "info", "debug",
                                        NULL };

  if (self->count < 1)
    tool_complain_usage ("--count takes a number of at least 1");
  else if (self->level != NULL && !g_strv_contains (levels, self->level))
    tool_complain_usage ("--level is warning, message, info or debug, not %s",
                         self->level);
  else
    return TRUE;
  return FALSE;
}

int
tool_log (int argc, char **argv)
{
  LogOf self = { .count = G_MAXINT64 };
  GOptionEntry shared[TOOL_LOOK_N_OPTIONS];
  const GOptionEntry own[] = {
    { "level", 0, 0, G_OPTION_ARG_FILENAME, &self.level,
      "info (the default), warning, message or debug", "L" },
    { "count", 'c', 0, G_OPTION_ARG_INT64, &self.count, "End after N lines",
      "N" },
    { NULL },
  };
  const GOptionEntry *const groups[] = { shared, own, NULL };
  ToolStatus status = TOOL_USAGE;

  tool_look_fill_options (&self.look, shared);
  if (tool_parse (&help, groups, &argc, &argv) && check (&self) &&
      tool_look_find (&self.look, 1, argc, argv, &status))
    status = follow (&self);
  tool_look_clear (&self.look);
  g_free (self.level);
  return status;
}
