/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-sim-name.h"

#include <netinet/in.h>

/* Hosts have an address of IPv6 for datagrams, too: the n-th one is fd00::n,
 * where it is 10.0.0.n otherwise. */

static const guint8 mapped[12] = { [10] = 0xff, [11] = 0xff };

static gboolean
is_ipv4 (const HeinSimName *self)
{
  return memcmp (self->ip, mapped, sizeof mapped) == 0;
}

HeinSimName
hein_sim_name_read (const struct sockaddr *address)
{
  HeinSimName self = { .port = 0 };

  if (address->sa_family == AF_INET)
    {
      struct sockaddr_in v4;

      memcpy (&v4, address, sizeof v4);
      memcpy (self.ip, mapped, sizeof mapped);
      memcpy (self.ip + sizeof mapped, &v4.sin_addr, sizeof v4.sin_addr);
      self.port = ntohs (v4.sin_port);
    }
  else
    {
      struct sockaddr_in6 v6;

      memcpy (&v6, address, sizeof v6);
      memcpy (self.ip, &v6.sin6_addr, sizeof v6.sin6_addr);
      self.port = ntohs (v6.sin6_port);
    }
  return self;
}

void
hein_sim_name_write (const HeinSimName *self, struct sockaddr_storage *address)
{
  struct sockaddr_in *v4 = (struct sockaddr_in *) address;
  struct sockaddr_in6 *v6 = (struct sockaddr_in6 *) address;

  memset (address, 0, sizeof *address);
  if (is_ipv4 (self))
    {
      v4->sin_family = AF_INET;
      memcpy (&v4->sin_addr, self->ip + sizeof mapped, sizeof v4->sin_addr);
      v4->sin_port = htons (self->port);
      return;
    }
  v6->sin6_family = AF_INET6;
  memcpy (&v6->sin6_addr, self->ip, sizeof v6->sin6_addr);
  v6->sin6_port = htons (self->port);
}

static void
put_host (HeinSimName *self, const HeinSimHost *host, gboolean is_v4)
{
  const guint8 *ip = g_inet_address_to_bytes (host->ip);

  memset (self->ip, 0, sizeof self->ip);
  if (is_v4)
    {
      memcpy (self->ip, mapped, sizeof mapped);
      memcpy (self->ip + sizeof mapped, ip, 4);
      return;
    }
  self->ip[0] = 0xfd;
  memcpy (self->ip + 14, ip + 2, 2);
}

HeinSimName
hein_sim_name_of_host (const HeinSimHost *host,
                       const HeinSimName *like,
                       guint16 port)
{
  HeinSimName self = { .port = port };

  put_host (&self, host, is_ipv4 (like));
  return self;
}

gboolean
hein_sim_name_is_group (const HeinSimName *self)
{
  return is_ipv4 (self) ? self->ip[sizeof mapped] >> 4 == 0xe
                        : self->ip[0] == 0xff;
}

static gboolean
is_loopback (const HeinSimName *self)
{
  static const guint8 one[16] = { [15] = 1 };

  return is_ipv4 (self) ? self->ip[sizeof mapped] == 127
                        : memcmp (self->ip, one, sizeof one) == 0;
}

HeinSimHost *
hein_sim_name_find_host (const HeinSimName *self,
                         HeinSimMap *map,
                         HeinSimHost *here)
{
  if (is_loopback (self))
    return here;
  for (guint i = 0; i < map->hosts->len; i++)
    {
      HeinSimHost *host = g_ptr_array_index (map->hosts, i);
      const HeinSimName name = hein_sim_name_of_host (host, self, self->port);

      if (hein_sim_name_equal (&name, self))
        return host;
    }
  return NULL;
}
