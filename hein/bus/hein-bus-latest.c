/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include <hein/hein-bus.h>

#include "ask/hein-asker.h"
#include "ask/hein-kept.h"
#include "base/hein-call.h"
#include "core/hein-calls.h"
#include "hein-bus-guard.h"
#include "hein-bus-latest.h"
#include "hein-bus-state.h"
#include "hein-turn.h"
#include "link/hein-peer-state.h"
#include "message/hein-message-memory.h"
#include "message/hein-topics.h"

/* Queries for the latest message of each topic and peer, and for what others
 * have retained, for programs that share state rather than events. */

void
hein_bus_limit_retained (HeinBus *self)
{
  const HeinSettings *settings = &self->core.host.settings;

  if (self->core.sender.sent_topics != NULL)
    hein_topics_limit (self->core.sender.sent_topics,
                       (gint64) settings->retain_age_ms * 1000,
                       MIN (settings->retain_limit, G_MAXSIZE));
}

static GPtrArray *
get_latest (HeinBus *self, const char *topic)
{
  if (self->core.news.received_topics == NULL)
    return g_ptr_array_new ();
  return hein_topics_get (self->core.news.received_topics, topic);
}

/**
 * hein_bus_get_latest:
 * @self: a bus
 * @topic: a topic
 *
 * Gets the latest message of @topic from each peer that is up; needs
 * [property@Bus:keep-latest]. [method@Message.get_sender] tells which peer sent
 * one, and [method@Peer.get_latest] asks for that of a single peer.
 *
 * - Thread: owner.
 *
 * Returns: (transfer container) (element-type HeinMessage): the messages, in
 *   the order in which they arrived
 *
 * Since: 0.9
 */
GPtrArray *
hein_bus_get_latest (HeinBus *self, const char *topic)
{
  g_return_val_if_fail (HEIN_IS_BUS (self), NULL);
  g_return_val_if_fail (topic != NULL, NULL);
  hein_bus_return_val_unless_owner (self, NULL);

  return get_latest (self, topic);
}

/**
 * hein_peer_get_latest:
 * @self: a peer
 * @topic: a topic
 *
 * Gets the latest message of @topic that @self sent; needs
 * [property@Bus:keep-latest].
 *
 * - Thread: owner.
 *
 * Returns: (transfer full) (nullable): the message; %NULL when there was none,
 *   or the peer is gone
 *
 * Since: 0.9
 */
HeinMessage *
hein_peer_get_latest (HeinPeer *self, const char *topic)
{
  g_autoptr (GPtrArray) messages = NULL;

  g_return_val_if_fail (HEIN_IS_PEER (self), NULL);
  g_return_val_if_fail (topic != NULL, NULL);

  if (self->core == NULL)
    return NULL;
  hein_core_return_val_unless_owner (self->core, NULL);
  messages = get_latest (self->core->bus, topic);
  for (guint i = 0; i < messages->len; i++)
    if (hein_message_sender (g_ptr_array_index (messages, i)) == self)
      return hein_message_ref (g_ptr_array_index (messages, i));
  return NULL;
}

/* ---- what others have retained ---- */

static HeinMessage *
make_get (const char *topic, GError **error)
{
  g_autofree char *wanted = NULL;
  const gsize max = HEIN_TOPIC_MAX - strlen (HEIN_KEPT_PREFIX);

  if (strlen (topic) <= max && g_utf8_validate (topic, -1, NULL))
    {
      wanted = g_strconcat (HEIN_KEPT_PREFIX, topic, NULL);
      return hein_message_new (wanted, NULL);
    }
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_TOO_LARGE,
               "a topic that is asked for has at most %" G_GSIZE_FORMAT
               " bytes of UTF-8",
               max);
  return NULL;
}

/**
 * hein_bus_get_async:
 * @self: a bus
 * @topic: the topic of the value
 * @timeout_ms: milliseconds; negative: for as long as somebody is asked
 * @cancellable: (nullable): gives up
 * @callback: (nullable): called in a turn when the value is there, or it failed
 * @user_data: for @callback
 *
 * Asks all peers for the value of @topic that they have retained (`retain=yes`
 * in their address), without being subscribed to it. The first one that comes
 * is the result. It fails when the last one has said that it has none.
 *
 * It is an ordinary request, whose topic is `$hein/get/` and @topic; an access
 * file that lets a peer receive the topic lets it ask, too. Only heins answer,
 * over `zmtp` and `inproc`, and NATS servers for a bucket (`bucket=NAME`). What
 * an MQTT broker has retained comes to who subscribes to the topic.
 *
 * - Limits: a topic of 0 to 245 bytes of UTF-8.
 * - Errors, of the finish function: `HEIN_ERROR_NO_PEER` when nobody is there
 *   who could be asked, `HEIN_ERROR_NOT_SERVED` when nobody has a value,
 *   `HEIN_ERROR_TIMED_OUT`, `HEIN_ERROR_CLOSED`, `HEIN_ERROR_FORBIDDEN`,
 *   `HEIN_ERROR_FAILED`, `HEIN_ERROR_TOO_LARGE`, `HEIN_ERROR_WOULD_BLOCK`,
 *   `G_IO_ERROR_CANCELLED`.
 * - Thread: owner.
 *
 * Since: 0.9
 */
void
hein_bus_get_async (HeinBus *self,
                    const char *topic,
                    int timeout_ms,
                    GCancellable *cancellable,
                    GAsyncReadyCallback callback,
                    gpointer user_data)
{
  HeinSending sending = { 0 };
  const HeinQuestion question = { &sending, timeout_ms, 0, NULL, TRUE };
  g_autoptr (HeinMessage) message = NULL;
  GError *error = NULL;
  HeinCall *call;

  g_return_if_fail (HEIN_IS_BUS (self));
  g_return_if_fail (topic != NULL);
  if (hein_calls_refuse (&self->core, self, hein_bus_get_async, callback,
                         user_data))
    return;
  hein_bus_return_unless_owner (self);

  call = hein_calls_begin (&self->core, hein_bus_get_async, cancellable,
                           callback, user_data);
  if (hein_core_check_open (&self->core, &error) &&
      !g_cancellable_set_error_if_cancelled (cancellable, &error))
    message = make_get (topic, &error);
  sending.message = message;
  if (message == NULL)
    hein_calls_fail (&self->core, call, error);
  else
    hein_asker_ask (&self->core, call, &question);
  hein_turn_settle (self);
}

/**
 * hein_bus_get_finish:
 * @self: a bus
 * @result: what the callback was called with
 * @error: return location
 *
 * Ends [method@Bus.get_async].
 *
 * - Thread: owner.
 *
 * Returns: (transfer full): the value, with the peer that has it as its sender;
 *   %NULL with @error
 *
 * Since: 0.9
 */
HeinMessage *
hein_bus_get_finish (HeinBus *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (hein_call_is_valid (result, self, hein_bus_get_async),
                        NULL);

  return hein_call_finish (HEIN_CALL (result), error);
}
