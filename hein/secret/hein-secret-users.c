/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-secret-users.h"

#include <string.h>

#include <hein/hein.h>

#include "hein-secret-password.h"
#include "hein-secret.h"

/* Reads users with their passwords, and finds out who is one. */

#define FILE_MAX 65536

typedef struct
{
  const char *text;
  gsize size;
} Word;

gboolean
hein_secret_users_read (HeinSecretUsers *self, const char *path, GError **error)
{
  char *text = g_malloc0 (FILE_MAX + 1);
  gssize n = hein_secret_read_file (path, text, FILE_MAX, error);

  if (n >= 0 && n < FILE_MAX)
    {
      *self = (HeinSecretUsers){ text, n };
      return TRUE;
    }
  if (n == FILE_MAX)
    g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED,
                 "%s: is over 64 KiB, so it is not a file of passwords", path);
  hein_secret_erase (text, FILE_MAX);
  g_free (text);
  return FALSE;
}

/* Takes as long whatever they have in common. */
static gboolean
is_equal (Word a, Word b)
{
  guint difference = a.size != b.size;

  for (gsize i = 0; i < MIN (a.size, b.size); i++)
    difference |= (guint8) a.text[i] ^ (guint8) b.text[i];
  return difference == 0;
}

gboolean
hein_secret_users_check (const HeinSecretUsers *self,
                         const char *user,
                         gsize user_size,
                         const char *password,
                         gsize password_size)
{
  const Word name = { user, user_size };
  const Word proof = { password, password_size };
  const char *line = self->text;
  const char *end = self->text + self->size;
  gboolean is_known = FALSE;

  for (gsize length; line < end; line += length + 1)
    {
      const gsize name_size = strcspn (line, " \t\r\n");
      const char *rest = line + name_size;

      length = strcspn (line, "\n");
      if (name_size == 0 || *line == '#' || name_size >= length)
        continue;
      rest += strspn (rest, " \t");
      is_known |= is_equal (name, (Word){ line, name_size }) &
                  is_equal (proof, (Word){ rest, strcspn (rest, "\r\n") });
    }
  return is_known && password_size > 0;
}

void
hein_secret_users_clear (HeinSecretUsers *self)
{
  if (self->text == NULL)
    return;
  hein_secret_erase (self->text, self->size);
  g_clear_pointer (&self->text, g_free);
}
