/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mc-socket-private.h"

#include <errno.h>
#include <netinet/in.h>

#include "mc-links.h"

/* Anew each time: one that was taken away and came back has another index. Of
 * several, those are found that are there. */
gboolean
mc_socket_find_interfaces (McSocket *self, GError **error)
{
  const char *missing = NULL;

  g_array_set_size (self->indexes, 0);
  for (char **name = self->options.interfaces; name != NULL && *name != NULL;
       name++)
    {
      guint index = mc_links_find (*name);

      if (index != 0)
        g_array_append_val (self->indexes, index);
      else if (missing == NULL)
        missing = *name;
    }
  if (missing != NULL)
    g_set_error (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS,
                 "interface=%s: there is no interface of that name or address",
                 missing);
  return missing == NULL;
}

static gboolean
join_one (McSocket *self, guint index, GError **error)
{
  gboolean ok;

  if (mc_address_is_ipv6 (&self->group))
    {
      struct ipv6_mreq request = { .ipv6mr_interface = index };

      request.ipv6mr_multiaddr =
        ((struct sockaddr_in6 *) &self->group.address)->sin6_addr;
      ok = setsockopt (self->group_fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &request,
                       sizeof request) == 0;
    }
  else
    {
      struct ip_mreqn request = { .imr_ifindex = (int) index };

      request.imr_multiaddr =
        ((struct sockaddr_in *) &self->group.address)->sin_addr;
      ok = setsockopt (self->group_fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &request,
                       sizeof request) == 0;
    }
  if (ok || errno == EADDRINUSE)
    return TRUE;
  if (errno == ENODEV && index == 0)
    {
      g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_FAILED,
                           "no interface has a route for multicast: name one, "
                           "as in ?interface=lo");
      return FALSE;
    }
  return mc_socket_fail ("joining the group", error);
}

/* Of interfaces that are gone: the kernel counts them, and allows 20. */
static void
leave_one (McSocket *self, guint index)
{
  if (mc_address_is_ipv6 (&self->group))
    {
      struct ipv6_mreq request = { .ipv6mr_interface = index };

      request.ipv6mr_multiaddr =
        ((struct sockaddr_in6 *) &self->group.address)->sin6_addr;
      setsockopt (self->group_fd, IPPROTO_IPV6, IPV6_LEAVE_GROUP, &request,
                  sizeof request);
    }
  else
    {
      struct ip_mreqn request = { .imr_ifindex = (int) index };

      request.imr_multiaddr =
        ((struct sockaddr_in *) &self->group.address)->sin_addr;
      setsockopt (self->group_fd, IPPROTO_IP, IP_DROP_MEMBERSHIP, &request,
                  sizeof request);
    }
}

void
mc_socket_leave_old (McSocket *self, GArray *old)
{
  for (guint i = 0; i < old->len; i++)
    {
      const guint index = g_array_index (old, guint, i);
      gboolean is_there = FALSE;

      for (guint j = 0; j < self->indexes->len; j++)
        is_there |= g_array_index (self->indexes, guint, j) == index;
      if (!is_there)
        leave_one (self, index);
    }
}

gboolean
mc_socket_join_all (McSocket *self, GError **error)
{
  mc_links_list_addresses (self->group.address.any.sa_family, self->locals);
  if (self->indexes->len == 0)
    return join_one (self, 0, error);
  for (guint i = 0; i < self->indexes->len; i++)
    if (!join_one (self, g_array_index (self->indexes, guint, i), error))
      return FALSE;
  return TRUE;
}
