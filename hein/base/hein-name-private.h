/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-error.h>

G_BEGIN_DECLS

/* Checking names, and making them from identities. */

#define HEIN_NAME_MAX 255 /* bytes */

/* Checks a name; FALSE with @error of @code, which explains the rule. */
gboolean
hein_name_check (const char *text, gsize size, HeinError code, GError **error);
/* Returns the name by which a peer of that identity is shown: the identity
 * itself when it is a valid name, otherwise "x-" and its first 126 bytes in
 * hexadecimal. (transfer full) */
char *hein_name_from_identity (GBytes *identity);

G_END_DECLS
