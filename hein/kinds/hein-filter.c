/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-filter.h>

#include <hein/hein-bus.h>

#include "base/hein-error-private.h"
#include "core/hein-bus-guard.h"
#include "core/hein-bus-state.h"
#include "core/hein-losses.h"
#include "hein-filter-private.h"
#include "link/hein-peer-state.h"
#include "message/hein-message-memory.h"
#include "message/hein-message-receive.h"

/**
 * HeinFilter:
 *
 * Changes every message of a bus on its way out and in: compresses, encrypts,
 * signs, logs.
 *
 * A bus has any number of filters ([method@Bus.add_filter]), whatever its
 * protocols. What is sent passes them in the order in which they were added,
 * what arrives in reverse.
 *
 * Since: 0.9
 */

G_DEFINE_INTERFACE (HeinFilter, hein_filter, G_TYPE_OBJECT)

static void
hein_filter_default_init (HeinFilterInterface *iface)
{
}

/* Takes @message and @error of @filter's slot. */
static gboolean
take_result (HeinFilter *filter,
             HeinMessage **message,
             HeinMessage *result,
             GError *filter_error,
             GError **error)
{
  if (filter_error == NULL && result == NULL)
    filter_error =
      g_error_new (HEIN_ERROR, HEIN_ERROR_FAILED,
                   "the filter %s gave nothing back, and did not say why",
                   G_OBJECT_TYPE_NAME (filter));
  if (filter_error == NULL)
    {
      hein_message_unref (*message);
      *message = result;
      return TRUE;
    }
  g_clear_pointer (&result, hein_message_unref);
  g_propagate_error (error, filter_error);
  return FALSE;
}

HeinMessage *
hein_filters_send (HeinBus *self, HeinMessage *message, GError **error)
{
  g_autoptr (HeinMessage) current = hein_message_ref (message);
  /* a filter may take itself, or another one, out */
  g_autoptr (GPtrArray) filters = g_ptr_array_ref (self->filters);

  for (guint i = 0; i < filters->len; i++)
    {
      HeinFilter *filter = g_ptr_array_index (filters, i);
      HeinFilterInterface *iface = HEIN_FILTER_GET_IFACE (filter);
      GError *filter_error = NULL;
      HeinMessage *result;

      if (iface->send == NULL)
        continue;
      self->n_inside++;
      result = iface->send (filter, current, &filter_error);
      self->n_inside--;
      if (!take_result (filter, &current, result, filter_error, error))
        return NULL;
    }
  return hein_message_route_as (g_steal_pointer (&current), message);
}

HeinMessage *
hein_filters_receive (HeinBus *self, HeinPeer *peer, HeinMessage *message)
{
  g_autoptr (HeinMessage) original = message;
  g_autoptr (HeinMessage) current = hein_message_ref (message);
  g_autoptr (GPtrArray) filters = g_ptr_array_ref (self->filters);

  /* a filter may keep what it is given */
  hein_message_keep_sender (message);
  for (guint i = filters->len; i > 0; i--)
    {
      HeinFilter *filter = g_ptr_array_index (filters, i - 1);
      HeinFilterInterface *iface = HEIN_FILTER_GET_IFACE (filter);
      g_autoptr (GError) error = NULL;
      GError *filter_error = NULL;
      HeinMessage *result;

      if (iface->receive == NULL)
        continue;
      self->n_inside++;
      result = iface->receive (filter, peer, current, &filter_error);
      self->n_inside--;
      if (take_result (filter, &current, result, filter_error, &error))
        continue;
      hein_error_log (peer->name, error);
      hein_losses_count (self, peer, HEIN_DROP_REASON_INVALID, 1,
                         hein_message_size (message));
      return NULL;
    }
  if (current == message)
    return g_steal_pointer (&current);
  return hein_message_arrive_as (g_steal_pointer (&current), message);
}

/* The array that a message passes through is never changed, but replaced. */
static GPtrArray *
copy_filters (HeinBus *self)
{
  GPtrArray *copy = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; self->filters != NULL && i < self->filters->len; i++)
    g_ptr_array_add (copy, g_object_ref (g_ptr_array_index (self->filters, i)));
  return copy;
}

static void
set_filters (HeinBus *self, GPtrArray *filters)
{
  g_clear_pointer (&self->filters, g_ptr_array_unref);
  if (filters->len > 0)
    self->filters = filters;
  else
    g_ptr_array_unref (filters);
}

/**
 * hein_bus_add_filter:
 * @self: a bus
 * @filter: changes messages
 *
 * Adds a filter, behind those that are there: what is sent passes it last, what
 * arrives first.
 *
 * What a filter refuses to send is an error of the call, and what it refuses to
 * receive is counted as dropped (%HEIN_DROP_REASON_INVALID). Limits apply to what
 * leaves the last filter.
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
 * Takes a filter out.
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
