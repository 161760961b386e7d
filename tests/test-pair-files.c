/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tls/tls-pair-files.h"
#include "tls/tls-peers.h"

/* The file of peers as pairing writes it, and the lock of its folder. */

#define N_WRITERS 8
#define N_LINES   4
/* Who has no rights beyond those of files. */
#define NOBODY 65534

typedef struct
{
  char *folder;
  char *path;
  gint is_released; /* atomic */
} Files;

static void
set_up (Files *self, gconstpointer data)
{
  self->folder = g_dir_make_tmp ("hein-peers-XXXXXX", NULL);
  self->path = g_build_filename (self->folder, "peers", NULL);
}

static void
tear_down (Files *self, gconstpointer data)
{
  g_chmod (self->folder, 0700);
  g_remove (self->path);
  g_assert_cmpint (g_rmdir (self->folder), ==, 0); /* nothing else is left */
  g_free (self->folder);
  g_free (self->path);
}

static gboolean
add_line (Files *self, guint number, GError **error)
{
  g_autofree char *name = g_strdup_printf ("peer-%u", number);
  guint8 pin[TLS_PIN_SIZE] = { 1 };

  memcpy (pin + 1, &number, sizeof number);
  return tls_pair_files_add (self->path, name, pin, error);
}

/* ---- at the same time ---- */

typedef struct
{
  Files *files;
  guint number;
} Writer;

static gpointer
write_lines (gpointer data)
{
  const Writer *self = data;
  GError *error = NULL;

  for (guint i = 0; error == NULL && i < N_LINES; i++)
    while (!add_line (self->files, self->number * N_LINES + i, &error) &&
           g_error_matches (error, G_IO_ERROR, G_IO_ERROR_BUSY))
      g_clear_error (&error); /* on a slow disk it is not its turn for long */
  return error;
}

/* No line is lost: a descriptor of its own is what each of them locks by. */
static void
test_together (Files *self, gconstpointer data)
{
  GThread *threads[N_WRITERS];
  Writer writers[N_WRITERS];
  g_autoptr (TlsPeers) peers = NULL;
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < N_WRITERS; i++)
    {
      writers[i] = (Writer){ self, i };
      threads[i] = g_thread_new ("writer", write_lines, &writers[i]);
    }
  for (guint i = 0; i < N_WRITERS; i++)
    g_assert_no_error ((GError *) g_thread_join (threads[i]));
  peers = tls_peers_new_from_file (self->path, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < N_WRITERS * N_LINES; i++)
    {
      g_autofree char *name = g_strdup_printf ("peer-%u", i);

      g_assert_true (tls_peers_have_name (peers, name));
    }
}

/* Nobody else may read a new file; who may read an old one still may. */
static void
test_mode (Files *self, gconstpointer data)
{
  static const guint modes[] = { 0600, 0644, 0640 };
  struct stat info;

  for (guint i = 0; i < G_N_ELEMENTS (modes); i++)
    {
      g_assert_true (add_line (self, i, NULL));
      g_assert_cmpint (stat (self->path, &info), ==, 0);
      g_assert_cmpuint (info.st_mode & 07777, ==, modes[i]);
      if (i + 1 < G_N_ELEMENTS (modes))
        g_assert_cmpint (g_chmod (self->path, modes[i + 1]), ==, 0);
    }
}

/* ---- a lock that another holds ---- */

static int
lock_folder (Files *self)
{
  const int fd = open (self->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  g_assert_cmpint (flock (fd, LOCK_EX | LOCK_NB), ==, 0);
  return fd;
}

static gpointer
add_late (gpointer data)
{
  Files *self = data;
  GError *error = NULL;

  add_line (self, 1, &error);
  /* it must not have come to an end before */
  g_assert_true (g_atomic_int_get (&self->is_released));
  return error;
}

static void
test_waits (Files *self, gconstpointer data)
{
  const int fd = lock_folder (self);
  GThread *thread = g_thread_new ("writer", add_late, self);

  g_assert_false (g_file_test (self->path, G_FILE_TEST_EXISTS));
  g_atomic_int_set (&self->is_released, TRUE);
  close (fd);
  g_assert_no_error ((GError *) g_thread_join (thread));
  g_assert_true (g_file_test (self->path, G_FILE_TEST_EXISTS));
}

/* Who holds it for ever does not hold up a pairing for ever. */
static void
test_busy (Files *self, gconstpointer data)
{
  const int fd = lock_folder (self);
  g_autoptr (GError) error = NULL;

  g_assert_false (add_line (self, 1, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_BUSY);
  g_assert_nonnull (strstr (error->message, "has its folder locked"));
  g_assert_false (g_file_test (self->path, G_FILE_TEST_EXISTS));
  close (fd);
  g_clear_error (&error);
  g_assert_true (add_line (self, 1, &error));
  g_assert_no_error (error);
}

/* ---- a folder that cannot be written ---- */

static void
assert_denied (gboolean ok, GError **error)
{
  g_assert_false (ok);
  g_assert_error (*error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED);
  g_clear_error (error);
}

/* It is known before anybody has shown a code; and a line that cannot be added
 * leaves the file, and nothing beside it. */
static void
test_read_only (Files *self, gconstpointer data)
{
  g_autofree char *identity = g_build_filename (self->folder, "kirk.id", NULL);
  GError *error = NULL;
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;
  gboolean ok;

  if (!g_test_subprocess ())
    {
      g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
      g_test_trap_assert_passed ();
      return;
    }
  if (geteuid () == 0)
    {
      /* root may write everywhere */
      g_assert_cmpint (chown (self->folder, NOBODY, NOBODY), ==, 0);
      g_assert_cmpint (setresuid (NOBODY, NOBODY, NOBODY), ==, 0);
    }
  g_assert_true (add_line (self, 1, NULL));
  g_assert_true (g_file_get_contents (self->path, &before, NULL, NULL));
  g_chmod (self->folder, 0500);
  ok = tls_pair_files_prepare (identity, self->path, "kirk", &error);
  assert_denied (ok, &error);
  ok = add_line (self, 2, &error);
  assert_denied (ok, &error);
  g_assert_true (g_file_get_contents (self->path, &after, NULL, NULL));
  g_assert_cmpstr (after, ==, before);
}

#define ADD(name, test)                                                        \
  g_test_add ("/pair-files/" name, Files, NULL, set_up, test, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("together", test_together);
  ADD ("mode", test_mode);
  ADD ("waits", test_waits);
  ADD ("busy", test_busy);
  ADD ("read-only", test_read_only);
  return g_test_run ();
}
