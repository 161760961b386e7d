/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-peer.h>

#include <string.h>

#include <hein/hein-endpoint.h>
#include <hein/hein-message.h>

#include "base/hein-error-private.h"
#include "hein-clearance.h"
#include "hein-core-state.h"
#include "hein-peer-private.h"
#include "hein-peer-properties.h"
#include "hein-subscriber.h"
#include "link/hein-losses.h"
#include "link/hein-peer-state.h"
#include "message/hein-pattern.h"
#include "message/hein-prefixes.h"

/**
 * HeinPeer:
 *
 * One party at the other end of a connection.
 *
 * A peer object describes one connection of that party: when the party comes
 * back, it gets a new object. Belongs to the thread of its bus.
 *
 * Properties that describe its state notify, once at the end of a turn, so that
 * a [class@GObject.Binding] can follow them; counters do not.
 *
 * Since: 0.9
 */

G_DEFINE_FINAL_TYPE (HeinPeer, hein_peer, G_TYPE_OBJECT)

static void
clear_wants (HeinPeer *self)
{
  hein_prefixes_clear (&self->wants.prefixes);
  if (self->wants.patterns != NULL)
    hein_prefixes_clear (self->wants.patterns);
  g_clear_pointer (&self->wants.patterns, g_free);
  g_clear_pointer (&self->wants.subscriber, hein_subscriber_unref);
}

static void
hein_peer_finalize (GObject *object)
{
  HeinPeer *self = HEIN_PEER (object);

  g_free (self->name);
  g_free (self->instance);
  g_free (self->security);
  g_clear_pointer (&self->raw_identity, g_bytes_unref);
  g_clear_object (&self->address);
  g_clear_object (&self->endpoint);
  g_free (self->counts.dropped);
  clear_wants (self);
  g_clear_pointer (&self->clearance, hein_clearance_free);
  g_clear_pointer (&self->watches, g_queue_free);
  G_OBJECT_CLASS (hein_peer_parent_class)->finalize (object);
}

static void
hein_peer_class_init (HeinPeerClass *class)
{
  GObjectClass *object_class = G_OBJECT_CLASS (class);

  object_class->get_property = hein_peer_get_property;
  object_class->finalize = hein_peer_finalize;

  hein_peer_install_properties (object_class);
}

static void
hein_peer_init (HeinPeer *self)
{
  self->accepts = TRUE;
  self->rtt_us = -1;
}

HeinPeer *
hein_peer_new (const HeinPeerParts *parts)
{
  HeinPeer *self = g_object_new (HEIN_TYPE_PEER, NULL);

  self->core = parts->core;
  self->carrier = parts->carrier;
  self->name = g_strdup (parts->name);
  self->origin = parts->origin;
  self->overflow = parts->overflow;
  g_set_object (&self->endpoint, parts->endpoint);
  self->transport_name = parts->transport_name;
  self->protocol_name = parts->protocol_name;
  return self;
}

void
hein_peer_detach (HeinPeer *self)
{
  self->core = NULL;
  self->carrier = NULL;
  self->link = NULL;
  self->is_up = FALSE;
  /* messages that wait may keep the peer for long, without these */
  clear_wants (self);
}

void
hein_peer_set_security (HeinPeer *self, const char *text)
{
  g_free (self->security);
  self->security = hein_error_dup_printable (text, strlen (text));
}

gboolean
hein_peer_has_subscribed_to_all (HeinPeer *self)
{
  return self->wants.match == HEIN_MATCH_ALL ||
         hein_prefixes_has_all (&self->wants.prefixes);
}

gboolean
hein_peer_wants_all (HeinPeer *self)
{
  return hein_peer_has_subscribed_to_all (self) && self->clearance == NULL;
}

/* Those of a peer that is no target are in no tree. */
static gboolean
matches_pattern (HeinPeer *self, const char *topic, gsize size)
{
  const HeinPrefixes *patterns = self->wants.patterns;

  if (self->is_target && self->core != NULL)
    return hein_pattern_tree_has_match (&self->core->roster.takers.patterns,
                                        topic, size, self);
  for (guint i = 0; i < hein_prefixes_get_size (patterns); i++)
    if (hein_pattern_match (hein_prefixes_get (patterns, i), topic, size))
      return TRUE;
  return FALSE;
}

static gboolean
has_subscribed (HeinPeer *self, HeinMessage *message)
{
  const char *topic;
  const guint8 *subject;
  gsize size;

  if (hein_peer_has_subscribed_to_all (self) && self->wants.subscriber == NULL)
    return TRUE;
  topic = hein_message_get_topic (message);
  subject = (const guint8 *) topic;
  size = strlen (topic);
  if (self->wants.subscriber != NULL)
    return hein_subscriber_wants (self->wants.subscriber, topic, size);
  if (self->wants.patterns != NULL && matches_pattern (self, topic, size))
    return TRUE;
  if (self->wants.match == HEIN_MATCH_PART ||
      (self->wants.match == HEIN_MATCH_TOPIC_OR_PART && size == 0))
    subject = hein_message_peek_data (message, &size);
  return hein_prefixes_match (&self->wants.prefixes, subject, size);
}

static gboolean
may_receive (HeinPeer *self, HeinMessage *message)
{
  return G_LIKELY (self->clearance == NULL) ||
         hein_clearance_check_send (self, message, NULL);
}

gboolean
hein_peer_wants (HeinPeer *self, HeinMessage *message)
{
  return has_subscribed (self, message) && may_receive (self, message);
}

/**
 * hein_peer_get_name: (attributes org.gtk.Method.get_property=name)
 * @self: a peer
 *
 * Gets the name that the peer gave itself, or that was made up for it.
 *
 * - Thread: any.
 *
 * Returns: (transfer none): 1 to 255 bytes of UTF-8
 *
 * Since: 0.9
 */
const char *
hein_peer_get_name (HeinPeer *self)
{
  g_return_val_if_fail (HEIN_IS_PEER (self), NULL);

  return self->name;
}

/**
 * hein_peer_get_raw_identity: (attributes org.gtk.Method.get_property=raw-identity)
 * @self: a peer
 *
 * Gets the identity of the peer as its protocol transmits it.
 *
 * - Thread: any.
 *
 * Returns: (transfer none) (nullable): the bytes; %NULL where there is none
 *
 * Since: 0.9
 */
GBytes *
hein_peer_get_raw_identity (HeinPeer *self)
{
  g_return_val_if_fail (HEIN_IS_PEER (self), NULL);

  return self->raw_identity;
}

/**
 * hein_peer_get_instance: (attributes org.gtk.Method.get_property=instance)
 * @self: a peer
 *
 * Gets an identifier that no other bus has; %NULL when the peer is not a hein
 * bus.
 *
 * - Thread: any.
 *
 * Returns: (transfer none) (nullable): 32 hexadecimal digits
 *
 * Since: 0.9
 */
const char *
hein_peer_get_instance (HeinPeer *self)
{
  g_return_val_if_fail (HEIN_IS_PEER (self), NULL);

  return self->instance;
}

/**
 * hein_peer_get_origin: (attributes org.gtk.Method.get_property=origin)
 * @self: a peer
 *
 * Gets which side made the connection.
 *
 * - Thread: any.
 *
 * Returns: whether the peer dialled this bus, or this bus the peer
 *
 * Since: 0.9
 */
HeinOrigin
hein_peer_get_origin (HeinPeer *self)
{
  g_return_val_if_fail (HEIN_IS_PEER (self), HEIN_ORIGIN_ACCEPTED);

  return self->origin;
}

/**
 * hein_peer_get_endpoint: (attributes org.gtk.Method.get_property=endpoint)
 * @self: a peer
 *
 * Gets the endpoint through which the peer is connected.
 *
 * - Thread: any.
 *
 * Returns: (transfer none): the endpoint
 *
 * Since: 0.9
 */
HeinEndpoint *
hein_peer_get_endpoint (HeinPeer *self)
{
  g_return_val_if_fail (HEIN_IS_PEER (self), NULL);

  return self->endpoint;
}

/**
 * hein_peer_get_transport_name: (attributes org.gtk.Method.get_property=transport-name)
 * @self: a peer
 *
 * Gets the name of the transport.
 *
 * - Thread: any.
 *
 * Returns: (transfer none): for example "tcp"
 *
 * Since: 0.9
 */
const char *
hein_peer_get_transport_name (HeinPeer *self)
{
  g_return_val_if_fail (HEIN_IS_PEER (self), NULL);

  return self->transport_name;
}

/**
 * hein_peer_get_protocol_name: (attributes org.gtk.Method.get_property=protocol-name)
 * @self: a peer
 *
 * Gets the name of the protocol, where the transport carries bytes.
 *
 * - Thread: any.
 *
 * Returns: (transfer none) (nullable): for example "zmtp"
 *
 * Since: 0.9
 */
const char *
hein_peer_get_protocol_name (HeinPeer *self)
{
  g_return_val_if_fail (HEIN_IS_PEER (self), NULL);

  return self->protocol_name;
}

/**
 * hein_peer_get_is_up: (attributes org.gtk.Method.get_property=is-up)
 * @self: a peer
 *
 * Gets whether the peer is connected.
 *
 * - Thread: owner.
 *
 * Returns: %TRUE between the handshake and the loss of the connection
 *
 * Since: 0.9
 */
gboolean
hein_peer_get_is_up (HeinPeer *self)
{
  g_return_val_if_fail (HEIN_IS_PEER (self), FALSE);

  return self->is_up;
}

/**
 * hein_peer_can_take:
 * @self: a peer
 * @message: the message to send
 *
 * Checks whether @message can be sent to the peer now: the peer takes messages,
 * has subscribed to this one, and has room. For strategies.
 *
 * - Thread: owner.
 *
 * Returns: %TRUE when it can be sent
 *
 * Since: 0.9
 */
gboolean
hein_peer_can_take (HeinPeer *self, HeinMessage *message)
{
  g_return_val_if_fail (HEIN_IS_PEER (self), FALSE);
  g_return_val_if_fail (message != NULL, FALSE);

  return self->is_up && self->accepts && !self->is_full &&
         hein_peer_wants (self, message);
}

/**
 * hein_peer_get_rtt_us: (attributes org.gtk.Method.get_property=rtt-us)
 * @self: a peer
 *
 * Gets the last measured round-trip time to the peer.
 *
 * - Thread: owner.
 *
 * Returns: microseconds; -1 when it was not measured
 *
 * Since: 0.9
 */
gint64
hein_peer_get_rtt_us (HeinPeer *self)
{
  g_return_val_if_fail (HEIN_IS_PEER (self), -1);

  return self->rtt_us;
}

/**
 * hein_peer_get_messages_sent: (attributes org.gtk.Method.get_property=messages-sent)
 * @self: a peer
 *
 * Gets how many messages to the peer were handed to the operating system.
 *
 * - Thread: owner.
 *
 * Returns: the number of messages
 *
 * Since: 0.9
 */
guint64
hein_peer_get_messages_sent (HeinPeer *self)
{
  g_return_val_if_fail (HEIN_IS_PEER (self), 0);

  return self->counts.messages_sent;
}

/**
 * hein_peer_get_messages_received: (attributes org.gtk.Method.get_property=messages-received)
 * @self: a peer
 *
 * Gets how many messages have arrived from the peer.
 *
 * - Thread: owner.
 *
 * Returns: the number of messages
 *
 * Since: 0.9
 */
guint64
hein_peer_get_messages_received (HeinPeer *self)
{
  g_return_val_if_fail (HEIN_IS_PEER (self), 0);

  return self->counts.messages_received;
}

/**
 * hein_peer_get_messages_dropped: (attributes org.gtk.Method.get_property=messages-dropped)
 * @self: a peer
 *
 * Gets how many messages to or from the peer were dropped.
 *
 * - Thread: owner.
 *
 * Returns: the number of messages
 *
 * Since: 0.9
 */
guint64
hein_peer_get_messages_dropped (HeinPeer *self)
{
  g_return_val_if_fail (HEIN_IS_PEER (self), 0);

  return hein_losses_sum_dropped (self);
}

/**
 * hein_peer_get_n_dropped:
 * @self: a peer
 * @reason: a reason
 *
 * Gets how many messages to or from the peer were dropped for @reason: which
 * ones [property@Peer:messages-dropped] counts.
 *
 * - Thread: owner.
 *
 * Returns: the number of messages
 *
 * Since: 0.9
 */
guint64
hein_peer_get_n_dropped (HeinPeer *self, HeinDropReason reason)
{
  g_return_val_if_fail (HEIN_IS_PEER (self), 0);
  g_return_val_if_fail (reason < HEIN_N_DROP_REASONS, 0);

  return hein_losses_get_n_dropped (self, reason);
}

/**
 * hein_peer_get_attributes_dropped: (attributes org.gtk.Method.get_property=attributes-dropped)
 * @self: a peer
 *
 * Gets how many messages to or from the peer lost their attributes, see
 * [property@Peer:attributes-dropped].
 *
 * - Thread: owner.
 *
 * Returns: the number of messages
 *
 * Since: 0.9
 */
guint64
hein_peer_get_attributes_dropped (HeinPeer *self)
{
  g_return_val_if_fail (HEIN_IS_PEER (self), 0);

  return hein_losses_get_n_stripped (self);
}

/**
 * hein_peer_get_bytes_sent: (attributes org.gtk.Method.get_property=bytes-sent)
 * @self: a peer
 *
 * Gets how many bytes to the peer were handed to the operating system,
 * including framing.
 *
 * - Thread: owner.
 *
 * Returns: bytes
 *
 * Since: 0.9
 */
guint64
hein_peer_get_bytes_sent (HeinPeer *self)
{
  g_return_val_if_fail (HEIN_IS_PEER (self), 0);

  return self->counts.bytes_sent;
}

/**
 * hein_peer_get_bytes_received: (attributes org.gtk.Method.get_property=bytes-received)
 * @self: a peer
 *
 * Gets how many bytes have arrived from the peer, including framing.
 *
 * - Thread: owner.
 *
 * Returns: bytes
 *
 * Since: 0.9
 */
guint64
hein_peer_get_bytes_received (HeinPeer *self)
{
  g_return_val_if_fail (HEIN_IS_PEER (self), 0);

  return self->counts.bytes_received;
}
