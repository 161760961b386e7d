/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-bus.h>
#include <hein/hein-replies.h>
#include <hein/hein-request.h>

#include "ask/hein-asker.h"
#include "ask/hein-replies-private.h"
#include "ask/hein-services.h"
#include "base/hein-call.h"
#include "core/hein-calls.h"
#include "hein-bus-guard.h"
#include "hein-bus-state.h"
#include "hein-turn.h"

/* Making requests, and serving them: the public calls for both. */

static void
request (HeinBus *self,
         const HeinSending *sending,
         int timeout_ms,
         GCancellable *cancellable,
         GAsyncReadyCallback callback,
         gpointer user_data)
{
  const HeinQuestion question = { sending, timeout_ms, 0, NULL, FALSE };
  HeinCall *call = hein_calls_begin (&self->core, hein_bus_request_async,
                                     cancellable, callback, user_data);
  GError *error = NULL;

  if (!hein_core_check_open (&self->core, &error) ||
      g_cancellable_set_error_if_cancelled (cancellable, &error))
    hein_calls_fail (&self->core, call, error);
  else
    hein_asker_ask (&self->core, call, &question);
  hein_turn_settle (self);
}

/**
 * hein_bus_request_async:
 * @self: a bus
 * @message: the request
 * @timeout_ms: how long to wait for the answer, in milliseconds; negative:
 *   until the peers that were asked are gone
 * @cancellable: (nullable): stops waiting, and tells the peers so
 * @callback: (scope async): called in a turn
 * @user_data: for @callback
 *
 * Sends a request to the peers that [property@Bus:strategy] chooses, whatever
 * they have subscribed to. When it chooses several, as `publish` does, the
 * first answer counts, and the other peers are told that theirs is no longer
 * wanted.
 *
 * The call fails as soon as it is known that there will be no answer: when no
 * peer is there that could answer, when a peer does not serve the topic or
 * drops the request, or when the peer goes.
 *
 * Requests are supported by `zmtp` between hein buses (over any stream) and by
 * `inproc`; also by `zmtp` to the sockets REP, ROUTER and DEALER of libzmq, by
 * `nats`, and by `mqtt` in MQTT 5.
 *
 * - Limits: 0 to [property@Bus:max-message-size] bytes; 65536 pending requests,
 *   16384 of them to one peer.
 * - Errors: `HEIN_ERROR_NO_PEER` when no peer is there; `HEIN_ERROR_FAILED`
 *   when the peers cannot be asked; `HEIN_ERROR_NOT_SERVED`;
 *   `HEIN_ERROR_CLOSED` when the peer that was asked goes, or the bus is
 *   closed; `HEIN_ERROR_TIMED_OUT`; `HEIN_ERROR_WOULD_BLOCK` above a limit of
 *   either side; `HEIN_ERROR_TOO_LARGE`; `G_IO_ERROR_CANCELLED`; and
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
 * @name: the name of the peer
 * @message: the request
 * @timeout_ms: how long to wait for the answer, in milliseconds; negative:
 *   until the peers that were asked are gone
 * @cancellable: (nullable): stops waiting, and tells the peers so
 * @callback: (scope async): called in a turn
 * @user_data: for @callback
 *
 * Sends a request to the peer of that name, or to all peers where several share
 * it; like [method@Bus.request_async] otherwise, and finished by
 * [method@Bus.request_finish]. A peer that is not there is not waited for.
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
 * Returns the result of [method@Bus.request_async] and
 * [method@Bus.request_to_async].
 *
 * - Thread: owner.
 *
 * Returns: (transfer full): the answer, whose sender is the peer that gave it
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

static HeinReplies *
request_many (HeinBus *self,
              const HeinSending *sending,
              int timeout_ms,
              guint credit)
{
  HeinReplies *replies =
    hein_replies_new (&self->core, sending, timeout_ms,
                      CLAMP (credit == 0 ? HEIN_REPLIES_CREDIT : credit, 1,
                             HEIN_REPLIES_CREDIT_MAX));

  hein_turn_settle (self);
  return replies;
}

/**
 * hein_bus_request_many:
 * @self: a bus
 * @message: the request
 * @timeout_ms: how long the answers may take in all, in milliseconds; negative:
 *   until the peers that were asked are gone
 * @credit: how many answers of each peer may wait to be taken, 1 to
 *   %HEIN_REPLIES_CREDIT_MAX; 0: %HEIN_REPLIES_CREDIT
 *
 * Asks the peers that [property@Bus:strategy] chooses for many answers: all
 * that one peer gives ([method@Request.reply_part]), or, with `publish`, those
 * of everybody. The single answer of a peer that knows only one
 * ([method@Request.reply]) is a stream of one.
 *
 * The answers end when the last peer has ended its own. When a peer fails,
 * those of the others come first, and then its error; but peers that do not
 * serve the topic count only when nobody serves it.
 *
 * Peers that carry a single answer (the sockets REP, ROUTER and DEALER of
 * libzmq, which know neither an end of answers nor credit) are not asked.
 *
 * - Limits: as [method@Bus.request_async]. Answers that are not taken count in
 *   [property@Bus:memory-limit].
 * - Errors: as [method@Bus.request_async], by [method@Replies.next_async];
 *   `HEIN_ERROR_TIMED_OUT` when the end is not there in time;
 *   `HEIN_ERROR_FAILED` when the peers carry a single answer.
 * - Thread: owner.
 *
 * Returns: (transfer full): the answers, which are to be taken one by one
 *
 * Since: 0.9
 */
HeinReplies *
hein_bus_request_many (HeinBus *self,
                       HeinMessage *message,
                       int timeout_ms,
                       guint credit)
{
  const HeinSending sending = { .message = message };

  g_return_val_if_fail (HEIN_IS_BUS (self), NULL);
  g_return_val_if_fail (message != NULL, NULL);
  if (!hein_core_is_forked (&self->core))
    hein_bus_return_val_unless_owner (self, NULL);

  return request_many (self, &sending, timeout_ms, credit);
}

/**
 * hein_bus_request_many_to:
 * @self: a bus
 * @name: the name of the peer
 * @message: the request
 * @timeout_ms: how long the answers may take in all, in milliseconds; negative:
 *   until the peers that were asked are gone
 * @credit: how many answers of each peer may wait to be taken, 1 to
 *   %HEIN_REPLIES_CREDIT_MAX; 0: %HEIN_REPLIES_CREDIT
 *
 * Asks the peer of that name for many answers, or all peers where several share
 * it; like [method@Bus.request_many] otherwise.
 *
 * - Limits: as [method@Bus.request_many].
 * - Errors: as [method@Bus.request_many].
 * - Thread: owner.
 *
 * Returns: (transfer full): the answers, which are to be taken one by one
 *
 * Since: 0.9
 */
HeinReplies *
hein_bus_request_many_to (HeinBus *self,
                          const char *name,
                          HeinMessage *message,
                          int timeout_ms,
                          guint credit)
{
  const HeinSending sending = { .message = message,
                                .key = name,
                                .is_named = TRUE };

  g_return_val_if_fail (HEIN_IS_BUS (self), NULL);
  g_return_val_if_fail (name != NULL, NULL);
  g_return_val_if_fail (message != NULL, NULL);
  if (!hein_core_is_forked (&self->core))
    hein_bus_return_val_unless_owner (self, NULL);

  return request_many (self, &sending, timeout_ms, credit);
}

/**
 * hein_bus_serve:
 * @self: a bus
 * @pattern: the topics to serve: levels separated by `/`, where `*` stands for
 *   one level and `**` for any number of levels; 0 to 255 bytes of UTF-8
 * @func: (scope notified) (closure user_data) (destroy destroy): called in a
 *   turn for each request
 * @user_data: for @func
 * @destroy: (nullable): called when @user_data is not needed any more
 * @error: return location
 *
 * Serves requests whose topic matches @pattern. A pattern without stars takes
 * precedence over those with stars, of which the first one that was added
 * counts.
 *
 * Requests are not delivered as messages; the bus refuses requests whose topic
 * nobody serves. What the sockets REQ and DEALER of libzmq send is a request
 * when its topic is served, and a message otherwise.
 *
 * - Limits: 16384 unanswered requests of one peer; those of all peers may use a
 *   quarter of [property@Bus:memory-limit]. Further requests are refused.
 * - Errors: `HEIN_ERROR_DUPLICATE` when @pattern is served already;
 *   `HEIN_ERROR_TOO_LARGE`; `HEIN_ERROR_FAILED` when @pattern is not valid;
 *   `HEIN_ERROR_CLOSED`.
 * - Thread: owner.
 *
 * Returns: %TRUE when the pattern is served
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
 * Stops serving a pattern. Requests that have arrived can still be answered.
 * Nothing happens when the pattern was not served.
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
