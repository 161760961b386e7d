/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

G_BEGIN_DECLS

/*
 * Integers past 64 bits: as pickle has them, in two's complement, the lowest
 * byte first, and as decimal text.
 */
#define MULTISOCK_LONG_MAX 255 /* bytes, as many as the opcode LONG1 has */

/* How many bytes of @bytes say something: not those that repeat the sign. */
gsize multisock_long_trim (const guint8 *bytes, gsize size);
/* @size: 1 to MULTISOCK_LONG_MAX. */
char *multisock_long_to_decimal (const guint8 *bytes, gsize size);
/* @decimal: digits, or '-' and digits. Writes to @to, which has room for
 * MULTISOCK_LONG_MAX bytes; 0 with @error: it would be more. */
gsize multisock_long_from_decimal (const char *decimal,
                                   gsize size,
                                   guint8 *to,
                                   GError **error);

G_END_DECLS
