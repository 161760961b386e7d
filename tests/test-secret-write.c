/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <sys/stat.h>
#include <unistd.h>

#include <gio/gio.h>
#include <glib/gstdio.h>

#include "secret/hein-secret-write.h"

/* Files of keys and of peers are written whole, and take the place of regular
 * files alone. */

typedef struct
{
  char *folder;
  char *path;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  self->folder = g_dir_make_tmp ("hein-write-XXXXXX", NULL);
  self->path = g_build_filename (self->folder, "file", NULL);
}

/* Nothing else may be left in the folder. */
static void
tear_down (Fixture *self, gconstpointer data)
{
  g_unlink (self->path);
  g_assert_cmpint (g_rmdir (self->folder), ==, 0);
  g_free (self->path);
  g_free (self->folder);
}

static gboolean
write_text (const char *path,
            const char *text,
            HeinSecretWriteHow how,
            GError **error)
{
  return hein_secret_write_file (path, text, strlen (text), 0600, how, error);
}

static void
assert_text (const char *path, const char *expected)
{
  g_autofree char *text = NULL;
  GStatBuf info;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, expected);
  g_assert_cmpint (g_stat (path, &info), ==, 0);
  g_assert_cmpint (info.st_mode & 07777, ==, 0600);
}

static void
test_new (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  write_text (self->path, "first", HEIN_SECRET_WRITE_NEW, &error);
  g_assert_no_error (error);
  g_assert_false (
    write_text (self->path, "second", HEIN_SECRET_WRITE_NEW, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS);
  assert_text (self->path, "first");
}

static void
test_replace (Fixture *self, gconstpointer data)
{
  g_autofree char *link = g_build_filename (self->folder, "link", NULL);
  g_autoptr (GError) error = NULL;

  write_text (self->path, "first", HEIN_SECRET_WRITE_REPLACE, &error);
  g_assert_no_error (error);
  write_text (self->path, "second", HEIN_SECRET_WRITE_REPLACE, &error);
  g_assert_no_error (error);
  assert_text (self->path, "second");

  g_assert_cmpint (symlink ("file", link), ==, 0);
  write_text (link, "third", HEIN_SECRET_WRITE_REPLACE, &error);
  g_assert_no_error (error);
  assert_text (self->path, "third");
  g_assert_true (g_file_test (link, G_FILE_TEST_IS_SYMLINK));
  g_unlink (link);
}

static void
test_replace_no_file (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  GStatBuf info;

  g_assert_cmpint (mkfifo (self->path, 0600), ==, 0);
  g_assert_false (
    write_text (self->path, "text", HEIN_SECRET_WRITE_REPLACE, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_REGULAR_FILE);
  g_assert_nonnull (strstr (error->message, "is not a regular file"));
  g_assert_cmpint (g_stat (self->path, &info), ==, 0);
  g_assert_true (S_ISFIFO (info.st_mode));
}

int
main (int argc, char **argv)
{
  static const struct
  {
    const char *path;
    void (*func) (Fixture *, gconstpointer);
  } tests[] = {
    { "/secret-write/new", test_new },
    { "/secret-write/replace", test_replace },
    { "/secret-write/replace-no-file", test_replace_no_file },
  };

  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, Fixture, NULL, set_up, tests[i].func, tear_down);
  return g_test_run ();
}
