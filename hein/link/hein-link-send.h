/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-link-backlog.h"
#include "hein-link-overflow.h"
#include "hein-link-state.h"
#include "message/hein-message-memory.h"

/* Sending messages over a link. */

G_BEGIN_DECLS

/* Returns FALSE with @error when the protocol cannot express the message. */
gboolean hein_link_send (HeinLink *self,
                         HeinMessage *message,
                         HeinAudience audience,
                         HeinOverflow overflow,
                         HeinEncodePlace place,
                         GError **error);
/* When the link is freed. */
void hein_link_forget_ahead (HeinLink *self);
/* For a new peer: sends a retained message ahead of all others. */
void hein_link_send_retained (HeinLink *self, HeinMessage *message);
/* Empties the backlog: its messages go to another peer if the protocol promises
 * that, else they count as dropped. */
void hein_link_drop_backlog (HeinLink *self);
/* To be called after something was queued: writes at once when it is much, else
 * before the end of the turn. */
void hein_link_want_flush (HeinLink *self);

/* Returns whether new messages have to wait in the backlog. */
static inline gboolean
hein_link_must_queue_up (const HeinLink *self)
{
  return self->sending.is_held || hein_backlog_get_length (&self->backlog) > 0;
}

/* Returns whether the message has a lane of its own, ahead of the others. */
static inline gboolean
hein_link_goes_ahead (const HeinLink *self, const HeinMessage *message)
{
  return hein_message_is_high (message) &&
         (self->sending.shared != NULL || hein_link_must_queue_up (self));
}

/* Returns whether the lane of the message has no room. */
static inline gboolean
hein_link_is_full_for (HeinLink *self, const HeinMessage *message)
{
  const gsize cost = hein_link_goes_ahead (self, message)
                       ? hein_link_get_ahead_cost (self)
                       : hein_link_get_cost (self);

  return cost >= self->host->settings.send_limit;
}

/* Returns whether the link uses what another link with the same key encodes. */
static inline gboolean
hein_link_can_share (const HeinLink *self)
{
  return self->sending.shared != NULL && !hein_link_must_queue_up (self);
}

/* Encodes for all links of the same key, unless that was done in this send. */
gboolean hein_link_encode_shared (HeinLink *self,
                                  HeinMessage *message,
                                  HeinAudience audience,
                                  HeinEncodePlace place,
                                  GError **error);

/* The message is on all queues: nothing else keeps what was encoded. */
void hein_link_forget_encoded (HeinLinkHost *host);
/* Gives up the memory that is kept for the next messages alone. Not while one
 * is encoded. */
void hein_link_clear_idle (HeinLinkHost *host);

/* Queues what was encoded for several links. */
static inline void
hein_link_push (HeinLink *self,
                const HeinRange *ranges,
                guint n_ranges,
                gsize send_limit,
                HeinOverflow overflow)
{
  const gsize before = self->queue.cost;

  hein_queue_push (&self->queue, ranges, n_ranges);
  self->sending.unflushed += self->queue.cost - before -
                             (gsize) ranges->n_messages * HEIN_MESSAGE_OVERHEAD;
  hein_link_limit (self, send_limit, overflow);
}

void hein_link_flush (HeinLink *self);
/* Writes what the stream has accepted, but not its socket. */
void hein_link_flush_stream (HeinLink *self);

G_END_DECLS
