/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-name.h>

#include "hein-error-private.h"
#include "hein-name-private.h"

/* Which names of buses and peers are valid. Whether several peers may have the
 * same name is decided in session/hein-name-rule.c. */

/**
 * hein_name_is_valid:
 * @text: (array length=size) (element-type guint8): the name; need not be
 *   terminated, nor valid UTF-8
 * @size: its size in bytes
 *
 * Checks a name for a bus or peer: 1 to 255 bytes of UTF-8 without control
 * characters, format characters and line ends. Format characters change the
 * direction of writing (U+202E) or have no width (U+200B, the joiners of some
 * emoji among them): with them, two different names could look the same.
 * Characters that Unicode has not assigned yet are allowed, since a peer may
 * know a newer version.
 *
 * - Thread: any.
 *
 * Returns: %TRUE when the name is valid
 *
 * Since: 0.9
 */
gboolean
hein_name_is_valid (const char *text, gsize size)
{
  g_return_val_if_fail (text != NULL || size == 0, FALSE);

  return size > 0 && size <= HEIN_NAME_MAX &&
         hein_text_is_printable (text, size);
}

gboolean
hein_name_check (const char *text, gsize size, HeinError code, GError **error)
{
  if (hein_name_is_valid (text, size))
    return TRUE;
  g_set_error (error, HEIN_ERROR, code,
               "bad name: a name is 1 to %u bytes of UTF-8 without control or "
               "format characters",
               HEIN_NAME_MAX);
  return FALSE;
}

char *
hein_name_from_identity (GBytes *identity)
{
  gsize size;
  const guint8 *bytes = g_bytes_get_data (identity, &size);
  GString *name;

  if (hein_name_is_valid ((const char *) bytes, size))
    return g_strndup ((const char *) bytes, size);
  name = g_string_new ("x-");
  for (gsize i = 0; i < MIN (size, (HEIN_NAME_MAX - 2) / 2); i++)
    g_string_append_printf (name, "%02x", bytes[i]);
  return g_string_free (name, FALSE);
}
