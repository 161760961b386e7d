/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-ask-send.h"

#include "core/hein-calls.h"
#include "core/hein-core-guard.h"
#include "core/hein-filters.h"
#include "core/hein-ingress.h"
#include "core/hein-retry.h"
#include "message/hein-message-memory.h"

/* Sends messages about requests to one peer, in order with other messages to
 * it. */

/* There is no room: sends the message when the peer has taken something. The
 * call lives until it is told of the result, in a later turn. */
static HeinCall *
wait (HeinCore *self,
      const HeinSending *sending,
      GAsyncReadyCallback callback,
      gpointer data)
{
  HeinCall *call = hein_calls_begin (self, hein_ask_send, NULL, callback, data);

  hein_send_call (self, call, sending);
  return call;
}

/* For other threads, and for an owner that is behind its own posted
 * messages. */
static HeinTried
post (HeinCore *self, const HeinSending *sending, GError **error)
{
  return hein_core_check_open (self, error) &&
             hein_send_check_size (self, sending->message, error) &&
             hein_ingress_post (self, sending, error)
           ? HEIN_TRIED_GIVEN
           : HEIN_TRIED_FAILED;
}

/* Returns what the filters make of @message. (transfer full) (nullable) */
static HeinMessage *
filter (HeinCore *self, HeinMessage *message, GError **error)
{
  if (self->sender.filters == NULL)
    return hein_message_ref (message);
  return hein_filters_send (self, message, error);
}

static HeinTried
send_as_owner (HeinCore *self,
               HeinMessage *message,
               GAsyncReadyCallback callback,
               gpointer data,
               HeinCall **waiting,
               GError **error)
{
  g_autoptr (HeinMessage) filtered = NULL;
  g_autoptr (GError) trouble = NULL;
  HeinSending sending = { 0 };

  if (!hein_core_check_open (self, error))
    return HEIN_TRIED_FAILED;
  filtered = filter (self, message, error);
  if (filtered == NULL || !hein_send_check_size (self, filtered, error))
    return HEIN_TRIED_FAILED;
  sending.message = filtered;
  if (hein_send_message (self, &sending, &trouble))
    return HEIN_TRIED_GIVEN;
  if (g_error_matches (trouble, HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK))
    {
      *waiting = wait (self, &sending, callback, data);
      return HEIN_TRIED_WAITS;
    }
  g_propagate_error (error, g_steal_pointer (&trouble));
  return HEIN_TRIED_FAILED;
}

HeinTried
hein_ask_send_or_wait (HeinCore *self,
                       HeinMessage *message,
                       GAsyncReadyCallback callback,
                       gpointer data,
                       HeinCall **waiting,
                       GError **error)
{
  const HeinSending sending = { .message = message };
  HeinThread *thread = hein_core_begin_work (self);
  HeinTried tried;

  if (thread == NULL)
    return post (self, &sending, error);
  if (G_UNLIKELY (self->held.is_behind))
    {
      /* the filters run when the message is taken in */
      tried = post (self, &sending, error);
      hein_ingress_fall_behind (self);
    }
  else
    tried = send_as_owner (self, message, callback, data, waiting, error);
  hein_thread_end (thread);
  if (tried != HEIN_TRIED_FAILED)
    self->funcs->settle (self);
  return tried;
}

HeinTried
hein_ask_send (HeinCore *self,
               HeinMessage *message,
               GAsyncReadyCallback callback,
               gpointer data,
               GError **error)
{
  HeinCall *waiting;

  return hein_ask_send_or_wait (self, message, callback, data, &waiting, error);
}
