/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-access-private.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <hein/hein-error.h>

#include "base/hein-error-private.h"
#include "secret/hein-secret-stamp.h"

/* Reads access files, again when they change, and explains them. */

struct _HeinAccessFile
{
  char *path; /* owned */
  HeinAccessRules *rules;
  HeinSecretStamp read; /* what the file was when it was read */
  HeinSecretStamp seen; /* and when it was looked at */
};

/* ---- reading ---- */

static gboolean
check_stat (const struct stat *info, GError **error)
{
  if (!S_ISREG (info->st_mode))
    g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_FAILED,
                         "is not a regular file");
  else if (info->st_uid != geteuid () && info->st_uid != 0)
    g_set_error (error, HEIN_ERROR, HEIN_ERROR_INSECURE,
                 "belongs to user %u, who could allow anything: it has to be "
                 "yours, or root's",
                 (guint) info->st_uid);
  else if ((info->st_mode & 022) != 0)
    g_set_error (error, HEIN_ERROR, HEIN_ERROR_INSECURE,
                 "its mode is 0%o, so others could write to it, and allow "
                 "anything: chmod 644 it",
                 (guint) info->st_mode & 07777);
  else if (info->st_size > HEIN_ACCESS_MAX_BYTES)
    g_set_error (error, HEIN_ERROR, HEIN_ERROR_TOO_LARGE,
                 "an access file has at most %d bytes", HEIN_ACCESS_MAX_BYTES);
  else
    return TRUE;
  return FALSE;
}

static gboolean
fail_errno (int code, GError **error)
{
  g_set_error_literal (error, G_IO_ERROR, g_io_error_from_errno (code),
                       g_strerror (code));
  return FALSE;
}

/* (transfer full) (nullable) */
static char *
read_text (int fd, gsize *size, GError **error)
{
  g_autofree char *text = NULL;
  struct stat info;
  gssize n;

  if (fstat (fd, &info) != 0)
    {
      fail_errno (errno, error);
      return NULL;
    }
  if (!check_stat (&info, error))
    return NULL;
  text = g_malloc (info.st_size + 1);
  for (*size = 0; *size < (gsize) info.st_size; *size += n)
    {
      do
        n = read (fd, text + *size, info.st_size - *size);
      while (n < 0 && errno == EINTR);
      if (n < 0)
        {
          fail_errno (errno, error);
          return NULL;
        }
      if (n == 0)
        break;
    }
  return g_steal_pointer (&text);
}

static HeinAccessRules *
read_open_file (int fd, GError **error)
{
  gsize size;
  g_autofree char *text = read_text (fd, &size, error);

  return text != NULL ? hein_access_rules_new (text, size, error) : NULL;
}

/* A FIFO must not make a bus wait: O_NONBLOCK. */
static HeinAccessRules *
read_file (const char *path, GError **error)
{
  const int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  HeinAccessRules *rules = NULL;
  GError *trouble = NULL;

  if (fd < 0)
    fail_errno (errno, &trouble);
  else
    {
      rules = read_open_file (fd, &trouble);
      close (fd);
    }
  if (trouble == NULL)
    return rules;
  g_prefix_error (&trouble, "access file %s: ", path);
  hein_error_make_printable (trouble);
  g_propagate_error (error, trouble);
  return NULL;
}

/* ---- files that change ---- */

HeinAccessFile *
hein_access_file_open (const char *path, GError **error)
{
  /* before it is read: what is written later is seen as a change */
  const HeinSecretStamp stamp = hein_secret_stamp_look (path);
  HeinAccessRules *rules = read_file (path, error);
  HeinAccessFile *self;

  if (rules == NULL)
    return NULL;
  self = g_rc_box_new (HeinAccessFile);
  *self = (HeinAccessFile){ g_strdup (path), rules, stamp, stamp };
  return self;
}

static void
clear (gpointer data)
{
  HeinAccessFile *self = data;

  g_free (self->path);
  hein_access_rules_release (self->rules);
}

void
hein_access_file_release (HeinAccessFile *self)
{
  g_rc_box_release_full (self, clear);
}

gboolean
hein_access_file_look (HeinAccessFile *self, GError **error)
{
  const HeinSecretStamp stamp = hein_secret_stamp_look (self->path);
  const gboolean stays = hein_secret_stamp_is_same (&stamp, &self->seen);
  HeinAccessRules *now;

  self->seen = stamp;
  if (!stays || hein_secret_stamp_is_same (&stamp, &self->read))
    return TRUE;
  self->read = stamp;
  now = read_file (self->path, error);
  if (now == NULL)
    {
      g_prefix_error (error, "the rules stay as they were: ");
      return FALSE;
    }
  hein_access_rules_release (self->rules);
  self->rules = now;
  return TRUE;
}

/* ---- deciding ---- */

static char *
dup_reason (const char *path, const HeinAccessRules *rules, int rule)
{
  g_autofree char *text = hein_access_rules_dup_text (rules, rule);
  g_autofree char *reason = g_strdup_printf ("%s, %s", path, text);

  return hein_error_dup_printable (reason, strlen (reason));
}

gboolean
hein_access_file_allows (HeinAccessFile *self,
                         const HeinAccessPeer *peer,
                         HeinAction action,
                         const char *topic,
                         gsize topic_size,
                         char **reason)
{
  int rule;
  const gboolean allows = hein_access_rules_allow (self->rules, peer, action,
                                                   topic, topic_size, &rule);

  if (reason != NULL)
    *reason = dup_reason (self->path, self->rules, rule);
  return allows;
}

/**
 * hein_access_explain:
 * @path: (type filename): an access file
 * @name: (nullable): a name that the peer has proved; %NULL when it has proved
 *   none
 * @security: (nullable): how it was proved, as in [property@Peer:security];
 *   %NULL or `none`: not at all
 * @action: what the peer wants to do
 * @topic: with which topic
 * @is_allowed: (out): whether it may
 * @error: return location
 *
 * Explains which line of an access file decides. Nothing else is needed than
 * the file; `hein doctor --access` is made of this.
 *
 * - Errors: `HEIN_ERROR_FAILED` and `HEIN_ERROR_TOO_LARGE` (the text names the
 *   line), `HEIN_ERROR_INSECURE` (others can write to it), #GIOErrorEnum.
 * - Thread: any; it reads from the disk.
 *
 * Returns: (transfer full): the file, and the line with its number
 *
 * Since: 0.9
 */
char *
hein_access_explain (const char *path,
                     const char *name,
                     const char *security,
                     HeinAction action,
                     const char *topic,
                     gboolean *is_allowed,
                     GError **error)
{
  const HeinAccessPeer peer = {
    .name = name,
    .security = g_strcmp0 (security, "none") != 0 ? security : NULL,
  };
  g_autoptr (HeinAccessFile) file = NULL;
  char *reason = NULL;

  g_return_val_if_fail (path != NULL, NULL);
  g_return_val_if_fail (topic != NULL, NULL);
  g_return_val_if_fail (is_allowed != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  *is_allowed = FALSE;
  file = hein_access_file_open (path, error);
  if (file == NULL)
    return NULL;
  *is_allowed = hein_access_file_allows (file, &peer, action, topic,
                                         strlen (topic), &reason);
  return reason;
}
