/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mc-socket-send.h"

#include <errno.h>
#include <linux/udp.h>
#include <netinet/in.h>
#include <string.h>

#include <hein/hein.h>

#include "mc-socket-open.h"
#include "mc-socket-sim.h"
#include "mc-socket-state.h"

/*
 * Datagrams wait in one buffer, in runs: neighbours of one size for one address
 * go as one with UDP_SEGMENT, and many runs with one call.
 */

#define N_SEGMENTS     64 /* UDP_MAX_SEGMENTS */
#define SEGMENTS_BYTES 65000
#define N_SEND         64
/* Room for datagrams that waited is kept for the next ones up to here. */
#define CAPACITY_MAX (512 * 1024)

guint8 *
mc_socket_reserve (McSocket *self, gsize size)
{
  if (self->out_size + size > self->out_capacity)
    {
      self->out_capacity = MAX (self->out_capacity * 2, self->out_size + size);
      self->out = g_realloc (self->out, self->out_capacity);
    }
  return self->out + self->out_size;
}

static gboolean
goes_to (const McRun *run, const McAddress *to)
{
  if (to == NULL || run->to.size == 0)
    return to == NULL && run->to.size == 0;
  return mc_address_equal (&run->to, to);
}

/* Appends a datagram to the last run if the kernel can cut it off again:
 * all of a run have one size, but the last one, which may be smaller and
 * ends it. */
static gboolean
append (McSocket *self, McRun *run, const McAddress *to, gsize size)
{
  if (run->segment > self->segment_max || run->is_closed ||
      size > run->segment || size == 0 || run->n == N_SEGMENTS ||
      run->size + size > SEGMENTS_BYTES || !goes_to (run, to))
    return FALSE;
  run->n++;
  run->size += size;
  run->is_closed = size < run->segment;
  return TRUE;
}

static void
begin_run (McSocket *self, const McAddress *to, gsize size)
{
  McRun run = {
    .begin = self->out_size, .size = size, .segment = size, .n = 1
  };

  if (to != NULL)
    run.to = *to;
  g_array_append_val (self->runs, run);
}

void
mc_socket_commit (McSocket *self, const McAddress *to, gsize size)
{
  GArray *runs = self->runs;

  /* an address has 128 bytes, which only the first of a run pays for */
  if (G_UNLIKELY (
        runs->len == 0 ||
        !append (self, &g_array_index (runs, McRun, runs->len - 1), to, size)))
    begin_run (self, to, size);
  self->out_size += size;
}

void
mc_socket_put (McSocket *self,
               const McAddress *to,
               const guint8 *datagram,
               gsize size)
{
  if (size > 0)
    memcpy (mc_socket_reserve (self, size), datagram, size);
  mc_socket_commit (self, to, size);
}

gsize
mc_socket_get_queued (McSocket *self)
{
  return self->out_size;
}

static void
prepare (McSocket *self,
         McRun *run,
         struct msghdr *message,
         struct iovec *vector,
         McControl *control)
{
  const McAddress *to = run->to.size > 0 ? &run->to : &self->group;
  struct cmsghdr *header;

  vector->iov_base = self->out + run->begin;
  vector->iov_len = run->size;
  message->msg_iov = vector;
  message->msg_iovlen = 1;
  message->msg_name = (gpointer) &to->address;
  message->msg_namelen = to->size;
  if (run->n == 1)
    return;
  memset (control, 0, sizeof *control); /* the kernel is given the padding */
  message->msg_control = control;
  message->msg_controllen = CMSG_SPACE (sizeof run->segment);
  header = CMSG_FIRSTHDR (message);
  header->cmsg_level = IPPROTO_UDP;
  header->cmsg_type = UDP_SEGMENT;
  header->cmsg_len = CMSG_LEN (sizeof run->segment);
  memcpy (CMSG_DATA (header), &run->segment, sizeof run->segment);
}

/* How many runs went out; -1: none, errno says why. */
static int
send_some (McSocket *self, guint begin)
{
  struct mmsghdr messages[N_SEND];
  struct iovec vectors[N_SEND];
  McControl control[N_SEND];
  const guint n = MIN (self->runs->len - begin, N_SEND);
  const int fd = mc_socket_get_sender (self);
  int sent;

  if (G_UNLIKELY (fd < 0))
    return mc_socket_send_simulated (self, begin);
  memset (messages, 0, n * sizeof *messages);
  for (guint i = 0; i < n; i++)
    prepare (self, &g_array_index (self->runs, McRun, begin + i),
             &messages[i].msg_hdr, &vectors[i], &control[i]);
  do
    sent = sendmmsg (fd, messages, n, MSG_DONTWAIT | MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  return sent;
}

/* What is left moves to the front. As a rule nothing is, and the buffer is
 * used anew; a large one is given back, since most groups are silent most of
 * the time. */
static void
forget_sent (McSocket *self, guint n)
{
  gsize begin;

  if (n == self->runs->len)
    {
      g_array_set_size (self->runs, 0);
      self->out_size = 0;
      if (self->out_capacity > CAPACITY_MAX)
        {
          g_clear_pointer (&self->out, g_free);
          self->out_capacity = 0;
        }
      return;
    }
  begin = g_array_index (self->runs, McRun, n).begin;
  g_array_remove_range (self->runs, 0, n);
  memmove (self->out, self->out + begin, self->out_size - begin);
  self->out_size -= begin;
  for (guint i = 0; i < self->runs->len; i++)
    g_array_index (self->runs, McRun, i).begin -= begin;
}

/* Whether the device cannot cut a run into datagrams (EIO, EINVAL), or not
 * into those of this size (EMSGSIZE). */
static gboolean
must_give_up_segments (const McRun *run)
{
  return run->n > 1 && (errno == EIO || errno == EINVAL || errno == EMSGSIZE);
}

/* Datagrams above @segment_max go one by one from now on, those that wait
 * among them. */
static void
give_up_segments (McSocket *self, gsize segment_max)
{
  GArray *old = self->runs;
  g_autofree guint8 *data = g_steal_pointer (&self->out);

  self->segment_max = segment_max;
  self->out_size = self->out_capacity = 0;
  self->runs = g_array_new (FALSE, FALSE, sizeof (McRun));
  for (guint i = 0; i < old->len; i++)
    {
      const McRun *run = &g_array_index (old, McRun, i);

      for (guint j = 0; j < run->n; j++)
        {
          const gsize at = (gsize) j * run->segment;
          const gsize size = MIN (run->segment, run->size - at);

          memcpy (mc_socket_reserve (self, MAX (size, 1)),
                  data + run->begin + at, size);
          mc_socket_commit (self, run->to.size > 0 ? &run->to : NULL, size);
        }
    }
  g_array_unref (old);
}

/* ENOBUFS passes in milliseconds, and nothing says when: the run is tried
 * again a few times. FALSE: it has been tried often enough. */
static gboolean
try_later (McSocket *self)
{
  static const guint delays_ms[] = { 1, 2, 4, 8, 10 };

  if (self->n_tries == G_N_ELEMENTS (delays_ms))
    return FALSE;
  self->retry_us =
    hein_get_monotonic_time () + delays_ms[self->n_tries++] * 1000;
  return TRUE;
}

/* Whether the run that was not sent holds up those behind it, according to
 * errno. One that can never be sent must not. */
static gboolean
must_wait (McSocket *self)
{
  return errno == EAGAIN || errno == EWOULDBLOCK ||
         (errno == ENOBUFS && try_later (self));
}

static void
drop (McSocket *self, const McRun *run, GError **error)
{
  if (error != NULL && *error == NULL)
    mc_socket_fail ("sending", error);
  self->stats.n_unsent += run->n;
  self->stats.unsent_bytes += run->size;
  self->n_tries = 0;
}

/* How many of the first runs are done with, in @done. FALSE: the next one has
 * to wait. */
static gboolean
flush_some (McSocket *self, guint *done, GError **error)
{
  const int n = send_some (self, *done);
  const McRun *run = &g_array_index (self->runs, McRun, *done);

  if (n > 0)
    {
      *done += n;
      self->n_tries = 0;
    }
  else if (must_wait (self))
    return FALSE;
  else if (must_give_up_segments (run))
    {
      const gsize segment_max = errno == EMSGSIZE ? run->segment - 1 : 0;

      forget_sent (self, *done);
      *done = 0;
      give_up_segments (self, segment_max);
    }
  else
    drop (self, &g_array_index (self->runs, McRun, (*done)++), error);
  return TRUE;
}

gboolean
mc_socket_flush (McSocket *self, GError **error)
{
  gboolean goes_on = TRUE;
  guint done = 0;

  if (self->retry_us > 0 && hein_get_monotonic_time () < self->retry_us)
    return FALSE;
  self->retry_us = 0;
  while (goes_on && done < self->runs->len)
    goes_on = flush_some (self, &done, error);
  forget_sent (self, done);
  return goes_on;
}

gint64
mc_socket_get_retry_us (McSocket *self)
{
  return self->retry_us;
}
