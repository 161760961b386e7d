/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mc-receiver.h"

#include <string.h>

#include "mc-fragment.h"
#include "mc-gaps.h"
#include "mc-grtt.h"
#include "mc-reassembly.h"
#include "mc-reorder.h"
#include "mc-seen.h"
#include "mc-stream.h"
#include "mc-tally.h"

/*
 * Leads what one sender says on one channel through the parts of this folder.
 * Reliable: reorder, gaps and stream. Best effort: seen, reassembly and tally.
 * Both halves share the header checks and heartbeats, and nothing else.
 */

/* A heartbeat that is older says nothing of the round trip: clocks drift. */
#define ECHO_US G_USEC_PER_SEC

struct _McReceiver
{
  McReceiverOptions options;
  McReceiverStats stats;
  gboolean has_begun;
  guint32 heartbeat_clock; /* of the sender; 0: none */
  gint64 heartbeat_us;     /* when it came */
  McPosition lead;         /* one past the last known */

  /* reliable */
  McReorder reorder;
  McGaps gaps;
  McStream stream;
  gboolean is_in_hole;

  /* best-effort */
  McSeen *seen; /* owned; NULL: reliable */
  McReassembly reassembly;
  McTally tally;
};

/* ---- reliable: next moves ---- */

/* A fragment is given up: a message that had begun cannot be completed. */
static void
enter_hole (McReceiver *self)
{
  self->is_in_hole = TRUE;
  mc_stream_break (&self->stream);
}

static void
take (McReceiver *self, const McInner *inner, GBytes *payload, gint64 now_us)
{
  McPlace place = { 0 };

  mc_fragment_get_place (inner, payload, self->options.max_message_size,
                         &place); /* as when it came */
  self->is_in_hole = FALSE;
  mc_stream_take (&self->stream, inner, payload, &place, now_us);
}

/* Whether delivery has to wait. */
static gboolean
is_next_missing (const McReceiver *self)
{
  return mc_slot_is_missing (
    mc_reorder_get (&self->reorder, self->reorder.next));
}

/* Delivers messages up to the first missing fragment. */
static void
advance (McReceiver *self, gint64 now_us)
{
  while (self->reorder.next < self->reorder.end && !is_next_missing (self))
    {
      McInner inner;
      g_autoptr (GBytes) payload = mc_reorder_pop (&self->reorder, &inner);

      if (payload != NULL)
        take (self, &inner, payload, now_us);
      else
        enter_hole (self);
    }
  if (!self->is_in_hole || self->reorder.next != self->lead.dseq)
    return;
  self->is_in_hole = FALSE;
  mc_stream_arrive (&self->stream, self->lead.ordinal, self->lead.index);
}

/* Gives up missing fragments before @dseq. */
static void
skip_to (McReceiver *self, guint64 dseq, gint64 now_us)
{
  McReorder *reorder = &self->reorder;

  for (guint64 d = reorder->next; d < MIN (dseq, reorder->end); d++)
    if (mc_slot_is_missing (mc_reorder_get (reorder, d)))
      mc_reorder_set_lost (reorder, mc_reorder_get (reorder, d));
  advance (self, now_us);
  if (reorder->next >= dseq)
    return;
  mc_reorder_restart (reorder, dseq);
  enter_hole (self);
  advance (self, now_us);
}

/* Gives up fragments that are further behind than any sender keeps for
 * repair. */
static void
skip_to_window (McReceiver *self, guint64 end, gint64 now_us)
{
  if (end > self->reorder.next &&
      end - self->reorder.next > MC_REORDER_FRAGMENTS)
    skip_to (self, end - MC_REORDER_FRAGMENTS, now_us);
}

/* The first fragment behind the oldest gap, and @dseq at the latest. */
static guint64
find_gap_end (const McReceiver *self, guint64 dseq)
{
  guint64 end = MIN (dseq, self->reorder.end);

  for (guint64 d = self->reorder.next; d < end; d++)
    if (mc_reorder_get (&self->reorder, d)->state == MC_SLOT_KEPT)
      return d;
  return dseq;
}

/* All fragments before @end exist; from now on, those that are not here are
 * missing. */
static gboolean
extend (McReceiver *self, guint64 end, guint64 gap_end, gint64 now_us)
{
  guint64 from = self->reorder.end;

  if (!mc_reorder_extend (&self->reorder, end))
    return FALSE;
  mc_gaps_open (&self->gaps, from, gap_end, now_us);
  return TRUE;
}

/* Keeps a fragment that came before its turn. FALSE: there is no room for it,
 * or for the gap before it. */
static gboolean
keep (McReceiver *self, const McInner *inner, GBytes *payload, gint64 now_us)
{
  return extend (self, inner->dseq + 1, inner->dseq, now_us) &&
         mc_reorder_keep (&self->reorder, inner, payload);
}

/* Takes the fragment whose turn it is, and those that waited behind it. */
static void
take_next (McReceiver *self,
           const McInner *inner,
           GBytes *payload,
           gint64 now_us)
{
  McReorder *reorder = &self->reorder;
  McInner none;

  if (reorder->next < reorder->end)
    mc_reorder_pop (reorder, &none); /* it was missing */
  else
    mc_reorder_restart (reorder, inner->dseq + 1);
  take (self, inner, payload, now_us);
  advance (self, now_us);
}

/* ---- reliable: what is heard ---- */

/* From here on every fragment is known of: a missing one is a gap, or a
 * loss. */
static void
begin_at (McReceiver *self, const McPosition *start)
{
  self->has_begun = TRUE;
  self->lead = *start;
  mc_reorder_restart (&self->reorder, start->dseq);
  if (self->seen == NULL)
    return;
  mc_seen_begin (self->seen, start->dseq);
  mc_tally_begin (&self->tally, start);
}

static void
begin_live (McReceiver *self, const McPosition *start)
{
  begin_at (self, start);
  mc_stream_begin (&self->stream, start);
}

/* Where a receiver begins that was told nothing. Not with a repair: it is old,
 * and all that came since would be asked for. */
static gboolean
begin_with_data (McReceiver *self, const McInner *inner)
{
  McPosition start = mc_inner_get_position (inner);

  if (!self->options.is_replay && inner->type == MC_REPAIR)
    return FALSE;
  if (!self->options.is_replay || inner->dseq == 1)
    begin_live (self, &start);
  else
    {
      start.dseq -= MIN (start.dseq, MC_REORDER_FRAGMENTS) - 1;
      begin_at (self, &start);
    }
  return TRUE;
}

/* A fragment that was given up counts as missing, not as received: it may still
 * come in time. */
static gboolean
is_duplicate (const McReceiver *self, guint64 dseq)
{
  const McReorder *reorder = &self->reorder;

  return dseq < reorder->next ||
         (dseq < reorder->end &&
          mc_reorder_get (reorder, dseq)->state == MC_SLOT_KEPT);
}

/* Where there is no room, the oldest gap gives way, until it is the next. */
static void
hear_ordered (McReceiver *self,
              const McInner *inner,
              GBytes *payload,
              const McPlace *place,
              gint64 now_us)
{
  McPosition end = mc_fragment_get_end (inner, place);

  if (!self->has_begun && !begin_with_data (self, inner))
    return;
  if (is_duplicate (self, inner->dseq))
    {
      self->stats.n_duplicates++;
      return;
    }
  if (end.dseq > self->lead.dseq)
    self->lead = end;
  skip_to_window (self, end.dseq, now_us);
  while (self->reorder.next < inner->dseq)
    {
      if (keep (self, inner, payload, now_us))
        return;
      skip_to (self, find_gap_end (self, inner->dseq), now_us);
    }
  take_next (self, inner, payload, now_us);
}

static void
begin_with_heartbeat (McReceiver *self,
                      const McHeartbeat *heartbeat,
                      const McPosition *lead)
{
  McPosition trail = { .dseq = heartbeat->trail };

  if (self->options.is_replay && trail.dseq < lead->dseq)
    begin_at (self, &trail);
  else
    begin_live (self, lead);
}

static void
hear_ordered_heartbeat (McReceiver *self,
                        const McHeartbeat *heartbeat,
                        const McPosition *lead,
                        gint64 now_us)
{
  if (!self->has_begun)
    begin_with_heartbeat (self, heartbeat, lead);
  if (lead->dseq > self->lead.dseq)
    self->lead = *lead;
  skip_to_window (self, lead->dseq, now_us);
  extend (self, lead->dseq, lead->dseq, now_us);
  if (heartbeat->trail > self->reorder.next)
    skip_to (self, heartbeat->trail, now_us);
}

static void
hear_lost (McReceiver *self,
           const McInner *inner,
           GBytes *payload,
           gint64 now_us)
{
  McPosition position = mc_inner_get_position (inner);
  guint64 trail;

  if (!mc_lost_get (payload, &trail) || trail != inner->dseq)
    {
      self->stats.n_malformed++;
      return;
    }
  if (!self->has_begun)
    return;
  if (trail > self->lead.dseq)
    self->lead = position;
  if (trail > self->reorder.next)
    skip_to (self, trail, now_us);
}

static void
hear_nak (McReceiver *self, GBytes *payload, gint64 now_us)
{
  const guint8 *id = mc_nak_get_sender (payload);
  McRange ranges[MC_NAK_RANGES];

  if (id == NULL || memcmp (id, self->options.sender_id, MC_ID_SIZE) != 0)
    return;
  self->stats.n_suppressed +=
    mc_gaps_suppress (&self->gaps, ranges, mc_nak_get (payload, ranges),
                      now_us);
}

/* ---- best-effort ---- */

/* The tally learns first that messages exist, and then which of them
 * arrived. */
static void
move_lead (McReceiver *self, const McPosition *lead, gint64 now_us)
{
  if (lead->dseq <= self->lead.dseq)
    return;
  self->lead = *lead;
  mc_tally_extend (&self->tally, lead, now_us);
}

static void
count_lost (McReceiver *self, gint64 n)
{
  self->stats.n_broken += n < 0;
  self->stats.n_lost += MAX (n, 0);
  self->seen->first = MAX (self->seen->first, self->tally.first);
}

static void
hear_unordered (McReceiver *self,
                const McInner *inner,
                GBytes *payload,
                const McPlace *place,
                gint64 now_us)
{
  const McPosition end = mc_fragment_get_end (inner, place);
  McSeenResult result;

  if (!self->has_begun)
    begin_at (self, &(McPosition){ .dseq = inner->dseq - inner->index,
                                   .ordinal = inner->ordinal });
  result = mc_seen_add (self->seen, inner->dseq);
  self->stats.n_missing = self->seen->n_missing;
  self->stats.n_duplicates += result == MC_SEEN_BEFORE;
  self->stats.n_late += result == MC_SEEN_TOO_LATE;
  if (result != MC_SEEN_NEW)
    return;
  move_lead (self, &end, now_us);
  if (!mc_fragment_is_whole (inner))
    {
      mc_reassembly_take (&self->reassembly, inner, payload, place, now_us);
      return;
    }
  self->stats.n_delivered += place->n_messages;
  mc_tally_deliver (&self->tally, inner->ordinal, place->n_messages);
  self->options.deliver (payload, (inner->flags & MC_PACKED) != 0,
                         inner->ordinal, self->options.user_data);
}

static void
hear_unordered_heartbeat (McReceiver *self,
                          const McPosition *lead,
                          gint64 now_us)
{
  if (!self->has_begun)
    begin_at (self, lead);
  mc_seen_extend (self->seen, lead->dseq);
  move_lead (self, lead, now_us);
  self->stats.n_missing = self->seen->n_missing;
}

/* ---- both ---- */

static void
hear_heartbeat (McReceiver *self,
                const McInner *inner,
                GBytes *payload,
                gint64 now_us)
{
  McPosition lead = mc_inner_get_position (inner);
  McHeartbeat heartbeat;

  if (!mc_heartbeat_get (payload, &heartbeat) || heartbeat.lead != inner->dseq)
    {
      self->stats.n_malformed++;
      return;
    }
  self->gaps.grtt_us = mc_grtt_clamp (heartbeat.grtt_us);
  self->heartbeat_clock = inner->message_size;
  self->heartbeat_us = now_us;
  if (self->options.is_reliable)
    hear_ordered_heartbeat (self, &heartbeat, &lead, now_us);
  else
    hear_unordered_heartbeat (self, &lead, now_us);
}

static void
hear_data (McReceiver *self,
           const McInner *inner,
           GBytes *payload,
           gint64 now_us)
{
  McPlace place;

  if (!mc_fragment_get_place (inner, payload, self->options.max_message_size,
                              &place))
    self->stats.n_malformed++;
  else if (self->options.is_reliable)
    hear_ordered (self, inner, payload, &place, now_us);
  else
    hear_unordered (self, inner, payload, &place, now_us);
}

/* Whether a datagram is of our mode. Best effort knows neither repairs nor
 * LOSTs. */
static gboolean
is_of_mode (const McReceiver *self, const McInner *inner)
{
  gboolean is_reliable = (inner->flags & MC_RELIABLE) != 0;
  gboolean is_repair = inner->type == MC_REPAIR || inner->type == MC_LOST;

  return is_reliable == self->options.is_reliable &&
         (is_reliable || !is_repair);
}

void
mc_receiver_hear (McReceiver *self,
                  const McInner *inner,
                  GBytes *payload,
                  gint64 now_us)
{
  if (inner->channel != self->options.channel)
    return;
  if (inner->type == MC_NAK)
    hear_nak (self, payload, now_us);
  else if (!is_of_mode (self, inner))
    self->stats.n_malformed++;
  else if (inner->type == MC_DATA || inner->type == MC_REPAIR)
    hear_data (self, inner, payload, now_us);
  else if (inner->type == MC_HEARTBEAT)
    hear_heartbeat (self, inner, payload, now_us);
  else if (inner->type == MC_LOST)
    hear_lost (self, inner, payload, now_us);
}

void
mc_receiver_begin (McReceiver *self, const McPosition *start)
{
  g_return_if_fail (start->dseq > 0);
  if (!self->has_begun)
    begin_live (self, start);
}

/* ---- time ---- */

/* The sender's clock as it must be now, if nothing took any time on the way:
 * the sender's own clock is ahead of it by a round trip. */
static guint32
get_echo (const McReceiver *self, gint64 now_us)
{
  gint64 passed_us = now_us - self->heartbeat_us;

  if (self->heartbeat_clock == 0 || passed_us > ECHO_US)
    return 0;
  return MAX (self->heartbeat_clock + (guint32) passed_us, 1);
}

static void
emit_nak (McReceiver *self, const McRange *ranges, guint n, gint64 now_us)
{
  McInner inner = {
    .type = MC_NAK,
    .flags = MC_RELIABLE,
    .channel = self->options.channel,
    .message_size = get_echo (self, now_us),
  };
  g_autoptr (GBytes) payload = mc_nak_put (self->options.sender_id, ranges, n);

  self->stats.n_naks++;
  self->options.emit (&inner, payload, self->options.user_data);
}

/* When to give up a message that has begun and makes no progress. Never while
 * something is missing: its rest may lie behind the gap. */
static gint64
get_stream_deadline (const McReceiver *self)
{
  return self->reorder.next == self->reorder.end
           ? mc_stream_get_deadline (&self->stream)
           : G_MAXINT64;
}

void
mc_receiver_tick (McReceiver *self, gint64 now_us)
{
  McRange ranges[MC_NAK_RANGES];
  guint n = mc_gaps_tick (&self->gaps, ranges, now_us);

  if (n > 0)
    emit_nak (self, ranges, n, now_us);
  advance (self, now_us);
  if (now_us >= get_stream_deadline (self))
    mc_stream_tick (&self->stream, now_us);
  mc_reassembly_tick (&self->reassembly, now_us);
  if (now_us >= self->tally.due_us)
    count_lost (self, mc_tally_close (&self->tally, &self->lead, now_us));
}

void
mc_receiver_end (McReceiver *self, gint64 now_us)
{
  if (!self->has_begun)
    return;
  if (self->options.is_reliable)
    {
      skip_to (self, self->lead.dseq, now_us);
      mc_stream_end (&self->stream);
      return;
    }
  mc_reassembly_clear (&self->reassembly);
  count_lost (self, mc_tally_end (&self->tally, &self->lead));
}

gint64
mc_receiver_get_deadline (const McReceiver *self)
{
  gint64 ordered =
    MIN (mc_gaps_get_deadline (&self->gaps), get_stream_deadline (self));

  return MIN (MIN (ordered, self->tally.due_us),
              mc_reassembly_get_deadline (&self->reassembly));
}

/* ---- life ---- */

McReceiver *
mc_receiver_new (const McReceiverOptions *options)
{
  McReceiver *self = g_new0 (McReceiver, 1);

  self->options = *options;
  if (!options->is_reliable)
    self->seen = g_new0 (McSeen, 1);
  self->tally.due_us = G_MAXINT64;
  mc_reorder_init (&self->reorder, options->budget);
  mc_gaps_init (&self->gaps, &self->reorder, options->random,
                options->user_data);
  mc_stream_init (&self->stream, &self->options, &self->stats);
  mc_reassembly_init (&self->reassembly, &self->options, &self->stats,
                      &self->tally);
  return self;
}

void
mc_receiver_free (McReceiver *self)
{
  mc_reorder_clear (&self->reorder);
  mc_stream_clear (&self->stream);
  mc_reassembly_clear (&self->reassembly);
  g_free (self->seen);
  g_free (self);
}

void
mc_receiver_set_group_size (McReceiver *self, guint n)
{
  self->gaps.group_size = MAX (n, 1);
}

gint64
mc_receiver_get_grtt_us (const McReceiver *self)
{
  return self->gaps.grtt_us;
}

const McReceiverStats *
mc_receiver_get_stats (const McReceiver *self)
{
  return &self->stats;
}
