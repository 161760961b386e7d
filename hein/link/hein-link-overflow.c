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
  const gboolean is_full =
    hein_link_get_cost (self) >= self->host->settings.send_limit;

  if (self->peer != NULL && self->peer->core != NULL &&
      self->peer->is_full != is_full)
    self->host->funcs->set_full (self->host, self->peer, is_full);
}

typedef struct
{
  guint64 n_messages;
  guint64 n_bytes;
} Loss;

static void
drop_of_queue (HeinLink *self, Loss *loss)
{
  const gsize limit = self->host->settings.send_limit;

  hein_queue_drop_oldest (&self->queue, limit - MIN (limit, self->backlog.cost),
                          &loss->n_messages, &loss->n_bytes);
}

/* Keeps the newest message, whatever its size. */
static void
drop_of_backlog (HeinLink *self, Loss *loss)
{
  HeinBacklogItem item;

  while (hein_link_get_cost (self) > self->host->settings.send_limit &&
         hein_backlog_get_length (&self->backlog) > 1 &&
         hein_backlog_take_oldest (&self->backlog, &item))
    {
      g_autoptr (HeinMessage) message = item.message;

      loss->n_messages++;
      loss->n_bytes += hein_message_size (message);
    }
}

/* The queue is older than the backlog. But a protocol with an encoding of its
 * own may wait for answers to what it has encoded, and under `latest` the queue
 * is short and about to be sent: then only the backlog is dropped. */
static void
drop_oldest (HeinLink *self, HeinOverflow overflow)
{
  Loss loss = { 0 };

  if (self->sending.shared != NULL && overflow == HEIN_OVERFLOW_DROP_OLDEST)
    drop_of_queue (self, &loss);
  drop_of_backlog (self, &loss);
  if (self->sending.shared == NULL && overflow == HEIN_OVERFLOW_DROP_OLDEST)
    drop_of_queue (self, &loss);
  if (loss.n_messages > 0)
    hein_losses_count (self->host, self->peer, HEIN_DROP_REASON_OVERFLOW,
                       loss.n_messages, loss.n_bytes);
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

void
hein_link_limit_slow (HeinLink *self, HeinOverflow overflow)
{
  if (hein_link_get_cost (self) < self->host->settings.send_limit)
    return;
  if (overflow == HEIN_OVERFLOW_DROP_OLDEST || overflow == HEIN_OVERFLOW_LATEST)
    drop_oldest (self, overflow);
  hein_link_review_room (self);
  if (overflow == HEIN_OVERFLOW_DISCONNECT)
    hein_link_rearm (self);
}
