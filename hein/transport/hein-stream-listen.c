/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

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
#include "hein-endpoint-private.h"
#include "hein-endpoint-state.h"
#include "hein-stream-state.h"
#include "io/hein-activation.h"
#include "link/hein-link.h"

/* How a stream transport listens, and whom it accepts. */

/* The queue of undelivered events above which no connection is accepted. */
#define EVENTS_MAX 4096

/* A descriptor to ask who is there: the stream keeps its own, and one of a
 * simulation, which has none, is between programs of this user. */
static int
make_copy (HeinStream *stream)
{
  int fds[2];

  if (stream->fd >= 0)
    return fcntl (stream->fd, F_DUPFD_CLOEXEC, 3);
  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
    return -1;
  close (fds[1]);
  return fds[0];
}

static gboolean
is_welcome (HeinStreamTransport *self, HeinStream *stream, GError **error)
{
  HeinStreamTransportClass *class = HEIN_STREAM_TRANSPORT_GET_CLASS (self);
  g_autoptr (GSocket) socket = NULL;
  g_autoptr (GError) local_error = NULL;
  int copy;

  if (class->accepts == NULL)
    return TRUE;
  /* the GSocket closes its descriptor */
  copy = make_copy (stream);
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
  HeinCore *core = hein_stream_get_core (data);
  const gboolean is_sealed = hein_stream_get_private (data)->keys.tls != NULL;

  if (core->news.events_end - core->news.events_begin > EVENTS_MAX)
    return FALSE;
  return is_waiting ? hein_handshakes_make_room (core, is_sealed)
                    : hein_handshakes_have_room (core, is_sealed);
}

static void
add_accepted (HeinStream *stream, GSocketAddress *from, gpointer data)
{
  HeinStreamTransport *self = data;
  HeinStreamTransportPrivate *priv = hein_stream_get_private (self);
  HeinCore *core = hein_stream_get_core (self);
  g_autoptr (GError) error = NULL;
  HeinLink *link;

  if (core->host.links.length >= core->host.settings.max_connections)
    {
      g_debug ("a connection is refused: there are %u",
               core->host.links.length);
      hein_stream_close (stream);
      return;
    }
  if (!is_welcome (self, stream, &error))
    {
      g_debug ("a connection is refused: %s", error->message);
      hein_stream_close (stream);
      return;
    }
  link = hein_stream_make_link (self, stream, FALSE, from);
  g_queue_push_tail_link (&priv->owner.links, &link->in_owner);
}

static void
on_accepted (int fd, gpointer data)
{
  add_accepted (hein_stream_new_socket (fd), NULL, data);
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
  HeinAddress *uri = hein_stream_get_endpoint (self)->address;
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
  const char *host = hein_stream_get_endpoint (self)->address->host;

  if (strchr (host, ':') != NULL && !has_ipv6 ())
    g_prefix_error (error,
                    "this machine has no IPv6, it may be switched off: ");
}

static void
set_listening (HeinStreamTransport *self, GSocketAddress *address)
{
  g_autofree char *bound_uri = dup_bound_uri (self, address);

  hein_endpoint_set_bound_uri (hein_stream_get_endpoint (self), bound_uri);
  hein_endpoint_set_state (hein_stream_get_endpoint (self),
                           HEIN_ENDPOINT_STATE_OPEN);
}

static gboolean
begin_listen_in_world (HeinStreamTransport *self, GError **error)
{
  g_autoptr (GSocketAddress) address =
    hein_stream_world_listen (&hein_stream_get_private (self)->world,
                              hein_stream_get_core (self)->host.loop,
                              hein_stream_get_endpoint (self)->address, error);

  if (address == NULL || !hein_stream_check_secrecy (self, address, error))
    return FALSE;
  set_listening (self, address);
  return TRUE;
}

/* A listening socket that was handed to this process, or a new one. */
static GSocket *
make_listener (HeinStreamTransport *self, GError **error)
{
  HeinEndpoint *endpoint = hein_stream_get_endpoint (self);
  const HeinAddress *address = endpoint->address;
  GError *trouble = NULL;
  /* with a host the path is no file: that of a WebSocket */
  GSocket *socket =
    hein_activation_take (address->host, address->port,
                          *address->host == '\0' ? address->path : "",
                          &trouble);
  g_autofree char *handed = NULL;

  if (socket == NULL && trouble == NULL)
    socket =
      HEIN_STREAM_TRANSPORT_GET_CLASS (self)->listen (self, endpoint, &trouble);
  if (socket != NULL)
    return socket;
  if (trouble == NULL)
    trouble =
      g_error_new (HEIN_ERROR, HEIN_ERROR_FAILED,
                   "the transport %s failed to listen without saying why",
                   G_OBJECT_TYPE_NAME (self));
  explain_family (self, &trouble);
  handed = hein_activation_list ();
  if (handed != NULL)
    g_prefix_error (&trouble,
                    "of the sockets that were handed to this process (%s) none "
                    "is at this address: ",
                    handed);
  g_propagate_error (error, trouble);
  return NULL;
}

static gboolean
check_type (HeinStreamTransport *self, GSocket *socket, GError **error)
{
  if (g_socket_get_socket_type (socket) == G_SOCKET_TYPE_STREAM)
    return TRUE;
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED,
               "the transport %s made a socket of packets to listen; it has to "
               "be a stream socket",
               G_OBJECT_TYPE_NAME (self));
  return FALSE;
}

gboolean
hein_stream_begin_listen (HeinStreamTransport *self, GError **error)
{
  HeinStreamTransportClass *class = HEIN_STREAM_TRANSPORT_GET_CLASS (self);
  HeinStreamTransportPrivate *priv = hein_stream_get_private (self);
  g_autoptr (GSocket) socket = NULL;
  g_autoptr (GSocketAddress) address = NULL;

  if (class->listen == NULL)
    {
      g_set_error (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS,
                   "the transport %s cannot listen", G_OBJECT_TYPE_NAME (self));
      return FALSE;
    }
  if (hein_stream_is_in_world (self))
    return begin_listen_in_world (self, error);
  socket = make_listener (self, error);
  if (socket == NULL || !check_type (self, socket, error))
    return FALSE;
  address = g_socket_get_local_address (socket, error);
  if (address == NULL || !hein_stream_check_secrecy (self, address, error))
    return FALSE;
  g_socket_set_blocking (socket, FALSE);
  priv->acceptor =
    hein_acceptor_new (hein_stream_get_core (self)->host.loop, socket,
                       may_accept, on_accepted, on_accept_trouble, self, error);
  if (priv->acceptor == NULL)
    return FALSE;
  priv->socket = g_steal_pointer (&socket);
  set_listening (self, address);
  return TRUE;
}

void
hein_stream_init_listening (HeinStreamTransport *self)
{
  hein_stream_get_private (self)->world.accepted = add_accepted;
}
