/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mc-key.h"

G_BEGIN_DECLS

/*
 * A file of a key is its 32 bytes, or 64 hex digits and perhaps a newline. It
 * is a regular file of this user that nobody else can read (0600 or 0400).
 *
 * Errors: `HEIN_ERROR_INSECURE` (others may read it), `HEIN_ERROR_FAILED` (is
 * no key), or of the #GIOErrorEnum domain.
 */
McKey *mc_key_new_from_file (const char *path, GError **error);

/* What such a file says. @name is for errors. */
McKey *mc_key_new_from_text (const char *name,
                             const char *text,
                             gsize size,
                             GError **error);

/* For files of secrets, the ring's too: at most @max_size bytes in memory that
 * is freed with sodium_free(), and a 0 after them. */
char *mc_key_read_file (const char *path,
                        gsize max_size,
                        gsize *size,
                        GError **error);
/* NULL: they are no key; @n are the bytes of @hex. */
McKey *mc_key_new_from_hex (const char *hex, gsize n);

G_END_DECLS
