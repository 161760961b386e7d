/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Users and their passwords, in one file. */

G_BEGIN_DECLS

/* Lines of a name, a blank and a password; blank lines, and those that begin
 * with `#`, are skipped. */
typedef struct
{
  char *text; /* owned */
  gsize size;
} HeinSecretUsers;

/* Reads at most 64 KiB. Errors: those of hein_secret_read_file,
 * `HEIN_ERROR_FAILED` (it is longer). */
gboolean hein_secret_users_read (HeinSecretUsers *self,
                                 const char *path,
                                 GError **error);
/* Whether this user has this password. Looks at all lines, so that the time it
 * takes reveals nothing about which users exist. */
gboolean hein_secret_users_check (const HeinSecretUsers *self,
                                  const char *user,
                                  gsize user_size,
                                  const char *password,
                                  gsize password_size);
/* Erases what was read. */
void hein_secret_users_clear (HeinSecretUsers *self);

G_END_DECLS
