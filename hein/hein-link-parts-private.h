/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-protocol.h>

#include "hein-bus-private.h"
#include "hein-link-private.h"

G_BEGIN_DECLS

/* What the files of a link share. */

#define HEIN_LINK_PROGRESS_TIMEOUT_US (30 * G_USEC_PER_SEC)
#define HEIN_LINK_PROBE_TIMEOUT_US    G_USEC_PER_SEC
/* A message that has begun comes at this rate at least, looked at every 30 s. */
#define HEIN_LINK_ARRIVAL_BYTES_PER_S 1024
/* longer than living peers are quiet: theirs is a heartbeat every 5 s */
#define HEIN_LINK_DRAIN_US (10 * G_USEC_PER_SEC)

static inline gint64
hein_link_get_now_us (HeinLink *self)
{
  return hein_loop_get_now_us (self->bus->loop);
}

static inline HeinProtocolClass *
hein_link_get_class (HeinLink *self)
{
  return HEIN_PROTOCOL_GET_CLASS (self->protocol);
}

/* Before a queue is looked at, or added to. */
static inline void
hein_link_settle (HeinBus *bus)
{
  if (G_UNLIKELY (bus->run.range.segment != NULL))
    bus->link_host->settle (bus);
}

static inline gboolean
hein_link_is_reading (HeinLink *self)
{
  if (self->is_clogged && self->state < HEIN_LINK_CLOSING)
    return FALSE;
  return self->peer == NULL || !self->peer->is_paused ||
         self->state >= HEIN_LINK_FINISHING;
}

static inline void
hein_link_forget_offer (HeinLink *self)
{
  if (self->offer.data == NULL)
    return;
  self->offer.data = NULL;
  g_queue_unlink (&self->bus->offers, &self->offer);
}

/* Of a connection, but for what is encoded or unfinished. */
static inline void
hein_link_count_cost (HeinLink *link)
{
  const gsize cost = hein_queue_count_control (&link->queue) +
                     link->backlog.cost + link->protocol_cost +
                     (link->peer != NULL ? link->peer->prefixes.cost : 0);

  link->bus->links_cost += cost - link->counted;
  link->counted = cost;
}

/* It is going to be freed. */
static inline void
hein_link_forget_cost (HeinLink *link)
{
  link->bus->links_cost -= link->counted;
  link->counted = 0;
}

/* hein-link-doubt.c */
/* Messages that went out, and of which nobody knows whether they arrived. */
guint64 hein_link_count_doubt (HeinLink *self);
/* They are counted, before the peer leaves the bus, which tells why. */
void hein_link_settle_doubt (HeinLink *self);

/* hein-link-state.c */
/* When its time is over in one way; G_MAXINT64: never. */
gint64 hein_link_get_silence_due (HeinLink *self);
gint64 hein_link_get_arrival_due (HeinLink *self);
gint64 hein_link_get_answers_due (HeinLink *self);
gint64 hein_link_get_heartbeat_due (HeinLink *self);
gint64 hein_link_get_drained_due (HeinLink *self);
/* Whether it is cut when it takes nothing. */
gboolean hein_link_has_progress_limit (HeinLink *self);

/* hein-link-send.c */
/* Whether it has room: what is queued or the limit has changed. */
void hein_link_review_room (HeinLink *self);
/* Answers were put, or taken. */
void hein_link_note_answers (HeinLink *self);

/* hein-link-receive.c */
void hein_link_read (HeinLink *self);
/* Gives the protocol what is there, until it wants no more of it. */
void hein_link_consume (HeinLink *self);
/* What an unfinished message counts in the limit of the bus. */
void hein_link_set_partial_cost (HeinLink *self, gsize cost);

/* hein-link-time.c */
/* What its timer does. */
void hein_link_expire (HeinTimer *timer, gint64 now_us);
/* Asks for a sign of life, and says how much was taken. */
void hein_link_ping (HeinLink *self);
void hein_link_tick (HeinLink *self, gint64 now_us);

G_END_DECLS
