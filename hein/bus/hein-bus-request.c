/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-bus.h>
#include <hein/hein-request.h>

#include "ask/hein-asker.h"
#include "ask/hein-services.h"
#include "base/hein-call.h"
#include "core/hein-calls.h"
#include "hein-bus-guard.h"
#include "hein-bus-state.h"
#include "hein-turn.h"

/* Requests, of this bus and to it. */

static void
request (HeinBus *self,
         const HeinSending *sending,
         int timeout_ms,
         GCancellable *cancellable,
         GAsyncReadyCallback callback,
         gpointer user_data)
{
  HeinCall *call = hein_calls_begin (&self->core, hein_bus_request_async,
                                     cancellable, callback, user_data);
  GError *error = NULL;

  if (!hein_core_check_open (&self->core, &error) ||
      g_cancellable_set_error_if_cancelled (cancellable, &error))
    hein_calls_fail (&self->core, call, error);
  else
    hein_asker_ask (&self->core, call, sending, timeout_ms);
  hein_turn_settle (self);
}

/**
 * hein_bus_request_async:
 * @self: a bus
 * @message: what is asked
 * @timeout_ms: how long to wait for the answer, in milliseconds; negative: for as
 *   long as who is asked is there
 * @cancellable: (nullable): gives up waiting, which the other side is told
 * @callback: (scope async): called in a turn
 * @user_data: for @callback
 *
 * Asks the peers that [property@Bus:strategy] chooses, whatever they have subscribed
 * to. When it chooses several, as `publish` does, the first answer counts, and the
 * others are told that theirs is not wanted any more.
 *
 * It ends as soon as it is known that there will be no answer: when nobody is there
 * who could answer, when the other side does not serve the topic or drops the
 * request, and when it goes.
 *
 * What carries requests is `zmtp` between heins (over whichever stream) and `inproc`;
 * and `zmtp` to the sockets REP, ROUTER and DEALER of libzmq.
 *
 * - Limits: 0 to [property@Bus:max-message-size] bytes; 65536 requests that wait for
 *   their answers, 16384 of them at one peer.
 * - Errors: `HEIN_ERROR_NO_PEER` when nobody is there; `HEIN_ERROR_FAILED` when who is
 *   there cannot be asked; `HEIN_ERROR_NOT_SERVED`; `HEIN_ERROR_CLOSED` when who was
 *   asked goes, or the bus closes; `HEIN_ERROR_TIMED_OUT`; `HEIN_ERROR_WOULD_BLOCK`
 *   over a limit, here or there; `HEIN_ERROR_TOO_LARGE`; `G_IO_ERROR_CANCELLED`; and
 *   `HEIN_ANSWER_ERROR` when the answer is an error.
 * - Thread: owner.
 *
 * Since: 0.9
 */
void
hein_bus_request_async (HeinBus *self,
                        HeinMessage *message,
                        int timeout_ms,
                        GCancellable *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer user_data)
{
  const HeinSending sending = { .message = message };

  g_return_if_fail (HEIN_IS_BUS (self));
  g_return_if_fail (message != NULL);
  if (hein_calls_refuse (&self->core, self, hein_bus_request_async, callback,
                         user_data))
    return;
  hein_bus_return_unless_owner (self);

  request (self, &sending, timeout_ms, cancellable, callback, user_data);
}

/**
 * hein_bus_request_to_async:
 * @self: a bus
 * @name: whom to ask
 * @message: what is asked
 * @timeout_ms: how long to wait for the answer, in milliseconds; negative: for as
 *   long as who is asked is there
 * @cancellable: (nullable): gives up waiting, which the other side is told
 * @callback: (scope async): called in a turn
 * @user_data: for @callback
 *
 * Asks the peer of that name, or all where several share it; as
 * [method@Bus.request_async], and ended by [method@Bus.request_finish]. One that is
 * not there is not waited for.
 *
 * - Limits: as [method@Bus.request_async].
 * - Errors: as [method@Bus.request_async].
 * - Thread: owner.
 *
 * Since: 0.9
 */
void
hein_bus_request_to_async (HeinBus *self,
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
  if (hein_calls_refuse (&self->core, self, hein_bus_request_async, callback,
                         user_data))
    return;
  hein_bus_return_unless_owner (self);

  request (self, &sending, timeout_ms, cancellable, callback, user_data);
}

/**
 * hein_bus_request_finish:
 * @self: a bus
 * @result: what the callback was given
 * @error: return location
 *
 * Ends [method@Bus.request_async] and [method@Bus.request_to_async].
 *
 * - Thread: owner.
 *
 * Returns: (transfer full): the answer, whose sender gave it
 *
 * Since: 0.9
 */
HeinMessage *
hein_bus_request_finish (HeinBus *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (hein_call_is_valid (result, self,
                                            hein_bus_request_async),
                        NULL);

  return hein_call_finish (HEIN_CALL (result), error);
}

/**
 * hein_bus_serve:
 * @self: a bus
 * @pattern: which topics: levels that a `/` parts, where `*` stands for one level and
 *   `**` for any number of them; 0 to 255 bytes of UTF-8
 * @func: (scope notified) (closure user_data) (destroy destroy): called in a turn for
 *   each request
 * @user_data: for @func
 * @destroy: (nullable): called when @user_data is not needed any more
 * @error: return location
 *
 * Answers requests whose topic matches @pattern. A pattern without stars goes before
 * those with some, of which the first one that was served counts.
 *
 * Requests do not come as messages; what is asked about topics that nobody serves
 * is refused by the bus. Requests of the sockets REQ and DEALER of libzmq are
 * requests where their topic is served, and messages else.
 *
 * - Limits: of one peer 16384 requests that are not answered yet, and of all what
 *   takes a quarter of [property@Bus:memory-limit]; who asks more is refused.
 * - Errors: `HEIN_ERROR_DUPLICATE` when @pattern is served already;
 *   `HEIN_ERROR_TOO_LARGE`, `HEIN_ERROR_FAILED` when it is no pattern;
 *   `HEIN_ERROR_CLOSED`.
 * - Thread: owner.
 *
 * Returns: %TRUE when it is served
 *
 * Since: 0.9
 */
gboolean
hein_bus_serve (HeinBus *self,
                const char *pattern,
                HeinRequestFunc func,
                gpointer user_data,
                GDestroyNotify destroy,
                GError **error)
{
  gboolean ok = FALSE;

  g_return_val_if_fail (HEIN_IS_BUS (self), FALSE);
  g_return_val_if_fail (pattern != NULL, FALSE);
  g_return_val_if_fail (func != NULL, FALSE);

  if (hein_core_check_open (&self->core, error))
    {
      hein_bus_return_val_unless_owner (self, FALSE);
      ok = hein_services_add (&self->core, pattern, func, user_data, destroy,
                              error);
    }
  if (!ok && destroy != NULL)
    destroy (user_data);
  return ok;
}

/**
 * hein_bus_unserve:
 * @self: a bus
 * @pattern: what was given to [method@Bus.serve]
 *
 * Answers no more requests about it; those that have come stay to be answered. What
 * was never served changes nothing.
 *
 * - Thread: owner.
 *
 * Since: 0.9
 */
void
hein_bus_unserve (HeinBus *self, const char *pattern)
{
  g_return_if_fail (HEIN_IS_BUS (self));
  g_return_if_fail (pattern != NULL);
  hein_bus_return_unless_owner (self);

  hein_services_remove (&self->core, pattern);
}
