/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-pacing.h"

/* When `hein send` sends the next message. */

static gboolean
on_pause_over (gpointer user_data)
{
  ToolPacing *self = user_data;

  self->pause_id = 0;
  return G_SOURCE_REMOVE;
}

gboolean
tool_pacing_is_pausing (ToolPacing *self)
{
  gint64 left_us = self->next_us - g_get_monotonic_time ();

  if (self->next_us == 0 || left_us <= 0)
    return FALSE;
  if (self->pause_id == 0)
    self->pause_id =
      g_timeout_add ((guint) (left_us / 1000) + 1, on_pause_over, self);
  return TRUE;
}

gboolean
tool_pacing_is_early (ToolPacing *self, gint64 time_us)
{
  if (!self->keeps_time || time_us == 0)
    return FALSE;
  if (self->first_us == 0)
    {
      self->first_us = time_us;
      self->start_at_us = g_get_monotonic_time ();
    }
  if (time_us <= self->first_us)
    return FALSE;
  self->next_us = self->start_at_us + (time_us - self->first_us);
  return tool_pacing_is_pausing (self);
}

void
tool_pacing_note_sent (ToolPacing *self)
{
  if (self->interval_s > 0)
    self->next_us =
      g_get_monotonic_time () + (gint64) (self->interval_s * G_USEC_PER_SEC);
}

void
tool_pacing_clear (ToolPacing *self)
{
  g_clear_handle_id (&self->pause_id, g_source_remove);
}
