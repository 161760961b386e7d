/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Parsing the key files that `hein keygen` makes. */

G_BEGIN_DECLS

/*
 * A file of one key holds its 32 bytes, or 64 hexadecimal digits, optionally
 * followed by a line end.
 */
#define HEIN_SECRET_KEY_SIZE     32
#define HEIN_SECRET_KEY_TEXT_MAX (2 * HEIN_SECRET_KEY_SIZE + 2)

/* Parses a key. @name is for errors, @key has HEIN_SECRET_KEY_SIZE bytes.
 * Errors: `HEIN_ERROR_FAILED` (not a key), `HEIN_ERROR_INSECURE` (all zero). */
gboolean hein_secret_parse_key (
  const char *name, const char *text, gsize size, guint8 *key, GError **error);
/* Parses @n hexadecimal digits; FALSE: they are not a key. Accepts zeros. */
gboolean hein_secret_parse_hex (const char *hex, gsize n, guint8 *key);

gboolean hein_secret_key_is_zero (const guint8 *key);

G_END_DECLS
