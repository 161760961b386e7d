/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "script-folder.h"

#include <string.h>

#include <glib/gstdio.h>

char *
script_folder_make (void)
{
  g_autoptr (GError) error = NULL;
  char *folder = g_dir_make_tmp ("hein-scripts-XXXXXX", &error);
  const char *path = g_getenv ("HEIN_PLUGIN_PATH");
  g_autofree char *all = NULL;

  g_assert_no_error (error);
  all = g_strconcat (folder, ":", path != NULL ? path : "", NULL);
  g_setenv ("HEIN_PLUGIN_PATH", all, TRUE);
  return folder;
}

void
script_folder_remove (char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);

      g_assert_cmpint (g_remove (path), ==, 0);
    }
  g_assert_cmpint (g_rmdir (folder), ==, 0);
  g_free (folder);
}

void
script_folder_write (const char *folder,
                     const char *file,
                     const char *text,
                     gssize size)
{
  g_autofree char *path = g_build_filename (folder, file, NULL);
  g_autoptr (GError) error = NULL;

  g_file_set_contents (path, text, size, &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_chmod (path, 0644), ==, 0);
}

void
script_folder_write_example (const char *folder,
                             const char *file,
                             const char *kind,
                             const char *language)
{
  g_autofree char *readme = g_test_build_filename (G_TEST_DIST, "..", "plugins",
                                                   kind, "README.md", NULL);
  g_autofree char *fence = g_strdup_printf ("```%s\n", language);
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  char *begin;
  char *end;

  g_file_get_contents (readme, &text, NULL, &error);
  g_assert_no_error (error);
  begin = strstr (text, fence);
  g_assert_nonnull (begin);
  begin += strlen (fence);
  end = strstr (begin, "```");
  g_assert_nonnull (end);
  script_folder_write (folder, file, begin, end - begin);
}
