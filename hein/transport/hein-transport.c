/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-transport.h>

#include <hein/hein-endpoint.h>
#include <hein/hein-uri.h>

#include "base/hein-address.h"
#include "core/hein-budget.h"
#include "core/hein-carrier.h"
#include "core/hein-core-state.h"
#include "core/hein-peer-private.h"
#include "hein-endpoint-private.h"
#include "hein-endpoint-state.h"
#include "hein-media.h"
#include "hein-transport-private.h"

/* The base class of transports: its options, and what its endpoint calls. */

/**
 * HeinTransport:
 *
 * Moves messages between peers, for one endpoint. A transport that carries a
 * stream of bytes is a [class@StreamTransport].
 *
 * The writable properties of a transport are the options of its addresses:
 * `?overflow=wait` sets [property@Transport:overflow].
 *
 * This API is younger than the one for applications, and may change until
 * version 1.2: programs in C define `HEIN_UNSTABLE_PLUGIN_API` before they
 * include `hein/hein.h`.
 *
 * Since: 0.9
 */

typedef struct
{
  HeinEndpoint *endpoint; /* borrowed: the endpoint owns the transport */
  gboolean plaintext;
  HeinCarrier carrier;
  int linger_ms;
  gboolean is_closed;
  gsize memory; /* the part of the bus's transports_cost that is its own */

  gboolean knows_peers; /* with carrier.reaches_all: only peers can hear */
} HeinTransportPrivate;

enum
{
  PROP_0,
  PROP_PLAINTEXT,
  PROP_OVERFLOW,
  PROP_LINGER,
  PROP_RETAIN,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (HeinTransport,
                                     hein_transport,
                                     G_TYPE_OBJECT)

static HeinTransportPrivate *
get_private (HeinTransport *self)
{
  return hein_transport_get_instance_private (self);
}

static void
hein_transport_get_property (GObject *object,
                             guint prop_id,
                             GValue *value,
                             GParamSpec *pspec)
{
  HeinTransportPrivate *priv = get_private (HEIN_TRANSPORT (object));

  switch (prop_id)
    {
    case PROP_PLAINTEXT:
      g_value_set_boolean (value, priv->plaintext);
      break;
    case PROP_OVERFLOW:
      g_value_set_enum (value, priv->carrier.overflow);
      break;
    case PROP_LINGER:
      g_value_set_int (value, priv->linger_ms);
      break;
    case PROP_RETAIN:
      g_value_set_boolean (value, priv->carrier.retain);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
hein_transport_set_property (GObject *object,
                             guint prop_id,
                             const GValue *value,
                             GParamSpec *pspec)
{
  HeinTransportPrivate *priv = get_private (HEIN_TRANSPORT (object));

  switch (prop_id)
    {
    case PROP_PLAINTEXT:
      priv->plaintext = g_value_get_boolean (value);
      break;
    case PROP_OVERFLOW:
      priv->carrier.overflow = g_value_get_enum (value);
      break;
    case PROP_LINGER:
      priv->linger_ms = g_value_get_int (value);
      break;
    case PROP_RETAIN:
      priv->carrier.retain = g_value_get_boolean (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
hein_transport_class_init (HeinTransportClass *class)
{
  GObjectClass *object_class = G_OBJECT_CLASS (class);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS;

  object_class->get_property = hein_transport_get_property;
  object_class->set_property = hein_transport_set_property;

  /**
   * HeinTransport:plaintext:
   *
   * Whether data may leave this machine without encryption.
   *
   * Since: 0.9
   */
  props[PROP_PLAINTEXT] =
    g_param_spec_boolean ("plaintext", NULL, NULL, FALSE, flags);
  /**
   * HeinTransport:overflow:
   *
   * What happens when a peer of this endpoint takes messages more slowly than
   * they are sent to it; `default`: [property@Bus:overflow] decides.
   *
   * Opening an endpoint fails when its transport does not support the policy.
   * When the policy of the bus is changed later, such a transport goes on as by
   * default.
   *
   * Since: 0.9
   */
  props[PROP_OVERFLOW] =
    g_param_spec_enum ("overflow", NULL, NULL, HEIN_TYPE_OVERFLOW,
                       HEIN_OVERFLOW_DEFAULT, flags);
  /**
   * HeinTransport:linger:
   *
   * How long closing the endpoint waits for peers to take what is queued, in
   * milliseconds; -1: [property@Bus:linger-ms] decides.
   *
   * Since: 0.9
   */
  props[PROP_LINGER] =
    g_param_spec_int ("linger", NULL, NULL, -1, 3600000, -1, flags);
  /**
   * HeinTransport:retain:
   *
   * Whether a new peer first gets the latest message of each topic among the
   * messages that were sent to all.
   *
   * Since: 0.9
   */
  props[PROP_RETAIN] =
    g_param_spec_boolean ("retain", NULL, NULL, FALSE, flags);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
hein_transport_init (HeinTransport *self)
{
  get_private (self)->linger_ms = -1;
}

/* Both values may have been set before there was an endpoint. */
static void
note_reach (HeinTransport *self)
{
  HeinTransportPrivate *priv = get_private (self);

  if (priv->endpoint == NULL)
    return;
  priv->endpoint->reaches_all = priv->carrier.reaches_all;
  priv->endpoint->knows_peers = priv->knows_peers;
}

void
hein_transport_set_endpoint (HeinTransport *self, HeinEndpoint *endpoint)
{
  HeinTransportClass *class = HEIN_TRANSPORT_GET_CLASS (self);
  HeinTransportPrivate *priv = get_private (self);

  priv->endpoint = endpoint;
  endpoint->carrier = &priv->carrier;
  priv->carrier.transport = self;
  priv->carrier.send = class->send;
  priv->carrier.pause = class->pause;
  priv->carrier.keeps_overflow = class->keeps_overflow;
  note_reach (self);
}

HeinPeer *
hein_transport_make_peer (HeinTransport *self,
                          const char *name,
                          HeinOrigin origin)
{
  HeinTransportPrivate *priv = get_private (self);
  HeinEndpoint *endpoint = priv->endpoint;
  const HeinPeerParts parts = {
    .core = endpoint->core,
    .carrier = &priv->carrier,
    .endpoint = endpoint,
    .transport_name = endpoint->transport_name,
    .protocol_name = endpoint->protocol_name,
    .overflow = priv->carrier.overflow,
    .origin = origin,
    .name = name,
  };

  return hein_peer_new (&parts);
}

HeinCarrier *
hein_transport_get_carrier (HeinTransport *self)
{
  return &get_private (self)->carrier;
}

HeinCore *
hein_transport_get_core (HeinTransport *self)
{
  HeinEndpoint *endpoint = get_private (self)->endpoint;

  if (endpoint == NULL || endpoint->core == NULL ||
      hein_core_is_forked (endpoint->core))
    return NULL;
  return endpoint->core;
}

int
hein_transport_get_linger_ms (HeinTransport *self)
{
  return get_private (self)->linger_ms;
}

static gboolean
is_local (GSocketAddress *address)
{
  if (!G_IS_INET_SOCKET_ADDRESS (address))
    return g_socket_address_get_family (address) == G_SOCKET_FAMILY_UNIX;
  return g_inet_address_get_is_loopback (
    g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (address)));
}

static gboolean
refuse_secrets (GError **error)
{
  g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_INSECURE,
                       "a password would go over the network without "
                       "encryption, which plaintext=yes does not allow either: "
                       "it may on loopback, on a Unix socket, or encrypted");
  return FALSE;
}

gboolean
hein_transport_check_plaintext (HeinTransport *self,
                                GSocketAddress *address,
                                GError **error)
{
  HeinTransportPrivate *priv = get_private (self);
  g_autofree char *uri = NULL;
  g_autofree char *shown = NULL;

  if (is_local (address) || priv->endpoint->secrecy == HEIN_SECRECY_PROVIDED)
    return TRUE;
  if (priv->endpoint->secrecy == HEIN_SECRECY_NEEDED)
    return refuse_secrets (error);
  if (priv->plaintext || (priv->endpoint->core != NULL &&
                          priv->endpoint->core->host.settings.allow_plaintext))
    return TRUE;
  uri =
    hein_address_dup_with_option (priv->endpoint->address, "plaintext", "yes");
  shown = hein_uri_hide_secrets (uri);
  g_set_error (
    error, HEIN_ERROR, HEIN_ERROR_INSECURE,
    "data would go over the network without encryption: make a key "
    "by 'hein keygen FILE', bring a copy of it to the other side, and "
    "add key-file=FILE to both addresses; or, if everybody may read "
    "and change it, write %s",
    shown);
  return FALSE;
}

static const char *
get_overflow_nick (HeinOverflow overflow)
{
  g_autoptr (GEnumClass) class = g_type_class_ref (HEIN_TYPE_OVERFLOW);

  return g_enum_get_value (class, overflow)->value_nick;
}

/* The policy may come from the address or from the bus. */
static gboolean
check_overflow (HeinTransport *self, GError **error)
{
  HeinTransportPrivate *priv = get_private (self);
  HeinOverflow overflow = priv->carrier.overflow;
  g_autoptr (GString) kept = NULL;

  if (overflow == HEIN_OVERFLOW_DEFAULT && priv->endpoint->core != NULL)
    overflow = priv->endpoint->core->host.settings.overflow;
  if (overflow == HEIN_OVERFLOW_DEFAULT ||
      hein_carrier_keeps_overflow (&get_private (self)->carrier, overflow))
    return TRUE;
  kept = g_string_new (NULL);
  for (int i = HEIN_OVERFLOW_WAIT; i <= HEIN_OVERFLOW_DISCONNECT; i++)
    if (hein_carrier_keeps_overflow (&get_private (self)->carrier, i))
      g_string_append_printf (kept, "%s%s", kept->len > 0 ? ", " : "",
                              get_overflow_nick (i));
  g_set_error (
    error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS,
    "overflow=%s cannot be kept here, write ?overflow= and one of %s",
    get_overflow_nick (overflow), kept->str);
  return FALSE;
}

gboolean
hein_transport_begin_open (HeinTransport *self, GTask *task, GError **error)
{
  HeinTransportClass *class = HEIN_TRANSPORT_GET_CLASS (self);
  g_autoptr (GError) local_error = NULL;

  if (class->begin_open == NULL)
    {
      g_set_error (error, HEIN_ERROR, HEIN_ERROR_BAD_PLUGIN,
                   "the transport %s has no begin_open",
                   G_OBJECT_TYPE_NAME (self));
      return FALSE;
    }
  if (!check_overflow (self, error))
    return FALSE;
  if (class->begin_open (self, get_private (self)->endpoint, task,
                         &local_error))
    return TRUE;
  if (local_error == NULL)
    g_set_error (&local_error, HEIN_ERROR, HEIN_ERROR_FAILED,
                 "the transport %s failed without saying why",
                 G_OBJECT_TYPE_NAME (self));
  g_propagate_error (error, g_steal_pointer (&local_error));
  return FALSE;
}

gboolean
hein_transport_finish (HeinTransport *self)
{
  HeinTransportClass *class = HEIN_TRANSPORT_GET_CLASS (self);

  return get_private (self)->is_closed || class->finish == NULL ||
         class->finish (self);
}

void
hein_transport_close (HeinTransport *self)
{
  HeinTransportPrivate *priv = get_private (self);

  if (priv->is_closed)
    return;
  hein_transport_set_memory (self, 0);
  priv->is_closed = TRUE;
  if (HEIN_TRANSPORT_GET_CLASS (self)->close != NULL)
    HEIN_TRANSPORT_GET_CLASS (self)->close (self);
}

/**
 * hein_transport_get_endpoint:
 * @self: a transport
 *
 * Gets the endpoint that the transport serves.
 *
 * - Thread: owner.
 *
 * Returns: (transfer none): the endpoint
 *
 * Since: 0.9
 */
HeinEndpoint *
hein_transport_get_endpoint (HeinTransport *self)
{
  g_return_val_if_fail (HEIN_IS_TRANSPORT (self), NULL);

  return get_private (self)->endpoint;
}

/**
 * hein_transport_get_plaintext: (attributes org.gtk.Method.get_property=plaintext)
 * @self: a transport
 *
 * Gets whether data may leave this machine without encryption.
 *
 * - Thread: owner.
 *
 * Returns: the option `plaintext`
 *
 * Since: 0.9
 */
gboolean
hein_transport_get_plaintext (HeinTransport *self)
{
  g_return_val_if_fail (HEIN_IS_TRANSPORT (self), FALSE);

  return get_private (self)->plaintext;
}

/**
 * hein_transport_get_overflow: (attributes org.gtk.Method.get_property=overflow)
 * @self: a transport
 *
 * Gets what happens when a peer takes messages more slowly than they are sent.
 *
 * - Thread: owner.
 *
 * Returns: the option `overflow`
 *
 * Since: 0.9
 */
HeinOverflow
hein_transport_get_overflow (HeinTransport *self)
{
  g_return_val_if_fail (HEIN_IS_TRANSPORT (self), HEIN_OVERFLOW_DEFAULT);

  return get_private (self)->carrier.overflow;
}

/**
 * hein_transport_get_sending_overflow:
 * @self: a transport
 *
 * Gets the overflow policy for the message that `send` was called with: the one
 * of the address or of the bus, or else the default for messages to all or to
 * chosen peers. A transport that supports `drop-oldest` or `latest` makes room
 * accordingly, and counts what it drops by [method@Transport.drop] as
 * %HEIN_DROP_REASON_OVERFLOW or %HEIN_DROP_REASON_REPLACED. A transport that
 * supports neither need not ask: it fails with `HEIN_ERROR_WOULD_BLOCK`.
 *
 * - Thread: owner, within `send`.
 *
 * Returns: the policy, never %HEIN_OVERFLOW_DEFAULT
 *
 * Since: 0.9
 */
HeinOverflow
hein_transport_get_sending_overflow (HeinTransport *self)
{
  /* called for each message, and so without the cost of a type check */
  g_return_val_if_fail (self != NULL, HEIN_OVERFLOW_WAIT);

  return get_private (self)->carrier.sending_overflow;
}

/**
 * hein_transport_get_sending_audience:
 * @self: a transport
 *
 * Gets whom the message is for that `send` was called with. What is for all is
 * for those who have subscribed to it. Everything else is for the peer whatever
 * it has subscribed to: a transport whose other side compares has to let it
 * know ([method@Message.set_addressed],
 * [method@Transport.deliver_addressed_data]).
 *
 * - Thread: owner, within `send`.
 *
 * Returns: %HEIN_AUDIENCE_ALL also for values that are retained
 *
 * Since: 0.9
 */
HeinAudience
hein_transport_get_sending_audience (HeinTransport *self)
{
  /* called for each message, and so without the cost of a type check */
  g_return_val_if_fail (self != NULL, HEIN_AUDIENCE_ALL);

  return get_private (self)->carrier.sending_audience;
}

/**
 * hein_transport_get_sending_forced:
 * @self: a transport
 *
 * Gets whether the message that `send` was called with is to be taken though
 * there is no room for it: messages that must not overtake it are sent next, or
 * are dropped if there is none. There are few of those. A transport that
 * supports `drop-oldest` or `latest` takes it beyond its limit; one that does
 * not need not ask: it fails with `HEIN_ERROR_WOULD_BLOCK`, and the message
 * waits.
 *
 * - Thread: owner, within `send`.
 *
 * Returns: %TRUE to take it without room
 *
 * Since: 0.9
 */
gboolean
hein_transport_get_sending_forced (HeinTransport *self)
{
  /* called for each message, and so without the cost of a type check */
  g_return_val_if_fail (self != NULL, FALSE);

  return get_private (self)->carrier.sending_forced;
}

/**
 * hein_transport_get_retain: (attributes org.gtk.Method.get_property=retain)
 * @self: a transport
 *
 * Gets whether a new peer first gets the latest message of each topic.
 *
 * - Thread: owner.
 *
 * Returns: the option `retain`
 *
 * Since: 0.9
 */
gboolean
hein_transport_get_retain (HeinTransport *self)
{
  g_return_val_if_fail (HEIN_IS_TRANSPORT (self), FALSE);

  return get_private (self)->carrier.retain;
}

/**
 * hein_transport_set_reaches_all:
 * @self: a transport
 * @reaches_all: whether one call of `send` reaches everybody
 *
 * Declares that the medium reaches all peers at once: `send` is then called
 * once for a message to all, with %NULL for the peer, instead of once for each
 * peer, and even when no peer is known. To be called before the endpoint is
 * open. `send` may be called from then on, and fails with
 * `HEIN_ERROR_WOULD_BLOCK` while the medium cannot take anything yet.
 *
 * - Thread: owner.
 *
 * Since: 0.9
 */
void
hein_transport_set_reaches_all (HeinTransport *self, gboolean reaches_all)
{
  HeinCore *core;

  g_return_if_fail (HEIN_IS_TRANSPORT (self));

  get_private (self)->carrier.reaches_all = reaches_all;
  note_reach (self);
  core = hein_transport_get_core (self);
  if (core != NULL)
    hein_media_review (core);
}

/**
 * hein_transport_set_knows_peers:
 * @self: a transport
 * @knows_peers: whether everybody who can hear the medium becomes a peer
 *
 * Declares, for a medium that reaches all at once, whether everybody who can
 * make sense of what it carries becomes a peer after a while. %FALSE unless
 * declared: somebody may listen unseen. See [method@Endpoint.get_knows_peers].
 *
 * - Thread: owner.
 *
 * Since: 0.9
 */
void
hein_transport_set_knows_peers (HeinTransport *self, gboolean knows_peers)
{
  g_return_if_fail (HEIN_IS_TRANSPORT (self));

  get_private (self)->knows_peers = knows_peers;
  note_reach (self);
}

static void
measure (HeinTransport *self)
{
  HeinTransportClass *class = HEIN_TRANSPORT_GET_CLASS (self);

  if (class->measure != NULL)
    class->measure (self);
}

void
hein_transport_measure_all (HeinCore *core)
{
  GListModel *endpoints = G_LIST_MODEL (core->endpoints);
  const guint n = g_list_model_get_n_items (endpoints);

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (HeinEndpoint) endpoint = g_list_model_get_item (endpoints, i);

      if (endpoint->core != NULL)
        measure (endpoint->transport);
    }
}

/**
 * hein_transport_set_memory:
 * @self: a transport
 * @n_bytes: bytes, 0 at first
 *
 * Sets how much memory the transport uses for messages on their way.
 * [method@Bus.get_memory_used] includes it, and [property@Bus:memory-limit]
 * bounds the sum. A transport that implements the slot `measure`, which is
 * called before the value is needed, may update it rarely. Closing resets it to
 * 0.
 *
 * - Thread: owner.
 *
 * Returns: whether the bus is within [property@Bus:memory-limit]; %FALSE:
 *   accept nothing more for the peer that uses most, as if it had no room
 *
 * Since: 0.9
 */
gboolean
hein_transport_set_memory (HeinTransport *self, gsize n_bytes)
{
  HeinTransportPrivate *priv;
  HeinCore *core;

  g_return_val_if_fail (HEIN_IS_TRANSPORT (self), TRUE);

  priv = get_private (self);
  core = hein_transport_get_core (self);
  if (core == NULL || priv->is_closed)
    return TRUE;
  core->budget.transports_cost += n_bytes - priv->memory;
  priv->memory = n_bytes;
  return !hein_budget_is_over (core);
}

/**
 * hein_transport_finished:
 * @self: a transport
 *
 * Reports that everything that was queued when `finish` was called has been
 * sent. The transport is closed within this call.
 *
 * - Thread: owner.
 *
 * Since: 0.9
 */
void
hein_transport_finished (HeinTransport *self)
{
  HeinEndpoint *endpoint;

  g_return_if_fail (HEIN_IS_TRANSPORT (self));

  endpoint = get_private (self)->endpoint;
  if (endpoint->is_finishing)
    endpoint->finished (endpoint);
}

/**
 * hein_transport_fail:
 * @self: a transport
 * @error: the problem
 *
 * Reports a problem to the application: sets the error of the endpoint, and
 * emits [signal@Bus::failed].
 *
 * - Thread: owner.
 *
 * Since: 0.9
 */
void
hein_transport_fail (HeinTransport *self, const GError *error)
{
  g_return_if_fail (HEIN_IS_TRANSPORT (self));
  g_return_if_fail (error != NULL);

  hein_endpoint_report (get_private (self)->endpoint, error);
}

/**
 * hein_transport_warn:
 * @self: a transport
 * @error: the problem
 *
 * Reports a problem with others while the endpoint works: only emits
 * [signal@Bus::failed], without a change to the endpoint. The transport has to
 * limit the rate, whatever arrives from outside: at most once a minute.
 *
 * - Thread: owner.
 *
 * Since: 0.9
 */
void
hein_transport_warn (HeinTransport *self, const GError *error)
{
  g_return_if_fail (HEIN_IS_TRANSPORT (self));
  g_return_if_fail (error != NULL);

  hein_endpoint_warn (get_private (self)->endpoint, error);
}
