/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-socket-name.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

/* Compact storage of peer addresses. */

GSocketAddress *
hein_socket_name_init (HeinSocketName *self, int fd, GSocketAddress *address)
{
  struct sockaddr_storage native;
  socklen_t size = sizeof native;

  memset (self, 0, sizeof *self);
  if (address != NULL)
    {
      size = g_socket_address_get_native_size (address);
      if (size > sizeof native ||
          !g_socket_address_to_native (address, &native, size, NULL))
        return g_object_ref (address);
    }
  else if (getpeername (fd, (struct sockaddr *) &native, &size) != 0)
    return NULL;
  if (size > sizeof self->native)
    return address != NULL ? g_object_ref (address)
                           : g_socket_address_new_from_native (&native, size);
  memcpy (&self->native, &native, size);
  self->size = size;
  return NULL;
}

GSocketAddress *
hein_socket_name_make_address (const HeinSocketName *self)
{
  return self->size > 0
           ? g_socket_address_new_from_native ((gpointer) &self->native,
                                               self->size)
           : NULL;
}

char *
hein_socket_name_dup_host (const HeinSocketName *self)
{
  const int family = self->size > 0 ? self->native.any.sa_family : AF_UNSPEC;
  const struct in6_addr *ipv6 = &self->native.ipv6.sin6_addr;
  const guint32 ipv4 = self->native.ipv4.sin_addr.s_addr;
  char text[INET6_ADDRSTRLEN];

  if (family == AF_INET && g_ntohl (ipv4) >> 24 != IN_LOOPBACKNET)
    return g_strdup (
      inet_ntop (AF_INET, &self->native.ipv4.sin_addr, text, sizeof text));
  if (family == AF_INET6 && !IN6_IS_ADDR_LOOPBACK (ipv6))
    return g_strdup (inet_ntop (AF_INET6, ipv6, text, sizeof text));
  return NULL;
}
