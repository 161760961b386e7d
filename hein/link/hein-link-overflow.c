/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-link-backlog.h"
#include "hein-link-overflow.h"
#include "hein-link-state.h"
#include "hein-losses.h"
#include "message/hein-message-memory.h"

/* What a connection does when its peer is slow: has-room, and what is dropped.
 * Never what belongs to a request or a delivery: somebody waits for the answer
 * or the receipt, and these have limits of their own. */

/* A peer that has not read this many bytes of answers is not read any more. */
#define ANSWERS_MAX (256 * 1024)

void
hein_link_review_room (HeinLink *self)
{
  const gsize limit = self->host->settings.send_limit;
  const gboolean is_full = hein_link_get_cost (self) >= limit ||
                           hein_link_get_ahead_cost (self) >= limit;

  if (self->peer != NULL && self->peer->core != NULL &&
      self->peer->is_full != is_full)
    self->host->funcs->set_full (self->host, self->peer, is_full);
}

/* What one policy drops of: the lane of most messages, or the one ahead. */
typedef struct
{
  HeinQueue *queue;
  HeinBacklog *backlog;
  gsize limit;
  guint64 n_messages;
  guint64 n_bytes;
} Lane;

static gsize
get_cost (const Lane *lane)
{
  return lane->queue->cost + lane->backlog->cost;
}

static void
drop_of_queue (Lane *lane)
{
  hein_queue_drop_oldest (lane->queue,
                          lane->limit - MIN (lane->limit, lane->backlog->cost),
                          &lane->n_messages, &lane->n_bytes);
}

/* Keeps the newest message, whatever its size. */
static void
drop_of_backlog (Lane *lane)
{
  HeinBacklogItem item;

  while (get_cost (lane) > lane->limit &&
         hein_backlog_get_length (lane->backlog) > 1 &&
         hein_backlog_take_oldest (lane->backlog, &item))
    {
      g_autoptr (HeinMessage) message = item.message;

      lane->n_messages++;
      lane->n_bytes += hein_message_size (message);
    }
}

/* The queue is older than the backlog. But a protocol with an encoding of its
 * own may wait for answers to what it has encoded, and under `latest` the queue
 * is short and about to be sent: then only the backlog is dropped. */
static void
drop_oldest (HeinLink *self, Lane *lane, HeinOverflow overflow)
{
  if (self->sending.shared != NULL && overflow == HEIN_OVERFLOW_DROP_OLDEST)
    drop_of_queue (lane);
  drop_of_backlog (lane);
  if (self->sending.shared == NULL && overflow == HEIN_OVERFLOW_DROP_OLDEST)
    drop_of_queue (lane);
  if (lane->n_messages > 0)
    hein_losses_count (self->host, self->peer, HEIN_DROP_REASON_OVERFLOW,
                       lane->n_messages, lane->n_bytes);
}

/* A peer that does not read the answers that it asks for is not read until it
 * does. Two hein buses cannot block each other that way: no answer is larger
 * than the request, so that what one side reads makes room for the answers of
 * the other. */
void
hein_link_note_answers (HeinLink *self)
{
  const gboolean is_clogged =
    hein_queue_count_control (&self->queue) >= ANSWERS_MAX;

  hein_link_count_cost (self);
  if (G_LIKELY (is_clogged == (self->load.clogged_us > 0)))
    return;
  self->times.received_us = hein_link_get_now_us (self);
  self->load.clogged_us = is_clogged ? self->times.received_us : 0;
  hein_link_update_events (self);
  hein_link_rearm (self);
}

static void
limit (HeinLink *self, Lane *lane, HeinOverflow overflow)
{
  if (get_cost (lane) < lane->limit)
    return;
  if (overflow == HEIN_OVERFLOW_DROP_OLDEST || overflow == HEIN_OVERFLOW_LATEST)
    drop_oldest (self, lane, overflow);
  hein_link_review_room (self);
  if (overflow == HEIN_OVERFLOW_DISCONNECT)
    hein_link_rearm (self);
}

void
hein_link_limit_slow (HeinLink *self, gsize send_limit, HeinOverflow overflow)
{
  Lane lane = { .queue = &self->queue,
                .backlog = &self->backlog,
                .limit = send_limit };

  limit (self, &lane, overflow);
}

void
hein_link_limit_ahead (HeinLink *self, HeinOverflow overflow)
{
  HeinLinkAhead *ahead = hein_link_get_ahead (self);
  Lane lane = { .queue = &ahead->queue,
                .backlog = &ahead->backlog,
                .limit = self->host->settings.send_limit };

  limit (self, &lane, overflow);
}
