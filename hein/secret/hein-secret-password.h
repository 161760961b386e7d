/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Passwords in files of their own. */

G_BEGIN_DECLS

#define HEIN_SECRET_PASSWORD_MAX 4096

/*
 * Reads the first line of a file, of 1 to HEIN_SECRET_PASSWORD_MAX - 1 bytes;
 * @place has HEIN_SECRET_PASSWORD_MAX + 1. Returns its size, -1 with @error:
 * those of hein_secret_read_file.
 */
gssize
hein_secret_read_password (const char *path, char *place, GError **error);
/* Checks that it can be read, and keeps nothing. NULL is a password that is not
 * given. */
gboolean hein_secret_check_password (const char *path, GError **error);
void hein_secret_erase (void *data, gsize size);

G_END_DECLS
