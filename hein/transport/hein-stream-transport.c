/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-stream-transport.h>

#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <hein/hein-endpoint.h>
#include <hein/hein-uri.h>

#include "base/hein-address.h"
#include "core/hein-core-state.h"
#include "core/hein-handshakes.h"
#include "core/hein-notify.h"
#include "hein-descriptor.h"
#include "hein-endpoint-private.h"
#include "hein-endpoint-state.h"
#include "hein-ready.h"
#include "hein-redial.h"
#include "hein-stream-access.h"
#include "hein-stream-keys.h"
#include "hein-stream-transport-private.h"
#include "hein-strangers.h"
#include "hein-transport-private.h"
#include "io/hein-acceptor.h"
#include "io/hein-dialler.h"
#include "io/hein-stream-file.h"
#include "link/hein-link-close.h"
#include "link/hein-link-owner.h"
#include "link/hein-link-receive.h"
#include "link/hein-link-send.h"
#include "link/hein-link-state.h"
#include "link/hein-link.h"
#include "link/hein-peer-state.h"

/* The base class of stream transports: accepting, dialling, and the links. */

/* The queue of undelivered events above which no connection is accepted. */
#define EVENTS_MAX 4096

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

typedef struct
{
  HeinAcceptor *acceptor;
  GSocket *socket;            /* owned: the listening socket */
  HeinDialler *dialler;       /* while connecting */
  GSocketConnectable *target; /* owned: the address to dial */
  HeinRedial redial;          /* decides when to dial again */
  HeinLink *link;             /* borrowed: the link of a dialling endpoint */
  gint64 up_since_us;         /* when that link came up; 0: it is not up */
  HeinLinkOwner owner;        /* of all links, dialled and accepted */
  HeinStreamKeys keys;
  HeinStreamAccess access;
  HeinStrangers strangers; /* who was turned away */
} HeinStreamTransportPrivate;

enum
{
  PROP_0,
  PROP_MAX_PEERS,
  PROP_ACCESS_FILE,
  PROP_KEYS, /* the first of the options of hein-stream-keys */
  N_PROPS = PROP_KEYS + HEIN_STREAM_KEYS_N
};

static GParamSpec *props[N_PROPS];

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (HeinStreamTransport,
                                     hein_stream_transport,
                                     HEIN_TYPE_TRANSPORT)

static HeinStreamTransportPrivate *
get_private (HeinStreamTransport *self)
{
  return hein_stream_transport_get_instance_private (self);
}

static HeinCore *
get_core (HeinStreamTransport *self)
{
  return hein_transport_get_core (HEIN_TRANSPORT (self));
}

static HeinEndpoint *
get_endpoint (HeinStreamTransport *self)
{
  return hein_transport_get_endpoint (HEIN_TRANSPORT (self));
}

static gboolean
check_secrecy (HeinStreamTransport *self,
               GSocketAddress *address,
               GError **error)
{
  return get_private (self)->keys.tls != NULL ||
         hein_transport_check_plaintext (HEIN_TRANSPORT (self), address, error);
}

/* ---- accepting ---- */

static gboolean
is_welcome (HeinStreamTransport *self, int fd, GError **error)
{
  HeinStreamTransportClass *class = HEIN_STREAM_TRANSPORT_GET_CLASS (self);
  g_autoptr (GSocket) socket = NULL;
  g_autoptr (GError) local_error = NULL;
  int copy;

  if (class->accepts == NULL)
    return TRUE;
  /* the GSocket closes its descriptor, while the connection needs one for
   * longer */
  copy = fcntl (fd, F_DUPFD_CLOEXEC, 3);
  if (copy < 0)
    {
      g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_REFUSED,
                           "no file descriptor is left");
      return FALSE;
    }
  socket = g_socket_new_from_fd (copy, error);
  if (socket == NULL)
    {
      close (copy);
      return FALSE;
    }
  if (class->accepts (self, socket, &local_error))
    return TRUE;
  if (local_error == NULL)
    g_set_error (&local_error, HEIN_ERROR, HEIN_ERROR_REFUSED,
                 "the transport %s does not accept it",
                 G_OBJECT_TYPE_NAME (self));
  g_propagate_error (error, g_steal_pointer (&local_error));
  return FALSE;
}

static gboolean
may_accept (gboolean is_waiting, gpointer data)
{
  HeinCore *core = get_core (data);
  const gboolean is_sealed = get_private (data)->keys.tls != NULL;

  if (core->news.events_end - core->news.events_begin > EVENTS_MAX)
    return FALSE;
  return is_waiting ? hein_handshakes_make_room (core, is_sealed)
                    : hein_handshakes_have_room (core, is_sealed);
}

static HeinLink *
make_link (HeinStreamTransport *self,
           int fd,
           gboolean is_file,
           gboolean is_dialled,
           GSocketAddress *address)
{
  HeinTransport *transport = HEIN_TRANSPORT (self);
  HeinEndpoint *endpoint = hein_transport_get_endpoint (transport);
  const HeinLinkParts parts = {
    .owner = &get_private (self)->owner,
    .protocol = hein_endpoint_create_protocol (endpoint),
    .stream = is_file
                ? hein_stream_new_file (fd, g_steal_pointer (
                                              &get_private (self)->owner.rest))
                : hein_stream_keys_make_stream (&get_private (self)->keys, fd,
                                                is_dialled),
    .is_dialled = is_dialled,
    .address = address,
    .overflow = hein_transport_get_overflow (transport),
    .linger_ms = hein_transport_get_linger_ms (transport),
  };

  return hein_link_new (&get_core (self)->host, &parts);
}

static void
on_accepted (int fd, gpointer data)
{
  HeinStreamTransport *self = data;
  HeinStreamTransportPrivate *priv = get_private (self);
  HeinCore *core = get_core (self);
  g_autoptr (GError) error = NULL;
  HeinLink *link;

  if (core->host.links.length >= core->host.settings.max_connections)
    {
      g_debug ("a connection is refused: there are %u",
               core->host.links.length);
      close (fd);
      return;
    }
  if (!is_welcome (self, fd, &error))
    {
      g_debug ("a connection is refused: %s", error->message);
      close (fd);
      return;
    }
  link = make_link (self, fd, FALSE, FALSE, NULL);
  g_queue_push_tail_link (&priv->owner.links, &link->in_owner);
}

static void
on_accept_trouble (const GError *error, gpointer data)
{
  hein_transport_fail (HEIN_TRANSPORT (data), error);
}

/* Returns whether this machine has an IPv6 address: where IPv6 is switched off,
 * sockets can still be made and bound to the wildcard address. */
static gboolean
has_ipv6 (void)
{
  const struct sockaddr_in6 loopback = { .sin6_family = AF_INET6,
                                         .sin6_addr = IN6ADDR_LOOPBACK_INIT };
  const int fd = socket (AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  gboolean is_there;

  if (fd < 0)
    return FALSE;
  is_there =
    bind (fd, (const struct sockaddr *) &loopback, sizeof loopback) == 0;
  close (fd);
  return is_there;
}

/* The host to dial; a wildcard IPv6 socket serves IPv4 as well. */
static char *
dup_host (GInetAddress *address)
{
  if (g_inet_address_get_is_any (address) &&
      g_inet_address_get_family (address) == G_SOCKET_FAMILY_IPV6 &&
      !has_ipv6 ())
    return g_strdup ("0.0.0.0");
  return g_inet_address_to_string (address);
}

static char *
dup_bound_uri (HeinStreamTransport *self, GSocketAddress *address)
{
  HeinAddress *uri = get_endpoint (self)->address;
  GInetSocketAddress *inet;
  g_autofree char *host = NULL;

  if (!G_IS_INET_SOCKET_ADDRESS (address))
    return g_strdup (uri->uri);
  inet = G_INET_SOCKET_ADDRESS (address);
  host = g_strcmp0 (uri->host, "*") == 0 || *uri->host == '\0' ||
             g_strcmp0 (uri->host, "::") == 0
           ? dup_host (g_inet_socket_address_get_address (inet))
           : g_strdup (uri->host);
  return hein_address_dup_bound (uri, host,
                                 g_inet_socket_address_get_port (inet));
}

static void
explain_family (HeinStreamTransport *self, GError **error)
{
  const char *host = get_endpoint (self)->address->host;

  if (strchr (host, ':') != NULL && !has_ipv6 ())
    g_prefix_error (error,
                    "this machine has no IPv6, it may be switched off: ");
}

static gboolean
begin_listen (HeinStreamTransport *self, GError **error)
{
  HeinStreamTransportClass *class = HEIN_STREAM_TRANSPORT_GET_CLASS (self);
  HeinStreamTransportPrivate *priv = get_private (self);
  g_autoptr (GSocket) socket = NULL;
  g_autoptr (GSocketAddress) address = NULL;
  g_autofree char *bound_uri = NULL;

  if (class->listen == NULL)
    {
      g_set_error (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS,
                   "the transport %s cannot listen", G_OBJECT_TYPE_NAME (self));
      return FALSE;
    }
  socket = class->listen (self, get_endpoint (self), error);
  if (socket == NULL)
    {
      if (error != NULL && *error == NULL)
        g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED,
                     "the transport %s failed to listen without saying why",
                     G_OBJECT_TYPE_NAME (self));
      explain_family (self, error);
      return FALSE;
    }
  address = g_socket_get_local_address (socket, error);
  if (address == NULL || !check_secrecy (self, address, error))
    return FALSE;
  g_socket_set_blocking (socket, FALSE);
  priv->acceptor =
    hein_acceptor_new (get_core (self)->host.loop, socket, may_accept,
                       on_accepted, on_accept_trouble, self, error);
  if (priv->acceptor == NULL)
    return FALSE;
  priv->socket = g_steal_pointer (&socket);
  bound_uri = dup_bound_uri (self, address);
  hein_endpoint_set_bound_uri (get_endpoint (self), bound_uri);
  hein_endpoint_set_state (get_endpoint (self), HEIN_ENDPOINT_STATE_OPEN);
  return TRUE;
}

/* ---- dialling ---- */

static gboolean
on_filter (GSocketAddress *address, gpointer data, GError **error)
{
  return check_secrecy (HEIN_STREAM_TRANSPORT (data), address, error);
}

/* Closes with a reset: otherwise the port would stay in TIME_WAIT for a minute,
 * and the server that belongs there could not listen on it. */
static void
refuse_itself (HeinStreamTransport *self, int fd)
{
  const struct linger at_once = { 1, 0 };
  g_autoptr (GError) error =
    g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED,
                         "nobody listens there: the connection met itself");

  setsockopt (fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close (fd);
  hein_redial_after_failure (&get_private (self)->redial, error);
}

static void
add_dialled (HeinStreamTransport *self,
             int fd,
             gboolean is_file,
             GSocketAddress *address)
{
  HeinStreamTransportPrivate *priv = get_private (self);
  HeinLink *link = make_link (self, fd, is_file, TRUE, address);

  /* the link may have failed at once, and link_down has been called for it */
  priv->link = link->state < HEIN_LINK_CLOSING ? link : NULL;
  g_queue_push_tail_link (&priv->owner.links, &link->in_owner);
}

static void
on_dialled (int fd, GSocketAddress *address, const GError *error, gpointer data)
{
  HeinStreamTransport *self = data;
  HeinStreamTransportPrivate *priv = get_private (self);

  g_clear_pointer (&priv->dialler, hein_dialler_free);
  if (fd < 0)
    {
      hein_redial_after_failure (&priv->redial, error);
      return;
    }
  if (hein_descriptor_is_connected_to_itself (fd))
    {
      refuse_itself (self, fd);
      return;
    }
  add_dialled (self, fd, FALSE, address);
}

/* ---- a descriptor that is already connected ---- */

/* A device is local, so that it needs no encryption; but a key that is given
 * must not be ignored silently. */
static gboolean
may_use_fd (HeinStreamTransport *self,
            gboolean is_file,
            GSocketAddress *address,
            GError **error)
{
  if (!is_file)
    return address == NULL || check_secrecy (self, address, error);
  if (get_private (self)->keys.tls == NULL)
    return TRUE;
  g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS,
                       "only sockets can be encrypted, and this is a device: "
                       "leave the key away");
  return FALSE;
}

static gboolean
open_fd (HeinStreamTransport *self, GError **error)
{
  g_autoptr (GSocketAddress) address = NULL;
  gboolean is_file = FALSE;
  int fd = hein_descriptor_ask (self, get_endpoint (self), error);

  if (fd < 0)
    return FALSE;
  if (hein_descriptor_prepare (fd, &is_file, error))
    {
      address = hein_descriptor_dup_address (fd);
      if (may_use_fd (self, is_file, address, error))
        {
          add_dialled (self, fd, is_file, address);
          return TRUE;
        }
    }
  close (fd);
  return FALSE;
}

static void
reopen_fd (HeinStreamTransport *self)
{
  g_autoptr (GError) error = NULL;

  if (!open_fd (self, &error))
    hein_redial_after_failure (&get_private (self)->redial, error);
}

/* Errors of the address fail at once, since trying again does not help; after
 * all others the endpoint keeps trying. */
static gboolean
open_first_fd (HeinStreamTransport *self, GError **error)
{
  g_autoptr (GError) local_error = NULL;

  if (open_fd (self, &local_error))
    return TRUE;
  if (g_error_matches (local_error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS) ||
      g_error_matches (local_error, HEIN_ERROR, HEIN_ERROR_INSECURE))
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  hein_redial_after_failure (&get_private (self)->redial, local_error);
  return TRUE;
}

/* Who closes a peer on a line awaits its goodbye: two that read one device
 * would each get a part of what it says. */
static gboolean
is_line_in_use (HeinStreamTransport *self)
{
  for (GList *l = get_private (self)->owner.links.head; l != NULL; l = l->next)
    if (hein_link_is_on_line (l->data))
      return TRUE;
  return FALSE;
}

static void
begin_dial (gpointer data)
{
  HeinStreamTransport *self = data;
  HeinStreamTransportPrivate *priv = get_private (self);

  hein_redial_stop (&priv->redial);
  if (priv->dialler != NULL || priv->link != NULL)
    return;
  if (is_line_in_use (self))
    {
      hein_redial_after_failure (&priv->redial, NULL);
      return;
    }
  hein_endpoint_set_state (get_endpoint (self), HEIN_ENDPOINT_STATE_OPENING);
  if (HEIN_STREAM_TRANSPORT_GET_CLASS (self)->open_fd != NULL)
    {
      reopen_fd (self);
      return;
    }
  priv->dialler = hein_dialler_new (get_core (self)->host.loop, priv->target,
                                    on_filter, on_dialled, self);
}

/* A numeric address that is not local is refused at once, a host name only
 * after it has been resolved. */
static gboolean
check_target (HeinStreamTransport *self, GError **error)
{
  HeinStreamTransportPrivate *priv = get_private (self);
  const char *host = get_endpoint (self)->address->host;
  g_autoptr (GInetAddress) inet = g_inet_address_new_from_string (host);
  g_autoptr (GSocketAddress) address = NULL;

  if (G_IS_SOCKET_ADDRESS (priv->target))
    return check_secrecy (self, G_SOCKET_ADDRESS (priv->target), error);
  if (inet == NULL)
    return TRUE;
  address = g_inet_socket_address_new (inet, 0);
  return check_secrecy (self, address, error);
}

static gboolean
begin_first_dial (HeinStreamTransport *self, GError **error)
{
  HeinStreamTransportClass *class = HEIN_STREAM_TRANSPORT_GET_CLASS (self);
  HeinStreamTransportPrivate *priv = get_private (self);

  if (class->open_fd != NULL)
    return open_first_fd (self, error);
  if (class->get_connectable == NULL)
    {
      g_set_error (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS,
                   "the transport %s cannot dial", G_OBJECT_TYPE_NAME (self));
      return FALSE;
    }
  priv->target = class->get_connectable (self, get_endpoint (self), error);
  if (priv->target == NULL)
    {
      if (error != NULL && *error == NULL)
        g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED,
                     "the transport %s has nothing to dial, and did not say "
                     "why",
                     G_OBJECT_TYPE_NAME (self));
      return FALSE;
    }
  if (!check_target (self, error))
    return FALSE;
  begin_dial (self);
  return TRUE;
}

/* ---- keys ---- */

gboolean
hein_stream_transport_wants_tls (HeinStreamTransport *self)
{
  return hein_stream_keys_are_wanted (&get_private (self)->keys);
}

void
hein_stream_transport_set_tls (HeinStreamTransport *self,
                               const HeinTlsModule *module)
{
  get_private (self)->keys.module = module;
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
  HeinEndpoint *endpoint = get_endpoint (self);

  endpoint->n_connections++;
  hein_endpoint_notify (endpoint, HEIN_CHANGE_N_CONNECTIONS);
  if (!link->is_dialled)
    return;
  get_private (self)->up_since_us = hein_loop_get_now_us (link->host->loop);
  hein_endpoint_set_state (endpoint, HEIN_ENDPOINT_STATE_OPEN);
  hein_endpoint_settle_call (endpoint, NULL);
  hein_ready_check (hein_core_of_link (link));
}

static void
on_link_down (HeinLinkOwner *owner, HeinLink *link, HeinLinkState before)
{
  HeinStreamTransport *self = owner->data;
  HeinStreamTransportPrivate *priv = get_private (self);
  gint64 up_since_us;

  if (before != HEIN_LINK_UP && !link->is_dialled)
    hein_strangers_add (&priv->strangers, get_endpoint (self), link,
                        priv->keys.tls != NULL);
  if (link->host->is_closing)
    return;
  /* when the endpoint itself closes its links, nothing is dialled again */
  if (!link->is_dialled || get_core (self) == NULL ||
      hein_endpoint_get_state (get_endpoint (self)) ==
        HEIN_ENDPOINT_STATE_CLOSED)
    return;
  priv->link = NULL;
  up_since_us = priv->up_since_us;
  priv->up_since_us = 0;
  hein_redial_after_link (&priv->redial, link, up_since_us, link->error);
}

static const HeinLinkOwnerFuncs owner_funcs = {
  .make_peer = make_peer,
  .up = on_link_up,
  .down = on_link_down,
};

/* ---- vfuncs of HeinTransport ---- */

static gboolean
hein_stream_transport_begin_open (HeinTransport *transport,
                                  HeinEndpoint *endpoint,
                                  GTask *task,
                                  GError **error)
{
  HeinStreamTransport *self = HEIN_STREAM_TRANSPORT (transport);
  HeinStreamTransportPrivate *priv = get_private (self);

  hein_redial_init (&priv->redial, endpoint, begin_dial, self);
  if (!hein_stream_keys_open (&priv->keys, endpoint, error) ||
      !hein_stream_access_open (&priv->access, endpoint, error))
    return FALSE;
  priv->owner.access = priv->access.file;
  if (!(endpoint->role == HEIN_ROLE_LISTEN ? begin_listen (self, error)
                                           : begin_first_dial (self, error)))
    return FALSE;
  g_task_return_boolean (task, TRUE);
  return TRUE;
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
  HeinStreamTransportPrivate *priv = get_private (self);
  GList *next;

  hein_redial_stop (&priv->redial);
  g_clear_pointer (&priv->acceptor, hein_acceptor_free);
  g_clear_pointer (&priv->dialler, hein_dialler_free);
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
    get_private (HEIN_STREAM_TRANSPORT (object));

  switch (prop_id)
    {
    case PROP_MAX_PEERS:
      g_value_set_uint (value, priv->owner.max_peers);
      break;
    case PROP_ACCESS_FILE:
      g_value_set_string (value, priv->access.path);
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
    get_private (HEIN_STREAM_TRANSPORT (object));

  switch (prop_id)
    {
    case PROP_MAX_PEERS:
      priv->owner.max_peers = g_value_get_uint (value);
      break;
    case PROP_ACCESS_FILE:
      g_free (priv->access.path);
      priv->access.path = g_value_dup_string (value);
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
    get_private (HEIN_STREAM_TRANSPORT (object));

  g_clear_object (&priv->target);
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
  hein_stream_keys_make_properties (&props[PROP_KEYS]);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
hein_stream_transport_init (HeinStreamTransport *self)
{
  HeinStreamTransportPrivate *priv = get_private (self);

  priv->owner.data = self;
  priv->owner.funcs = &owner_funcs;
}
