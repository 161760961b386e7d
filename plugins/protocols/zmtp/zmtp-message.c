/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "zmtp-message.h"

#include "zmtp-attributes.h"

/*
 * How messages lie in frames. Between heins:
 *
 *   topic, part, …
 *   FF topic, attributes, part, …       when it says something of itself
 *
 * FF never begins valid UTF-8; zmtp-attributes.h has the attributes. To others, by
 * `topic-frame`:
 *
 *   auto    part, …                     when the topic is empty
 *           topic, part, …              else
 *   always  topic, part, …
 *   never   part, …
 *
 * What goes to REQ and REP begins with the return path, or an empty frame. A request
 * begins with its number, of 8 bytes, and an empty frame, which REP and ROUTER bring
 * back before the answer; an error is an empty part and its text.
 */
#define ASK_ID_SIZE 8

gboolean
zmtp_topic_check_slow (HeinZmtp *self, const guint8 *topic, gsize size)
{
  /* not UTF-8: it is tried once for each message with attributes */
  if (size > 0 && topic[0] == ZMTP_ATTRIBUTES_MARK)
    return FALSE;
  if (size == self->topic_size && memcmp (topic, self->topic, size) == 0)
    return TRUE;
  if (size > HEIN_TOPIC_MAX || memchr (topic, '\0', size) != NULL ||
      !g_utf8_validate_len ((const char *) topic, size, NULL))
    return FALSE;
  if (self->topic == NULL)
    self->topic = g_malloc (HEIN_TOPIC_MAX);
  memcpy (self->topic, topic, size);
  self->topic_size = size;
  return TRUE;
}

/* ---- to the wire ---- */

static gboolean
has_envelope (HeinZmtp *self)
{
  return self->peer_type == ZMTP_REQ || self->peer_type == ZMTP_REP;
}

static const guint8 delimiter[] = { ZMTP_MORE, 0 };

static void
put_ask_id (HeinWire *wire, guint64 id)
{
  guint8 frame[2 + ASK_ID_SIZE] = { ZMTP_MORE, ASK_ID_SIZE };

  id = GUINT64_TO_BE (id);
  memcpy (frame + 2, &id, sizeof id);
  hein_wire_put (wire, frame, sizeof frame);
  hein_wire_put (wire, delimiter, sizeof delimiter);
}

static void
put_envelope (HeinZmtp *self,
              HeinWire *wire,
              HeinMessage *message,
              const HeinMessageAttributes *attributes)
{
  GBytes *path = hein_message_get_return_path (message);

  if (path != NULL)
    hein_wire_put_bytes (wire, path);
  else if (attributes != NULL && attributes->ask == HEIN_ASK_REQUEST)
    put_ask_id (wire, attributes->ask_id);
  else if (has_envelope (self))
    hein_wire_put (wire, delimiter, sizeof delimiter);
}

static gboolean
is_error (const HeinMessageAttributes *attributes)
{
  return attributes != NULL && (attributes->ask == HEIN_ASK_ERROR ||
                                attributes->ask == HEIN_ASK_REFUSAL);
}

static void
put_attributes (HeinWire *wire,
                HeinMessage *message,
                const HeinMessageView *view)
{
  guint8 pairs[ZMTP_ATTRIBUTES_MAX];
  guint8 header[2 * ZMTP_HEADER_MAX + 1 + HEIN_TOPIC_MAX + ZMTP_ATTRIBUTES_MAX];
  const gsize size = zmtp_attributes_write (pairs, message, view->attributes);
  guint8 *end = zmtp_frame_write (header, ZMTP_MORE, view->topic_size + 1);

  *end++ = ZMTP_ATTRIBUTES_MARK;
  memcpy (end, view->topic, view->topic_size);
  end = zmtp_frame_write (end + view->topic_size, ZMTP_MORE, size);
  memcpy (end, pairs, size);
  hein_wire_put (wire, header, end + size - header);
}

static gboolean
needs_topic (HeinZmtp *self, const char *topic)
{
  if (self->is_hein || self->topic_frame == ZMTP_TOPIC_ALWAYS)
    return TRUE;
  return self->topic_frame == ZMTP_TOPIC_AUTO && *topic != '\0';
}

/* The parts after the first, each with its header. */
static void
put_more_parts (HeinWire *wire, HeinMessage *message, guint n_parts)
{
  for (guint i = 1; i < n_parts; i++)
    {
      guint8 header[ZMTP_HEADER_MAX];
      gsize size = g_bytes_get_size (hein_message_get_part (message, i));
      guint8 *end =
        zmtp_frame_write (header, i + 1 < n_parts ? ZMTP_MORE : 0, size);

      hein_wire_put_framed (wire, header, end - header, message, i);
    }
}

gboolean
zmtp_message_encode (HeinZmtp *self,
                     HeinWire *wire,
                     HeinMessage *message,
                     GError **error)
{
  HeinMessageView view;
  guint8 header[2 * ZMTP_HEADER_MAX + HEIN_TOPIC_MAX];
  guint8 *end = header;

  hein_message_peek (message, &view);
  if (!self->is_hein)
    put_envelope (self, wire, message, view.attributes);
  if (G_UNLIKELY (self->is_hein && view.attributes != NULL))
    put_attributes (wire, message, &view);
  else if (G_UNLIKELY (is_error (view.attributes)))
    hein_wire_put (wire, delimiter, sizeof delimiter);
  else if (needs_topic (self, view.topic))
    {
      end = zmtp_frame_write (end, ZMTP_MORE, view.topic_size);
      memcpy (end, view.topic, view.topic_size);
      end += view.topic_size;
    }
  end = zmtp_frame_write (end, view.n_parts > 1 ? ZMTP_MORE : 0, view.size);
  hein_wire_put_framed (wire, header, end - header, message, 0);
  if (G_UNLIKELY (view.n_parts > 1))
    put_more_parts (wire, message, view.n_parts);
  return TRUE;
}

/* ---- from the wire ---- */

static const HeinMessageAttributes no_attributes = { 0 };

static ZmtpPart *
get_part (HeinZmtp *self, guint index)
{
  return &g_array_index (self->parts, ZmtpPart, index);
}

static gboolean
fail (GError **error, const char *text)
{
  g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL, text);
  return FALSE;
}

/* Everything but the common case: several parts, attributes, a return path. */
/* One small part lies in the message itself. */
static HeinMessage *
make_message (HeinZmtp *self,
              const guint8 *data,
              const char *topic,
              const HeinMessageAttributes *attributes,
              guint first,
              GBytes *return_path)
{
  g_autoptr (GPtrArray) parts = NULL;
  const ZmtpPart *only = get_part (self, first);

  if (self->parts->len - first == 1 && only->size <= ZMTP_SMALL_PART)
    return hein_message_new_attributed_data (topic, attributes,
                                             data + only->offset, only->size,
                                             return_path);
  parts = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  for (guint i = first; i < self->parts->len; i++)
    g_ptr_array_add (parts, g_bytes_new (data + get_part (self, i)->offset,
                                         get_part (self, i)->size));
  return hein_message_new_attributed (topic, attributes,
                                      (GBytes **) parts->pdata, parts->len,
                                      return_path);
}

static void
deliver_parts (HeinZmtp *self,
               HeinWire *wire,
               const guint8 *data,
               const char *topic,
               const HeinMessageAttributes *attributes,
               guint first,
               GBytes *return_path)
{
  g_autoptr (HeinMessage) message =
    make_message (self, data, topic, attributes, first, return_path);

  hein_wire_deliver (wire, message);
}

/* (nullable): the frames up to the first empty one, as they were; *first is the
 * one after it. */
static GBytes *
take_envelope (HeinZmtp *self, const guint8 *data, guint *first)
{
  for (guint i = 0; i < self->parts->len; i++)
    if (get_part (self, i)->size == 0)
      {
        *first = i + 1;
        return g_bytes_new (data, get_part (self, i)->offset);
      }
  return NULL;
}

static gboolean
deliver_attributed (HeinZmtp *self,
                    HeinWire *wire,
                    const guint8 *data,
                    GError **error)
{
  const ZmtpPart *mark = get_part (self, 0);
  const guint8 *topic = data + mark->offset + 1;
  g_autofree char *text = NULL;
  const ZmtpPart *pairs = get_part (self, 1);
  HeinMessageAttributes attributes = { 0 };
  g_autofree char *content_type = NULL;
  gboolean has_more;

  if (self->parts->len < 3)
    return fail (error, "a message with attributes has no payload");
  if (!zmtp_topic_check (self, topic, mark->size - 1))
    return fail (error, "a topic is not 0 to 255 bytes of UTF-8");
  text = g_strndup ((const char *) topic, mark->size - 1);
  if (zmtp_attributes_read (data + pairs->offset, pairs->size, &attributes,
                            &has_more))
    {
      g_autoptr (HeinMessage) message =
        make_message (self, data, text, &attributes, 2, NULL);

      if (has_more)
        zmtp_attributes_add (data + pairs->offset, pairs->size, wire, message);
      hein_wire_deliver (wire, message);
    }
  else
    hein_wire_drop (
      wire, HEIN_DROP_REASON_INVALID, self->content,
      "a message belongs to a request in a way that is not known");
  content_type = (char *) attributes.content_type;
  return TRUE;
}

gboolean
zmtp_message_deliver_attributed (HeinZmtp *self,
                                 HeinWire *wire,
                                 const guint8 *topic,
                                 gsize topic_size,
                                 const guint8 *attributes,
                                 gsize attributes_size,
                                 const guint8 *payload,
                                 gsize size)
{
  char text[HEIN_TOPIC_MAX + 1];
  HeinMessageAttributes said = { 0 };
  g_autofree char *content_type = NULL;
  g_autoptr (HeinMessage) message = NULL;
  gboolean is_known;
  gboolean has_more;

  if (size > ZMTP_SMALL_PART || !zmtp_topic_check (self, topic, topic_size))
    return FALSE;
  is_known =
    zmtp_attributes_read (attributes, attributes_size, &said, &has_more);
  content_type = (char *) said.content_type;
  if (!is_known)
    return FALSE;
  memcpy (text, topic, topic_size);
  text[topic_size] = '\0';
  message = hein_message_new_attributed_data (text, &said, payload, size, NULL);
  if (has_more)
    zmtp_attributes_add (attributes, attributes_size, wire, message);
  hein_wire_deliver (wire, message);
  return TRUE;
}

static gboolean
deliver_from_hein (HeinZmtp *self,
                   HeinWire *wire,
                   const guint8 *data,
                   GError **error)
{
  const ZmtpPart *first = get_part (self, 0);
  const guint8 *topic = data + first->offset;
  g_autofree char *text = NULL;

  if (first->size > 0 && topic[0] == ZMTP_ATTRIBUTES_MARK)
    return deliver_attributed (self, wire, data, error);
  if (self->parts->len < 2)
    return fail (error, "a message from a hein has a topic and no payload");
  if (!zmtp_topic_check (self, topic, first->size))
    return fail (error, "a topic is not 0 to 255 bytes of UTF-8");
  if (self->parts->len == 2)
    {
      const ZmtpPart *payload = get_part (self, 1);

      hein_wire_deliver_data (wire, (const char *) topic, first->size,
                              data + payload->offset, payload->size);
      return TRUE;
    }
  text = g_strndup ((const char *) topic, first->size);
  deliver_parts (self, wire, data, text, &no_attributes, 1, NULL);
  return TRUE;
}

static gboolean
has_topic (HeinZmtp *self, const guint8 *data, guint first)
{
  const ZmtpPart *part = get_part (self, first);

  if (self->topic_frame == ZMTP_TOPIC_NEVER || self->parts->len - first < 2)
    return FALSE;
  return zmtp_topic_check (self, data + part->offset, part->size);
}

/* The answer to a request that is waited for: its number came back. */
static gboolean
is_answer (HeinZmtp *self,
           HeinWire *wire,
           const guint8 *data,
           guint first,
           HeinMessageAttributes *attributes)
{
  guint64 id;

  if (first != 2 || self->parts->len < 3 ||
      get_part (self, 0)->size != ASK_ID_SIZE || self->peer_type == ZMTP_REQ)
    return FALSE;
  memcpy (&id, data + get_part (self, 0)->offset, sizeof id);
  attributes->ask = HEIN_ASK_ANSWER;
  attributes->ask_id = GUINT64_FROM_BE (id);
  return hein_wire_awaits (wire, attributes->ask_id);
}

/* Of a REQ or DEALER, or of one that a ROUTER stands for. */
static gboolean
is_request (HeinZmtp *self, HeinWire *wire, const guint8 *data, guint first)
{
  const ZmtpPart *topic;

  if (self->peer_type != ZMTP_REQ && self->peer_type != ZMTP_DEALER &&
      self->peer_type != ZMTP_ROUTER)
    return FALSE;
  if (!has_topic (self, data, first))
    return hein_wire_serves (wire, "", 0);
  topic = get_part (self, first);
  return hein_wire_serves (wire, (const char *) data + topic->offset,
                           topic->size);
}

/* Takes a message with an envelope that belongs to a request. FALSE when it is
 * an ordinary message. */
static gboolean
deliver_ask (HeinZmtp *self, HeinWire *wire, const guint8 *data)
{
  HeinMessageAttributes attributes = { 0 };
  guint first = 0;
  g_autoptr (GBytes) path = take_envelope (self, data, &first);
  g_autofree char *topic = NULL;

  if (path == NULL || first == self->parts->len)
    return FALSE;
  if (is_answer (self, wire, data, first, &attributes))
    g_clear_pointer (&path, g_bytes_unref);
  else if (is_request (self, wire, data, first))
    attributes = (HeinMessageAttributes){ .ask = HEIN_ASK_REQUEST };
  else
    return FALSE;
  if (has_topic (self, data, first))
    {
      const ZmtpPart *part = get_part (self, first++);

      topic = g_strndup ((const char *) data + part->offset, part->size);
    }
  deliver_parts (self, wire, data, topic, &attributes, first, path);
  return TRUE;
}

static gboolean
may_ask (HeinZmtp *self)
{
  return has_envelope (self) || self->peer_type == ZMTP_DEALER ||
         self->peer_type == ZMTP_ROUTER;
}

gboolean
zmtp_message_deliver (HeinZmtp *self,
                      HeinWire *wire,
                      const guint8 *data,
                      GError **error)
{
  guint first = 0;
  g_autoptr (GBytes) path = NULL;
  g_autofree char *topic = NULL;
  const ZmtpPart *part;

  if (self->is_hein)
    return deliver_from_hein (self, wire, data, error);
  if (may_ask (self) && deliver_ask (self, wire, data))
    return TRUE;
  if (has_envelope (self))
    path = take_envelope (self, data, &first);
  if (first == self->parts->len)
    return fail (error, "a message has an envelope and no content");
  part = get_part (self, first);
  if (self->parts->len - first == 1 && path == NULL)
    {
      hein_wire_deliver_data (wire, "", 0, data + part->offset, part->size);
      return TRUE;
    }
  if (has_topic (self, data, first))
    {
      topic = g_strndup ((const char *) data + part->offset, part->size);
      first++;
    }
  deliver_parts (self, wire, data, topic, &no_attributes, first, path);
  return TRUE;
}
