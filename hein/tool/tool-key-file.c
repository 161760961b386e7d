/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-key-file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tool-options.h"
#include "tool-status.h"

/* Writes new key files so that they survive a crash. */

int
tool_key_file_complain (const char *path, const char *what)
{
  int code = errno;

  if (code == EEXIST)
    tool_complain ("%s: is there already, and a key is never overwritten: "
                   "remove it if nobody needs it, or name another file",
                   path);
  else if (code == ENOENT || code == ENOTDIR)
    tool_complain ("%s: its folder is not there: make it first", path);
  else
    tool_complain ("%s: %s: %s", path, what, g_strerror (code));
  return TOOL_FAILED;
}

gboolean
tool_key_file_write (int fd, const char *text, gsize size)
{
  while (size > 0)
    {
      gssize n = write (fd, text, size);

      if (n < 0 && errno != EINTR)
        return FALSE;
      text += MAX (n, 0);
      size -= MAX (n, 0);
    }
  return TRUE;
}

/* A new file survives a crash only when its folder has been synced as well. */
static gboolean
sync_folder (const char *path)
{
  g_autofree char *folder = g_path_get_dirname (path);
  int fd = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  gboolean is_done = fd >= 0 && fsync (fd) == 0;

  if (fd >= 0)
    close (fd);
  return is_done;
}

/* Sets the mode explicitly, since the umask may have removed too much of it. */
static gboolean
write_file (int fd, const char *path, const char *text, guint mode)
{
  return fchmod (fd, mode) == 0 &&
         tool_key_file_write (fd, text, strlen (text)) && fsync (fd) == 0 &&
         sync_folder (path);
}

int
tool_key_file_make (const char *path, const char *text, guint mode)
{
  int fd =
    open (path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  int status = TOOL_DONE;

  if (fd < 0)
    return tool_key_file_complain (path, "cannot make it");
  if (!write_file (fd, path, text, mode))
    {
      status = tool_key_file_complain (path, "cannot write the key");
      unlink (path);
    }
  close (fd);
  return status;
}
