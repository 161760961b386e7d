/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include <hein/hein-bus.h>

#include "base/hein-call.h"
#include "core/hein-calls.h"
#include "core/hein-filters.h"
#include "core/hein-ingress.h"
#include "core/hein-retry.h"
#include "core/hein-send.h"
#include "hein-bus-guard.h"
#include "hein-bus-state.h"
#include "hein-turn.h"
#include "message/hein-message-memory.h"
#include "transport/hein-transport-private.h"

/* Sending from any thread: the public calls. */

/* Returns what the filters of the bus make of @message (transfer full); NULL
 * with @error when one of them refuses it. */
static HeinMessage *
filter (HeinBus *self, HeinMessage *message, GError **error)
{
  if (G_LIKELY (self->core.sender.filters == NULL))
    return hein_message_ref (message);
  return hein_filters_send (&self->core, message, error);
}

/* Sends a message that has passed the filters. */
static inline gboolean
send_filtered (HeinBus *self, const HeinSending *sending, GError **error)
{
  gboolean ok;

  if (G_UNLIKELY (g_atomic_int_get (&self->core.is_closed) ||
                  hein_core_is_forked (&self->core)))
    return hein_core_check_open (&self->core, error);
  if (!hein_send_check_size (&self->core, sending->message, error))
    return FALSE;
  ok = hein_send_message (&self->core, sending, error);
  if (G_UNLIKELY (self->core.host.is_embedded))
    hein_turn_settle (self);
  return ok;
}

static G_GNUC_NO_INLINE gboolean
filter_and_send (HeinBus *self, HeinSending *sending, GError **error)
{
  g_autoptr (HeinMessage) filtered = filter (self, sending->message, error);

  sending->message = filtered;
  return filtered != NULL && send_filtered (self, sending, error);
}

static G_GNUC_NO_INLINE gboolean
send_from_elsewhere (HeinBus *self, const HeinSending *sending, GError **error)
{
  /* the filters run on the owner's thread, when it takes the message in */
  return hein_core_check_open (&self->core, error) &&
         hein_send_check_size (&self->core, sending->message, error) &&
         hein_ingress_post (&self->core, sending, error);
}

/* The owner has sent messages while it was not the owner yet, and the bus has
 * not taken them in. Queues this message behind them, and leaves both to the
 * next turn, so that they go out in order. */
static G_GNUC_NO_INLINE gboolean
send_behind (HeinBus *self, const HeinSending *sending, GError **error)
{
  if (!send_from_elsewhere (self, sending, error))
    return FALSE;
  hein_ingress_fall_behind (&self->core);
  return TRUE;
}

static inline gboolean
send_or_post (HeinBus *self, HeinSending *sending, GError **error)
{
  HeinThread *thread = hein_core_begin_work (&self->core);
  gboolean ok;

  if (G_UNLIKELY (thread == NULL))
    return send_from_elsewhere (self, sending, error);
  if (G_UNLIKELY (self->core.held.is_behind))
    ok = send_behind (self, sending, error);
  else if (G_LIKELY (self->core.sender.filters == NULL))
    ok = send_filtered (self, sending, error);
  else
    ok = filter_and_send (self, sending, error);
  hein_thread_end (thread);
  return ok;
}

/* Takes ownership of @call. */
static void
send_call (HeinBus *self, HeinCall *call, HeinSending *sending)
{
  /* then the filters run when the message is taken in */
  const gboolean is_behind = self->core.held.is_behind;
  g_autoptr (GError) error = NULL;
  g_autoptr (HeinMessage) filtered =
    is_behind ? hein_message_ref (sending->message)
              : filter (self, sending->message, &error);

  sending->message = filtered;
  if (filtered == NULL || !hein_core_check_open (&self->core, &error) ||
      !hein_send_check_size (&self->core, filtered, &error))
    hein_calls_fail (&self->core, call, g_steal_pointer (&error));
  else if (G_UNLIKELY (is_behind))
    hein_ingress_post_call (&self->core, call, sending);
  else
    hein_send_call (&self->core, call, sending);
}

/**
 * hein_bus_send:
 * @self: a bus
 * @message: what to send
 * @error: return location
 *
 * Sends @message to the peers that [property@Bus:strategy] chooses; a reply
 * goes to the peer that asked. Never blocks.
 *
 * Sending is all or nothing: when one of the chosen peers has no room and its
 * overflow policy is `wait`, no peer gets the message. A peer whose protocol or
 * transport cannot carry this message does not get it. That counts as dropped,
 * and is an error only when no other peer was chosen.
 *
 * Each peer gets messages in the order of the calls, whichever calls they are.
 * So sending also fails with `HEIN_ERROR_WOULD_BLOCK` while an earlier message
 * to one of the peers, from another thread or of [method@Bus.send_async], waits
 * for room.
 *
 * On a thread other than the owner's, only the size, whether the bus is open,
 * and a budget of 8 MiB are checked at once. The message counts as sent when
 * the bus takes it in, in its next turn; when the strategy has no peer for it
 * then, or its peer has no room, it is held or counts as dropped.
 *
 * - Limits: 0 to [property@Bus:max-message-size] bytes.
 * - Errors: `HEIN_ERROR_CLOSED`, `HEIN_ERROR_WOULD_BLOCK`,
 *   `HEIN_ERROR_TOO_LARGE`, `HEIN_ERROR_NO_PEER`.
 * - Thread: any.
 *
 * Returns: %TRUE when the message was accepted
 *
 * Since: 0.9
 */
gboolean
hein_bus_send (HeinBus *self, HeinMessage *message, GError **error)
{
  HeinSending sending = { .message = message };

  g_return_val_if_fail (HEIN_IS_BUS (self), FALSE);
  g_return_val_if_fail (message != NULL, FALSE);

  return send_or_post (self, &sending, error);
}

/**
 * hein_bus_send_data:
 * @self: a bus
 * @topic: (nullable): 0 to 255 bytes of UTF-8; %NULL: empty
 * @data: (array length=size) (nullable): the payload, copied
 * @size: its size in bytes
 * @error: return location
 *
 * Sends a message of that topic and payload: [ctor@Message.new_data] and
 * [method@Bus.send] in one call. That is quicker where a call costs more than
 * in C, as in Python and JavaScript.
 *
 * - Limits: 0 to [property@Bus:max-message-size] bytes.
 * - Errors: `HEIN_ERROR_CLOSED`, `HEIN_ERROR_WOULD_BLOCK`,
 *   `HEIN_ERROR_TOO_LARGE`, `HEIN_ERROR_NO_PEER`.
 * - Thread: any.
 *
 * Returns: %TRUE when the message was accepted
 *
 * Since: 0.9
 */
gboolean
hein_bus_send_data (HeinBus *self,
                    const char *topic,
                    const guint8 *data,
                    gsize size,
                    GError **error)
{
  g_return_val_if_fail (HEIN_IS_BUS (self), FALSE);

  g_autoptr (HeinMessage) message = hein_message_new_data (topic, data, size);
  return message != NULL && hein_bus_send (self, message, error);
}

/**
 * hein_bus_send_to:
 * @self: a bus
 * @name: the name of the peer
 * @message: what to send
 * @error: return location
 *
 * Sends @message to the peer of that name, or to all peers where several share
 * the name, whatever they have subscribed to. When a peer of that name was up
 * within the last 300 s, but is not now, the message waits for it to come back.
 *
 * When there is no room the call fails with `HEIN_ERROR_WOULD_BLOCK`:
 * [property@Peer:has-room] tells when to try again. Only
 * [method@Bus.send_async] waits for room.
 *
 * - Limits: 0 to [property@Bus:max-message-size] bytes.
 * - Errors: `HEIN_ERROR_CLOSED`, `HEIN_ERROR_WOULD_BLOCK`,
 *   `HEIN_ERROR_TOO_LARGE`, `HEIN_ERROR_NO_PEER`.
 * - Thread: any.
 *
 * Returns: %TRUE when the message was accepted
 *
 * Since: 0.9
 */
gboolean
hein_bus_send_to (HeinBus *self,
                  const char *name,
                  HeinMessage *message,
                  GError **error)
{
  HeinSending sending = { .message = message, .key = name, .is_named = TRUE };

  g_return_val_if_fail (HEIN_IS_BUS (self), FALSE);
  g_return_val_if_fail (name != NULL, FALSE);
  g_return_val_if_fail (message != NULL, FALSE);

  return send_or_post (self, &sending, error);
}

/**
 * hein_bus_send_with:
 * @self: a bus
 * @strategy: the strategy that chooses the peers of this message
 * @key: (nullable): a parameter of the strategy: a name, or a key to hash
 * @message: what to send
 * @error: return location
 *
 * Sends @message to the peers that @strategy chooses.
 *
 * When there is no room the call fails with `HEIN_ERROR_WOULD_BLOCK`:
 * [property@Peer:has-room] tells when to try again. Only
 * [method@Bus.send_async] waits for room.
 *
 * - Limits: 0 to [property@Bus:max-message-size] bytes.
 * - Errors: `HEIN_ERROR_CLOSED`, `HEIN_ERROR_WOULD_BLOCK`,
 *   `HEIN_ERROR_TOO_LARGE`, `HEIN_ERROR_NO_PEER`.
 * - Thread: any.
 *
 * Returns: %TRUE when the message was accepted
 *
 * Since: 0.9
 */
gboolean
hein_bus_send_with (HeinBus *self,
                    HeinStrategy *strategy,
                    const char *key,
                    HeinMessage *message,
                    GError **error)
{
  HeinSending sending = { .message = message,
                          .strategy = strategy,
                          .key = key };

  g_return_val_if_fail (HEIN_IS_BUS (self), FALSE);
  g_return_val_if_fail (HEIN_IS_STRATEGY (strategy), FALSE);
  g_return_val_if_fail (message != NULL, FALSE);

  return send_or_post (self, &sending, error);
}

/**
 * hein_bus_send_async:
 * @self: a bus
 * @message: what to send
 * @cancellable: (nullable): stops waiting for room
 * @callback: (scope async): called in a turn
 * @user_data: for @callback
 *
 * Sends @message to the peers that [property@Bus:strategy] chooses, as soon as
 * they have room. A message that is sent later, by whichever call, does not
 * overtake this one on its way to the same peer.
 *
 * - Limits: 0 to [property@Bus:max-message-size] bytes. Messages that wait
 *   count in [method@Bus.get_memory_used].
 * - Errors: as [method@Bus.send], except that `HEIN_ERROR_WOULD_BLOCK` means
 *   that the waiting messages would exceed [property@Bus:memory-limit].
 * - Thread: owner.
 *
 * Since: 0.9
 */
void
hein_bus_send_async (HeinBus *self,
                     HeinMessage *message,
                     GCancellable *cancellable,
                     GAsyncReadyCallback callback,
                     gpointer user_data)
{
  HeinSending sending = { .message = message };

  g_return_if_fail (HEIN_IS_BUS (self));
  g_return_if_fail (message != NULL);
  if (hein_calls_refuse (&self->core, self, hein_bus_send_async, callback,
                         user_data))
    return;
  hein_bus_return_unless_owner (self);

  send_call (self,
             hein_calls_begin (&self->core, hein_bus_send_async, cancellable,
                               callback, user_data),
             &sending);
  hein_turn_settle (self);
}

/**
 * hein_bus_send_finish:
 * @self: a bus
 * @result: what the callback was given
 * @error: return location
 *
 * Returns the result of [method@Bus.send_async].
 *
 * - Thread: owner.
 *
 * Returns: %TRUE when the message was accepted
 *
 * Since: 0.9
 */
gboolean
hein_bus_send_finish (HeinBus *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (hein_call_is_valid (result, self, hein_bus_send_async),
                        FALSE);

  return hein_call_finish (HEIN_CALL (result), error) != NULL;
}
