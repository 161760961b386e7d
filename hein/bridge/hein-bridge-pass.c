/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-bridge-pass.h"

#include <hein/hein-error.h>

#include "hein-bridge-copy.h"
#include "hein-bridge-deliver.h"
#include "io/hein-world.h"

/* Messages on their way from one bus to the other, one after the other: while
 * the second has no room, no other one is taken from the first. */

/* How many are passed on in a turn, and for how long, before others have
 * theirs. */
#define PASSES_PER_TURN 256
#define PASS_US         500

static void
refuse (HeinBridge *self, HeinMessage *message, const GError *error)
{
  hein_message_refuse (message, error->message);
  hein_bridge_fail (self, message, error);
}

/* ---- which messages ---- */

/* Peers whose protocol has no subscriptions send everything. */
static gboolean
wants (HeinBridge *self, const char *topic)
{
  if (self->prefixes->len == 0 && self->patterns->len == 0)
    return TRUE;
  for (guint i = 0; i < self->prefixes->len; i++)
    if (g_str_has_prefix (topic, g_ptr_array_index (self->prefixes, i)))
      return TRUE;
  for (guint i = 0; i < self->patterns->len; i++)
    if (hein_topic_matches (topic, g_ptr_array_index (self->patterns, i)))
      return TRUE;
  return FALSE;
}

/* ---- passing on ---- */

static void
on_sent (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (HeinBridge) self = user_data;
  g_autoptr (HeinMessage) message = g_steal_pointer (&self->message);
  g_autoptr (GError) error = NULL;

  if (hein_bus_send_finish (HEIN_BUS (source), result, &error))
    self->n_passed++;
  else if (message != NULL)
    refuse (self, message, error);
  if (!self->is_closed)
    hein_bridge_wait (self);
}

/* Returns FALSE when it waits for room. */
static gboolean
send (HeinBridge *self, HeinMessage *message, HeinMessage *copy)
{
  g_autoptr (GError) error = NULL;

  if (hein_bus_send (self->target, copy, &error))
    self->n_passed++;
  else if (g_error_matches (error, HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK))
    {
      self->message = hein_message_ref (message);
      hein_bus_send_async (self->target, copy, self->cancellable, on_sent,
                           g_object_ref (self));
      return FALSE;
    }
  else
    refuse (self, message, error);
  return TRUE;
}

/* Returns FALSE when it waits for room. */
static gboolean
pass (HeinBridge *self, HeinMessage *message)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (HeinMessage) copy = NULL;

  if (!wants (self, hein_message_get_topic (message)))
    {
      hein_message_refuse (message, "the bridge does not pass on the topic");
      return TRUE;
    }
  copy = hein_bridge_copy (message, self->id, &error);
  if (copy == NULL)
    refuse (self, message, error);
  else if (hein_message_get_wants_receipt (message))
    hein_bridge_deliver (self, message, copy);
  else
    return send (self, message, copy);
  return TRUE;
}

/* Returns FALSE when it waits for room. */
static gboolean
pass_some (HeinBridge *self)
{
  const gint64 end_us = hein_world_get_us () + PASS_US;

  for (guint i = 0; i < PASSES_PER_TURN && !self->is_closed; i++)
    {
      g_autoptr (HeinMessage) message = hein_bus_take_one (self->source);

      if (message == NULL)
        break;
      if (!pass (self, message))
        return FALSE;
      /* by time as well: what one costs depends on how many peers it goes to */
      if (hein_world_get_us () >= end_us)
        break;
    }
  return TRUE;
}

static void
on_message (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (HeinBridge) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) none =
    hein_bus_receive_finish (HEIN_BUS (source), result, &error);

  if (self->is_closed)
    return;
  if (none == NULL)
    {
      hein_bridge_fail (self, NULL, error);
      hein_bridge_end (self);
    }
  else if (pass_some (self) && !self->is_closed)
    hein_bridge_wait (self);
}

void
hein_bridge_wait (HeinBridge *self)
{
  hein_bus_receive_async (self->source, 0, self->cancellable, on_message,
                          g_object_ref (self));
}
