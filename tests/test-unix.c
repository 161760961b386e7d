/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>

#include "hein-test.h"

#define LISTEN_OPTION "--listen-on"
#define APART_OPTION  "--listen-apart-on"
#define NOBODY        65534

typedef struct
{
  char *folder;
  char *path;
  char *lock_path;
  char *uri;
  HeinTestBus *hub;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  self->folder = g_dir_make_tmp ("hein-XXXXXX", NULL);
  g_assert_nonnull (self->folder);
  self->path = g_build_filename (self->folder, "socket", NULL);
  self->lock_path = g_strconcat (self->path, ".lock", NULL);
  self->uri = g_strconcat ("unix://", self->path, NULL);
  self->hub = hein_test_bus_new ("hub");
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  hein_test_bus_free (self->hub);
  g_unlink (self->path);
  g_unlink (self->lock_path);
  g_assert_cmpint (g_rmdir (self->folder), ==, 0);
  g_free (self->uri);
  g_free (self->lock_path);
  g_free (self->path);
  g_free (self->folder);
}

static mode_t
get_mode (const char *path)
{
  struct stat status;

  g_assert_cmpint (lstat (path, &status), ==, 0);
  return status.st_mode & 0777;
}

static void
assert_can_dial (Fixture *self)
{
  g_autoptr (HeinTestBus) client = hein_test_bus_new ("client");

  hein_test_bus_dial (client, self->uri);
  hein_test_wait (hein_test_bus_count_peers (client) == 1);
}

static void
assert_in_use (Fixture *self, const char *by)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (hein_bus_listen (self->hub->bus, self->uri, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE);
  g_assert_nonnull (strstr (error->message, self->path));
  g_assert_nonnull (strstr (error->message, by));
}

/* A socket that no hein made. */
static GSocket *
bind_socket (const char *path, gboolean listens)
{
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (path);
  GSocket *socket;

  socket = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM,
                         G_SOCKET_PROTOCOL_DEFAULT, NULL);
  g_assert_nonnull (socket);
  g_assert_true (g_socket_bind (socket, address, FALSE, NULL));
  if (listens)
    g_assert_true (g_socket_listen (socket, NULL));
  return socket;
}

static void
test_mode (Fixture *self, gconstpointer data)
{
  mode_t mask = umask (0);
  HeinEndpoint *endpoint = hein_test_bus_listen (self->hub, self->uri);
  g_autofree char *uri = NULL;

  g_assert_cmpuint (get_mode (self->path), ==, 0600);
  g_assert_cmpuint (get_mode (self->lock_path), ==, 0600);
  hein_endpoint_close (endpoint);
  uri = g_strconcat (self->uri, "?any-user=yes", NULL);
  hein_test_bus_listen (self->hub, uri);
  g_assert_cmpuint (get_mode (self->path), ==, 0666);
  umask (mask);
}

static void
test_files_go (Fixture *self, gconstpointer data)
{
  HeinEndpoint *endpoint = hein_test_bus_listen (self->hub, self->uri);

  g_assert_true (g_file_test (self->path, G_FILE_TEST_EXISTS));
  g_assert_true (g_file_test (self->lock_path, G_FILE_TEST_EXISTS));
  hein_endpoint_close (endpoint);
  g_assert_false (g_file_test (self->path, G_FILE_TEST_EXISTS));
  g_assert_false (g_file_test (self->lock_path, G_FILE_TEST_EXISTS));
  hein_test_bus_listen (self->hub, self->uri);
  assert_can_dial (self);
}

static void
test_stale (Fixture *self, gconstpointer data)
{
  g_autoptr (GSocket) socket = bind_socket (self->path, TRUE);

  g_assert_true (g_socket_close (socket, NULL));
  g_assert_true (g_file_test (self->path, G_FILE_TEST_EXISTS));
  hein_test_bus_listen (self->hub, self->uri);
  assert_can_dial (self);
}

static void
test_living (Fixture *self, gconstpointer data)
{
  g_autoptr (HeinTestBus) other = hein_test_bus_new ("other");

  hein_test_bus_listen (other, self->uri);
  assert_in_use (self, "this process");
  assert_can_dial (self);
}

static void
test_living_stranger (Fixture *self, gconstpointer data)
{
  g_autoptr (GSocket) socket = bind_socket (self->path, TRUE);
  g_autoptr (GSocket) accepted = NULL;

  assert_in_use (self, "holds no lock");
  g_assert_true (g_file_test (self->path, G_FILE_TEST_EXISTS));
  g_assert_false (g_file_test (self->lock_path, G_FILE_TEST_EXISTS));
  accepted = g_socket_accept (socket, NULL, NULL);
  g_assert_nonnull (accepted);
}

static void
test_no_socket (Fixture *self, gconstpointer data)
{
  g_autofree char *contents = NULL;

  g_assert_true (g_file_set_contents (self->path, "precious", -1, NULL));
  assert_in_use (self, "not a socket");
  g_assert_true (g_file_get_contents (self->path, &contents, NULL, NULL));
  g_assert_cmpstr (contents, ==, "precious");
}

/* A link in place of the lock file must not make us write elsewhere. */
static void
test_lock_is_link (Fixture *self, gconstpointer data)
{
  g_autofree char *target = g_build_filename (self->folder, "target", NULL);
  g_autofree char *contents = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents (target, "precious", -1, NULL));
  g_assert_cmpint (symlink (target, self->lock_path), ==, 0);
  g_assert_null (hein_bus_listen (self->hub->bus, self->uri, &error));
  g_assert_nonnull (error);
  g_assert_true (error->domain == G_IO_ERROR);
  g_assert_true (g_file_get_contents (target, &contents, NULL, NULL));
  g_assert_cmpstr (contents, ==, "precious");
  g_assert_cmpint (g_unlink (target), ==, 0);
}

static void
test_no_folder (Fixture *self, gconstpointer data)
{
  g_autofree char *uri = g_strconcat (self->uri, "/deeper/socket", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_null (hein_bus_listen (self->hub->bus, uri, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
}

/* unix(7): 108 bytes with the terminating NUL. */
static void
test_path_length (Fixture *self, gconstpointer data)
{
  g_autofree char *padding = g_strnfill (107 - strlen (self->folder) - 1, 'x');
  g_autofree char *path = g_build_filename (self->folder, padding, NULL);
  g_autofree char *uri = g_strconcat ("unix://", path, NULL);
  g_autofree char *longer = g_strconcat (uri, "x", NULL);
  g_autoptr (GError) error = NULL;
  HeinEndpoint *endpoint;

  g_assert_cmpuint (strlen (path), ==, 107);
  endpoint = hein_test_bus_listen (self->hub, uri);
  g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS));
  hein_endpoint_close (endpoint);
  g_assert_null (hein_bus_listen (self->hub->bus, longer, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS);
  g_assert_nonnull (strstr (error->message, "108 bytes"));
  g_assert_nonnull (strstr (error->message, "107"));
}

/* The lock of a process that was killed is free, its socket stale. */
static void
test_killed (Fixture *self, gconstpointer data)
{
  g_autoptr (GSubprocess) process = NULL;
  g_autofree char *owner = NULL;

  process = hein_test_spawn (LISTEN_OPTION, self->uri);
  assert_can_dial (self);
  owner = g_strdup_printf ("process %s", g_subprocess_get_identifier (process));
  assert_in_use (self, owner);
  g_subprocess_force_exit (process);
  g_assert_true (g_subprocess_wait (process, NULL, NULL));
  g_assert_true (g_file_test (self->path, G_FILE_TEST_EXISTS));
  g_assert_true (g_file_test (self->lock_path, G_FILE_TEST_EXISTS));
  hein_test_bus_listen (self->hub, self->uri);
  assert_can_dial (self);
}

static void
test_abstract_in_use (Fixture *self, gconstpointer data)
{
  g_autoptr (HeinTestBus) other = hein_test_bus_new ("other");
  g_autofree char *uri =
    g_strdup_printf ("unix:@hein-test-unix-%d", (int) getpid ());
  g_autoptr (GError) error = NULL;

  hein_test_bus_listen (other, uri);
  g_assert_null (hein_bus_listen (self->hub->bus, uri, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE);
  g_assert_nonnull (strstr (error->message, uri));
}

typedef struct
{
  char *name;
  gboolean is_done; /* atomic */
  gssize n_read;
} Stranger;

/* The credentials of a connection are those of the thread that makes it, and
 * the system call, unlike the function, changes one thread only. */
static gpointer
run_stranger (gpointer data)
{
  Stranger *self = data;
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  socklen_t size = (socklen_t) (G_STRUCT_OFFSET (struct sockaddr_un, sun_path) +
                                1 + strlen (self->name));
  char byte;
  int fd;

  g_assert_cmpint (syscall (SYS_setresuid, NOBODY, NOBODY, NOBODY), ==, 0);
  memcpy (address.sun_path + 1, self->name, strlen (self->name));
  fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  g_assert_cmpint (connect (fd, (struct sockaddr *) &address, size), ==, 0);
  self->n_read = read (fd, &byte, 1);
  close (fd);
  g_atomic_int_set (&self->is_done, TRUE);
  g_main_context_wakeup (NULL);
  return NULL;
}

static gssize
read_as_stranger (HeinTestBus *hub, const char *options)
{
  g_autofree char *name =
    g_strdup_printf ("hein-test-user-%d", (int) getpid ());
  g_autofree char *uri = g_strconcat ("unix:@", name, options, NULL);
  Stranger stranger = { .name = name };
  HeinEndpoint *endpoint = hein_test_bus_listen (hub, uri);
  GThread *thread = g_thread_new ("stranger", run_stranger, &stranger);

  hein_test_wait (g_atomic_int_get (&stranger.is_done));
  g_thread_join (thread);
  hein_endpoint_close (endpoint);
  return stranger.n_read;
}

/* Another user hears nothing at all, unless that is wanted. */
static void
test_other_user (Fixture *self, gconstpointer data)
{
  if (geteuid () != 0)
    {
      g_test_skip ("only root can be another user");
      return;
    }
  g_assert_cmpint (read_as_stranger (self->hub, ""), <=, 0);
  g_assert_cmpint (read_as_stranger (self->hub, "?any-user=yes"), ==, 1);
}

/* From here on children have process numbers of their own, as in a sandbox. */
static gboolean
leave_processes (void)
{
  return unshare (CLONE_NEWPID) == 0 ||
         unshare (CLONE_NEWUSER | CLONE_NEWPID) == 0;
}

static gboolean
can_leave_processes (void)
{
  const pid_t pid = fork ();
  int status = 1;

  if (pid == 0)
    _exit (leave_processes () ? 0 : 1);
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  return status == 0;
}

/* The process of a peer that is the same user's has no number here. */
static void
test_other_processes (Fixture *self, gconstpointer data)
{
  g_autofree char *uri =
    g_strdup_printf ("unix:@hein-test-apart-%d", (int) getpid ());
  g_autoptr (GSubprocess) process = NULL;

  if (!can_leave_processes ())
    {
      g_test_skip ("there are no PID namespaces");
      return;
    }
  process = hein_test_spawn (APART_OPTION, uri);
  hein_test_bus_dial (self->hub, uri);
  hein_test_wait (self->hub->added->len > 0);
  g_subprocess_force_exit (process);
  g_assert_true (g_subprocess_wait (process, NULL, NULL));
}

static void
add_test (const char *path, void (*func) (Fixture *, gconstpointer))
{
  g_test_add (path, Fixture, NULL, set_up, func, tear_down);
}

static void
listen_for_ever (const char *uri)
{
  HeinTestBus *bus = hein_test_bus_new ("listener");

  hein_test_bus_listen (bus, uri);
  while (TRUE)
    g_main_context_iteration (NULL, TRUE);
}

static void
listen_apart (const char *uri)
{
  pid_t pid;

  g_assert_true (leave_processes ());
  pid = fork ();
  g_assert_cmpint (pid, >=, 0);
  if (pid > 0)
    {
      waitpid (pid, NULL, 0);
      _exit (1);
    }
  prctl (PR_SET_PDEATHSIG, SIGKILL);
  listen_for_ever (uri);
}

int
main (int argc, char **argv)
{
  if (argc == 3 && strcmp (argv[1], APART_OPTION) == 0)
    listen_apart (argv[2]);
  if (argc == 3 && strcmp (argv[1], LISTEN_OPTION) == 0)
    listen_for_ever (argv[2]);
  g_test_init (&argc, &argv, NULL);

  add_test ("/unix/mode", test_mode);
  add_test ("/unix/files-go", test_files_go);
  add_test ("/unix/stale", test_stale);
  add_test ("/unix/living", test_living);
  add_test ("/unix/living-stranger", test_living_stranger);
  add_test ("/unix/no-socket", test_no_socket);
  add_test ("/unix/lock-is-link", test_lock_is_link);
  add_test ("/unix/no-folder", test_no_folder);
  add_test ("/unix/path-length", test_path_length);
  add_test ("/unix/killed", test_killed);
  add_test ("/unix/abstract-in-use", test_abstract_in_use);
  add_test ("/unix/other-user", test_other_user);
  add_test ("/unix/other-processes", test_other_processes);

  return g_test_run ();
}
