/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-doctor-probe.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/socket.h>

#include "tool-doctor-links.h"

/* Small experiments with sockets, each of which answers one question. */

#define ECHO_US G_USEC_PER_SEC

static GSocket *
open_socket (GSocketFamily family, GError **error)
{
  GSocket *socket =
    g_socket_new (family, G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_UDP, error);

  if (socket != NULL)
    g_socket_set_blocking (socket, FALSE);
  return socket;
}

static gboolean
fail_errno (GError **error)
{
  const int code = errno;

  g_set_error_literal (error, G_IO_ERROR, g_io_error_from_errno (code),
                       g_strerror (code));
  return FALSE;
}

/* On one machine, members of a group share its port by SO_REUSEADDR alone;
 * g_socket_bind() would set SO_REUSEPORT as well, or neither. */
static gboolean
bind_shared (GSocket *socket, GSocketAddress *address, GError **error)
{
  struct sockaddr_storage native;

  if (!g_socket_set_option (socket, SOL_SOCKET, SO_REUSEADDR, 1, error) ||
      !g_socket_address_to_native (address, &native, sizeof native, error))
    return FALSE;
  return bind (g_socket_get_fd (socket), (const struct sockaddr *) &native,
               g_socket_address_get_native_size (address)) == 0 ||
         fail_errno (error);
}

gboolean
tool_probe_needs_link (GInetAddress *group)
{
  return g_inet_address_get_family (group) == G_SOCKET_FAMILY_IPV6 &&
         (g_inet_address_get_is_mc_node_local (group) ||
          g_inet_address_get_is_mc_link_local (group));
}

static GSocketAddress *
make_address (GInetAddress *group, guint16 port, const ToolLink *link)
{
  const guint scope =
    link != NULL && tool_probe_needs_link (group) ? link->index : 0;

  return g_object_new (G_TYPE_INET_SOCKET_ADDRESS, "address", group, "port",
                       port, "scope-id", scope, NULL);
}

static GSocket *
open_bound (GInetAddress *group,
            guint16 port,
            const ToolLink *link,
            GError **error)
{
  g_autoptr (GSocketAddress) address = make_address (group, port, link);
  g_autoptr (GSocket) socket =
    open_socket (g_inet_address_get_family (group), error);

  if (socket == NULL || !bind_shared (socket, address, error))
    return NULL;
  return g_steal_pointer (&socket);
}

gboolean
tool_probe_bind (GInetAddress *group,
                 guint16 port,
                 const ToolLink *link,
                 GError **error)
{
  g_autoptr (GSocket) socket = open_bound (group, port, link, error);

  return socket != NULL;
}

guint16
tool_probe_free_port (GInetAddress *group, GError **error)
{
  g_autoptr (GSocket) socket = open_bound (group, 0, NULL, error);
  g_autoptr (GSocketAddress) address = NULL;

  if (socket != NULL)
    address = g_socket_get_local_address (socket, error);
  if (address == NULL)
    return 0;
  return g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address));
}

gboolean
tool_probe_join (GInetAddress *group,
                 guint16 port,
                 const ToolLink *link,
                 GError **error)
{
  g_autoptr (GSocket) socket = open_bound (group, port, link, error);

  return socket != NULL &&
         g_socket_join_multicast_group (socket, group, FALSE,
                                        link != NULL ? link->name : NULL,
                                        error);
}

/* Connecting a datagram socket looks up the route and sends nothing. */
GInetAddress *
tool_probe_route (GInetAddress *group, guint16 port, GError **error)
{
  g_autoptr (GSocketAddress) to = g_inet_socket_address_new (group, port);
  g_autoptr (GSocketAddress) from = NULL;
  g_autoptr (GSocket) socket =
    open_socket (g_inet_address_get_family (group), error);

  if (socket == NULL || !g_socket_connect (socket, to, NULL, error))
    return NULL;
  from = g_socket_get_local_address (socket, error);
  if (from == NULL)
    return NULL;
  return g_object_ref (
    g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (from)));
}

/* ---- multicast loopback ---- */

static gboolean
set_interface (GSocket *socket, const ToolLink *link, GError **error)
{
  const struct ip_mreqn request = { .imr_ifindex = (int) link->index };

  if (g_socket_get_family (socket) == G_SOCKET_FAMILY_IPV6)
    return g_socket_set_option (socket, IPPROTO_IPV6, IPV6_MULTICAST_IF,
                                (int) link->index, error);
  return setsockopt (g_socket_get_fd (socket), IPPROTO_IP, IP_MULTICAST_IF,
                     &request, sizeof request) == 0 ||
         fail_errno (error);
}

/* With TTL 0 set before anything is sent, no datagram leaves the machine. */
static gboolean
send_nowhere (GInetAddress *group,
              const ToolLink *link,
              GSocketAddress *to,
              const char *text,
              GError **error)
{
  g_autoptr (GSocket) socket =
    open_socket (g_inet_address_get_family (group), error);

  if (socket == NULL || !set_interface (socket, link, error))
    return FALSE;
  g_socket_set_multicast_ttl (socket, 0);
  g_socket_set_multicast_loopback (socket, TRUE);
  return g_socket_send_to (socket, to, text, strlen (text), NULL, error) > 0;
}

/* Uses a free port: members on the real one would take the datagram for a
 * message. */
gboolean
tool_probe_echo (GInetAddress *group, const ToolLink *link, GError **error)
{
  g_autofree char *text = g_uuid_string_random ();
  g_autoptr (GSocket) socket = open_bound (group, 0, link, error);
  g_autoptr (GSocketAddress) to = NULL;
  char data[64];
  gssize n;

  if (socket == NULL ||
      !g_socket_join_multicast_group (socket, group, FALSE, link->name, error))
    return FALSE;
  to = g_socket_get_local_address (socket, error);
  if (to == NULL || !send_nowhere (group, link, to, text, error) ||
      !g_socket_condition_timed_wait (socket, G_IO_IN, ECHO_US, NULL, error))
    return FALSE;
  n = g_socket_receive (socket, data, sizeof data, NULL, error);
  if (n < 0)
    return FALSE;
  if (n == (gssize) strlen (text) && memcmp (data, text, n) == 0)
    return TRUE;
  g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_FAILED,
                       "something else came");
  return FALSE;
}

/* ---- limits of the kernel ---- */

guint
tool_probe_receive_buffer (GSocketFamily family,
                           guint wanted,
                           gboolean *is_forced,
                           GError **error)
{
  g_autoptr (GSocket) socket = open_socket (family, error);
  int granted = 0;

  if (socket == NULL)
    return 0;
  *is_forced =
    g_socket_set_option (socket, SOL_SOCKET, SO_RCVBUFFORCE, wanted, NULL);
  if (!*is_forced &&
      !g_socket_set_option (socket, SOL_SOCKET, SO_RCVBUF, wanted, error))
    return 0;
  if (!g_socket_get_option (socket, SOL_SOCKET, SO_RCVBUF, &granted, error))
    return 0;
  /* socket(7): the kernel doubles the value, for its own bookkeeping */
  return granted / 2;
}

gboolean
tool_probe_udp_option (GSocketFamily family, int option, int value)
{
  g_autoptr (GSocket) socket = open_socket (family, NULL);

  return socket != NULL &&
         g_socket_set_option (socket, IPPROTO_UDP, option, value, NULL);
}

gint64
tool_probe_sysctl (const char *name)
{
  g_autofree char *path = g_strconcat ("/proc/sys/", name, NULL);
  g_autofree char *text = NULL;
  gint64 value;

  if (!g_file_get_contents (path, &text, NULL, NULL) ||
      !g_ascii_string_to_signed (g_strstrip (text), 10, 0, G_MAXINT64, &value,
                                 NULL))
    return -1;
  return value;
}
