/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-carrier.h"
#include "hein-core-state.h"
#include "hein-news.h"
#include "hein-peers-private.h"
#include "io/hein-world.h"
#include "link/hein-link-handled.h"
#include "link/hein-peer-state.h"
#include "message/hein-message-memory.h"
#include "message/hein-topics.h"

/* The queue of events for the application, and pausing of peers that fill
 * it. */

/* The cost of a loss while it waits to be reported, in bytes. */
#define LOSS_COST 128
/* The cost of a peer that is gone while messages of it wait, in bytes. */
#define GONE_COST 2048
/* The most peers that are resumed in one turn, if there is time for so many. */
#define RESUMED_MAX 64

/*
 * Events wait for the application in order, and their memory is limited: a peer
 * that has sent more than its share is not read until some of it is handled.
 */

/* ---- events ---- */

/* Makes room for at least one more event. */
void
hein_news_grow_events (HeinCore *self)
{
  guint n = self->news.events_end - self->news.events_begin;

  if (self->news.events_begin > self->news.events_size / 2)
    memmove (self->news.events, self->news.events + self->news.events_begin,
             n * sizeof *self->news.events);
  else
    {
      guint size = MAX (64, self->news.events_size * 2);
      HeinEvent *events = g_new (HeinEvent, size);

      if (n > 0)
        memcpy (events, self->news.events + self->news.events_begin,
                n * sizeof *self->news.events);
      g_free (self->news.events);
      self->news.events = events;
      self->news.events_size = size;
    }
  self->news.events_begin = 0;
  self->news.events_end = n;
}

void
hein_news_push_event (HeinCore *self,
                      HeinEventKind kind,
                      gpointer object,
                      GError *error)
{
  HeinEvent *event = hein_news_append_event (self);

  event->kind = kind;
  event->object = object;
  event->error = error;
  hein_core_want_turn (self);
}

static void
loss_free (HeinLoss *self)
{
  g_object_unref (self->peer);
  g_free (self);
}

void
hein_news_clear_event (HeinEvent *event)
{
  if (event->kind == HEIN_EVENT_MESSAGE || event->kind == HEIN_EVENT_ASK ||
      event->kind == HEIN_EVENT_LATEST_GONE)
    hein_message_unref (event->object);
  else if (event->kind == HEIN_EVENT_LOST)
    loss_free (event->object);
  else if (event->object != NULL)
    g_object_unref (event->object);
  g_clear_error (&event->error);
}

void
hein_news_clear_events (HeinCore *self)
{
  while (self->news.events_begin < self->news.events_end)
    hein_news_clear_event (&self->news.events[self->news.events_begin++]);
  g_clear_pointer (&self->news.events, g_free);
  self->news.events_begin = self->news.events_end = self->news.events_size = 0;
}

/* ---- limits ---- */

/* Keeps paused peers that may be read again in a queue, so that a turn need not
 * look at all peers. */
static void
note_resumable (HeinCore *self, HeinPeer *peer)
{
  const gboolean is_in = peer->arrivals.resumable.data != NULL;
  const gboolean may = peer->arrivals.is_paused &&
                       peer->arrivals.cost <= self->host.receive_max / 8;

  if (may == is_in)
    return;
  peer->arrivals.resumable.data = may ? peer : NULL;
  if (may)
    g_queue_push_tail_link (&self->news.resumable, &peer->arrivals.resumable);
  else
    g_queue_unlink (&self->news.resumable, &peer->arrivals.resumable);
}

static void
set_paused (HeinCore *self, HeinPeer *peer, gboolean paused)
{
  if (peer->arrivals.is_paused == paused || peer->carrier == NULL)
    return;
  peer->arrivals.is_paused = paused;
  hein_peer_review_watched (peer);
  note_resumable (self, peer);
  if (peer->carrier->pause == NULL)
    return;
  hein_loop_use_context (self->host.loop);
  peer->carrier->pause (peer->carrier->transport, peer, paused);
}

void
hein_news_end_pause (HeinCore *self, HeinPeer *peer)
{
  set_paused (self, peer, FALSE);
  if (peer->arrivals.cost == 0)
    return;
  peer->arrivals.is_charged = TRUE;
  hein_peer_review_watched (peer);
  self->host.receive_cost += GONE_COST;
}

void
hein_news_pause (HeinCore *self, HeinPeer *peer)
{
  set_paused (self, peer, TRUE);
}

static void
check_share (HeinCore *self, HeinPeer *peer)
{
  if (peer->arrivals.cost >= self->host.receive_max / 4 ||
      self->host.receive_cost >= self->host.receive_max)
    set_paused (self, peer, TRUE);
}

/* The rare part of delivering a message. */
void
hein_news_deliver_slow (HeinCore *self, HeinPeer *peer, HeinMessage *message)
{
  check_share (self, peer);
  if (self->news.received_topics != NULL)
    hein_topics_set (self->news.received_topics, peer, message);
}

void
hein_news_deliver_ask (HeinCore *self,
                       HeinPeer *peer,
                       HeinEventKind kind,
                       gpointer object,
                       HeinMessage *message)
{
  const gsize cost = hein_message_get_cost (message);

  hein_news_push_event (self, kind, object, NULL);
  hein_news_count (peer, message);
  peer->arrivals.cost += cost;
  peer->arrivals.n++;
  self->host.receive_cost += cost;
  check_share (self, peer);
}

/* A loss has a cost as messages have: otherwise a peer that skips numbers could
 * fill the memory faster than the application is told. */
void
hein_news_lose (HeinCore *self, HeinPeer *peer, guint64 first, guint64 n)
{
  HeinLoss *loss = g_new (HeinLoss, 1);

  *loss = (HeinLoss){ g_object_ref (peer), first, n };
  hein_news_push_event (self, HEIN_EVENT_LOST, loss, NULL);
  peer->arrivals.cost += LOSS_COST;
  self->host.receive_cost += LOSS_COST;
  check_share (self, peer);
}

/* The rare part of giving back. */
void
hein_news_give_back_slow (HeinCore *self, HeinPeer *peer, guint n)
{
  if (peer->arrivals.is_paused)
    note_resumable (self, peer);
  if (peer->arrivals.is_charged && peer->arrivals.cost == 0)
    {
      peer->arrivals.is_charged = FALSE;
      hein_peer_review_watched (peer);
      self->host.receive_cost -= GONE_COST;
    }
  if (n > 0 && peer->handled_link != NULL)
    hein_link_note_told (peer->handled_link);
}

void
hein_news_resume (HeinCore *self, gint64 end_us)
{
  guint n = MIN (self->news.resumable.length, RESUMED_MAX);

  for (; n > 0 && self->news.resumable.length > 0 &&
         self->host.receive_cost < self->host.receive_max;
       n--)
    {
      /* what has come of it already is read at once */
      set_paused (self, g_queue_peek_head (&self->news.resumable), FALSE);
      if (hein_world_get_us () >= end_us)
        break;
    }
  if (self->news.resumable.length > 0 &&
      self->host.receive_cost < self->host.receive_max)
    hein_core_want_turn (self);
}

void
hein_news_review_pauses (HeinCore *self)
{
  HeinPeers *peers = self->roster.peers;

  for (guint i = 0; i < peers->array->len; i++)
    note_resumable (self, g_ptr_array_index (peers->array, i));
}

void
hein_news_forget_loss (HeinCore *self, HeinLoss *loss)
{
  hein_news_give_back (self, loss->peer, LOSS_COST, 0);
}
