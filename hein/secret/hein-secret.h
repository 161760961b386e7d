/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * Reads a file of a secret into memory of the caller's choice, who may have
 * locked it: a regular file of this user that nobody else can read (0600 or
 * 0400). Returns how many bytes there were, at most @room; -1 with @error.
 * @room is one byte more than may be in the file: when it is full, the file is
 * none of that kind, and the caller says so.
 *
 * Errors: `HEIN_ERROR_INSECURE` (others may read it), `HEIN_ERROR_FAILED` (no
 * regular file), or of the #GIOErrorEnum domain.
 */
gssize
hein_secret_read_file (const char *path, char *to, gsize room, GError **error);

/* What a key is called that lies in the file @path: as the file is, without
 * ".key". It can be shown. (transfer full) */
char *hein_secret_dup_name (const char *path);

G_END_DECLS
