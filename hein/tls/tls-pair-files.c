/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tls-pair-files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gnutls/abstract.h>
#include <hein/hein.h>

#include "secret/hein-secret-write.h"
#include "secret/hein-secret.h"
#include "tls-issue.h"

/* Reads and writes the files of a side that pairs. */

/* ---- the identity ---- */

static gboolean
fail_code (const char *path, int code, GError **error)
{
  if (code == 0)
    return TRUE;
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED, "%s: %s", path,
               gnutls_strerror (code));
  return FALSE;
}

static int
take_key (TlsPairOwn *self)
{
  gnutls_x509_privkey_t key;
  int code = gnutls_certificate_get_x509_key (self->credentials, 0, &key);

  if (code != 0)
    return code;
  code = gnutls_privkey_init (&self->key);
  if (code == 0)
    code = gnutls_privkey_import_x509 (self->key, key,
                                       GNUTLS_PRIVKEY_IMPORT_AUTO_RELEASE);
  if (code != 0)
    gnutls_x509_privkey_deinit (key);
  return code;
}

gboolean
tls_pair_own_read (TlsPairOwn *self, const char *path, GError **error)
{
  *self = (TlsPairOwn){ .key = NULL };
  if (!fail_code (path,
                  gnutls_certificate_allocate_credentials (&self->credentials),
                  error) ||
      !tls_identity_file_read (&self->file, path, self->credentials, error) ||
      !fail_code (path, take_key (self), error))
    return FALSE;
  if (self->file.name != NULL)
    return TRUE;
  g_set_error (
    error, HEIN_ERROR, HEIN_ERROR_FAILED,
    "%s: its certificate names nobody, and who pairs must: let 'hein "
    "keygen --identity' make one",
    path);
  return FALSE;
}

void
tls_pair_own_clear (TlsPairOwn *self)
{
  if (self->key != NULL)
    gnutls_privkey_deinit (self->key);
  if (self->credentials != NULL)
    gnutls_certificate_free_credentials (self->credentials);
  tls_identity_file_clear (&self->file);
  *self = (TlsPairOwn){ .key = NULL };
}

static gboolean
check_own (const char *path, const char *name, GError **error)
{
  TlsPairOwn own;
  gboolean ok = tls_pair_own_read (&own, path, error);

  if (ok && name != NULL && !g_str_equal (name, own.file.name))
    {
      g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED,
                   "%s: is the identity of \"%s\", not of \"%s\": say that "
                   "name, or another file",
                   path, own.file.name, name);
      ok = FALSE;
    }
  tls_pair_own_clear (&own);
  return ok;
}

static gboolean
have_identity (const char *path, const char *name, GError **error)
{
  g_autofree char *pin = NULL;

  if (access (path, F_OK) == 0)
    return check_own (path, name, error);
  if (name != NULL)
    {
      pin = tls_issue_identity (path, name, error);
      return pin != NULL;
    }
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED,
               "%s: is not there: say the name that it shall be made for",
               path);
  return FALSE;
}

/* ---- the file of peers ---- */

/* A missing file is one without lines. */
static TlsPeers *
read_peers (const char *path, GError **error)
{
  g_autofree char *nothing = g_strdup ("");

  if (access (path, F_OK) != 0 && errno == ENOENT)
    return tls_peers_new_from_text (path, nothing, 0, error);
  return tls_peers_new_from_file (path, error);
}

static gboolean
fail_taken (GError **error, const char *path, const char *format, ...)
  G_GNUC_PRINTF (3, 4);

static gboolean
fail_taken (GError **error, const char *path, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS, "%s: %s", path, text);
  return FALSE;
}

/* Sets @is_there: the very line is. */
static gboolean
look (const TlsPeers *peers,
      const char *path,
      const char *name,
      const guint8 *pin,
      gboolean *is_there,
      GError **error)
{
  const char *other = tls_peers_find (peers, pin);

  *is_there = g_strcmp0 (other, name) == 0;
  if (*is_there)
    return TRUE;
  if (other != NULL)
    return fail_taken (error, path,
                       "the key of \"%s\" is there as that of \"%s\": remove "
                       "that line if it has another name now, and pair again",
                       name, other);
  if (tls_peers_have_name (peers, name))
    return fail_taken (error, path,
                       "\"%s\" is there with another key: remove its line if "
                       "it has a new one, and pair again; else it is somebody "
                       "else, who needs another name",
                       name);
  return TRUE;
}

gboolean
tls_pair_files_check (const char *path,
                      const char *name,
                      const guint8 *pin,
                      GError **error)
{
  g_autoptr (TlsPeers) peers = read_peers (path, error);
  gboolean is_there;

  return peers != NULL && look (peers, path, name, pin, &is_there, error);
}

static char *
dup_folder (const char *path)
{
  g_autofree char *real = realpath (path, NULL);

  return g_path_get_dirname (real != NULL ? real : path);
}

static gboolean
check_folder (const char *path, GError **error)
{
  g_autofree char *folder = dup_folder (path);

  if (access (folder, W_OK | X_OK) == 0)
    return TRUE;
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno),
               "%s: its folder cannot be written: %s", path,
               g_strerror (errno));
  return FALSE;
}

gboolean
tls_pair_files_prepare (const char *identity,
                        const char *path,
                        const char *name,
                        GError **error)
{
  g_autoptr (TlsPeers) peers = read_peers (path, error);

  return peers != NULL && check_folder (path, error) &&
         have_identity (identity, name, error);
}

/* ---- a line more ---- */

/* The text of the file with the line behind it; NULL with @error. */
static char *
dup_longer (const char *path,
            const char *name,
            const guint8 *pin,
            GError **error)
{
  g_autofree char *digits = tls_pin_dup_text (pin);
  g_autofree char *line = g_strdup_printf ("%s %s\n", name, digits);
  g_autofree char *text = NULL;
  gssize size = 0;

  if (access (path, F_OK) != 0 && errno == ENOENT)
    return g_steal_pointer (&line);
  text = g_malloc (TLS_PEERS_FILE_MAX + 1);
  size = hein_secret_read_list (path, text, TLS_PEERS_FILE_MAX + 1, error);
  if (size < 0)
    return NULL;
  if (size + strlen (line) + 1 > TLS_PEERS_FILE_MAX)
    {
      g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED,
                   "%s: has no room for more: a file of peers has at most %d "
                   "bytes",
                   path, TLS_PEERS_FILE_MAX);
      return NULL;
    }
  text[size] = '\0';
  return g_strconcat (text, size > 0 && text[size - 1] != '\n' ? "\n" : "",
                      line, NULL);
}

/* Who may read the file stays as it is; nobody but the owner may when it is
 * new. */
static int
get_mode (const char *path)
{
  struct stat info;

  return stat (path, &info) == 0 ? info.st_mode & 0644 : 0600;
}

static gboolean
add (const char *path, const char *name, const guint8 *pin, GError **error)
{
  g_autoptr (TlsPeers) peers = read_peers (path, error);
  g_autofree char *text = NULL;
  gboolean is_there;

  if (peers == NULL || !look (peers, path, name, pin, &is_there, error))
    return FALSE;
  if (is_there)
    return TRUE;
  text = dup_longer (path, name, pin, error);
  return text != NULL &&
         hein_secret_write_file (path, text, strlen (text), get_mode (path),
                                 HEIN_SECRET_WRITE_REPLACE, error);
}

/* How long another process may take to add its line. */
#define LOCK_TRIES   500
#define LOCK_WAIT_US 10000

/* Where a file system knows no locks of folders, they do without. */
static gboolean
lock (int fd, const char *path, GError **error)
{
  for (guint i = 0; fd >= 0 && flock (fd, LOCK_EX | LOCK_NB) != 0; i++)
    {
      if (errno != EWOULDBLOCK && errno != EINTR)
        return TRUE;
      if (i == LOCK_TRIES)
        {
          g_set_error (error, G_IO_ERROR, G_IO_ERROR_BUSY,
                       "%s: another process has its folder locked", path);
          return FALSE;
        }
      g_usleep (LOCK_WAIT_US);
    }
  return TRUE;
}

/* Two that pair at once must not overwrite each other's line. The file itself
 * is replaced, so that its folder is what they lock. */
gboolean
tls_pair_files_add (const char *path,
                    const char *name,
                    const guint8 *pin,
                    GError **error)
{
  g_autofree char *folder = dup_folder (path);
  const int fd = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const gboolean ok = lock (fd, path, error) && add (path, name, pin, error);

  if (fd >= 0)
    close (fd);
  return ok;
}
