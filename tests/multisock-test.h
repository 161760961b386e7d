/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What the tests of multisock share. */

#define ASSERT_BYTES(bytes, literal)                                           \
  assert_bytes (bytes, literal, sizeof (literal) - 1)

/* (transfer full) */
GBytes *from_hex (const char *hex);
void assert_hex (const guint8 *data, gsize size, const char *expected);
void assert_bytes (GBytes *bytes, const char *expected, gsize size);
/* In a block of just that size, so that a sanitizer sees a read past it. */
guint8 *copy_bytes (const void *data, gsize size);

G_END_DECLS
