/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-link-backlog.h"
#include "hein-link-state.h"

G_BEGIN_DECLS

/* Whether it has room: what is queued or the limit has changed. */
void hein_link_review_room (HeinLink *self);
/* Answers were put, or taken. */
void hein_link_note_answers (HeinLink *self);
void hein_link_limit_slow (HeinLink *self, HeinOverflow overflow);

/* After something was queued: keeps to send-limit as @overflow says. */
static inline void
hein_link_limit (HeinLink *self, gsize send_limit, HeinOverflow overflow)
{
  if (G_UNLIKELY (self->queue.cost >= send_limit ||
                  hein_backlog_get_length (&self->backlog) > 0))
    hein_link_limit_slow (self, overflow);
}

G_END_DECLS
