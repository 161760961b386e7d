/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-inspect-socket.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "hein-inspect-folder.h"

/* Makes the control socket of a bus. */

#define SUFFIX_SIZE 8

/* One bus of this process at a time, so that none takes the socket of another
 * one, which does not listen yet, for a stale one. */
G_LOCK_DEFINE_STATIC (making);

/* What a process of the same number left behind is nobody's: the caller holds
 * the lock. */
static gboolean
is_left_over (const char *path)
{
  const int fd = hein_inspect_folder_connect (path);

  if (fd >= 0)
    close (fd);
  return fd == -ECONNREFUSED;
}

/* Only this user can connect: the mode is set before the socket listens. */
static gboolean
listen_at (int fd, const char *path)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };

  g_strlcpy (address.sun_path, path, sizeof address.sun_path);
  if (bind (fd, (struct sockaddr *) &address, sizeof address) != 0)
    {
      if (errno != EADDRINUSE || !is_left_over (path) || unlink (path) != 0 ||
          bind (fd, (struct sockaddr *) &address, sizeof address) != 0)
        return FALSE;
    }
  if (chmod (path, 0600) == 0 && listen (fd, SOMAXCONN) == 0)
    return TRUE;
  unlink (path);
  return FALSE;
}

/* A second bus of the same name has a part of its instance in its file name. */
static char *
listen_in (const char *folder, int fd, const char *name, const char *instance)
{
  const gsize room = hein_inspect_folder_get_room (folder);
  g_autofree char *suffix = g_strndup (instance, SUFFIX_SIZE);
  const char *const suffixes[] = { NULL, suffix };

  if (room == 0)
    errno = ENAMETOOLONG;
  for (guint i = 0; room > 0 && i < G_N_ELEMENTS (suffixes); i++)
    {
      g_autofree char *file =
        hein_inspect_folder_dup_name (getpid (), name, suffixes[i], room);
      g_autofree char *path = g_build_filename (folder, file, NULL);

      if (listen_at (fd, path))
        return g_steal_pointer (&path);
      if (errno != EADDRINUSE && errno != EINVAL)
        break;
    }
  return NULL;
}

static GSocket *
make (const char *folder,
      const char *name,
      const char *instance,
      char **path,
      GError **error)
{
  const int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int code = errno;
  GSocket *self = NULL;

  if (fd >= 0)
    {
      *path = listen_in (folder, fd, name, instance);
      code = errno;
      if (*path != NULL)
        self = g_socket_new_from_fd (fd, error);
      if (self == NULL)
        close (fd);
    }
  if (*path == NULL)
    g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code),
                 "no socket in %s: %s", folder, g_strerror (code));
  return self;
}

GSocket *
hein_inspect_socket_new (const char *name,
                         const char *instance,
                         char **path,
                         GError **error)
{
  g_autofree char *folder = hein_inspect_folder_dup (error);
  GSocket *self;

  *path = NULL;
  if (folder == NULL || !hein_inspect_folder_make (folder, error))
    return NULL;
  G_LOCK (making);
  self = make (folder, name, instance, path, error);
  G_UNLOCK (making);
  return self;
}
