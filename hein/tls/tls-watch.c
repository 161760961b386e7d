/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tls-watch.h"

/* Notices when files have changed after they were read. */

static void
begin (TlsWatchedFile *self, const char *path)
{
  if (path == NULL)
    return;
  self->path = g_strdup (path);
  self->read = self->seen = hein_secret_stamp_look (path);
}

void
tls_watch_init (TlsWatch *self, const char *path, const char *other)
{
  *self = (TlsWatch){ 0 };
  begin (&self->files[0], path);
  begin (&self->files[1], other);
}

void
tls_watch_clear (TlsWatch *self)
{
  for (guint i = 0; i < TLS_WATCH_MAX; i++)
    g_clear_pointer (&self->files[i].path, g_free);
}

gboolean
tls_watch_look (TlsWatch *self)
{
  gboolean have_changed = FALSE;
  gboolean stay = TRUE;

  for (guint i = 0; i < TLS_WATCH_MAX && self->files[i].path != NULL; i++)
    {
      TlsWatchedFile *file = &self->files[i];
      const HeinSecretStamp stamp = hein_secret_stamp_look (file->path);

      stay = stay && hein_secret_stamp_is_same (&stamp, &file->seen);
      have_changed =
        have_changed || !hein_secret_stamp_is_same (&stamp, &file->read);
      file->seen = stamp;
    }
  if (!stay || !have_changed)
    return FALSE;
  for (guint i = 0; i < TLS_WATCH_MAX; i++)
    self->files[i].read = self->files[i].seen;
  return TRUE;
}
