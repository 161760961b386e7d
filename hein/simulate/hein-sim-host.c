/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-sim-host.h"

#include <string.h>

#include <gio/gunixsocketaddress.h>

/* Hosts by name and address. The n-th host that is mentioned has the address
 * 10.0.0.n, so that what is said of its security is what would be said of
 * another machine. */

#define HOSTS_MAX  65000
#define PORT_FIRST 49152 /* RFC 6335: dynamic ports */

static void
host_free (gpointer data)
{
  HeinSimHost *self = data;

  g_free (self->name);
  g_object_unref (self->ip);
  g_free (self);
}

void
hein_sim_map_init (HeinSimMap *self)
{
  self->hosts = g_ptr_array_new_with_free_func (host_free);
  self->ways =
    g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_free);
  self->usual = (HeinSimWay){ .delay_us = 100, .n_left = -1 };
  self->within = (HeinSimWay){ .delay_us = 10, .n_left = -1 };
}

void
hein_sim_map_clear (HeinSimMap *self)
{
  g_clear_pointer (&self->ways, g_hash_table_unref);
  g_clear_pointer (&self->hosts, g_ptr_array_unref);
}

static gboolean
is_named (const HeinSimHost *self, const char *name, GInetAddress *ip)
{
  return g_ascii_strcasecmp (self->name, name) == 0 ||
         (ip != NULL && g_inet_address_equal (self->ip, ip));
}

static HeinSimHost *
add_host (HeinSimMap *self, const char *name)
{
  HeinSimHost *host = g_new0 (HeinSimHost, 1);
  guint8 bytes[4] = { 10 };
  guint number = self->hosts->len + 1;

  bytes[2] = number >> 8;
  bytes[3] = number & 0xff;
  host->name = g_strdup (name);
  host->number = self->hosts->len;
  host->ip = g_inet_address_new_from_bytes (bytes, G_SOCKET_FAMILY_IPV4);
  host->last_port = host->last_udp_port = PORT_FIRST - 1;
  g_ptr_array_add (self->hosts, host);
  return host;
}

HeinSimHost *
hein_sim_map_get_host (HeinSimMap *self, const char *name)
{
  g_autoptr (GInetAddress) ip = g_inet_address_new_from_string (name);

  for (guint i = 0; i < self->hosts->len; i++)
    if (is_named (g_ptr_array_index (self->hosts, i), name, ip))
      return g_ptr_array_index (self->hosts, i);
  if (self->hosts->len == HOSTS_MAX)
    g_error ("a simulation has at most %d hosts", HOSTS_MAX);
  return add_host (self, name);
}

static gboolean
is_here (const char *host)
{
  g_autoptr (GInetAddress) ip = g_inet_address_new_from_string (host);

  return *host == '\0' || strcmp (host, "*") == 0 ||
         g_ascii_strcasecmp (host, "localhost") == 0 ||
         (ip != NULL && (g_inet_address_get_is_loopback (ip) ||
                         g_inet_address_get_is_any (ip)));
}

HeinSimHost *
hein_sim_map_look_up (HeinSimMap *self,
                      HeinSimHost *here,
                      const HeinWorldAddress *address)
{
  return address->port < 0 || is_here (address->host)
           ? here
           : hein_sim_map_get_host (self, address->host);
}

GSocketAddress *
hein_sim_host_make_address (HeinSimHost *self,
                            const HeinWorldAddress *address,
                            int port)
{
  g_autoptr (GInetAddress) ip = NULL;

  if (address->port < 0)
    return g_unix_socket_address_new (address->path);
  if (g_ascii_strcasecmp (address->host, "localhost") == 0)
    ip = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  else
    ip = g_inet_address_new_from_string (address->host);
  if (ip == NULL || !g_inet_address_get_is_loopback (ip))
    g_set_object (&ip, self->ip);
  return g_inet_socket_address_new (ip, port);
}

static gint64
get_key (const HeinSimHost *from, const HeinSimHost *to)
{
  return (gint64) from->number << 32 | to->number;
}

const HeinSimWay *
hein_sim_map_get_way (HeinSimMap *self,
                      const HeinSimHost *from,
                      const HeinSimHost *to)
{
  const gint64 key = get_key (from, to);
  const HeinSimWay *way = g_hash_table_lookup (self->ways, &key);

  if (way != NULL)
    return way;
  return from == to ? &self->within : &self->usual;
}

HeinSimWay *
hein_sim_map_edit_way (HeinSimMap *self,
                       const HeinSimHost *from,
                       const HeinSimHost *to)
{
  const gint64 key = get_key (from, to);
  HeinSimWay *way = g_hash_table_lookup (self->ways, &key);

  if (way != NULL)
    return way;
  way = g_memdup2 (hein_sim_map_get_way (self, from, to), sizeof *way);
  g_hash_table_insert (self->ways, g_memdup2 (&key, sizeof key), way);
  return way;
}
