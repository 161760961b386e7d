/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mc-message.h"

#include <string.h>

#define HEAD_SIZE 4
#define SIZE_SIZE 4

GBytes *
mc_message_encode (HeinMessage *message, GError **error)
{
  const char *topic = hein_message_get_topic (message);
  const char *type = hein_message_get_content_type (message);
  const gsize topic_size = strlen (topic);
  const gsize type_size = type != NULL ? strlen (type) : 0;
  const guint n_parts = hein_message_get_n_parts (message);
  const gsize head = HEAD_SIZE + SIZE_SIZE * (n_parts - 1);
  const gsize size =
    head + topic_size + type_size + hein_message_get_size (message);
  guint8 *data;
  guint8 *to;

  if (n_parts > MC_MESSAGE_PARTS_MAX || type_size > MC_MESSAGE_TEXT_MAX)
    {
      g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED,
                   "a message has at most %d parts, and %d bytes of content "
                   "type, on this wire",
                   MC_MESSAGE_PARTS_MAX, MC_MESSAGE_TEXT_MAX);
      return NULL;
    }
  data = g_malloc (size);
  data[0] = topic_size;
  data[1] = type_size;
  data[2] = n_parts >> 8;
  data[3] = n_parts & 0xff;
  memcpy (data + head, topic, topic_size);
  if (type_size > 0)
    memcpy (data + head + topic_size, type, type_size);
  to = data + head + topic_size + type_size;
  for (guint i = 0; i < n_parts; i++)
    {
      gsize part_size;
      const guint8 *part =
        i == 0
          ? hein_message_peek_data (message, &part_size)
          : g_bytes_get_data (hein_message_get_part (message, i), &part_size);
      const guint32 wire_size = GUINT32_TO_BE (part_size);

      if (i + 1 < n_parts)
        memcpy (data + HEAD_SIZE + SIZE_SIZE * i, &wire_size, SIZE_SIZE);
      if (part_size > 0)
        memcpy (to, part, part_size);
      to += part_size;
    }
  return g_bytes_new_take (data, size);
}

/* A text of @size bytes without NUL; NULL: it is none. */
static char *
take_text (const guint8 *data, gsize size)
{
  return g_utf8_validate_len ((const char *) data, size, NULL)
           ? g_strndup ((const char *) data, size)
           : NULL;
}

/* The parts of @bytes from @at on; NULL: their sizes are wrong. */
static GPtrArray *
take_parts (GBytes *bytes, guint n_parts, gsize at)
{
  g_autoptr (GPtrArray) parts =
    g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  for (guint i = 0; i < n_parts; i++)
    {
      guint32 part_size = size - at;

      if (i + 1 < n_parts)
        {
          memcpy (&part_size, data + HEAD_SIZE + SIZE_SIZE * i, SIZE_SIZE);
          part_size = GUINT32_FROM_BE (part_size);
        }
      if (part_size > size - at)
        return NULL;
      g_ptr_array_add (parts, g_bytes_new_from_bytes (bytes, at, part_size));
      at += part_size;
    }
  return g_steal_pointer (&parts);
}

HeinMessage *
mc_message_decode (GBytes *bytes)
{
  g_autofree char *topic = NULL;
  g_autofree char *type = NULL;
  g_autoptr (GPtrArray) parts = NULL;
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);
  guint n_parts;
  gsize at;

  if (size < HEAD_SIZE)
    return NULL;
  n_parts = data[2] << 8 | data[3];
  if (n_parts == 0 || n_parts > MC_MESSAGE_PARTS_MAX)
    return NULL;
  at = HEAD_SIZE + SIZE_SIZE * (gsize) (n_parts - 1);
  if (size < at + data[0] + data[1])
    return NULL;
  topic = take_text (data + at, data[0]);
  type = take_text (data + at + data[0], data[1]);
  if (topic == NULL || type == NULL)
    return NULL;
  at += data[0] + data[1];
  if (n_parts == 1 && data[1] == 0)
    return hein_message_new_data (topic, data + at, size - at);
  parts = take_parts (bytes, n_parts, at);
  if (parts == NULL)
    return NULL;
  return hein_message_new_full (topic, data[1] > 0 ? type : NULL,
                                (GBytes **) parts->pdata, parts->len, NULL);
}
