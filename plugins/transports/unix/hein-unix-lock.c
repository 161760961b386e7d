/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-unix-lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gio/gunixsocketaddress.h>

/* Between opening a lock file and locking it another may have removed it. */
#define MAX_TRIES 100

struct _HeinUnixLock
{
  char *path;
  char *lock_path;
  int fd;
  pid_t pid;

  /* the socket that was bound to the path under this lock: a path may get
   * another one, from who takes no lock */
  gboolean has_socket;
  dev_t device;
  ino_t inode;
};

static gboolean
set_errno_error (GError **error, int code, const char *what, const char *path)
{
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code), "%s %s: %s",
               what, path, g_strerror (code));
  return FALSE;
}

/* The text is a hint for people; only the lock itself counts. */
static void
write_owner (int fd)
{
  g_autofree char *text = g_strdup_printf ("%ld\n", (long) getpid ());

  if (ftruncate (fd, 0) == 0 && pwrite (fd, text, strlen (text), 0) < 0)
    g_debug ("cannot write into a lock file: %s", g_strerror (errno));
}

static char *
dup_owner (int fd)
{
  char text[32] = { 0 };
  gint64 pid = 0;

  if (pread (fd, text, sizeof text - 1, 0) > 0)
    pid = g_ascii_strtoll (text, NULL, 10);
  if (pid <= 0)
    return g_strdup ("another process");
  if (pid == getpid ())
    return g_strdup ("this process");
  return g_strdup_printf ("process %" G_GINT64_FORMAT, pid);
}

static gboolean
is_same_file (int fd, const char *path)
{
  struct stat opened;
  struct stat named;

  return fstat (fd, &opened) == 0 && lstat (path, &named) == 0 &&
         opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

static int
open_lock_file (const char *path, GError **error)
{
  struct stat status;
  int fd =
    open (path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);

  if (fd < 0)
    {
      set_errno_error (error, errno, "cannot open lock file", path);
      return -1;
    }
  if (fstat (fd, &status) == 0 && S_ISREG (status.st_mode))
    return fd;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_REGULAR_FILE,
               "lock file %s is not a regular file", path);
  close (fd);
  return -1;
}

/* FALSE without an error: it was removed meanwhile, try again. */
static gboolean
lock_once (HeinUnixLock *self, GError **error)
{
  g_autofree char *owner = NULL;
  int fd = open_lock_file (self->lock_path, error);

  if (fd < 0)
    return FALSE;
  if (flock (fd, LOCK_EX | LOCK_NB) == 0)
    {
      if (is_same_file (fd, self->lock_path))
        {
          self->fd = fd;
          return TRUE;
        }
    }
  else if (errno == EWOULDBLOCK)
    {
      owner = dup_owner (fd);
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE,
                   "%s is in use by %s, which holds %s", self->path, owner,
                   self->lock_path);
    }
  else if (errno != EINTR)
    set_errno_error (error, errno, "cannot lock", self->lock_path);
  close (fd);
  return FALSE;
}

static gboolean
take_lock (HeinUnixLock *self, GError **error)
{
  g_autoptr (GError) trouble = NULL;

  for (int i = 0; i < MAX_TRIES && trouble == NULL; i++)
    if (lock_once (self, &trouble))
      return TRUE;
  if (trouble != NULL)
    g_propagate_error (error, g_steal_pointer (&trouble));
  else
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_BUSY,
                 "lock file %s comes and goes", self->lock_path);
  return FALSE;
}

/* Listeners of other libraries take no lock: ask whether one answers. */
static gboolean
is_answered (const char *path)
{
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (path);
  g_autoptr (GSocket) socket = NULL;
  g_autoptr (GError) error = NULL;

  socket = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM,
                         G_SOCKET_PROTOCOL_DEFAULT, NULL);
  if (socket == NULL)
    return TRUE;
  g_socket_set_blocking (socket, FALSE);
  return g_socket_connect (socket, address, NULL, &error) ||
         !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
}

static gboolean
remove_stale (const char *path, GError **error)
{
  struct stat status;

  if (lstat (path, &status) != 0)
    return errno == ENOENT ||
           set_errno_error (error, errno, "cannot look at", path);
  if (!S_ISSOCK (status.st_mode))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE,
                   "%s exists and is not a socket", path);
      return FALSE;
    }
  if (is_answered (path))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE,
                   "%s is in use by a process that holds no lock file", path);
      return FALSE;
    }
  if (unlink (path) != 0 && errno != ENOENT)
    return set_errno_error (error, errno, "cannot remove stale socket", path);
  return TRUE;
}

HeinUnixLock *
hein_unix_lock_new (const char *path, GError **error)
{
  g_autoptr (HeinUnixLock) self = g_new0 (HeinUnixLock, 1);

  self->path = g_strdup (path);
  self->lock_path = g_strconcat (path, ".lock", NULL);
  self->fd = -1;
  self->pid = getpid ();
  if (!take_lock (self, error))
    return NULL;
  write_owner (self->fd);
  if (!remove_stale (path, error))
    return NULL;
  return g_steal_pointer (&self);
}

void
hein_unix_lock_set_bound (HeinUnixLock *self)
{
  struct stat status;

  self->has_socket =
    lstat (self->path, &status) == 0 && S_ISSOCK (status.st_mode);
  if (!self->has_socket)
    return;
  self->device = status.st_dev;
  self->inode = status.st_ino;
}

static gboolean
is_own_socket (HeinUnixLock *self)
{
  struct stat status;

  return self->has_socket && lstat (self->path, &status) == 0 &&
         status.st_dev == self->device && status.st_ino == self->inode;
}

void
hein_unix_lock_free (HeinUnixLock *self)
{
  if (self->fd >= 0 && self->pid == getpid ())
    {
      /* The lock goes last: nobody may come between. */
      if (is_own_socket (self))
        unlink (self->path);
      if (is_same_file (self->fd, self->lock_path))
        unlink (self->lock_path);
    }
  if (self->fd >= 0)
    close (self->fd);
  g_free (self->path);
  g_free (self->lock_path);
  g_free (self);
}
