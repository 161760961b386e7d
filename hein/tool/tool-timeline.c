/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-timeline.h"

#include <string.h>

#include "tool-text.h"

/* Prints what happened when, and where. */

#define PLACE_MAX 24 /* columns; longer ones shift their line */

char *
tool_timeline_dup_place (const char *host, const char *bus)
{
  if (host == NULL)
    return g_strdup (bus != NULL ? bus : "");
  if (bus == NULL || g_str_equal (bus, host))
    return g_strdup (host);
  return g_strconcat (host, "/", bus, NULL);
}

static char *
dup_shown (const char *text)
{
  GString *shown = g_string_new (NULL);

  tool_text_append (shown, text, strlen (text));
  return g_string_free (shown, FALSE);
}

static char *
dup_place (const ToolTraceEvent *event)
{
  g_autofree char *place = tool_timeline_dup_place (event->host, event->bus);

  return dup_shown (place);
}

static gboolean
is_wanted (const ToolTraceEvent *event, gboolean with_bytes)
{
  return with_bytes || tool_trace_event_is_plain (event);
}

static int
measure_places (const ToolTrace *trace, gboolean with_bytes)
{
  glong width = 0;

  for (guint i = 0; i < trace->events->len; i++)
    {
      const ToolTraceEvent *event = g_ptr_array_index (trace->events, i);
      g_autofree char *place = NULL;

      if (!is_wanted (event, with_bytes))
        continue;
      place = dup_place (event);
      width = MAX (width, g_utf8_strlen (place, -1));
    }
  return (int) MIN (width, PLACE_MAX);
}

static void
append_event (GString *text, const ToolTraceEvent *event, int width)
{
  g_autofree char *place = dup_place (event);
  g_autofree char *what = dup_shown (event->text != NULL ? event->text : "");
  const int length = (int) g_utf8_strlen (place, -1);

  g_string_append_printf (text, "%6" G_GINT64_FORMAT ".%06d  %s%*s  %s\n",
                          event->time_us / G_USEC_PER_SEC,
                          (int) (event->time_us % G_USEC_PER_SEC), place,
                          MAX (width - length, 0), "", what);
}

char *
tool_timeline_print (const ToolTrace *trace, gboolean with_bytes)
{
  const int width = measure_places (trace, with_bytes);
  GString *text = g_string_new (NULL);

  g_string_append_printf (text, "seed %" G_GUINT64_FORMAT "\n", trace->seed);
  if (trace->n_simulations > 1)
    g_string_append_printf (text, "the last of %u simulations\n",
                            trace->n_simulations);
  for (guint i = 0; i < trace->events->len; i++)
    {
      const ToolTraceEvent *event = g_ptr_array_index (trace->events, i);

      if (is_wanted (event, with_bytes))
        append_event (text, event, width);
    }
  return g_string_free (text, FALSE);
}
