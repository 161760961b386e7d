/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-bus.h>

#include "base/hein-call.h"
#include "core/hein-calls.h"
#include "core/hein-inbox.h"
#include "core/hein-news.h"
#include "hein-bus-guard.h"
#include "hein-bus-owner.h"
#include "hein-bus-state.h"
#include "hein-delivery.h"
#include "hein-taking.h"
#include "hein-turn.h"
#include "io/hein-world.h"
#include "message/hein-message-memory.h"
#include "transport/hein-transport-private.h"

/* The functions that receive: blocking, asynchronous, or by the descriptor.
 * Also the handler in C, and the turn that the application makes itself. Which
 * way of receiving gets a message is decided in hein-delivery.c. */

static HeinMessage *
wait_for_message (HeinBus *self, int timeout_ms, GError **error)
{
  gint64 end_us = hein_world_get_us () + (gint64) MAX (timeout_ms, 0) * 1000;

  for (;;)
    {
      HeinMessage *message = hein_inbox_pop (&self->core);
      gint64 left_us = end_us - hein_world_get_us ();

      if (message != NULL)
        return message;
      if (!hein_core_check_open (&self->core, error))
        return NULL;
      hein_turn_run (self, timeout_ms < 0
                             ? -1
                             : (int) ((MAX (left_us, 0) + 999) / 1000));
      if (timeout_ms >= 0 && left_us <= 0 && self->core.news.inbox.length == 0)
        break;
    }
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_TIMED_OUT,
               "no message came within %d ms", timeout_ms);
  return NULL;
}

/**
 * hein_bus_receive:
 * @self: a bus
 * @timeout_ms: how long to wait, in milliseconds; negative: for ever
 * @error: return location
 *
 * Waits for the next message that no handler takes, and returns it. Turns the
 * bus meanwhile: no main loop is needed.
 *
 * - Errors: `HEIN_ERROR_TIMED_OUT`, `HEIN_ERROR_CLOSED`; `HEIN_ERROR_FAILED`
 *   while a handler takes messages, while another thread turns the bus, or
 *   within a turn.
 * - Thread: owner, not in a turn.
 *
 * Returns: (transfer full): the message
 *
 * Since: 0.9
 */
HeinMessage *
hein_bus_receive (HeinBus *self, int timeout_ms, GError **error)
{
  GMainContext *context;
  HeinMessage *message;

  g_return_val_if_fail (HEIN_IS_BUS (self), NULL);

  if (self->core.news.inbox.length == 0 &&
      !hein_core_check_open (&self->core, error))
    return NULL;
  context = hein_bus_begin_turn (self, error);
  if (context == NULL)
    return NULL;
  if (!hein_delivery_check_receiver (self, error))
    {
      hein_bus_end_turn (context);
      return NULL;
    }
  g_object_ref (self);
  hein_taking_begin (self);
  message = wait_for_message (self, timeout_ms, error);
  hein_taking_end (self);
  hein_bus_end_turn (context);
  g_object_unref (self);
  return message;
}

static void
cancel_receive (HeinCall *call, GError *error)
{
  HeinBus *self = HEIN_BUS (call->source);

  g_queue_unlink (&self->core.news.receives, &call->link);
  hein_calls_fail (&self->core, call, error);
}

/**
 * hein_bus_receive_async:
 * @self: a bus
 * @max: how many messages to return at most; 0: none, the call only waits until
 *   one has arrived
 * @cancellable: (nullable): gives up waiting
 * @callback: (scope async): called in a turn
 * @user_data: for @callback
 *
 * Waits for messages that no handler takes. Several calls are served in order.
 *
 * - Errors: `HEIN_ERROR_CLOSED`, `HEIN_ERROR_FAILED` while a handler takes
 *   messages.
 * - Thread: owner.
 *
 * Since: 0.9
 */
void
hein_bus_receive_async (HeinBus *self,
                        guint max,
                        GCancellable *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer user_data)
{
  HeinCall *call;
  GError *error = NULL;

  g_return_if_fail (HEIN_IS_BUS (self));
  if (hein_calls_refuse (&self->core, self, hein_bus_receive_async, callback,
                         user_data))
    return;
  hein_bus_return_unless_owner (self);

  call = hein_calls_begin (&self->core, hein_bus_receive_async, cancellable,
                           callback, user_data);
  call->max = max;
  if ((self->core.news.inbox.length == 0 &&
       !hein_core_check_open (&self->core, &error)) ||
      !hein_delivery_check_receiver (self, &error))
    {
      hein_calls_fail (&self->core, call, error);
      return;
    }
  if (max > 0)
    hein_taking_begin (self);
  call->link.data = call;
  g_queue_push_tail_link (&self->core.news.receives, &call->link);
  hein_calls_pend (&self->core, call, cancel_receive, TRUE);
  hein_inbox_serve (&self->core);
  hein_taking_end (self);
}

/**
 * hein_bus_receive_finish:
 * @self: a bus
 * @result: what the callback was given
 * @error: return location
 *
 * Returns the messages that [method@Bus.receive_async] waited for.
 *
 * - Thread: owner.
 *
 * Returns: (transfer container) (element-type HeinMessage): at least one
 *   message, in order of arrival; an empty array when the call asked for none
 *
 * Since: 0.9
 */
GPtrArray *
hein_bus_receive_finish (HeinBus *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (hein_call_is_valid (result, self,
                                            hein_bus_receive_async),
                        NULL);

  return hein_call_finish (HEIN_CALL (result), error);
}

/**
 * hein_bus_take:
 * @self: a bus
 * @max: how many messages to take at most
 *
 * Takes messages that have arrived and that no handler took, without waiting.
 * Meant for programs that turn the bus by its descriptor, where
 * [method@Bus.receive_async] would need a callback.
 *
 * All of them are acknowledged at once, where the protocol acknowledges
 * messages: [method@Bus.take_one] takes, and so acknowledges, one at a time.
 *
 * - Thread: owner.
 *
 * Returns: (transfer container) (element-type HeinMessage): 0 to @max
 *   messages, in order
 *
 * Since: 0.9
 */
GPtrArray *
hein_bus_take (HeinBus *self, guint max)
{
  GPtrArray *messages;

  g_return_val_if_fail (HEIN_IS_BUS (self), NULL);
  /* messages that the parent of this process received are not the child's */
  if (hein_core_is_forked (&self->core))
    max = 0;
  else
    hein_bus_return_val_unless_owner (self, NULL);

  if (max > 0)
    hein_taking_begin (self);
  messages = hein_inbox_take_some (&self->core, max);
  hein_taking_end (self);
  return messages;
}

/**
 * hein_bus_take_one:
 * @self: a bus
 *
 * Takes the oldest message that has arrived and that no handler took, without
 * waiting. Where the protocol acknowledges messages, taking a message
 * acknowledges it. A program that hands messages on takes them one by one, so
 * that those which it has not handed on are not lost when it crashes.
 *
 * - Thread: owner.
 *
 * Returns: (transfer full) (nullable): the message; %NULL when there is none
 *
 * Since: 0.9
 */
HeinMessage *
hein_bus_take_one (HeinBus *self)
{
  HeinMessage *message;

  g_return_val_if_fail (HEIN_IS_BUS (self), NULL);
  hein_bus_return_val_unless_owner (self, NULL);

  hein_taking_begin (self);
  message = hein_inbox_pop (&self->core);
  hein_taking_end (self);
  return message;
}

/**
 * hein_bus_set_handler: (skip)
 * @self: a bus
 * @func: (nullable): called for every message; %NULL: no handler any more
 * @user_data: for @func
 * @destroy: (nullable): frees @user_data once @func has been replaced and is
 *   not running any more
 *
 * Passes every message to one function instead of emitting signals: the fastest
 * way for C programs. @func may replace itself.
 *
 * - Thread: owner.
 *
 * Since: 0.9
 */
void
hein_bus_set_handler (HeinBus *self,
                      HeinMessageFunc func,
                      gpointer user_data,
                      GDestroyNotify destroy)
{
  HeinHandler *handler;
  HeinHandler *old;

  g_return_if_fail (HEIN_IS_BUS (self));
  hein_bus_return_unless_owner (self);

  handler = g_rc_box_new (HeinHandler);
  *handler = (HeinHandler){ func, user_data, destroy };
  old = g_steal_pointer (&self->handler);
  if (func != NULL && !self->core.host.is_disposed)
    {
      self->handler = handler;
      if (self->core.news.inbox.length > 0)
        hein_core_want_turn (&self->core);
    }
  else
    hein_handler_release (handler);
  if (old != NULL)
    hein_handler_release (old);
}

/**
 * hein_bus_get_fd:
 * @self: a bus
 *
 * Gets a descriptor that is readable whenever the bus has something to do, for
 * event loops other than GLib's. Call [method@Bus.turn] when it is readable.
 *
 * - Thread: owner.
 *
 * Returns: a descriptor that belongs to the bus; -1 once the bus is disposed
 *
 * Since: 0.9
 */
int
hein_bus_get_fd (HeinBus *self)
{
  g_return_val_if_fail (HEIN_IS_BUS (self), -1);
  hein_bus_return_val_unless_owner (self, -1);

  if (self->core.host.is_disposed || hein_core_is_forked (&self->core))
    return -1;
  /* Only what there is to do, or to take, makes it readable: a program that
   * asks after each turn would never sleep. */
  if (!self->core.host.is_embedded || hein_turn_has_work (self) ||
      self->core.news.inbox.length > 0)
    {
      self->core.host.is_embedded = TRUE;
      hein_core_want_turn (&self->core);
    }
  return hein_loop_get_fd (self->core.host.loop);
}

/**
 * hein_bus_turn:
 * @self: a bus
 * @timeout_ms: how long to wait for something to do, in milliseconds; 0: not
 *   at all; negative: for ever
 *
 * Makes one turn: reads and writes sockets, runs timers, and emits signals. Not
 * needed while a GLib main loop turns the bus. A UNIX signal ends the wait.
 *
 * - Thread: owner, not in a turn.
 *
 * Since: 0.9
 */
void
hein_bus_turn (HeinBus *self, int timeout_ms)
{
  g_autoptr (GError) error = NULL;
  GMainContext *context;

  g_return_if_fail (HEIN_IS_BUS (self));

  context = hein_bus_begin_turn (self, &error);
  if (context == NULL)
    {
      if (!g_error_matches (error, HEIN_ERROR, HEIN_ERROR_CLOSED))
        g_critical ("%s: %s", G_STRFUNC, error->message);
      return;
    }
  hein_turn_run (self, timeout_ms);
  hein_bus_end_turn (context);
}
