/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include <hein/hein-message.h>
#include <hein/hein-peer.h>
#include <hein/hein-transport.h>

#include "base/hein-error-private.h"
#include "base/hein-name-private.h"
#include "ask/hein-ask-deliver.h"
#include "core/hein-core-state.h"
#include "core/hein-directory.h"
#include "core/hein-filters.h"
#include "core/hein-news.h"
#include "core/hein-notify.h"
#include "core/hein-peer-private.h"
#include "core/hein-roster.h"
#include "core/hein-subscriber.h"
#include "core/hein-subscriptions.h"
#include "hein-endpoint-private.h"
#include "hein-endpoint-state.h"
#include "hein-transport-private.h"
#include "link/hein-losses.h"
#include "link/hein-peer-state.h"
#include "message/hein-message-memory.h"
#include "message/hein-message-receive.h"

/* What a message transport reports to its bus: peers that come and go,
 * messages, room and losses. */

static gboolean
check_newcomer (HeinCore *core,
                const char *name,
                const char *instance,
                GError **error)
{
  if (core == NULL)
    {
      g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_CLOSED,
                           "the endpoint is closed");
      return FALSE;
    }
  if (!hein_name_check (name, strlen (name), HEIN_ERROR_REFUSED, error))
    return FALSE;
  if (instance != NULL && g_str_equal (instance, core->host.instance))
    {
      g_set_error (error, HEIN_ERROR, HEIN_ERROR_REFUSED,
                   "self: the bus \"%s\" reached itself", core->host.name);
      return FALSE;
    }
  if (instance != NULL &&
      g_hash_table_contains (core->roster.instances, instance))
    {
      g_set_error (error, HEIN_ERROR, HEIN_ERROR_DUPLICATE,
                   "duplicate: \"%s\" is connected already", name);
      return FALSE;
    }
  if (hein_directory_find (core, name) != NULL)
    {
      g_set_error (error, HEIN_ERROR, HEIN_ERROR_REFUSED,
                   "name taken: \"%s\" is here already", name);
      return FALSE;
    }
  return TRUE;
}

/**
 * hein_transport_add_peer:
 * @self: a transport
 * @name: the name of the peer, see [func@name_is_valid]
 * @instance: (nullable): the instance identifier of the peer's bus, when the
 *   peer is a hein bus
 * @address: (nullable): where the peer is
 * @error: return location
 *
 * Tells the bus of a new peer. For transports that carry messages; with those
 * that carry bytes the protocol does this.
 *
 * - Errors: `HEIN_ERROR_REFUSED` (the name is taken or not valid, or the peer
 *   is this very bus), `HEIN_ERROR_DUPLICATE` (the same bus is connected
 *   already), `HEIN_ERROR_CLOSED`.
 * - Thread: owner.
 *
 * Returns: (transfer none): the peer
 *
 * Since: 0.9
 */
HeinPeer *
hein_transport_add_peer (HeinTransport *self,
                         const char *name,
                         const char *instance,
                         GSocketAddress *address,
                         GError **error)
{
  HeinEndpoint *endpoint;
  HeinCore *core;
  g_autoptr (HeinPeer) peer = NULL;

  g_return_val_if_fail (HEIN_IS_TRANSPORT (self), NULL);
  g_return_val_if_fail (name != NULL && *name != '\0', NULL);

  endpoint = hein_transport_get_endpoint (self);
  core = hein_transport_get_core (self);
  if (!check_newcomer (core, name, instance, error))
    return NULL;
  peer = hein_transport_make_peer (self, name,
                                   endpoint->role == HEIN_ROLE_LISTEN
                                     ? HEIN_ORIGIN_ACCEPTED
                                     : HEIN_ORIGIN_DIALLED);
  peer->instance = g_strdup (instance);
  g_set_object (&peer->address, address);
  endpoint->n_connections++;
  hein_endpoint_notify (endpoint, HEIN_CHANGE_N_CONNECTIONS);
  if (endpoint->role == HEIN_ROLE_DIAL)
    {
      hein_endpoint_set_state (endpoint, HEIN_ENDPOINT_STATE_OPEN);
      hein_endpoint_settle_call (endpoint, NULL);
    }
  hein_roster_add (core, peer);
  return peer; /* owned by the roster until hein_transport_remove_peer */
}

/**
 * hein_transport_set_peer_security:
 * @self: a transport
 * @peer: a peer of this transport that was just added
 * @text: a kind of proof, or a kind, a colon and the name of its issuer, see
 *   [property@Peer:security]; not empty
 *
 * Sets what proved the identity of a peer. To be called right after
 * [method@Transport.add_peer].
 *
 * - Thread: owner.
 *
 * Since: 0.9
 */
void
hein_transport_set_peer_security (HeinTransport *self,
                                  HeinPeer *peer,
                                  const char *text)
{
  g_return_if_fail (HEIN_IS_TRANSPORT (self));
  g_return_if_fail (HEIN_IS_PEER (peer));
  g_return_if_fail (text != NULL && *text != '\0');

  if (!peer->is_announced)
    hein_peer_set_security (peer, text);
}

/**
 * hein_transport_set_peer_asks: (skip)
 * @self: a transport
 * @peer: a peer of this transport
 * @asks: what the peer can be asked
 *
 * Sets which requests the peer understands; %HEIN_ASKS_NONE unless set.
 * Messages to it may then have attributes ([method@Message.peek]), which have
 * to arrive with them.
 *
 * - Thread: owner.
 *
 * Since: 0.9
 */
void
hein_transport_set_peer_asks (HeinTransport *self,
                              HeinPeer *peer,
                              HeinAsks asks)
{
  g_return_if_fail (HEIN_IS_TRANSPORT (self));
  g_return_if_fail (HEIN_IS_PEER (peer));

  peer->wants.asks = asks;
}

/**
 * hein_transport_dup_subscriber: (skip)
 * @self: a transport
 *
 * Gets what the bus subscribes to, at any time, for other buses of the process:
 * [method@Transport.set_peer_subscriber] gives it to them.
 *
 * - Thread: owner.
 *
 * Returns: (transfer full) (nullable): the subscriber; %NULL once the endpoint
 *   is closed
 *
 * Since: 0.9
 */
HeinSubscriber *
hein_transport_dup_subscriber (HeinTransport *self)
{
  HeinCore *core;

  g_return_val_if_fail (HEIN_IS_TRANSPORT (self), NULL);

  core = hein_transport_get_core (self);
  return core != NULL ? hein_subscriber_of (core) : NULL;
}

/**
 * hein_transport_set_peer_subscriber: (skip)
 * @self: a transport
 * @peer: a peer of this transport
 * @subscriber: (nullable): what the peer subscribes to; %NULL, as at first:
 *   everything
 *
 * Sets where to look up what a peer in the same process has subscribed to.
 * Deliveries that are for all are then for those who have. Messages that are
 * only sent go to the peer regardless, which leaves out what it does not want.
 *
 * - Thread: owner.
 *
 * Since: 0.9
 */
void
hein_transport_set_peer_subscriber (HeinTransport *self,
                                    HeinPeer *peer,
                                    HeinSubscriber *subscriber)
{
  g_return_if_fail (HEIN_IS_TRANSPORT (self));
  g_return_if_fail (HEIN_IS_PEER (peer));

  if (subscriber != NULL)
    hein_subscriber_ref (subscriber);
  g_clear_pointer (&peer->wants.subscriber, hein_subscriber_unref);
  peer->wants.subscriber = subscriber;
}

/**
 * hein_transport_set_peer_carries_attributes:
 * @self: a transport
 * @peer: a peer of this transport
 * @carries: whether it does
 *
 * Sets whether what a message says of itself reaches the peer, as
 * [method@Wire.set_carries_attributes] does; %FALSE unless set.
 * [method@Message.copy_attributes] makes another message have it.
 *
 * - Thread: owner.
 *
 * Since: 0.9
 */
void
hein_transport_set_peer_carries_attributes (HeinTransport *self,
                                            HeinPeer *peer,
                                            gboolean carries)
{
  g_return_if_fail (HEIN_IS_TRANSPORT (self));
  g_return_if_fail (HEIN_IS_PEER (peer));

  peer->wants.attributes = carries;
}

/**
 * hein_transport_set_peer_credit: (skip)
 * @self: a transport
 * @peer: a peer of this transport
 * @credit: how many deliveries the peer takes at a time
 *
 * Sets that the peer acknowledges deliveries, as [method@Wire.set_credit] does;
 * 0 unless set. It needs [method@Transport.set_peer_asks], too.
 *
 * - Thread: owner.
 *
 * Since: 0.9
 */
void
hein_transport_set_peer_credit (HeinTransport *self,
                                HeinPeer *peer,
                                guint credit)
{
  g_return_if_fail (HEIN_IS_TRANSPORT (self));
  g_return_if_fail (HEIN_IS_PEER (peer));

  peer->wants.credit = MIN (credit, HEIN_CREDIT_MAX);
}

/**
 * hein_transport_remove_peer:
 * @self: a transport
 * @peer: a peer of this transport
 * @reason: (nullable): why; %NULL when the peer left in order
 *
 * Tells the bus that a peer is gone.
 *
 * - Thread: owner.
 *
 * Since: 0.9
 */
void
hein_transport_remove_peer (HeinTransport *self,
                            HeinPeer *peer,
                            const GError *reason)
{
  g_autoptr (GError) shown =
    reason != NULL ? hein_error_copy_printable (reason) : NULL;

  g_return_if_fail (HEIN_IS_TRANSPORT (self));
  g_return_if_fail (HEIN_IS_PEER (peer));
  g_return_if_fail (peer->carrier == NULL || peer->carrier->transport == self);

  if (peer->core != NULL)
    hein_roster_remove (peer->core, peer, shown);
}

/**
 * hein_transport_peer_left:
 * @self: a transport
 * @peer: a peer of this transport
 *
 * Tells the bus that a peer left in order: [method@Transport.remove_peer]
 * without a reason, for languages that cannot pass %NULL there.
 *
 * - Thread: owner.
 *
 * Since: 0.9
 */
void
hein_transport_peer_left (HeinTransport *self, HeinPeer *peer)
{
  hein_transport_remove_peer (self, peer, NULL);
}

/**
 * hein_transport_set_room:
 * @self: a transport
 * @peer: (nullable): a peer of this transport; %NULL: the medium that reaches
 *   all peers at once
 * @has_room: whether `send` would accept a message for @peer
 *
 * Tells the bus whether a peer has room; initially every peer has. When `send`
 * fails for lack of room, the bus knows; call this when there is room again.
 *
 * - Thread: owner.
 *
 * Since: 0.9
 */
void
hein_transport_set_room (HeinTransport *self, HeinPeer *peer, gboolean has_room)
{
  g_return_if_fail (HEIN_IS_TRANSPORT (self));
  g_return_if_fail (peer == NULL || HEIN_IS_PEER (peer));

  if (peer == NULL)
    {
      HeinCore *core = hein_transport_get_core (self);

      hein_transport_get_carrier (self)->is_full = !has_room;
      if (core == NULL || !has_room)
        return;
      core->roster.room_changed = TRUE;
      hein_core_want_turn (core);
    }
  else if (peer->core != NULL)
    {
      hein_roster_set_full (peer->core, peer, !has_room);
      if (has_room)
        hein_core_want_turn (peer->core);
    }
}

/**
 * hein_transport_deliver:
 * @self: a transport
 * @peer: the peer that sent the message
 * @message: the message
 *
 * Delivers a message to the bus, which discards it when it has subscriptions
 * and none of them is for the topic, unless it belongs to a request or was
 * addressed to the bus ([method@Message.set_addressed]).
 *
 * - Thread: owner.
 *
 * Since: 0.9
 */
void
hein_transport_deliver (HeinTransport *self,
                        HeinPeer *peer,
                        HeinMessage *message)
{
  HeinCore *core;
  gint64 now_us;
  gboolean is_addressed;

  g_return_if_fail (HEIN_IS_TRANSPORT (self));
  g_return_if_fail (HEIN_IS_PEER (peer));
  g_return_if_fail (message != NULL);

  core = peer->core;
  if (core == NULL)
    return;
  now_us = hein_loop_get_now_us (core->host.loop);
  is_addressed = (message->flags & HEIN_MESSAGE_ADDRESSED) != 0;
  message->flags &= ~HEIN_MESSAGE_ADDRESSED; /* it has arrived */
  if (hein_message_is_ask (message))
    hein_ask_deliver (core, peer, hein_message_receive (message, peer, now_us));
  else if (is_addressed ||
           hein_subscriptions_want (core, message->data, message->topic_size))
    hein_filters_deliver (core, peer,
                          hein_message_receive (message, peer, now_us));
}

static inline void
deliver_data (HeinCore *core,
              HeinPeer *peer,
              const char *topic,
              gsize topic_size,
              const guint8 *data,
              gsize size)
{
  const gint64 now_us = hein_loop_get_now_us (core->host.loop);

  hein_filters_deliver (core, peer,
                        hein_message_new_received (topic, topic_size, data,
                                                   size, peer, now_us));
}

/**
 * hein_transport_deliver_data:
 * @self: a transport
 * @peer: the peer that sent the message
 * @topic: (array length=topic_size) (element-type guint8): valid UTF-8 without
 *   NUL, need not be terminated
 * @topic_size: 0 to 255 bytes
 * @data: (array length=size): the payload, copied
 * @size: the size of @data, in bytes
 *
 * Delivers a message of one part to the bus, like [method@Transport.deliver];
 * the fastest way for small messages.
 *
 * - Thread: owner.
 *
 * Since: 0.9
 */
void
hein_transport_deliver_data (HeinTransport *self,
                             HeinPeer *peer,
                             const char *topic,
                             gsize topic_size,
                             const guint8 *data,
                             gsize size)
{
  HeinCore *core;

  g_return_if_fail (HEIN_IS_TRANSPORT (self));
  g_return_if_fail (HEIN_IS_PEER (peer));
  g_return_if_fail (topic_size <= HEIN_TOPIC_MAX);

  core = peer->core;
  if (core != NULL && hein_subscriptions_want (core, topic, topic_size))
    deliver_data (core, peer, topic, topic_size, data, size);
}

/**
 * hein_transport_deliver_addressed_data:
 * @self: a transport
 * @peer: the peer that sent the message
 * @topic: (array length=topic_size) (element-type guint8): valid UTF-8 without
 *   NUL, need not be terminated
 * @topic_size: 0 to 255 bytes
 * @data: (array length=size): the payload, copied
 * @size: the size of @data, in bytes
 *
 * Delivers a message of one part that was for this bus alone, as
 * [method@Transport.deliver_data] does, but whatever the bus has subscribed to.
 *
 * - Thread: owner.
 *
 * Since: 0.9
 */
void
hein_transport_deliver_addressed_data (HeinTransport *self,
                                       HeinPeer *peer,
                                       const char *topic,
                                       gsize topic_size,
                                       const guint8 *data,
                                       gsize size)
{
  g_return_if_fail (HEIN_IS_TRANSPORT (self));
  g_return_if_fail (HEIN_IS_PEER (peer));
  g_return_if_fail (topic_size <= HEIN_TOPIC_MAX);

  if (peer->core != NULL)
    deliver_data (peer->core, peer, topic, topic_size, data, size);
}

/**
 * hein_transport_drop:
 * @self: a transport
 * @peer: (nullable): the peer that sent the messages, or should have got them
 * @reason: %HEIN_DROP_REASON_INVALID for messages that arrived and are of no
 *   use, %HEIN_DROP_REASON_OVERFLOW for messages that found no room,
 *   %HEIN_DROP_REASON_UNSENDABLE for messages that could not be sent,
 *   %HEIN_DROP_REASON_LOST for messages that the medium lost
 * @n_messages: how many, as far as known
 * @n_bytes: the size of their payloads, as far as known
 *
 * Counts messages as dropped.
 *
 * - Thread: owner.
 *
 * Since: 0.9
 */
void
hein_transport_drop (HeinTransport *self,
                     HeinPeer *peer,
                     HeinDropReason reason,
                     guint64 n_messages,
                     guint64 n_bytes)
{
  HeinCore *core;

  g_return_if_fail (HEIN_IS_TRANSPORT (self));
  g_return_if_fail (peer == NULL || HEIN_IS_PEER (peer));

  core = hein_transport_get_core (self);
  if (core != NULL && n_messages > 0)
    hein_losses_count (&core->host, peer, reason, n_messages, n_bytes);
}

/**
 * hein_transport_lose:
 * @self: a transport
 * @peer: the peer that sent the messages
 * @first: the number of the first lost message, in the count that @peer keeps
 * @n_messages: how many messages are lost
 *
 * Reports messages of @peer as lost, by [signal@Bus::messages-lost], and counts
 * them as dropped (%HEIN_DROP_REASON_LOST). Call it in its place in the stream:
 * after the messages before the gap were delivered, and before those behind it.
 * For a peer that was removed the messages are only counted.
 *
 * - Thread: owner.
 *
 * Since: 0.9
 */
void
hein_transport_lose (HeinTransport *self,
                     HeinPeer *peer,
                     guint64 first,
                     guint64 n_messages)
{
  g_return_if_fail (HEIN_IS_TRANSPORT (self));
  g_return_if_fail (HEIN_IS_PEER (peer));

  if (n_messages == 0)
    return;
  hein_transport_drop (self, peer, HEIN_DROP_REASON_LOST, n_messages, 0);
  if (peer->core != NULL)
    hein_news_lose (peer->core, peer, first, n_messages);
}
