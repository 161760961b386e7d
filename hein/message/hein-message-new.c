/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "hein-message-memory.h"
#include "hein-message-new.h"

/* The public constructors of messages, and the checks of their arguments. */

#define NOT_A_TOPIC G_MAXSIZE

/* Returns the size of a topic, or NOT_A_TOPIC. One pass without a function
 * call, as most topics are short and ASCII. Note that char is unsigned on ARM,
 * PowerPC and s390x. */
static inline gsize
measure_topic (const char *topic)
{
  gsize size = 0;

  if (topic == NULL)
    return 0;
  while (size <= HEIN_TOPIC_MAX && (gint8) topic[size] > 0)
    size++;
  if (G_LIKELY (size <= HEIN_TOPIC_MAX && topic[size] == '\0'))
    return size;
  size = strnlen (topic, HEIN_TOPIC_MAX + 1);
  return size <= HEIN_TOPIC_MAX && g_utf8_validate (topic, size, NULL)
           ? size
           : NOT_A_TOPIC;
}

static inline gboolean
is_topic_size (gsize size)
{
  return size != NOT_A_TOPIC;
}

gboolean
hein_message_is_topic (const char *topic)
{
  return is_topic_size (measure_topic (topic));
}

static gboolean
is_content_type (const char *text)
{
  gsize size = text != NULL ? strnlen (text, HEIN_CONTENT_TYPE_MAX + 1) : 0;

  return size <= HEIN_CONTENT_TYPE_MAX &&
         (size == 0 || g_utf8_validate (text, size, NULL));
}

static gboolean
are_parts (GBytes **parts, gsize n_parts)
{
  if (n_parts > G_MAXINT32 || (parts == NULL && n_parts > 0))
    return FALSE;
  for (gsize i = 0; i < n_parts; i++)
    if (parts[i] == NULL)
      return FALSE;
  return TRUE;
}

/**
 * hein_message_new:
 * @topic: (nullable): 0 to 255 bytes of UTF-8; %NULL: empty
 * @payload: (nullable): the payload, shared, not copied; %NULL: empty
 *
 * Makes a message.
 *
 * - Limits: a bus sends up to [property@Bus:max-message-size] bytes, 16 MiB
 *   unless set.
 * - Thread: any.
 *
 * Returns: (transfer full): a message
 *
 * Since: 0.9
 */
HeinMessage *
hein_message_new (const char *topic, GBytes *payload)
{
  gsize topic_size = measure_topic (topic);

  g_return_val_if_fail (is_topic_size (topic_size), NULL);

  if (payload == NULL)
    return hein_message_alloc_data (topic, topic_size, NULL, 0);
  return hein_message_alloc_bytes (topic, topic_size, g_bytes_ref (payload));
}

/**
 * hein_message_new_data:
 * @topic: (nullable): 0 to 255 bytes of UTF-8; %NULL: empty
 * @data: (array length=size) (nullable): the payload, copied
 * @size: its size in bytes
 *
 * Makes a message from data in memory; the fastest way for small messages.
 *
 * - Limits: a bus sends up to [property@Bus:max-message-size] bytes, 16 MiB
 *   unless set.
 * - Thread: any.
 *
 * Returns: (transfer full): a message
 *
 * Since: 0.9
 */
HeinMessage *
hein_message_new_data (const char *topic, const guint8 *data, gsize size)
{
  gsize topic_size = measure_topic (topic);

  g_return_val_if_fail (is_topic_size (topic_size), NULL);
  g_return_val_if_fail (data != NULL || size == 0, NULL);

  return hein_message_alloc_data (topic, topic_size, data, size);
}

/**
 * hein_message_new_text:
 * @topic: (nullable): 0 to 255 bytes of UTF-8; %NULL: empty
 * @text: UTF-8; sent without its terminating NUL
 *
 * Makes a message of text.
 *
 * - Limits: a bus sends up to [property@Bus:max-message-size] bytes, 16 MiB
 *   unless set.
 * - Thread: any.
 *
 * Returns: (transfer full): a message
 *
 * Since: 0.9
 */
HeinMessage *
hein_message_new_text (const char *topic, const char *text)
{
  gsize topic_size = measure_topic (topic);

  g_return_val_if_fail (is_topic_size (topic_size), NULL);
  g_return_val_if_fail (text != NULL, NULL);
  g_return_val_if_fail (g_utf8_validate (text, -1, NULL), NULL);

  return hein_message_alloc_data (topic, topic_size, (const guint8 *) text,
                                  strlen (text));
}

/**
 * hein_message_new_parts:
 * @topic: (nullable): 0 to 255 bytes of UTF-8; %NULL: empty
 * @parts: (array length=n_parts) (nullable): the parts, shared, not copied; the
 *   first one is the payload
 * @n_parts: their number; 0 makes one empty part
 *
 * Makes a message of several parts, for protocols that carry them.
 *
 * - Limits: a bus sends up to [property@Bus:max-message-size] bytes in all, 16
 *   MiB unless set.
 * - Thread: any.
 *
 * Returns: (transfer full): a message
 *
 * Since: 0.9
 */
HeinMessage *
hein_message_new_parts (const char *topic, GBytes **parts, gsize n_parts)
{
  return hein_message_new_full (topic, NULL, parts, n_parts, NULL);
}

/**
 * hein_message_new_typed:
 * @topic: (nullable): 0 to 255 bytes of UTF-8; %NULL: empty
 * @content_type: (nullable): the type of the payload, such as `image/png`; 0 to
 *   255 bytes of UTF-8
 * @payload: (nullable): the payload, shared, not copied; %NULL: empty
 *
 * Makes a message with a content type, for protocols that carry it.
 *
 * - Limits: a bus sends up to [property@Bus:max-message-size] bytes, 16 MiB
 *   unless set.
 * - Thread: any.
 *
 * Returns: (transfer full): a message
 *
 * Since: 0.9
 */
HeinMessage *
hein_message_new_typed (const char *topic,
                        const char *content_type,
                        GBytes *payload)
{
  gsize n_parts = payload != NULL ? 1 : 0;

  return hein_message_new_full (topic, content_type, &payload, n_parts, NULL);
}

/**
 * hein_message_new_full:
 * @topic: (nullable): 0 to 255 bytes of UTF-8; %NULL: empty
 * @content_type: (nullable): the type of the payload; 0 to 255 bytes of UTF-8
 * @parts: (array length=n_parts) (nullable): the parts, shared, not copied; the
 *   first one is the payload
 * @n_parts: their number; 0 makes one empty part
 * @return_path: (nullable): what the protocol needs to route a reply
 *
 * Makes a message with everything that a message can have; for protocols.
 *
 * - Limits: a bus sends up to [property@Bus:max-message-size] bytes in all, 16
 *   MiB unless set.
 * - Thread: any.
 *
 * Returns: (transfer full): a message
 *
 * Since: 0.9
 */
HeinMessage *
hein_message_new_full (const char *topic,
                       const char *content_type,
                       GBytes **parts,
                       gsize n_parts,
                       GBytes *return_path)
{
  const HeinMessageAttributes attributes = { .content_type = content_type };

  return hein_message_new_attributed (topic, &attributes, parts, n_parts,
                                      return_path);
}

static void
set_extra (HeinMessage *self,
           const HeinMessageAttributes *attributes,
           GBytes *return_path,
           GBytes **more,
           gsize n_more)
{
  HeinMessageAttributes said = *attributes;

  if (said.content_type != NULL && *said.content_type == '\0')
    said.content_type = NULL;
  self->extra = hein_message_extra_new (&said, return_path, more, n_more);
}

/**
 * hein_message_new_attributed: (skip)
 * @topic: (nullable): 0 to 255 bytes of UTF-8; %NULL is the empty one
 * @attributes: what it says of itself
 * @parts: (array length=n_parts) (nullable): the parts,
 *   shared, not copied; the first is the payload
 * @n_parts: how many; 0 makes one empty part
 * @return_path: (nullable): what the protocol needs to find the way back
 *
 * Makes a message with everything that one can have; for protocols.
 *
 * - Limits: what may be sent is limited by the bus, 16 MiB in all unless set.
 * - Thread: any.
 *
 * Returns: (transfer full): a message
 *
 * Since: 0.9
 */
HeinMessage *
hein_message_new_attributed (const char *topic,
                             const HeinMessageAttributes *attributes,
                             GBytes **parts,
                             gsize n_parts,
                             GBytes *return_path)
{
  HeinMessage *self;

  g_return_val_if_fail (is_content_type (attributes->content_type), NULL);
  g_return_val_if_fail (are_parts (parts, n_parts), NULL);

  self = hein_message_new (topic, n_parts > 0 ? parts[0] : NULL);
  if (self != NULL)
    set_extra (self, attributes, return_path, n_parts > 1 ? parts + 1 : NULL,
               n_parts > 1 ? n_parts - 1 : 0);
  return self;
}

/**
 * hein_message_new_attributed_data: (skip)
 * @topic: (nullable): 0 to 255 bytes of UTF-8; %NULL is the empty one
 * @attributes: what it says of itself
 * @data: (array length=size): the payload, copied
 * @size: bytes
 * @return_path: (nullable): what the protocol needs to find the way back
 *
 * Makes a message of one part with everything else that one can have; for
 * protocols, the fastest way for small ones.
 *
 * - Limits: what may be sent is limited by the bus, 16 MiB in all unless set.
 * - Thread: any.
 *
 * Returns: (transfer full): a message
 *
 * Since: 0.9
 */
HeinMessage *
hein_message_new_attributed_data (const char *topic,
                                  const HeinMessageAttributes *attributes,
                                  const guint8 *data,
                                  gsize size,
                                  GBytes *return_path)
{
  HeinMessage *self;

  g_return_val_if_fail (is_content_type (attributes->content_type), NULL);

  self = hein_message_new_data (topic, data, size);
  if (self != NULL)
    set_extra (self, attributes, return_path, NULL, 0);
  return self;
}

/**
 * hein_message_new_like:
 * @self: a message
 * @data: (array length=size) (nullable): the payload, copied
 * @size: its size in bytes
 *
 * Makes a message that has the topic, the sender and the time of another one:
 * one of those that came by [method@Bus.take_data_ahead].
 *
 * - Thread: any.
 *
 * Returns: (transfer full): a message
 *
 * Since: 0.9
 */
HeinMessage *
hein_message_new_like (HeinMessage *self, const guint8 *data, gsize size)
{
  HeinMessage *message;

  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (data != NULL || size == 0, NULL);

  message = hein_message_new_received (self->data, self->topic_size, data, size,
                                       self->sender, self->time_us);
  hein_message_keep_sender (message);
  return message;
}

/**
 * hein_message_new_reply:
 * @request: a message that was received
 * @payload: (nullable): the payload, shared, not copied; %NULL: empty
 *
 * Makes a reply to @request: it has the same topic, and [method@Bus.send] sends
 * it only to the peer that sent @request.
 *
 * - Limits: a bus sends up to [property@Bus:max-message-size] bytes, 16 MiB
 *   unless set.
 * - Thread: any.
 *
 * Returns: (transfer full): a message
 *
 * Since: 0.9
 */
HeinMessage *
hein_message_new_reply (HeinMessage *request, GBytes *payload)
{
  HeinMessage *self;

  g_return_val_if_fail (request != NULL, NULL);
  g_return_val_if_fail (request->sender != NULL, NULL);

  self = hein_message_new (request->data, payload);
  self->extra = hein_message_extra_alloc (0);
  self->extra->reply_peer = g_object_ref (request->sender);
  if (request->extra != NULL && request->extra->return_path != NULL)
    self->extra->return_path = g_bytes_ref (request->extra->return_path);
  return self;
}

/**
 * hein_message_set_addressed:
 * @self: a message that nobody else has, and was not sent
 *
 * Says that the message is for the peer that it reaches, whatever that has
 * subscribed to, until [method@Transport.deliver] has delivered it. For
 * transports of messages; see [method@Transport.get_sending_audience].
 *
 * - Thread: any.
 *
 * Since: 0.9
 */
void
hein_message_set_addressed (HeinMessage *self)
{
  g_return_if_fail (self != NULL);

  self->flags |= HEIN_MESSAGE_ADDRESSED;
}
