/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-core-state.h"

G_BEGIN_DECLS

/*
 * What a bus holds on behalf of others, in bytes of memory. memory-limit bounds
 * the sum, receive-limit and half of memory-limit what has arrived:
 *
 *   segments   encoded, for one peer or many        hein-segment.c
 *   links      to be encoded, answers that were not
 *              taken, subscriptions, what protocols
 *              keep                                 hein_link_count_cost
 *   partial    unfinished messages                  hein-link-receive.c
 *   receive    messages not handled yet             hein-news.c
 *   held       waits for a peer or for room         hein-held.c
 *   sends      send_async calls that wait           hein-held.c, hein-ingress.c
 *   topics     last values                          hein-topics.c
 *   transports on the way without a connection      hein_transport_set_memory
 *
 * When the sum is over the limit, who costs most is cut.
 */

gsize hein_budget_get_used (HeinCore *self);
/* Transports that say it now and then say what they hold. */
void hein_budget_measure (HeinCore *self);
/* After they have. */
gboolean hein_budget_is_over_slow (HeinCore *self);
/* A limit was set, or is another one. */
void hein_budget_limits_changed (HeinCore *self);
/* Once a turn: keeps to memory-limit. */
void hein_budget_check_slow (HeinCore *self);

/* Of what has arrived only what is within its limit counts here: over that
 * nobody is read, and cutting peers would give none of it back. */
static inline gsize
hein_budget_get_pressing (HeinCore *self)
{
  return hein_budget_get_used (self) - self->host.receive_cost +
         MIN (self->host.receive_cost, self->host.receive_max);
}

static inline gboolean
hein_budget_is_over (HeinCore *self)
{
  return G_UNLIKELY (hein_budget_get_pressing (self) >=
                     self->host.settings.memory_limit) &&
         hein_budget_is_over_slow (self);
}

static inline void
hein_budget_check (HeinCore *self)
{
  self->budget.is_measured = FALSE;
  if (hein_budget_is_over (self) || G_UNLIKELY (self->host.is_relieving))
    hein_budget_check_slow (self);
}

G_END_DECLS
