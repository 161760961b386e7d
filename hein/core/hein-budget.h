/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-core-state.h"

G_BEGIN_DECLS

/*
 * The memory that a bus uses on behalf of its peers, in bytes. memory-limit
 * bounds the sum; receive-limit and half of memory-limit bound what has
 * arrived:
 *
 *   segments   encoded messages, for one or more
 *              peers                                hein-segment.c
 *   links      messages to be encoded, answers that
 *              the peer does not read, subscriptions,
 *              state of protocols                   hein_link_count_cost
 *              unfinished handshakes of TLS         hein_link_count_entry
 *   partial    incomplete messages                  hein-link-receive.c
 *   receive    messages not handled yet             hein-news.c
 *   held       messages waiting for a peer or room  hein-held.c
 *   sends      pending calls to send_async          hein-held.c, hein-ingress.c
 *   asks       requests without an answer         hein/ask
 *   topics     latest messages of topics            hein-topics.c
 *   transports messages of transports without links hein_transport_set_memory
 *
 * When the sum is over the limit, the connection that costs most is closed.
 */

gsize hein_budget_get_used (HeinCore *self);
/* Lets transports that report rarely report their current memory. */
void hein_budget_measure (HeinCore *self);
/* For after hein_budget_measure: whether the bus is over memory-limit. */
gboolean hein_budget_is_over_slow (HeinCore *self);
/* Whether a message for some peers may be queued. It may not when the bus would
 * grow over memory-limit until the next turn; then messages that wait for room
 * are tried again when there is memory. */
gboolean hein_budget_has_room_slow (HeinCore *self);
/* To be called when a limit is set. */
void hein_budget_limits_changed (HeinCore *self);
/* Once per turn: closes connections while the bus is over memory-limit. */
void hein_budget_check_slow (HeinCore *self);

/* Once per turn: what segments may have until the next one. */
void hein_budget_begin_turn (HeinCore *self);

/* Arrived messages count up to their own limit only: beyond that no peer is
 * read, and closing connections would not free any of them. */
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

static inline gboolean
hein_budget_has_room (HeinCore *self)
{
  return G_LIKELY (!hein_segment_pool_is_over (self->host.segments)) ||
         hein_budget_has_room_slow (self);
}

/* Whether what was refused for lack of memory can be tried again. */
static inline gboolean
hein_budget_has_recovered (HeinCore *self)
{
  return G_UNLIKELY (self->budget.has_refused) &&
         !hein_segment_pool_is_over (self->host.segments);
}

static inline void
hein_budget_check (HeinCore *self)
{
  self->budget.is_measured = FALSE;
  hein_budget_begin_turn (self);
  if (hein_budget_is_over (self) || G_UNLIKELY (self->host.is_relieving))
    hein_budget_check_slow (self);
}

G_END_DECLS
