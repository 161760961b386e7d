/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-json.h"

#include <string.h>

#include "tool-text.h"

/* Escapes and appends values as JSON. */

static void
append_char (GString *json, gunichar c)
{
  if (c == '\n')
    g_string_append (json, "\\n");
  else if (c == '\t')
    g_string_append (json, "\\t");
  else if (c == '"' || c == '\\')
    g_string_append_printf (json, "\\%c", (char) c);
  else if (tool_text_is_plain (c))
    g_string_append_unichar (json, c);
  else
    /* none of these characters is above U+FFFF */
    g_string_append_printf (json, "\\u%04x", c);
}

static gsize
count_plain (const char *data, const char *end)
{
  const char *p = data;

  while (p < end && *p >= 0x20 && *p < 0x7f && *p != '"' && *p != '\\')
    p++;
  return p - data;
}

void
tool_json_append (GString *json, const char *data, gssize size)
{
  const char *end = data;

  if (size != 0) /* with a size of 0, @data may be NULL */
    end += size < 0 ? strlen (data) : (gsize) size;
  g_string_append_c (json, '"');
  while (data < end)
    {
      gsize n = count_plain (data, end);

      g_string_append_len (json, data, n);
      data += n;
      if (data < end)
        {
          append_char (json, g_utf8_get_char (data));
          data = g_utf8_next_char (data);
        }
    }
  g_string_append_c (json, '"');
}

void
tool_json_append_name (GString *json, const char *name)
{
  char last = json->len > 0 ? json->str[json->len - 1] : '{';

  if (last != '{' && last != '[')
    g_string_append_c (json, ',');
  tool_json_append (json, name, -1);
  g_string_append_c (json, ':');
}

void
tool_json_append_member (GString *json, const char *name, const char *value)
{
  g_autofree char *shown = value != NULL ? g_utf8_make_valid (value, -1) : NULL;

  tool_json_append_name (json, name);
  if (shown != NULL)
    tool_json_append (json, shown, -1);
  else
    g_string_append (json, "null");
}

void
tool_json_append_payload (GString *json, const guint8 *data, gsize size)
{
  g_autofree char *encoded = NULL;

  if (g_utf8_validate_len ((const char *) data, size, NULL))
    {
      tool_json_append_name (json, "payload");
      tool_json_append (json, (const char *) data, size);
      return;
    }
  encoded = g_base64_encode (data, size);
  tool_json_append_name (json, "payload-base64");
  tool_json_append (json, encoded, -1);
}

void
tool_json_append_number (GString *json, const char *name, double value)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];

  tool_json_append_name (json, name);
  g_string_append (json,
                   g_ascii_formatd (text, sizeof text,
                                    value == (gint64) value ? "%.0f" : "%.9g",
                                    value));
}

void
tool_json_append_attributes (GString *json, HeinMessage *message)
{
  const char *const *pairs = hein_message_get_attributes (message);
  const gint64 left_ms = hein_message_get_expiry_ms (message);

  if (left_ms >= 0)
    tool_json_append_number (json, "expires-ms", left_ms);
  if (hein_message_get_priority (message) == HEIN_PRIORITY_HIGH)
    tool_json_append_member (json, "priority", "high");
  if (pairs == NULL)
    return;
  tool_json_append_name (json, "attributes");
  g_string_append_c (json, '{');
  for (; pairs[0] != NULL; pairs += 2)
    tool_json_append_member (json, pairs[0], pairs[1]);
  g_string_append_c (json, '}');
}
