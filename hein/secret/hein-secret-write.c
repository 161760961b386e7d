/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-secret-write.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gio/gio.h>

/* Writes files that survive a crash: whole, or not at all. */

static gboolean
fail (const char *path, int number, GError **error)
{
  if (number == EEXIST)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS,
                 "%s: is there already, and a key is never overwritten: remove "
                 "it if nobody needs it, or name another file",
                 path);
  else if (number == ENOTSUP)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_REGULAR_FILE,
                 "%s: is not a regular file, so none takes its place: name "
                 "another one",
                 path);
  else if (number == ENOENT || number == ENOTDIR)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                 "%s: its folder does not exist: make it first", path);
  else
    g_set_error (error, G_IO_ERROR, g_io_error_from_errno (number), "%s: %s",
                 path, g_strerror (number));
  return FALSE;
}

gboolean
hein_secret_write_all (int fd, const char *text, gsize size)
{
  while (size > 0)
    {
      const gssize n = write (fd, text, size);

      if (n < 0 && errno != EINTR)
        return FALSE;
      text += MAX (n, 0);
      size -= MAX (n, 0);
    }
  return TRUE;
}

/* A new file survives a crash only when its folder has been synced as well. */
static gboolean
sync_folder (const char *path, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (path);
  const int fd = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const gboolean is_done = fd >= 0 && fsync (fd) == 0;
  const int number = errno;

  if (fd >= 0)
    close (fd);
  if (!is_done)
    g_set_error (error, G_IO_ERROR, g_io_error_from_errno (number),
                 "%s: is in place, but after a crash of the machine it may "
                 "not be: %s",
                 path, g_strerror (number));
  return is_done;
}

/* Sets the mode explicitly, since the umask may have removed too much of it. */
static gboolean
fill (int fd, const char *text, gsize size, int mode)
{
  return fchmod (fd, mode) == 0 && hein_secret_write_all (fd, text, size) &&
         fsync (fd) == 0;
}

/* Where @path is a symbolic link, the file it points to is replaced. Root could
 * replace even a device, such as /dev/null. */
static gboolean
replace (const char *temporary, const char *path)
{
  g_autofree char *real = realpath (path, NULL);
  struct stat info;

  if (stat (path, &info) == 0 && !S_ISREG (info.st_mode))
    {
      errno = ENOTSUP;
      return FALSE;
    }
  return rename (temporary, real != NULL ? real : path) == 0;
}

static gboolean
settle (const char *temporary, const char *path, HeinSecretWriteHow how)
{
  if (how == HEIN_SECRET_WRITE_REPLACE)
    return replace (temporary, path);
  if (renameat2 (AT_FDCWD, temporary, AT_FDCWD, path, RENAME_NOREPLACE) == 0)
    return TRUE;
  /* NFS knows no such flag, and FAT no links */
  return errno == EINVAL && link (temporary, path) == 0 &&
         unlink (temporary) == 0;
}

gboolean
hein_secret_write_file (const char *path,
                        const char *text,
                        gsize size,
                        int mode,
                        HeinSecretWriteHow how,
                        GError **error)
{
  g_autofree char *temporary = g_strconcat (path, ".XXXXXX", NULL);
  const int fd = g_mkstemp_full (temporary, O_WRONLY | O_CLOEXEC, 0600);
  int number;

  if (fd < 0)
    return fail (path, errno, error);
  if (fill (fd, text, size, mode) && settle (temporary, path, how))
    {
      close (fd);
      return sync_folder (path, error);
    }
  number = errno;
  close (fd);
  unlink (temporary);
  return fail (path, number, error);
}
