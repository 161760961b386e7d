/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define HEIN_NAME_MAX 255 /* bytes of a peer's name */

/* 1 to 255 bytes of UTF-8 without control characters; @text need not end with
 * a NUL, nor be anything but bytes of a stranger. */
gboolean hein_name_is_good (const char *text, gsize size);
/* The name by which a peer of that identity is shown: the identity itself when
 * it is a good name, else "x-" and its bytes in hexadecimal, of which the first
 * 126. (transfer full) */
char *hein_name_from_identity (GBytes *identity);

G_END_DECLS
