/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-link-backlog.h"
#include "hein-link-overflow.h"
#include "hein-link-state.h"

G_BEGIN_DECLS

/* FALSE with @error: the message cannot be put on this wire. */
gboolean hein_link_send (HeinLink *self,
                         HeinMessage *message,
                         HeinAudience audience,
                         HeinOverflow overflow,
                         HeinEncodePlace place,
                         GError **error);
/* To a newcomer, ahead of everything that is sent to it from now on. */
void hein_link_send_retained (HeinLink *self, HeinMessage *message);
/* What has not been encoded is not going to be: it goes to another peer when
 * the protocol promises that, else it is counted as dropped. */
void hein_link_drop_backlog (HeinLink *self);
/* After something was queued: writes when it is much, else before the turn
 * ends. */
void hein_link_want_flush (HeinLink *self);

/* Whether what is sent has to wait behind something. */
static inline gboolean
hein_link_must_queue_up (const HeinLink *self)
{
  return self->sending.is_held || hein_backlog_get_length (&self->backlog) > 0;
}

/* Links that have a key take what one of them has encoded. */
static inline gboolean
hein_link_can_share (const HeinLink *self)
{
  return self->sending.shared != NULL && !hein_link_must_queue_up (self);
}

/* Encodes for all links of the same key, unless this send did already. */
gboolean hein_link_encode_shared (HeinLink *self,
                                  HeinMessage *message,
                                  HeinAudience audience,
                                  HeinEncodePlace place,
                                  GError **error);

/* The message is on all queues: nothing else keeps what was encoded. */
void hein_link_forget_encoded (HeinLinkHost *host);

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
/* What the stream has taken, and its socket has not. */
void hein_link_flush_stream (HeinLink *self);

G_END_DECLS
