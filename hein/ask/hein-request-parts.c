/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-bus.h>
#include <hein/hein-error.h>

#include "core/hein-calls.h"
#include "core/hein-core-guard.h"
#include "hein-request-private.h"

/* Giving many answers to a request, no more than who asked has room for. */

/**
 * hein_request_get_takes_parts:
 * @self: a request
 *
 * Gets whether the peer wants many answers: it called
 * [method@Bus.request_many]. A single answer is all right, too.
 *
 * - Thread: any.
 *
 * Returns: %TRUE when [method@Request.reply_part] may be called
 *
 * Since: 0.9
 */
gboolean
hein_request_get_takes_parts (HeinRequest *self)
{
  g_return_val_if_fail (HEIN_IS_REQUEST (self), FALSE);

  return self->takes_parts;
}

/**
 * hein_request_get_credit:
 * @self: a request
 *
 * Gets how many answers the peer has room for now. While an answer waits for
 * room in the connection, that is none.
 *
 * - Thread: any.
 *
 * Returns: how often [method@Request.reply_part] may be called; 0 when the
 *   request is over, or when a single answer is wanted
 *
 * Since: 0.9
 */
guint
hein_request_get_credit (HeinRequest *self)
{
  g_return_val_if_fail (HEIN_IS_REQUEST (self), 0);

  return hein_server_get_credit (self->server, &self->served);
}

static gboolean
check_takes_parts (HeinRequest *self, GError **error)
{
  if (self->takes_parts)
    return TRUE;
  g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_FAILED,
                       "who asked takes a single answer");
  return FALSE;
}

static gboolean
spend (HeinRequest *self, GError **error)
{
  if (hein_server_spend (self->server, &self->served))
    return TRUE;
  if (hein_server_is_over (self->server, &self->served))
    return hein_request_refuse_late (self, error);
  g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK,
                       "who asked has no room for another answer now");
  return FALSE;
}

/* An answer that had to wait for room is sent, or lost with its peer. */
static void
on_sent (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (HeinRequest) self = data;

  hein_call_finish (HEIN_CALL (result), NULL);
  hein_server_stick (self->server, &self->served, -1);
  self->served.credited (&self->served);
}

static gboolean
send_part (HeinRequest *self, HeinMessage *message, GError **error)
{
  g_autoptr (HeinMessage) part =
    hein_request_make_answer (self, HEIN_ASK_PART, 0, message);
  const HeinTried tried =
    hein_server_send (self->server, part, on_sent, self, error);

  if (tried != HEIN_TRIED_WAITS)
    return tried != HEIN_TRIED_FAILED;
  /* on_sent is called in a turn */
  g_object_ref (self);
  hein_server_stick (self->server, &self->served, 1);
  return TRUE;
}

/**
 * hein_request_reply_part:
 * @self: a request
 * @message: the answer
 * @error: return location
 *
 * Gives one of many answers. It uses up one unit of credit; without credit it
 * fails, and [method@Request.wait_for_credit_async] tells when there is some.
 *
 * The answers end with [method@Request.end], or with
 * [method@Request.reply], which gives the last one, or with
 * [method@Request.refuse].
 *
 * - Limits: 0 to [property@Bus:max-message-size] bytes.
 * - Errors: `HEIN_ERROR_WOULD_BLOCK` without credit; `HEIN_ERROR_FAILED` when a
 *   single answer is wanted; `HEIN_ERROR_CLOSED` when the request is over, or
 *   the bus is closed; `HEIN_ERROR_TOO_LARGE`, `HEIN_ERROR_NO_PEER`.
 * - Thread: any.
 *
 * Returns: %TRUE when the answer was accepted
 *
 * Since: 0.9
 */
gboolean
hein_request_reply_part (HeinRequest *self,
                         HeinMessage *message,
                         GError **error)
{
  g_return_val_if_fail (HEIN_IS_REQUEST (self), FALSE);
  g_return_val_if_fail (message != NULL, FALSE);

  if (!check_takes_parts (self, error) || !spend (self, error))
    return FALSE;
  if (send_part (self, message, error))
    return TRUE;
  hein_server_refund (self->server, &self->served);
  return FALSE;
}

/**
 * hein_request_end:
 * @self: a request
 * @error: return location
 *
 * Ends the answers, of which there may have been none.
 *
 * - Errors: `HEIN_ERROR_FAILED` when a single answer is wanted;
 *   `HEIN_ERROR_CLOSED` when the request is over, or the bus is closed;
 *   `HEIN_ERROR_NO_PEER`.
 * - Thread: any.
 *
 * Returns: %TRUE when the end was accepted
 *
 * Since: 0.9
 */
gboolean
hein_request_end (HeinRequest *self, GError **error)
{
  g_return_val_if_fail (HEIN_IS_REQUEST (self), FALSE);

  return check_takes_parts (self, error) && hein_request_take (self, error) &&
         hein_request_send_text (self, HEIN_ASK_END, 0, "", error);
}

/* Returns TRUE when the call has an outcome already. */
static gboolean
decide (HeinRequest *self, HeinCall *call)
{
  GError *error = NULL;

  if (!check_takes_parts (self, &error) ||
      (hein_server_is_over (self->server, &self->served) &&
       !hein_request_refuse_late (self, &error)) ||
      g_cancellable_set_error_if_cancelled (call->cancellable, &error))
    hein_call_set_error (call, error);
  else if (hein_server_get_credit (self->server, &self->served) > 0)
    hein_call_set_result (call, self, NULL);
  return call->is_done;
}

static void
cancel (HeinCall *call, GError *error)
{
  HeinRequest *self = HEIN_REQUEST (call->source);

  g_queue_unlink (&self->waits, &call->link);
  hein_calls_fail (call->owner, call, error);
}

/* Takes ownership of @bus. */
static void
wait (HeinRequest *self,
      HeinCore *core,
      HeinBus *bus,
      GCancellable *cancellable,
      GAsyncReadyCallback callback,
      gpointer user_data)
{
  HeinCall *call =
    hein_calls_begin_of (core, self, hein_request_wait_for_credit_async,
                         cancellable, callback, user_data);

  call->subject = bus;
  call->free_subject = g_object_unref;
  if (decide (self, call))
    {
      hein_calls_end (core, call);
      core->funcs->settle (core);
      return;
    }
  call->link.data = call;
  g_queue_push_tail_link (&self->waits, &call->link);
  hein_calls_pend (core, call, cancel, TRUE);
}

/**
 * hein_request_wait_for_credit_async:
 * @self: a request
 * @cancellable: (nullable): stops waiting
 * @callback: (scope async): called in a turn
 * @user_data: for @callback
 *
 * Waits until the peer and the connection have room for another answer. When
 * several calls wait, all end at once, and who comes first gives the answer.
 *
 * - Errors: as [method@Request.reply_part], and `G_IO_ERROR_CANCELLED`. When
 *   another thread ends the request meanwhile, the call ends with the bus.
 * - Thread: owner.
 *
 * Since: 0.9
 */
void
hein_request_wait_for_credit_async (HeinRequest *self,
                                    GCancellable *cancellable,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data)
{
  g_autoptr (HeinBus) bus = NULL;
  HeinCore *core;
  HeinCall *call;

  g_return_if_fail (HEIN_IS_REQUEST (self));

  core = hein_server_hold_core (self->server, &bus);
  if (core == NULL)
    {
      /* no turn will follow */
      call = hein_call_new (self, hein_request_wait_for_credit_async, NULL,
                            callback, user_data);
      hein_call_set_error (
        call, g_error_new_literal (HEIN_ERROR, HEIN_ERROR_CLOSED,
                                   "the bus that was asked is gone"));
      hein_call_complete_later (call, g_main_context_get_thread_default ());
      return;
    }
  if (hein_calls_refuse (core, self, hein_request_wait_for_credit_async,
                         callback, user_data))
    return;
  hein_core_return_unless_owner (core);
  wait (self, core, g_steal_pointer (&bus), cancellable, callback, user_data);
}

/**
 * hein_request_wait_for_credit_finish:
 * @self: a request
 * @result: what the callback was given
 * @error: return location
 *
 * Returns the result of [method@Request.wait_for_credit_async].
 *
 * - Thread: owner.
 *
 * Returns: %TRUE when another answer may be given
 *
 * Since: 0.9
 */
gboolean
hein_request_wait_for_credit_finish (HeinRequest *self,
                                     GAsyncResult *result,
                                     GError **error)
{
  g_return_val_if_fail (hein_call_is_valid (result, self,
                                            hein_request_wait_for_credit_async),
                        FALSE);

  return hein_call_finish (HEIN_CALL (result), error) != NULL;
}
