/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-bus.h>

#include "core/hein-budget.h"
#include "core/hein-run.h"
#include "hein-bus-state.h"
#include "link/hein-link-state.h"

/* How much memory a bus uses on behalf of its peers. */

static gsize
count_idle_of (HeinLink *link)
{
  gsize size = hein_segment_get_idle_size (link->queue.own);

  if (link->queue.ahead != NULL)
    size += hein_segment_get_idle_size (link->queue.ahead->own);
  return size;
}

/* Segments that are allocated but empty: they are kept for the next message,
 * and do not count as used on behalf of peers. */
static gsize
count_idle (HeinBus *self)
{
  gsize size = 0;

  for (guint i = 0; i < self->core.host.encoding.shared->len; i++)
    {
      HeinShared *shared =
        g_ptr_array_index (self->core.host.encoding.shared, i);

      size += hein_segment_get_idle_size (shared->encoder.shared);
    }
  for (GList *l = self->core.host.links.head; l != NULL; l = l->next)
    size += count_idle_of (l->data);
  return size;
}

/**
 * hein_bus_get_memory_used:
 * @self: a bus
 *
 * Gets how much memory the bus uses now on behalf of its peers: for messages
 * that are queued, held, incomplete or not handled yet, that wait in calls, or
 * are the latest of their topic, and for subscriptions.
 * [property@Bus:memory-limit] bounds it.
 *
 * - Thread: owner.
 *
 * Returns: bytes of memory
 *
 * Since: 0.9
 */
guint64
hein_bus_get_memory_used (HeinBus *self)
{
  guint64 used;

  g_return_val_if_fail (HEIN_IS_BUS (self), 0);

  hein_run_settle (&self->core);
  hein_budget_measure (&self->core);
  used = hein_budget_get_used (&self->core) - count_idle (self);
  g_mutex_lock (&self->core.lock);
  used += self->core.held.ingress_cost;
  g_mutex_unlock (&self->core.lock);
  return used;
}
