/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include <hein/hein-error.h>

#include "hein-stream-places.h"

/* The places that a peer has told, which may be anything. */

/* ---- what was told ---- */

/* The longest name of the DNS in bytes (RFC 1035, 2.3.4). */
#define HOST_MAX 253

static gboolean
is_host (const char *host)
{
  const gsize size = strlen (host);

  if (g_hostname_is_ip_address (host))
    return TRUE;
  for (gsize i = 0; i < size; i++)
    if (!g_ascii_isalnum (host[i]) && strchr ("-._", host[i]) == NULL)
      return FALSE;
  return size > 0 && size <= HOST_MAX;
}

static HeinPlace *
read_place (const char *text)
{
  g_autoptr (HeinPlace) place = hein_place_parse (text, strlen (text), NULL);

  return place != NULL && place->port > 0 && is_host (place->host)
           ? g_steal_pointer (&place)
           : NULL;
}

static HeinStreamPlace *
find (const HeinStreamPlaces *self, const HeinPlace *place)
{
  for (guint i = 0; i < self->all->len; i++)
    {
      HeinStreamPlace *known = self->all->pdata[i];

      if (known->place->port == place->port &&
          g_ascii_strcasecmp (known->place->host, place->host) == 0)
        return known;
    }
  return NULL;
}

/* ---- the list ---- */

static void
add (HeinStreamPlaces *self, HeinPlace *told)
{
  const HeinStreamPlace *here = hein_stream_places_get (self);
  HeinStreamPlace *made = g_new0 (HeinStreamPlace, 1);

  made->place = made->told = told;
  made->told_at = here->told != NULL ? here->told_at : here->place->host;
  made->is_told_from_here = self->is_on_this_machine;
  if (here->target != NULL)
    made->target = g_network_address_new (told->host, told->port);
  g_ptr_array_add (self->all, made);
}

/* All but those of the address, the one at hand, and those in @kept. */
static void
forget (HeinStreamPlaces *self, GHashTable *kept)
{
  const HeinStreamPlace *here = hein_stream_places_get (self);

  for (guint i = self->all->len; i > 0; i--)
    {
      HeinStreamPlace *place = self->all->pdata[i - 1];

      if (place->told != NULL && place != here &&
          !g_hash_table_contains (kept, place))
        g_ptr_array_remove_index (self->all, i - 1);
    }
  g_ptr_array_find (self->all, here, &self->at);
  self->n_left = MIN (self->n_left, self->all->len - 1);
}

/* Nobody gets another round by telling: it would never have to pause. */
void
hein_stream_places_tell (HeinStreamPlaces *self, const char *const *texts)
{
  g_autoptr (GHashTable) kept = g_hash_table_new (NULL, NULL);
  const HeinStreamPlace *here;

  if (self->all == NULL)
    return;
  here = hein_stream_places_get (self);
  /* only what has hosts and ports; a simulation has nothing else */
  if (here->target != NULL && !G_IS_NETWORK_ADDRESS (here->target))
    return;
  for (guint i = 0; texts[i] != NULL; i++)
    {
      g_autoptr (HeinPlace) told = read_place (texts[i]);
      HeinStreamPlace *known = told != NULL ? find (self, told) : NULL;

      if (known != NULL)
        g_hash_table_add (kept, known);
      else if (told != NULL && g_hash_table_size (kept) < HEIN_PLACES_MAX)
        {
          add (self, g_steal_pointer (&told));
          g_hash_table_add (kept, self->all->pdata[self->all->len - 1]);
        }
    }
  forget (self, kept);
}

/* ---- its addresses ---- */

/* ::ffff:a.b.c.d, which reaches a.b.c.d. (transfer full) */
static GInetAddress *
unmap (GInetAddress *address)
{
  static const guint8 prefix[12] = { [10] = 0xff, [11] = 0xff };
  const guint8 *bytes = g_inet_address_to_bytes (address);

  if (g_inet_address_get_family (address) == G_SOCKET_FAMILY_IPV6 &&
      memcmp (bytes, prefix, sizeof prefix) == 0)
    return g_inet_address_new_from_bytes (bytes + sizeof prefix,
                                          G_SOCKET_FAMILY_IPV4);
  return g_object_ref (address);
}

/* Any address at all, 0.0.0.0, is loopback to who dials it. */
static gboolean
is_of_this_machine (GSocketAddress *address)
{
  g_autoptr (GInetAddress) inet = NULL;

  if (!G_IS_INET_SOCKET_ADDRESS (address))
    return TRUE;
  inet =
    unmap (g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (address)));
  return g_inet_address_get_is_loopback (inet) ||
         g_inet_address_get_is_any (inet) ||
         g_inet_address_get_is_link_local (inet) ||
         g_inet_address_get_is_multicast (inet);
}

void
hein_stream_places_note (HeinStreamPlaces *self, GSocketAddress *address)
{
  self->is_on_this_machine =
    !G_IS_INET_SOCKET_ADDRESS (address) ||
    g_inet_address_get_is_loopback (
      g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (address)));
}

gboolean
hein_stream_places_check (const HeinStreamPlaces *self,
                          GSocketAddress *address,
                          GError **error)
{
  const HeinStreamPlace *here = hein_stream_places_get (self);

  if (here->told == NULL || here->is_told_from_here ||
      !is_of_this_machine (address))
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED,
               "%s:%d is of this machine or its link, which a peer elsewhere "
               "has named: it is not dialled",
               here->place->host, here->place->port);
  return FALSE;
}
