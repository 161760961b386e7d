/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-error.h>

G_BEGIN_DECLS

#define HEIN_NAME_MAX 255 /* bytes of a peer's name */

/* Whether @text is a name; FALSE with @error of @code, which says the rule. */
gboolean
hein_name_check (const char *text, gsize size, HeinError code, GError **error);
/* The name by which a peer of that identity is shown: the identity itself when
 * it is a good name, else "x-" and its bytes in hexadecimal, of which the first
 * 126. (transfer full) */
char *hein_name_from_identity (GBytes *identity);

G_END_DECLS
