/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "base/hein-call.h"
#include "core/hein-calls.h"
#include "hein-bus-guard.h"
#include "hein-bus-state.h"
#include <hein/hein-bus.h>
#include <hein/hein-peers.h>

/* Waiting until enough peers are there: hein_bus_wait_for_peers_async. */

/* A pending call that waits until a number of peers take messages. */
typedef struct
{
  HeinTimer timer;
  HeinBus *bus;   /* borrowed: the call holds a reference */
  HeinCall *call; /* owned, until it ends */
  guint n_peers;
  int timeout_ms;
  HeinPeerWatch watch;
} Wait;

static Wait *
from_timer (HeinTimer *timer)
{
  return HEIN_CONTAINER (timer, Wait, timer);
}

static guint
count_takers (HeinBus *self)
{
  return hein_peers_get_n_peers (self->core.roster.targets);
}

/* Takes ownership of @error. */
static void
end (Wait *self, GError *error)
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

static void
on_expired (HeinTimer *timer, gint64 now_us)
{
  Wait *self = from_timer (timer);

  end (self,
       g_error_new (HEIN_ERROR, HEIN_ERROR_TIMED_OUT,
                    "%u of %u peers came within %d ms",
                    count_takers (self->bus), self->n_peers, self->timeout_ms));
}

static void
check (HeinPeerWatch *watch)
{
  Wait *self = HEIN_CONTAINER (watch, Wait, watch);

  if (count_takers (self->bus) >= self->n_peers)
    end (self, NULL);
}

static void
on_joined (HeinPeerWatch *watch, HeinPeer *peer)
{
  check (watch);
}

static void
cancel (HeinCall *call, GError *error)
{
  end (call->subject, error);
}

static HeinPeerWatch *
begin (HeinBus *self, HeinCall *call, guint n_peers, int timeout_ms)
{
  Wait *wait = g_new0 (Wait, 1);

  wait->bus = self;
  wait->call = call;
  wait->n_peers = n_peers;
  wait->timeout_ms = timeout_ms;
  wait->timer.expired = on_expired;
  wait->watch.joined = on_joined;
  wait->watch.in_bus.data = &wait->watch;
  call->subject = wait;
  call->free_subject = g_free;
  g_queue_push_tail_link (&self->core.roster.watches, &wait->watch.in_bus);
  hein_calls_pend (&self->core, call, cancel, TRUE);
  if (timeout_ms >= 0)
    hein_loop_arm (self->core.host.loop, &wait->timer,
                   hein_loop_get_now_us (self->core.host.loop) +
                     (gint64) timeout_ms * 1000);
  return &wait->watch;
}

/**
 * hein_bus_wait_for_peers_async:
 * @self: a bus
 * @n_peers: how many, at least 1
 * @timeout_ms: how long to wait, in milliseconds; negative: for ever
 * @cancellable: (nullable): stops waiting
 * @callback: (scope async): called in a turn
 * @user_data: for @callback
 *
 * Waits until @n_peers peers are up that take messages
 * ([property@Peer:accepts-messages]), including those that are up already: what
 * @callback sends goes to all of them. Their `peer-added` is emitted before
 * @callback is called.
 *
 * A program that sends something and exits needs this call, and
 * [method@Bus.close_async], which completes when every peer has taken what was
 * sent to it.
 *
 * - Errors: `HEIN_ERROR_TIMED_OUT`; `HEIN_ERROR_CLOSED` when the bus is closed
 *   meanwhile; `G_IO_ERROR_CANCELLED`.
 * - Thread: owner.
 *
 * Since: 0.9
 */
void
hein_bus_wait_for_peers_async (HeinBus *self,
                               guint n_peers,
                               int timeout_ms,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  HeinCall *call;
  GError *error = NULL;

  g_return_if_fail (HEIN_IS_BUS (self));
  g_return_if_fail (n_peers > 0);
  if (hein_calls_refuse (&self->core, self, hein_bus_wait_for_peers_async,
                         callback, user_data))
    return;
  hein_bus_return_unless_owner (self);

  call = hein_calls_begin (&self->core, hein_bus_wait_for_peers_async,
                           cancellable, callback, user_data);
  if (!hein_core_check_open (&self->core, &error))
    {
      hein_calls_fail (&self->core, call, error);
      return;
    }
  check (begin (self, call, n_peers, timeout_ms));
  hein_core_want_turn (
    &self->core); /* so that a poll on the descriptor learns the deadline */
}

/**
 * hein_bus_wait_for_peers_finish:
 * @self: a bus
 * @result: what the callback was given
 * @error: return location
 *
 * Returns the result of [method@Bus.wait_for_peers_async].
 *
 * - Thread: owner.
 *
 * Returns: %TRUE when @n_peers peers were there at the same time
 *
 * Since: 0.9
 */
gboolean
hein_bus_wait_for_peers_finish (HeinBus *self,
                                GAsyncResult *result,
                                GError **error)
{
  g_return_val_if_fail (hein_call_is_valid (result, self,
                                            hein_bus_wait_for_peers_async),
                        FALSE);

  return hein_call_finish (HEIN_CALL (result), error) != NULL;
}
