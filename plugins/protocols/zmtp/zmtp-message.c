/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "zmtp-message.h"

/*
 * How messages lie in frames. Between heins:
 *
 *   topic, part, …
 *   FF topic, attributes, part, …       when there is a content type
 *
 * FF never begins valid UTF-8; attributes are pairs as in READY. To others, by
 * `topic-frame`:
 *
 *   auto    part, …                     when the topic is empty
 *           topic, part, …              else
 *   always  topic, part, …
 *   never   part, …
 *
 * What goes to REQ and REP begins with the return path, or an empty frame.
 */
#define ATTRIBUTES_MARK  0xff
#define CONTENT_TYPE     "Content-Type"
#define CONTENT_TYPE_MAX 255

gboolean
zmtp_topic_check_slow (HeinZmtp *self, const guint8 *topic, gsize size)
{
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

static void
put_envelope (HeinZmtp *self, HeinWire *wire, HeinMessage *message)
{
  static const guint8 delimiter[] = { ZMTP_MORE, 0 };
  GBytes *path = hein_message_get_return_path (message);

  if (path != NULL)
    hein_wire_put_bytes (wire, path);
  else if (has_envelope (self))
    hein_wire_put (wire, delimiter, sizeof delimiter);
}

static void
put_attributes (HeinWire *wire, const char *topic, const char *content_type)
{
  g_autoptr (GByteArray) pairs = g_byte_array_new ();
  guint8 header[2 * ZMTP_HEADER_MAX + 1 + HEIN_TOPIC_MAX];
  gsize size = strlen (topic);
  guint8 *end;

  zmtp_pair_append (pairs, CONTENT_TYPE, content_type, strlen (content_type));
  end = zmtp_frame_write (header, ZMTP_MORE, size + 1);
  *end++ = ATTRIBUTES_MARK;
  memcpy (end, topic, size);
  end = zmtp_frame_write (end + size, ZMTP_MORE, pairs->len);
  hein_wire_put (wire, header, end - header);
  hein_wire_put (wire, pairs->data, pairs->len);
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
    put_envelope (self, wire, message);
  if (G_UNLIKELY (self->is_hein && view.content_type != NULL))
    put_attributes (wire, view.topic, view.content_type);
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

static char *
read_content_type (HeinZmtp *self, const guint8 *data, const ZmtpPart *part)
{
  const guint8 *p = data + part->offset;
  gsize left = part->size;
  const char *name;
  const guint8 *value;
  gsize name_size;
  gsize size;

  while (zmtp_pair_next (&p, &left, &name, &name_size, &value, &size))
    if (name_size == strlen (CONTENT_TYPE) &&
        g_ascii_strncasecmp (name, CONTENT_TYPE, name_size) == 0 &&
        size <= CONTENT_TYPE_MAX && memchr (value, '\0', size) == NULL &&
        g_utf8_validate_len ((const char *) value, size, NULL))
      return g_strndup ((const char *) value, size);
  return NULL;
}

/* Everything but the common case: several parts, attributes, a return path. */
static void
deliver_parts (HeinZmtp *self,
               HeinWire *wire,
               const guint8 *data,
               const char *topic,
               const char *content_type,
               guint first,
               GBytes *return_path)
{
  g_autoptr (GPtrArray) parts =
    g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  g_autoptr (HeinMessage) message = NULL;

  for (guint i = first; i < self->parts->len; i++)
    g_ptr_array_add (parts, g_bytes_new (data + get_part (self, i)->offset,
                                         get_part (self, i)->size));
  message =
    hein_message_new_full (topic, content_type, (GBytes **) parts->pdata,
                           parts->len, return_path);
  hein_wire_deliver (wire, message);
}

/* The frames up to the first empty one, as they were; *first is the one
 * behind it. */
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
  g_autofree char *content_type = NULL;

  if (self->parts->len < 3)
    return fail (error, "a message with attributes has no payload");
  if (!zmtp_topic_check (self, topic, mark->size - 1))
    return fail (error, "a topic is not 0 to 255 bytes of UTF-8");
  text = g_strndup ((const char *) topic, mark->size - 1);
  content_type = read_content_type (self, data, get_part (self, 1));
  deliver_parts (self, wire, data, text, content_type, 2, NULL);
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

  if (first->size > 0 && topic[0] == ATTRIBUTES_MARK)
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
  deliver_parts (self, wire, data, text, NULL, 1, NULL);
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
  deliver_parts (self, wire, data, topic, NULL, first, path);
  return TRUE;
}
