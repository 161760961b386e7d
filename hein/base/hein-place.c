/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-place.h"

#include <string.h>

#include "hein-address-part.h"

/* Parses the hosts and ports of an address. */

#define PORT_MAX 65535

void
hein_place_free (HeinPlace *self)
{
  g_free (self->host);
  g_free (self);
}

static gboolean
parse_port (HeinPlace *self, const char *text, gsize size, GError **error)
{
  g_autofree char *given = g_strndup (text, size);
  guint64 port = 0;

  if (size <= 5 &&
      g_ascii_string_to_unsigned (given, 10, 0, PORT_MAX, &port, NULL))
    {
      self->port = (int) port;
      return TRUE;
    }
  hein_address_set_error (error, "port", given, "is not a number of 0 to %d",
                          PORT_MAX);
  return FALSE;
}

/* Parses "[…]", optionally followed by ":port". */
static gboolean
parse_ipv6 (HeinPlace *self, const char *text, gsize size, GError **error)
{
  const char *end = memchr (text, ']', size);
  const char *rest = end != NULL ? end + 1 : NULL;
  g_autofree char *given = g_strndup (text, size);

  if (end == NULL || (rest < text + size && *rest != ':'))
    {
      hein_address_set_error (error, "host", given,
                              "is not [<IPv6 address>] or with :port");
      return FALSE;
    }
  self->host = hein_address_decode ("host", text + 1, end - text - 1, error);
  if (self->host == NULL)
    return FALSE;
  if (strchr (self->host, ':') == NULL ||
      !g_hostname_is_ip_address (self->host))
    {
      hein_address_set_error (error, "host", given, "is not an IPv6 address");
      return FALSE;
    }
  return rest == text + size ||
         parse_port (self, rest + 1, text + size - rest - 1, error);
}

static gboolean
parse_name (HeinPlace *self, const char *text, gsize size, GError **error)
{
  const char *colon = memchr (text, ':', size);
  g_autofree char *given = g_strndup (text, size);

  if (colon != NULL && memchr (colon + 1, ':', text + size - colon - 1))
    {
      hein_address_set_error (error, "host", given,
                              "has more than one ':'; an IPv6 address needs "
                              "brackets, and hosts a ',' between them");
      return FALSE;
    }
  self->host =
    hein_address_decode ("host", text,
                         colon != NULL ? (gsize) (colon - text) : size, error);
  if (self->host == NULL)
    return FALSE;
  return colon == NULL ||
         parse_port (self, colon + 1, text + size - colon - 1, error);
}

HeinPlace *
hein_place_parse (const char *text, gsize size, GError **error)
{
  g_autoptr (HeinPlace) self = g_new0 (HeinPlace, 1);

  self->port = -1;
  if (!(size > 0 && *text == '[' ? parse_ipv6 (self, text, size, error)
                                 : parse_name (self, text, size, error)))
    return NULL;
  return g_steal_pointer (&self);
}

char *
hein_place_dup_text (const HeinPlace *self)
{
  const gboolean is_ipv6 = strchr (self->host, ':') != NULL;
  g_autofree char *host = g_strdup_printf (is_ipv6 ? "[%s]" : "%s", self->host);

  return self->port >= 0 ? g_strdup_printf ("%s:%d", host, self->port)
                         : g_steal_pointer (&host);
}

/* Beside others, a place without a host would be a comma too many. */
static gboolean
check (const GPtrArray *places, const char *text, gsize size, GError **error)
{
  g_autofree char *given = g_strndup (text, size);

  if (places->len == 1)
    return TRUE;
  if (places->len > HEIN_PLACES_MAX)
    {
      hein_address_set_error (error, "host", given,
                              "is a list of more than %d hosts",
                              HEIN_PLACES_MAX);
      return FALSE;
    }
  for (guint i = 0; i < places->len; i++)
    {
      const HeinPlace *place = places->pdata[i];

      if (*place->host != '\0')
        continue;
      hein_address_set_error (error, "host", given,
                              "has nothing before or behind a ','; write %%2C "
                              "for one that is part of a name");
      return FALSE;
    }
  return TRUE;
}

GPtrArray *
hein_places_parse (const char *text, gsize size, GError **error)
{
  g_autoptr (GPtrArray) places =
    g_ptr_array_new_with_free_func ((GDestroyNotify) hein_place_free);
  const char *rest = text;
  const char *comma;

  do
    {
      const gsize left = text + size - rest;
      HeinPlace *place;

      comma = memchr (rest, ',', left);
      place =
        hein_place_parse (rest, comma != NULL ? (gsize) (comma - rest) : left,
                          error);
      if (place == NULL)
        return NULL;
      g_ptr_array_add (places, place);
      rest = comma != NULL ? comma + 1 : rest;
    }
  while (comma != NULL);
  return check (places, text, size, error) ? g_steal_pointer (&places) : NULL;
}
