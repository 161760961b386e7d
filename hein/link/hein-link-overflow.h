/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-link-backlog.h"
#include "hein-link-state.h"

/* Enforcing the send limit of a link. */

G_BEGIN_DECLS

/* To be called when the queue or the limit has changed: updates has-room. */
void hein_link_review_room (HeinLink *self);
/* To be called when control bytes were put, or written. */
void hein_link_note_answers (HeinLink *self);
void
hein_link_limit_slow (HeinLink *self, gsize send_limit, HeinOverflow overflow);
/* The same after a message was put ahead. */
void hein_link_limit_ahead (HeinLink *self, HeinOverflow overflow);

/* To be called after a message was queued: enforces send-limit by @overflow. */
static inline void
hein_link_limit (HeinLink *self, gsize send_limit, HeinOverflow overflow)
{
  if (G_UNLIKELY (self->queue.cost >= send_limit ||
                  hein_backlog_get_length (&self->backlog) > 0))
    hein_link_limit_slow (self, send_limit, overflow);
}

G_END_DECLS
