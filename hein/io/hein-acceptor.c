/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-acceptor.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hein-world.h"

/* Accepts connections, and gets along with too few descriptors. */

#define PAUSE_MIN_US (100 * 1000)
#define PAUSE_MAX_US (1000 * 1000)

struct _HeinAcceptor
{
  HeinWatch watch;
  HeinTimer timer;
  HeinLoop *loop;  /* borrowed */
  GSocket *socket; /* owned */
  int reserve_fd;  /* closed to take one connection off the backlog */
  gint64 pause_us; /* current pause for lack of descriptors, 0: none */
  HeinMayAcceptFunc may_accept;
  HeinAcceptFunc accepted;
  HeinAcceptTroubleFunc trouble;
  gpointer data;
  gboolean is_busy;  /* `accepted` is being called */
  gboolean is_freed; /* to be freed when is_busy ends */
};

static int
open_reserve (void)
{
  return open ("/dev/null", O_RDONLY | O_CLOEXEC);
}

static gboolean
is_out_of_resources (int code)
{
  return code == EMFILE || code == ENFILE || code == ENOBUFS || code == ENOMEM;
}

/* Takes one connection and closes it, so that its peer learns of the
 * trouble. */
static void
turn_one_away (HeinAcceptor *self)
{
  int fd;

  if (self->reserve_fd < 0)
    return;
  close (self->reserve_fd);
  fd = accept4 (self->watch.fd, NULL, NULL, SOCK_CLOEXEC);
  if (fd >= 0)
    close (fd);
  self->reserve_fd = open_reserve ();
}

static void
pause_accepting (HeinAcceptor *self, int code)
{
  g_autoptr (GError) error = NULL;
  gboolean is_new = self->pause_us == 0;

  turn_one_away (self);
  self->pause_us =
    is_new ? PAUSE_MIN_US : MIN (self->pause_us * 2, PAUSE_MAX_US);
  hein_loop_set_events (self->loop, &self->watch, 0);
  hein_loop_arm (self->loop, &self->timer,
                 hein_loop_get_now_us (self->loop) + self->pause_us);
  if (!is_new)
    return;
  error = g_error_new (G_IO_ERROR, g_io_error_from_errno (code),
                       "no connection can be accepted: %s", g_strerror (code));
  self->trouble (error, self->data);
}

static void
on_pause_over (HeinTimer *timer, gint64 now_us)
{
  HeinAcceptor *self = HEIN_CONTAINER (timer, HeinAcceptor, timer);

  if (self->reserve_fd < 0)
    self->reserve_fd = open_reserve ();
  hein_loop_set_events (self->loop, &self->watch, EPOLLIN);
}

/* Disables Nagle's algorithm: small messages must not wait for the ACK of
 * earlier ones. What is accepted has it from the listening socket. */
static void
set_no_delay (int fd)
{
  int one = 1;

  setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

/* Connections that arrive faster than they can be dealt with stay in the
 * backlog of the listening socket. */
static void
hold (HeinAcceptor *self)
{
  hein_loop_set_events (self->loop, &self->watch, 0);
  hein_loop_arm (self->loop, &self->timer,
                 hein_loop_get_now_us (self->loop) + HEIN_ACCEPTOR_HOLD_US);
}

/* Returns whether the other side has ended or reset the connection, and has
 * said nothing: nobody is there to be greeted. */
static gboolean
is_over (int fd)
{
  struct pollfd now = { .fd = fd, .events = POLLRDHUP };
  char first;

  if (poll (&now, 1, 0) <= 0)
    return FALSE;
  return recv (fd, &first, 1, MSG_PEEK | MSG_DONTWAIT) <= 0;
}

static void
take (HeinAcceptor *self, int fd)
{
  self->pause_us = 0;
  if (G_UNLIKELY (is_over (fd)))
    close (fd);
  else
    self->accepted (fd, self->data);
}

/* By time, not by number: what a connection costs depends on who listens. Those
 * for which there is none left wait in the backlog for the next turn. */
static void
accept_some (HeinAcceptor *self)
{
  const gint64 end_us = hein_world_get_us () + HEIN_ACCEPTOR_TURN_US;

  for (guint n = 0; !self->is_freed; n++)
    {
      int fd;
      int code;

      if (n > 0 && hein_world_get_us () >= end_us)
        break;
      if (!self->may_accept (n == 0, self->data))
        {
          if (n == 0 && !self->is_freed)
            hold (self);
          break;
        }
      if (self->is_freed)
        break;
      fd = accept4 (self->watch.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
      code = errno;
      if (fd >= 0)
        {
          take (self, fd);
          continue;
        }
      if (is_out_of_resources (code))
        pause_accepting (self, code);
      if (code != ECONNABORTED && code != EPERM && code != EINTR)
        break;
    }
}

static void
on_ready (HeinWatch *watch, guint32 events)
{
  HeinAcceptor *self = HEIN_CONTAINER (watch, HeinAcceptor, watch);

  self->is_busy = TRUE;
  accept_some (self);
  self->is_busy = FALSE;
  if (self->is_freed)
    hein_acceptor_free (self);
}

void
hein_acceptor_free (HeinAcceptor *self)
{
  hein_loop_disarm (self->loop, &self->timer);
  hein_loop_remove_watch (self->loop, &self->watch);
  self->is_freed = TRUE;
  if (self->is_busy)
    return;
  if (self->reserve_fd >= 0)
    close (self->reserve_fd);
  g_object_unref (self->socket);
  g_free (self);
}

HeinAcceptor *
hein_acceptor_new (HeinLoop *loop,
                   GSocket *socket,
                   HeinMayAcceptFunc may_accept,
                   HeinAcceptFunc accepted,
                   HeinAcceptTroubleFunc trouble,
                   gpointer data,
                   GError **error)
{
  HeinAcceptor *self;

  g_socket_set_listen_backlog (socket, SOMAXCONN);
  if (!g_socket_listen (socket, error))
    return NULL;
  g_socket_set_blocking (socket, FALSE);
  self = g_new0 (HeinAcceptor, 1);
  self->loop = loop;
  self->socket = g_object_ref (socket);
  self->may_accept = may_accept;
  self->accepted = accepted;
  self->trouble = trouble;
  self->data = data;
  self->reserve_fd = open_reserve ();
  self->watch.ready = on_ready;
  self->timer.expired = on_pause_over;
  set_no_delay (g_socket_get_fd (socket));
  /* GSocket only emulates blocking; accept4 needs the real flag */
  fcntl (g_socket_get_fd (socket), F_SETFL,
         fcntl (g_socket_get_fd (socket), F_GETFL) | O_NONBLOCK);
  if (!hein_loop_add_watch (loop, &self->watch, g_socket_get_fd (socket),
                            EPOLLIN, error))
    g_clear_pointer (&self, hein_acceptor_free);
  return self;
}
