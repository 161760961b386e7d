/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-keygen-revoke.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "secret/hein-secret-write.h"
#include "secret/hein-secret.h"
#include "tool-key-file.h"
#include "tool-key.h"
#include "tool-options.h"
#include "tool-output.h"
#include "tool-status.h"
#include "tool-text.h"

/* Taking keys back: removes lines from files of peers and of keys. */

/* More than a file of peers or of keys may have. */
#define FILE_MAX (1024 * 1024)
#define SPACE    " \t\r"

typedef struct
{
  const char *path;
  const char *name;
  char *text;    /* owned: the file */
  GString *left; /* owned: what stays */
  guint n_removed;
  guint n_left; /* lines with a key */
  guint mode;   /* of the file, which stays */
  gboolean is_ring;
} Revocation;

static void
wipe (char *text)
{
  if (text != NULL)
    explicit_bzero (text, strlen (text));
  g_free (text);
}

static void
revocation_clear (Revocation *self)
{
  wipe (self->text);
  if (self->left != NULL)
    wipe (g_string_free (g_steal_pointer (&self->left), FALSE));
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Revocation, revocation_clear)

/* ---- lines ---- */

static gboolean
is_digits (const char *word, gsize size)
{
  gsize n = 0;

  while (n < size && g_ascii_isxdigit (word[n]))
    n++;
  return n == size && size == 2 * TOOL_KEY_SIZE;
}

static gsize
measure_trimmed (const char *line, gsize size)
{
  while (size > 0 && strchr (SPACE, line[size - 1]) != NULL)
    size--;
  return size;
}

/* "name with spaces DIGITS": of peers, and of keys. */
static gboolean
is_named_so (const char *line, gsize size, const char *name)
{
  gsize begin = size;

  while (begin > 0 && strchr (SPACE, line[begin - 1]) == NULL)
    begin--;
  if (!is_digits (line + begin, size - begin))
    return FALSE;
  begin = measure_trimmed (line, begin);
  return begin == strlen (name) && memcmp (line, name, begin) == 0;
}

/* "epoch DIGITS from until": of a group. */
static gboolean
is_numbered_so (const char *line, gsize size, const char *name)
{
  const gsize first = strcspn (line, SPACE "\n");
  const char *second = line + first + strspn (line + first, SPACE);

  return first < size && first == strlen (name) &&
         memcmp (line, name, first) == 0 &&
         is_digits (second, strcspn (second, SPACE "\n"));
}

static void
take_line (Revocation *self, const char *line, gsize size)
{
  const gsize indent = MIN (strspn (line, SPACE), size);
  const char *start = line + indent;
  const gsize length = measure_trimmed (start, size - indent);

  if (is_named_so (start, length, self->name) ||
      is_numbered_so (start, length, self->name))
    {
      self->n_removed++;
      return;
    }
  if (length > 0 && *start != '#')
    self->n_left++;
  g_string_append_len (self->left, line, size);
  g_string_append_c (self->left, '\n');
}

static void
take_lines (Revocation *self)
{
  const char *line = self->text;

  /* room for all of it: a string that grows leaves copies */
  self->left = g_string_sized_new (strlen (line) + 2);
  while (*line != '\0')
    {
      const gsize size = strcspn (line, "\n");

      take_line (self, line, size);
      line += size + (line[size] != '\0');
    }
}

/* ---- the file ---- */

static gboolean
read_all (Revocation *self, int fd)
{
  gsize size = 0;
  gssize n;

  self->text = g_malloc0 (FILE_MAX + 1);
  while ((n = read (fd, self->text + size, FILE_MAX - size)) > 0 ||
         (n < 0 && errno == EINTR))
    size += MAX (n, 0);
  if (n < 0)
    tool_key_file_complain (self->path, "cannot read it");
  else if (size == FILE_MAX || strlen (self->text) != size)
    tool_complain ("%s: is no file of lines with names and keys", self->path);
  else
    return TRUE;
  return FALSE;
}

/* Keys are secrets; the fingerprints of peers are not. */
static gboolean
check_mode (Revocation *self, int fd, GError **error)
{
  struct stat info;

  if (!(self->is_ring ? tool_key_check_mode (self->path, fd, error)
                      : hein_secret_check_list (self->path, fd, error)))
    return FALSE;
  self->mode = fstat (fd, &info) == 0 ? info.st_mode & 0644 : 0600;
  return TRUE;
}

static gboolean
read_file (Revocation *self)
{
  const int fd =
    open (self->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  g_autoptr (GError) error = NULL;
  gboolean ok = FALSE;

  if (fd < 0)
    tool_key_file_complain (self->path, "cannot open it");
  else if (!check_mode (self, fd, &error))
    tool_complain ("%s", error->message);
  else
    ok = read_all (self, fd);
  if (fd >= 0)
    close (fd);
  return ok;
}

static int
tell (const Revocation *self)
{
  g_autoptr (GString) text = g_string_new (NULL);

  g_string_append_printf (text, "%u line%s of ", self->n_removed,
                          self->n_removed == 1 ? "" : "s");
  tool_text_append (text, self->name, strlen (self->name));
  g_string_append (text, self->n_removed == 1 ? " is no longer in "
                                              : " are no longer in ");
  tool_text_append (text, self->path, strlen (self->path));
  g_string_append (text,
                   ": whoever uses that file ends the connections of this key "
                   "within a second.\n"
                   "Do the same with every other file that has it.\n");
  return tool_output_print (text->str);
}

static int
rewrite (Revocation *self)
{
  g_autoptr (GError) error = NULL;

  if (self->n_removed == 0)
    tool_complain ("%s: has no line of '%s'", self->path, self->name);
  else if (self->n_left == 0 && self->is_ring)
    tool_complain (
      "%s: '%s' has the only key in it, and a file without keys is "
      "taken for broken: who runs would keep this key. Add "
      "another one first, or end the programs that use the file",
      self->path, self->name);
  else if (!hein_secret_write_file (self->path, self->left->str,
                                    self->left->len, self->mode,
                                    HEIN_SECRET_WRITE_REPLACE, &error))
    tool_complain ("%s", error->message);
  else
    return tell (self);
  return TOOL_FAILED;
}

/* Pairing locks the folder, too, while it adds a line: neither may overwrite
 * what the other has written. */
static int
lock_folder (const char *path)
{
  g_autofree char *real = realpath (path, NULL);
  g_autofree char *folder = g_path_get_dirname (real != NULL ? real : path);
  const int fd = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  if (fd >= 0)
    flock (fd, LOCK_EX);
  return fd;
}

int
tool_keygen_revoke (const char *path, const char *name, gboolean is_ring)
{
  g_auto (Revocation) self = { .path = path, .name = name, .is_ring = is_ring };
  const int lock = lock_folder (path);
  int status = TOOL_FAILED;

  if (read_file (&self))
    {
      take_lines (&self);
      status = rewrite (&self);
    }
  if (lock >= 0)
    close (lock);
  return status;
}
