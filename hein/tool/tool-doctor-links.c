/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-doctor-links.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* Lists the network interfaces with their flags, MTU and addresses. */

static void
link_free (gpointer data)
{
  ToolLink *self = data;

  g_free (self->name);
  g_ptr_array_unref (self->addresses);
  g_free (self);
}

static guint
get_mtu (const char *name)
{
  struct ifreq request = { .ifr_mtu = 0 };
  int fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  gboolean is_known;

  g_strlcpy (request.ifr_name, name, sizeof request.ifr_name);
  is_known = fd >= 0 && ioctl (fd, SIOCGIFMTU, &request) == 0;
  if (fd >= 0)
    close (fd);
  return is_known ? request.ifr_mtu : 0;
}

static ToolLink *
ensure_link (GPtrArray *links, const struct ifaddrs *info)
{
  ToolLink *self;

  for (guint i = 0; i < links->len; i++)
    {
      self = g_ptr_array_index (links, i);
      if (g_str_equal (self->name, info->ifa_name))
        return self;
    }
  self = g_new0 (ToolLink, 1);
  self->name = g_strdup (info->ifa_name);
  self->index = if_nametoindex (info->ifa_name);
  self->flags = info->ifa_flags;
  self->mtu = get_mtu (info->ifa_name);
  self->addresses = g_ptr_array_new_with_free_func (g_free);
  g_ptr_array_add (links, self);
  return self;
}

static void
add_address (ToolLink *self, const struct sockaddr *address)
{
  const gboolean is_ipv6 = address->sa_family == AF_INET6;
  g_autoptr (GInetAddress) host = NULL;

  if (is_ipv6)
    host = g_inet_address_new_from_bytes (
      (gconstpointer) & ((const struct sockaddr_in6 *) address)->sin6_addr,
      G_SOCKET_FAMILY_IPV6);
  else
    host = g_inet_address_new_from_bytes (
      (gconstpointer) & ((const struct sockaddr_in *) address)->sin_addr,
      G_SOCKET_FAMILY_IPV4);
  self->has_ipv6 |= is_ipv6;
  self->has_ipv4 |= !is_ipv6;
  g_ptr_array_add (self->addresses, g_inet_address_to_string (host));
}

GPtrArray *
tool_links_list (void)
{
  GPtrArray *links = g_ptr_array_new_with_free_func (link_free);
  struct ifaddrs *all = NULL;

  if (getifaddrs (&all) != 0)
    return links;
  for (struct ifaddrs *one = all; one != NULL; one = one->ifa_next)
    {
      ToolLink *link = ensure_link (links, one);

      if (one->ifa_addr != NULL && (one->ifa_addr->sa_family == AF_INET ||
                                    one->ifa_addr->sa_family == AF_INET6))
        add_address (link, one->ifa_addr);
    }
  freeifaddrs (all);
  return links;
}

static gboolean
has_address (const ToolLink *self, GInetAddress *wanted)
{
  for (guint i = 0; wanted != NULL && i < self->addresses->len; i++)
    {
      g_autoptr (GInetAddress) address =
        g_inet_address_new_from_string (g_ptr_array_index (self->addresses, i));

      if (address != NULL && g_inet_address_equal (address, wanted))
        return TRUE;
    }
  return FALSE;
}

ToolLink *
tool_links_find (GPtrArray *links, const char *text)
{
  g_autoptr (GInetAddress) wanted = g_inet_address_new_from_string (text);

  for (guint i = 0; i < links->len; i++)
    {
      ToolLink *link = g_ptr_array_index (links, i);

      if (g_str_equal (link->name, text) || has_address (link, wanted))
        return link;
    }
  return NULL;
}

gboolean
tool_link_is_loopback (const ToolLink *self)
{
  return (self->flags & IFF_LOOPBACK) != 0;
}
