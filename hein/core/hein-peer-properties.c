/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-endpoint.h>
#include <hein/hein-peer.h>

#include "hein-peer-properties.h"
#include "link/hein-link-state.h"
#include "link/hein-peer-state.h"

/* The properties of a peer; what changes notifies by hein-notify.c. */

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
      g_value_set_uint64 (value, self->counts.messages_dropped);
      break;
    case PROP_BYTES_SENT:
      g_value_set_uint64 (value, self->counts.bytes_sent);
      break;
    case PROP_BYTES_RECEIVED:
      g_value_set_uint64 (value, self->counts.bytes_received);
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
   * The name it gave itself, or that was made up for it: 1 to 255 bytes of
   * UTF-8. It never changes.
   *
   * - Thread: any.
   *
   * Since: 0.9
   */
  install_string (PROP_NAME, "name");
  /**
   * HeinPeer:raw-identity:
   *
   * Its identity as it was on the wire, where the protocol has one; else %NULL.
   * It never changes.
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
   * What tells the bus at the other end from every other one: 32 hexadecimal
   * digits, or %NULL when it is none of hein's. It never changes.
   *
   * - Thread: any.
   *
   * Since: 0.9
   */
  install_string (PROP_INSTANCE, "instance");
  /**
   * HeinPeer:address:
   *
   * Where it is, %NULL where the transport has no addresses. It never changes.
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
   * Whether it dialled us, or we dialled it. It never changes.
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
   * The endpoint through which it is reached. It never changes.
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
   * What proved who it is: a kind, and for most a colon and whose proof it was.
   *
   * - "none": nothing did. Its name is what it says.
   * - "process": it is in this process.
   * - "unix:1000": the kernel says that this user runs it; its name is what it
   *   says.
   * - "psk:lamps": it has the key of lamps.key, or the one that a ring of keys
   *   has under that name, and the connection is encrypted by it.
   *   In a group of `udp-multicast` it shows that it is a member: all have the
   *   same key, so its name is what it says.
   * - "curve:...": it has the secret key to this public one of CurveZMQ, and
   *   the connection is encrypted by them.
   * - "plain:kirk": it knows the password of that user.
   *
   * It is known when the peer comes up, and never changes. Plugins may have
   * other kinds.
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
   * Whether the connection stands: %TRUE until it is lost or closed, and never
   * again after that. Notifies at the end of a turn, behind `peer-removed`.
   *
   * - Thread: owner.
   *
   * Since: 0.9
   */
  install_boolean (PROP_IS_UP, "is-up");
  /**
   * HeinPeer:accepts-messages:
   *
   * Whether messages can be sent to it: not to one that only publishes, nor to
   * one that has not subscribed to anything yet, nor to one that is gone.
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
   * Whether less is queued for it than [property@Bus:send-limit]: when %FALSE,
   * a send under `wait` would fail. Notifies at the end of a turn; where it
   * changed and changed back within one, too.
   *
   * - Thread: owner.
   *
   * Since: 0.9
   */
  install_boolean (PROP_HAS_ROOM, "has-room");
  /**
   * HeinPeer:rtt-us:
   *
   * The last measured time to it and back, in microseconds; -1, as at first: it
   * was not measured. It is measured by heartbeats and pings where the protocol
   * has them. Notifies at the end of a turn.
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
   * What waits to be sent to it, in bytes, from 0; every message counts as its
   * size and 128 bytes more.
   *
   * It counts for every message, and does not notify: look when it is needed.
   *
   * - Thread: owner.
   *
   * Since: 0.9
   */
  install_counter (PROP_QUEUED_BYTES, "queued-bytes");
  /**
   * HeinPeer:messages-sent:
   *
   * How many messages have been handed to the system for it, from 0.
   *
   * It counts for every message, and does not notify: look when it is needed.
   *
   * - Thread: owner.
   *
   * Since: 0.9
   */
  install_counter (PROP_MESSAGES_SENT, "messages-sent");
  /**
   * HeinPeer:messages-received:
   *
   * How many messages have come from it, from 0.
   *
   * It counts for every message, and does not notify: look when it is needed.
   *
   * - Thread: owner.
   *
   * Since: 0.9
   */
  install_counter (PROP_MESSAGES_RECEIVED, "messages-received");
  /**
   * HeinPeer:messages-dropped:
   *
   * How many messages for it, or from it, were dropped, from 0.
   *
   * It counts for every message, and does not notify: look when it is needed.
   *
   * - Thread: owner.
   *
   * Since: 0.9
   */
  install_counter (PROP_MESSAGES_DROPPED, "messages-dropped");
  /**
   * HeinPeer:bytes-sent:
   *
   * How many bytes have been handed to the system for it, framing included,
   * from 0.
   *
   * It counts for every message, and does not notify: look when it is needed.
   *
   * - Thread: owner.
   *
   * Since: 0.9
   */
  install_counter (PROP_BYTES_SENT, "bytes-sent");
  /**
   * HeinPeer:bytes-received:
   *
   * How many bytes have come from it, framing included, from 0.
   *
   * It counts for every message, and does not notify: look when it is needed.
   *
   * - Thread: owner.
   *
   * Since: 0.9
   */
  install_counter (PROP_BYTES_RECEIVED, "bytes-received");
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
 * Gets where it is, where the transport has addresses.
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
 * Gets what proved who it is, see [property@Peer:security].
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
 * Gets whether messages can be sent to it: not to one that only publishes, nor
 * to one that has not subscribed to anything yet.
 *
 * - Thread: owner.
 *
 * Returns: whether it takes messages
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
 * Gets whether less is queued for it than [property@Bus:send-limit].
 *
 * - Thread: owner.
 *
 * Returns: %FALSE when a send under `wait` would fail
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
 * Gets what waits to be sent to it; every message counts as its size and 128
 * bytes more.
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
  return hein_link_get_cost (self->link);
}
