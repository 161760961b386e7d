/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-text.h"

/* Escapes what a terminal could interpret. */

static const char digits[] = "0123456789abcdef";

gboolean
tool_text_is_plain (gunichar c)
{
  if (c < 0x20 || (c >= 0x7f && c < 0xa0))
    return FALSE;
  /* line and paragraph separators, and characters that change the direction of
   * writing, which can make a line look like another one */
  return !(c == 0x061c || c == 0x200e || c == 0x200f ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069));
}

static void
append_escaped (GString *text, const char *data, gsize size)
{
  for (gsize i = 0; i < size; i++)
    {
      guchar byte = data[i];

      if (byte == '\n')
        g_string_append (text, "\\n");
      else if (byte == '\t')
        g_string_append (text, "\\t");
      else if (byte == '\\')
        g_string_append (text, "\\\\");
      else
        {
          const char escape[] = { '\\', 'x', digits[byte >> 4],
                                  digits[byte & 15] };

          g_string_append_len (text, escape, sizeof escape);
        }
    }
}

static gsize
count_ascii (const char *data, gsize size)
{
  gsize n = 0;

  while (n < size && data[n] >= 0x20 && data[n] < 0x7f && data[n] != '\\')
    n++;
  return n;
}

void
tool_text_append (GString *text, const char *data, gsize size)
{
  while (size > 0)
    {
      gsize n = count_ascii (data, size);

      if (n > 0)
        g_string_append_len (text, data, n);
      else
        {
          gunichar c = g_utf8_get_char_validated (data, MIN (size, 6));
          gboolean is_valid = c != (gunichar) -1 && c != (gunichar) -2;

          n = is_valid && c != 0 ? g_utf8_skip[(guchar) *data] : 1;
          if (is_valid && c != '\\' && tool_text_is_plain (c))
            g_string_append_len (text, data, n);
          else
            append_escaped (text, data, n);
        }
      data += n;
      size -= n;
    }
}

void
tool_text_append_hex (GString *text, const guint8 *data, gsize size)
{
  gsize at = text->len;

  g_string_set_size (text, at + 2 * size);
  for (gsize i = 0; i < size; i++)
    {
      text->str[at + 2 * i] = digits[data[i] >> 4];
      text->str[at + 2 * i + 1] = digits[data[i] & 15];
    }
}
