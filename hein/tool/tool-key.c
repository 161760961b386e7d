/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-key.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Reads key files and key rings, and checks who else can read them. */

#define HEX_SIZE (2 * TOOL_KEY_SIZE)
#define RING_MAX 16384 /* maximum size of a ring file in bytes */

G_GNUC_PRINTF (3, 4)
static gboolean
fail (const char *path, GError **error, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED, "%s: %s", path, text);
  return FALSE;
}

gboolean
tool_key_check_mode (const char *path, int fd, GError **error)
{
  struct stat info;
  guint mode;

  if (fstat (fd, &info) != 0)
    return fail (path, error, "%s", g_strerror (errno));
  mode = info.st_mode & 07777;
  if (!S_ISREG (info.st_mode))
    return fail (path, error, "is not a regular file");
  if (info.st_uid != geteuid ())
    return fail (path, error, "belongs to user %u, you are user %u",
                 (guint) info.st_uid, (guint) geteuid ());
  if (mode != 0600 && mode != 0400)
    return fail (path, error, "has mode 0%o, and only 0600 and 0400 are taken",
                 mode);
  return TRUE;
}

/* Reads until @room is full or the file ends; -1 on failure. */
static gssize
read_all (int fd, char *to, gsize room)
{
  gsize size = 0;

  while (size < room)
    {
      gssize n = read (fd, to + size, room - size);

      if (n == 0)
        break;
      if (n < 0 && errno != EINTR)
        return -1;
      size += MAX (n, 0);
    }
  return size;
}

static gboolean
is_hex (const char *text, gsize size)
{
  if (size != HEX_SIZE)
    return FALSE;
  for (gsize i = 0; i < size; i++)
    if (!g_ascii_isxdigit (text[i]))
      return FALSE;
  return TRUE;
}

/* O_NONBLOCK: opening a FIFO without a writer would wait. */
static int
open_secret (const char *path, GError **error)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

  if (fd < 0)
    {
      fail (path, error, "%s", g_strerror (errno));
      return -1;
    }
  if (tool_key_check_mode (path, fd, error))
    return fd;
  close (fd);
  return -1;
}

gboolean
tool_key_check_file (const char *path, GError **error)
{
  int fd = open_secret (path, error);

  if (fd >= 0)
    close (fd);
  return fd >= 0;
}

/* ---- rings ---- */

static gboolean
take_line (ToolRing *self, char *line, const char **trouble)
{
  g_auto (GStrv) words = g_strsplit_set (g_strstrip (line), " \t", -1);
  guint64 epoch = 0;
  const char *key = NULL;

  *trouble = NULL;
  if (line[0] == '\0' || line[0] == '#')
    return TRUE;
  for (guint i = 1; words[i] != NULL && key == NULL; i++)
    key = words[i][0] != '\0' ? words[i] : NULL;
  if (!g_ascii_string_to_unsigned (words[0], 10, 0, G_MAXUINT64 - 1, &epoch,
                                   NULL))
    *trouble = "the epoch is not a number";
  else if (key == NULL || !is_hex (key, strlen (key)))
    *trouble = "the key is not 64 hex digits";
  self->n_keys++;
  self->last_epoch = MAX (self->last_epoch, epoch);
  for (guint i = 0; words[i] != NULL; i++)
    explicit_bzero (words[i], strlen (words[i]));
  return *trouble == NULL;
}

static gboolean
take_lines (ToolRing *self, const char *path, char *text, GError **error)
{
  const char *trouble;

  for (guint n = 1; *text != '\0'; n++)
    {
      char *line = text;
      gsize size = strcspn (text, "\n");

      text += size + (text[size] != '\0');
      line[size] = '\0';
      if (!take_line (self, line, &trouble))
        return fail (path, error, "line %u: %s", n, trouble);
    }
  return TRUE;
}

gboolean
tool_ring_read (ToolRing *self, const char *path, int fd, GError **error)
{
  g_autofree char *text = g_malloc (RING_MAX + 2);
  gssize size = read_all (fd, text, RING_MAX + 1);
  gboolean is_read = FALSE;

  *self = (ToolRing){ .ends_line = TRUE };
  if (size < 0)
    fail (path, error, "%s", g_strerror (errno));
  else if (size > RING_MAX)
    fail (path, error, "is larger than the %d bytes of a ring", RING_MAX);
  else if (memchr (text, '\0', size) != NULL)
    fail (path, error, "is not text");
  else
    {
      text[size] = '\0';
      self->ends_line = size == 0 || text[size - 1] == '\n';
      is_read = take_lines (self, path, text, error);
    }
  explicit_bzero (text, RING_MAX + 2);
  return is_read;
}

gboolean
tool_ring_check_file (const char *path, guint *n_keys, GError **error)
{
  ToolRing ring;
  int fd = open_secret (path, error);
  gboolean is_read = fd >= 0 && tool_ring_read (&ring, path, fd, error);

  if (fd >= 0)
    close (fd);
  if (!is_read)
    return FALSE;
  *n_keys = ring.n_keys;
  if (ring.n_keys == 0)
    return fail (path, error, "has no key");
  if (ring.n_keys > TOOL_RING_MAX)
    return fail (path, error, "has %u keys, at most %d are taken", ring.n_keys,
                 TOOL_RING_MAX);
  return TRUE;
}
