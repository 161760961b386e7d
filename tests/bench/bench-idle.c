/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bench-common.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/* The load of the test `idle`: plain sockets that say a peer's hello, so that
 * what is measured is the hub alone. */

/* Connections on their way at a time: fewer than any listener's backlog, and
 * than the unauthenticated peers that a hub may allow. */
#define WAVE 64

typedef struct
{
  int fd;
  gboolean is_connected;
  gboolean has_said_second;
  gboolean is_up;
  gboolean is_served;
  gsize n_after; /* octets since it was up */
  gsize n_welcome;
  guint8 welcome[512]; /* a greeting of 64, and the first command */
} Connection;

typedef struct
{
  Bench *bench;
  const BenchHello *hello;
  int epoll;
  struct sockaddr_in address;
  Connection *connections;
  guint n_opened;
  guint n_up;
  guint n_served;
} Client;

static void
open_connection (Client *self)
{
  Connection *connection = &self->connections[self->n_opened];
  connection->fd = socket (AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  /* a reset at the end: no port stays in TIME_WAIT for the next run */
  struct linger linger = { .l_onoff = 1 };
  struct epoll_event event = {
    .events = EPOLLIN | EPOLLOUT | EPOLLET,
    .data.u32 = self->n_opened,
  };
  if (connection->fd < 0 ||
      setsockopt (connection->fd, SOL_SOCKET, SO_LINGER, &linger,
                  sizeof linger) != 0 ||
      (connect (connection->fd, (struct sockaddr *) &self->address,
                sizeof self->address) != 0 &&
       errno != EINPROGRESS) ||
      epoll_ctl (self->epoll, EPOLL_CTL_ADD, connection->fd, &event) != 0)
    bench_fail ("connection %u: %s", self->n_opened, g_strerror (errno));
  self->n_opened++;
}

static void
say (Connection *connection, const guint8 *data, gsize size)
{
  if (size != 0 && write (connection->fd, data, size) != (gssize) size)
    bench_fail ("the socket did not take the hello: %s", g_strerror (errno));
}

static void
on_served (Client *self, Connection *connection, gsize size)
{
  connection->n_after += size;
  if (connection->is_served || connection->n_after < self->bench->size)
    return;
  connection->is_served = TRUE;
  self->n_served++;
}

static void
on_welcome (Client *self, Connection *connection, gsize size)
{
  const BenchHello *hello = self->hello;
  connection->n_welcome += size;
  if (!connection->has_said_second &&
      connection->n_welcome >= hello->second_after)
    {
      connection->has_said_second = TRUE;
      say (connection, hello->second, hello->second_size);
    }
  int verdict = hello->is_welcome (connection->welcome, connection->n_welcome);
  if (verdict < 0 || (verdict == 0 && size == 0))
    bench_fail ("the hub's welcome is not understood");
  if (verdict == 0)
    return;
  connection->is_up = TRUE;
  self->n_up++;
}

/* FALSE when nothing is left to read for now */
static gboolean
read_some (Client *self, Connection *connection)
{
  static guint8 served[65536];
  guint8 *into =
    connection->is_up ? served : connection->welcome + connection->n_welcome;
  gsize room = connection->is_up
                 ? sizeof served
                 : sizeof connection->welcome - connection->n_welcome;
  gssize n = read (connection->fd, into, room);
  if (n < 0 && (errno == EAGAIN || errno == EINTR))
    return errno == EINTR;
  if (n <= 0)
    bench_fail ("connection %td of %u: %s", connection - self->connections,
                self->bench->n_connections,
                n == 0 ? "closed by the hub" : g_strerror (errno));
  if (connection->is_up)
    on_served (self, connection, n);
  else
    on_welcome (self, connection, n);
  return TRUE;
}

static void
turn (Client *self, int timeout_ms)
{
  struct epoll_event events[WAVE];
  int n = epoll_wait (self->epoll, events, WAVE, timeout_ms);
  for (int i = 0; i < n; i++)
    {
      Connection *connection = &self->connections[events[i].data.u32];
      if (!connection->is_connected && (events[i].events & EPOLLOUT) != 0)
        {
          connection->is_connected = TRUE;
          say (connection, self->hello->first, self->hello->first_size);
        }
      if ((events[i].events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0)
        while (read_some (self, connection))
          ;
    }
}

static void
bring_up (Client *self, guint n)
{
  while (self->n_up < n)
    {
      while (self->n_opened < n && self->n_opened - self->n_up < WAVE)
        open_connection (self);
      turn (self, 100);
    }
}

static void
init_client (Client *self, Bench *bench)
{
  self->bench = bench;
  self->hello = bench->peer->hello;
  self->epoll = epoll_create1 (EPOLL_CLOEXEC);
  self->connections =
    g_new0 (Connection, BENCH_N_PRIMED + bench->n_connections);
  self->address.sin_family = AF_INET;
  self->address.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  self->address.sin_port = htons (bench_wait_port (bench));
}

void
bench_idle_primed (Bench *bench)
{
  sem_post (&bench->shared->primed);
  while (sem_wait (&bench->shared->begin) != 0 && errno == EINTR)
    ;
  atomic_store (&bench->shared->connect_ns, bench_now_ns ());
}

void
bench_idle_up (Bench *bench)
{
  const gint64 start_ns = atomic_load (&bench->shared->connect_ns);
  atomic_store (&bench->shared->connect_ns, bench_now_ns () - start_ns);
  sem_post (&bench->shared->up);
}

void
bench_idle_served (Bench *bench, guint n_served)
{
  atomic_store (&bench->shared->counters[0].n_received,
                n_served - BENCH_N_PRIMED);
  atomic_store (&bench->shared->counters[0].end_ns, bench_now_ns ());
  sem_post (&bench->shared->done);
  bench_wait_over (bench);
}

void
bench_idle_client (Bench *bench, guint index)
{
  Client self = { 0 };
  guint n = BENCH_N_PRIMED + bench->n_connections;
  init_client (&self, bench);
  bring_up (&self, BENCH_N_PRIMED);
  bench_idle_primed (bench);
  bring_up (&self, n);
  bench_idle_up (bench);

  /* that each hears the hub proves that it was more than a descriptor */
  while (self.n_served < n)
    turn (&self, 100);
  bench_idle_served (bench, self.n_served);
}
