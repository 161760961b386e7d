/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mc-message.h"

#include <string.h>

/*
 * Writes a message into the bytes that are cut into fragments, and reads it
 * back. What most messages are, one small part without a content type, has a
 * way of its own that allocates nothing.
 */

#define HEAD_SIZE 4
#define SIZE_SIZE 4
/* A payload up to this size is copied to its message, which is faster than to
 * share it. */
#define SIMPLE_MAX 4096

gboolean
mc_message_measure (HeinMessage *message, McShape *shape, GError **error)
{
  shape->topic = hein_message_get_topic (message);
  shape->topic_size = strlen (shape->topic);
  shape->type = hein_message_get_content_type (message);
  shape->type_size = shape->type != NULL ? strlen (shape->type) : 0;
  shape->n_parts = hein_message_get_n_parts (message);
  shape->payload_size = hein_message_get_size (message);
  shape->size = HEAD_SIZE + SIZE_SIZE * (shape->n_parts - 1) +
                shape->topic_size + shape->type_size + shape->payload_size;
  if (G_LIKELY (shape->n_parts <= MC_MESSAGE_PARTS_MAX &&
                shape->type_size <= MC_MESSAGE_TEXT_MAX))
    return TRUE;
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED,
               "a message has at most %d parts, and %d bytes of content "
               "type, on this wire",
               MC_MESSAGE_PARTS_MAX, MC_MESSAGE_TEXT_MAX);
  return FALSE;
}

static guint8 *
put_bytes (guint8 *to, gconstpointer data, gsize size)
{
  if (size > 0)
    memcpy (to, data, size);
  return to + size;
}

/* All but the first, and the sizes of all but the last. */
static void
put_parts (HeinMessage *message, guint n_parts, guint8 *sizes, guint8 *to)
{
  gsize size;

  hein_message_peek_data (message, &size);
  for (guint i = 1; i < n_parts; i++)
    {
      const guint32 wire_size = GUINT32_TO_BE (size);
      const guint8 *part =
        g_bytes_get_data (hein_message_get_part (message, i), &size);

      sizes = put_bytes (sizes, &wire_size, SIZE_SIZE);
      to = put_bytes (to, part, size);
    }
}

void
mc_message_put (HeinMessage *message, const McShape *shape, guint8 *to)
{
  guint8 *sizes = to + HEAD_SIZE;
  const guint8 *data;
  gsize size;

  to[0] = shape->topic_size;
  to[1] = shape->type_size;
  to[2] = shape->n_parts >> 8;
  to[3] = shape->n_parts & 0xff;
  to = put_bytes (sizes + SIZE_SIZE * (shape->n_parts - 1), shape->topic,
                  shape->topic_size);
  to = put_bytes (to, shape->type, shape->type_size);
  data = hein_message_peek_data (message, &size);
  to = put_bytes (to, data, size);
  if (shape->n_parts > 1)
    put_parts (message, shape->n_parts, sizes, to);
}

GBytes *
mc_message_encode (HeinMessage *message, const McShape *shape)
{
  guint8 *data = g_malloc (shape->size);

  mc_message_put (message, shape, data);
  return g_bytes_new_take (data, shape->size);
}

gboolean
mc_message_get_simple (const guint8 *data, gsize size, McSimple *self)
{
  static const guint8 one_part[] = { 0, 0, 1 };

  if (size < HEAD_SIZE || memcmp (data + 1, one_part, sizeof one_part) != 0 ||
      size < (gsize) HEAD_SIZE + data[0] ||
      size > (gsize) HEAD_SIZE + data[0] + SIMPLE_MAX)
    return FALSE;
  self->topic = (const char *) data + HEAD_SIZE;
  self->topic_size = data[0];
  self->data = data + HEAD_SIZE + data[0];
  self->size = size - HEAD_SIZE - data[0];
  return data[0] == 0 || g_utf8_validate_len (self->topic, data[0], NULL);
}

/* Takes a text of @size bytes without NUL; FALSE when it is not one. */
static gboolean
take_text (const guint8 *data, gsize size, char *text)
{
  if (!g_utf8_validate_len ((const char *) data, size, NULL))
    return FALSE;
  memcpy (text, data, size);
  text[size] = '\0';
  return TRUE;
}

/* The parts of @bytes from @at on, up to @end; the sizes lie at @sizes. NULL:
 * they are wrong. */
static GPtrArray *
take_parts (
  GBytes *bytes, guint n_parts, const guint8 *sizes, gsize at, gsize end)
{
  g_autoptr (GPtrArray) parts =
    g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);

  for (guint i = 0; i < n_parts; i++)
    {
      gsize size = end - at;

      if (i + 1 < n_parts)
        {
          guint32 wire_size;

          memcpy (&wire_size, sizes + SIZE_SIZE * i, SIZE_SIZE);
          size = GUINT32_FROM_BE (wire_size);
        }
      if (size > end - at)
        return NULL;
      g_ptr_array_add (parts, g_bytes_new_from_bytes (bytes, at, size));
      at += size;
    }
  return g_steal_pointer (&parts);
}

HeinMessage *
mc_message_decode (GBytes *bytes, gsize from, gsize size)
{
  const guint8 *data = g_bytes_get_data (bytes, NULL);
  g_autoptr (GPtrArray) parts = NULL;
  char topic[G_MAXUINT8 + 1];
  char type[MC_MESSAGE_TEXT_MAX + 1];
  guint n_parts;
  gsize at;

  if (size < HEAD_SIZE)
    return NULL;
  data += from;
  n_parts = data[2] << 8 | data[3];
  if (n_parts == 0 || n_parts > MC_MESSAGE_PARTS_MAX)
    return NULL;
  at = HEAD_SIZE + SIZE_SIZE * (gsize) (n_parts - 1);
  if (size < at + data[0] + data[1] || !take_text (data + at, data[0], topic) ||
      !take_text (data + at + data[0], data[1], type))
    return NULL;
  at += data[0] + data[1];
  parts = take_parts (bytes, n_parts, data + HEAD_SIZE, from + at, from + size);
  if (parts == NULL)
    return NULL;
  return hein_message_new_full (topic, data[1] > 0 ? type : NULL,
                                (GBytes **) parts->pdata, parts->len, NULL);
}
