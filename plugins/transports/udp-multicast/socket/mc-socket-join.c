/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mc-socket-join.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>

#include <hein/hein.h>

#include "mc-links.h"
#include "mc-socket-open.h"
#include "mc-socket-state.h"

/* On which interfaces the group is joined, and again when they change. */

/* The system's choice is asked for here: told to choose itself, an IPv6 socket
 * takes what it joined once for joined, wherever that was. */
static void
find_choice (McSocket *self)
{
  const guint index =
    mc_address_is_ipv6 (&self->group) ? mc_links_find_route (&self->group) : 0;

  if (index != 0)
    g_array_append_val (self->indexes, index);
}

/* Anew each time: one that was taken away and came back has another index. Of
 * several, those are found that are there. */
static gboolean
find_interfaces (McSocket *self, GError **error)
{
  const char *missing = NULL;

  g_array_set_size (self->indexes, 0);
  if (self->options.interfaces == NULL)
    find_choice (self);
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

/* The same group of one link is another one on the next link. */
static gboolean
check_scope (McSocket *self, GError **error)
{
  char **interfaces = self->options.interfaces;

  if (!mc_address_needs_scope (&self->group) ||
      (interfaces != NULL && g_strv_length (interfaces) == 1))
    return TRUE;
  g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS,
                       "groups of ff01::/16 and ff02::/16 are those of one "
                       "interface: name one, as in ?interface=eth0");
  return FALSE;
}

/* Says what errno says of it, and what to do. FALSE */
static gboolean
fail_to_join (McSocket *self, guint index, GError **error)
{
  const int code = errno;
  char name[IF_NAMESIZE] = "?"; /* it may be gone by now */

  if_indextoname (index, name);
  errno = code;
  if (errno == ENODEV && index == 0)
    g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_FAILED,
                         "no interface has a route for multicast: name one, "
                         "as in ?interface=lo");
  else if (errno == ENOBUFS && !mc_address_is_ipv6 (&self->group))
    g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_REFUSED,
                         "joining the group: there are more interfaces than "
                         "net.ipv4.igmp_max_memberships allows: name fewer, or "
                         "raise it");
  else if (errno == EAFNOSUPPORT)
    g_set_error (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS,
                 "interface %s has no IPv6: look at its MTU, and at "
                 "net.ipv6.conf.%s.disable_ipv6",
                 name, name);
  else
    mc_socket_fail ("joining the group", error);
  return FALSE;
}

static gboolean
join_ipv4 (McSocket *self, guint index)
{
  struct ip_mreqn request = { .imr_ifindex = (int) index };

  request.imr_multiaddr =
    ((struct sockaddr_in *) &self->group.address)->sin_addr;
  return setsockopt (self->group_fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &request,
                     sizeof request) == 0;
}

/* The kernel joins where IPv6 is switched off, too, and nothing ever comes. */
static gboolean
join_ipv6 (McSocket *self, guint index)
{
  struct ipv6_mreq request = { .ipv6mr_interface = index };

  request.ipv6mr_multiaddr =
    ((struct sockaddr_in6 *) &self->group.address)->sin6_addr;
  if (index != 0 && !mc_links_has_ipv6 (index))
    {
      errno = EAFNOSUPPORT;
      return FALSE;
    }
  return setsockopt (self->group_fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &request,
                     sizeof request) == 0;
}

static gboolean
join_one (McSocket *self, guint index, GError **error)
{
  const gboolean ok = mc_address_is_ipv6 (&self->group)
                        ? join_ipv6 (self, index)
                        : join_ipv4 (self, index);

  return ok || errno == EADDRINUSE || fail_to_join (self, index, error);
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

static gboolean
has_index (GArray *indexes, guint index)
{
  for (guint i = 0; i < indexes->len; i++)
    if (g_array_index (indexes, guint, i) == index)
      return TRUE;
  return FALSE;
}

static void
leave_old (McSocket *self, GArray *old)
{
  for (guint i = 0; i < old->len; i++)
    {
      const guint index = g_array_index (old, guint, i);

      if (!has_index (self->indexes, index))
        leave_one (self, index);
    }
}

/* What one has not is no reason to leave the others: the indexes that stay are
 * those that are joined. FALSE with @error: one is not. That one is left, too:
 * the kernel would take it for joined when its IPv6 is there again. */
static gboolean
join_all (McSocket *self, GError **error)
{
  gboolean is_whole = TRUE;

  if (self->indexes->len == 0)
    return self->options.interfaces != NULL || join_one (self, 0, error);
  for (guint i = 0; i < self->indexes->len;)
    if (join_one (self, g_array_index (self->indexes, guint, i),
                  is_whole ? error : NULL))
      i++;
    else
      {
        leave_one (self, g_array_index (self->indexes, guint, i));
        g_array_remove_index (self->indexes, i);
        is_whole = FALSE;
      }
  return is_whole;
}

/* A group of one link is bound to that link: where the link is another one, so
 * is the socket. */
static gboolean
follow_link (McSocket *self, GError **error)
{
  const guint32 before = mc_address_get_scope (&self->group);
  guint index;

  if (!mc_address_needs_scope (&self->group) || self->indexes->len == 0)
    return TRUE;
  index = g_array_index (self->indexes, guint, 0);
  if (index == before)
    return TRUE;
  mc_address_set_scope (&self->group, index);
  if (mc_socket_open_group (self, error))
    return TRUE;
  mc_address_set_scope (&self->group, before);
  return FALSE;
}

gboolean
mc_socket_join_first (McSocket *self, GError **error)
{
  if (!check_scope (self, error) || !find_interfaces (self, error))
    return FALSE;
  mc_links_list_addresses (self->group.address.any.sa_family, self->locals);
  if (self->indexes->len > 0 && mc_address_needs_scope (&self->group))
    mc_address_set_scope (&self->group,
                          g_array_index (self->indexes, guint, 0));
  return mc_socket_open_group (self, error) && join_all (self, error);
}

/* With some interfaces gone, the others go on. */
gboolean
mc_socket_join (McSocket *self, GError **error)
{
  g_autoptr (GArray) old = g_array_copy (self->indexes);
  g_autoptr (GError) first = NULL;
  g_autoptr (GError) trouble = NULL;

  find_interfaces (self, &first);
  mc_links_list_addresses (self->group.address.any.sa_family, self->locals);
  leave_old (self, old);
  if (follow_link (self, &trouble) && join_all (self, &trouble))
    mc_socket_prepare_to_send (self, &trouble);
  else if (self->indexes->len > 0)
    mc_socket_prepare_to_send (self, NULL);
  if (first == NULL)
    first = g_steal_pointer (&trouble);
  if (first == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&first));
  return FALSE;
}
