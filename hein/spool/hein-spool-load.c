/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-spool-load.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

/* Reads files of a spool whole: each is a few megabytes, or one message. */

guint8 *
hein_spool_load_bytes (
  HeinSpoolFolder *folder, int fd, guint64 offset, gsize size, GError **error)
{
  g_autofree guint8 *bytes = g_try_malloc (MAX (size, 1));
  gsize at = 0;

  if (bytes == NULL)
    {
      hein_spool_folder_fail (folder, error, ENOMEM, "cannot be read");
      return NULL;
    }
  while (at < size)
    {
      const gssize n = pread (fd, bytes + at, size - at, offset + at);

      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        {
          hein_spool_folder_fail (folder, error, n < 0 ? errno : EIO,
                                  "cannot be read");
          return NULL;
        }
      at += n;
    }
  return g_steal_pointer (&bytes);
}

/* What is no file of a spool may be of any size, and is not read. */
static gboolean
check_header (HeinSpoolFolder *folder, HeinSpoolLoaded *file, GError **error)
{
  const gsize size = MIN (file->size, HEIN_SPOOL_HEADER_SIZE);
  g_autofree guint8 *bytes =
    hein_spool_load_bytes (folder, file->fd, 0, size, error);

  if (bytes == NULL)
    return FALSE;
  if (hein_spool_scan (&file->scan, bytes, size, NULL, NULL, error))
    return TRUE;
  g_prefix_error (error,
                  "spool %s: file %016" G_GINT64_MODIFIER "x: ", folder->path,
                  file->number);
  return FALSE;
}

static gboolean
load_file (HeinSpoolFolder *folder,
           HeinSpoolLoaded *file,
           const HeinSpoolLoadFuncs *funcs,
           gpointer data,
           GError **error)
{
  g_autofree guint8 *bytes = NULL;
  struct stat status;

  if (fstat (file->fd, &status) != 0)
    {
      hein_spool_folder_fail (folder, error, errno, "cannot be read");
      return FALSE;
    }
  file->size = status.st_size;
  if (!check_header (folder, file, error))
    return FALSE;
  bytes = hein_spool_load_bytes (folder, file->fd, 0, file->size, error);
  if (bytes == NULL)
    return FALSE;
  funcs->begin (file, data);
  hein_spool_scan (&file->scan, bytes, file->size, funcs->found, data, NULL);
  funcs->end (file, data);
  return TRUE;
}

gboolean
hein_spool_load (HeinSpoolFolder *folder,
                 const HeinSpoolLoadFuncs *funcs,
                 gpointer data,
                 GError **error)
{
  g_autoptr (GArray) numbers = hein_spool_folder_list (folder, error);

  if (numbers == NULL)
    return FALSE;
  for (guint i = 0; i < numbers->len; i++)
    {
      HeinSpoolLoaded file = { .number = g_array_index (numbers, guint64, i) };
      gboolean is_loaded;

      file.fd = hein_spool_folder_open_file (folder, file.number, error);
      if (file.fd < 0)
        return FALSE;
      is_loaded = load_file (folder, &file, funcs, data, error);
      if (file.fd >= 0)
        close (file.fd);
      if (!is_loaded)
        return FALSE;
    }
  return TRUE;
}
