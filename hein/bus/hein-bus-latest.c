/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-bus.h>

#include "hein-bus-guard.h"
#include "hein-bus-state.h"
#include "link/hein-peer-state.h"
#include "message/hein-message-memory.h"
#include "message/hein-topics.h"

/* The last message of each topic and peer: what programs read that share state
 * rather than events. */

typedef gboolean (*IsWanted) (HeinPeer *peer, gconstpointer data);

static GPtrArray *
get_latest (HeinBus *self,
            const char *topic,
            IsWanted is_wanted,
            gconstpointer data)
{
  GPtrArray *messages;

  if (self->core.news.received_topics == NULL)
    return g_ptr_array_new ();
  messages = hein_topics_get (self->core.news.received_topics, topic);
  for (guint i = messages->len; is_wanted != NULL && i > 0; i--)
    if (!is_wanted (hein_message_sender (g_ptr_array_index (messages, i - 1)),
                    data))
      g_ptr_array_remove_index (messages, i - 1);
  return messages;
}

static gboolean
is_called (HeinPeer *peer, gconstpointer name)
{
  return g_str_equal (hein_peer_get_name (peer), name);
}

static gboolean
is_of_origin (HeinPeer *peer, gconstpointer origin)
{
  return hein_peer_get_origin (peer) == (HeinOrigin) GPOINTER_TO_INT (origin);
}

static gboolean
is_same (HeinPeer *peer, gconstpointer other)
{
  return peer == other;
}

/**
 * hein_bus_get_latest:
 * @self: a bus
 * @topic: a topic
 *
 * Gets the last message of @topic from each peer that is up; needs
 * [property@Bus:keep-latest].
 *
 * - Thread: owner.
 *
 * Returns: (transfer container) (element-type HeinMessage): the messages, the
 *   one that came last at the end
 *
 * Since: 0.9
 */
GPtrArray *
hein_bus_get_latest (HeinBus *self, const char *topic)
{
  g_return_val_if_fail (HEIN_IS_BUS (self), NULL);
  g_return_val_if_fail (topic != NULL, NULL);
  hein_bus_return_val_unless_owner (self, NULL);

  return get_latest (self, topic, NULL, NULL);
}

/**
 * hein_bus_get_latest_from:
 * @self: a bus
 * @topic: a topic
 * @name: the name of a peer, or of several where the protocol allows that
 *
 * Gets the last message of @topic from each peer called @name; needs
 * [property@Bus:keep-latest].
 *
 * - Thread: owner.
 *
 * Returns: (transfer container) (element-type HeinMessage): the messages, the
 *   one that came last at the end
 *
 * Since: 0.9
 */
GPtrArray *
hein_bus_get_latest_from (HeinBus *self, const char *topic, const char *name)
{
  g_return_val_if_fail (HEIN_IS_BUS (self), NULL);
  g_return_val_if_fail (topic != NULL, NULL);
  g_return_val_if_fail (name != NULL, NULL);
  hein_bus_return_val_unless_owner (self, NULL);

  return get_latest (self, topic, is_called, name);
}

/**
 * hein_bus_get_latest_of:
 * @self: a bus
 * @topic: a topic
 * @origin: of those that dialled this bus, or those that it dialled
 *
 * Gets the last message of @topic from each peer of @origin; needs
 * [property@Bus:keep-latest].
 *
 * - Thread: owner.
 *
 * Returns: (transfer container) (element-type HeinMessage): the messages, the
 *   one that came last at the end
 *
 * Since: 0.9
 */
GPtrArray *
hein_bus_get_latest_of (HeinBus *self, const char *topic, HeinOrigin origin)
{
  g_return_val_if_fail (HEIN_IS_BUS (self), NULL);
  g_return_val_if_fail (topic != NULL, NULL);
  hein_bus_return_val_unless_owner (self, NULL);

  return get_latest (self, topic, is_of_origin, GINT_TO_POINTER (origin));
}

/**
 * hein_peer_get_latest:
 * @self: a peer
 * @topic: a topic
 *
 * Gets the last message of @topic that came from @self; needs
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
  messages = get_latest (self->core->bus, topic, is_same, self);
  return messages->len > 0 ? hein_message_ref (g_ptr_array_index (messages, 0))
                           : NULL;
}
