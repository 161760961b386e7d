/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-intake.h"

/* Messages on their way from the bus to where a command puts them. */

#define TAKE_MAX 256

static void
on_messages (HeinBus *bus, GPtrArray *messages, ToolIntake *self)
{
  self->put (self->user_data, messages);
  if (!self->has_room (self->user_data))
    g_clear_signal_handler (&self->handler_id, bus);
}

/* Takes the messages that arrived while there was no room. */
static gboolean
put_inbox (ToolIntake *self)
{
  for (;;)
    {
      g_autoptr (GPtrArray) messages =
        hein_bus_take (self->session->bus, TAKE_MAX);

      if (messages->len == 0)
        return TRUE;
      self->put (self->user_data, messages);
      if (!self->has_room (self->user_data) || self->session->is_over)
        return FALSE;
    }
}

gboolean
tool_intake_pump (ToolIntake *self)
{
  if (!self->has_room (self->user_data) ||
      (self->handler_id == 0 && !put_inbox (self)))
    return FALSE;
  if (self->handler_id == 0)
    self->handler_id = g_signal_connect (self->session->bus, "messages",
                                         G_CALLBACK (on_messages), self);
  return TRUE;
}

void
tool_intake_stop (ToolIntake *self)
{
  g_clear_signal_handler (&self->handler_id, self->session->bus);
}
