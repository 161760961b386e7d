/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-bus.h>
#include <hein/hein-receipt.h>

#include "ask/hein-deliverer.h"
#include "base/hein-call.h"
#include "core/hein-calls.h"
#include "hein-bus-guard.h"
#include "hein-bus-state.h"
#include "hein-turn.h"

/* Delivering messages, with a receipt: the public calls. */

static void
deliver (HeinBus *self,
         const HeinSending *sending,
         int timeout_ms,
         GCancellable *cancellable,
         GAsyncReadyCallback callback,
         gpointer user_data)
{
  HeinCall *call = hein_calls_begin (&self->core, hein_bus_deliver_async,
                                     cancellable, callback, user_data);
  GError *error = NULL;

  if (!hein_core_check_open (&self->core, &error) ||
      g_cancellable_set_error_if_cancelled (cancellable, &error))
    hein_calls_fail (&self->core, call, error);
  else
    hein_deliverer_deliver (&self->core, call, sending, timeout_ms);
  hein_turn_settle (self);
}

/**
 * hein_bus_deliver_async:
 * @self: a bus
 * @message: what to deliver
 * @timeout_ms: how long to wait for the receipt, in milliseconds; negative:
 *   until the peers are gone
 * @cancellable: (nullable): stops waiting; what was sent may be handled
 *   nevertheless
 * @callback: (scope async): called in a turn
 * @user_data: for @callback
 *
 * Sends a message to the peers that [property@Bus:strategy] chooses, and waits
 * until each of them has said what became of it. The call ends once, with a
 * receipt that has an outcome for each peer:
 *
 * - acknowledged: the program there has handled the message. When that is, is
 *   said in the table of [class@Bus] for each way to receive;
 *   [property@Bus:acknowledge] lets the program say it itself.
 * - failed: it was not handled, and will not be: no handler took it, a filter
 *   dropped it, the program refused it, it was not sent, or its time was over
 *   when it came.
 * - unknown: it was sent, and then the process or the time ended, or the
 *   connection was cut and the peer did not come again within
 *   [property@Bus:resume-ms]. It may have been handled; only what the peer says
 *   that it has not is sent a second time.
 *
 * Where all peers are chosen, as `publish` does, those are meant that have
 * subscribed to the topic at that moment. Where one of several is chosen, as
 * `round-robin` does, peers that have as many open messages as they take at a
 * time ([property@Bus:credit]) are passed over; when there are no others, the
 * message waits for the first that takes it. What was not sent when its peer
 * goes is sent to another one.
 *
 * The time that is left travels with the message. It is not told there when it
 * is over ([method@Message.get_remaining_ms]).
 *
 * Deliveries are supported by `zmtp` between hein buses (over any stream), by
 * `inproc`, by `aiomsg` with `guarantee=at-least-once`, and by `mqtt`, where
 * the broker acknowledges. Other peers cannot acknowledge: their outcome is
 * failed, and the call fails when no other peers are chosen.
 *
 * - Limits: 0 to [property@Bus:max-message-size] bytes; 65536 that have not
 *   ended; they count in [property@Bus:memory-limit].
 * - Errors: at once `HEIN_ERROR_NO_PEER` when no peer is there;
 *   `HEIN_ERROR_FAILED` when the peers cannot acknowledge;
 *   `HEIN_ERROR_WOULD_BLOCK` above a limit; `HEIN_ERROR_TOO_LARGE`;
 *   `HEIN_ERROR_CLOSED`; later `G_IO_ERROR_CANCELLED`. Everything else is in
 *   the receipt.
 * - Thread: owner.
 *
 * Since: 0.9
 */
void
hein_bus_deliver_async (HeinBus *self,
                        HeinMessage *message,
                        int timeout_ms,
                        GCancellable *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer user_data)
{
  const HeinSending sending = { .message = message };

  g_return_if_fail (HEIN_IS_BUS (self));
  g_return_if_fail (message != NULL);
  if (hein_calls_refuse (&self->core, self, hein_bus_deliver_async, callback,
                         user_data))
    return;
  hein_bus_return_unless_owner (self);

  deliver (self, &sending, timeout_ms, cancellable, callback, user_data);
}

/**
 * hein_bus_deliver_to_async:
 * @self: a bus
 * @name: the name of the peer
 * @message: what to deliver
 * @timeout_ms: how long to wait for the receipt, in milliseconds; negative:
 *   until the peers are gone
 * @cancellable: (nullable): stops waiting; what was sent may be handled
 *   nevertheless
 * @callback: (scope async): called in a turn
 * @user_data: for @callback
 *
 * Delivers a message to the peer of that name, or to all peers where several
 * share it; like [method@Bus.deliver_async] otherwise, and finished by
 * [method@Bus.deliver_finish]. A peer that is not there is not waited for.
 *
 * - Limits: as [method@Bus.deliver_async].
 * - Errors: as [method@Bus.deliver_async].
 * - Thread: owner.
 *
 * Since: 0.9
 */
void
hein_bus_deliver_to_async (HeinBus *self,
                           const char *name,
                           HeinMessage *message,
                           int timeout_ms,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer user_data)
{
  const HeinSending sending = { .message = message,
                                .key = name,
                                .is_named = TRUE };

  g_return_if_fail (HEIN_IS_BUS (self));
  g_return_if_fail (name != NULL);
  g_return_if_fail (message != NULL);
  if (hein_calls_refuse (&self->core, self, hein_bus_deliver_async, callback,
                         user_data))
    return;
  hein_bus_return_unless_owner (self);

  deliver (self, &sending, timeout_ms, cancellable, callback, user_data);
}

/**
 * hein_bus_deliver_finish:
 * @self: a bus
 * @result: what the callback was given
 * @error: return location
 *
 * Returns the result of [method@Bus.deliver_async] and
 * [method@Bus.deliver_to_async].
 *
 * - Thread: owner.
 *
 * Returns: (transfer full): what became of the message at each peer
 *
 * Since: 0.9
 */
HeinReceipt *
hein_bus_deliver_finish (HeinBus *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (hein_call_is_valid (result, self,
                                            hein_bus_deliver_async),
                        NULL);

  return hein_call_finish (HEIN_CALL (result), error);
}
