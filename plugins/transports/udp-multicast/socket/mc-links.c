/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mc-links.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <unistd.h>

/*
 * Finds interfaces by name, address and route. Everything is asked anew each
 * time: interfaces come and go while a group is open.
 */

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

gboolean
mc_links_has_ipv6 (guint index)
{
  char name[IF_NAMESIZE];
  g_autofree char *path = NULL;
  g_autofree char *text = NULL;

  if (if_indextoname (index, name) == NULL ||
      !g_file_test ("/proc/sys/net/ipv6/conf", G_FILE_TEST_IS_DIR))
    return TRUE; /* nobody tells */
  /* there is none for an interface whose MTU is too small */
  path = g_strdup_printf ("/proc/sys/net/ipv6/conf/%s/disable_ipv6", name);
  return g_file_get_contents (path, &text, NULL, NULL) && text[0] == '0';
}

/* Connecting a datagram socket asks for the route, and sends nothing. */
static gboolean
find_source (const McAddress *to, McAddress *from)
{
  int fd = socket (to->address.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  gboolean ok;
  int code;

  if (fd < 0)
    return FALSE;
  from->size = sizeof from->address;
  ok = connect (fd, &to->address.any, to->size) == 0 &&
       getsockname (fd, &from->address.any, &from->size) == 0;
  code = errno;
  close (fd);
  errno = code;
  return ok;
}

guint
mc_links_find_route (const McAddress *group)
{
  McAddress from;
  g_autoptr (GSocketAddress) address = NULL;
  g_autofree char *host = NULL;

  if (!find_source (group, &from))
    return 0;
  if (mc_address_get_scope (&from) != 0)
    return mc_address_get_scope (&from);
  address = mc_address_to_gio (&from);
  host = g_inet_address_to_string (
    g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (address)));
  return mc_links_find (host);
}
