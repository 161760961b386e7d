/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "explorer-keys.h"

#include <glib/gstdio.h>

/* A folder for the files of an explorer: see explorer-keys.h. */

static char *folder; /* owned */

const char *
keys_get_folder (void)
{
  return folder;
}

static char *
dup_path (const char *name)
{
  return g_build_filename (folder, name, NULL);
}

void
keys_write (const char *name, const char *digits)
{
  g_autofree char *path = dup_path (name);
  g_autoptr (GError) error = NULL;

  /* without a copy, GLib leaves the end of what was longer */
  g_unlink (path);
  g_file_set_contents_full (path, digits, -1, G_FILE_SET_CONTENTS_NONE, 0600,
                            &error);
  g_assert_no_error (error);
}

/* In memory where that is possible: the files are written so often that a disk
 * took a quarter of the time. */
static char *
make_folder (void)
{
  g_autofree char *path = g_strdup ("/dev/shm/hein-explorer-XXXXXX");
  g_autoptr (GError) error = NULL;
  char *other;

  if (g_mkdtemp (path) != NULL)
    return g_steal_pointer (&path);
  other = g_dir_make_tmp ("hein-explorer-XXXXXX", &error);
  g_assert_no_error (error);
  return other;
}

void
keys_begin (void)
{
  folder = make_folder ();
  keys_write ("explorer.key", "000102030405060708090a0b0c0d0e0f"
                              "101112131415161718191a1b1c1d1e1f\n");
}

void
keys_end (void)
{
  g_autoptr (GDir) files = g_dir_open (folder, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (files)) != NULL)
    {
      g_autofree char *path = dup_path (name);

      g_unlink (path);
    }
  g_rmdir (folder);
  g_free (folder);
}
