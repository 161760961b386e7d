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
#include "link/hein-link.h"
#include "message/hein-message-memory.h"
#include "message/hein-prefixes.h"
#include "transport/hein-transport-private.h"

/* What goes out instead of @message; NULL with @error. (transfer full) */
static HeinMessage *
filter (HeinBus *self, HeinMessage *message, GError **error)
{
  if (G_LIKELY (self->core.sender.filters == NULL))
    return hein_message_ref (message);
  return hein_filters_send (&self->core, message, error);
}

/* Of what filters have let through. */
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
  /* filters see what other threads send when it is taken in */
  return hein_core_check_open (&self->core, error) &&
         hein_send_check_size (&self->core, sending->message, error) &&
         hein_ingress_post (&self->core, sending, error);
}

/* What it has sent as another thread is still to be taken in, for which a turn
 * has time: this goes behind it. */
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

/* Takes @call. */
static void
send_call (HeinBus *self, HeinCall *call, HeinSending *sending)
{
  /* then filters see it when it is taken in */
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
 * Gives @message to the peers that [property@Bus:strategy] chooses; a reply
 * goes to whoever asked. Never blocks, and is all or nothing: when one of them
 * has no room under `wait`, nobody gets it. A peer whose protocol or transport
 * cannot send this message does not get it, which is counted as dropped, and an
 * error only when the message was for no other peer.
 *
 * Each peer gets what it is sent in the order of the calls, whichever they are
 * and whatever waits meanwhile: so it is `HEIN_ERROR_WOULD_BLOCK`, too, when an
 * earlier message to one of them, from another thread or of
 * [method@Bus.send_async], still waits for room.
 * What another thread sends counts as sent when the bus takes it in, in its next
 * turn.
 *
 * From another thread than the owner's, size, being closed and a budget of
 * 8 MiB are checked at once; what the strategy refuses later is held or counted
 * as dropped.
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
 * hein_bus_send_to:
 * @self: a bus
 * @name: whom to send it to
 * @message: what to send
 * @error: return location
 *
 * Gives @message to the peer of that name, or to all where several share it,
 * whatever they have subscribed to. When it was up in the last 300 s, the
 * message waits for it to come back.
 *
 * When there is no room it fails with `HEIN_ERROR_WOULD_BLOCK`, which is for the
 * caller to handle: [property@Peer:has-room] and [signal@Bus::ready] tell when there
 * is, and only [method@Bus.send_async] waits by itself.
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
 * @strategy: what chooses, for this message
 * @key: (nullable): for the strategy: a name, or what is hashed
 * @message: what to send
 * @error: return location
 *
 * Gives @message to the peers that @strategy chooses.
 *
 * When there is no room it fails with `HEIN_ERROR_WOULD_BLOCK`, which is for the
 * caller to handle: [property@Peer:has-room] and [signal@Bus::ready] tell when there
 * is, and only [method@Bus.send_async] waits by itself.
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
 * @cancellable: (nullable): gives up waiting
 * @callback: (scope async): called in a turn
 * @user_data: for @callback
 *
 * Gives @message to the peers that [property@Bus:strategy] chooses, as soon as
 * there is room. What is sent later by whichever call does not overtake it on
 * its way to the same peer.
 *
 * - Limits: 0 to [property@Bus:max-message-size] bytes. Messages that wait count
 *   in [method@Bus.get_memory_used].
 * - Errors: as [method@Bus.send], but for `HEIN_ERROR_WOULD_BLOCK`, which it
 *   has only when what waits is over [property@Bus:memory-limit].
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
 * Ends [method@Bus.send_async].
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

static void
tell_links (HeinBus *self, const char *prefix, gboolean wanted)
{
  GList *next;

  for (GList *l = self->core.host.links.head; l != NULL; l = next)
    {
      next = l->next;
      hein_link_subscription (l->data, prefix, wanted);
    }
}

static gboolean
add_prefix (HeinBus *self, const char *prefix, gboolean *added, GError **error)
{
  if (!g_utf8_validate (prefix, -1, NULL))
    {
      g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_FAILED,
                           "a subscription has to be UTF-8");
      return FALSE;
    }
  return hein_prefixes_add (&self->core.roster.subscriptions,
                            (const guint8 *) prefix, strlen (prefix), added,
                            error);
}

/**
 * hein_bus_subscribe:
 * @self: a bus
 * @prefix: what topics have to begin with
 * @error: return location
 *
 * Asks for messages whose topic begins with @prefix; those of other topics are
 * then not even sent to this bus. A bus that never subscribed gets everything.
 * Subscribing twice takes unsubscribing twice.
 *
 * Protocols that have no subscriptions, as those of other libraries, send
 * everything all the same: see their READMEs, and `message::topic`.
 *
 * - Limits: 255 bytes of UTF-8; 1024 prefixes.
 * - Errors: `HEIN_ERROR_TOO_LARGE`, `HEIN_ERROR_REFUSED` when there are too
 *   many, `HEIN_ERROR_FAILED` when it is not UTF-8, `HEIN_ERROR_CLOSED`.
 * - Thread: owner.
 *
 * Returns: %TRUE when it was subscribed
 *
 * Since: 0.9
 */
gboolean
hein_bus_subscribe (HeinBus *self, const char *prefix, GError **error)
{
  gboolean was_empty;
  gboolean added;

  g_return_val_if_fail (HEIN_IS_BUS (self), FALSE);
  g_return_val_if_fail (prefix != NULL, FALSE);
  if (!hein_core_check_open (&self->core, error))
    return FALSE;
  hein_bus_return_val_unless_owner (self, FALSE);

  was_empty = hein_prefixes_get_size (&self->core.roster.subscriptions) == 0;
  if (!add_prefix (self, prefix, &added, error))
    return FALSE;
  if (added)
    tell_links (self, prefix, TRUE);
  if (was_empty)
    tell_links (self, "", FALSE);
  hein_core_want_turn (&self->core);
  return TRUE;
}

/**
 * hein_bus_unsubscribe:
 * @self: a bus
 * @prefix: what was given to [method@Bus.subscribe]
 *
 * Takes a subscription back; what was never subscribed to changes nothing. After
 * the last one the bus gets everything again.
 *
 * - Thread: owner.
 *
 * Since: 0.9
 */
void
hein_bus_unsubscribe (HeinBus *self, const char *prefix)
{
  g_return_if_fail (HEIN_IS_BUS (self));
  g_return_if_fail (prefix != NULL);
  hein_bus_return_unless_owner (self);

  if (!hein_prefixes_remove (&self->core.roster.subscriptions,
                             (const guint8 *) prefix, strlen (prefix)))
    return;
  if (hein_prefixes_get_size (&self->core.roster.subscriptions) == 0)
    tell_links (self, "", TRUE);
  tell_links (self, prefix, FALSE);
  hein_core_want_turn (&self->core);
}
