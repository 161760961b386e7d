/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "socketengine-lines.h"

#include <string.h>

static gboolean
fail (GError **error, const char *text)
{
  g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL, text);
  return FALSE;
}

/* ---- reading ---- */

gboolean
socketengine_line_is_blank (const char *data, gsize size)
{
  for (gsize i = 0; i < size; i++)
    if (data[i] != ' ' && data[i] != '\t' && data[i] != '\r')
      return FALSE;
  return TRUE;
}

gboolean
socketengine_is_string (const HeinJsonSpan *value)
{
  return value->size > 0 && value->data[0] == '"';
}

gboolean
socketengine_is_plain (const HeinJsonSpan *value)
{
  return socketengine_is_string (value) &&
         memchr (value->data, '\\', value->size) == NULL;
}

gboolean
socketengine_is_text (const HeinJsonSpan *value, const char *text)
{
  const gsize size = strlen (text);
  g_autoptr (GString) meaning = NULL;

  if (socketengine_is_plain (value))
    return value->size == size + 2 && memcmp (value->data + 1, text, size) == 0;
  if (!socketengine_is_string (value))
    return FALSE;
  meaning = g_string_new (NULL);
  return hein_json_unquote (value, meaning, NULL) && meaning->len == size &&
         memcmp (meaning->str, text, size) == 0;
}

/* Where the value of a member is kept; NULL: it is of no interest. */
static HeinJsonSpan *
find_place (SocketengineLine *line, const HeinJsonSpan *name)
{
  if (socketengine_is_text (name, "type"))
    return &line->type;
  return socketengine_is_text (name, "data") ? &line->data : NULL;
}

/* One pass over the line, which finds both values and checks all of it. */
static gboolean
find_members (HeinJsonReader *reader, SocketengineLine *line, GError **error)
{
  HeinJsonToken token;
  HeinJsonSpan *place = NULL;
  const char *begin = NULL;

  do
    {
      if (!hein_json_reader_next (reader, &token, error))
        return FALSE;
      if (reader->depth == 1 && token.kind == HEIN_JSON_NAME)
        {
          place = find_place (line, &token.text);
          begin = NULL;
          continue;
        }
      if (begin == NULL)
        begin = token.text.data;
      if (reader->depth == 1 && place != NULL)
        *place = (HeinJsonSpan){ begin, reader->next - begin };
    }
  while (token.kind != HEIN_JSON_END);
  return TRUE;
}

gboolean
socketengine_line_parse (const char *data,
                         gsize size,
                         SocketengineLine *line,
                         GError **error)
{
  HeinJsonReader reader;
  HeinJsonToken token;

  *line = (SocketengineLine){ { NULL, 0 }, { NULL, 0 } };
  if (!g_utf8_validate_len (data, size, NULL))
    return fail (error, "a line is not UTF-8");
  hein_json_reader_init (&reader, data, size);
  if (!hein_json_reader_next (&reader, &token, error))
    return FALSE;
  if (token.kind != HEIN_JSON_BEGIN_OBJECT)
    return fail (error, "a line is not an object");
  if (!find_members (&reader, line, error))
    return FALSE;
  if (!socketengine_is_string (&line->type))
    return fail (error, "a line has no type, or one that is no string");
  return line->data.size > 0 || fail (error, "a line has no data");
}

gsize
socketengine_base64_get_size (const char *text, gsize size)
{
  guint n_padding = 0;

  if (size == 0 || size % 4 != 0)
    return G_MAXSIZE;
  while (n_padding < 2 && text[size - 1 - n_padding] == '=')
    n_padding++;
  for (gsize i = 0; i < size - n_padding; i++)
    if (!g_ascii_isalnum (text[i]) && text[i] != '+' && text[i] != '/')
      return G_MAXSIZE;
  return size / 4 * 3 - n_padding;
}

GBytes *
socketengine_base64_decode (const char *text, gsize size)
{
  guint8 *data = g_try_malloc (size / 4 * 3 + 3);
  gint state = 0;
  guint save = 0;

  if (data == NULL)
    return NULL;
  size = g_base64_decode_step (text, size, data, &state, &save);
  return g_bytes_new_take (data, size);
}

/* ---- writing ---- */

gboolean
socketengine_check_value (const char *data, gsize size, GError **error)
{
  HeinJsonReader reader;
  HeinJsonToken token;

  if (!g_utf8_validate_len (data, size, NULL))
    return fail (error, "JSON: not UTF-8");
  hein_json_reader_init (&reader, data, size);
  do
    {
      if (!hein_json_reader_next (&reader, &token, error))
        return FALSE;
      if (reader.depth == HEIN_JSON_DEPTH_MAX)
        return fail (error, "JSON: more than 63 levels, beside that of the "
                            "line");
    }
  while (token.kind != HEIN_JSON_END);
  return TRUE;
}

GString *
socketengine_line_begin (const char *type, gsize room)
{
  GString *line = g_string_sized_new (room + strlen (type) + 32);

  g_string_append (line, "{\"type\": ");
  hein_json_append_string (line, type, strlen (type));
  g_string_append (line, ", \"data\": ");
  return line;
}

void
socketengine_append_base64 (GString *line, const guint8 *data, gsize size)
{
  const gsize begin = line->len + 1;
  gint state = 0;
  gint save = 0;
  gsize n;

  g_string_append_c (line, '"');
  g_string_set_size (line, begin + (size / 3 + 1) * 4 + 4);
  n =
    g_base64_encode_step (data, size, FALSE, line->str + begin, &state, &save);
  n += g_base64_encode_close (FALSE, line->str + begin + n, &state, &save);
  g_string_truncate (line, begin + n);
  g_string_append_c (line, '"');
}

GBytes *
socketengine_line_end (GString *line)
{
  g_string_append (line, "}\n");
  return g_string_free_to_bytes (line);
}
