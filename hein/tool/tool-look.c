/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-look.h"

#include <string.h>

#include "tool-json.h"
#include "tool-text.h"

/* What the commands that look into running buses have in common. */

void
tool_look_fill_options (ToolLook *self, GOptionEntry *entries)
{
  const GOptionEntry own[TOOL_LOOK_N_OPTIONS] = {
    { "json", 'j', 0, G_OPTION_ARG_NONE, &self->is_json,
      "Print JSON, an object per line", NULL },
    { "timeout", 0, 0, G_OPTION_ARG_DOUBLE, &self->timeout_s,
      "Wait so many seconds for answers; 2 unless given", "S" },
    { NULL },
  };

  self->timeout_s = 2;
  for (guint i = 0; i < TOOL_LOOK_N_OPTIONS; i++)
    entries[i] = own[i];
}

static ToolStatus
tell_nobody (const char *who)
{
  if (who != NULL)
    {
      tool_complain ("no bus that can be looked into has the process id or "
                     "name '%s': 'hein ps' lists those that are there",
                     who);
      return TOOL_FAILED;
    }
  tool_complain ("there is no bus that can be looked into: programs have to "
                 "set 'inspectable', or to be started with HEIN_INSPECT=1");
  return TOOL_DONE;
}

gboolean
tool_look_find (
  ToolLook *self, int n_max, int argc, char **argv, ToolStatus *status)
{
  const char *who = argc > 1 ? argv[1] : NULL;

  *status = TOOL_USAGE;
  if (argc > n_max + 1)
    tool_complain_usage ("%s takes one process id or name%s, not %d arguments",
                         argv[0], n_max > 1 ? " and one peer" : "", argc - 1);
  else if (tool_check_seconds ("--timeout", self->timeout_s) &&
           tool_check_text ("the name", who))
    {
      *status = TOOL_FAILED;
      self->controls = tool_control_find (who);
      self->end_us =
        g_get_monotonic_time () + (gint64) (self->timeout_s * G_USEC_PER_SEC);
      if (self->controls != NULL && self->controls->len > 0)
        return TRUE;
      if (self->controls != NULL)
        *status = tell_nobody (who);
    }
  return FALSE;
}

void
tool_look_clear (ToolLook *self)
{
  g_clear_pointer (&self->controls, g_ptr_array_unref);
}

void
tool_look_append_process (GString *text, const ToolControl *control)
{
  g_string_append_c (text, '{');
  tool_json_append_number (text, "pid", control->pid);
  tool_json_append_member (text, "program", control->program);
}

void
tool_look_append_title (GString *text, const ToolControl *control)
{
  g_autofree char *title =
    g_strdup_printf ("%s, process %ld (%s)", control->name, (long) control->pid,
                     control->program);

  g_string_append (text, text->len > 0 ? "\n" : "");
  tool_text_append (text, title, strlen (title));
  g_string_append (text, ":\n");
}
