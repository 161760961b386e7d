/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mc-address.h"

#include <hein/hein.h>

/*
 * Addresses between the kernel's form, GIO's, and the 18 bytes that members
 * send each other.
 */

guint
mc_address_hash (gconstpointer address)
{
  const McAddress *self = address;
  gsize size;
  const guint8 *host = mc_address_get_host (self, &size);

  return hein_hash_data (host, size) + mc_address_get_port (self);
}

gboolean
mc_address_equal (gconstpointer a, gconstpointer b)
{
  return mc_address_get_port (a) == mc_address_get_port (b) &&
         mc_address_is_same_host (a, b);
}

GSocketAddress *
mc_address_to_gio (const McAddress *self)
{
  return g_socket_address_new_from_native ((gpointer) &self->address,
                                           self->size);
}

char *
mc_address_to_text (const McAddress *self)
{
  g_autoptr (GSocketAddress) address = mc_address_to_gio (self);

  return g_socket_connectable_to_string (G_SOCKET_CONNECTABLE (address));
}

gboolean
mc_address_from_gio (McAddress *self,
                     GInetSocketAddress *address,
                     GError **error)
{
  GSocketAddress *socket_address = G_SOCKET_ADDRESS (address);

  memset (self, 0, sizeof *self);
  self->size = g_socket_address_get_native_size (socket_address);
  return g_socket_address_to_native (socket_address, &self->address,
                                     sizeof self->address, error);
}

gboolean
mc_address_needs_scope (const McAddress *self)
{
  const struct in6_addr *host =
    &((const struct sockaddr_in6 *) &self->address)->sin6_addr;

  return mc_address_is_ipv6 (self) &&
         (IN6_IS_ADDR_MC_NODELOCAL (host) || IN6_IS_ADDR_MC_LINKLOCAL (host));
}

void
mc_address_set_scope (McAddress *self, guint32 scope)
{
  ((struct sockaddr_in6 *) &self->address)->sin6_scope_id = scope;
}

void
mc_address_set_loopback (McAddress *self)
{
  if (mc_address_is_ipv6 (self))
    ((struct sockaddr_in6 *) &self->address)->sin6_addr = in6addr_loopback;
  else
    ((struct sockaddr_in *) &self->address)->sin_addr.s_addr =
      htonl (INADDR_LOOPBACK);
}

static const guint8 mapped[12] = { [10] = 0xff, [11] = 0xff };

void
mc_address_put_bytes (const McAddress *self, guint8 *to)
{
  const guint16 port = htons (mc_address_get_port (self));
  gsize size;
  const void *host = mc_address_get_host (self, &size);

  memcpy (to, mapped, sizeof mapped);
  memcpy (to + 16 - size, host, size);
  memcpy (to + 16, &port, sizeof port);
}

void
mc_address_set_bytes (McAddress *self, const guint8 *from)
{
  struct sockaddr_in *v4 = (struct sockaddr_in *) &self->address;
  struct sockaddr_in6 *v6 = (struct sockaddr_in6 *) &self->address;

  memset (self, 0, sizeof *self);
  if (memcmp (from, mapped, sizeof mapped) == 0)
    {
      self->size = sizeof *v4;
      v4->sin_family = AF_INET;
      memcpy (&v4->sin_addr, from + 12, sizeof v4->sin_addr);
      memcpy (&v4->sin_port, from + 16, sizeof v4->sin_port);
      return;
    }
  self->size = sizeof *v6;
  v6->sin6_family = AF_INET6;
  memcpy (&v6->sin6_addr, from, sizeof v6->sin6_addr);
  memcpy (&v6->sin6_port, from + 16, sizeof v6->sin6_port);
}
