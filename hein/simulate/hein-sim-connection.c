/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-sim-connection.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * A connection is two pairs of sockets. The simulation holds one socket of
 * each: it reads what a bus has written, keeps it for as long as it is on its
 * way, and writes it to the other bus. So a bus cannot tell a simulated
 * connection from a real one, and pushes back in the same way.
 */

#define CHUNK  65536
#define ON_WAY (256 * 1024) /* bytes; what is more waits in the socket */

typedef struct _Connection Connection;
typedef struct _Pipe Pipe;

/* What was read at once, on its way. */
typedef struct
{
  GList link;
  gint64 due_us;
  gsize size; /* 0: the end of the stream */
  gsize done;
  guint8 bytes[];
} Chunk;

/* One direction. */
struct _Pipe
{
  HeinTimer arrival; /* the first chunk arrives */
  HeinSimWatch from; /* readable */
  Connection *connection;
  HeinSimHost *from_host; /* borrowed */
  HeinSimHost *to_host;   /* borrowed */
  Pipe *back;             /* its `from` is where this one writes to */
  GQueue chunks;          /* owned Chunk, by its link */
  gsize n_bytes;          /* of chunks */
  gint64 free_us;         /* when the line has sent what was given to it */
  gboolean is_ended;      /* nothing more will be read */
  gboolean is_blocked;    /* the other end does not take it */
};

struct _Connection
{
  GList in_sim;
  HeinSim *sim;
  Pipe pipes[2];
};

static void
free_connection (Connection *self)
{
  g_queue_unlink (&self->sim->connections, &self->in_sim);
  for (guint i = 0; i < G_N_ELEMENTS (self->pipes); i++)
    {
      Pipe *pipe = &self->pipes[i];

      hein_timers_disarm (&self->sim->timers, &pipe->arrival);
      hein_sim_watch (self->sim, &pipe->from, 0);
      while (pipe->chunks.length > 0)
        g_free (g_queue_pop_head_link (&pipe->chunks)->data);
      close (pipe->from.fd);
    }
  g_free (self);
}

/* ---- reading ---- */

/* What was sent later never arrives earlier. */
static gint64
get_arrival_us (Pipe *self, gsize size)
{
  HeinSim *sim = self->connection->sim;
  const HeinSimWay *way =
    hein_sim_map_get_way (&sim->map, self->from_host, self->to_host);
  const Chunk *last = g_queue_peek_tail (&self->chunks);
  gint64 due_us;

  self->free_us = MAX (self->free_us, sim->world.now_us);
  if (way->rate > 0)
    self->free_us += (gint64) size * G_USEC_PER_SEC / way->rate;
  due_us = self->free_us + hein_sim_draw_delay (sim, way);
  return last != NULL ? MAX (due_us, last->due_us) : due_us;
}

static void
arm (Pipe *self)
{
  HeinSim *sim = self->connection->sim;
  const Chunk *first = g_queue_peek_head (&self->chunks);

  if (first == NULL || self->is_blocked ||
      hein_sim_map_get_way (&sim->map, self->from_host, self->to_host)->is_cut)
    hein_timers_disarm (&sim->timers, &self->arrival);
  else if (self->arrival.position == 0)
    hein_timers_arm (&sim->timers, &self->arrival,
                     MAX (first->due_us, sim->world.now_us));
}

static void
watch (Pipe *self)
{
  /* the same descriptor is written to by the way back */
  hein_sim_watch (self->connection->sim, &self->from,
                  (!self->is_ended && self->n_bytes < ON_WAY ? EPOLLIN : 0) |
                    (self->back->is_blocked ? EPOLLOUT : 0));
}

static void
add_chunk (Pipe *self, const guint8 *bytes, gsize size)
{
  Chunk *chunk = g_malloc (sizeof *chunk + size);

  chunk->link = (GList){ .data = chunk };
  chunk->due_us = get_arrival_us (self, size);
  chunk->size = size;
  chunk->done = 0;
  if (size > 0)
    memcpy (chunk->bytes, bytes, size);
  g_queue_push_tail_link (&self->chunks, &chunk->link);
  self->n_bytes += size;
  self->is_ended = size == 0;
  arm (self);
}

static void
read_some (Pipe *self)
{
  guint8 bytes[CHUNK];
  gssize n = recv (self->from.fd, bytes, sizeof bytes, MSG_DONTWAIT);

  if (n < 0 && (errno == EAGAIN || errno == EINTR))
    return;
  if (self->is_ended)
    return;
  add_chunk (self, bytes, MAX (n, 0));
}

/* ---- writing ---- */

static void
drop_first (Pipe *self)
{
  Chunk *chunk = g_queue_pop_head_link (&self->chunks)->data;

  self->n_bytes -= chunk->size;
  g_free (chunk);
}

static gboolean
is_over (const Pipe *self)
{
  return self->is_ended && self->chunks.length == 0;
}

/* Whoever has gone reads nothing more. */
static void
give_up (Pipe *self)
{
  while (self->chunks.length > 0)
    drop_first (self);
  self->is_ended = TRUE;
  shutdown (self->from.fd, SHUT_RD);
}

/* Returns whether the first chunk is done with. */
static gboolean
write_first (Pipe *self)
{
  Chunk *chunk = g_queue_peek_head (&self->chunks);
  const int fd = self->back->from.fd;
  gssize n;

  if (chunk->size == 0)
    {
      shutdown (fd, SHUT_WR);
      return TRUE;
    }
  n = send (fd, chunk->bytes + chunk->done, chunk->size - chunk->done,
            MSG_DONTWAIT | MSG_NOSIGNAL);
  if (n >= 0)
    chunk->done += n;
  else if (errno != EAGAIN && errno != EINTR)
    {
      give_up (self);
      return FALSE;
    }
  self->is_blocked = chunk->done < chunk->size;
  return !self->is_blocked;
}

static void
arrive (HeinTimer *timer, gint64 now_us)
{
  Pipe *self = HEIN_CONTAINER (timer, Pipe, arrival);
  Connection *connection = self->connection;
  const Chunk *first = g_queue_peek_head (&self->chunks);

  if (first->size == 0)
    hein_sim_note (connection->sim, "%s > %s end", self->from_host->name,
                   self->to_host->name);
  else if (first->done == 0)
    hein_sim_note (connection->sim, "%s > %s %" G_GSIZE_FORMAT " bytes",
                   self->from_host->name, self->to_host->name, first->size);
  if (write_first (self))
    drop_first (self);
  if (is_over (self) && is_over (self->back))
    {
      free_connection (connection);
      return;
    }
  arm (self);
  watch (self);
  watch (self->back);
}

static void
on_ready (HeinSimWatch *from)
{
  Pipe *self = HEIN_CONTAINER (from, Pipe, from);

  self->back->is_blocked = FALSE;
  arm (self->back);
  if (!self->is_ended && self->n_bytes < ON_WAY)
    read_some (self);
  watch (self);
  watch (self->back);
}

/* ---- all ---- */

static int
make_pair (Pipe *pipe)
{
  int fds[2];

  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0,
                  fds) != 0)
    g_error ("a simulated connection needs two descriptors: %s",
             g_strerror (errno));
  pipe->from.fd = fds[0];
  return fds[1];
}

void
hein_sim_connect (
  HeinSim *self, HeinSimHost *from, HeinSimHost *to, int *from_fd, int *to_fd)
{
  Connection *connection = g_new0 (Connection, 1);

  connection->sim = self;
  for (guint i = 0; i < G_N_ELEMENTS (connection->pipes); i++)
    {
      Pipe *pipe = &connection->pipes[i];

      pipe->connection = connection;
      pipe->back = &connection->pipes[1 - i];
      pipe->from_host = i == 0 ? from : to;
      pipe->to_host = i == 0 ? to : from;
      pipe->arrival.expired = arrive;
      pipe->from.ready = on_ready;
    }
  *from_fd = make_pair (&connection->pipes[0]);
  *to_fd = make_pair (&connection->pipes[1]);
  watch (&connection->pipes[0]);
  watch (&connection->pipes[1]);
  connection->in_sim.data = connection;
  g_queue_push_tail_link (&self->connections, &connection->in_sim);
}

void
hein_sim_connections_go_on (HeinSim *self)
{
  for (GList *l = self->connections.head; l != NULL; l = l->next)
    {
      Connection *connection = l->data;

      arm (&connection->pipes[0]);
      arm (&connection->pipes[1]);
    }
}

void
hein_sim_connections_cut (HeinSim *self,
                          const HeinSimHost *host,
                          const HeinSimHost *other)
{
  GList *next;

  for (GList *l = self->connections.head; l != NULL; l = next)
    {
      Connection *connection = l->data;
      const HeinSimHost *from = connection->pipes[0].from_host;
      const HeinSimHost *to = connection->pipes[0].to_host;

      next = l->next;
      if ((from == host && (other == NULL || to == other)) ||
          (to == host && (other == NULL || from == other)))
        free_connection (connection);
    }
}

void
hein_sim_connections_clear (HeinSim *self)
{
  while (self->connections.length > 0)
    free_connection (self->connections.head->data);
}
