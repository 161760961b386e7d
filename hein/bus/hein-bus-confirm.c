/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-bus.h>

#include "base/hein-call.h"
#include "core/hein-calls.h"
#include "hein-bus-guard.h"
#include "hein-bus-state.h"
#include "link/hein-link-state.h"
#include "link/hein-peer-state.h"
#include "session/hein-announcer.h"

/* Waiting until peers know what the bus has subscribed to:
 * hein_bus_confirm_subscriptions_async. */

typedef struct
{
  HeinTimer timer;
  HeinBus *bus;        /* borrowed: the call holds a reference */
  HeinCall *call;      /* owned, until it ends */
  GPtrArray *asked;    /* owned HeinPeer, in order */
  GHashTable *pending; /* those of them that have not answered yet */
  guint number;
  int timeout_ms;
  HeinPeerWatch watch;
} Confirmation;

static void
confirmation_free (gpointer data)
{
  Confirmation *self = data;

  g_hash_table_unref (self->pending);
  g_ptr_array_unref (self->asked);
  g_free (self);
}

/* Takes ownership of @error. */
static void
end (Confirmation *self, GError *error)
{
  HeinCall *call = self->call;

  g_queue_unlink (&self->bus->core.roster.watches, &self->watch.in_bus);
  hein_loop_disarm (self->bus->core.host.loop, &self->timer);
  if (error != NULL)
    hein_call_set_error (call, error);
  else
    hein_call_set_result (call, GINT_TO_POINTER (TRUE), NULL);
  hein_calls_end (&self->bus->core, call);
}

static HeinPeer *
find_pending (Confirmation *self)
{
  guint i = 0;

  while (!g_hash_table_contains (self->pending, self->asked->pdata[i]))
    i++;
  return self->asked->pdata[i];
}

static void
on_expired (HeinTimer *timer, gint64 now_us)
{
  Confirmation *self = HEIN_CONTAINER (timer, Confirmation, timer);

  end (self, g_error_new (HEIN_ERROR, HEIN_ERROR_TIMED_OUT,
                          "%u peers, among them %s, did not confirm the "
                          "subscriptions within %d ms",
                          g_hash_table_size (self->pending),
                          find_pending (self)->name, self->timeout_ms));
}

static void
settle (Confirmation *self, HeinPeer *peer)
{
  if (g_hash_table_remove (self->pending, peer) &&
      g_hash_table_size (self->pending) == 0)
    end (self, NULL);
}

static void
on_confirmed (HeinPeerWatch *watch, HeinPeer *peer, guint number)
{
  Confirmation *self = HEIN_CONTAINER (watch, Confirmation, watch);

  /* numbers may begin again */
  if ((gint32) (number - self->number) >= 0)
    settle (self, peer);
}

/* Who is gone needs to know nothing. */
static void
on_settled (HeinPeerWatch *watch, HeinPeer *peer, gboolean is_alive)
{
  if (!is_alive && !peer->is_up)
    settle (HEIN_CONTAINER (watch, Confirmation, watch), peer);
}

static void
cancel (HeinCall *call, GError *error)
{
  end (call->subject, error);
}

static void
ask_all (Confirmation *self)
{
  HeinCore *core = &self->bus->core;
  GList *next;

  for (GList *l = core->host.links.head; l != NULL; l = next)
    {
      HeinLink *link = l->data;
      HeinPeer *peer = link->peer;

      next = l->next;
      if (link->state == HEIN_LINK_UP &&
          hein_announcer_ask (link, self->number) && peer->is_up &&
          g_hash_table_add (self->pending, peer))
        g_ptr_array_add (self->asked, g_object_ref (peer));
    }
}

static void
begin (HeinBus *bus, HeinCall *call, int timeout_ms)
{
  Confirmation *self = g_new0 (Confirmation, 1);
  HeinCore *core = &bus->core;

  self->bus = bus;
  self->call = call;
  self->asked = g_ptr_array_new_with_free_func (g_object_unref);
  self->pending = g_hash_table_new (NULL, NULL);
  self->number = ++core->roster.n_confirmations;
  self->timeout_ms = timeout_ms;
  self->timer.expired = on_expired;
  self->watch.confirmed = on_confirmed;
  self->watch.settled = on_settled;
  self->watch.in_bus.data = &self->watch;
  call->subject = self;
  call->free_subject = confirmation_free;
  g_queue_push_tail_link (&core->roster.watches, &self->watch.in_bus);
  hein_calls_pend (core, call, cancel, TRUE);
  ask_all (self);
  if (g_hash_table_size (self->pending) == 0)
    end (self, NULL);
  else if (timeout_ms >= 0)
    hein_loop_arm (core->host.loop, &self->timer,
                   hein_loop_get_now_us (core->host.loop) +
                     (gint64) timeout_ms * 1000);
}

/**
 * hein_bus_confirm_subscriptions_async:
 * @self: a bus
 * @timeout_ms: how long to wait, in milliseconds; negative: for ever
 * @cancellable: (nullable): stops waiting
 * @callback: (scope async): called in a turn
 * @user_data: for @callback
 *
 * Waits until all peers that are up know what the bus has subscribed to, and
 * unsubscribed from, before this call. What a peer sends from then on is what
 * the bus wants, all of it.
 *
 * - Other buses confirm it: whatever they send later obeys the subscriptions.
 * - A ZeroMQ peer of ZMTP 3.1 confirms that its connection has read them; its
 *   socket obeys them when its program next sends. Older ones confirm nothing,
 *   and count as knowing when the subscriptions have been given to the
 *   connection.
 * - With transports and protocols that have no subscriptions, and where the bus
 *   itself compares, there is nothing to wait for.
 *
 * Peers that leave meanwhile are not waited for, and those that come are told
 * before they are up.
 *
 * - Errors: `HEIN_ERROR_TIMED_OUT`; `HEIN_ERROR_CLOSED` when the bus is closed
 *   meanwhile; `G_IO_ERROR_CANCELLED`.
 * - Thread: owner.
 *
 * Since: 0.9
 */
void
hein_bus_confirm_subscriptions_async (HeinBus *self,
                                      int timeout_ms,
                                      GCancellable *cancellable,
                                      GAsyncReadyCallback callback,
                                      gpointer user_data)
{
  HeinCall *call;
  GError *error = NULL;

  g_return_if_fail (HEIN_IS_BUS (self));
  if (hein_calls_refuse (&self->core, self,
                         hein_bus_confirm_subscriptions_async, callback,
                         user_data))
    return;
  hein_bus_return_unless_owner (self);

  call = hein_calls_begin (&self->core, hein_bus_confirm_subscriptions_async,
                           cancellable, callback, user_data);
  if (!hein_core_check_open (&self->core, &error))
    {
      hein_calls_fail (&self->core, call, error);
      return;
    }
  begin (self, call, timeout_ms);
  hein_core_want_turn (&self->core);
}

/**
 * hein_bus_confirm_subscriptions_finish:
 * @self: a bus
 * @result: what the callback was given
 * @error: return location
 *
 * Returns the result of [method@Bus.confirm_subscriptions_async].
 *
 * - Thread: owner.
 *
 * Returns: %TRUE when all peers know what the bus has subscribed to
 *
 * Since: 0.9
 */
gboolean
hein_bus_confirm_subscriptions_finish (HeinBus *self,
                                       GAsyncResult *result,
                                       GError **error)
{
  g_return_val_if_fail (
    hein_call_is_valid (result, self, hein_bus_confirm_subscriptions_async),
    FALSE);

  return hein_call_finish (HEIN_CALL (result), error) != NULL;
}
