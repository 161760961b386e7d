/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mc-links.h"

#include <ifaddrs.h>
#include <net/if.h>

#include "mc-address.h"

guint
mc_links_find (const char *text)
{
  struct ifaddrs *all = NULL;
  g_autoptr (GInetAddress) wanted = NULL;
  guint index = if_nametoindex (text);

  if (index != 0)
    return index;
  wanted = g_inet_address_new_from_string (text);
  if (wanted == NULL || getifaddrs (&all) != 0)
    return 0;
  for (struct ifaddrs *one = all; one != NULL && index == 0;
       one = one->ifa_next)
    {
      g_autoptr (GSocketAddress) address = NULL;

      if (one->ifa_addr == NULL || (one->ifa_addr->sa_family != AF_INET &&
                                    one->ifa_addr->sa_family != AF_INET6))
        continue;
      address =
        g_socket_address_new_from_native (one->ifa_addr,
                                          one->ifa_addr->sa_family == AF_INET
                                            ? sizeof (struct sockaddr_in)
                                            : sizeof (struct sockaddr_in6));
      if (g_inet_address_equal (g_inet_socket_address_get_address (
                                  G_INET_SOCKET_ADDRESS (address)),
                                wanted))
        index = if_nametoindex (one->ifa_name);
    }
  freeifaddrs (all);
  return index;
}

void
mc_links_list_addresses (int family, GPtrArray *addresses)
{
  struct ifaddrs *all = NULL;

  g_ptr_array_set_size (addresses, 0);
  if (getifaddrs (&all) != 0)
    return;
  for (struct ifaddrs *one = all; one != NULL; one = one->ifa_next)
    {
      McAddress *address;

      if (one->ifa_addr == NULL || one->ifa_addr->sa_family != family)
        continue;
      address = g_new0 (McAddress, 1);
      address->size = family == AF_INET6 ? sizeof (struct sockaddr_in6)
                                         : sizeof (struct sockaddr_in);
      memcpy (&address->address, one->ifa_addr, address->size);
      g_ptr_array_add (addresses, address);
    }
  freeifaddrs (all);
}

gboolean
mc_links_is_loopback (guint index)
{
  char name[IF_NAMESIZE];
  struct ifaddrs *all = NULL;
  gboolean is_one = FALSE;

  if (if_indextoname (index, name) == NULL || getifaddrs (&all) != 0)
    return FALSE;
  for (struct ifaddrs *one = all; one != NULL; one = one->ifa_next)
    is_one |=
      g_str_equal (one->ifa_name, name) && (one->ifa_flags & IFF_LOOPBACK) != 0;
  freeifaddrs (all);
  return is_one;
}
