/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mc-socket-open.h"

#include <errno.h>
#include <linux/udp.h>
#include <netinet/in.h>
#include <unistd.h>

#include <hein/hein.h>

#include "mc-links.h"
#include "mc-socket-state.h"

/*
 * Opens the two sockets, and sets the options that make them hear this group
 * alone and send where they should.
 */

#ifndef IPV6_MULTICAST_ALL
#define IPV6_MULTICAST_ALL 29
#endif

#define RECEIVE_BUFFER (4 * 1024 * 1024)

gboolean
mc_socket_fail (const char *what, GError **error)
{
  const int code = errno;

  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code), "%s: %s", what,
               g_strerror (code));
  return FALSE;
}

static gboolean
set_int (int fd, int level, int name, int value)
{
  return setsockopt (fd, level, name, &value, sizeof value) == 0;
}

/* Options that this kernel does not have are left out. IP_MULTICAST_ALL is on
 * by default, and a socket then hears every group that anybody on this machine
 * has joined on its port. */
static void
set_receiving (McSocket *self, int fd)
{
  if (!set_int (fd, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER))
    set_int (fd, SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER);
  set_int (fd, SOL_SOCKET, SO_RXQ_OVFL, 1);
  set_int (fd, IPPROTO_UDP, UDP_GRO, 1);
  if (!mc_address_is_ipv6 (&self->group))
    {
      set_int (fd, IPPROTO_IP, IP_MULTICAST_ALL, 0);
      return;
    }
  set_int (fd, IPPROTO_IPV6, IPV6_MULTICAST_ALL, 0);
  set_int (fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
}

static int
open_socket (McSocket *self, GError **error)
{
  int fd = socket (self->group.address.any.sa_family,
                   SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

  if (fd < 0)
    mc_socket_fail ("making a socket", error);
  else
    set_receiving (self, fd);
  return fd;
}

gboolean
mc_socket_open_group (McSocket *self, GError **error)
{
  int fd = open_socket (self, error);

  if (fd < 0)
    return FALSE;
  set_int (fd, SOL_SOCKET, SO_REUSEADDR, 1);
  if (bind (fd, &self->group.address.any, self->group.size) != 0)
    {
      mc_socket_fail ("binding to the group", error);
      close (fd);
      return FALSE;
    }
  if (self->group_fd >= 0)
    close (self->group_fd);
  self->group_fd = fd;
  self->n_group_overrun = 0;
  return TRUE;
}

static gboolean
set_sending (McSocket *self, int fd, GError **error)
{
  const guint index =
    self->indexes->len > 0 ? g_array_index (self->indexes, guint, 0) : 0;
  const int ttl = self->options.ttl;
  const int loopback = self->options.loopback;
  struct ip_mreqn request = { .imr_ifindex = (int) index };
  gboolean ok;

  if (mc_address_is_ipv6 (&self->group))
    ok = (index == 0 ||
          set_int (fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, (int) index)) &&
         set_int (fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, ttl) &&
         set_int (fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, loopback);
  else
    ok = (index == 0 || setsockopt (fd, IPPROTO_IP, IP_MULTICAST_IF, &request,
                                    sizeof request) == 0) &&
         set_int (fd, IPPROTO_IP, IP_MULTICAST_TTL, ttl) &&
         set_int (fd, IPPROTO_IP, IP_MULTICAST_LOOP, loopback);
  return ok || mc_socket_fail ("preparing to send", error);
}

gboolean
mc_socket_prepare_to_send (McSocket *self, GError **error)
{
  self->segment_max =
    set_int (self->own_fd, IPPROTO_UDP, UDP_SEGMENT, 0) ? G_MAXUINT16 : 0;
  return set_sending (self, self->own_fd, error) &&
         set_sending (self, mc_socket_get_sender (self), error);
}

/* Whether all interfaces are lo. Then our own socket is bound to it, too, so
 * that no other machine reaches it by unicast. */
static gboolean
stays_here (McSocket *self)
{
  if (self->options.interfaces == NULL)
    return FALSE; /* the choice may be another one later */
  for (guint i = 0; i < self->indexes->len; i++)
    if (!mc_links_is_loopback (g_array_index (self->indexes, guint, i)))
      return FALSE;
  return self->indexes->len > 0;
}

/* Linux gives lo a route for groups of IPv4, but none for those of IPv6. */
static gboolean
check_loopback (McSocket *self, GError **error)
{
  int fd;
  gboolean ok;

  if (!mc_address_is_ipv6 (&self->group) || !stays_here (self))
    return TRUE;
  fd = open_socket (self, error);
  if (fd < 0)
    return FALSE;
  ok = set_sending (self, fd, NULL) &&
       connect (fd, &self->group.address.any, self->group.size) == 0;
  close (fd);
  if (!ok)
    g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_FAILED,
                         "lo is down, or has no route for groups of IPv6: 'ip "
                         "-6 route add local ff00::/8 dev lo' makes one; or "
                         "take a group of IPv4");
  return ok;
}

gboolean
mc_socket_open_own (McSocket *self, GError **error)
{
  McAddress any = { .size = self->group.size };

  any.address.any.sa_family = self->group.address.any.sa_family;
  if (stays_here (self))
    mc_address_set_loopback (&any);
  self->own_fd = open_socket (self, error);
  if (self->own_fd < 0)
    return FALSE;
  if (bind (self->own_fd, &any.address.any, any.size) != 0)
    return mc_socket_fail ("binding", error);
  if (getsockname (self->own_fd, &any.address.any, &any.size) != 0)
    return mc_socket_fail ("asking for our port", error);
  self->own_port = mc_address_get_port (&any);
  return mc_socket_prepare_to_send (self, error) &&
         check_loopback (self, error);
}
