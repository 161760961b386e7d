/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-core-state.h"
#include "hein-overflow.h"
#include "hein-peers-private.h"
#include "hein-run.h"
#include "io/hein-world.h"
#include "link/hein-link-send.h"
#include "link/hein-link-state.h"
#include "link/hein-peer-state.h"

/* Publishing: encodes messages to all targets once, and queues them
 * together. */

/* A run with less room than this is not worth beginning. */
#define ROOM_MIN 4096
/* How long the end of a run may write, and after how many links to read the
 * clock. */
#define FLUSH_US    2000
#define FLUSH_CLOCK 64

/*
 * While every target gets the same bytes and has room, messages are only
 * encoded, one behind the other:
 *
 *   segment   … | sent before | m1 | m2 | m3 |      free      |
 *                             ^ run.range      ^ grows
 *
 * The whole run is put into every queue at once: when the segment is full,
 * before a queue would reach its limit, when there is enough for an immediate
 * write, at the end of the turn, and before anything happens that could reveal
 * that the messages are not queued yet. So until it is written, a message costs
 * the same for one peer as for a thousand.
 */

static HeinRun *
from_job (HeinJob *job)
{
  return HEIN_CONTAINER (job, HeinRun, job);
}

/* One pass over the links: with thousands of them, each costs cache misses. */
static void
push_to_all (HeinCore *self,
             const HeinRange *ranges,
             guint n_ranges,
             void (*flush) (HeinLink *link))
{
  gint64 end_us = 0;

  for (guint i = 0; i < self->roster.targets->array->len; i++)
    {
      HeinPeer *peer = g_ptr_array_index (self->roster.targets->array, i);

      hein_link_push (peer->link, ranges, n_ranges,
                      self->host.settings.send_limit,
                      hein_overflow_get (self, peer, TRUE));
      flush (peer->link);
      /* thousands of writes take long: the rest is left to jobs of the links */
      if (i % FLUSH_CLOCK == 0 && i > 0)
        {
          gint64 now_us = hein_world_get_us ();

          end_us = end_us > 0 ? end_us : now_us + FLUSH_US;
          if (now_us >= end_us)
            flush = hein_link_want_flush;
        }
    }
}

static void
end_run (HeinCore *self, void (*flush) (HeinLink *link))
{
  HeinRange range = self->run.range;

  if (range.segment == NULL)
    return;
  self->run.range.segment = NULL;
  self->host.has_run = FALSE;
  push_to_all (self, &range, 1, flush);
  hein_segment_unref (range.segment);
}

void
hein_run_settle_slow (HeinCore *self)
{
  /* the queues belong to the parent, which has the same run */
  if (hein_core_is_forked (self))
    return;
  end_run (self, hein_link_want_flush);
}

/* Sends what is left at the end of the turn. */
static void
on_job (HeinJob *job)
{
  end_run (from_job (job)->core, hein_link_flush);
}

void
hein_run_init (HeinCore *self)
{
  self->run.core = self;
  self->run.job.run = on_job;
  self->run.job.is_plain = TRUE;
}

/* Finds a link that can encode for all targets, and how much the fullest queue
 * takes; FALSE when not all targets get the same bytes. */
static gboolean
find_room (HeinCore *self)
{
  HeinRun *run = &self->run;
  gsize cost = 0;

  run->link = NULL;

  for (guint i = 0; i < self->roster.targets->array->len; i++)
    {
      HeinPeer *peer = g_ptr_array_index (self->roster.targets->array, i);
      HeinLink *link = peer->link;

      if (link == NULL || !hein_link_can_share (link) ||
          (run->link != NULL &&
           link->sending.shared != run->link->sending.shared) ||
          !hein_overflow_may_share (hein_overflow_get (self, peer, TRUE)))
        return FALSE;
      run->link = link;
      cost = MAX (cost, hein_link_get_cost (link));
    }
  run->room =
    self->host.settings.send_limit - MIN (cost, self->host.settings.send_limit);
  return run->link != NULL && run->room >= ROOM_MIN;
}

static gboolean
may_begin (HeinCore *self)
{
  return self->roster.n_full == 0 && self->roster.n_filtered == 0 &&
         self->held.n_stuck == 0 && find_room (self);
}

static void
begin (HeinRun *run, const HeinRange *range)
{
  run->range = *range;
  run->cost = 0;
  hein_segment_ref (range->segment);
  run->core->host.has_run = TRUE;
  hein_loop_defer (run->core->host.loop, &run->job);
}

gboolean
hein_run_add (HeinCore *self, HeinMessage *message)
{
  HeinRun *run = &self->run;
  const gboolean is_open = run->range.segment != NULL;
  HeinShared *shared;
  const HeinRange *range;

  if (G_UNLIKELY (!is_open) && !may_begin (self))
    return FALSE;
  if (G_UNLIKELY (!hein_link_encode_shared (run->link, message,
                                            HEIN_AUDIENCE_ALL,
                                            HEIN_ENCODE_SHARED, NULL)))
    return FALSE;
  shared = run->link->sending.shared;
  range = shared->ranges;
  if (G_LIKELY (is_open && shared->n_ranges == 1 &&
                range->segment == run->range.segment))
    {
      run->range.end = range->end;
      run->range.n_messages++;
    }
  else
    {
      hein_run_settle (self);
      if (shared->n_ranges > 1 || (is_open && !may_begin (self)))
        {
          push_to_all (self, range, shared->n_ranges, hein_link_want_flush);
          hein_encoder_forget (&shared->encoder);
          return TRUE;
        }
      begin (run, range);
    }
  run->cost += range->end - range->begin + HEIN_MESSAGE_OVERHEAD;
  if (G_UNLIKELY (run->cost >= run->room))
    hein_run_settle (self);
  return TRUE;
}
