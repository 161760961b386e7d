/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-filter.h>

#include "base/hein-error-private.h"
#include "hein-core-state.h"
#include "hein-filters.h"
#include "link/hein-losses.h"
#include "link/hein-peer-state.h"
#include "message/hein-message-memory.h"
#include "message/hein-message-receive.h"

/* Passes messages through filters, and checks what the filters return. */

/* Takes ownership of @message and of the @filter_error of the filter's slot. */
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
hein_filters_send (HeinCore *self, HeinMessage *message, GError **error)
{
  g_autoptr (HeinMessage) current = hein_message_ref (message);
  /* a filter may remove itself or another filter */
  g_autoptr (GPtrArray) filters = g_ptr_array_ref (self->sender.filters);

  if (hein_message_is_word (message))
    return g_steal_pointer (&current);
  for (guint i = 0; i < filters->len; i++)
    {
      HeinFilter *filter = g_ptr_array_index (filters, i);
      HeinFilterInterface *iface = HEIN_FILTER_GET_IFACE (filter);
      GError *filter_error = NULL;
      HeinMessage *result;

      if (iface->send == NULL)
        continue;
      self->sender.n_inside++;
      result = iface->send (filter, current, &filter_error);
      self->sender.n_inside--;
      if (!take_result (filter, &current, result, filter_error, error))
        return NULL;
    }
  return hein_message_route_as (g_steal_pointer (&current), message);
}

HeinMessage *
hein_filters_receive (HeinCore *self, HeinPeer *peer, HeinMessage *message)
{
  g_autoptr (HeinMessage) original = message;
  g_autoptr (HeinMessage) current = hein_message_ref (message);
  g_autoptr (GPtrArray) filters = g_ptr_array_ref (self->sender.filters);

  if (hein_message_is_word (message))
    return g_steal_pointer (&current);
  hein_loop_use_context (self->host.loop);
  /* a filter may keep the message */
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
      self->sender.n_inside++;
      result = iface->receive (filter, peer, current, &filter_error);
      self->sender.n_inside--;
      if (take_result (filter, &current, result, filter_error, &error))
        continue;
      hein_error_log (peer->name, error);
      hein_losses_count (&self->host, peer, HEIN_DROP_REASON_INVALID, 1,
                         hein_message_size (message));
      return NULL;
    }
  if (current == message)
    return g_steal_pointer (&current);
  return hein_message_arrive_as (g_steal_pointer (&current), message);
}
