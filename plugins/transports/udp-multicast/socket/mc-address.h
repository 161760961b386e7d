/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include <gio/gio.h>

G_BEGIN_DECLS

/* An address as the kernel has it, of IPv4 or IPv6. */
typedef struct
{
  union
  {
    struct sockaddr any;
    struct sockaddr_storage storage;
  } address;
  socklen_t size;
} McAddress;

guint mc_address_hash (gconstpointer address);
gboolean mc_address_equal (gconstpointer a, gconstpointer b);
/* (transfer full) */
GSocketAddress *mc_address_to_gio (const McAddress *self);
/* "192.0.2.7:1234". (transfer full) */
char *mc_address_to_text (const McAddress *self);

/* For each datagram, hence here. */

static inline gboolean
mc_address_is_ipv6 (const McAddress *self)
{
  return self->address.any.sa_family == AF_INET6;
}

static inline const void *
mc_address_get_host (const McAddress *self, gsize *size)
{
  if (mc_address_is_ipv6 (self))
    {
      *size = sizeof (struct in6_addr);
      return &((const struct sockaddr_in6 *) &self->address)->sin6_addr;
    }
  *size = sizeof (struct in_addr);
  return &((const struct sockaddr_in *) &self->address)->sin_addr;
}

static inline guint16
mc_address_get_port (const McAddress *self)
{
  return ntohs (mc_address_is_ipv6 (self)
                  ? ((const struct sockaddr_in6 *) &self->address)->sin6_port
                  : ((const struct sockaddr_in *) &self->address)->sin_port);
}

static inline void
mc_address_set_port (McAddress *self, guint16 port)
{
  if (mc_address_is_ipv6 (self))
    ((struct sockaddr_in6 *) &self->address)->sin6_port = htons (port);
  else
    ((struct sockaddr_in *) &self->address)->sin_port = htons (port);
}

/* The interface that an address of one link is of; 0: it is of more. */
static inline guint32
mc_address_get_scope (const McAddress *self)
{
  return mc_address_is_ipv6 (self)
           ? ((const struct sockaddr_in6 *) &self->address)->sin6_scope_id
           : 0;
}

static inline gboolean
mc_address_is_same_host (const McAddress *left, const McAddress *right)
{
  gsize size;
  gsize right_size;
  const void *host = mc_address_get_host (left, &size);
  const void *right_host = mc_address_get_host (right, &right_size);

  return size == right_size && memcmp (host, right_host, size) == 0 &&
         mc_address_get_scope (left) == mc_address_get_scope (right);
}

gboolean mc_address_from_gio (McAddress *self,
                              GInetSocketAddress *address,
                              GError **error);
/* Whether the group @self is one of each link (ff01::/16, ff02::/16), so that
 * the same on the next link is another one. */
gboolean mc_address_needs_scope (const McAddress *self);
void mc_address_set_scope (McAddress *self, guint32 scope);
/* 16 bytes of IPv6 (IPv4 as ::ffff:0:0/96) and the port, big-endian; the
 * interface of an address of one link is not told. */
#define MC_ADDRESS_BYTES 18
void mc_address_put_bytes (const McAddress *self, guint8 *to);
void mc_address_set_bytes (McAddress *self, const guint8 *from);
/* The host becomes this machine; family and port stay. */
void mc_address_set_loopback (McAddress *self);

G_END_DECLS
