/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include <hein/hein-peer.h>

#include "base/hein-object.h"
#include "hein-message-memory.h"
#include "hein-message-receive.h"

/* Making messages that arrive, and passing messages on between buses. */

HeinMessage *
hein_message_new_received_bytes (const char *topic,
                                 gsize topic_size,
                                 GBytes *payload,
                                 HeinPeer *sender,
                                 gint64 time_us)
{
  HeinMessage *self;

  g_assert (topic_size <= HEIN_TOPIC_MAX);

  self = hein_message_alloc_bytes (topic, topic_size, payload);
  self->sender = sender;
  self->time_us = time_us;
  return self;
}

/* What it has beside the payload is in its own block, with room to lie there as
 * it must. */
HeinMessage *
hein_message_new_numbered (const char *topic,
                           gsize topic_size,
                           const guint8 *data,
                           gsize size,
                           HeinPeer *sender,
                           gint64 time_us,
                           guint64 number,
                           guint32 left_ms)
{
  const gsize mask = G_ALIGNOF (HeinMessageExtra) - 1;
  const gsize end = sizeof (HeinMessage) + topic_size + 1 + size;
  const gsize place = (end + mask) & ~mask;
  HeinMessage *self =
    hein_message_alloc_in (place + sizeof (HeinMessageExtra), topic, topic_size,
                           size,
                           HEIN_MESSAGE_INLINE | HEIN_MESSAGE_EXTRA_INSIDE);

  if (size > 0)
    memcpy (self->data + topic_size + 1, data, size);
  self->sender = sender;
  self->time_us = time_us;
  self->extra = (HeinMessageExtra *) ((char *) self + place);
  *self->extra = (HeinMessageExtra){
    .attributes = { .ask_id = number, .ask_number = left_ms },
  };
  return self;
}

/* Copies the extra members except for the return path of a reply, which led
 * here. */
static HeinMessageExtra *
extra_copy_received (const HeinMessageExtra *self)
{
  GBytes *return_path = NULL;
  HeinMessageExtra *copy;

  if (self == NULL)
    return NULL;
  if (self->reply_peer == NULL)
    return_path = self->return_path;
  copy = hein_message_extra_new (&self->attributes, return_path,
                                 (GBytes **) self->more, self->n_more);
  if (self->notes == NULL)
    return copy;
  if (copy == NULL)
    copy = hein_message_extra_alloc (0);
  copy->notes = hein_notes_ref (self->notes);
  return copy;
}

static HeinMessage *
message_copy_received (HeinMessage *self)
{
  HeinMessage *copy;

  if (self->flags & HEIN_MESSAGE_INLINE)
    copy = hein_message_alloc_data (self->data, self->topic_size,
                                    hein_message_data (self), self->size);
  else
    copy = hein_message_alloc_bytes (self->data, self->topic_size,
                                     g_bytes_ref (self->payload));
  copy->extra = extra_copy_received (self->extra);
  return copy;
}

HeinMessage *
hein_message_receive (HeinMessage *self, HeinPeer *sender, gint64 time_us)
{
  gboolean is_reply = self->extra != NULL && self->extra->reply_peer != NULL;
  HeinMessage *received;

  if (self->sender == NULL && !is_reply &&
      g_atomic_int_get (&self->ref_count) == 1)
    received = hein_message_ref (self);
  else
    received = message_copy_received (self);
  received->sender = sender;
  received->time_us = time_us;
  return received;
}

static void
copy_ask (HeinMessageAttributes *self, const HeinMessageAttributes *other)
{
  self->ask = other->ask;
  self->ask_number = other->ask_number;
  self->ask_credit = other->ask_credit;
  self->ask_id = other->ask_id;
}

/* The way back, and which request it belongs to. */
static void
set_return_path (HeinMessage *self, HeinMessage *other)
{
  if (other->extra == NULL || (other->extra->return_path == NULL &&
                               other->extra->attributes.ask == HEIN_ASK_NONE))
    return;
  if (self->extra == NULL)
    self->extra = hein_message_extra_alloc (0);
  copy_ask (&self->extra->attributes, &other->extra->attributes);
  if (self->extra->return_path == NULL && other->extra->return_path != NULL)
    self->extra->return_path = g_bytes_ref (other->extra->return_path);
}

HeinMessage *
hein_message_route_as (HeinMessage *self, HeinMessage *other)
{
  g_autoptr (HeinMessage) owned = self;
  HeinPeer *reply_peer = hein_message_get_reply_peer (other);
  HeinMessage *routed;

  if (self == other || reply_peer == NULL ||
      hein_message_get_reply_peer (self) == reply_peer)
    return g_steal_pointer (&owned);
  routed = message_copy_received (self);
  if (routed->extra == NULL)
    routed->extra = hein_message_extra_alloc (0);
  routed->extra->reply_peer = g_object_ref (reply_peer);
  set_return_path (routed, other);
  return routed;
}

HeinMessage *
hein_message_new_ask (HeinMessage *message,
                      HeinPeer *peer,
                      const HeinMessageAttributes *ask,
                      GBytes *return_path)
{
  HeinMessage *self = message_copy_received (message);

  if (self->extra == NULL)
    self->extra = hein_message_extra_alloc (0);
  copy_ask (&self->extra->attributes, ask);
  self->extra->reply_peer = hein_object_ref (peer);
  g_clear_pointer (&self->extra->return_path, g_bytes_unref);
  if (return_path != NULL)
    self->extra->return_path = g_bytes_ref (return_path);
  return self;
}

/* Who passes it on passes a message on, and no part of this request. */
void
hein_message_end_ask (HeinMessage *self)
{
  if (self->extra != NULL)
    self->extra->attributes.ask = HEIN_ASK_NONE;
}

HeinMessage *
hein_message_arrive_as (HeinMessage *self, HeinMessage *other)
{
  g_autoptr (HeinMessage) owned = self;
  HeinMessage *arrived =
    hein_message_receive (self, other->sender, other->time_us);

  set_return_path (arrived, other);
  return arrived;
}
