/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-inproc-end.h"

/* Delivering what came through a pipe, and giving back the memory for it. */

/* What one pipe delivers in a visit, before others do: what the messages take
 * that are made of it, which should still be in the cache when handlers get
 * them. */
#define BYTES_PER_VISIT (256 * 1024)
/* How often it looks for messages of high priority meanwhile. */
#define HIGH_CLOCK 64
/* Values that are taken at once: what waits can make room for newer ones. */
#define VALUES_MAX 64
/* Memory that was not used for so long is given back. */
#define SPARES_US G_TIME_SPAN_SECOND

/* Delivering copies the data before anything else happens to the pack: it may
 * be put back, or freed. */
static void
deliver_packed (HeinInproc *self, HeinInprocEnd *end, HeinInprocPacked *packed)
{
  HeinTransport *transport = HEIN_TRANSPORT (self);

  if (G_LIKELY (packed->payload == NULL))
    (packed->is_addressed
       ? hein_transport_deliver_addressed_data
       : hein_transport_deliver_data) (transport, end->peer, packed->topic,
                                       packed->topic_size,
                                       hein_inproc_packed_get_data (packed),
                                       packed->size);
  else
    {
      g_autoptr (GBytes) payload = packed->payload;
      g_autoptr (HeinMessage) message =
        hein_message_new (packed->topic, payload);

      if (packed->is_addressed)
        hein_message_set_addressed (message);
      hein_transport_deliver (transport, end->peer, message);
    }
}

/* Those in a pack are of normal priority. */
static gsize
deliver_first (HeinInproc *self,
               HeinInprocEnd *end,
               HeinInprocPack *pack,
               gsize *costs,
               GQueue *spent)
{
  HeinInprocPacked *packed = hein_inproc_pack_get_first (pack);
  const gsize copied = packed->payload == NULL ? packed->size : 0;

  costs[HEIN_PRIORITY_NORMAL] += hein_inproc_packed_get_cost (packed);
  hein_inproc_pack_skip (pack);
  if (hein_inproc_pack_is_empty (pack))
    {
      g_queue_unlink (&end->messages, &pack->link);
      g_queue_push_tail_link (spent, &pack->link);
    }
  deliver_packed (self, end, packed);
  return copied + HEIN_INPROC_OVERHEAD_BYTES;
}

static gsize
deliver_message (HeinInproc *self, HeinInprocEnd *end, gsize *costs)
{
  g_autoptr (HeinMessage) message = g_queue_pop_head (&end->messages);

  end->n_high -= MIN (end->n_high, 1);
  costs[hein_message_get_priority (message)] +=
    hein_inproc_message_cost (message);
  hein_transport_deliver (HEIN_TRANSPORT (self), end->peer, message);
  return HEIN_INPROC_OVERHEAD_BYTES;
}

/* Returns the memory that it takes; 0: there is none. @costs: by priority;
 * @spent: packs that are empty. */
static gsize
deliver_next (HeinInproc *self, HeinInprocEnd *end, gsize *costs, GQueue *spent)
{
  HeinInprocPack *pack;

  if (end->messages.length == 0)
    hein_inproc_pipe_take (end->pipe, self->side, &end->messages, VALUES_MAX);
  if (end->messages.length == 0)
    return 0;
  pack = hein_inproc_pack_from_node (end->messages.head);
  if (G_LIKELY (pack != NULL))
    return deliver_first (self, end, pack, costs, spent);
  return deliver_message (self, end, costs);
}

static void
watch_spares (HeinInproc *self)
{
  self->spares_us = hein_get_monotonic_time () + SPARES_US;
  hein_inproc_bell_set_time (self->bell, self->spares_us);
}

static void
settle (HeinInproc *self,
        HeinInprocEnd *end,
        const gsize *costs,
        guint n,
        GQueue *spent)
{
  if (spent->length > 0 && self->spares_us == 0)
    watch_spares (self);
  hein_inproc_pipe_settle (end->pipe, self->side, costs[HEIN_PRIORITY_NORMAL],
                           costs[HEIN_PRIORITY_HIGH], n, spent);
}

void
hein_inproc_end_deliver (HeinInproc *self, HeinInprocEnd *end)
{
  gsize costs[2] = { 0 };
  GQueue spent = G_QUEUE_INIT;
  gsize n_bytes = 0;
  guint n = 0;

  while (n_bytes < BYTES_PER_VISIT && !end->is_paused && !end->is_over)
    {
      gsize size;

      if (n % HIGH_CLOCK == 0)
        hein_inproc_pipe_take_high (end->pipe, self->side, &end->messages,
                                    &end->n_high);
      size = deliver_next (self, end, costs, &spent);
      if (size == 0)
        break;
      n_bytes += size;
      n++;
    }
  if (end->is_over)
    hein_inproc_row_free_queue (&spent, NULL);
  else if (n > 0)
    settle (self, end, costs, n, &spent);
}

/* Whatever the bell was rung for, it has forgotten its time. */
void
hein_inproc_give_spares_back (HeinInproc *self)
{
  const gint64 now_us = hein_get_monotonic_time ();
  gboolean has_others = FALSE;

  if (now_us >= self->spares_us)
    {
      for (GList *l = self->row.head; l != NULL; l = l->next)
        has_others |=
          hein_inproc_pipe_trim (((HeinInprocEnd *) l->data)->pipe, self->side);
      self->spares_us = has_others ? now_us + SPARES_US : 0;
    }
  if (self->spares_us > 0)
    hein_inproc_bell_set_time (self->bell, self->spares_us);
}
