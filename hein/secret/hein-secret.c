/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-secret.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <hein/hein.h>

/* Reads secrets from files that nobody else can read, and lists of those who
 * are let in from files that nobody else can write to. */

static gboolean
fail_errno (const char *path, const char *what, GError **error)
{
  int code = errno;

  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code), "%s: %s: %s",
               path, what, g_strerror (code));
  return FALSE;
}

static gboolean
check_kind (const char *path, const struct stat *info, GError **error)
{
  if (S_ISREG (info->st_mode))
    return TRUE;
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED,
               "%s: is not a regular file", path);
  return FALSE;
}

static gboolean
check_secret (const char *path, const struct stat *info, GError **error)
{
  guint mode = info->st_mode & 07777;

  if (info->st_uid != geteuid ())
    g_set_error (error, HEIN_ERROR, HEIN_ERROR_INSECURE,
                 "%s: belongs to user %u, not to user %u who wants to read "
                 "it: chown it, or make a key of your own",
                 path, (guint) info->st_uid, (guint) geteuid ());
  else if (mode != 0600 && mode != 0400)
    g_set_error (error, HEIN_ERROR, HEIN_ERROR_INSECURE,
                 "%s: its mode is 0%o, and it must be for its owner only: "
                 "chmod 600 it, and replace a key in it that others have read",
                 path, mode);
  else
    return TRUE;
  return FALSE;
}

static gboolean
check_writers (const char *path, const struct stat *info, GError **error)
{
  if (info->st_uid != geteuid () && info->st_uid != 0)
    g_set_error (error, HEIN_ERROR, HEIN_ERROR_INSECURE,
                 "%s: belongs to user %u, who could let in anybody: it has to "
                 "be yours, or root's",
                 path, (guint) info->st_uid);
  else if ((info->st_mode & 022) != 0)
    g_set_error (error, HEIN_ERROR, HEIN_ERROR_INSECURE,
                 "%s: its mode is 0%o, so others could write to it, and let in "
                 "anybody: chmod 644 it",
                 path, (guint) info->st_mode & 07777);
  else
    return TRUE;
  return FALSE;
}

typedef gboolean (*Check) (const char *path,
                           const struct stat *info,
                           GError **error);

/* Checks the open file, as the path may lead to another one by now. */
static gboolean
check_file (const char *path, int fd, Check check, GError **error)
{
  struct stat info;

  if (fstat (fd, &info) != 0)
    return fail_errno (path, "cannot open", error);
  return check_kind (path, &info, error) && check (path, &info, error);
}

gboolean
hein_secret_check_list (const char *path, int fd, GError **error)
{
  return check_file (path, fd, check_writers, error);
}

/* O_NONBLOCK: opening a FIFO without a writer would wait. */
static int
open_file (const char *path, Check check, GError **error)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

  if (fd < 0 && errno == ENOENT)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                 "%s: there is no such file: 'hein keygen' makes keys and "
                 "identities, and 'hein pair' a file of peers, too",
                 path);
  else if (fd < 0)
    fail_errno (path, "cannot open", error);
  else if (check_file (path, fd, check, error))
    return fd;
  if (fd >= 0)
    close (fd);
  return -1;
}

/* Reads until @room is full or the file ends; -1 on failure. */
static gssize
read_all (int fd, char *to, gsize room)
{
  gsize size = 0;

  while (size < room)
    {
      gssize n = read (fd, to + size, room - size);

      if (n < 0 && errno != EINTR)
        return -1;
      if (n == 0)
        break;
      size += MAX (n, 0);
    }
  return size;
}

static gssize
read_file (const char *path, Check check, char *to, gsize room, GError **error)
{
  int fd = open_file (path, check, error);
  gssize n;

  if (fd < 0)
    return -1;
  n = read_all (fd, to, room);
  if (n < 0)
    fail_errno (path, "cannot read", error);
  close (fd);
  return n;
}

gssize
hein_secret_read_file (const char *path, char *to, gsize room, GError **error)
{
  return read_file (path, check_secret, to, room, error);
}

gssize
hein_secret_read_list (const char *path, char *to, gsize room, GError **error)
{
  return read_file (path, check_writers, to, room, error);
}

char *
hein_secret_dup_name (const char *path)
{
  g_autofree char *base = g_path_get_basename (path);

  if (g_str_has_suffix (base, ".key") && strlen (base) > strlen (".key"))
    base[strlen (base) - strlen (".key")] = '\0';
  return hein_error_dup_printable (base, strlen (base));
}
