/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-endpoint.h>
#include <hein/hein-peer.h>

#include "hein-peer-properties.h"
#include "link/hein-link-state.h"
#include "link/hein-losses.h"
#include "link/hein-peer-state.h"

/* The properties of HeinPeer. Their values, counters among them, are in
 * link/hein-peer-state.h; hein-notify.c notifies those that change. */

enum
{
  PROP_0,
  PROP_NAME,
  PROP_RAW_IDENTITY,
  PROP_INSTANCE,
  PROP_ADDRESS,
  PROP_ORIGIN,
  PROP_ENDPOINT,
  PROP_TRANSPORT_NAME,
  PROP_PROTOCOL_NAME,
  PROP_SECURITY,
  PROP_IS_UP,
  PROP_ACCEPTS_MESSAGES,
  PROP_HAS_ROOM,
  PROP_QUEUED_BYTES,
  PROP_RTT_US,
  PROP_MESSAGES_SENT,
  PROP_MESSAGES_RECEIVED,
  PROP_MESSAGES_DROPPED,
  PROP_BYTES_SENT,
  PROP_BYTES_RECEIVED,
  PROP_ATTRIBUTES_DROPPED,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

static gboolean
get_figure (HeinPeer *self, guint prop_id, GValue *value)
{
  switch (prop_id)
    {
    case PROP_QUEUED_BYTES:
      g_value_set_uint64 (value, hein_peer_get_queued_bytes (self));
      break;
    case PROP_RTT_US:
      g_value_set_int64 (value, self->rtt_us);
      break;
    case PROP_MESSAGES_SENT:
      g_value_set_uint64 (value, self->counts.messages_sent);
      break;
    case PROP_MESSAGES_RECEIVED:
      g_value_set_uint64 (value, self->counts.messages_received);
      break;
    case PROP_MESSAGES_DROPPED:
      g_value_set_uint64 (value, hein_losses_sum_dropped (self));
      break;
    case PROP_BYTES_SENT:
      g_value_set_uint64 (value, self->counts.bytes_sent);
      break;
    case PROP_BYTES_RECEIVED:
      g_value_set_uint64 (value, self->counts.bytes_received);
      break;
    case PROP_ATTRIBUTES_DROPPED:
      g_value_set_uint64 (value, hein_losses_get_n_stripped (self));
      break;
    default:
      return FALSE;
    }
  return TRUE;
}

void
hein_peer_get_property (GObject *object,
                        guint prop_id,
                        GValue *value,
                        GParamSpec *pspec)
{
  HeinPeer *self = HEIN_PEER (object);

  switch (prop_id)
    {
    case PROP_NAME:
      g_value_set_string (value, self->name);
      break;
    case PROP_RAW_IDENTITY:
      g_value_set_boxed (value, self->raw_identity);
      break;
    case PROP_INSTANCE:
      g_value_set_string (value, self->instance);
      break;
    case PROP_ADDRESS:
      g_value_set_object (value, hein_peer_get_address (self));
      break;
    case PROP_ORIGIN:
      g_value_set_enum (value, self->origin);
      break;
    case PROP_ENDPOINT:
      g_value_set_object (value, self->endpoint);
      break;
    case PROP_TRANSPORT_NAME:
      g_value_set_string (value, self->transport_name);
      break;
    case PROP_PROTOCOL_NAME:
      g_value_set_string (value, self->protocol_name);
      break;
    case PROP_SECURITY:
      g_value_set_string (value, hein_peer_get_security (self));
      break;
    case PROP_IS_UP:
      g_value_set_boolean (value, self->is_up);
      break;
    case PROP_ACCEPTS_MESSAGES:
      g_value_set_boolean (value, hein_peer_get_accepts_messages (self));
      break;
    case PROP_HAS_ROOM:
      g_value_set_boolean (value, hein_peer_get_has_room (self));
      break;
    default:
      if (!get_figure (self, prop_id, value))
        G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
install_string (guint id, const char *name)
{
  props[id] = g_param_spec_string (name, NULL, NULL, NULL,
                                   G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
}

static void
install_boolean (guint id, const char *name)
{
  props[id] = g_param_spec_boolean (name, NULL, NULL, FALSE,
                                    G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
}

static void
install_counter (guint id, const char *name)
{
  props[id] = g_param_spec_uint64 (name, NULL, NULL, 0, G_MAXUINT64, 0,
                                   G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
}

static void
install_identity (void)
{
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  /**
   * HeinPeer:name:
   *
   * The name that the peer gave itself, or one made up for it: 1 to 255 bytes
   * of UTF-8. It never changes.
   *
   * - Thread: any.
   *
   * Since: 0.9
   */
  install_string (PROP_NAME, "name");
  /**
   * HeinPeer:raw-identity:
   *
   * The identity of the peer as its protocol transmits it; %NULL where the
   * protocol has none. It never changes.
   *
   * - Thread: any.
   *
   * Since: 0.9
   */
  props[PROP_RAW_IDENTITY] =
    g_param_spec_boxed ("raw-identity", NULL, NULL, G_TYPE_BYTES, flags);
  /**
   * HeinPeer:instance:
   *
   * An identifier that no other bus has: 32 hexadecimal digits; %NULL when the
   * peer is not a hein bus. It never changes.
   *
   * - Thread: any.
   *
   * Since: 0.9
   */
  install_string (PROP_INSTANCE, "instance");
  /**
   * HeinPeer:address:
   *
   * The network address of the peer; %NULL where the transport has no
   * addresses. It never changes. [method@Gio.SocketConnectable.to_string] makes
   * a text of it, such as `192.168.1.7:40213`.
   *
   * - Thread: owner.
   *
   * Since: 0.9
   */
  props[PROP_ADDRESS] =
    g_param_spec_object ("address", NULL, NULL, G_TYPE_SOCKET_ADDRESS, flags);
  /**
   * HeinPeer:origin:
   *
   * Which side made the connection. It never changes.
   *
   * - Thread: any.
   *
   * Since: 0.9
   */
  props[PROP_ORIGIN] =
    g_param_spec_enum ("origin", NULL, NULL, HEIN_TYPE_ORIGIN,
                       HEIN_ORIGIN_ACCEPTED, flags);
  /**
   * HeinPeer:endpoint:
   *
   * The endpoint through which the peer is connected. It never changes.
   *
   * - Thread: any.
   *
   * Since: 0.9
   */
  props[PROP_ENDPOINT] =
    g_param_spec_object ("endpoint", NULL, NULL, HEIN_TYPE_ENDPOINT, flags);
  /**
   * HeinPeer:transport-name:
   *
   * The name of the transport, for example "tcp". It never changes.
   *
   * - Thread: any.
   *
   * Since: 0.9
   */
  install_string (PROP_TRANSPORT_NAME, "transport-name");
  /**
   * HeinPeer:protocol-name:
   *
   * The name of the protocol, for example "zmtp"; %NULL where the transport
   * carries messages. It never changes.
   *
   * - Thread: any.
   *
   * Since: 0.9
   */
  install_string (PROP_PROTOCOL_NAME, "protocol-name");
  /**
   * HeinPeer:security:
   *
   * What proved the identity of the peer: a kind of proof, for most kinds
   * followed by a colon and a name.
   *
   * - "none": nothing; its name is what the peer claims.
   * - "process": the peer is in this process.
   * - "unix:1000": the kernel says that the peer runs as this user; its name is
   *   what the peer claims.
   * - "psk:lamps": the peer has the key of the file lamps.key, or the key that
   *   a key ring has for the name lamps, and the connection is encrypted by it.
   *   In a group of `udp-multicast` it proves membership only: all members have
   *   the same key, so that the name is what the peer claims.
   * - "curve:...": the peer has the secret key that belongs to this public key
   *   of CurveZMQ, and the connection is encrypted by both.
   * - "host:broker.example.org": the peer has a certificate for this host,
   *   which was dialled with `tls=yes`, and the connection is encrypted.
   * - "plain:kirk": the peer knows the password of that user.
   *
   * The value is set before the peer comes up, and never changes. Plugins may
   * add other kinds.
   *
   * - Thread: any.
   *
   * Since: 0.9
   */
  install_string (PROP_SECURITY, "security");
}

static void
install_state (void)
{
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  /**
   * HeinPeer:is-up:
   *
   * Whether the peer is connected: %TRUE until the connection is lost or
   * closed, and never again after that. Notifies at the end of a turn, after
   * `peer-removed`.
   *
   * - Thread: owner.
   *
   * Since: 0.9
   */
  install_boolean (PROP_IS_UP, "is-up");
  /**
   * HeinPeer:accepts-messages:
   *
   * Whether messages can be sent to the peer: %FALSE for a peer that only
   * publishes, that has not subscribed to anything yet, or that is gone.
   * Notifies at the end of a turn.
   *
   * - Thread: owner.
   *
   * Since: 0.9
   */
  install_boolean (PROP_ACCEPTS_MESSAGES, "accepts-messages");
  /**
   * HeinPeer:has-room:
   *
   * Whether the peer's queue is below [property@Bus:send-limit]: while it is
   * not, sending fails where the policy is `wait`. Notifies at the end of a
   * turn, even if the value changed back within the turn.
   *
   * - Thread: owner.
   *
   * Since: 0.9
   */
  install_boolean (PROP_HAS_ROOM, "has-room");
  /**
   * HeinPeer:rtt-us:
   *
   * The last measured round-trip time to the peer, in microseconds; -1 until it
   * was measured. Heartbeats and pings measure it, where the protocol has them.
   * There are no heartbeats to a peer from which messages keep coming; who
   * wants to know then calls [method@Peer.ping_async]. Notifies at the end of a
   * turn.
   *
   * - Thread: owner.
   *
   * Since: 0.9
   */
  props[PROP_RTT_US] =
    g_param_spec_int64 ("rtt-us", NULL, NULL, -1, G_MAXINT64, -1, flags);
}

static void
install_figures (void)
{
  /**
   * HeinPeer:queued-bytes:
   *
   * How much is queued for the peer, in bytes; every message counts as its size
   * and 128 bytes more.
   *
   * Changes with every message, and does not notify.
   *
   * - Thread: owner.
   *
   * Since: 0.9
   */
  install_counter (PROP_QUEUED_BYTES, "queued-bytes");
  /**
   * HeinPeer:messages-sent:
   *
   * How many messages to the peer were handed to the operating system.
   *
   * Changes with every message, and does not notify.
   *
   * - Thread: owner.
   *
   * Since: 0.9
   */
  install_counter (PROP_MESSAGES_SENT, "messages-sent");
  /**
   * HeinPeer:messages-received:
   *
   * How many messages have arrived from the peer.
   *
   * Changes with every message, and does not notify.
   *
   * - Thread: owner.
   *
   * Since: 0.9
   */
  install_counter (PROP_MESSAGES_RECEIVED, "messages-received");
  /**
   * HeinPeer:messages-dropped:
   *
   * How many messages to or from the peer were dropped.
   *
   * Changes with every message, and does not notify.
   *
   * - Thread: owner.
   *
   * Since: 0.9
   */
  install_counter (PROP_MESSAGES_DROPPED, "messages-dropped");
  /**
   * HeinPeer:bytes-sent:
   *
   * How many bytes to the peer were handed to the operating system, including
   * framing.
   *
   * Changes with every message, and does not notify.
   *
   * - Thread: owner.
   *
   * Since: 0.9
   */
  install_counter (PROP_BYTES_SENT, "bytes-sent");
  /**
   * HeinPeer:bytes-received:
   *
   * How many bytes have arrived from the peer, including framing.
   *
   * Changes with every message, and does not notify.
   *
   * - Thread: owner.
   *
   * Since: 0.9
   */
  install_counter (PROP_BYTES_RECEIVED, "bytes-received");
  /**
   * HeinPeer:attributes-dropped:
   *
   * How many messages had attributes, or a time after which they expire, that
   * the peer was not told of because its protocol does not carry them, or that
   * came from the peer and cannot be had here. The messages themselves are not
   * dropped.
   *
   * Does not notify.
   *
   * - Thread: owner.
   *
   * Since: 0.9
   */
  install_counter (PROP_ATTRIBUTES_DROPPED, "attributes-dropped");
}

void
hein_peer_install_properties (GObjectClass *object_class)
{
  install_identity ();
  install_state ();
  install_figures ();
  g_object_class_install_properties (object_class, N_PROPS, props);
}

/**
 * hein_peer_get_address: (attributes org.gtk.Method.get_property=address)
 * @self: a peer
 *
 * Gets the network address of the peer, where the transport has addresses;
 * [method@Gio.SocketConnectable.to_string] makes a text of it.
 *
 * - Thread: owner.
 *
 * Returns: (transfer none) (nullable): the address
 *
 * Since: 0.9
 */
GSocketAddress *
hein_peer_get_address (HeinPeer *self)
{
  GSocketAddress *made;

  g_return_val_if_fail (HEIN_IS_PEER (self), NULL);

  if (g_atomic_pointer_get (&self->address) == NULL && self->remote.size > 0)
    {
      made = hein_socket_name_make_address (&self->remote);
      /* another thread may just have done the same */
      if (!g_atomic_pointer_compare_and_exchange (&self->address, NULL, made))
        g_clear_object (&made);
    }
  return g_atomic_pointer_get (&self->address);
}

/**
 * hein_peer_get_security: (attributes org.gtk.Method.get_property=security)
 * @self: a peer
 *
 * Gets what proved the identity of the peer, see [property@Peer:security].
 *
 * - Thread: any.
 *
 * Returns: (transfer none): for example "psk:lamps"; "none" when nothing did
 *
 * Since: 0.9
 */
const char *
hein_peer_get_security (HeinPeer *self)
{
  g_return_val_if_fail (HEIN_IS_PEER (self), NULL);

  return self->security != NULL ? self->security : "none";
}

/**
 * hein_peer_get_accepts_messages: (attributes org.gtk.Method.get_property=accepts-messages)
 * @self: a peer
 *
 * Gets whether messages can be sent to the peer: not to one that only
 * publishes, that has not subscribed to anything yet, or that is gone.
 *
 * - Thread: owner.
 *
 * Returns: %TRUE when the peer takes messages
 *
 * Since: 0.9
 */
gboolean
hein_peer_get_accepts_messages (HeinPeer *self)
{
  g_return_val_if_fail (HEIN_IS_PEER (self), FALSE);

  return self->is_up && self->accepts;
}

/**
 * hein_peer_get_has_room: (attributes org.gtk.Method.get_property=has-room)
 * @self: a peer
 *
 * Gets whether the peer's queue is below [property@Bus:send-limit].
 *
 * - Thread: owner.
 *
 * Returns: %FALSE when sending would fail where the policy is `wait`
 *
 * Since: 0.9
 */
gboolean
hein_peer_get_has_room (HeinPeer *self)
{
  g_return_val_if_fail (HEIN_IS_PEER (self), FALSE);

  return self->is_up && !self->is_full;
}

/**
 * hein_peer_get_queued_bytes: (attributes org.gtk.Method.get_property=queued-bytes)
 * @self: a peer
 *
 * Gets how much is queued for the peer; every message counts as its size and
 * 128 bytes more.
 *
 * - Thread: owner.
 *
 * Returns: bytes
 *
 * Since: 0.9
 */
guint64
hein_peer_get_queued_bytes (HeinPeer *self)
{
  g_return_val_if_fail (HEIN_IS_PEER (self), 0);

  if (self->link == NULL)
    return 0;
  hein_link_settle (self->link->host);
  return hein_link_get_cost (self->link) +
         hein_link_get_ahead_cost (self->link);
}
