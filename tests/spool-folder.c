/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "spool-folder.h"

#include <string.h>

#include <glib/gstdio.h>

/* Makes folders for spools, and looks into them. */

void
spool_folder_init (SpoolFolder *self)
{
  g_autoptr (GError) error = NULL;

  memset (self, 0, sizeof *self);
  self->path = g_dir_make_tmp ("hein-spool-XXXXXX", &error);
  g_assert_no_error (error);
}

void
spool_folder_empty (SpoolFolder *self)
{
  g_autoptr (GDir) folder = g_dir_open (self->path, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (folder)) != NULL)
    {
      g_autofree char *path = g_build_filename (self->path, name, NULL);

      g_assert_cmpint (g_unlink (path), ==, 0);
    }
}

void
spool_folder_clear (SpoolFolder *self)
{
  spool_folder_close (self);
  spool_folder_empty (self);
  g_assert_cmpint (g_rmdir (self->path), ==, 0);
  g_clear_pointer (&self->path, g_free);
}

static void
on_told (gpointer data)
{
}

void
spool_folder_open (SpoolFolder *self, guint64 limit)
{
  g_autoptr (GError) error = NULL;

  self->spool =
    hein_spool_open (self->path, limit, &self->stock, on_told, NULL, &error);
  g_assert_no_error (error);
}

void
spool_folder_close (SpoolFolder *self)
{
  if (self->spool != NULL)
    hein_spool_free (g_steal_pointer (&self->spool), FALSE);
  hein_spool_stock_clear (&self->stock);
}

GError *
spool_folder_fail (SpoolFolder *self)
{
  GError *error = NULL;

  g_assert_null (
    hein_spool_open (self->path, 1 << 20, &self->stock, on_told, NULL, &error));
  g_assert_nonnull (error);
  return error;
}

HeinSpoolEntry *
spool_folder_append (SpoolFolder *self, const char *text, GError **error)
{
  g_autoptr (GBytes) body = g_bytes_new (text, strlen (text));
  HeinSpoolEntry *entry =
    hein_spool_append (self->spool, body, (gpointer) text, error);
  GError *failed = NULL;

  if (entry == NULL)
    return NULL;
  hein_spool_flush (self->spool);
  g_assert_true (hein_spool_take_done (self->spool, &failed) == text);
  g_assert_null (hein_spool_take_done (self->spool, NULL));
  if (failed == NULL)
    return entry;
  g_propagate_error (error, failed);
  return NULL;
}

char *
spool_folder_dup_text (SpoolFolder *self)
{
  GString *text = g_string_new (NULL);
  GPtrArray *entries = self->stock.entries;

  for (guint i = 0; i < entries->len; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GBytes) body =
        hein_spool_read (self->spool, g_ptr_array_index (entries, i), &error);

      g_assert_no_error (error);
      g_string_append_len (text, g_bytes_get_data (body, NULL),
                           g_bytes_get_size (body));
      g_string_append_c (text, ' ');
    }
  return g_string_free (text, FALSE);
}

guint
spool_folder_count (SpoolFolder *self)
{
  g_autoptr (GDir) folder = g_dir_open (self->path, 0, NULL);
  const char *name;
  guint n = 0;

  while ((name = g_dir_read_name (folder)) != NULL)
    n += g_str_has_suffix (name, HEIN_SPOOL_SUFFIX);
  return n;
}

char *
spool_folder_get_file (SpoolFolder *self, guint64 number)
{
  return g_strdup_printf ("%s/%016" G_GINT64_MODIFIER "x" HEIN_SPOOL_SUFFIX,
                          self->path, number);
}
