/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-ask-deliver.h"

#include <string.h>

#include "base/hein-object.h"
#include "core/hein-clearance.h"
#include "core/hein-filters.h"
#include "core/hein-news.h"
#include "hein-acknowledger-resume.h"
#include "hein-acknowledger.h"
#include "hein-ask-send.h"
#include "hein-asker.h"
#include "hein-deliver-resume.h"
#include "hein-deliverer.h"
#include "hein-kept.h"
#include "hein-request-private.h"
#include "hein-services.h"
#include "io/hein-world.h"
#include "link/hein-losses.h"
#include "message/hein-message-memory.h"
#include "message/hein-message-receive.h"

/* Handles what arrives about requests and deliveries. Answers and receipts
 * complete their calls at once, so that the loss of the peer right behind them
 * no longer matters; everything else is delivered in its turn. */

/* Takes ownership of @message. Returns what the filters make of it. (transfer
 * full) (nullable) */
static HeinMessage *
filter (HeinCore *self, HeinPeer *peer, HeinMessage *message)
{
  const HeinAsk ask = message->extra->attributes.ask;
  const guint64 id = message->extra->attributes.ask_id;
  HeinMessage *filtered = hein_filters_receive (self, peer, message);

  if (filtered != NULL)
    return filtered;
  if (ask == HEIN_ASK_DELIVERY)
    hein_acknowledger_fail (self, peer, id, HEIN_ERROR_FAILED,
                            "a filter there drops it");
  else if (ask != HEIN_ASK_REQUEST)
    /* so that nobody waits for an answer from a peer that is gone */
    hein_asker_lose (self, peer, id);
  return NULL;
}

static void
refuse (HeinCore *self, HeinMessage *request, int code, const char *text)
{
  const HeinMessageAttributes ask = {
    .ask = HEIN_ASK_REFUSAL,
    .ask_number = code,
    .ask_id = request->extra->attributes.ask_id,
  };
  g_autoptr (HeinMessage) plain =
    hein_message_new_data (request->data, (const guint8 *) text, strlen (text));
  g_autoptr (HeinMessage) refusal =
    hein_message_new_ask (plain, request->sender, &ask,
                          request->extra->return_path);

  /* not retried: a peer that does not take this has more to catch up with */
  hein_ask_send (self, refusal, NULL, NULL, NULL);
}

/* Refuses at once a request or a delivery that the access file does not allow;
 * the reason stays here. */
static gboolean
is_forbidden (HeinCore *self, HeinPeer *peer, HeinMessage *message)
{
  g_autoptr (GError) error = NULL;
  const HeinAsk ask = message->extra->attributes.ask;
  /* whoever may receive a value may ask for it */
  const char *kept = hein_kept_get_topic (message);
  const char *topic = kept != NULL ? kept : message->data;
  HeinAction action = HEIN_ACTION_REQUEST;

  if (ask != HEIN_ASK_REQUEST && ask != HEIN_ASK_DELIVERY)
    return FALSE;
  if (ask == HEIN_ASK_DELIVERY)
    {
      action = HEIN_ACTION_PUBLISH;
      topic = message->data;
    }
  else if (kept != NULL)
    action = HEIN_ACTION_RECEIVE;
  if (hein_clearance_check (peer, action, topic, strlen (topic), &error))
    return FALSE;
  g_debug ("%s", error->message);
  hein_losses_count (&self->host, peer, HEIN_DROP_REASON_FORBIDDEN, 1,
                     hein_message_size (message));
  if (ask == HEIN_ASK_DELIVERY)
    hein_acknowledger_fail (
      self, peer, message->extra->attributes.ask_id, HEIN_ERROR_FORBIDDEN,
      "the access file there does not allow this message");
  else
    refuse (self, message, HEIN_ERROR_FORBIDDEN,
            "the access file there does not allow this request");
  return TRUE;
}

gboolean
hein_ask_deliver (HeinCore *self, HeinPeer *peer, HeinMessage *message)
{
  HeinAsk ask = message->extra->attributes.ask;

  if (ask == HEIN_ASK_DELIVERY &&
      !hein_acknowledger_note_arrival (self, peer,
                                       message->extra->attributes.ask_id))
    {
      hein_message_unref (message);
      return FALSE;
    }
  if (G_UNLIKELY (peer->clearance != NULL) &&
      is_forbidden (self, peer, message))
    {
      hein_message_unref (message);
      return FALSE;
    }
  if (self->sender.filters != NULL)
    message = filter (self, peer, message);
  if (message == NULL)
    return FALSE;
  ask = message->extra->attributes.ask;
  if (ask == HEIN_ASK_DELIVERY)
    hein_acknowledger_take (self, peer, message);
  else if (ask == HEIN_ASK_RECEIPT || ask == HEIN_ASK_FAILURE)
    hein_deliverer_take (self, peer, message);
  else if (ask == HEIN_ASK_RESUME)
    hein_acknowledger_resume (self, peer, message);
  else if (ask == HEIN_ASK_RESUMED)
    hein_deliver_resume_take (self, peer, message);
  else if (ask == HEIN_ASK_REQUEST || ask == HEIN_ASK_CANCEL ||
           ask == HEIN_ASK_CREDIT)
    hein_news_deliver_ask (self, peer, HEIN_EVENT_ASK, message, message);
  else
    return hein_asker_take (self, peer, message);
  return TRUE;
}

/* Returns whether the request has timed out before its delivery; the peer
 * knows. */
static gboolean
is_late (HeinMessage *message)
{
  const gint64 left_ms = message->extra->attributes.ask_number;

  return left_ms > 0 &&
         message->time_us + left_ms * 1000 <= hein_world_get_us ();
}

static void
serve (HeinCore *self, HeinMessage *message)
{
  HeinService *service =
    hein_services_find (self, message->data, message->topic_size);
  const char *kept = hein_kept_get_topic (message);
  HeinRequest *request;
  g_autoptr (GError) error = NULL;

  if (is_late (message))
    {
      hein_losses_count (&self->host, message->sender, HEIN_DROP_REASON_EXPIRED,
                         1, hein_message_size (message));
      return;
    }
  if (kept != NULL)
    {
      if (!hein_kept_answer (self, message, kept, &error))
        refuse (self, message, error->code, error->message);
      return;
    }
  if (service == NULL)
    {
      refuse (self, message, HEIN_ERROR_NOT_SERVED,
              "the topic is not served there");
      return;
    }
  request = hein_request_new (hein_server_get (self), message, &error);
  if (request == NULL)
    {
      refuse (self, message, error->code, error->message);
      return;
    }
  service = g_rc_box_acquire (service);
  service->func (self->bus, request, service->data);
  hein_service_release (service);
  hein_request_give_back (request);
}

void
hein_ask_tell (HeinCore *self, HeinMessage *message)
{
  HeinPeer *peer = hein_object_ref (hein_message_sender (message));
  const gsize cost = hein_message_get_cost (message);

  switch (message->extra->attributes.ask)
    {
    case HEIN_ASK_REQUEST:
      serve (self, message);
      break;
    case HEIN_ASK_CANCEL:
      hein_server_cancel (self, peer, message->extra->attributes.ask_id);
      break;
    case HEIN_ASK_CREDIT:
      hein_server_give_credit (self, peer, message->extra->attributes.ask_id,
                               message->extra->attributes.ask_number);
      break;
    case HEIN_ASK_NONE:
    case HEIN_ASK_ANSWER:
    case HEIN_ASK_PART:
    case HEIN_ASK_END:
    case HEIN_ASK_ERROR:
    case HEIN_ASK_REFUSAL:
    case HEIN_ASK_DELIVERY:
    case HEIN_ASK_RECEIPT:
    case HEIN_ASK_FAILURE:
    case HEIN_ASK_RESUME:
    case HEIN_ASK_RESUMED:
    default:
      break;
    }
  hein_news_give_back (self, peer, cost, 1);
  hein_object_unref (peer);
}
