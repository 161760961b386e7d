/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-hello-socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

/* Opens sockets for datagrams, sends with an interface and a TTL of each, and
 * receives with both. */

static gboolean
set_int (int fd, int level, int option, int value)
{
  return setsockopt (fd, level, option, &value, sizeof value) == 0;
}

/* Probes are not to be sent in pieces, whatever the kernel thinks of the way:
 * it is what is measured. */
static void
set_options (int fd, gboolean is_ipv6)
{
  set_int (fd, SOL_SOCKET, SO_REUSEADDR, 1);
  set_int (fd, SOL_SOCKET, SO_BROADCAST, 1);
  if (is_ipv6)
    {
      set_int (fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
      set_int (fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
      set_int (fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1);
      set_int (fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE);
    }
  else
    {
      set_int (fd, IPPROTO_IP, IP_PKTINFO, 1);
      set_int (fd, IPPROTO_IP, IP_RECVTTL, 1);
      set_int (fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE);
    }
}

gboolean
tool_hello_socket_address (struct sockaddr_storage *self,
                           const char *host,
                           guint16 port,
                           guint index)
{
  g_autoptr (GSocketAddress) address =
    g_inet_socket_address_new_from_string (host, port);

  memset (self, 0, sizeof *self);
  if (address == NULL ||
      !g_socket_address_to_native (address, self, sizeof *self, NULL))
    return FALSE;
  if (self->ss_family == AF_INET6 && index != 0)
    ((struct sockaddr_in6 *) self)->sin6_scope_id = index;
  return TRUE;
}

char *
tool_hello_socket_dup_host (const struct sockaddr_storage *address)
{
  const gboolean is_ipv6 = address->ss_family == AF_INET6;
  g_autoptr (GInetAddress) host = g_inet_address_new_from_bytes (
    is_ipv6
      ? (const guint8 *) &((const struct sockaddr_in6 *) address)->sin6_addr
      : (const guint8 *) &((const struct sockaddr_in *) address)->sin_addr,
    is_ipv6 ? G_SOCKET_FAMILY_IPV6 : G_SOCKET_FAMILY_IPV4);

  return g_inet_address_to_string (host);
}

static socklen_t
get_size (const struct sockaddr_storage *address)
{
  return address->ss_family == AF_INET6 ? sizeof (struct sockaddr_in6)
                                        : sizeof (struct sockaddr_in);
}

int
tool_hello_socket_open (GSocketFamily family,
                        GInetAddress *host,
                        guint16 port,
                        GError **error)
{
  const gboolean is_ipv6 = family == G_SOCKET_FAMILY_IPV6;
  g_autofree char *text = host != NULL ? g_inet_address_to_string (host)
                                       : g_strdup (is_ipv6 ? "::" : "0.0.0.0");
  struct sockaddr_storage address;
  int fd = socket (family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  int code;

  if (fd >= 0)
    set_options (fd, is_ipv6);
  if (fd >= 0 && tool_hello_socket_address (&address, text, port, 0) &&
      bind (fd, (struct sockaddr *) &address, get_size (&address)) == 0)
    return fd;
  code = errno;
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code),
               "UDP port %u: %s", port, g_strerror (code));
  if (fd >= 0)
    close (fd);
  return -1;
}

gboolean
tool_hello_socket_join (int fd, GInetAddress *group, guint index)
{
  struct group_req request = { .gr_interface = index };
  g_autofree char *text = g_inet_address_to_string (group);
  const int level = g_inet_address_get_family (group) == G_SOCKET_FAMILY_IPV6
                      ? IPPROTO_IPV6
                      : IPPROTO_IP;

  return tool_hello_socket_address (&request.gr_group, text, 0, 0) &&
         (setsockopt (fd, level, MCAST_JOIN_GROUP, &request, sizeof request) ==
            0 ||
          errno == EADDRINUSE);
}

guint
tool_hello_socket_get_path_mtu (const struct sockaddr_storage *to)
{
  const gboolean is_ipv6 = to->ss_family == AF_INET6;
  const int fd = socket (to->ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  int mtu = 0;
  socklen_t size = sizeof mtu;

  if (fd < 0 ||
      connect (fd, (const struct sockaddr *) to, get_size (to)) != 0 ||
      getsockopt (fd, is_ipv6 ? IPPROTO_IPV6 : IPPROTO_IP,
                  is_ipv6 ? IPV6_MTU : IP_MTU, &mtu, &size) != 0)
    mtu = 0;
  if (fd >= 0)
    close (fd);
  return (guint) MAX (mtu, 0);
}

ToolHelloTrouble
tool_hello_trouble_from_errno (int code)
{
  switch (code)
    {
    case 0:
      return TOOL_HELLO_NO_TROUBLE;
    case EPERM:
    case EACCES:
      return TOOL_HELLO_FORBIDDEN;
    case ENETUNREACH:
    case ENETDOWN:
    case ENODEV:
    case EADDRNOTAVAIL:
      return TOOL_HELLO_NO_ROUTE;
    case ECONNREFUSED:
      return TOOL_HELLO_REFUSED;
    case EHOSTUNREACH:
    case ETIMEDOUT:
      return TOOL_HELLO_SILENT;
    default:
      return TOOL_HELLO_OTHER_TROUBLE;
    }
}

/* ---- sending ---- */

static void
add_control (
  struct msghdr *message, int level, int type, gconstpointer data, gsize size)
{
  struct cmsghdr *control =
    (struct cmsghdr *) ((guint8 *) message->msg_control +
                        message->msg_controllen);

  control->cmsg_level = level;
  control->cmsg_type = type;
  control->cmsg_len = CMSG_LEN (size);
  memcpy (CMSG_DATA (control), data, size);
  message->msg_controllen += CMSG_SPACE (size);
}

static void
add_controls (struct msghdr *message, gboolean is_ipv6, guint index, int ttl)
{
  const struct in6_pktinfo six = { .ipi6_ifindex = index };
  const struct in_pktinfo four = { .ipi_ifindex = (int) index };

  if (is_ipv6)
    {
      add_control (message, IPPROTO_IPV6, IPV6_HOPLIMIT, &ttl, sizeof ttl);
      if (index != 0)
        add_control (message, IPPROTO_IPV6, IPV6_PKTINFO, &six, sizeof six);
    }
  else
    {
      add_control (message, IPPROTO_IP, IP_TTL, &ttl, sizeof ttl);
      if (index != 0)
        add_control (message, IPPROTO_IP, IP_PKTINFO, &four, sizeof four);
    }
}

ToolHelloTrouble
tool_hello_socket_send (int fd,
                        const struct sockaddr_storage *to,
                        guint index,
                        guint8 ttl,
                        const guint8 *data,
                        gsize size)
{
  union
  {
    struct cmsghdr align;
    guint8 data[CMSG_SPACE (sizeof (int)) +
                CMSG_SPACE (sizeof (struct in6_pktinfo))];
  } control = { .data = { 0 } };
  struct iovec piece = { .iov_base = (guint8 *) data, .iov_len = size };
  struct msghdr message = {
    .msg_name = (struct sockaddr_storage *) to,
    .msg_namelen = get_size (to),
    .msg_iov = &piece,
    .msg_iovlen = 1,
    .msg_control = &control,
  };

  add_controls (&message, to->ss_family == AF_INET6, index, ttl);
  return sendmsg (fd, &message, MSG_NOSIGNAL) >= 0
           ? TOOL_HELLO_NO_TROUBLE
           : tool_hello_trouble_from_errno (errno);
}

/* ---- receiving ---- */

static int
get_int (struct cmsghdr *control)
{
  int value;

  memcpy (&value, CMSG_DATA (control), sizeof value);
  return value;
}

static void
take_control (ToolHelloArrival *arrival, struct cmsghdr *control)
{
  struct in_pktinfo four;
  struct in6_pktinfo six;

  if (control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_PKTINFO)
    {
      memcpy (&four, CMSG_DATA (control), sizeof four);
      arrival->index = (guint) four.ipi_ifindex;
    }
  else if (control->cmsg_level == IPPROTO_IPV6 &&
           control->cmsg_type == IPV6_PKTINFO)
    {
      memcpy (&six, CMSG_DATA (control), sizeof six);
      arrival->index = six.ipi6_ifindex;
    }
  else if ((control->cmsg_level == IPPROTO_IP &&
            control->cmsg_type == IP_TTL) ||
           (control->cmsg_level == IPPROTO_IPV6 &&
            control->cmsg_type == IPV6_HOPLIMIT))
    arrival->ttl = (guint8) get_int (control);
}

gboolean
tool_hello_socket_receive (int fd, ToolHelloArrival *arrival)
{
  union
  {
    struct cmsghdr align;
    guint8 data[256];
  } control;
  struct iovec piece = { .iov_base = arrival->data,
                         .iov_len = sizeof arrival->data };
  struct msghdr message = {
    .msg_name = &arrival->from,
    .msg_namelen = sizeof arrival->from,
    .msg_iov = &piece,
    .msg_iovlen = 1,
    .msg_control = &control,
    .msg_controllen = sizeof control,
  };
  const gssize n = recvmsg (fd, &message, MSG_DONTWAIT);

  arrival->index = 0;
  arrival->ttl = 0;
  arrival->size = n < 0 ? 0 : n;
  if (n < 0)
    return FALSE;
  for (struct cmsghdr *one = CMSG_FIRSTHDR (&message); one != NULL;
       one = CMSG_NXTHDR (&message, one))
    take_control (arrival, one);
  return TRUE;
}
