/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-pairing-address.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include <hein/hein-error.h>

/* Reads the addresses of pairings, and finds that of this machine. */

static gpointer
fail (const char *address, const char *rule, GError **error)
{
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS, "\"%s\": %s", address,
               rule);
  return NULL;
}

/* ---- that of this machine ---- */

/* Where a packet to a far machine would leave from; nothing is sent. NULL: it
 * could not. The addresses are those of documentation (RFC 5737, RFC 3849). */
static GInetAddress *
find_by_route (const char *far)
{
  g_autoptr (GInetAddress) host = g_inet_address_new_from_string (far);
  g_autoptr (GSocketAddress) target = g_inet_socket_address_new (host, 9);
  g_autoptr (GSocket) socket =
    g_socket_new (g_inet_address_get_family (host), G_SOCKET_TYPE_DATAGRAM,
                  G_SOCKET_PROTOCOL_UDP, NULL);
  g_autoptr (GSocketAddress) local = NULL;

  if (socket == NULL || !g_socket_connect (socket, target, NULL, NULL))
    return NULL;
  local = g_socket_get_local_address (socket, NULL);
  return local != NULL ? g_object_ref (g_inet_socket_address_get_address (
                           G_INET_SOCKET_ADDRESS (local)))
                       : NULL;
}

static GInetAddress *
take_interface (const struct ifaddrs *interface, int family)
{
  const struct sockaddr *raw = interface->ifa_addr;
  g_autoptr (GSocketAddress) address = NULL;
  GInetAddress *host;

  if (raw == NULL || raw->sa_family != family ||
      (interface->ifa_flags & (IFF_UP | IFF_LOOPBACK)) != IFF_UP)
    return NULL;
  address = g_socket_address_new_from_native ((gpointer) raw,
                                              family == AF_INET
                                                ? sizeof (struct sockaddr_in)
                                                : sizeof (struct sockaddr_in6));
  host = g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (address));
  return g_inet_address_get_is_link_local (host) ? NULL : g_object_ref (host);
}

static GInetAddress *
find_interface (int family)
{
  struct ifaddrs *all = NULL;
  GInetAddress *found = NULL;

  if (getifaddrs (&all) != 0)
    return NULL;
  for (struct ifaddrs *i = all; i != NULL && found == NULL; i = i->ifa_next)
    found = take_interface (i, family);
  freeifaddrs (all);
  return found;
}

/* By what others reach this machine, as far as it can know. */
static char *
dup_host (void)
{
  g_autoptr (GInetAddress) host = find_by_route ("192.0.2.1");

  if (host == NULL)
    host = find_interface (AF_INET);
  if (host == NULL)
    host = find_by_route ("2001:db8::1");
  if (host == NULL)
    host = find_interface (AF_INET6);
  return host != NULL ? g_inet_address_to_string (host)
                      : g_strdup ("127.0.0.1");
}

/* ---- listening ---- */

static char *
dup_shown (GSocket *socket, GError **error)
{
  g_autoptr (GSocketAddress) bound = g_socket_get_local_address (socket, error);
  g_autofree char *text = NULL;
  GInetAddress *host;
  guint16 port;

  if (bound == NULL)
    return NULL;
  host = g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (bound));
  port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (bound));
  text = g_inet_address_get_is_any (host) ? dup_host ()
                                          : g_inet_address_to_string (host);
  return g_strdup_printf (strchr (text, ':') != NULL ? "[%s]:%u" : "%s:%u",
                          text, port);
}

/* Both kinds of addresses, if there are any of IPv6. */
static GSocket *
bind_to (GInetAddress *host, guint16 port, GError **error)
{
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new (host, port);
  g_autoptr (GSocket) socket =
    g_socket_new (g_inet_address_get_family (host), G_SOCKET_TYPE_STREAM,
                  G_SOCKET_PROTOCOL_TCP, error);

  if (socket == NULL)
    return NULL;
  g_socket_set_blocking (socket, FALSE);
  if (g_inet_address_get_is_any (host))
    g_socket_set_option (socket, IPPROTO_IPV6, IPV6_V6ONLY, 0, NULL);
  if (!g_socket_bind (socket, address, TRUE, error) ||
      !g_socket_listen (socket, error))
    return NULL;
  return g_steal_pointer (&socket);
}

static GSocket *
bind_to_any (guint16 port, GError **error)
{
  g_autoptr (GInetAddress) v6 = g_inet_address_new_any (G_SOCKET_FAMILY_IPV6);
  g_autoptr (GInetAddress) v4 = g_inet_address_new_any (G_SOCKET_FAMILY_IPV4);
  GSocket *socket = bind_to (v6, port, NULL);

  return socket != NULL ? socket : bind_to (v4, port, error);
}

/* What is said, without a scheme; the port is 0, any that is free, unless it is
 * said. NULL host: any. */
static gboolean
parse_place (const char *address,
             GInetAddress **host,
             guint16 *port,
             GError **error)
{
  g_autoptr (GSocketConnectable) place = NULL;
  const char *name;

  *host = NULL;
  if (g_str_has_prefix (address, "tcp://"))
    address += strlen ("tcp://");
  place = g_network_address_parse (address, 0, NULL);
  if (place == NULL)
    return fail (address, "expected: *, or an IP address, and perhaps :PORT",
                 error) != NULL;
  *port = g_network_address_get_port (G_NETWORK_ADDRESS (place));
  name = g_network_address_get_hostname (G_NETWORK_ADDRESS (place));
  if (g_str_equal (name, "*"))
    return TRUE;
  *host = g_inet_address_new_from_string (
    g_str_equal (name, "localhost") ? "127.0.0.1" : name);
  return *host != NULL ||
         fail (address, "expected: *, or an IP address of this machine",
               error) != NULL;
}

GSocket *
hein_pairing_address_bind (const char *address, char **shown, GError **error)
{
  g_autoptr (GInetAddress) host = NULL;
  g_autoptr (GSocket) socket = NULL;
  guint16 port;

  *shown = NULL;
  if (!parse_place (address != NULL ? address : "*", &host, &port, error))
    return NULL;
  socket =
    host != NULL ? bind_to (host, port, error) : bind_to_any (port, error);
  if (socket != NULL)
    *shown = dup_shown (socket, error);
  return *shown != NULL ? g_steal_pointer (&socket) : NULL;
}

/* ---- dialling ---- */

GSocketConnectable *
hein_pairing_address_parse (const char *address, char **code, GError **error)
{
  g_autofree char *place = g_strdup (address);
  const char *begin = place;
  g_autoptr (GSocketConnectable) target = NULL;

  *code = NULL;
  if (g_str_has_prefix (place, HEIN_PAIRING_SCHEME))
    {
      char *end = strchr (place + strlen (HEIN_PAIRING_SCHEME), '/');

      begin += strlen (HEIN_PAIRING_SCHEME);
      if (end != NULL)
        {
          *code = g_strdup (end + 1);
          *end = '\0';
        }
    }
  else if (g_str_has_prefix (place, "tcp://"))
    begin += strlen ("tcp://");
  target = g_network_address_parse (begin, 0, NULL);
  if (target != NULL &&
      g_network_address_get_port (G_NETWORK_ADDRESS (target)) != 0)
    return g_steal_pointer (&target);
  g_clear_pointer (code, g_free);
  return fail (begin, "expected: HOST:PORT, as the other side shows it", error);
}
