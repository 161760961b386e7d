/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mc-sender.h"

#include <string.h>

#include "datagram/mc-pack.h"
#include "limits/mc-bucket.h"
#include "limits/mc-nak-limit.h"
#include "mc-grtt.h"
#include "mc-store.h"

/*
 * Messages wait in a row, are cut and sent as the rate allows, are kept for
 * repair if the sender is reliable, and sent again when somebody asks.
 * Heartbeats tell how far it has come, at ever longer intervals while nothing
 * is sent.
 */

#define NEVER              G_MAXINT64
#define QUEUED_COST        128 /* so that empty messages count */
#define HEARTBEAT_FIRST_US 20000
#define HEARTBEAT_LAST_US  500000
#define HEARTBEAT_STEPS    6
#define HEARTBEAT_QUIET_US (5 * G_USEC_PER_SEC)
/* While data never pauses a heartbeat goes so often all the same: receivers
 * learn the GRTT and the trail from it, and echo its clock. */
#define HEARTBEAT_FLOW_US 500000
/* The first measurements of the GRTT move it faster: it begins with a guess. */
#define FIRST_SAMPLES 8
/* A bucket may send at once what it gets in this fraction of a second. */
#define PARTS_AT_ONCE 50

typedef struct
{
  GBytes *bytes;
  gboolean is_packed;
  guint n_messages;
  gsize fragment_size; /* of all but the last */
  guint64 n_fragments;
} Waiting;

struct _McSender
{
  McSenderOptions options;
  McSenderStats stats;

  GQueue waiting; /* owned Waiting; the first may have been begun */
  gsize waiting_bytes;
  guint64 waiting_fragments;
  McPosition lead;
  McBucket pace;
  gint64 hold_us; /* nothing new is sent before */

  guint heartbeat_step;
  gint64 heartbeat_us;
  gint64 flow_us; /* NEVER: there was one since the last data */

  McStore store;
  gsize store_max;
  McNakLimit naks;
  McBucket repairs;
  gint64 grtt_us;
  guint n_measured;
  gint64 repair_us; /* when to send the next wanted fragment */
  guint64 repair_dseq;
  gint64 lost_us; /* when LOST may be said again */
};

static guint64
count_fragments (const McSender *self, gsize size)
{
  gsize full = self->options.fragment_size;

  return size == 0 ? 1 : (size - 1) / full + 1;
}

static void
emit (McSender *self, McInner *inner, GBytes *payload)
{
  inner->channel = self->options.channel;
  if (self->options.is_reliable)
    inner->flags |= MC_RELIABLE | MC_ORDERED;
  self->options.emit (inner, payload, self->options.user_data);
}

/* ---- heartbeats ---- */

/* 20 ms after the last word, then twice as long each time up to 0.5 s, and
 * every 5 s from then on: a loss at the end is noticed soon, and silence costs
 * little. */
static gint64
get_heartbeat_interval (guint step)
{
  if (step >= HEARTBEAT_STEPS)
    return HEARTBEAT_QUIET_US;
  return MIN (HEARTBEAT_FIRST_US << step, HEARTBEAT_LAST_US);
}

static void
begin_heartbeats (McSender *self, gint64 now_us)
{
  self->heartbeat_step = 0;
  self->heartbeat_us = now_us + get_heartbeat_interval (0);
}

static void
emit_heartbeat (McSender *self, gint64 now_us)
{
  McHeartbeat heartbeat = {
    .lead = self->lead.dseq,
    .trail = self->store.trail,
    .grtt_us = self->grtt_us,
  };
  McInner inner = { .type = MC_HEARTBEAT };
  g_autoptr (GBytes) payload = mc_heartbeat_put (&heartbeat);

  mc_inner_set_position (&inner, &self->lead);
  inner.message_size = MAX ((guint32) now_us, 1);
  self->flow_us = NEVER;
  self->stats.n_heartbeats++;
  emit (self, &inner, payload);
}

static void
beat (McSender *self, gint64 now_us)
{
  if (now_us >= self->flow_us)
    emit_heartbeat (self, now_us);
  if (now_us < self->heartbeat_us)
    return;
  emit_heartbeat (self, now_us);
  self->heartbeat_step = MIN (self->heartbeat_step + 1, HEARTBEAT_STEPS);
  self->heartbeat_us = now_us + get_heartbeat_interval (self->heartbeat_step);
}

/* ---- the store ---- */

/* Forgets the oldest fragments that are kept, by their number, bytes and age. */
static void
trim (McSender *self, gint64 now_us)
{
  McStore *store = &self->store;

  while (
    store->n > 0 &&
    (store->n > MC_STORE_FRAGMENTS || store->bytes > self->store_max ||
     now_us - mc_store_get (store, store->trail)->stored_us >= MC_STORE_US))
    mc_store_drop_oldest (store);
  if (store->n == 0)
    mc_store_clear (store);
}

/* Keeps a fragment for repair. Best effort keeps none: its trail follows its
 * lead, which says so. */
static void
keep (McSender *self, const McInner *inner, GBytes *payload, gint64 now_us)
{
  if (!self->options.is_reliable)
    {
      self->store.trail = inner->dseq + 1;
      return;
    }
  mc_store_add (&self->store, inner, payload, now_us);
  trim (self, now_us);
}

/* ---- new data ---- */

static void
waiting_free (Waiting *self)
{
  g_bytes_unref (self->bytes);
  g_free (self);
}

static gsize
get_next_size (const McSender *self, const Waiting *waiting)
{
  gsize left = g_bytes_get_size (waiting->bytes) -
               (gsize) self->lead.index * waiting->fragment_size;

  return MIN (left, waiting->fragment_size);
}

/* The lead moves before the datagram goes, as a heartbeat has to say. */
static void
emit_fragment (McSender *self,
               const Waiting *waiting,
               gboolean is_last,
               gint64 now_us)
{
  gsize size = get_next_size (self, waiting);
  gsize offset = (gsize) self->lead.index * waiting->fragment_size;
  g_autoptr (GBytes) payload =
    g_bytes_new_from_bytes (waiting->bytes, offset, size);
  McInner inner = { .type = MC_DATA };

  mc_inner_set_position (&inner, &self->lead);
  inner.message_size = g_bytes_get_size (waiting->bytes);
  inner.flags = (inner.index == 0 ? MC_FIRST : 0) | (is_last ? MC_LAST : 0) |
                (waiting->is_packed ? MC_PACKED : 0);
  self->lead.dseq++;
  self->lead.index++;
  self->waiting_fragments--;
  self->stats.n_fragments++;
  keep (self, &inner, payload, now_us);
  emit (self, &inner, payload);
  begin_heartbeats (self, now_us);
  if (self->flow_us == NEVER)
    self->flow_us = now_us + HEARTBEAT_FLOW_US;
}

static void
finish_message (McSender *self)
{
  Waiting *waiting = g_queue_pop_head (&self->waiting);

  self->waiting_bytes -= g_bytes_get_size (waiting->bytes) + QUEUED_COST;
  self->lead.ordinal += waiting->n_messages;
  self->lead.index = 0;
  waiting_free (waiting);
}

/* What a fragment takes of the rate: its header counts, or many small ones
 * would cost nothing. */
static guint64
get_cost (gsize payload_size)
{
  return payload_size + MC_INNER_SIZE;
}

/* Sends what waits as far as hold and rate allow. A message may be cut off in
 * its midst, and goes on with the next token. */
static void
flush (McSender *self, gint64 now_us)
{
  Waiting *waiting;

  if (now_us < self->hold_us)
    return;
  while ((waiting = g_queue_peek_head (&self->waiting)) != NULL)
    {
      guint64 cost = get_cost (get_next_size (self, waiting));
      gboolean is_last = self->lead.index + 1 == waiting->n_fragments;

      if (self->options.rate > 0 && !mc_bucket_take (&self->pace, cost, now_us))
        return;
      emit_fragment (self, waiting, is_last, now_us);
      if (is_last)
        finish_message (self);
    }
}

gboolean
mc_sender_is_exhausted (const McSender *self, gsize size)
{
  /* lead is one past the last, and a number, too */
  return count_fragments (self, size) >
         G_MAXUINT64 - self->lead.dseq - self->waiting_fragments;
}

gboolean
mc_sender_has_room (const McSender *self, gsize size)
{
  return !mc_sender_is_exhausted (self, size) &&
         (self->waiting_bytes == 0 ||
          self->waiting_bytes + size + QUEUED_COST <= self->options.queue_size);
}

/* All fragments of a message are of one size, as far as that goes: then the
 * kernel takes them as one, and none has only a few bytes. */
static Waiting *
waiting_new (const McSender *self, GBytes *message, guint n_packed)
{
  const gsize size = g_bytes_get_size (message);
  const guint64 n = count_fragments (self, size);
  Waiting *waiting = g_new (Waiting, 1);

  waiting->bytes = g_bytes_ref (message);
  waiting->is_packed = n_packed > 0;
  waiting->n_messages = MAX (n_packed, 1);
  waiting->fragment_size = size / n + (size % n > 0);
  waiting->n_fragments =
    size == 0 ? 1 : (size - 1) / waiting->fragment_size + 1;
  return waiting;
}

gboolean
mc_sender_send (McSender *self,
                GBytes *message,
                gboolean is_packed,
                gint64 now_us)
{
  gsize size = g_bytes_get_size (message);
  guint n_packed = is_packed ? mc_pack_count (message) : 0;
  Waiting *waiting;

  g_return_val_if_fail (size <= G_MAXUINT32, FALSE);
  g_return_val_if_fail (!is_packed ||
                          (n_packed > 0 && size <= self->options.fragment_size),
                        FALSE);
  if (!mc_sender_has_room (self, size))
    return FALSE;
  waiting = waiting_new (self, message, n_packed);
  g_queue_push_tail (&self->waiting, waiting);
  self->waiting_bytes += size + QUEUED_COST;
  self->waiting_fragments += waiting->n_fragments;
  flush (self, now_us);
  return TRUE;
}

/* ---- repairs ---- */

/* Where the oldest fragment is that can be had. */
static McPosition
get_trail (const McSender *self)
{
  const McStore *store = &self->store;

  return store->n > 0
           ? mc_inner_get_position (&mc_store_get (store, store->trail)->inner)
           : self->lead;
}

/* Tells all receivers at once what cannot be had any more, and not again
 * within two GRTTs: most of them ask for the same at the same time. */
static void
tell_lost (McSender *self, gint64 now_us)
{
  McPosition trail = get_trail (self);
  McInner inner = { .type = MC_LOST };
  g_autoptr (GBytes) payload = NULL;

  if (now_us < self->lost_us)
    return;
  payload = mc_lost_put (trail.dseq);
  mc_inner_set_position (&inner, &trail);
  self->lost_us = now_us + 2 * self->grtt_us;
  self->stats.n_lost++;
  emit (self, &inner, payload);
}

/* Marks fragments that are asked for and still kept. They are sent later, so
 * that one repair answers the NAKs of several receivers. */
static void
want (McSender *self, const McRange *range)
{
  guint64 first = MAX (range->first, self->store.trail);

  for (guint64 dseq = first; dseq <= range->last && dseq < self->lead.dseq;
       dseq++)
    {
      mc_store_set_wanted (&self->store, mc_store_get (&self->store, dseq),
                           TRUE);
      self->repair_dseq = MIN (self->repair_dseq, dseq);
    }
}

/* What the receiver gave back of a heartbeat is that time, plus how long it had
 * it: the difference was spent on the way. */
static void
measure_echo (McSender *self, const McInner *inner, gint64 now_us)
{
  guint32 passed = (guint32) now_us - inner->message_size;

  if (inner->message_size != 0 && passed <= MC_GRTT_MAX_US)
    mc_sender_measure_grtt (self, passed);
}

/* NAKs go to all. This one is ours when it names our id and our channel. */
static gboolean
is_for_us (const McSender *self, const McInner *inner, GBytes *payload)
{
  const guint8 *id = mc_nak_get_sender (payload);

  return self->options.is_reliable && inner->type == MC_NAK &&
         inner->channel == self->options.channel && id != NULL &&
         memcmp (id, self->options.id, MC_ID_SIZE) == 0;
}

void
mc_sender_hear_nak (McSender *self,
                    const guint8 *from,
                    const McInner *inner,
                    GBytes *payload,
                    gint64 now_us)
{
  McRange ranges[MC_NAK_RANGES];
  guint n;

  if (!is_for_us (self, inner, payload))
    return;
  n = mc_nak_get (payload, ranges);
  self->stats.n_naks++;
  if (n == 0 || !mc_nak_limit_take (&self->naks, from, now_us))
    {
      self->stats.n_naks_refused++;
      return;
    }
  trim (self, now_us);
  measure_echo (self, inner, now_us);
  if (ranges[0].first < self->store.trail)
    tell_lost (self, now_us);
  for (guint i = 0; i < n; i++)
    want (self, &ranges[i]);
  if (self->store.n_wanted > 0 && self->repair_us == NEVER)
    self->repair_us = now_us + self->grtt_us / 2;
}

/* FALSE: the budget does not allow it yet. */
static gboolean
repair_one (McSender *self, McStored *stored, gint64 now_us)
{
  guint64 cost = get_cost (g_bytes_get_size (stored->payload));
  McInner inner = stored->inner;

  /* the last copy is still on its way, or crossed the NAK */
  if (now_us - stored->sent_us < self->grtt_us)
    {
      mc_store_set_wanted (&self->store, stored, FALSE);
      return TRUE;
    }
  if (!mc_bucket_take (&self->repairs, cost, now_us))
    {
      self->repair_us = mc_bucket_get_due (&self->repairs, cost);
      return FALSE;
    }
  mc_store_set_wanted (&self->store, stored, FALSE);
  stored->sent_us = now_us;
  self->stats.n_repairs++;
  self->stats.n_repair_bytes += cost;
  inner.type = MC_REPAIR;
  emit (self, &inner, stored->payload);
  return TRUE;
}

/* Repairs wanted fragments, the oldest first, as far as the budget goes; the
 * next tick goes on from there. */
static void
repair (McSender *self, gint64 now_us)
{
  McStore *store = &self->store;

  if (now_us < self->repair_us)
    return;
  self->repair_dseq = MAX (self->repair_dseq, store->trail);
  for (; store->n_wanted > 0; self->repair_dseq++)
    {
      McStored *stored = mc_store_get (store, self->repair_dseq);

      if (stored->is_wanted && !repair_one (self, stored, now_us))
        return;
    }
  self->repair_us = NEVER;
  self->repair_dseq = G_MAXUINT64;
}

/* ---- time ---- */

void
mc_sender_tick (McSender *self, gint64 now_us)
{
  flush (self, now_us);
  trim (self, now_us);
  repair (self, now_us);
  beat (self, now_us);
}

static gint64
get_pace_deadline (const McSender *self)
{
  const Waiting *waiting = g_queue_peek_head ((GQueue *) &self->waiting);

  if (waiting == NULL)
    return NEVER;
  return MAX (self->hold_us,
              mc_bucket_get_due (&self->pace,
                                 get_cost (get_next_size (self, waiting))));
}

static gint64
get_trim_deadline (const McSender *self)
{
  const McStore *store = &self->store;

  if (store->n == 0)
    return NEVER;
  return mc_store_get (store, store->trail)->stored_us + MC_STORE_US;
}

gint64
mc_sender_get_deadline (const McSender *self)
{
  gint64 heartbeat_us = MIN (self->heartbeat_us, self->flow_us);
  gint64 store_us = MIN (get_trim_deadline (self), self->repair_us);

  return MIN (get_pace_deadline (self), MIN (heartbeat_us, store_us));
}

/* ---- life ---- */

static void
init_bucket (const McSender *self,
             McBucket *bucket,
             guint64 rate,
             gint64 now_us)
{
  mc_bucket_init (bucket, rate,
                  MAX (rate / PARTS_AT_ONCE,
                       get_cost (self->options.fragment_size)),
                  now_us);
}

McSender *
mc_sender_new (const McSenderOptions *options, gint64 now_us)
{
  McSender *self = g_new0 (McSender, 1);
  guint64 rate = options->rate > 0 ? options->rate : MC_ASSUMED_RATE;

  self->options = *options;
  if (options->fragment_size == 0)
    self->options.fragment_size = MC_PAYLOAD;
  if (options->queue_size == 0)
    self->options.queue_size = MC_QUEUE_BYTES;
  self->store_max = MC_STORE_BYTES;
  self->lead.dseq = MAX (options->first_dseq, 1);
  g_queue_init (&self->waiting);
  mc_store_init (&self->store, self->lead.dseq);
  mc_nak_limit_init (&self->naks, now_us);
  init_bucket (self, &self->pace, rate, now_us);
  init_bucket (self, &self->repairs, rate / 2, now_us);
  self->grtt_us = MC_GRTT_DEFAULT_US;
  self->repair_us = NEVER;
  self->repair_dseq = G_MAXUINT64;
  self->lost_us = now_us;
  self->flow_us = NEVER;
  begin_heartbeats (self, now_us);
  return self;
}

void
mc_sender_free (McSender *self)
{
  g_queue_clear_full (&self->waiting, (GDestroyNotify) waiting_free);
  mc_store_clear (&self->store);
  mc_nak_limit_clear (&self->naks);
  g_free (self);
}

void
mc_sender_hold (McSender *self, gint64 until_us)
{
  self->hold_us = until_us;
}

gsize
mc_sender_get_queued_bytes (const McSender *self)
{
  return self->waiting_bytes;
}

guint64
mc_sender_count_queued (const McSender *self, gsize *size_bytes)
{
  guint64 n = 0;

  *size_bytes = 0;
  for (const GList *l = self->waiting.head; l != NULL; l = l->next)
    {
      const Waiting *waiting = l->data;

      n += waiting->n_messages;
      *size_bytes += g_bytes_get_size (waiting->bytes);
    }
  return n;
}

McPosition
mc_sender_get_lead (const McSender *self)
{
  return self->lead;
}

gsize
mc_sender_get_memory (const McSender *self)
{
  return self->waiting_bytes + mc_store_get_memory (&self->store);
}

void
mc_sender_set_limit (McSender *self, gsize limit)
{
  self->options.queue_size = MIN (limit, MC_QUEUE_BYTES);
  self->store_max = MIN (limit, MC_STORE_BYTES);
}

void
mc_sender_shed (McSender *self)
{
  const gsize most = self->store.bytes / 2;

  while (self->store.n > 0 && self->store.bytes > most)
    mc_store_drop_oldest (&self->store);
  if (self->store.n == 0)
    mc_store_clear (&self->store);
}

guint
mc_sender_get_stored (const McSender *self, gsize *bytes)
{
  *bytes = self->store.bytes;
  return self->store.n;
}

gint64
mc_sender_get_grtt_us (const McSender *self)
{
  return self->grtt_us;
}

void
mc_sender_measure_grtt (McSender *self, gint64 sample_us)
{
  const gint64 known_us = mc_grtt_clamp (sample_us);

  /* the initial value is not a measurement: the first measurements move it
   * faster */
  if (self->n_measured < FIRST_SAMPLES && known_us < self->grtt_us)
    self->grtt_us -= (self->grtt_us - known_us) / 2;
  else
    self->grtt_us = mc_grtt_measure (self->grtt_us, sample_us);
  self->n_measured++;
}

const McSenderStats *
mc_sender_get_stats (const McSender *self)
{
  return &self->stats;
}
