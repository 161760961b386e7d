/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-bus.h>
#include <hein/hein-endpoint.h>

#include "ask/hein-acknowledger.h"
#include "ask/hein-deliverer.h"
#include "ask/hein-poster.h"
#include "base/hein-call.h"
#include "core/hein-calls.h"
#include "core/hein-core.h"
#include "core/hein-ingress.h"
#include "core/hein-notify.h"
#include "core/hein-peer-private.h"
#include "core/hein-peers-private.h"
#include "core/hein-run.h"
#include "hein-bus-close.h"
#include "hein-bus-guard.h"
#include "hein-bus-state.h"
#include "hein-endpoint-open.h"
#include "inspect/hein-inspect.h"
#include "link/hein-link-close.h"
#include "link/hein-link-state.h"
#include "link/hein-link.h"
#include "link/hein-peer-state.h"
#include "message/hein-message-memory.h"
#include "transport/hein-transport-private.h"

/* The five ways in which a bus ends: close_async with linger, disposal without,
 * disposal in a forked child, disposal on a thread that does not own it, and
 * the end of the simulation in which it was made. */

static void
end_closes (HeinBus *self)
{
  while (self->closes.length > 0)
    {
      HeinCall *call = g_queue_pop_head_link (&self->closes)->data;

      if (self->core.host.close_error != NULL)
        hein_call_set_error (call, g_error_copy (self->core.host.close_error));
      else
        hein_call_set_result (call, GINT_TO_POINTER (TRUE), NULL);
      hein_calls_end (&self->core, call);
    }
}

/* Not before what was dropped is told: nobody turns the bus after that. */
void
hein_bus_check_closed (HeinBus *self)
{
  if (self->core.host.is_closing && self->core.host.links.length == 0 &&
      self->core.finishing->len == 0 && self->core.host.losses.row.length == 0)
    end_closes (self);
}

/* The lock is what makes this reliable: a sender on another thread has either
 * queued its message before, and the owner takes that in, or sees is_closed. */
void
hein_bus_refuse_sends (HeinBus *self)
{
  g_mutex_lock (&self->core.lock);
  g_atomic_int_set (&self->core.is_closed, TRUE);
  g_mutex_unlock (&self->core.lock);
}

void
hein_bus_begin_close (HeinBus *self)
{
  g_autoptr (GPtrArray) endpoints = NULL;
  guint n;

  if (self->core.host.is_closing)
    return;
  hein_bus_refuse_sends (self);
  self->core.host.is_closing = TRUE;
  hein_notify_bus (&self->core, HEIN_CHANGE_IS_CLOSED);
  hein_ingress_close (&self->core);
  endpoints = g_ptr_array_new_with_free_func (g_object_unref);
  n = g_list_model_get_n_items (G_LIST_MODEL (self->core.endpoints));
  for (guint i = 0; i < n; i++)
    g_ptr_array_add (endpoints,
                     g_list_model_get_item (G_LIST_MODEL (self->core.endpoints),
                                            i));
  for (guint i = 0; i < n; i++)
    hein_endpoint_shut (g_ptr_array_index (endpoints, i));
  g_list_store_remove_all (self->core.endpoints);
  hein_poster_end (&self->core);
  hein_calls_end_all (&self->core);
  hein_deliverer_close (&self->core);
  hein_acknowledger_close (&self->core);
  hein_core_want_turn (&self->core);
}

static void
note_untold (gpointer data, gpointer user_data)
{
  HeinPeer *sender = hein_message_sender (data);

  if (sender != NULL && sender->link != NULL)
    sender->link->account.n_untold++;
}

/* Messages that the application has not taken are lost with the bus. Counts
 * them for each link, whose protocol tells the sender. */
static void
count_untold (HeinBus *self)
{
  for (guint i = self->core.news.events_begin; i < self->core.news.events_end;
       i++)
    if (self->core.news.events[i].kind == HEIN_EVENT_MESSAGE ||
        self->core.news.events[i].kind == HEIN_EVENT_ASK)
      note_untold (self->core.news.events[i].object, NULL);
  g_queue_foreach (&self->core.news.ahead, note_untold, NULL);
  g_queue_foreach (&self->core.news.inbox, note_untold, NULL);
}

static void
free_links (HeinBus *self, gboolean is_fork)
{
  if (is_fork)
    g_clear_pointer (&self->core.run.range.segment, hein_segment_unref);
  hein_run_settle (&self->core);
  while (self->core.host.links.length > 0)
    {
      HeinLink *link = g_queue_peek_head (&self->core.host.links);

      if (!is_fork)
        hein_link_hurry (link); /* writes what the socket takes at once */
      hein_link_destroy (link, is_fork);
    }
}

static void
free_engine (HeinBus *self)
{
  g_source_destroy (self->source);
  g_clear_pointer (&self->source, g_source_unref);
  hein_core_close_engine (&self->core);
}

/* The application may still hold peers and endpoints: makes them say that they
 * have no bus, as after an ordinary end. */
static void
let_go_of_all (HeinBus *self)
{
  const guint n =
    g_list_model_get_n_items (G_LIST_MODEL (self->core.endpoints));

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (HeinEndpoint) endpoint =
        g_list_model_get_item (G_LIST_MODEL (self->core.endpoints), i);

      hein_endpoint_forget_bus (endpoint);
    }
  for (guint i = 0; i < self->core.finishing->len; i++)
    hein_endpoint_forget_bus (g_ptr_array_index (self->core.finishing, i));
  for (guint i = 0; i < self->core.roster.peers->array->len; i++)
    hein_peer_detach (g_ptr_array_index (self->core.roster.peers->array, i));
  for (guint i = self->core.news.events_begin; i < self->core.news.events_end;
       i++)
    if (self->core.news.events[i].kind == HEIN_EVENT_PEER_ADDED)
      hein_peer_detach (self->core.news.events[i].object);
  for (GList *l = self->core.host.links.head; l != NULL; l = l->next)
    if (((HeinLink *) l->data)->peer != NULL)
      hein_peer_detach (((HeinLink *) l->data)->peer);
}

/* The sockets belong to the parent: they are forgotten, without writing a byte
 * or removing a watch from the shared epoll set. Transports leak what else they
 * hold, since closing it would affect the parent (a socket file, membership of
 * a multicast group). */
static void
tear_down_fork (HeinBus *self)
{
  g_atomic_int_set (&self->core.is_closed, TRUE);
  self->core.host.is_closing = TRUE;
  let_go_of_all (self);
  hein_inspect_end (&self->inspect, TRUE);
  free_links (self, TRUE);
  free_engine (self);
}

/* What lingers would do so by a clock that stands still. */
static void
end_lingering (HeinBus *self)
{
  hein_loop_enter (self->core.host.loop);
  while (self->core.finishing->len > 0)
    hein_endpoint_end_finishing (g_ptr_array_index (self->core.finishing, 0));
  hein_loop_leave (self->core.host.loop);
}

void
hein_bus_tear_down (HeinBus *self)
{
  if (self->core.host.is_disposed)
    return;
  if (hein_core_is_forked (&self->core))
    {
      tear_down_fork (self);
      return;
    }
  self->is_tearing_down = TRUE;
  count_untold (self);
  hein_inspect_end (&self->inspect, FALSE);
  hein_bus_begin_close (self);
  end_lingering (self);
  hein_loop_enter (self->core.host.loop);
  free_links (self, FALSE);
  hein_loop_run_out (self->core.host.loop);
  hein_loop_leave (self->core.host.loop);
  end_closes (self);
  free_engine (self);
  self->is_tearing_down = FALSE;
}

/* A handler may be on the stack, so links end in the next turn. */
void
hein_bus_leave_world (HeinBus *self, gboolean is_told)
{
  if (self->core.host.is_disposed || hein_core_is_forked (&self->core))
    return;
  hein_bus_begin_close (self);
  /* a handler of items-changed may dispose of it */
  if (self->core.host.is_disposed)
    return;
  end_lingering (self);
  for (GList *l = self->core.host.links.head; l != NULL; l = l->next)
    hein_link_lose (l->data);
  hein_loop_leave_world (self->core.host.loop);
  if (is_told)
    g_source_attach (self->source, self->core.context);
}

void
hein_bus_bury (HeinBus *self)
{
  self->is_abandoned = FALSE;
  /* when a filter runs around this turn, the bus has to be left once more */
  g_atomic_int_set (&self->is_left, FALSE);
  g_object_run_dispose (G_OBJECT (self));
  g_object_unref (self); /* the reference taken by leave_to_owner */
}

/**
 * hein_bus_close:
 * @self: a bus
 *
 * Starts closing the bus. Queued messages are still sent in later turns, for at
 * most [property@Bus:linger-ms]. [method@Bus.close_async] also reports when
 * that is done.
 *
 * A program that returns from `main` after this call makes no later turns. Its
 * last `g_object_unref` writes what the sockets take at once, and the rest is
 * lost: with slow peers, or with more than some hundred kilobytes. Without that
 * last unref, as when a global variable keeps the bus, nothing is written at
 * all. To wait, turn the bus until it is closed:
 *
 * ```c
 * static void
 * on_closed (GObject *bus, GAsyncResult *result, gpointer is_done)
 * {
 *   hein_bus_close_finish (HEIN_BUS (bus), result, NULL);
 *   *(gboolean *) is_done = TRUE;
 * }
 *
 * hein_bus_close_async (bus, NULL, on_closed, &is_done);
 * while (!is_done)
 *   hein_bus_turn (bus, -1);
 * ```
 *
 * In JavaScript that is `await bus.close_async(null)`. In Python, `close ()`
 * itself waits unless a main loop turns the bus.
 *
 * - Thread: owner.
 *
 * Since: 0.9
 */
void
hein_bus_close (HeinBus *self)
{
  g_return_if_fail (HEIN_IS_BUS (self));
  hein_bus_return_unless_owner (self);

  if (self->core.host.is_disposed || hein_core_is_forked (&self->core))
    return;
  /* a handler of items-changed may drop the last reference */
  g_object_ref (self);
  hein_bus_begin_close (self);
  g_object_unref (self);
}

static void
cancel_close (HeinCall *call, GError *error)
{
  HeinBus *self = HEIN_BUS (call->source);

  g_queue_unlink (&self->closes, &call->link);
  hein_calls_fail (&self->core, call, error);
}

/**
 * hein_bus_close_async:
 * @self: a bus
 * @cancellable: (nullable): stops waiting; the bus closes all the same
 * @callback: (scope async): called in a turn
 * @user_data: for @callback
 *
 * Closes the bus, and completes when every peer has taken what was sent to it,
 * or [property@Bus:linger-ms] has passed. Unless the protocol has each message
 * confirmed, it does not fail for a peer that everything was written to and
 * that merely has not said in time that it has it: what may be missing counts
 * as %HEIN_DROP_REASON_UNKNOWN then.
 *
 * - Errors: `HEIN_ERROR_TIMED_OUT` when not everything could be written to a
 *   peer in time, or was confirmed, or a peer ended without taking it.
 * - Thread: owner.
 *
 * Since: 0.9
 */
void
hein_bus_close_async (HeinBus *self,
                      GCancellable *cancellable,
                      GAsyncReadyCallback callback,
                      gpointer user_data)
{
  HeinCall *call;

  g_return_if_fail (HEIN_IS_BUS (self));
  if (hein_calls_refuse (&self->core, self, hein_bus_close_async, callback,
                         user_data))
    return;
  hein_bus_return_unless_owner (self);

  call = hein_calls_begin (&self->core, hein_bus_close_async, cancellable,
                           callback, user_data);
  call->link.data = call;
  g_queue_push_tail_link (&self->closes, &call->link);
  hein_calls_pend (&self->core, call, cancel_close, FALSE);
  g_object_ref (self);
  hein_bus_close (self);
  hein_bus_check_closed (self);
  g_object_unref (self);
}

/**
 * hein_bus_close_finish:
 * @self: a bus
 * @result: what the callback was given
 * @error: return location
 *
 * Returns the result of [method@Bus.close_async].
 *
 * - Thread: owner.
 *
 * Returns: %TRUE when every peer has taken everything, as far as is known
 *
 * Since: 0.9
 */
gboolean
hein_bus_close_finish (HeinBus *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (hein_call_is_valid (result, self, hein_bus_close_async),
                        FALSE);

  return hein_call_finish (HEIN_CALL (result), error) != NULL;
}
