/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-spool-folder.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include <hein/hein-error.h>

#include "hein-spool-format.h"

/* Opens, checks and locks the folder of a spool, and makes its files. Only who
 * owns them may read and write them. */

#define LOCK_FILE "lock"

/* So often, a millisecond each, a lock is tried that nobody has for long. */
#define TRIES_MAX 1000

/* Sixteen digits, so that their order is that of their names. */
#define NAME_SIZE (16 + sizeof HEIN_SPOOL_SUFFIX)

static void
fill_name (guint64 number, char name[NAME_SIZE])
{
  g_snprintf (name, NAME_SIZE, "%016" G_GINT64_MODIFIER "x" HEIN_SPOOL_SUFFIX,
              number);
}

static gboolean
read_name (const char *name, guint64 *number)
{
  char end[NAME_SIZE];

  *number = g_ascii_strtoull (name, NULL, 16);
  fill_name (*number, end);
  return g_str_equal (name, end);
}

void
hein_spool_folder_fail (HeinSpoolFolder *self,
                        GError **error,
                        int code,
                        const char *what)
{
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code),
               "spool %s: %s: %s", self->path, what, g_strerror (code));
}

/* ---- the folder ---- */

static gboolean
check_owner (HeinSpoolFolder *self, GError **error)
{
  struct stat status;

  if (fstat (self->fd, &status) != 0)
    hein_spool_folder_fail (self, error, errno, "cannot be looked at");
  else if (status.st_uid != geteuid ())
    g_set_error (error, HEIN_ERROR, HEIN_ERROR_INSECURE,
                 "spool %s: it belongs to another user", self->path);
  else if (status.st_mode & 022)
    g_set_error (error, HEIN_ERROR, HEIN_ERROR_INSECURE,
                 "spool %s: other users may write to it", self->path);
  else
    return TRUE;
  return FALSE;
}

gboolean
hein_spool_folder_look (HeinSpoolFolder *self, const char *path, GError **error)
{
  self->path = g_strdup (path);
  self->lock_fd = -1;
  self->fd = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (self->fd < 0)
    hein_spool_folder_fail (self, error, errno, "cannot be opened");
  else if (check_owner (self, error))
    return TRUE;
  hein_spool_folder_close (self);
  return FALSE;
}

/* Who only wants to know whether the folder is used has a lock, too, but shares
 * it, and only for a moment: that is waited for. */
static gboolean
lock_file (int fd)
{
  for (guint i = 0; i < TRIES_MAX; i++)
    {
      if (flock (fd, LOCK_EX | LOCK_NB) == 0)
        return TRUE;
      if (errno != EWOULDBLOCK || flock (fd, LOCK_SH | LOCK_NB) != 0)
        return FALSE;
      flock (fd, LOCK_UN);
      g_usleep (1000);
    }
  errno = EWOULDBLOCK;
  return FALSE;
}

HeinSpoolUse
hein_spool_folder_get_use (HeinSpoolFolder *self)
{
  const int fd = openat (self->fd, LOCK_FILE,
                         O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  HeinSpoolUse use = HEIN_SPOOL_FREE;

  if (fd < 0)
    return HEIN_SPOOL_NO_LOCK;
  if (flock (fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK)
    use = HEIN_SPOOL_IN_USE;
  close (fd);
  return use;
}

static gboolean
lock (HeinSpoolFolder *self, GError **error)
{
  self->lock_fd = openat (self->fd, LOCK_FILE,
                          O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (self->lock_fd < 0)
    hein_spool_folder_fail (self, error, errno, "cannot be locked");
  else if (lock_file (self->lock_fd))
    return TRUE;
  else if (errno == EWOULDBLOCK)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_BUSY,
                 "spool %s: another process, or another bus, uses it",
                 self->path);
  else
    hein_spool_folder_fail (self, error, errno, "cannot be locked");
  return FALSE;
}

gboolean
hein_spool_folder_open (HeinSpoolFolder *self, const char *path, GError **error)
{
  if (g_mkdir_with_parents (path, 0700) != 0)
    {
      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno),
                   "spool %s: cannot be made: %s", path, g_strerror (errno));
      return FALSE;
    }
  if (!hein_spool_folder_look (self, path, error))
    return FALSE;
  if (lock (self, error))
    return TRUE;
  hein_spool_folder_close (self);
  return FALSE;
}

void
hein_spool_folder_close (HeinSpoolFolder *self)
{
  if (self->lock_fd >= 0)
    close (self->lock_fd);
  if (self->fd >= 0)
    close (self->fd);
  self->lock_fd = self->fd = -1;
  g_clear_pointer (&self->path, g_free);
}

/* ---- files ---- */

static int
compare (gconstpointer a, gconstpointer b)
{
  const guint64 first = *(const guint64 *) a;
  const guint64 second = *(const guint64 *) b;

  return first < second ? -1 : first > second;
}

GArray *
hein_spool_folder_list (HeinSpoolFolder *self, GError **error)
{
  g_autoptr (GDir) folder = g_dir_open (self->path, 0, error);
  g_autoptr (GArray) numbers = g_array_new (FALSE, FALSE, sizeof (guint64));
  const char *name;

  if (folder == NULL)
    return NULL;
  while ((name = g_dir_read_name (folder)) != NULL)
    {
      guint64 number;

      if (read_name (name, &number))
        g_array_append_val (numbers, number);
    }
  g_array_sort (numbers, compare);
  return g_steal_pointer (&numbers);
}

int
hein_spool_folder_open_file (HeinSpoolFolder *self,
                             guint64 number,
                             GError **error)
{
  char name[NAME_SIZE];
  struct stat status;
  int fd;

  fill_name (number, name);
  fd = openat (self->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd >= 0 && fstat (fd, &status) == 0 && S_ISREG (status.st_mode))
    return fd;
  hein_spool_folder_fail (self, error, fd >= 0 ? EINVAL : errno, name);
  if (fd >= 0)
    close (fd);
  return -1;
}

int
hein_spool_folder_make_file (HeinSpoolFolder *self,
                             guint64 number,
                             GError **error)
{
  char name[NAME_SIZE];
  int fd;

  fill_name (number, name);
  fd = openat (self->fd, name,
               O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0)
    hein_spool_folder_fail (self, error, errno, name);
  return fd;
}

gboolean
hein_spool_folder_sync (HeinSpoolFolder *self, GError **error)
{
  if (fsync (self->fd) == 0)
    return TRUE;
  hein_spool_folder_fail (self, error, errno, "cannot be written");
  return FALSE;
}

void
hein_spool_folder_remove_file (HeinSpoolFolder *self, guint64 number)
{
  char name[NAME_SIZE];

  fill_name (number, name);
  /* what stays is found the next time, and is all settled then */
  if (unlinkat (self->fd, name, 0) != 0)
    g_debug ("%s/%s: %s", self->path, name, g_strerror (errno));
}
