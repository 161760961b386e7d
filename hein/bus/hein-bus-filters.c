/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-bus.h>
#include <hein/hein-filter.h>

#include "hein-bus-guard.h"
#include "hein-bus-state.h"

/* Adding filters to a bus and removing them. */

/* A filter may add or remove filters while a message passes through the array,
 * so that an array is never changed, only replaced by a copy. */
static GPtrArray *
copy_filters (HeinBus *self)
{
  GPtrArray *copy = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0;
       self->core.sender.filters != NULL && i < self->core.sender.filters->len;
       i++)
    g_ptr_array_add (copy, g_object_ref (
                             g_ptr_array_index (self->core.sender.filters, i)));
  return copy;
}

static void
set_filters (HeinBus *self, GPtrArray *filters)
{
  g_clear_pointer (&self->core.sender.filters, g_ptr_array_unref);
  if (filters->len > 0)
    self->core.sender.filters = filters;
  else
    g_ptr_array_unref (filters);
}

/**
 * hein_bus_add_filter:
 * @self: a bus
 * @filter: changes messages
 *
 * Adds a filter behind those that were added before. Messages that are sent
 * pass the new filter last, messages that arrive pass it first.
 *
 * When a filter refuses a message that is sent, the call that sends fails with
 * the filter's error. A message that arrives and is refused counts as dropped
 * (%HEIN_DROP_REASON_INVALID). Size limits apply to what the last filter
 * returns.
 *
 * - Thread: owner.
 *
 * Since: 0.9
 */
void
hein_bus_add_filter (HeinBus *self, HeinFilter *filter)
{
  GPtrArray *filters;

  g_return_if_fail (HEIN_IS_BUS (self));
  g_return_if_fail (HEIN_IS_FILTER (filter));
  hein_bus_return_unless_owner (self);

  filters = copy_filters (self);
  g_ptr_array_add (filters, g_object_ref (filter));
  set_filters (self, filters);
}

/**
 * hein_bus_remove_filter:
 * @self: a bus
 * @filter: what was given to [method@Bus.add_filter]
 *
 * Removes a filter from the bus.
 *
 * - Thread: owner.
 *
 * Since: 0.9
 */
void
hein_bus_remove_filter (HeinBus *self, HeinFilter *filter)
{
  GPtrArray *filters;

  g_return_if_fail (HEIN_IS_BUS (self));
  g_return_if_fail (HEIN_IS_FILTER (filter));
  hein_bus_return_unless_owner (self);

  filters = copy_filters (self);
  g_ptr_array_remove (filters, filter);
  set_filters (self, filters);
}
