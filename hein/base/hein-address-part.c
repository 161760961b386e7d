/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-address-part.h"

#include <hein/hein-error.h>

#include "hein-error-private.h"
#include "hein-option.h"

/* Decodes a part of an address, and says what is wrong with it. */

void
hein_address_set_error (
  GError **error, const char *part, const char *value, const char *format, ...)
{
  g_autofree char *shown = hein_option_dup_printable (value);
  g_autofree char *reason = NULL;
  va_list arguments;

  va_start (arguments, format);
  reason = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS, "%s '%s' %s", part,
               shown, reason);
}

char *
hein_address_decode (const char *part,
                     const char *text,
                     gsize size,
                     GError **error)
{
  g_autofree char *given = g_strndup (text, size);
  g_autoptr (GString) decoded = g_string_sized_new (size);

  for (const char *p = given; *p != '\0'; p++)
    {
      if (*p != '%')
        {
          g_string_append_c (decoded, *p);
          continue;
        }
      if (!g_ascii_isxdigit (p[1]) || !g_ascii_isxdigit (p[2]))
        {
          hein_address_set_error (error, part, given,
                                  "has a %% without two hexadecimal digits; "
                                  "write %%25");
          return NULL;
        }
      g_string_append_c (decoded, (char) (g_ascii_xdigit_value (p[1]) * 16 +
                                          g_ascii_xdigit_value (p[2])));
      p += 2;
    }
  if (!hein_text_is_printable (decoded->str, decoded->len))
    {
      hein_address_set_error (error, part, given,
                              "has a control or format character, or is not "
                              "UTF-8 when decoded");
      return NULL;
    }
  return g_string_free (g_steal_pointer (&decoded), FALSE);
}
