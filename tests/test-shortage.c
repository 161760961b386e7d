/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "hub-scene.h"

/*
 * What the system refuses to a program: descriptors, memory, somebody who reads.
 * Each is tried in a process of its own.
 */

/* ---- no descriptors ---- */

/* The hub runs out of descriptors in a process of its own. */
static void
run_out (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autofree char *uri = g_strdup (hein_endpoint_get_bound_uri (
    hein_test_bus_listen (hub, "tcp://127.0.0.1:0")));
  int first = hub_scene_connect (uri);
  struct rlimit limit = { (rlim_t) first + 8, (rlim_t) first + 8 };
  int fds[16];
  guint n = 0;

  /* those that connect take descriptors as well, so the rest is used up */
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  while (n < G_N_ELEMENTS (fds) && (fds[n] = dup (first)) >= 0)
    n++;
  g_assert_cmpuint (n, >, 0);
  hein_test_wait (hub->n_failed == 1);
  g_assert_error (hub->failure, G_IO_ERROR, G_IO_ERROR_TOO_MANY_OPEN_FILES);
  /* with descriptors again, others come in again */
  while (n > 0)
    close (fds[--n]);
  {
    g_autoptr (GByteArray) bytes = hub_scene_introduce ();
    int fd = hub_scene_connect (uri);

    g_assert_cmpint (send (fd, bytes->data, bytes->len, 0), ==,
                     (gssize) bytes->len);
    hein_test_wait (hub->added->len == 1);
    g_assert_cmpuint (hub->n_failed, ==, 1);
    close (fd);
  }
  close (first);
}

/* Who dials runs out of them: its endpoint says so, and goes on trying. */
static void
dial_without (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autoptr (HeinTestBus) client = hein_test_bus_new ("client");
  g_autofree char *uri = g_strdup (hein_endpoint_get_bound_uri (
    hein_test_bus_listen (hub, "tcp://127.0.0.1:0")));
  const int first = hub_scene_connect (uri);
  const struct rlimit limit = { (rlim_t) first + 8, (rlim_t) first + 8 };
  HeinEndpoint *endpoint;
  int fds[16];
  guint n = 0;

  /* what it takes to dial at all is loaded, and opened, before */
  endpoint = hein_test_bus_dial (client, uri);
  hein_test_wait (hein_test_bus_count_peers (client) == 1);
  hein_endpoint_close (endpoint);
  hein_test_wait (hein_test_bus_count_peers (hub) == 0);
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  while (n < G_N_ELEMENTS (fds) && (fds[n] = dup (first)) >= 0)
    n++;
  g_assert_cmpuint (n, >, 0);
  endpoint = hein_test_bus_dial (client, uri);
  hein_test_wait (hein_endpoint_get_error (endpoint) != NULL);
  g_assert_error ((GError *) hein_endpoint_get_error (endpoint), G_IO_ERROR,
                  G_IO_ERROR_TOO_MANY_OPEN_FILES);
  while (n > 0)
    close (fds[--n]);
  hein_test_wait (hein_test_bus_count_peers (client) == 1);
  close (first);
}

static void
run_apart (void (*run) (void))
{
  if (g_test_subprocess ())
    {
      run ();
      return;
    }
  g_test_trap_subprocess (NULL, 20 * G_USEC_PER_SEC, 0);
  g_test_trap_assert_passed ();
}

static void
test_no_descriptors (void)
{
  run_apart (run_out);
}

static void
test_no_descriptors_to_dial (void)
{
  run_apart (dial_without);
}

/* ---- no memory ---- */

#define LITTLE_MEMORY (96 * 1024 * 1024)
#define MUCH_MEMORY   (G_GUINT64_CONSTANT (1) << 30)
#define LARGE_MESSAGE (MUCH_MEMORY / 2)

/* Limits what this process may map to so much more than now. */
static void
limit_memory (gsize more)
{
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  struct rlimit limit;

  g_file_get_contents ("/proc/self/statm", &text, NULL, &error);
  g_assert_no_error (error);
  limit.rlim_cur = limit.rlim_max =
    g_ascii_strtoull (text, NULL, 10) * (gsize) sysconf (_SC_PAGESIZE) + more;
  g_assert_cmpint (setrlimit (RLIMIT_AS, &limit), ==, 0);
}

/* Sends what the socket takes; FALSE: the other end has closed. */
static gboolean
push (int fd)
{
  static const char data[65536];
  gssize n;

  do
    n = send (fd, data, sizeof data, MSG_DONTWAIT | MSG_NOSIGNAL);
  while (n > 0);
  return errno == EAGAIN || errno == EINTR;
}

/* Nothing that the bus may hold keeps a message of half a gigabyte out, and then
 * the system has no room for it. */
static void
fill_memory (void)
{
  g_autoptr (HubScene) self = hub_scene_new ();
  g_autoptr (GByteArray) bytes = hub_scene_introduce ();

  g_object_set (self->hub->bus, "max-message-size", (guint64) LARGE_MESSAGE,
                "receive-limit", (guint64) MUCH_MEMORY, "memory-limit",
                (guint64) MUCH_MEMORY * 2, NULL);
  hub_scene_append_long_frame (bytes, 0, LARGE_MESSAGE);
  hub_scene_serve (self);
  limit_memory (LITTLE_MEMORY);
  g_assert_cmpint (send (self->fd, bytes->data, bytes->len, 0), ==,
                   (gssize) bytes->len);
  hein_test_wait (self->hub->added->len == 2);
  hein_test_wait (!push (self->fd));
  hein_test_wait (self->hub->removed->len == 1);
  g_assert_error (self->hub->reason, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
  hub_scene_serve (self);
}

static void
test_no_memory (void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  g_test_skip ("a sanitizer maps more than that");
#else
  run_apart (fill_memory);
#endif
}

/* ---- no signal ---- */

static gboolean is_watched;
static guint n_written;
static guint n_unguarded; /* writes to a socket that could raise SIGPIPE */

/* The library's, too: a program's own come before those of libc. */
ssize_t
sendmsg (int fd, const struct msghdr *message, int flags)
{
  n_written += is_watched;
  n_unguarded += is_watched && !(flags & MSG_NOSIGNAL);
  return syscall (SYS_sendmsg, fd, message, flags);
}

ssize_t
send (int fd, const void *data, size_t size, int flags)
{
  n_written += is_watched;
  n_unguarded += is_watched && !(flags & MSG_NOSIGNAL);
  return syscall (SYS_sendto, fd, data, size, flags, NULL, 0);
}

ssize_t
writev (int fd, const struct iovec *parts, int n_parts)
{
  n_written += is_watched;
  n_unguarded += is_watched;
  return syscall (SYS_writev, fd, parts, n_parts);
}

/* A program that leaves SIGPIPE as it is writes to a peer that is gone. */
static void
write_to_the_gone (void)
{
  g_autoptr (HubScene) self = hub_scene_new ();
  g_autoptr (GByteArray) bytes = hub_scene_introduce ();
  const struct linger at_once = { 1, 0 };

  /* GLib ignores it from the first socket on, and a program may undo that */
  signal (SIGPIPE, SIG_DFL);
  g_assert_cmpint (send (self->fd, bytes->data, bytes->len, 0), ==,
                   (gssize) bytes->len);
  hein_test_wait (self->hub->added->len == 2);
  setsockopt (self->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  shutdown (self->fd, SHUT_RDWR);
  is_watched = TRUE;
  hub_scene_serve (self);
  hein_test_bus_send (self->hub, NULL, "t", "to all");
  hein_test_wait (self->hub->removed->len == 1);
  is_watched = FALSE;
  g_assert_cmpuint (n_written, >, 0);
  g_assert_cmpuint (n_unguarded, ==, 0);
}

static void
test_no_signal (void)
{
  run_apart (write_to_the_gone);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/shortage/descriptors/to-accept", test_no_descriptors);
  g_test_add_func ("/shortage/descriptors/to-dial",
                   test_no_descriptors_to_dial);
  g_test_add_func ("/shortage/memory", test_no_memory);
  g_test_add_func ("/shortage/readers", test_no_signal);
  return g_test_run ();
}
