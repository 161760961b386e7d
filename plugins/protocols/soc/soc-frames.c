/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "soc-frames.h"

#include <string.h>

static const guint8 mark[] = { 0xac, 0x96 };
static const guint8 escaped_mark[] = { 0xac, 0x96, 0xee };

const guint8 soc_end[SOC_END_SIZE] = { 0xac, 0x96, 0xac, 0x96 };

gssize
soc_frame_find_end (const guint8 *data, gsize size, gsize from)
{
  const guint8 *end;

  if (from >= size)
    return -1;
  end = memmem (data + from, size - from, soc_end, sizeof soc_end);
  return end != NULL ? end - data : -1;
}

static gboolean
fail (GError **error, const char *text)
{
  g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL, text);
  return FALSE;
}

gboolean
soc_is_key (const char *key)
{
  return g_ascii_isalnum (key[0]) && g_ascii_isalnum (key[1]) &&
         g_ascii_isalnum (key[2]);
}

static gboolean
begins_with_key (const guint8 *data)
{
  return data[0] == '_' && data[1] == '_' && data[5] == '_' && data[6] == '_' &&
         soc_is_key ((const char *) data + 2);
}

static gboolean
parse_tag (SocFrame *frame, GError **error)
{
  const guint8 *colon = memchr (frame->body, ':', frame->body_size);
  gsize used;

  if (colon == NULL)
    return fail (error, "a frame has no tag: the transmitter may be of the "
                        "Python library 0.1, ?dialect=b");
  used = colon + 1 - frame->body;
  /* unpack and its colon */
  if (frame->body_size < used + 2 || colon[2] != ':' ||
      (colon[1] != '0' && colon[1] != '1'))
    return fail (error, "a frame does not say whether to unpack it: the "
                        "transmitter may be of the Python library 0.1, "
                        "?dialect=b");
  frame->tag = (const char *) frame->body;
  frame->tag_size = used - 1;
  frame->unpack = colon[1] == '1';
  frame->body += used + 2;
  frame->body_size -= used + 2;
  return TRUE;
}

gboolean
soc_frame_parse (const guint8 *data,
                 gsize size,
                 gboolean has_tag,
                 SocFrame *frame,
                 GError **error)
{
  if (size < SOC_KEY_SIZE || !begins_with_key (data))
    return fail (error, "a frame has no key of three letters between "
                        "underscores");
  memcpy (frame->key, data + 2, 3);
  frame->key[3] = '\0';
  frame->tag = "";
  frame->tag_size = 0;
  frame->unpack = TRUE;
  frame->body = data + SOC_KEY_SIZE;
  frame->body_size = size - SOC_KEY_SIZE;
  return !has_tag || parse_tag (frame, error);
}

GBytes *
soc_replace (const guint8 *data,
             gsize size,
             const guint8 *from,
             gsize from_size,
             const guint8 *to,
             gsize to_size)
{
  GByteArray *copy = g_byte_array_new ();
  const guint8 *end;
  const guint8 *hit;

  if (data == NULL) /* as empty bytes may be */
    return g_byte_array_free_to_bytes (copy);
  end = data + size;
  while ((hit = memmem (data, end - data, from, from_size)) != NULL)
    {
      g_byte_array_append (copy, data, hit - data);
      g_byte_array_append (copy, to, to_size);
      data = hit + from_size;
    }
  g_byte_array_append (copy, data, end - data);
  return g_byte_array_free_to_bytes (copy);
}

GBytes *
soc_unescape (const guint8 *data, gsize size)
{
  return soc_replace (data, size, escaped_mark, sizeof escaped_mark, mark,
                      sizeof mark);
}

GBytes *
soc_escape (GBytes *bytes)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  if (data == NULL || memmem (data, size, mark, sizeof mark) == NULL)
    return g_bytes_ref (bytes);
  return soc_replace (data, size, mark, sizeof mark, escaped_mark,
                      sizeof escaped_mark);
}

void
soc_clean_tag (const char *tag, char *to)
{
  guint n = 0;

  for (guint i = 0; i < SOC_TAG_MAX && tag[i] != '\0'; i++)
    if (g_ascii_isalnum (tag[i]) || strchr (".-_ ", tag[i]) != NULL)
      to[n++] = tag[i];
  to[n] = '\0';
}
