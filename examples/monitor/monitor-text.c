/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "monitor-text.h"

#include <math.h>
#include <string.h>

/* Shows what strangers send, and numbers, as text. */

#define REPLACEMENT 0xfffd
#define JOINER      0x200d
#define NON_JOINER  0x200c
#define HEX_COLUMNS 16
/* The longest text of a number: digits of a double, and some zeros. */
#define NUMBER_MAX 64

/* Characters of format include those that turn the direction of what follows:
 * a name could look like another one. Joiners are parts of words. */
static gboolean
is_shown (gunichar c, gboolean keeps_lines)
{
  const GUnicodeType type = g_unichar_type (c);

  if (c == '\n' || c == '\t')
    return keeps_lines;
  if (c == JOINER || c == NON_JOINER)
    return TRUE;
  return type != G_UNICODE_CONTROL && type != G_UNICODE_FORMAT &&
         type != G_UNICODE_LINE_SEPARATOR &&
         type != G_UNICODE_PARAGRAPH_SEPARATOR;
}

char *
monitor_text_dup_printable (const char *text, gsize size, gboolean keeps_lines)
{
  g_autofree char *valid = g_utf8_make_valid (text, (gssize) size);
  GString *shown = g_string_sized_new (size);

  for (const char *at = valid; *at != '\0'; at = g_utf8_next_char (at))
    {
      const gunichar c = g_utf8_get_char (at);

      g_string_append_unichar (shown,
                               is_shown (c, keeps_lines) ? c : REPLACEMENT);
    }
  return g_string_free (shown, FALSE);
}

char *
monitor_text_dup_hex (const guint8 *data, gsize size)
{
  GString *shown = g_string_new (NULL);

  for (gsize row = 0; row < size; row += HEX_COLUMNS)
    {
      const gsize n = MIN (HEX_COLUMNS, size - row);

      g_string_append_printf (shown, "%s%06" G_GSIZE_MODIFIER "x ",
                              row > 0 ? "\n" : "", row);
      for (gsize i = 0; i < HEX_COLUMNS; i++)
        if (i < n)
          g_string_append_printf (shown, " %02x", data[row + i]);
        else
          g_string_append (shown, "   ");
      g_string_append (shown, "  ");
      for (gsize i = 0; i < n; i++)
        g_string_append_c (shown, g_ascii_isprint (data[row + i])
                                    ? (char) data[row + i]
                                    : '.');
    }
  return g_string_free (shown, FALSE);
}

char *
monitor_text_dup_number (double value)
{
  static const char units[] = { 'k', 'M', 'G', 'T' };
  int unit = -1;

  while (fabs (value) >= 999.5 && unit + 1 < (int) sizeof units)
    {
      value /= 1000;
      unit++;
    }
  if (unit < 0)
    return g_strdup_printf (fabs (value) >= 9.95 ? "%.0f" : "%.2g", value);
  return g_strdup_printf (fabs (value) < 9.95 ? "%.1f%c" : "%.0f%c", value,
                          units[unit]);
}

char *
monitor_text_dup_size (guint64 bytes)
{
  return g_format_size_full (bytes, G_FORMAT_SIZE_IEC_UNITS);
}

gboolean
monitor_text_read_number (const char *text, gsize size, double *value)
{
  char copy[NUMBER_MAX];
  char *end;

  while (size > 0 && g_ascii_isspace (text[size - 1]))
    size--;
  if (size == 0 || size >= sizeof copy || memchr (text, '\0', size) != NULL)
    return FALSE;
  memcpy (copy, text, size);
  copy[size] = '\0';
  *value = g_ascii_strtod (copy, &end);
  return *end == '\0' && isfinite (*value);
}
