/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hein-inspect-folder.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <gio/gio.h>

/* Finds and checks the folder of control sockets, and the sockets in it. */

/* A name that is cut shorter than this says too little. */
#define NAME_MIN 24

static void
set_errno (GError **error, const char *what, const char *path)
{
  const int code = errno;

  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code), "%s %s: %s",
               what, path, g_strerror (code));
}

/* ---- the folder ---- */

char *
hein_inspect_folder_dup (GError **error)
{
  const char *runtime = g_getenv ("XDG_RUNTIME_DIR");

  if (runtime != NULL && g_path_is_absolute (runtime))
    return g_build_filename (runtime, "hein", NULL);
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                       runtime == NULL || *runtime == '\0'
                         ? "XDG_RUNTIME_DIR is not set: set it to what the "
                           "programs have, mostly /run/user/ and the user id"
                         : "XDG_RUNTIME_DIR is not an absolute path");
  return NULL;
}

gboolean
hein_inspect_folder_check (const char *folder, GError **error)
{
  struct stat info;
  const char *fault = NULL;

  if (lstat (folder, &info) != 0)
    {
      set_errno (error, "cannot look at", folder);
      return FALSE;
    }
  if (!S_ISDIR (info.st_mode))
    fault = "is not a folder";
  else if (info.st_uid != geteuid ())
    fault = "belongs to another user";
  else if ((info.st_mode & 077) != 0)
    fault = "can be entered by other users";
  if (fault == NULL)
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED, "%s %s", folder,
               fault);
  return FALSE;
}

gboolean
hein_inspect_folder_make (const char *folder, GError **error)
{
  if (mkdir (folder, 0700) != 0 && errno != EEXIST)
    {
      set_errno (error, "cannot make", folder);
      return FALSE;
    }
  return hein_inspect_folder_check (folder, error);
}

/* ---- names ---- */

static gboolean
is_plain (char c)
{
  return g_ascii_isalnum (c) || strchr ("-_.~", c) != NULL;
}

char *
hein_inspect_folder_dup_name (pid_t pid,
                              const char *bus_name,
                              const char *suffix,
                              gsize max)
{
  g_autoptr (GString) name = g_string_new (NULL);
  const gsize end_size = suffix != NULL ? strlen (suffix) + 1 : 0;

  g_string_printf (name, "%ld-", (long) pid);
  for (; *bus_name != '\0'; bus_name++)
    {
      const gboolean plain = is_plain (*bus_name);

      if (name->len + (plain ? 1 : 3) + end_size > max)
        break;
      if (plain)
        g_string_append_c (name, *bus_name);
      else
        g_string_append_printf (name, "%%%02X", (guint8) *bus_name);
    }
  if (suffix != NULL)
    g_string_append_printf (name, "-%s", suffix);
  return g_string_free (g_steal_pointer (&name), FALSE);
}

gboolean
hein_inspect_folder_parse_name (const char *name, pid_t *pid, char **bus_name)
{
  char *end;
  const gint64 number = g_ascii_strtoll (name, &end, 10);

  if (!g_ascii_isdigit (*name) || *end != '-' || number <= 0 ||
      number > G_MAXINT32)
    return FALSE;
  *pid = (pid_t) number;
  *bus_name = g_uri_unescape_string (end + 1, NULL);
  if (*bus_name == NULL)
    *bus_name = g_strdup (end + 1);
  return TRUE;
}

gsize
hein_inspect_folder_get_room (const char *folder)
{
  const gsize size = sizeof ((struct sockaddr_un *) NULL)->sun_path;
  const gsize used = strlen (folder) + 2; /* with a slash and the NUL */

  return used + NAME_MIN <= size ? size - used : 0;
}

/* ---- sockets ---- */

int
hein_inspect_folder_connect (const char *path)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  int fd;

  if (g_strlcpy (address.sun_path, path, sizeof address.sun_path) >=
      sizeof address.sun_path)
    return -ENAMETOOLONG;
  fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0)
    return -errno;
  if (connect (fd, (struct sockaddr *) &address, sizeof address) != 0)
    {
      const int code = errno;

      close (fd);
      return -code;
    }
  return fd;
}

gboolean
hein_inspect_folder_is_ours (int fd, pid_t *pid)
{
  struct ucred peer = { .pid = 0 };
  socklen_t size = sizeof peer;

  if (getsockopt (fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 ||
      peer.uid != geteuid ())
    return FALSE;
  if (pid != NULL)
    *pid = peer.pid;
  return TRUE;
}

/* That nobody listens is not enough: a bus may be about to. */
gboolean
hein_inspect_folder_remove_stale (const char *path, pid_t pid)
{
  const int fd = hein_inspect_folder_connect (path);

  if (fd >= 0)
    close (fd);
  if (fd != -ECONNREFUSED || (kill (pid, 0) == 0 || errno != ESRCH))
    return FALSE;
  return unlink (path) == 0;
}
