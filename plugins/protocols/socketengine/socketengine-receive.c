/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "socketengine-receive.h"

#include "socketengine-lines.h"
#include "socketengine-send.h"

#include <string.h>

/* An image has no channel; this is the topic of those that come. */
#define IMAGE_TOPIC "image"

static gboolean
drop (HeinWire *wire, const HeinJsonSpan *data, const char *why)
{
  hein_wire_drop (wire, HEIN_DROP_REASON_INVALID, data->size, why);
  return TRUE;
}

/* The common case: channel and text lie in the line as they are. */
static gboolean
take_plain (HeinWire *wire, const SocketengineLine *line, GError **error)
{
  const gsize size = line->data.size - 2;

  if (!hein_wire_check_message_size (wire, size, 0, error))
    return FALSE;
  hein_wire_deliver_data (wire, line->type.data + 1, line->type.size - 2,
                          (const guint8 *) line->data.data + 1, size);
  return TRUE;
}

/* The text of a string, or any other value as it was written. */
static gboolean
read_value (const HeinJsonSpan *value, GString *to)
{
  if (socketengine_is_string (value))
    return hein_json_unquote (value, to, NULL);
  g_string_append_len (to, value->data, value->size);
  return TRUE;
}

static gboolean
take_value (HeinWire *wire, const SocketengineLine *line, GError **error)
{
  const gboolean is_text = socketengine_is_string (&line->data);
  g_autoptr (GString) topic = g_string_new (NULL);
  g_autoptr (GString) text = NULL;
  g_autoptr (GBytes) payload = NULL;
  g_autoptr (HeinMessage) message = NULL;

  if (!is_text &&
      !hein_wire_check_message_size (wire, line->data.size, 0, error))
    return FALSE;
  if (!hein_json_unquote (&line->type, topic, NULL) ||
      topic->len > HEIN_TOPIC_MAX || strlen (topic->str) < topic->len)
    return drop (wire, &line->data,
                 "a channel is not up to 255 bytes of UTF-8 without NUL");
  text = g_string_sized_new (line->data.size);
  if (!read_value (&line->data, text))
    return drop (wire, &line->data, "a text has half a surrogate pair");
  if (!hein_wire_check_message_size (wire, text->len, 0, error))
    return FALSE;
  payload = g_string_free_to_bytes (g_steal_pointer (&text));
  message =
    hein_message_new_typed (topic->str, is_text ? NULL : SOCKETENGINE_JSON_TYPE,
                            payload);
  hein_wire_deliver (wire, message);
  return TRUE;
}

/* The library sends PNG, but takes both; so does hein. */
static const char *
guess_image_type (GBytes *image)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (image, &size);

  return size >= 3 && memcmp (data, "\xff\xd8\xff", 3) == 0
           ? SOCKETENGINE_JPEG_TYPE
           : SOCKETENGINE_PNG_TYPE;
}

static gboolean
deliver_image (HeinWire *wire, const char *text, gsize size, GError **error)
{
  g_autoptr (GBytes) image = socketengine_base64_decode (text, size);
  g_autoptr (HeinMessage) message = NULL;

  if (image == NULL)
    {
      g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_TOO_LARGE,
                           "there is no memory for an image");
      return FALSE;
    }
  message =
    hein_message_new_typed (IMAGE_TOPIC, guess_image_type (image), image);
  hein_wire_deliver (wire, message);
  return TRUE;
}

static gboolean
take_image (HeinSocketengine *self,
            HeinWire *wire,
            const HeinJsonSpan *data,
            GError **error)
{
  g_autoptr (GString) meaning = NULL;
  HeinJsonSpan text = { data->data + 1, data->size - 2 };
  gsize size = G_MAXSIZE;

  if (socketengine_is_string (data) && !socketengine_is_plain (data))
    {
      /* some write '/' with an escape */
      meaning = g_string_sized_new (data->size);
      if (hein_json_unquote (data, meaning, NULL))
        text = (HeinJsonSpan){ meaning->str, meaning->len };
    }
  if (socketengine_is_string (data))
    size = socketengine_base64_get_size (text.data, text.size);
  if (size == G_MAXSIZE)
    drop (wire, data, "an image is not base64");
  else if (!hein_wire_check_message_size (wire, size, 0, error) ||
           !deliver_image (wire, text.data, text.size, error))
    return FALSE;
  /* also for invalid base64: a hub would never send another image */
  socketengine_put_line (wire, socketengine_get_ack_type (self),
                         socketengine_get_ack_type (self));
  return TRUE;
}

static gboolean
take_status (HeinSocketengine *self,
             HeinWire *wire,
             const HeinJsonSpan *data,
             GError **error)
{
  if (!socketengine_is_text (data, SOCKETENGINE_CLOSING))
    return drop (wire, data, "a status is not that it closes");
  self->state = SOCKETENGINE_OVER;
  g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_CLOSED,
                       "the other side closes");
  return FALSE;
}

/* The names of peers do not change. */
static void
take_name (HeinSocketengine *self, HeinWire *wire, const SocketengineLine *line)
{
  if (self->name == NULL || !socketengine_is_text (&line->data, self->name))
    hein_wire_drop (wire, HEIN_DROP_REASON_INVALID, line->data.size,
                    "it said a name when it had one");
}

static gboolean
take_known (HeinSocketengine *self,
            HeinWire *wire,
            const SocketengineLine *line,
            GError **error)
{
  if (socketengine_is_text (&line->type, socketengine_get_image_type (self)))
    return take_image (self, wire, &line->data, error);
  if (socketengine_is_text (&line->type, SOCKETENGINE_STATUS_TYPE))
    return take_status (self, wire, &line->data, error);
  if (socketengine_is_text (&line->type, socketengine_get_ack_type (self)))
    socketengine_free_image (self, wire);
  else if (socketengine_is_text (&line->type, SOCKETENGINE_NAME_TYPE))
    take_name (self, wire, line);
  else if (socketengine_is_plain (&line->type) &&
           socketengine_is_plain (&line->data) &&
           line->type.size - 2 <= HEIN_TOPIC_MAX)
    return take_plain (wire, line, error);
  else
    return take_value (wire, line, error);
  return TRUE;
}

gboolean
socketengine_take_line (HeinSocketengine *self,
                        HeinWire *wire,
                        const char *data,
                        gsize size,
                        GError **error)
{
  SocketengineLine line;
  g_autoptr (GError) trouble = NULL;

  if (socketengine_line_is_blank (data, size))
    return TRUE;
  if (socketengine_line_parse (data, size, &line, &trouble))
    return take_known (self, wire, &line, error);
  /* the next line can be found all the same, so the connection goes on */
  hein_wire_drop (wire, HEIN_DROP_REASON_INVALID, size, trouble->message);
  return TRUE;
}
