/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "../plugins/transports/unix/hein-unix-lock.h"

typedef struct
{
  char *folder;
  char *path;
  char *lock_path;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  self->folder = g_dir_make_tmp ("hein-unix-lock-XXXXXX", NULL);
  self->path = g_build_filename (self->folder, "bus", NULL);
  self->lock_path = g_strconcat (self->path, ".lock", NULL);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  g_unlink (self->path);
  g_unlink (self->lock_path);
  g_assert_cmpint (g_rmdir (self->folder), ==, 0);
  g_free (self->folder);
  g_free (self->path);
  g_free (self->lock_path);
}

static int
bind_path (Fixture *self)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpuint (strlen (self->path), <, sizeof address.sun_path);
  strcpy (address.sun_path, self->path);
  g_assert_cmpint (bind (fd, (const struct sockaddr *) &address,
                         sizeof address),
                   ==, 0);
  return fd;
}

static HeinUnixLock *
take (Fixture *self)
{
  g_autoptr (GError) error = NULL;
  HeinUnixLock *lock = hein_unix_lock_new (self->path, &error);

  g_assert_no_error (error);
  return lock;
}

static void
assert_there (const char *path, gboolean is_there)
{
  g_assert_cmpint (g_file_test (path, G_FILE_TEST_EXISTS), ==, is_there);
}

static void
test_removes_own (Fixture *self, gconstpointer data)
{
  HeinUnixLock *lock = take (self);
  int fd = bind_path (self);

  hein_unix_lock_set_bound (lock);
  assert_there (self->lock_path, TRUE);
  hein_unix_lock_free (lock);
  assert_there (self->path, FALSE);
  assert_there (self->lock_path, FALSE);
  close (fd);
}

/* One that takes no lock was faster: bind () fails, and the socket is his. */
static void
test_not_bound (Fixture *self, gconstpointer data)
{
  HeinUnixLock *lock;
  int fd = bind_path (self);

  close (fd); /* stale */
  lock = take (self);
  assert_there (self->path, FALSE);
  fd = bind_path (self);
  hein_unix_lock_free (lock);
  assert_there (self->path, TRUE);
  assert_there (self->lock_path, FALSE);
  close (fd);
}

static void
test_replaced (Fixture *self, gconstpointer data)
{
  HeinUnixLock *lock = take (self);
  int fd = bind_path (self);
  int other;

  hein_unix_lock_set_bound (lock);
  g_assert_cmpint (g_unlink (self->path), ==, 0);
  other = bind_path (self);
  hein_unix_lock_free (lock);
  assert_there (self->path, TRUE);
  close (fd);
  close (other);
}

/* Who finds the lock file gone makes one of his own, and that stays. */
static void
test_lock_replaced (Fixture *self, gconstpointer data)
{
  HeinUnixLock *lock = take (self);
  HeinUnixLock *other;

  g_assert_cmpint (g_unlink (self->lock_path), ==, 0);
  other = take (self);
  hein_unix_lock_free (lock);
  assert_there (self->lock_path, TRUE);
  hein_unix_lock_free (other);
  assert_there (self->lock_path, FALSE);
}

static void
add (const char *path, void (*test) (Fixture *, gconstpointer))
{
  g_test_add (path, Fixture, NULL, set_up, test, tear_down);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  add ("/unix-lock/removes-own", test_removes_own);
  add ("/unix-lock/not-bound", test_not_bound);
  add ("/unix-lock/replaced", test_replaced);
  add ("/unix-lock/lock-replaced", test_lock_replaced);
  return g_test_run ();
}
