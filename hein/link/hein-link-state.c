/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <sys/epoll.h>

#include "hein-link-state.h"
#include "hein-peer-state.h"

/* The state of a connection: what it polls for, and when it times out. */

/* How often the rate of an incomplete message is checked. */
#define ARRIVAL_CHECK_US (30 * G_USEC_PER_SEC)

void
hein_link_update_events (HeinLink *self)
{
  guint32 events = 0;

  if (self->stream == NULL)
    return;
  if (hein_link_is_reading (self) && !self->is_eof && !self->keeps_unread)
    {
      events |= EPOLLIN;
      if (self->stream->has_pending)
        hein_loop_defer (self->host->loop, &self->job);
    }
  if (self->is_blocked || self->stream->n_unsent > 0)
    events |= EPOLLOUT;
  hein_loop_set_events (self->host->loop, &self->watch, events);
}

void
hein_link_end_entry (HeinLink *self)
{
  HeinLinkEntry *entry = g_steal_pointer (&self->entry);

  if (entry == NULL)
    return;
  self->host->links_cost -= entry->stream_cost;
  self->has_made_up_name = entry->offer.rule == HEIN_NAME_RULE_MADE_UP;
  g_free (entry->offer.name);
  g_clear_pointer (&entry->offer.identity, g_bytes_unref);
  g_free (entry->offer.instance);
  g_clear_object (&entry->address);
  g_free (entry);
}

void
hein_link_set_partial_cost (HeinLink *self, gsize cost)
{
  HeinLinkHost *host = self->host;
  HeinLinkPartial *partial = self->partial;

  if (partial == NULL && cost == 0)
    return;
  if (partial == NULL)
    partial = self->partial = g_new0 (HeinLinkPartial, 1);
  host->partial_cost = host->partial_cost - partial->cost + cost;
  partial->cost = cost;
  if (cost > 0 && partial->since_us > 0)
    return;
  if (partial->in_host.data != NULL)
    g_queue_unlink (&host->partials, &partial->in_host);
  partial->in_host.data = cost > 0 ? self : NULL;
  partial->since_us = cost > 0 ? hein_link_get_now_us (self) : 0;
  if (cost > 0)
    g_queue_push_tail_link (&host->partials, &partial->in_host);
}

gsize
hein_link_get_cost (HeinLink *self)
{
  return self->queue.cost + self->backlog.cost;
}

gboolean
hein_link_is_untold (HeinLink *self)
{
  return self->peer != NULL && self->peer->handled_link == self &&
         self->peer->arrivals.n > self->n_kept;
}

void
hein_link_end_handled (HeinLink *self)
{
  if (self->peer == NULL)
    return;
  self->peer->handled_link = NULL;
  hein_peer_review_watched (self->peer);
}

/* ---- timeouts ---- */

guint
hein_link_get_silence_ms (HeinLink *self)
{
  if (G_UNLIKELY (self->said.silence_ms > 0))
    return self->said.silence_ms;
  return self->said.has_heartbeat ? self->host->settings.silence_ms : 0;
}

gint64
hein_link_get_silence_due (HeinLink *self)
{
  const guint silence_ms = hein_link_get_silence_ms (self);

  if (self->state != HEIN_LINK_UP || silence_ms == 0 ||
      !hein_link_is_reading (self))
    return G_MAXINT64;
  return self->times.received_us + (gint64) silence_ms * 1000;
}

/* When an incomplete message arrives too slowly, and only occupies memory. */
gint64
hein_link_get_arrival_due (HeinLink *self)
{
  gint64 enough_us;

  if (self->state != HEIN_LINK_UP || self->partial == NULL ||
      self->partial->since_us == 0 || !hein_link_is_reading (self))
    return G_MAXINT64;
  enough_us = (gint64) hein_input_get_size (&self->input) * G_USEC_PER_SEC /
              HEIN_LINK_ARRIVAL_BYTES_PER_S;
  return self->partial->since_us + MAX (ARRIVAL_CHECK_US, enough_us);
}

/* When a peer has asked for answers and not read them for too long. */
gint64
hein_link_get_answers_due (HeinLink *self)
{
  if (self->state != HEIN_LINK_UP || self->load.clogged_us == 0)
    return G_MAXINT64;
  return MAX (self->load.clogged_us, self->times.progress_us) +
         HEIN_LINK_PROGRESS_TIMEOUT_US;
}

/* Sending is a sign of life, but does not tell the peer how much was taken:
 * where that matters, heartbeats are due even while messages are sent. */
static gint64
get_heartbeat_base_us (HeinLink *self)
{
  return self->goodbye.is_awaited
           ? MIN (self->times.sent_us, self->times.pinged_us)
           : self->times.sent_us;
}

/* Heartbeats of a second and more come up to 1/16 early, at times that all
 * connections with the same period have in common: a program with many buses
 * wakes up for many of them at once. */
gint64
hein_link_get_heartbeat_due (HeinLink *self)
{
  const gint64 period_us = (gint64) self->host->settings.heartbeat_ms * 1000;
  gint64 due_us;

  if (self->state != HEIN_LINK_UP || !self->said.has_heartbeat)
    return G_MAXINT64;
  due_us = get_heartbeat_base_us (self) + period_us;
  return period_us < G_USEC_PER_SEC ? due_us
                                    : due_us - due_us % (period_us / 16);
}

/* Some peers never notice the end of the stream, and so never close. When their
 * machine has taken every byte, and they stay silent, closing cannot hurt
 * them. */
gint64
hein_link_get_drained_due (HeinLink *self)
{
  if (self->state != HEIN_LINK_DRAINING)
    return G_MAXINT64;
  return self->times.received_us +
         (self->must_reset ? HEIN_LINK_RESET_CHECK_US : self->said.drain_us);
}

gboolean
hein_link_has_progress_limit (HeinLink *self)
{
  HeinOverflow overflow = HEIN_OVERFLOW_DEFAULT;

  if (self->state != HEIN_LINK_UP || self->owner == NULL)
    return FALSE;
  overflow = self->overflow;
  if (overflow == HEIN_OVERFLOW_DEFAULT)
    overflow = self->host->settings.overflow;
  return overflow == HEIN_OVERFLOW_DISCONNECT &&
         (self->queue.cost > 0 || hein_link_get_ahead_cost (self) > 0);
}

void
hein_link_rearm (HeinLink *self)
{
  gint64 due = G_MAXINT64;

  if (self->state == HEIN_LINK_GONE)
    return;
  /* a protocol that closes is not told of the time any more */
  if (self->state < HEIN_LINK_CLOSING)
    due = self->times.tick_us;
  if (self->times.deadline_us > 0)
    due = MIN (due, self->times.deadline_us);
  if (self->entry != NULL && self->entry->offer.probe_us > 0)
    due = MIN (due, self->entry->offer.probe_us + HEIN_LINK_PROBE_TIMEOUT_US);
  due = MIN (due, hein_link_get_drained_due (self));
  due = MIN (due, hein_link_get_silence_due (self));
  due = MIN (due, hein_link_get_arrival_due (self));
  due = MIN (due, hein_link_get_heartbeat_due (self));
  due = MIN (due, hein_link_get_answers_due (self));
  if (hein_link_has_progress_limit (self))
    due = MIN (due, self->times.progress_us + HEIN_LINK_PROGRESS_TIMEOUT_US);
  if (due < G_MAXINT64)
    hein_loop_arm (self->host->loop, &self->timer, due);
  else
    hein_loop_disarm (self->host->loop, &self->timer);
}
