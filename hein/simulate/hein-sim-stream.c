/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-sim-stream.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "hein-sim-pipe.h"
#include "io/hein-stream.h"

/*
 * A stream in memory does what a socket does, without a system call: what one
 * end writes, the other one reads later; it reports events as epoll would; who
 * closes with unread bytes resets the connection, as Linux does.
 *
 * An end that its bus has closed stays until the other one is closed, too: what
 * was written still arrives there, and what comes here is answered by a reset.
 */

typedef struct _Stream Stream;

struct _Stream
{
  HeinStream stream; /* first; freed with the rest */
  HeinSim *sim;      /* NULL: the simulation is over */
  Stream *other;     /* NULL: as well */
  HeinSimPipe in;
  char *security;   /* owned, nullable: what a kernel says of the other side */
  HeinWatch *watch; /* borrowed, nullable */
  HeinSimBus *bus;  /* borrowed: whose loop has the watch */
  GList in_sim;
  GList in_bus;
  GList in_ready; /* data: it is among those that are ready */
  int error;      /* that is still to be told */
  gboolean has_heard_end;
  gboolean is_reset;
  gboolean has_edge;   /* reset since the watch asked for changes alone */
  gboolean has_shut;   /* nothing more is written */
  gboolean is_local;   /* by a path of the file system */
  gboolean may_end;    /* in order; else by a reset */
  gboolean is_closed;  /* nobody reads */
  gboolean is_dropped; /* its bus has let go of it */
};

static Stream *
from_stream (HeinStream *stream)
{
  return (Stream *) stream;
}

/* ---- what is ready ---- */

static guint32
get_events (const Stream *self)
{
  guint32 events = 0;

  if (self->in.n_arrived > 0 || self->has_heard_end || self->is_reset)
    events |= EPOLLIN;
  if (self->is_reset || hein_sim_pipe_get_room (&self->other->in) > 0)
    events |= EPOLLOUT;
  if (self->is_reset)
    events |= EPOLLERR | EPOLLHUP;
  if (self->has_heard_end && self->has_shut)
    events |= EPOLLHUP;
  return events;
}

/* Errors are reported whatever is wanted, but only once to who wants changes
 * alone. */
static guint32
get_wanted (const Stream *self)
{
  if (self->watch->events & EPOLLET)
    return self->has_edge ? EPOLLERR | EPOLLHUP : 0;
  return get_events (self) & (self->watch->events | EPOLLERR | EPOLLHUP);
}

static void
leave_ready (Stream *self)
{
  if (self->in_ready.data == NULL)
    return;
  g_queue_unlink (&self->bus->ready, &self->in_ready);
  self->in_ready.data = NULL;
}

static void
review (Stream *self)
{
  if (self->watch == NULL)
    return;
  if (get_wanted (self) == 0)
    {
      leave_ready (self);
      return;
    }
  if (self->in_ready.data == NULL)
    {
      self->in_ready.data = self;
      g_queue_push_tail_link (&self->bus->ready, &self->in_ready);
    }
  hein_sim_bus_queue (self->bus);
}

static void
stop_watching (Stream *self)
{
  if (self->watch == NULL)
    return;
  leave_ready (self);
  g_queue_unlink (&self->bus->streams, &self->in_bus);
  self->watch = NULL;
  self->bus = NULL;
}

static Stream *
find (HeinSim *self, int fd)
{
  return g_hash_table_lookup (self->streams_by_fd, GINT_TO_POINTER (fd));
}

void
hein_sim_watch (HeinWorldPlace *place, HeinWatch *watch)
{
  HeinSimBus *bus = hein_sim_bus_from_place (place);
  Stream *self = find (bus->sim, watch->fd);

  if (self == NULL)
    return;
  if (self->watch == NULL)
    {
      self->watch = watch;
      self->bus = bus;
      g_queue_push_tail_link (&bus->streams, &self->in_bus);
    }
  review (self);
}

void
hein_sim_unwatch (HeinWorldPlace *place, HeinWatch *watch)
{
  Stream *self = find (hein_sim_bus_from_place (place)->sim, watch->fd);

  if (self != NULL)
    stop_watching (self);
}

void
hein_sim_streams_forget_bus (HeinSimBus *bus)
{
  while (bus->streams.length > 0)
    stop_watching (bus->streams.head->data);
}

/* They stay ready until they are not, and those that were told go behind. */
int
hein_sim_fetch (HeinWorldPlace *place, struct epoll_event *ready, int n_max)
{
  HeinSimBus *bus = hein_sim_bus_from_place (place);
  const int n = MIN ((int) bus->ready.length, n_max);

  /* the loop runs its timers next, also where the bus is turned by hand */
  bus->is_woken = bus->is_due = FALSE;
  for (int i = 0; i < n; i++)
    {
      GList *link = g_queue_pop_head_link (&bus->ready);
      Stream *self = link->data;

      ready[i].events = get_wanted (self);
      ready[i].data.ptr = self->watch;
      g_queue_push_tail_link (&bus->ready, link);
      self->has_edge = FALSE;
      review (self);
    }
  return n;
}

/* ---- reading and writing ---- */

static gssize
fail (HeinStream *stream, int code, const char *what, GError **error)
{
  errno = code;
  return hein_stream_end_call (stream, -1, what, error);
}

static int
take_error (Stream *self)
{
  const int code = self->error;

  self->error = 0;
  return code;
}

static gssize
sim_read (HeinStream *stream, void *buffer, gsize size, GError **error)
{
  Stream *self = from_stream (stream);
  const gsize n = hein_sim_pipe_read (&self->in, buffer, size);

  if (n > 0)
    {
      review (self);
      if (self->other != NULL)
        review (self->other);
      return n;
    }
  if (self->has_heard_end)
    return 0;
  if (self->error != 0)
    return fail (stream, take_error (self), "reading", error);
  if (self->is_reset)
    return 0;
  return fail (stream, EAGAIN, "reading", error);
}

static gssize
sim_write (HeinStream *stream,
           const struct iovec *vectors,
           guint n_vectors,
           GError **error)
{
  Stream *self = from_stream (stream);
  gsize n;

  if (self->error != 0)
    return fail (stream, take_error (self), "writing", error);
  if (self->is_reset || self->has_shut)
    return fail (stream, EPIPE, "writing", error);
  n = hein_sim_pipe_write (&self->other->in, vectors, n_vectors);
  if (n == 0)
    return fail (stream, EAGAIN, "writing", error);
  review (self);
  return n;
}

static void
sim_shut_down_write (HeinStream *stream)
{
  Stream *self = from_stream (stream);

  if (self->has_shut || self->is_reset)
    return;
  self->has_shut = TRUE;
  hein_sim_pipe_end (&self->other->in, HEIN_SIM_PIPE_END);
  review (self);
}

static gboolean
sim_reset_at_close (HeinStream *stream)
{
  Stream *self = from_stream (stream);

  self->may_end = self->is_local;
  return !self->is_local;
}

gsize
hein_sim_count_unsent (HeinWorld *world, int fd)
{
  const Stream *self = find (HEIN_CONTAINER (world, HeinSim, world), fd);

  return self != NULL && self->other != NULL
           ? self->other->in.n_on_way + self->other->in.n_lost
           : 0;
}

gboolean
hein_sim_was_reset (HeinWorld *world, int fd)
{
  Stream *self = find (HEIN_CONTAINER (world, HeinSim, world), fd);

  return self != NULL && take_error (self) != 0;
}

static HeinStreamProof
sim_get_proof (HeinStream *stream)
{
  return (HeinStreamProof){ .security = from_stream (stream)->security };
}

/* ---- the end ---- */

static void
free_stream (Stream *self)
{
  g_free (self->security);
  g_free (self);
}

static void
forget (Stream *self)
{
  stop_watching (self);
  hein_sim_pipe_clear (&self->in);
  g_hash_table_remove (self->sim->streams_by_fd,
                       GINT_TO_POINTER (self->stream.fd));
  g_queue_unlink (&self->sim->streams, &self->in_sim);
  self->sim = NULL;
  self->other = NULL;
  self->is_reset = TRUE;
}

/* What closing the stream now sends. */
static HeinSimPipeWord
get_last_word (const Stream *self)
{
  return self->in.n_arrived > 0 || !self->may_end ? HEIN_SIM_PIPE_RESET
                                                  : HEIN_SIM_PIPE_END;
}

/* Nobody reads here any more. */
static void
leave (Stream *self, HeinSimPipeWord word)
{
  if (!self->is_reset && (word == HEIN_SIM_PIPE_RESET || !self->has_shut))
    hein_sim_pipe_end (&self->other->in, word);
  self->has_shut = TRUE;
  self->is_closed = TRUE;
  hein_sim_pipe_drop_arrived (&self->in);
}

static void
sim_close (HeinStream *stream)
{
  Stream *self = from_stream (stream);
  Stream *other = self->other;

  if (self->sim == NULL)
    {
      free_stream (self);
      return;
    }
  stop_watching (self);
  self->is_dropped = TRUE;
  if (!self->is_closed)
    leave (self, get_last_word (self));
  if (!other->is_dropped)
    return;
  forget (self);
  forget (other);
  free_stream (self);
  free_stream (other);
}

static void
set_reset (Stream *self)
{
  self->error = self->has_heard_end ? EPIPE : ECONNRESET;
  self->is_reset = self->has_edge = TRUE;
  hein_sim_pipe_lose_on_way (&self->other->in);
}

/* For both ends at once. */
static void
cut (Stream *self)
{
  Stream *const ends[] = { self, self->other };

  for (guint i = 0; i < G_N_ELEMENTS (ends); i++)
    {
      if (ends[i]->is_reset)
        continue;
      set_reset (ends[i]);
      review (ends[i]);
    }
}

static void
on_arrival (HeinSimPipe *pipe, HeinSimPipeWord word)
{
  Stream *self = HEIN_CONTAINER (pipe, Stream, in);

  if (word == HEIN_SIM_PIPE_CUT)
    {
      cut (self);
      return;
    }
  if (self->is_closed)
    {
      /* what comes to nobody is not acknowledged, but answered by a reset */
      hein_sim_pipe_lose_arrived (pipe);
      if (word == HEIN_SIM_PIPE_BYTES && !self->is_reset)
        {
          self->is_reset = TRUE;
          hein_sim_pipe_end (&self->other->in, HEIN_SIM_PIPE_RESET);
        }
      return;
    }
  if (word == HEIN_SIM_PIPE_END)
    self->has_heard_end = TRUE;
  else if (word == HEIN_SIM_PIPE_RESET && !self->is_reset)
    set_reset (self);
  review (self);
}

static const HeinStreamFuncs funcs = {
  .read = sim_read,
  .write = sim_write,
  .get_proof = sim_get_proof,
  .shut_down_write = sim_shut_down_write,
  .reset_at_close = sim_reset_at_close,
  .close = sim_close,
};

/* ---- all ---- */

static Stream *
make_stream (HeinSim *self,
             HeinSimHost *from,
             HeinSimHost *to,
             gboolean is_local)
{
  static int last_fd = HEIN_WORLD_FD_FIRST + 1; /* atomic */
  Stream *stream = g_new0 (Stream, 1);

  /* never the same again: another simulation may end before this one's buses */
  stream->stream.fd = g_atomic_int_add (&last_fd, -1) - 1;
  stream->stream.funcs = &funcs;
  stream->stream.is_open = TRUE;
  stream->sim = self;
  hein_sim_pipe_init (&stream->in, self, from, to);
  stream->in.arrive = on_arrival;
  stream->may_end = TRUE;
  stream->is_local = is_local;
  if (is_local)
    stream->security = g_strdup_printf ("unix:%u", (guint) geteuid ());
  stream->in_sim.data = stream->in_bus.data = stream;
  g_queue_push_tail_link (&self->streams, &stream->in_sim);
  g_hash_table_insert (self->streams_by_fd, GINT_TO_POINTER (stream->stream.fd),
                       stream);
  return stream;
}

void
hein_sim_connect (HeinSim *self,
                  HeinSimHost *from,
                  HeinSimHost *to,
                  gboolean is_local,
                  HeinStream **from_end,
                  HeinStream **to_end)
{
  Stream *one = make_stream (self, to, from, is_local);
  Stream *another = make_stream (self, from, to, is_local);

  one->other = another;
  another->other = one;
  *from_end = &one->stream;
  *to_end = &another->stream;
}

void
hein_sim_streams_go_on (HeinSim *self)
{
  for (GList *l = self->streams.head; l != NULL; l = l->next)
    hein_sim_pipe_go_on (&((Stream *) l->data)->in);
}

void
hein_sim_streams_cut (HeinSim *self,
                      const HeinSimHost *host,
                      const HeinSimHost *other)
{
  for (GList *l = self->streams.head; l != NULL; l = l->next)
    {
      Stream *stream = l->data;

      if (stream->in.from == host && (other == NULL || stream->in.to == other))
        cut (stream);
    }
}

void
hein_sim_streams_kill (HeinSim *self, const HeinSimHost *host, gboolean is_sent)
{
  for (GList *l = self->streams.head; l != NULL; l = l->next)
    {
      Stream *stream = l->data;

      if (stream->in.to != host || stream->is_closed)
        continue;
      if (!is_sent)
        hein_sim_pipe_lose_on_way (&stream->other->in);
      leave (stream, is_sent ? get_last_word (stream) : HEIN_SIM_PIPE_RESET);
      /* its own program may still ask, and is told that all is over */
      stream->has_heard_end = TRUE;
    }
}

void
hein_sim_streams_clear (HeinSim *self)
{
  while (self->streams.length > 0)
    {
      Stream *stream = self->streams.head->data;
      const gboolean is_dropped = stream->is_dropped;

      forget (stream);
      if (is_dropped)
        free_stream (stream);
    }
}
