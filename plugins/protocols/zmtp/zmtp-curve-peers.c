/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "zmtp-curve-peers.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <hein/hein.h>

#include "secret/hein-secret-stamp.h"
#include "zmtp-certificate.h"

typedef struct
{
  HeinSecretStamp stamp;
  guint8 key[CURVE_KEY_SIZE];
  char *name;          /* owned, nullable */
  gboolean is_good;    /* it has a key */
  gboolean is_doubted; /* it is good no more, unless it is being written */
  guint look;          /* in which it was seen last */
} Entry;

struct _CurvePeers
{
  char *folder;

  GMutex lock;
  GHashTable *files; /* owned name of the file -> owned Entry */
  GHashTable *keys;  /* key -> Entry, both of `files` */
  guint look;
  gint64 due_us;
  gboolean is_told; /* whether it was warned that the folder is unusable */
};

/* ---- keys ---- */

static guint
hash_key (gconstpointer key)
{
  guint32 hash;

  /* of authentic certificates; a stranger's key only looks for one */
  memcpy (&hash, key, sizeof hash);
  return hash;
}

static gboolean
is_same_key (gconstpointer a, gconstpointer b)
{
  return memcmp (a, b, CURVE_KEY_SIZE) == 0;
}

static int
compare_files (gconstpointer a, gconstpointer b)
{
  return strcmp (a, b);
}

/* Where two files have one key, the first by name counts. */
static void
sort_keys (CurvePeers *self)
{
  g_autoptr (GList) files =
    g_list_sort (g_hash_table_get_keys (self->files), compare_files);

  g_hash_table_remove_all (self->keys);
  for (GList *l = files; l != NULL; l = l->next)
    {
      Entry *entry = g_hash_table_lookup (self->files, l->data);

      if (entry->is_good && !g_hash_table_contains (self->keys, entry->key))
        g_hash_table_insert (self->keys, entry->key, entry);
    }
}

/* ---- files ---- */

static void
entry_free (gpointer data)
{
  Entry *self = data;

  g_free (self->name);
  g_free (self);
}

static gboolean
check_owner (const char *path, const struct stat *info, GError **error)
{
  if ((info->st_uid == geteuid () || info->st_uid == 0) &&
      (info->st_mode & (S_IWGRP | S_IWOTH)) == 0)
    return TRUE;
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_INSECURE,
               "%s: others could write to it, and let in anybody: it must "
               "belong to this user or root, and its mode must be without 022",
               path);
  return FALSE;
}

static CurveCertificate *
read_certificate (const char *path, const struct stat *info, GError **error)
{
  if (!check_owner (path, info, error))
    return NULL;
  if (info->st_size <= CURVE_CERTIFICATE_MAX)
    return curve_certificate_new_public (path, error);
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED,
               "%s: is not a certificate, which has at most %d bytes", path,
               CURVE_CERTIFICATE_MAX);
  return NULL;
}

static void
fill (Entry *entry, const CurveCertificate *certificate)
{
  memcpy (entry->key, certificate->keys.public_key, CURVE_KEY_SIZE);
  g_free (entry->name);
  entry->name = g_strdup (certificate->name);
  entry->is_good = TRUE;
  entry->is_doubted = FALSE;
}

/* A certificate that was good stays so until the next look: somebody may be
 * writing the file. TRUE when it has changed. */
static gboolean
read_entry (Entry *entry, const char *path, const struct stat *info)
{
  const HeinSecretStamp stamp = hein_secret_stamp_from_stat (info);
  const gboolean is_same = hein_secret_stamp_is_same (&entry->stamp, &stamp);
  g_autoptr (CurveCertificate) certificate = NULL;
  g_autoptr (GError) error = NULL;

  if (is_same && !entry->is_doubted)
    return FALSE;
  entry->stamp = stamp;
  certificate = read_certificate (path, info, &error);
  if (certificate != NULL)
    {
      fill (entry, certificate);
      return TRUE;
    }
  if (entry->is_good && !(entry->is_doubted && is_same))
    {
      entry->is_doubted = TRUE;
      return FALSE;
    }
  entry->is_good = entry->is_doubted = FALSE;
  g_warning ("nobody is let in by it: %s", error->message);
  return TRUE;
}

static gboolean
is_certificate (const char *name)
{
  return *name != '.' && !g_str_has_suffix (name, "_secret");
}

static gboolean
look_at (CurvePeers *self, DIR *folder, const char *name)
{
  struct stat info;
  g_autofree char *path = NULL;
  Entry *entry;

  if (!is_certificate (name) || fstatat (dirfd (folder), name, &info, 0) != 0 ||
      !S_ISREG (info.st_mode))
    return FALSE;
  entry = g_hash_table_lookup (self->files, name);
  if (entry == NULL && g_hash_table_size (self->files) >= CURVE_PEERS_MAX)
    return FALSE;
  if (entry == NULL)
    {
      entry = g_new0 (Entry, 1);
      g_hash_table_insert (self->files, g_strdup (name), entry);
    }
  entry->look = self->look;
  path = g_build_filename (self->folder, name, NULL);
  return read_entry (entry, path, &info);
}

static gboolean
is_gone (gpointer key, gpointer value, gpointer data)
{
  return ((Entry *) value)->look != ((CurvePeers *) data)->look;
}

/* ---- the folder ---- */

static DIR *
open_folder (CurvePeers *self, GError **error)
{
  int fd = open (self->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  int code = errno;
  struct stat info;
  DIR *folder;

  if (fd >= 0 && fstat (fd, &info) == 0)
    {
      folder = check_owner (self->folder, &info, error) ? fdopendir (fd) : NULL;
      if (folder != NULL)
        return folder;
    }
  if (fd >= 0)
    close (fd);
  if (error == NULL || *error == NULL)
    g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code), "%s: %s",
                 self->folder, g_strerror (code));
  return NULL;
}

/* Descriptors and memory come back by themselves, and say nothing about who may
 * come in. */
static gboolean
is_passing (const GError *error)
{
  return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TOO_MANY_OPEN_FILES) ||
         g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE) ||
         g_error_matches (error, G_IO_ERROR, G_IO_ERROR_FAILED);
}

static void
look (CurvePeers *self, DIR *folder)
{
  gboolean changed = FALSE;
  struct dirent *item;

  self->look++;
  while ((item = readdir (folder)) != NULL)
    changed |= look_at (self, folder, item->d_name);
  closedir (folder);
  if (g_hash_table_foreach_remove (self->files, is_gone, self) > 0 || changed)
    sort_keys (self);
}

static void
review (CurvePeers *self)
{
  g_autoptr (GError) error = NULL;
  DIR *folder = open_folder (self, &error);

  if (folder != NULL)
    {
      self->is_told = FALSE;
      look (self, folder);
      return;
    }
  if (is_passing (error))
    return;
  g_hash_table_remove_all (self->keys);
  g_hash_table_remove_all (self->files);
  if (!self->is_told)
    g_warning ("nobody is let in any more: %s", error->message);
  self->is_told = TRUE;
}

CurvePeers *
curve_peers_new (const char *folder, GError **error)
{
  g_autoptr (CurvePeers) self = g_new0 (CurvePeers, 1);
  DIR *opened;

  g_mutex_init (&self->lock);
  self->folder = g_strdup (folder);
  self->files =
    g_hash_table_new_full (g_str_hash, g_str_equal, g_free, entry_free);
  self->keys = g_hash_table_new (hash_key, is_same_key);
  opened = open_folder (self, error);
  if (opened == NULL)
    return NULL;
  look (self, opened);
  return g_steal_pointer (&self);
}

void
curve_peers_free (CurvePeers *self)
{
  g_hash_table_unref (self->keys);
  g_hash_table_unref (self->files);
  g_mutex_clear (&self->lock);
  g_free (self->folder);
  g_free (self);
}

gboolean
curve_peers_find (CurvePeers *self,
                  const guint8 key[CURVE_KEY_SIZE],
                  gint64 now_us,
                  char **name)
{
  const Entry *entry;

  g_mutex_lock (&self->lock);
  if (now_us >= self->due_us)
    {
      self->due_us = now_us + CURVE_PEERS_INTERVAL_US;
      review (self);
    }
  entry = g_hash_table_lookup (self->keys, key);
  *name = entry != NULL ? g_strdup (entry->name) : NULL;
  g_mutex_unlock (&self->lock);
  return entry != NULL;
}
