/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-tcp.h"

#include <netinet/in.h>

#include <gio/gnetworking.h>

/* What transports over TCP share: making sockets, and searching a free port. */

static gboolean
is_loopback_name (const char *host)
{
  return host[0] == '\0' || g_ascii_strcasecmp (host, "localhost") == 0;
}

static gboolean
check_address (HeinTransport *transport, GError **error)
{
  const char *path = hein_transport_get_path (transport);
  const gboolean has_path =
    HEIN_STREAM_TRANSPORT_GET_CLASS (transport)->get_origins != NULL;

  if (!has_path && path[0] != '\0' && !g_str_equal (path, "/"))
    {
      g_set_error (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS,
                   "a path (%s) has no meaning here, write //host:port", path);
      return FALSE;
    }
  if (hein_transport_get_port (transport) < 0)
    {
      g_set_error (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS,
                   "missing port, write //host:port");
      return FALSE;
    }
  return TRUE;
}

static gboolean
check_target (HeinTransport *transport, GError **error)
{
  if (!check_address (transport, error))
    return FALSE;
  if (hein_transport_get_port (transport) == 0)
    {
      g_set_error (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS,
                   "port 0 is for listening, nobody can be dialled there");
      return FALSE;
    }
  if (g_str_equal (hein_transport_get_host (transport), "*"))
    {
      g_set_error (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS,
                   "* is for listening, name the host to dial");
      return FALSE;
    }
  return TRUE;
}

GSocketConnectable *
hein_tcp_get_connectable (HeinStreamTransport *self,
                          HeinEndpoint *endpoint,
                          GError **error)
{
  HeinTransport *transport = HEIN_TRANSPORT (self);
  const char *host = hein_transport_get_host (transport);
  guint16 port;

  if (!check_target (transport, error))
    return NULL;
  port = (guint16) hein_transport_get_port (transport);
  if (is_loopback_name (host))
    return g_network_address_new_loopback (port);
  return g_network_address_new (host, port);
}

static GSocket *
bind_socket (GSocketAddress *address, gboolean dual_stack, GError **error)
{
  g_autoptr (GSocket) socket = NULL;

  socket = g_socket_new (g_socket_address_get_family (address),
                         G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, error);
  if (socket == NULL)
    return NULL;
  /* set explicitly, since an administrator can change the default */
  if (dual_stack &&
      !g_socket_set_option (socket, IPPROTO_IPV6, IPV6_V6ONLY, 0, error))
    return NULL;
  /* GSocket sets SO_REUSEADDR, but not SO_REUSEPORT, for a stream: a port in
   * TIME_WAIT can be reused, a port with a listener cannot */
  if (!g_socket_bind (socket, address, TRUE, error))
    return NULL;
  return g_steal_pointer (&socket);
}

/* A machine without IPv6 fails to make the socket, or to bind it. */
static gboolean
is_missing_family (const GError *error)
{
  return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED) ||
         g_error_matches (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT) ||
         g_error_matches (error, G_IO_ERROR, G_IO_ERROR_FAILED);
}

static GSocket *
bind_everywhere (guint16 port, GError **error)
{
  g_autoptr (GInetAddress) any6 = NULL;
  g_autoptr (GInetAddress) any4 = NULL;
  g_autoptr (GSocketAddress) address6 = NULL;
  g_autoptr (GSocketAddress) address4 = NULL;
  g_autoptr (GError) trouble = NULL;
  GSocket *socket;

  any6 = g_inet_address_new_any (G_SOCKET_FAMILY_IPV6);
  address6 = g_inet_socket_address_new (any6, port);
  socket = bind_socket (address6, TRUE, &trouble);
  if (socket != NULL)
    return socket;
  if (!is_missing_family (trouble))
    {
      g_propagate_error (error, g_steal_pointer (&trouble));
      return NULL;
    }
  any4 = g_inet_address_new_any (G_SOCKET_FAMILY_IPV4);
  address4 = g_inet_socket_address_new (any4, port);
  return bind_socket (address4, FALSE, error);
}

/* The listener chooses the family: localhost is 127.0.0.1, since diallers try
 * both. Other names may have several addresses, but a socket has one. */
static GSocket *
bind_port (HeinTransport *transport, guint16 port, GError **error)
{
  const char *host = hein_transport_get_host (transport);
  g_autoptr (GSocketAddress) address = NULL;

  if (g_str_equal (host, "*"))
    return bind_everywhere (port, error);
  address =
    g_inet_socket_address_new_from_string (is_loopback_name (host) ? "127.0.0.1"
                                                                   : host,
                                           port);
  if (address == NULL)
    {
      g_set_error (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS,
                   "a listener needs a numeric address, localhost or *, "
                   "not %s",
                   host);
      return NULL;
    }
  return bind_socket (address, FALSE, error);
}

/* Tries the following ports while they are in use. */
static GSocket *
bind_first_free (HeinStreamTransport *self,
                 HeinEndpoint *endpoint,
                 GError **error)
{
  HeinTransport *transport = HEIN_TRANSPORT (self);
  guint port;
  guint port_scan;
  guint last;

  if (!check_address (transport, error))
    return NULL;
  port = hein_transport_get_port (transport);
  g_object_get (self, "port-scan", &port_scan, NULL);
  last = MIN (port + port_scan, G_MAXUINT16);
  for (;; port++)
    {
      g_autoptr (GError) trouble = NULL;
      GSocket *socket = bind_port (transport, (guint16) port, &trouble);

      if (socket != NULL)
        return socket;
      if (port >= last ||
          !g_error_matches (trouble, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE))
        {
          g_propagate_error (error, g_steal_pointer (&trouble));
          return NULL;
        }
    }
}

void
hein_tcp_class_install (HeinStreamTransportClass *class)
{
  class->get_connectable = hein_tcp_get_connectable;
  class->listen = bind_first_free;
}
