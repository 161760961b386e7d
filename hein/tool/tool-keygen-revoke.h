/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Taking keys back: from files of peers and of keys. */

G_BEGIN_DECLS

/* Removes the lines of @name, or of the epoch @name, from a file of peers or a
 * ring. @is_ring: the last key has to stay, as nobody would read the file
 * without one. Returns a status, and has told what it did. */
int tool_keygen_revoke (const char *path, const char *name, gboolean is_ring);

G_END_DECLS
