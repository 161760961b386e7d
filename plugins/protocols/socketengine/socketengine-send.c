/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "socketengine-send.h"

#include "socketengine-lines.h"

#include <string.h>

#define TEXT_TYPE "text/plain"

/* ---- the names that mean something ---- */

gboolean
socketengine_is_old (HeinSocketengine *self)
{
  return self->dialect == SOCKETENGINE_DIALECT_J_OLD;
}

const char *
socketengine_get_image_type (HeinSocketengine *self)
{
  return socketengine_is_old (self) ? "image" : "__image";
}

const char *
socketengine_get_ack_type (HeinSocketengine *self)
{
  return socketengine_is_old (self) ? "ACK" : "__ack";
}

/* Those of the other dialect too: somebody behind the peer may speak it. The
 * old ones are plain words, so they are taken only where they must be. */
static gboolean
is_reserved (HeinSocketengine *self, const char *topic)
{
  static const char *const names[] = { SOCKETENGINE_NAME_TYPE,
                                       SOCKETENGINE_STATUS_TYPE,
                                       "__image",
                                       "__ack",
                                       "image",
                                       "ACK" };
  const guint n = socketengine_is_old (self) ? G_N_ELEMENTS (names) : 4;

  for (guint i = 0; i < n; i++)
    if (g_str_equal (topic, names[i]))
      return TRUE;
  return FALSE;
}

void
socketengine_put_line (HeinWire *wire, const char *type, const char *text)
{
  GString *line = socketengine_line_begin (type, strlen (text));
  g_autoptr (GBytes) bytes = NULL;

  hein_json_append_string (line, text, strlen (text));
  bytes = socketengine_line_end (line);
  hein_wire_put_bytes (wire, bytes);
}

/* ---- images: one at a time ---- */

static void
note_image_sent (HeinSocketengine *self, HeinWire *wire)
{
  if (self->image_ack_ms == 0)
    return;
  self->image_us = MAX (hein_wire_get_now_us (wire), 1);
  hein_wire_hold (wire, TRUE);
  hein_wire_set_pending (wire, TRUE);
  hein_wire_want_tick (wire, socketengine_get_image_due_us (self));
}

void
socketengine_free_image (HeinSocketengine *self, HeinWire *wire)
{
  if (self->image_us == 0)
    return; /* an acknowledgement that nothing waits for */
  self->image_us = 0;
  hein_wire_hold (wire, FALSE);
  hein_wire_set_pending (wire, FALSE);
}

/* Hosts and clients never acknowledge one. */
void
socketengine_check_image (HeinSocketengine *self, HeinWire *wire, gint64 now_us)
{
  if (now_us >= socketengine_get_image_due_us (self))
    socketengine_free_image (self, wire);
}

/* ---- sending ---- */

static gboolean
refuse (GError **error, const char *text)
{
  g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_FAILED, text);
  return FALSE;
}

/* With or without parameters after it. */
static gboolean
is_type (const char *content_type, const char *type)
{
  const gsize size = strlen (type);

  return g_ascii_strncasecmp (content_type, type, size) == 0 &&
         (content_type[size] == '\0' || content_type[size] == ';' ||
          content_type[size] == ' ');
}

/* UTF-8 that may have NULs in it, which GLib takes for an end. */
static gboolean
is_utf8 (const char *text, gsize size)
{
  const char *const end = text + size;

  while (!g_utf8_validate_len (text, end - text, &text))
    if (*text++ != '\0')
      return FALSE;
  return TRUE;
}

static GString *
encode_text (const char *topic, const char *text, gsize size, GError **error)
{
  GString *line;

  if (!is_utf8 (text, size))
    {
      refuse (error, "socketengine carries text in UTF-8, and this is none: "
                     "send base64, or an image as image/png");
      return NULL;
    }
  line = socketengine_line_begin (topic, size);
  hein_json_append_string (line, text, size);
  return line;
}

static GString *
encode_json (const char *topic, const char *json, gsize size, GError **error)
{
  g_autoptr (GError) trouble = NULL;
  GString *line;

  if (!socketengine_check_value (json, size, &trouble))
    {
      g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED,
                   "application/json has to be one JSON value (%s): mend it, "
                   "or send it as text/plain",
                   trouble->message);
      return NULL;
    }
  line = socketengine_line_begin (topic, size);
  hein_json_append_ascii (line, json, size);
  return line;
}

static GString *
encode_image (HeinSocketengine *self,
              const guint8 *data,
              gsize size,
              GError **error)
{
  GString *line;

  if (size == 0)
    {
      refuse (error, "an image without a byte is none: send a PNG or JPEG");
      return NULL;
    }
  line =
    socketengine_line_begin (socketengine_get_image_type (self), size / 3 * 4);
  socketengine_append_base64 (line, data, size);
  return line;
}

/* A text or a value on its channel. */
static GString *
encode_value (HeinSocketengine *self,
              HeinMessage *message,
              const char *data,
              gsize size,
              GError **error)
{
  const char *content_type = hein_message_get_content_type (message);
  const char *topic = hein_message_get_topic (message);

  if (is_reserved (self, topic))
    {
      g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED,
                   "socketengine keeps the topic %s for itself: take another "
                   "one",
                   topic);
      return NULL;
    }
  if (content_type == NULL || is_type (content_type, TEXT_TYPE))
    return encode_text (topic, data, size, error);
  if (is_type (content_type, SOCKETENGINE_JSON_TYPE))
    return encode_json (topic, data, size, error);
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED,
               "socketengine has no place for the content type %s: send text, "
               "application/json, image/png or image/jpeg",
               content_type);
  return NULL;
}

gboolean
socketengine_encode (HeinSocketengine *self,
                     HeinWire *wire,
                     HeinMessage *message,
                     GError **error)
{
  const char *content_type = hein_message_get_content_type (message);
  const gboolean is_image =
    content_type != NULL && (is_type (content_type, SOCKETENGINE_PNG_TYPE) ||
                             is_type (content_type, SOCKETENGINE_JPEG_TYPE));
  g_autoptr (GBytes) bytes = NULL;
  GString *line;
  gsize size;
  const guint8 *data = hein_message_peek_data (message, &size);

  if (hein_message_get_n_parts (message) > 1)
    return refuse (error, "socketengine carries messages of one part: send "
                          "several messages, or one JSON array");
  if (is_image)
    line = encode_image (self, data, size, error);
  else
    line = encode_value (self, message, size > 0 ? (const char *) data : "",
                         size, error);
  if (line == NULL)
    return FALSE;
  bytes = socketengine_line_end (line);
  hein_wire_put_bytes (wire, bytes);
  if (is_image)
    note_image_sent (self, wire);
  return TRUE;
}
