/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-stream-transport.h>

#include <hein/hein-endpoint.h>

#include "core/hein-notify.h"
#include "hein-endpoint-private.h"
#include "hein-endpoint-state.h"
#include "hein-ready.h"
#include "hein-stream-state.h"
#include "hein-stream-transport-private.h"
#include "link/hein-link-close.h"
#include "link/hein-link-receive.h"
#include "link/hein-link-send.h"
#include "link/hein-link-state.h"
#include "link/hein-link.h"
#include "link/hein-peer-state.h"

/* The base class of stream transports: properties, links, and what it does as a
 * transport. */

/**
 * HeinStreamTransport:
 *
 * The base class of transports that carry streams of bytes. It deals with
 * sockets, reconnecting, queues, limits and orderly closing, so that a
 * transport only has to say what to dial and where to listen.
 *
 * This API is younger than the one for applications, and may change until
 * version 1.2: programs in C define `HEIN_UNSTABLE_PLUGIN_API` before they
 * include `hein/hein.h`.
 *
 * Since: 0.9
 */

enum
{
  PROP_0,
  PROP_MAX_PEERS,
  PROP_ACCESS_FILE,
  PROP_TLS,
  PROP_KEYS, /* the first of the options of hein-stream-keys */
  N_PROPS = PROP_KEYS + HEIN_STREAM_KEYS_N
};

static GParamSpec *props[N_PROPS];

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (HeinStreamTransport,
                                     hein_stream_transport,
                                     HEIN_TYPE_TRANSPORT)

/* ---- keys ---- */

gboolean
hein_stream_transport_wants_tls (HeinStreamTransport *self)
{
  return hein_stream_keys_are_wanted (&hein_stream_get_private (self)->keys);
}

void
hein_stream_transport_set_tls (HeinStreamTransport *self,
                               const HeinTlsModule *module)
{
  hein_stream_get_private (self)->keys.module = module;
}

/* ---- callbacks of links ---- */

static HeinPeer *
make_peer (HeinLinkOwner *owner, HeinLink *link)
{
  return hein_transport_make_peer (HEIN_TRANSPORT (owner->data), NULL,
                                   link->is_dialled ? HEIN_ORIGIN_DIALLED
                                                    : HEIN_ORIGIN_ACCEPTED);
}

static void
on_link_up (HeinLinkOwner *owner, HeinLink *link)
{
  HeinStreamTransport *self = owner->data;
  HeinEndpoint *endpoint = hein_stream_get_endpoint (self);

  endpoint->n_connections++;
  hein_endpoint_notify (endpoint, HEIN_CHANGE_N_CONNECTIONS);
  if (!link->is_dialled)
    return;
  hein_stream_get_private (self)->up_since_us =
    hein_loop_get_now_us (link->host->loop);
  hein_endpoint_set_state (endpoint, HEIN_ENDPOINT_STATE_OPEN);
  hein_endpoint_settle_call (endpoint, NULL);
  hein_ready_check (hein_core_of_link (link));
}

static void
on_link_down (HeinLinkOwner *owner, HeinLink *link, HeinLinkState before)
{
  HeinStreamTransport *self = owner->data;
  HeinStreamTransportPrivate *priv = hein_stream_get_private (self);
  gint64 up_since_us;

  if (before != HEIN_LINK_UP && !link->is_dialled)
    hein_strangers_add (&priv->strangers, hein_stream_get_endpoint (self), link,
                        priv->keys.tls != NULL);
  if (link->host->is_closing)
    return;
  /* when the endpoint itself closes its links, nothing is dialled again */
  if (!link->is_dialled || hein_stream_get_core (self) == NULL ||
      hein_endpoint_get_state (hein_stream_get_endpoint (self)) ==
        HEIN_ENDPOINT_STATE_CLOSED)
    return;
  priv->link = NULL;
  up_since_us = priv->up_since_us;
  priv->up_since_us = 0;
  hein_redial_after_link (&priv->redial, link, up_since_us, link->error);
}

static HeinStream *
secure (HeinLinkOwner *owner, HeinLink *link, HeinStream *stream)
{
  HeinStreamTransport *self = owner->data;

  return hein_stream_keys_secure (&hein_stream_get_private (self)->keys, stream,
                                  link->is_dialled,
                                  hein_stream_get_proved_host (self));
}

static void
on_tell_places (HeinLinkOwner *owner, HeinLink *link, const char *const *places)
{
  hein_stream_places_tell (&hein_stream_get_private (owner->data)->places,
                           places);
}

static gboolean
has_other_place (HeinLinkOwner *owner)
{
  const HeinStreamPlaces *places =
    &hein_stream_get_private (owner->data)->places;

  return places->all != NULL && places->all->len > 1;
}

static const HeinLinkOwnerFuncs owner_funcs = {
  .make_peer = make_peer,
  .up = on_link_up,
  .down = on_link_down,
  .secure = secure,
  .tell_places = on_tell_places,
  .has_other_place = has_other_place,
};

/* ---- vfuncs of HeinTransport ---- */

static gboolean
hein_stream_transport_begin_open (HeinTransport *transport,
                                  HeinEndpoint *endpoint,
                                  GTask *task,
                                  GError **error)
{
  HeinStreamTransport *self = HEIN_STREAM_TRANSPORT (transport);
  HeinStreamTransportPrivate *priv = hein_stream_get_private (self);

  hein_redial_init (&priv->redial, endpoint, &priv->places,
                    hein_stream_dial_again, self);
  if (!hein_stream_keys_open (&priv->keys, endpoint, error) ||
      !hein_stream_access_open (&priv->access, endpoint, error))
    return FALSE;
  priv->owner.access = priv->access.file;
  if (!(endpoint->role == HEIN_ROLE_LISTEN
          ? hein_stream_begin_listen (self, error)
          : hein_stream_begin_dial (self, error)))
    return FALSE;
  if (task != NULL)
    g_task_return_boolean (task, TRUE);
  return TRUE;
}

gboolean
hein_stream_transport_opens_at_once (HeinStreamTransport *self)
{
  return HEIN_TRANSPORT_GET_CLASS (self)->begin_open ==
         hein_stream_transport_begin_open;
}

static gboolean
hein_stream_transport_send (HeinTransport *transport,
                            HeinPeer *peer,
                            HeinMessage *message,
                            GError **error)
{
  return hein_link_send (peer->link, message, HEIN_AUDIENCE_CHOSEN,
                         HEIN_OVERFLOW_WAIT, HEIN_ENCODE_OWN, error);
}

/* The core deals with overflow, in the queue of each connection. */
static gboolean
hein_stream_transport_keeps_overflow (HeinTransport *transport,
                                      HeinOverflow overflow)
{
  return TRUE;
}

static void
hein_stream_transport_pause (HeinTransport *transport,
                             HeinPeer *peer,
                             gboolean paused)
{
  if (peer->link != NULL)
    hein_link_set_paused (peer->link, paused);
}

static void
hein_stream_transport_close_peer (HeinTransport *transport, HeinPeer *peer)
{
  if (peer->link != NULL)
    hein_link_close (peer->link, NULL);
}

static void
hein_stream_transport_close (HeinTransport *transport)
{
  HeinStreamTransport *self = HEIN_STREAM_TRANSPORT (transport);
  HeinStreamTransportPrivate *priv = hein_stream_get_private (self);
  GList *next;

  hein_redial_stop (&priv->redial);
  g_clear_pointer (&priv->acceptor, hein_acceptor_free);
  g_clear_pointer (&priv->dialler, hein_dialler_free);
  hein_stream_world_stop (&priv->world);
  if (priv->socket != NULL)
    g_socket_close (priv->socket, NULL);
  g_clear_object (&priv->socket);
  /* the links flush and close by themselves, and may outlive the endpoint */
  for (GList *l = priv->owner.links.head; l != NULL; l = next)
    {
      HeinLink *link = l->data;

      next = l->next;
      hein_link_close (link, NULL);
      g_queue_unlink (&priv->owner.links, l);
      link->owner = NULL;
    }
  priv->link = NULL;
  hein_stream_keys_close (&priv->keys);
  priv->owner.access = NULL;
  hein_stream_access_close (&priv->access);
}

static void
hein_stream_transport_get_property (GObject *object,
                                    guint prop_id,
                                    GValue *value,
                                    GParamSpec *pspec)
{
  HeinStreamTransportPrivate *priv =
    hein_stream_get_private (HEIN_STREAM_TRANSPORT (object));

  switch (prop_id)
    {
    case PROP_MAX_PEERS:
      g_value_set_uint (value, priv->owner.max_peers);
      break;
    case PROP_ACCESS_FILE:
      g_value_set_string (value, priv->access.path);
      break;
    case PROP_TLS:
      g_value_set_boolean (value, priv->keys.by_host);
      break;
    default:
      g_assert (prop_id >= PROP_KEYS && prop_id < N_PROPS);
      g_value_set_string (value, priv->keys.texts[prop_id - PROP_KEYS]);
    }
}

static void
hein_stream_transport_set_property (GObject *object,
                                    guint prop_id,
                                    const GValue *value,
                                    GParamSpec *pspec)
{
  HeinStreamTransportPrivate *priv =
    hein_stream_get_private (HEIN_STREAM_TRANSPORT (object));

  switch (prop_id)
    {
    case PROP_MAX_PEERS:
      priv->owner.max_peers = g_value_get_uint (value);
      break;
    case PROP_ACCESS_FILE:
      g_free (priv->access.path);
      priv->access.path = g_value_dup_string (value);
      break;
    case PROP_TLS:
      priv->keys.by_host = g_value_get_boolean (value);
      break;
    default:
      g_assert (prop_id >= PROP_KEYS && prop_id < N_PROPS);
      g_free (priv->keys.texts[prop_id - PROP_KEYS]);
      priv->keys.texts[prop_id - PROP_KEYS] = g_value_dup_string (value);
    }
}

static void
hein_stream_transport_finalize (GObject *object)
{
  HeinStreamTransportPrivate *priv =
    hein_stream_get_private (HEIN_STREAM_TRANSPORT (object));

  hein_stream_places_clear (&priv->places);
  hein_redial_clear (&priv->redial);
  hein_link_owner_clear (&priv->owner);
  hein_stream_keys_clear (&priv->keys);
  hein_stream_access_clear (&priv->access);
  G_OBJECT_CLASS (hein_stream_transport_parent_class)->finalize (object);
}

static void
hein_stream_transport_class_init (HeinStreamTransportClass *class)
{
  GObjectClass *object_class = G_OBJECT_CLASS (class);
  HeinTransportClass *transport_class = HEIN_TRANSPORT_CLASS (class);

  object_class->get_property = hein_stream_transport_get_property;
  object_class->set_property = hein_stream_transport_set_property;
  object_class->finalize = hein_stream_transport_finalize;
  transport_class->begin_open = hein_stream_transport_begin_open;
  transport_class->send = hein_stream_transport_send;
  transport_class->pause = hein_stream_transport_pause;
  transport_class->keeps_overflow = hein_stream_transport_keeps_overflow;
  transport_class->close_peer = hein_stream_transport_close_peer;
  transport_class->close = hein_stream_transport_close;

  /**
   * HeinStreamTransport:max-peers:
   *
   * How many peers that dialled this endpoint may be up at the same time; more
   * are refused. 0: as many as [property@Bus:max-connections] permits.
   *
   * Since: 0.9
   */
  props[PROP_MAX_PEERS] =
    g_param_spec_uint ("max-peers", NULL, NULL, 0, G_MAXUINT, 0,
                       G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS);
  props[PROP_ACCESS_FILE] = hein_stream_access_make_property ();
  props[PROP_TLS] = hein_stream_keys_make_flag ();
  hein_stream_keys_make_properties (&props[PROP_KEYS]);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
hein_stream_transport_init (HeinStreamTransport *self)
{
  HeinStreamTransportPrivate *priv = hein_stream_get_private (self);

  priv->owner.data = self;
  priv->owner.funcs = &owner_funcs;
  priv->world.data = self;
  hein_stream_init_listening (self);
  hein_stream_init_dialling (self);
}
