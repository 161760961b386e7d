/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-name-private.h"

gboolean
hein_name_is_good (const char *text, gsize size)
{
  if (size == 0 || size > HEIN_NAME_MAX ||
      !g_utf8_validate_len (text, size, NULL))
    return FALSE;
  for (const char *p = text; p < text + size; p = g_utf8_next_char (p))
    if (g_unichar_iscntrl (g_utf8_get_char (p)))
      return FALSE;
  return TRUE;
}

char *
hein_name_from_identity (GBytes *identity)
{
  gsize size;
  const guint8 *bytes = g_bytes_get_data (identity, &size);
  GString *name;

  if (hein_name_is_good ((const char *) bytes, size))
    return g_strndup ((const char *) bytes, size);
  name = g_string_new ("x-");
  for (gsize i = 0; i < MIN (size, (HEIN_NAME_MAX - 2) / 2); i++)
    g_string_append_printf (name, "%02x", bytes[i]);
  return g_string_free (name, FALSE);
}
