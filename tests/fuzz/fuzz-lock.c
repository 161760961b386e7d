/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "../../plugins/transports/unix/hein-unix-lock.h"
#include "fuzz.h"

static char *folder;
static char *path;
static char *lock_path;
static int fd = -1;

static void
clean_up (void)
{
  g_unlink (lock_path);
  g_rmdir (folder);
  close (fd);
  g_free (folder);
  g_free (path);
  g_free (lock_path);
}

static void
set_up (void)
{
  /* in memory, or a journal is all that is measured */
  folder = g_strdup_printf ("%s/hein-fuzz-lock-XXXXXX",
                            g_file_test ("/dev/shm", G_FILE_TEST_IS_DIR)
                              ? "/dev/shm"
                              : g_get_tmp_dir ());
  g_assert_nonnull (g_mkdtemp (folder));
  path = g_build_filename (folder, "bus", NULL);
  lock_path = g_strconcat (path, ".lock", NULL);
  fd = open (lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  g_assert_cmpint (flock (fd, LOCK_EX), ==, 0);
  atexit (clean_up);
}

/* The input: what the one who holds the lock wrote into its file. */
int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (HeinUnixLock) lock = NULL;

  if (fd < 0)
    set_up ();
  g_assert_cmpint (ftruncate (fd, 0), ==, 0);
  g_assert_cmpint (pwrite (fd, data, size, 0), ==, (gssize) size);
  lock = hein_unix_lock_new (path, &error);
  g_assert_null (lock);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE);
  for (const char *p = error->message; *p != '\0'; p++)
    g_assert_true (g_ascii_isprint (*p));
  return 0;
}
