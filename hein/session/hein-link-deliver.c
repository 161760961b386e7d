/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-link-deliver.h"

#include <hein/hein-error.h>

#include "ask/hein-acknowledger.h"
#include "ask/hein-ask-deliver.h"
#include "core/hein-clearance.h"
#include "core/hein-core-state.h"
#include "core/hein-filters.h"
#include "hein-link-entry.h"
#include "link/hein-link-close.h"
#include "link/hein-losses.h"
#include "message/hein-message-memory.h"
#include "message/hein-message-receive.h"

/* The way of a message from the protocol of a connection to the bus. */

static gboolean
may_deliver (HeinLink *self)
{
  if (self->state == HEIN_LINK_UP)
    return TRUE;
  if (self->state == HEIN_LINK_ADMITTED && self->said.is_ready)
    {
      /* the peer sends before it has subscribed: it is up */
      hein_link_bring_up (self);
      return self->state == HEIN_LINK_UP;
    }
  if (self->state < HEIN_LINK_UP)
    {
      /* the protocol may have passed on what the peer sent too early */
      g_autoptr (GError) error =
        g_error_new (HEIN_ERROR, HEIN_ERROR_PROTOCOL,
                     "a message came before the handshake was done (%s)",
                     G_OBJECT_TYPE_NAME (self->protocol));

      hein_link_close (self, error);
    }
  return FALSE;
}

/* Drops a message that arrives while the connection closes. Once the goodbye
 * has said how many were taken, the peer counts the rest. */
static void
drop_late (HeinLink *self, gsize size)
{
  if (self->state < HEIN_LINK_FINISHING || self->goodbye.has_told_taken)
    return;
  self->account.n_refused++;
  hein_losses_count (self->host, self->peer, HEIN_DROP_REASON_UNHANDLED, 1,
                     size);
}

/* Takes ownership of @message. */
static G_ALWAYS_INLINE inline void
hand_over (HeinLink *self, HeinMessage *message)
{
  if (G_UNLIKELY (
        !hein_filters_deliver (hein_core_of_link (self), self->peer, message)))
    self->account.n_refused++;
}

/* Takes @message. */
static void
hand_over_ask (HeinLink *self, HeinMessage *message)
{
  const gboolean is_refused =
    !hein_ask_deliver (hein_core_of_link (self), self->peer, message);

  if (is_refused)
    self->account.n_refused++;
}

/* Returns whether the access file keeps a message out, which counts then. */
static G_GNUC_NO_INLINE gboolean
is_forbidden (HeinLink *self, const char *topic, gsize topic_size, gsize size)
{
  g_autoptr (GError) error = NULL;

  if (hein_clearance_check (self->peer, HEIN_ACTION_PUBLISH, topic, topic_size,
                            &error))
    return FALSE;
  g_debug ("%s", error->message);
  self->account.n_refused++;
  hein_losses_count (self->host, self->peer, HEIN_DROP_REASON_FORBIDDEN, 1,
                     size);
  return TRUE;
}

gboolean
hein_link_deliver (gpointer data, HeinMessage *message)
{
  HeinLink *self = data;
  HeinMessage *received;

  if (!may_deliver (self))
    {
      drop_late (self, hein_message_size (message));
      return FALSE;
    }
  if (G_UNLIKELY (self->peer->clearance != NULL) &&
      !hein_message_is_ask (message) &&
      is_forbidden (self, message->data, message->topic_size,
                    hein_message_size (message)))
    return TRUE;
  received = hein_message_receive (message, self->peer,
                                   hein_loop_get_now_us (self->host->loop));
  if (hein_message_is_ask (received))
    hand_over_ask (self, received);
  else
    hand_over (self, received);
  return TRUE;
}

/* A large payload in the receive buffer is not copied, unless a reference would
 * pin much more memory. */
static HeinMessage *
new_large (HeinLink *self,
           const char *topic,
           gsize topic_size,
           const guint8 *bytes,
           gsize size)
{
  HeinInputUse use = HEIN_INPUT_COPY;
  gsize have = 0;
  const guint8 *start = NULL;
  HeinMessage *message;

  if (self->current != NULL)
    start = g_bytes_get_data (self->current, &have);
  if (start != NULL && bytes >= start && bytes + size <= start + have)
    use = hein_input_keep (&self->input, size);
  message =
    hein_message_new_received_bytes (topic, topic_size,
                                     use == HEIN_INPUT_COPY
                                       ? hein_block_copy_bytes (bytes, size)
                                       : g_bytes_new_from_bytes (self->current,
                                                                 bytes - start,
                                                                 size),
                                     self->peer, self->times.received_us);
  if (use == HEIN_INPUT_PIN)
    message->flags |= HEIN_MESSAGE_PINS_BLOCK;
  return message;
}

gboolean
hein_link_deliver_data (gpointer data,
                        const char *topic,
                        gsize topic_size,
                        const guint8 *bytes,
                        gsize size)
{
  HeinLink *self = data;
  HeinMessage *message;

  if (G_UNLIKELY (self->state != HEIN_LINK_UP) && !may_deliver (self))
    {
      drop_late (self, size);
      return FALSE;
    }
  if (G_UNLIKELY (self->peer->clearance != NULL) &&
      is_forbidden (self, topic, topic_size, size))
    return TRUE;
  if (G_LIKELY (size <= HEIN_MESSAGE_INLINE_MAX))
    message = hein_message_new_received (topic, topic_size, bytes, size,
                                         self->peer, self->times.received_us);
  else
    message = new_large (self, topic, topic_size, bytes, size);
  hand_over (self, message);
  return TRUE;
}

/* Most deliveries have nothing that is to be looked at first. */
gboolean
hein_link_deliver_numbered (gpointer data,
                            const char *topic,
                            gsize topic_size,
                            const guint8 *bytes,
                            gsize size,
                            guint64 number,
                            guint32 left_ms)
{
  HeinLink *self = data;
  HeinCore *core = hein_core_of_link (self);
  HeinMessage *message;

  if (G_UNLIKELY (
        self->state != HEIN_LINK_UP || self->peer->clearance != NULL ||
        core->sender.filters != NULL || size > HEIN_MESSAGE_INLINE_MAX))
    return FALSE;
  message =
    hein_message_new_numbered (topic, topic_size, bytes, size, self->peer,
                               self->times.received_us, number, left_ms);
  if (G_UNLIKELY (!hein_acknowledger_receive (core, self->peer, message)))
    self->account.n_refused++;
  return TRUE;
}
