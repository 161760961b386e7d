/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

G_BEGIN_DECLS

/*
 * Base64 as Python has it, whose corners GLib has otherwise: how lines end, and
 * what is made of other characters.
 */

/* Whether @data is what Python decodes as UTF-8: NULs are, surrogates are
 * not. */
gboolean multisock_is_utf8 (const guint8 *data, gsize size);

/* @in_lines: a line feed after every 76 characters, and at the end. */
void multisock_base64_append (GString *to,
                              const guint8 *data,
                              gsize size,
                              gboolean in_lines);
/* Characters outside the alphabet are skipped; those after the padding are
 * ignored. NULL with @error when characters or padding are missing. */
GByteArray *
multisock_base64_decode (const guint8 *text, gsize size, GError **error);

G_END_DECLS
