/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-bus.h>

#include "hein-bus-guard.h"
#include "hein-bus-state.h"
#include "link/hein-peer-state.h"
#include "message/hein-message-memory.h"
#include "message/hein-topics.h"

/* Queries for the latest message of each topic and peer, for programs that
 * share state rather than events. */

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
