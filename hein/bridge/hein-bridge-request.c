/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-bridge-request.h"

#include <hein/hein-error.h>
#include <hein/hein-replies.h>

#include "ask/hein-request-private.h"
#include "hein-bridge-copy.h"

/* Requests that are asked again at the other side, and their answers on the way
 * back: one, or many, of which no more are under way than who asked has room
 * for. */

typedef struct
{
  HeinBridge *bridge;   /* owned */
  HeinRequest *request; /* owned */
  HeinReplies *replies; /* owned; NULL: a single answer is wanted */
} Errand;

static void
errand_free (Errand *self)
{
  g_clear_object (&self->replies);
  g_object_unref (self->request);
  g_object_unref (self->bridge);
  g_free (self);
}

/* An error that the program at the other side gave is passed on as it is, and
 * what else went wrong as if the other side were asked directly. Who asked may
 * be gone meanwhile, which is no failure of the bridge. */
static void
refuse (Errand *self, const GError *error)
{
  const int code =
    error->domain == HEIN_ERROR ? error->code : HEIN_ERROR_FAILED;

  if (hein_request_get_is_over (self->request))
    return;
  if (error->domain == HEIN_ANSWER_ERROR)
    {
      hein_request_refuse (self->request, error->code, error->message, NULL);
      hein_bridge_count_passed (self->bridge);
      return;
    }
  if (hein_request_take (self->request, NULL))
    hein_request_send_text (self->request, HEIN_ASK_REFUSAL, code,
                            error->message, NULL);
  hein_bridge_fail (self->bridge, hein_request_get_message (self->request),
                    error);
}

/* Takes ownership of @answer and @error. Returns whether it was given. */
static gboolean
give (Errand *self, HeinMessage *answer, GError *error, gboolean is_part)
{
  g_autoptr (HeinMessage) owned = answer;
  g_autoptr (GError) trouble = error;

  if (owned != NULL &&
      (is_part ? hein_request_reply_part (self->request, owned, &trouble)
               : hein_request_reply_message (self->request, owned, &trouble)))
    return TRUE;
  refuse (self, trouble);
  return FALSE;
}

/* ---- a single answer ---- */

static void
on_answer (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Errand *self = user_data;
  GError *error = NULL;
  HeinMessage *answer =
    hein_bus_request_finish (HEIN_BUS (source), result, &error);

  if (give (self, answer, error, FALSE))
    hein_bridge_count_passed (self->bridge);
  errand_free (self);
}

/* ---- many answers ---- */

static void wait_for_credit (Errand *self);

static void
on_next (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Errand *self = user_data;
  GError *error = NULL;
  HeinMessage *answer =
    hein_replies_next_finish (HEIN_REPLIES (source), result, &error);

  if (answer == NULL && error == NULL)
    {
      hein_request_end (self->request, NULL); /* or nobody waits for it */
      hein_bridge_count_passed (self->bridge);
      errand_free (self);
    }
  else if (give (self, answer, error, TRUE))
    wait_for_credit (self);
  else
    errand_free (self);
}

static void
on_credit (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Errand *self = user_data;

  if (hein_request_wait_for_credit_finish (self->request, result, NULL))
    hein_replies_next_async (self->replies,
                             hein_request_get_cancellable (self->request),
                             on_next, self);
  else
    errand_free (self); /* which cancels the request at the other side */
}

static void
wait_for_credit (Errand *self)
{
  hein_request_wait_for_credit_async (self->request, NULL, on_credit, self);
}

/* ---- asking ---- */

static void
ask (Errand *self, HeinMessage *copy)
{
  HeinBus *target = self->bridge->target;
  const int timeout_ms = hein_request_get_remaining_ms (self->request);

  if (!hein_request_get_takes_parts (self->request))
    {
      hein_bus_request_async (target, copy, timeout_ms,
                              hein_request_get_cancellable (self->request),
                              on_answer, self);
      return;
    }
  self->replies =
    hein_bus_request_many (target, copy, timeout_ms,
                           hein_request_get_credit (self->request));
  wait_for_credit (self);
}

void
hein_bridge_on_request (HeinBus *bus, HeinRequest *request, gpointer user_data)
{
  HeinBridge *bridge = user_data;
  Errand *self = g_new0 (Errand, 1);
  g_autoptr (GError) error = NULL;
  g_autoptr (HeinMessage) copy =
    hein_bridge_copy (hein_request_get_message (request), bridge->id, &error);

  self->bridge = g_object_ref (bridge);
  self->request = g_object_ref (request);
  if (copy != NULL)
    {
      ask (self, copy);
      return;
    }
  refuse (self, error);
  errand_free (self);
}
