/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-sim-pipe.h"

#include <string.h>

/* What is written is kept in chunks until it has arrived, and then until it is
 * read. As much as a usual socket takes is kept at most, so that a reader that
 * does not read pushes back. */

#define ROOM (256 * 1024) /* bytes */

/* What was written at once. */
typedef struct
{
  GList link;
  gint64 sent_us;
  gint64 due_us;
  HeinSimPipeWord word;
  gsize size;
  gsize done; /* bytes that were read */
  guint8 bytes[];
} Chunk;

static const char *const words[] = {
  [HEIN_SIM_PIPE_BYTES] = "bytes",
  [HEIN_SIM_PIPE_END] = "end",
  [HEIN_SIM_PIPE_RESET] = "reset",
  [HEIN_SIM_PIPE_CUT] = "cut",
};

static void
clear_chunks (GQueue *chunks)
{
  while (chunks->length > 0)
    g_free (g_queue_pop_head_link (chunks)->data);
}

static const HeinSimWay *
get_way (HeinSimPipe *self)
{
  return hein_sim_map_get_way (&self->sim->map, self->from, self->to);
}

/* What was sent later never arrives earlier. */
static gint64
get_arrival_us (HeinSimPipe *self, gsize size)
{
  HeinSim *sim = self->sim;
  const HeinSimWay *way = get_way (self);
  const Chunk *last = g_queue_peek_tail (&self->on_way);
  gint64 due_us;

  self->free_us = MAX (self->free_us, sim->world.now_us);
  if (way->rate > 0)
    self->free_us += (gint64) size * G_USEC_PER_SEC / way->rate;
  due_us = self->free_us + hein_sim_draw_delay (sim, way);
  return last != NULL ? MAX (due_us, last->due_us) : due_us;
}

void
hein_sim_pipe_go_on (HeinSimPipe *self)
{
  HeinSim *sim = self->sim;
  const Chunk *first = g_queue_peek_head (&self->on_way);

  if (first == NULL || get_way (self)->is_cut)
    hein_timers_disarm (&sim->timers, &self->arrival);
  else if (self->arrival.position == 0)
    hein_timers_arm (&sim->timers, &self->arrival,
                     MAX (first->due_us, sim->world.now_us));
}

static void
note (HeinSimPipe *self, const Chunk *chunk)
{
  HeinSimNote told;

  if (!hein_sim_trace_is_wanted (&self->sim->trace))
    return;
  told = (HeinSimNote){
    .kind = words[chunk->word],
    .host = self->from->name,
    .other_host = self->to->name,
    .size = chunk->size,
    .since_us = chunk->sent_us,
  };
  if (chunk->word == HEIN_SIM_PIPE_BYTES)
    hein_sim_note (self->sim, &told, "> %s %" G_GSIZE_FORMAT " bytes",
                   self->to->name, chunk->size);
  else
    hein_sim_note (self->sim, &told, "> %s %s", self->to->name, told.kind);
}

/* Returns whether the way ends the connection behind @chunk, of which as much
 * stays as gets through. */
static gboolean
is_cut_here (HeinSimPipe *self, Chunk *chunk)
{
  HeinSimWay *way;

  if (G_LIKELY (get_way (self)->n_left < 0))
    return FALSE;
  way = hein_sim_map_edit_way (&self->sim->map, self->from, self->to);
  if ((gint64) chunk->size < way->n_left)
    {
      way->n_left -= chunk->size;
      return FALSE;
    }
  self->n_lost += chunk->size - way->n_left;
  self->n_on_way -= chunk->size - way->n_left;
  chunk->size = way->n_left;
  way->n_left = -1;
  return TRUE;
}

static void
take_in (HeinSimPipe *self, Chunk *chunk)
{
  if (chunk->size > 0 || chunk->word != HEIN_SIM_PIPE_BYTES)
    note (self, chunk);
  self->n_on_way -= chunk->size;
  self->n_arrived += chunk->size;
  if (chunk->size > 0 && chunk->word == HEIN_SIM_PIPE_BYTES)
    g_queue_push_tail_link (&self->arrived, &chunk->link);
  else
    g_free (chunk);
}

static void
on_arrival (HeinTimer *timer, gint64 now_us)
{
  HeinSimPipe *self = HEIN_CONTAINER (timer, HeinSimPipe, arrival);
  Chunk *chunk = g_queue_pop_head_link (&self->on_way)->data;
  HeinSimPipeWord word = chunk->word;

  if (word == HEIN_SIM_PIPE_BYTES && is_cut_here (self, chunk))
    word = HEIN_SIM_PIPE_CUT;
  take_in (self, chunk);
  if (word == HEIN_SIM_PIPE_CUT)
    hein_sim_note (self->sim,
                   &(HeinSimNote){
                     .kind = words[HEIN_SIM_PIPE_CUT],
                     .host = self->from->name,
                     .other_host = self->to->name,
                   },
                   "> %s cut", self->to->name);
  hein_sim_pipe_go_on (self);
  /* it may free the pipe */
  self->arrive (self, word);
}

void
hein_sim_pipe_init (HeinSimPipe *self,
                    HeinSim *sim,
                    HeinSimHost *from,
                    HeinSimHost *to)
{
  self->sim = sim;
  self->from = from;
  self->to = to;
  self->arrival.expired = on_arrival;
}

void
hein_sim_pipe_clear (HeinSimPipe *self)
{
  hein_timers_disarm (&self->sim->timers, &self->arrival);
  clear_chunks (&self->on_way);
  clear_chunks (&self->arrived);
  self->n_on_way = self->n_arrived = 0;
}

gsize
hein_sim_pipe_get_room (const HeinSimPipe *self)
{
  const gsize used = self->n_on_way + self->n_arrived;

  return used < ROOM ? ROOM - used : 0;
}

static Chunk *
add_chunk (HeinSimPipe *self, HeinSimPipeWord word, gsize size)
{
  Chunk *chunk = g_malloc (sizeof *chunk + size);

  chunk->link = (GList){ .data = chunk };
  chunk->sent_us = self->sim->world.now_us;
  chunk->due_us = get_arrival_us (self, size);
  chunk->word = word;
  chunk->size = size;
  chunk->done = 0;
  g_queue_push_tail_link (&self->on_way, &chunk->link);
  self->n_on_way += size;
  return chunk;
}

static gsize
get_size (const struct iovec *vectors, guint n_vectors)
{
  gsize size = 0;

  for (guint i = 0; i < n_vectors; i++)
    size += vectors[i].iov_len;
  return size;
}

gsize
hein_sim_pipe_write (HeinSimPipe *self,
                     const struct iovec *vectors,
                     guint n_vectors)
{
  const gsize size =
    MIN (get_size (vectors, n_vectors), hein_sim_pipe_get_room (self));
  gsize done = 0;
  Chunk *chunk;

  if (size == 0)
    return 0;
  chunk = add_chunk (self, HEIN_SIM_PIPE_BYTES, size);
  for (guint i = 0; done < size; i++)
    {
      const gsize n = MIN (vectors[i].iov_len, size - done);

      memcpy (chunk->bytes + done, vectors[i].iov_base, n);
      done += n;
    }
  hein_sim_pipe_go_on (self);
  return size;
}

gsize
hein_sim_pipe_read (HeinSimPipe *self, guint8 *buffer, gsize size)
{
  gsize got = 0;

  while (got < size && self->arrived.length > 0)
    {
      Chunk *chunk = g_queue_peek_head (&self->arrived);
      const gsize n = MIN (size - got, chunk->size - chunk->done);

      memcpy (buffer + got, chunk->bytes + chunk->done, n);
      chunk->done += n;
      got += n;
      if (chunk->done == chunk->size)
        g_free (g_queue_pop_head_link (&self->arrived)->data);
    }
  self->n_arrived -= got;
  return got;
}

void
hein_sim_pipe_end (HeinSimPipe *self, HeinSimPipeWord word)
{
  add_chunk (self, word, 0);
  self->is_ended = TRUE;
  hein_sim_pipe_go_on (self);
}

void
hein_sim_pipe_drop_arrived (HeinSimPipe *self)
{
  clear_chunks (&self->arrived);
  self->n_arrived = 0;
}

void
hein_sim_pipe_lose_arrived (HeinSimPipe *self)
{
  self->n_lost += self->n_arrived;
  hein_sim_pipe_drop_arrived (self);
}

void
hein_sim_pipe_lose_on_way (HeinSimPipe *self)
{
  hein_timers_disarm (&self->sim->timers, &self->arrival);
  clear_chunks (&self->on_way);
  self->n_lost += self->n_on_way;
  self->n_on_way = 0;
}
