/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * What is in a file of one key, as `hein keygen` makes it: its 32 bytes, or 64
 * hexadecimal digits and perhaps an end of line.
 */
#define HEIN_SECRET_KEY_SIZE     32
#define HEIN_SECRET_KEY_TEXT_MAX (2 * HEIN_SECRET_KEY_SIZE + 2)

/* @name is for errors, @key HEIN_SECRET_KEY_SIZE bytes. Errors:
 * `HEIN_ERROR_FAILED` (no key), `HEIN_ERROR_INSECURE` (zeros). */
gboolean hein_secret_parse_key (
  const char *name, const char *text, gsize size, guint8 *key, GError **error);
/* FALSE: the @n bytes are no key. Zeros are one here. */
gboolean hein_secret_parse_hex (const char *hex, gsize n, guint8 *key);

gboolean hein_secret_key_is_zero (const guint8 *key);

G_END_DECLS
