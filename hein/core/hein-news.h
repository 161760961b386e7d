/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-core-state.h"
#include "link/hein-peer-state.h"
#include "message/hein-message-memory.h"

/* Events for the application, and flow control of what has arrived. */

G_BEGIN_DECLS

/* For how long a turn, or a call that takes messages, reads from them. */
#define HEIN_NEWS_RESUME_US 250

/* Appends an event. Takes ownership of @object and @error. */
void hein_news_push_event (HeinCore *self,
                           HeinEventKind kind,
                           gpointer object,
                           GError *error);
void hein_news_grow_events (HeinCore *self);
/* Ends the accounting for a loss, which has been reported. */
void hein_news_forget_loss (HeinCore *self, HeinLoss *loss);
void
hein_news_deliver_slow (HeinCore *self, HeinPeer *peer, HeinMessage *message);
/* Appends a loss of @n messages of @peer, in its place among the messages. */
void hein_news_lose (HeinCore *self, HeinPeer *peer, guint64 first, guint64 n);
/* Appends an event for @message of @peer, which is about a request. Takes
 * ownership of @object. After the delivery, hein_news_give_back must be called
 * with the cost of the message. */
void hein_news_deliver_ask (HeinCore *self,
                            HeinPeer *peer,
                            HeinEventKind kind,
                            gpointer object,
                            HeinMessage *message);
void hein_news_clear_events (HeinCore *self);
void hein_news_clear_event (HeinEvent *event);
void hein_news_give_back_slow (HeinCore *self, HeinPeer *peer, guint n);
/* @peer leaves, paused or not: ends its pause for its transport. */
void hein_news_end_pause (HeinCore *self, HeinPeer *peer);
/* Pauses @peer, whatever its share, as all that has arrived is over the
 * limit. */
void hein_news_pause (HeinCore *self, HeinPeer *peer);
/* Reads from paused peers again that are below their share now, until @end_us,
 * and from one at least. */
void hein_news_resume (HeinCore *self, gint64 end_us);
/* Pauses and resumes peers after a change of the limits. */
void hein_news_review_pauses (HeinCore *self);

/* @n messages of @peer (nullable), with the sum @cost, have been handled, or
 * taken out of the inbox. */
static inline void
hein_news_give_back (HeinCore *self, HeinPeer *peer, gsize cost, guint n)
{
  self->host.receive_cost -= cost;
  if (peer == NULL)
    return;
  peer->arrivals.cost -= cost;
  peer->arrivals.n -= n;
  if (G_UNLIKELY (peer->arrivals.is_watched))
    hein_news_give_back_slow (self, peer, n);
}

static inline HeinEvent *
hein_news_append_event (HeinCore *self)
{
  if (G_UNLIKELY (self->news.events_end == self->news.events_size))
    hein_news_grow_events (self);
  return &self->news.events[self->news.events_end++];
}

/* @message has come. A link counts bytes itself, as they are on the wire. */
static inline void
hein_news_count (HeinPeer *peer, const HeinMessage *message)
{
  peer->counts.messages_received++;
  if (peer->link == NULL)
    peer->counts.bytes_received += hein_message_size (message);
}

/* Appends @message as an event, and takes ownership of it. */
static inline void
hein_news_deliver (HeinCore *self, HeinPeer *peer, HeinMessage *message)
{
  HeinEvent *event = hein_news_append_event (self);
  const gsize cost = hein_message_get_cost (message);

  event->kind = HEIN_EVENT_MESSAGE;
  event->object = message;
  event->error = NULL;
  hein_news_count (peer, message);
  peer->arrivals.cost += cost;
  peer->arrivals.n++;
  self->host.receive_cost += cost;
  self->host.wants_turn = TRUE;
  if (G_UNLIKELY (peer->arrivals.cost >= self->host.receive_max / 4 ||
                  self->host.receive_cost >= self->host.receive_max ||
                  self->news.received_topics != NULL))
    hein_news_deliver_slow (self, peer, message);
}

G_END_DECLS
