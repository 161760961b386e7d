/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "core/hein-inbox.h"
#include "core/hein-news.h"
#include "hein-bus-state.h"
#include "io/hein-world.h"

/* What each way of taking messages begins and ends with. */

G_BEGIN_DECLS

/* The program asks for more, and so has handled what it has got. */
static inline void
hein_taking_begin (HeinBus *self)
{
  if (G_UNLIKELY (self->core.news.taken != NULL))
    hein_inbox_settle_taken (&self->core);
}

/* A peer that was over its share of the receive limit is read again, now that
 * the application has taken messages. */
static inline void
hein_taking_end (HeinBus *self)
{
  if (self->core.news.resumable.length > 0 && !self->core.host.is_in_turn &&
      !self->core.host.is_disposed)
    {
      hein_news_resume (&self->core,
                        hein_world_get_us () + HEIN_NEWS_RESUME_US);
      hein_core_want_turn (&self->core);
    }
}

G_END_DECLS
