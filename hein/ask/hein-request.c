/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include <hein/hein-bus.h>
#include <hein/hein-error.h>
#include <hein/hein-message.h>

#include "base/hein-object.h"
#include "core/hein-calls.h"
#include "core/hein-core-guard.h"
#include "hein-request-private.h"
#include "io/hein-world.h"
#include "message/hein-message-memory.h"
#include "message/hein-message-receive.h"

/**
 * HeinRequest:
 *
 * A request that a peer has made to this bus, and that waits for its answer.
 *
 * The function that was given to [method@Bus.serve] gets it, and answers by
 * [method@Request.reply] or [method@Request.refuse], immediately or at any time
 * later. When the last reference is dropped without an answer, the peer is told
 * so. A request has one answer; further ones fail. Where the peer wants many
 * ([method@Request.get_takes_parts]), [method@Request.reply_part] gives them,
 * and [method@Request.end] ends them.
 *
 * When the peer cancels the request, or is gone, the request is over:
 * [method@Request.get_cancellable] is cancelled, and work on the answer may
 * stop.
 *
 * A request holds no reference to the bus.
 *
 * Since: 0.9
 */

/* The memory of the object and of its entries in tables. */
#define OBJECT_COST 256

G_DEFINE_FINAL_TYPE (HeinRequest, hein_request, G_TYPE_OBJECT)

HeinMessage *
hein_request_make_answer (HeinRequest *self,
                          HeinAsk kind,
                          int code,
                          HeinMessage *message)
{
  const HeinMessageAttributes ask = {
    .ask = kind,
    .ask_number = (guint32) code,
    .ask_id = self->id,
  };
  HeinMessageExtra *extra = self->message->extra;

  return hein_message_new_ask (message, self->served.peer, &ask,
                               extra != NULL ? extra->return_path : NULL);
}

static gboolean
send_answer (HeinRequest *self,
             HeinAsk kind,
             int code,
             HeinMessage *message,
             GError **error)
{
  g_autoptr (HeinMessage) answer =
    hein_request_make_answer (self, kind, code, message);

  return hein_server_send (self->server, answer, NULL, NULL, error) !=
         HEIN_TRIED_FAILED;
}

gboolean
hein_request_send_text (
  HeinRequest *self, HeinAsk kind, int code, const char *text, GError **error)
{
  g_autoptr (HeinMessage) message =
    hein_message_new_data (self->message->data, (const guint8 *) text,
                           strlen (text));

  return send_answer (self, kind, code, message, error);
}

gboolean
hein_request_refuse_late (HeinRequest *self, GError **error)
{
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_CLOSED,
               self->is_cancelled ? "the answer is no longer wanted"
                                  : "the request was answered before");
  return FALSE;
}

/* Those that wait to give another answer may go on, or wait in vain. */
static void
end_waits (HeinRequest *self)
{
  HeinCall *call;

  while ((call = g_queue_peek_head (&self->waits)) != NULL)
    {
      HeinCore *core = call->owner;
      GError *error = NULL;

      g_queue_unlink (&self->waits, &call->link);
      if (hein_server_is_over (self->server, &self->served))
        hein_request_refuse_late (self, &error);
      else
        hein_call_set_result (call, self, NULL);
      if (error != NULL)
        hein_calls_fail (core, call, error);
      else
        hein_calls_end (core, call);
    }
}

gboolean
hein_request_take (HeinRequest *self, GError **error)
{
  g_autoptr (HeinBus) bus = NULL;
  HeinCore *core;

  if (!hein_server_take (self->server, &self->served))
    return hein_request_refuse_late (self, error);
  if (!self->takes_parts)
    return TRUE;
  core = hein_server_hold_core (self->server, &bus);
  if (core != NULL && hein_core_is_owner (core))
    end_waits (self);
  return TRUE;
}

/* Called on the owner's thread. */
static void
on_credited (HeinServed *served)
{
  end_waits (HEIN_REQUEST (served->object));
}

/* Called on the owner's thread, after the request was taken out of the
 * server. */
static void
on_cancelled (HeinServed *served)
{
  HeinRequest *self = HEIN_REQUEST (served->object);
  g_autoptr (GCancellable) cancellable = NULL;

  hein_server_lock (self->server);
  self->is_cancelled = TRUE;
  if (self->cancellable != NULL)
    cancellable = g_object_ref (self->cancellable);
  hein_server_unlock (self->server);
  end_waits (self);
  if (cancellable != NULL)
    g_cancellable_cancel (cancellable);
}

static void
hein_request_dispose (GObject *object)
{
  HeinRequest *self = HEIN_REQUEST (object);

  if (self->server != NULL && hein_server_take (self->server, &self->served))
    hein_request_send_text (self, HEIN_ASK_REFUSAL, HEIN_ERROR_FAILED,
                            "the request was dropped there without an answer",
                            NULL);
  G_OBJECT_CLASS (hein_request_parent_class)->dispose (object);
}

static void
clear (HeinRequest *self)
{
  g_clear_object (&self->cancellable);
  g_clear_pointer (&self->message, hein_message_unref);
  g_clear_pointer (&self->server, hein_server_unref);
}

static void
hein_request_finalize (GObject *object)
{
  HeinRequest *self = HEIN_REQUEST (object);

  clear (self);
  G_OBJECT_CLASS (hein_request_parent_class)->finalize (object);
}

static void
hein_request_class_init (HeinRequestClass *class)
{
  GObjectClass *object_class = G_OBJECT_CLASS (class);

  object_class->dispose = hein_request_dispose;
  object_class->finalize = hein_request_finalize;
}

static void
hein_request_init (HeinRequest *self)
{
}

static gint64
get_deadline (HeinMessage *message)
{
  const gint64 left_ms = message->extra->attributes.ask_number;

  return left_ms > 0 ? message->time_us + left_ms * 1000 : G_MAXINT64;
}

HeinRequest *
hein_request_new (HeinServer *server, HeinMessage *message, GError **error)
{
  GObject *spare = hein_server_take_spare (server);
  g_autoptr (HeinRequest) self = spare != NULL
                                   ? HEIN_REQUEST (spare)
                                   : g_object_new (HEIN_TYPE_REQUEST, NULL);

  self->server = hein_server_ref (server);
  self->message = hein_message_ref (message);
  self->id = message->extra->attributes.ask_id;
  self->deadline_us = get_deadline (message);
  self->takes_parts = message->extra->attributes.ask_credit > 0;
  self->served = (HeinServed){
    .object = G_OBJECT (self),
    .id = self->id != 0 ? self->id : hein_server_make_id (server),
    .peer = message->sender,
    .cost = hein_message_get_cost (message) + OBJECT_COST,
    .cancelled = on_cancelled,
    .credited = on_credited,
    .credit = message->extra->attributes.ask_credit,
    .is_over = TRUE,
  };
  hein_message_keep_sender (message);
  if (!hein_server_add (server, &self->served, error))
    return NULL;
  hein_message_end_ask (message);
  return g_steal_pointer (&self);
}

void
hein_request_give_back (HeinRequest *self)
{
  HeinServer *server = self->server;

  if (!hein_object_is_alone (self) || self->waits.length > 0 ||
      !hein_server_is_over (server, &self->served) ||
      !hein_server_keep_spare (server, G_OBJECT (self)))
    {
      g_object_unref (self);
      return;
    }
  clear (self);
  memset ((char *) self + sizeof (GObject), 0, sizeof *self - sizeof (GObject));
}

/**
 * hein_request_get_topic:
 * @self: a request
 *
 * Gets the topic of the request.
 *
 * - Thread: any.
 *
 * Returns: (transfer none): 0 to 255 bytes of UTF-8
 *
 * Since: 0.9
 */
const char *
hein_request_get_topic (HeinRequest *self)
{
  g_return_val_if_fail (HEIN_IS_REQUEST (self), NULL);

  return hein_message_get_topic (self->message);
}

/**
 * hein_request_get_message:
 * @self: a request
 *
 * Gets the message that was sent as the request.
 *
 * - Thread: any.
 *
 * Returns: (transfer none): the message as it arrived
 *
 * Since: 0.9
 */
HeinMessage *
hein_request_get_message (HeinRequest *self)
{
  g_return_val_if_fail (HEIN_IS_REQUEST (self), NULL);

  return self->message;
}

/**
 * hein_request_get_peer:
 * @self: a request
 *
 * Gets the peer that made the request; it may be gone.
 *
 * - Thread: any.
 *
 * Returns: (transfer none): the peer
 *
 * Since: 0.9
 */
HeinPeer *
hein_request_get_peer (HeinRequest *self)
{
  g_return_val_if_fail (HEIN_IS_REQUEST (self), NULL);

  return self->served.peer;
}

/**
 * hein_request_get_remaining_ms:
 * @self: a request
 *
 * Gets how long the peer still waits for the answer: the timeout that it sent,
 * less the time since the request arrived. Clocks are not compared.
 *
 * - Thread: any.
 *
 * Returns: milliseconds; 0 when it does not wait any more; -1 when it waits
 *   without limit, or did not say
 *
 * Since: 0.9
 */
int
hein_request_get_remaining_ms (HeinRequest *self)
{
  gint64 left_us;

  g_return_val_if_fail (HEIN_IS_REQUEST (self), 0);

  if (self->deadline_us == G_MAXINT64)
    return -1;
  left_us = self->deadline_us - hein_world_get_us ();
  return (int) CLAMP (left_us / 1000, 0, G_MAXINT);
}

/**
 * hein_request_get_cancellable:
 * @self: a request
 *
 * Gets a cancellable that is cancelled, in a turn of the bus, when the peer
 * cancels the request or is gone, and when the bus ends.
 *
 * - Thread: any.
 *
 * Returns: (transfer none): the same object for each call
 *
 * Since: 0.9
 */
GCancellable *
hein_request_get_cancellable (HeinRequest *self)
{
  g_return_val_if_fail (HEIN_IS_REQUEST (self), NULL);

  hein_server_lock (self->server);
  if (self->cancellable == NULL)
    {
      self->cancellable = g_cancellable_new ();
      if (self->is_cancelled)
        g_cancellable_cancel (self->cancellable); /* has no handlers yet */
    }
  hein_server_unlock (self->server);
  return self->cancellable;
}

/**
 * hein_request_get_is_over:
 * @self: a request
 *
 * Gets whether the request is over: it was answered or cancelled, or the peer
 * is gone.
 *
 * - Thread: any.
 *
 * Returns: %TRUE when it is over
 *
 * Since: 0.9
 */
gboolean
hein_request_get_is_over (HeinRequest *self)
{
  g_return_val_if_fail (HEIN_IS_REQUEST (self), TRUE);

  return hein_server_is_over (self->server, &self->served);
}

/**
 * hein_request_reply:
 * @self: a request
 * @payload: (nullable): the payload, shared, not copied; %NULL: empty
 * @error: return location
 *
 * Answers with a payload, under the topic of the request. If the peer has no
 * room for the answer now, it waits.
 *
 * - Limits: 0 to [property@Bus:max-message-size] bytes.
 * - Errors: `HEIN_ERROR_CLOSED` when the request is over, or the bus is closed;
 *   `HEIN_ERROR_TOO_LARGE`, `HEIN_ERROR_NO_PEER`.
 * - Thread: any.
 *
 * Returns: %TRUE when the answer was accepted
 *
 * Since: 0.9
 */
gboolean
hein_request_reply (HeinRequest *self, GBytes *payload, GError **error)
{
  g_autoptr (HeinMessage) message = NULL;

  g_return_val_if_fail (HEIN_IS_REQUEST (self), FALSE);

  message = hein_message_new (self->message->data, payload);
  return hein_request_reply_message (self, message, error);
}

/**
 * hein_request_reply_message:
 * @self: a request
 * @message: the answer
 * @error: return location
 *
 * Answers with a message, which may have its own topic and content type, and
 * several parts; like [method@Request.reply] otherwise.
 *
 * - Limits: 0 to [property@Bus:max-message-size] bytes.
 * - Errors: as [method@Request.reply].
 * - Thread: any.
 *
 * Returns: %TRUE when the answer was accepted
 *
 * Since: 0.9
 */
gboolean
hein_request_reply_message (HeinRequest *self,
                            HeinMessage *message,
                            GError **error)
{
  g_autoptr (GError) trouble = NULL;

  g_return_val_if_fail (HEIN_IS_REQUEST (self), FALSE);
  g_return_val_if_fail (message != NULL, FALSE);

  if (!hein_request_take (self, error))
    return FALSE;
  if (send_answer (self, HEIN_ASK_ANSWER, 0, message, &trouble))
    return TRUE;
  /* so that the peer does not wait for an answer that will not come */
  hein_request_send_text (self, HEIN_ASK_REFUSAL, trouble->code,
                          trouble->message, NULL);
  g_propagate_error (error, g_steal_pointer (&trouble));
  return FALSE;
}

/**
 * hein_request_refuse:
 * @self: a request
 * @code: a code whose meaning is up to the application
 * @text: the reason, for people; UTF-8, of which up to 4096 bytes are sent
 * @error: return location
 *
 * Answers with an error: the call of the peer fails with `HEIN_ANSWER_ERROR`,
 * @code and @text.
 *
 * - Errors: as [method@Request.reply].
 * - Thread: any.
 *
 * Returns: %TRUE when the answer was accepted
 *
 * Since: 0.9
 */
gboolean
hein_request_refuse (HeinRequest *self,
                     int code,
                     const char *text,
                     GError **error)
{
  g_autofree char *valid = NULL;

  g_return_val_if_fail (HEIN_IS_REQUEST (self), FALSE);
  g_return_val_if_fail (text != NULL, FALSE);

  if (!hein_request_take (self, error))
    return FALSE;
  valid = g_utf8_make_valid (text, -1);
  return hein_request_send_text (self, HEIN_ASK_ERROR, code, valid, error);
}
