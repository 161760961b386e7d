/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "multisock-test.h"

#include <string.h>

GBytes *
from_hex (const char *hex)
{
  GByteArray *bytes = g_byte_array_new ();

  for (; hex[0] != '\0'; hex += 2)
    {
      const guint8 byte =
        g_ascii_xdigit_value (hex[0]) << 4 | g_ascii_xdigit_value (hex[1]);

      g_byte_array_append (bytes, &byte, 1);
    }
  return g_byte_array_free_to_bytes (bytes);
}

static char *
to_hex (const guint8 *data, gsize size)
{
  GString *hex = g_string_new (NULL);

  for (gsize i = 0; i < size; i++)
    g_string_append_printf (hex, "%02x", data[i]);
  return g_string_free (hex, FALSE);
}

void
assert_hex (const guint8 *data, gsize size, const char *expected)
{
  g_autofree char *hex = to_hex (data, size);

  g_assert_cmpstr (hex, ==, expected);
}

void
assert_bytes (GBytes *bytes, const char *expected, gsize size)
{
  g_assert_nonnull (bytes);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes),
                   expected, size);
}

guint8 *
copy_bytes (const void *data, gsize size)
{
  guint8 *bytes = g_malloc (MAX (size, 1));

  if (size > 0)
    memcpy (bytes, data, size);
  return bytes;
}
