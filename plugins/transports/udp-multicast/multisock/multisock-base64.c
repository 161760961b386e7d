/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "multisock-base64.h"

#include <string.h>

/* Base64 with the corners of Python's binascii. */

/* 76 characters. A multiple of three, so that a line has nothing over. */
#define LINE_BYTES 57

gboolean
multisock_is_utf8 (const guint8 *data, gsize size)
{
  while (size > 0)
    {
      const guint8 *nul = memchr (data, '\0', size);
      const gsize n = nul != NULL ? (gsize) (nul - data) : size;

      if (!g_utf8_validate_len ((const char *) data, n, NULL))
        return FALSE;
      if (nul == NULL)
        break;
      data += n + 1;
      size -= n + 1;
    }
  return TRUE;
}

static void
append_piece (GString *to, const guint8 *data, gsize size)
{
  char text[(LINE_BYTES / 3 + 1) * 4 + 4];
  int state = 0;
  int save = 0;
  gsize n = g_base64_encode_step (data, size, FALSE, text, &state, &save);

  n += g_base64_encode_close (FALSE, text + n, &state, &save);
  g_string_append_len (to, text, n);
}

void
multisock_base64_append (GString *to,
                         const guint8 *data,
                         gsize size,
                         gboolean in_lines)
{
  for (gsize at = 0; at < size; at += LINE_BYTES)
    {
      append_piece (to, data + at, MIN (size - at, LINE_BYTES));
      if (in_lines)
        g_string_append_c (to, '\n');
    }
}

/* -1: of another alphabet. */
static int
value_of (guint8 c)
{
  if (c >= 'A' && c <= 'Z')
    return c - 'A';
  if (c >= 'a' && c <= 'z')
    return c - 'a' + 26;
  if (c >= '0' && c <= '9')
    return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* To @to, which has room for three bytes of each four characters. FALSE: @text
 * ends within four of them. */
static gboolean
decode (const guint8 *text, gsize size, guint8 *to, gsize *n_bytes)
{
  guint bits = 0;
  guint n_chars = 0; /* of a group of four */
  guint n_pads = 0;

  *n_bytes = 0;
  for (gsize i = 0; i < size; i++)
    {
      const int value = value_of (text[i]);

      if (text[i] == '=' && n_chars >= 2 && n_chars + ++n_pads == 4)
        return TRUE;
      if (value < 0)
        continue;
      n_pads = 0;
      bits = bits << 6 | (guint) value;
      if (n_chars > 0)
        to[(*n_bytes)++] = bits >> (6 - 2 * n_chars);
      n_chars = (n_chars + 1) % 4;
    }
  return n_chars == 0;
}

GByteArray *
multisock_base64_decode (const guint8 *text, gsize size, GError **error)
{
  g_autofree guint8 *bytes = g_malloc (size / 4 * 3 + 3);
  gsize n_bytes;

  if (decode (text, size, bytes, &n_bytes))
    return g_byte_array_new_take (g_steal_pointer (&bytes), n_bytes);
  g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL,
                       "base64 without its end, or its padding");
  return NULL;
}
