/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-message.h>

#include "hein-message-memory.h"

/**
 * HeinMessage:
 *
 * What is sent and received: a topic and a payload.
 *
 * A message never changes after it was made, and may be used from any thread.
 * The topic is 0 to 255 bytes of UTF-8. Most messages have one part, the
 * payload; some protocols carry several.
 *
 * Since: 0.9
 */

G_DEFINE_BOXED_TYPE (HeinMessage,
                     hein_message,
                     hein_message_ref,
                     hein_message_unref)

/**
 * hein_message_get_topic:
 * @self: a message
 *
 * Gets the topic.
 *
 * - Thread: any.
 *
 * Returns: (transfer none): 0 to 255 bytes of UTF-8
 *
 * Since: 0.9
 */
const char *
hein_message_get_topic (HeinMessage *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->data;
}

/**
 * hein_message_peek: (skip)
 * @self: a message
 * @view: (out caller-allocates): the contents
 *
 * Gets all contents at once, for protocols. They are valid as long as the
 * message.
 *
 * - Thread: any.
 *
 * Since: 0.9
 */
void
hein_message_peek (HeinMessage *self, HeinMessageView *view)
{
  g_return_if_fail (self != NULL);

  view->topic = self->data;
  view->topic_size = self->topic_size;
  view->data = hein_message_data (self);
  view->size = self->size;
  view->attributes = NULL;
  view->n_parts = 1;
  if (G_UNLIKELY (self->extra != NULL))
    {
      if (self->extra->attributes.content_type != NULL ||
          self->extra->attributes.ask != HEIN_ASK_NONE ||
          self->extra->notes != NULL)
        view->attributes = &self->extra->attributes;
      view->n_parts += self->extra->n_more;
    }
}

/**
 * hein_message_get_payload:
 * @self: a message
 *
 * Gets the payload, which is the first part.
 *
 * - Thread: any.
 *
 * Returns: (transfer none): the payload, which may be empty
 *
 * Since: 0.9
 */
GBytes *
hein_message_get_payload (HeinMessage *self)
{
  GBytes *payload;

  g_return_val_if_fail (self != NULL, NULL);

  payload = g_atomic_pointer_get (&self->payload);
  if (payload != NULL)
    return payload;
  /* A copy, since a GBytes inside the block would have to keep the message that
   * keeps it. When two threads do this at once, the second copy is dropped. */
  payload = g_bytes_new (hein_message_data (self), self->size);
  if (g_atomic_pointer_compare_and_exchange (&self->payload, NULL, payload))
    return payload;
  g_bytes_unref (payload);
  return g_atomic_pointer_get (&self->payload);
}

/**
 * hein_message_peek_data:
 * @self: a message
 * @size: (out) (optional): its size in bytes
 *
 * Gets the data of the payload without making a #GBytes. Other languages get a
 * copy, which is the fastest way to read it there.
 *
 * - Thread: any.
 *
 * Returns: (transfer none) (array length=size): the payload, never %NULL, not
 *   aligned, valid as long as @self
 *
 * Since: 0.9
 */
const guint8 *
hein_message_peek_data (HeinMessage *self, gsize *size)
{
  g_return_val_if_fail (self != NULL, NULL);

  if (size != NULL)
    *size = self->size;
  return hein_message_data (self);
}

/**
 * hein_message_dup_text:
 * @self: a message
 * @error: return location
 *
 * Reads the payload as text.
 *
 * - Errors: `HEIN_ERROR_PROTOCOL` when the payload is not UTF-8 or contains a
 *   NUL.
 * - Thread: any.
 *
 * Returns: (transfer full): UTF-8, terminated
 *
 * Since: 0.9
 */
char *
hein_message_dup_text (HeinMessage *self, GError **error)
{
  const char *text, *end;

  g_return_val_if_fail (self != NULL, NULL);

  text = (const char *) hein_message_data (self);
  if (g_utf8_validate_len (text, self->size, &end))
    return g_strndup (text, self->size);
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL,
               "payload is not text: byte %" G_GSIZE_FORMAT
               " of %" G_GSIZE_FORMAT " is %s",
               (gsize) (end - text), self->size,
               *end == '\0' ? "NUL" : "not UTF-8");
  return NULL;
}

/**
 * hein_message_get_n_parts:
 * @self: a message
 *
 * Gets the number of parts.
 *
 * - Thread: any.
 *
 * Returns: 1 or more
 *
 * Since: 0.9
 */
guint
hein_message_get_n_parts (HeinMessage *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return 1 + (self->extra != NULL ? self->extra->n_more : 0);
}

/**
 * hein_message_get_part:
 * @self: a message
 * @index: 0 to the number of parts - 1
 *
 * Gets a part.
 *
 * - Thread: any.
 *
 * Returns: (transfer none): the part, which may be empty
 *
 * Since: 0.9
 */
GBytes *
hein_message_get_part (HeinMessage *self, guint index)
{
  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (index < hein_message_get_n_parts (self), NULL);

  if (index == 0)
    return hein_message_get_payload (self);
  return self->extra->more[index - 1];
}

/**
 * hein_message_get_content_type:
 * @self: a message
 *
 * Gets the type of the payload, as the sender declared it.
 *
 * - Thread: any.
 *
 * Returns: (transfer none) (nullable): a type such as `image/png`
 *
 * Since: 0.9
 */
const char *
hein_message_get_content_type (HeinMessage *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->extra != NULL ? self->extra->attributes.content_type : NULL;
}

/**
 * hein_message_get_return_path:
 * @self: a message
 *
 * Gets what the protocol needs to route a reply; for protocols.
 *
 * - Thread: any.
 *
 * Returns: (transfer none) (nullable): bytes in a format of the protocol
 *
 * Since: 0.9
 */
GBytes *
hein_message_get_return_path (HeinMessage *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->extra != NULL ? self->extra->return_path : NULL;
}

/**
 * hein_message_get_sender:
 * @self: a message
 *
 * Gets the peer that sent the message.
 *
 * - Thread: any.
 *
 * Returns: (transfer none) (nullable): the peer; %NULL when the message was not
 *   received
 *
 * Since: 0.9
 */
HeinPeer *
hein_message_get_sender (HeinMessage *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->sender;
}

/**
 * hein_message_get_time_us:
 * @self: a message
 *
 * Gets the time at which the message arrived.
 *
 * - Thread: any.
 *
 * Returns: microseconds of [func@GLib.get_monotonic_time]; 0 when it was not
 *   received
 *
 * Since: 0.9
 */
gint64
hein_message_get_time_us (HeinMessage *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->time_us;
}
