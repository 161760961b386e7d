/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-bus.h"

#include <string.h>

#include "hein-bus-private.h"
#include "hein-endpoint-private.h"
#include "hein-message-private.h"
#include "hein-transport-private.h"

/* Calls that end later, and may be cancelled. */

static void
on_cancelled (GCancellable *cancellable, gpointer data)
{
  HeinBus *self = data;

  hein_loop_tell (self->loop, HEIN_NEWS_CANCELLED);
}

HeinCall *
hein_bus_begin_call_of (HeinBus *self,
                        gpointer source,
                        gpointer tag,
                        GCancellable *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer user_data)
{
  HeinCall *call =
    hein_call_new (source, tag, cancellable, callback, user_data);

  /* the call keeps the bus, so the bus outlives the handler */
  if (cancellable != NULL && !hein_bus_is_forked (self) && !self->is_disposed)
    call->cancelled_id =
      g_cancellable_connect (cancellable, G_CALLBACK (on_cancelled), self,
                             NULL);
  return call;
}

HeinCall *
hein_bus_begin_call (HeinBus *self,
                     gpointer tag,
                     GCancellable *cancellable,
                     GAsyncReadyCallback callback,
                     gpointer user_data)
{
  return hein_bus_begin_call_of (self, self, tag, cancellable, callback,
                                 user_data);
}

static gboolean
on_idle (gpointer data)
{
  hein_call_complete (data);
  return G_SOURCE_REMOVE;
}

gboolean
hein_bus_refuse_call (HeinBus *self,
                      gpointer source,
                      gpointer tag,
                      GAsyncReadyCallback callback,
                      gpointer user_data)
{
  g_autoptr (GSource) idle = NULL;
  GError *error = NULL;
  HeinCall *call;

  if (G_LIKELY (!self->is_disposed && !hein_bus_is_forked (self)))
    return FALSE;
  hein_bus_check_open (self, &error);
  call = hein_call_new (source, tag, NULL, callback, user_data);
  hein_call_set_error (call, error);
  idle = g_idle_source_new ();
  g_source_set_callback (idle, on_idle, call, g_object_unref);
  g_source_attach (idle, self->context);
  return TRUE;
}

void
hein_bus_end_with_error (HeinBus *self, HeinCall *call, GError *error)
{
  hein_call_set_error (call, error);
  hein_turn_push_event (self, HEIN_EVENT_CALL, call, NULL);
}

static void
sweep (HeinBus *self, GQueue *calls)
{
  GList *next;

  for (GList *l = calls->head; l != NULL; l = next)
    {
      HeinCall *call = l->data;
      GError *error = NULL;

      next = l->next;
      if (!g_cancellable_set_error_if_cancelled (call->cancellable, &error))
        continue;
      g_queue_delete_link (calls, l);
      hein_bus_end_with_error (self, call, error);
    }
}

static void
sweep_dials (HeinBus *self)
{
  GListModel *endpoints = G_LIST_MODEL (self->endpoints);

  for (guint i = g_list_model_get_n_items (endpoints); i > 0; i--)
    {
      g_autoptr (HeinEndpoint) endpoint =
        g_list_model_get_item (endpoints, i - 1);
      HeinCall *call = endpoint->call;
      GError *error = NULL;

      if (call == NULL ||
          !g_cancellable_set_error_if_cancelled (call->cancellable, &error))
        continue;
      endpoint->call = NULL;
      hein_bus_end_with_error (self, call, error);
      hein_endpoint_close (endpoint);
    }
}

void
hein_bus_sweep_cancelled (HeinBus *self)
{
  sweep (self, &self->receives);
  hein_held_sweep_cancelled (self);
  sweep (self, &self->closes);
  hein_ping_cancel (self, FALSE);
  hein_wait_cancel (self, FALSE);
  sweep_dials (self);
}
