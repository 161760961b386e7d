/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Reading secrets, and who is let in, from files. */

G_BEGIN_DECLS

/*
 * Reads a secret into memory of the caller, which may be locked. The file
 * must be a regular file of this user that nobody else can read (0600 or 0400).
 * Returns the number of bytes, at most @room; -1 with @error. @room should be
 * one byte more than the file may have: when it is full, the file is too long,
 * and the caller reports that.
 *
 * Errors: `HEIN_ERROR_INSECURE` (others may read the file), `HEIN_ERROR_FAILED`
 * (not a regular file), or of the #GIOErrorEnum domain.
 */
gssize
hein_secret_read_file (const char *path, char *to, gsize room, GError **error);

/*
 * The same for a file without a secret, which says who is let in: others may
 * read it, but not write to it, and it belongs to this user or to root.
 */
gssize
hein_secret_read_list (const char *path, char *to, gsize room, GError **error);
/* Checks who may write to such a file, which is open as @fd. */
gboolean hein_secret_check_list (const char *path, int fd, GError **error);

/* Returns the name of the key in the file @path: that of the file, without
 * ".key", in printable form. (transfer full) */
char *hein_secret_dup_name (const char *path);

G_END_DECLS
