/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-secret-password.h"

#include <string.h>

#include <hein/hein.h>

#include "hein-secret.h"

/* Reads passwords, and leaves no copies of them. */

gssize
hein_secret_read_password (const char *path, char *place, GError **error)
{
  const gssize n =
    hein_secret_read_file (path, place, HEIN_SECRET_PASSWORD_MAX, error);
  gsize size;

  if (n < 0)
    return -1;
  place[n] = '\0';
  size = strcspn (place, "\r\n");
  if (size > 0 && n < HEIN_SECRET_PASSWORD_MAX)
    return size;
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED,
               "%s: its first line is not a password of 1 to %d bytes", path,
               HEIN_SECRET_PASSWORD_MAX - 1);
  return -1;
}

gboolean
hein_secret_check_password (const char *path, GError **error)
{
  char password[HEIN_SECRET_PASSWORD_MAX + 1];
  gssize size = 0;

  if (path != NULL)
    size = hein_secret_read_password (path, password, error);
  hein_secret_erase (password, sizeof password);
  return size >= 0;
}

/* The compiler must not find out that nobody reads it any more. */
void
hein_secret_erase (void *data, gsize size)
{
  volatile guint8 *p = data;

  while (size-- > 0)
    *p++ = 0;
}
