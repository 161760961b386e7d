/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-error.h>

#include <string.h>

#include "hein-error-private.h"

/* The error domain of hein, and making the texts of errors printable. */

/**
 * hein_error_quark:
 *
 * Gets the domain of the errors of hein, `hein-error-quark`.
 *
 * - Thread: any.
 *
 * Returns: the error domain
 *
 * Since: 0.9
 */
GQuark
hein_error_quark (void)
{
  return g_quark_from_static_string ("hein-error-quark");
}

/**
 * hein_answer_error_domain:
 *
 * Gets the domain of errors that are the answer of an application to a request,
 * `hein-answer-error-quark`: the code is what it gave to
 * [method@Request.refuse].
 *
 * - Thread: any.
 *
 * Returns: the error domain
 *
 * Since: 0.9
 */
GQuark
hein_answer_error_domain (void)
{
  return g_quark_from_static_string ("hein-answer-error-quark");
}

/**
 * hein_error_get_type:
 *
 * Gets the type of [error@Error], whose nicks are its names in lower case.
 *
 * - Thread: any.
 *
 * Returns: an enum type
 *
 * Since: 0.9
 */
/* clang-format off */
G_DEFINE_ENUM_TYPE (HeinError, hein_error,
  G_DEFINE_ENUM_VALUE (HEIN_ERROR_FAILED, "failed"),
  G_DEFINE_ENUM_VALUE (HEIN_ERROR_CLOSED, "closed"),
  G_DEFINE_ENUM_VALUE (HEIN_ERROR_WOULD_BLOCK, "would-block"),
  G_DEFINE_ENUM_VALUE (HEIN_ERROR_NO_PEER, "no-peer"),
  G_DEFINE_ENUM_VALUE (HEIN_ERROR_TOO_LARGE, "too-large"),
  G_DEFINE_ENUM_VALUE (HEIN_ERROR_BAD_ADDRESS, "bad-address"),
  G_DEFINE_ENUM_VALUE (HEIN_ERROR_NO_PLUGIN, "no-plugin"),
  G_DEFINE_ENUM_VALUE (HEIN_ERROR_BAD_PLUGIN, "bad-plugin"),
  G_DEFINE_ENUM_VALUE (HEIN_ERROR_PROTOCOL, "protocol"),
  G_DEFINE_ENUM_VALUE (HEIN_ERROR_REFUSED, "refused"),
  G_DEFINE_ENUM_VALUE (HEIN_ERROR_TIMED_OUT, "timed-out"),
  G_DEFINE_ENUM_VALUE (HEIN_ERROR_INSECURE, "insecure"),
  G_DEFINE_ENUM_VALUE (HEIN_ERROR_DUPLICATE, "duplicate"),
  G_DEFINE_ENUM_VALUE (HEIN_ERROR_NOT_SERVED, "not-served"),
  G_DEFINE_ENUM_VALUE (HEIN_ERROR_FORBIDDEN, "forbidden"))
/* clang-format on */

/* Besides control characters, text can be disguised by format characters, such
 * as U+202E, and by two line ends that are not control characters. */
static gboolean
is_printable (gunichar c)
{
  const GUnicodeType type = g_unichar_type (c);

  return type != G_UNICODE_CONTROL && type != G_UNICODE_FORMAT &&
         type != G_UNICODE_LINE_SEPARATOR &&
         type != G_UNICODE_PARAGRAPH_SEPARATOR;
}

gboolean
hein_text_is_printable (const char *text, gsize size)
{
  if (!g_utf8_validate_len (text, size, NULL))
    return FALSE;
  for (const char *p = text; p < text + size; p = g_utf8_next_char (p))
    if (!is_printable (g_utf8_get_char (p)))
      return FALSE;
  return TRUE;
}

void
hein_error_make_printable (GError *error)
{
  char *message = error->message;
  const gsize size = strlen (message);

  if (hein_text_is_printable (message, size))
    return;
  error->message = hein_error_dup_printable (message, size);
  g_free (message);
}

GError *
hein_error_copy_printable (const GError *error)
{
  GError *copy = g_error_copy (error);

  hein_error_make_printable (copy);
  return copy;
}

void
hein_error_log (const char *who, const GError *error)
{
  g_autofree char *shown =
    hein_error_dup_printable (error->message, strlen (error->message));

  g_info ("%s%s%s", who != NULL ? who : "", who != NULL ? ": " : "", shown);
}

/* Most texts are, and need not be taken apart. */
static gboolean
is_plain (const char *text, gsize size)
{
  for (gsize i = 0; i < size; i++)
    if (text[i] < ' ' || text[i] > '~')
      return FALSE;
  return TRUE;
}

/**
 * hein_error_dup_printable:
 * @text: (array length=size) (element-type guint8): text from outside
 * @size: its size in bytes
 *
 * Copies a text of unknown origin so that it is safe in an error, a log or a
 * terminal: control characters, characters that change the direction of
 * writing, and line ends become '?', invalid UTF-8 becomes U+FFFD.
 *
 * - Thread: any.
 *
 * Returns: (transfer full): valid UTF-8 without such characters
 *
 * Since: 0.9
 */
char *
hein_error_dup_printable (const char *text, gsize size)
{
  g_autofree char *valid = NULL;
  GString *shown;

  g_return_val_if_fail (text != NULL || size == 0, NULL);

  if (is_plain (text, size))
    return g_strndup (size > 0 ? text : "", size);
  valid = g_utf8_make_valid (size > 0 ? text : "", size);
  shown = g_string_sized_new (size);
  for (const char *p = valid; *p != '\0'; p = g_utf8_next_char (p))
    {
      const gunichar c = g_utf8_get_char (p);

      g_string_append_unichar (shown, is_printable (c) ? c : '?');
    }
  return g_string_free (shown, FALSE);
}
