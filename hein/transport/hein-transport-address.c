/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-transport.h>

#include "base/hein-address.h"
#include "hein-endpoint-private.h"
#include "hein-endpoint-state.h"

/* The address of a transport, as the author of a transport plugin needs it. */

/* The first one, unless the transport is asked about another one. */
static const HeinPlace *
get_place (HeinTransport *self)
{
  HeinEndpoint *endpoint = hein_transport_get_endpoint (self);
  const HeinPlace *asked;

  if (endpoint == NULL)
    return NULL;
  asked = g_atomic_pointer_get (&endpoint->asked_place);
  return asked != NULL ? asked : endpoint->address->places->pdata[0];
}

static HeinAddress *
get_address (HeinTransport *self)
{
  HeinEndpoint *endpoint = hein_transport_get_endpoint (self);

  return endpoint != NULL ? endpoint->address : NULL;
}

/**
 * hein_transport_get_host:
 * @self: a transport
 *
 * Gets the host of the transport's address. When that names several, it is the
 * first one, but within [vfunc@StreamTransport.get_connectable] the one that
 * this is called for.
 *
 * - Thread: any.
 *
 * Returns: (transfer none): a name or number without brackets; empty when there
 *   is none, or the transport has no endpoint yet
 *
 * Since: 0.9
 */
const char *
hein_transport_get_host (HeinTransport *self)
{
  const HeinPlace *place;

  g_return_val_if_fail (HEIN_IS_TRANSPORT (self), NULL);

  place = get_place (self);
  return place != NULL ? place->host : "";
}

/**
 * hein_transport_get_port:
 * @self: a transport
 *
 * Gets the port of the transport's address, that of the host which
 * [method@Transport.get_host] returns.
 *
 * - Thread: any.
 *
 * Returns: 0 to 65535; -1 when there is none
 *
 * Since: 0.9
 */
int
hein_transport_get_port (HeinTransport *self)
{
  const HeinPlace *place;

  g_return_val_if_fail (HEIN_IS_TRANSPORT (self), -1);

  place = get_place (self);
  return place != NULL ? place->port : -1;
}

/**
 * hein_transport_get_path:
 * @self: a transport
 *
 * Gets the path of the transport's address.
 *
 * - Thread: any.
 *
 * Returns: (transfer none): the path with its leading slash; for an address
 *   without a host, what follows the colon; empty when there is none
 *
 * Since: 0.9
 */
const char *
hein_transport_get_path (HeinTransport *self)
{
  HeinAddress *address;

  g_return_val_if_fail (HEIN_IS_TRANSPORT (self), NULL);

  address = get_address (self);
  return address != NULL ? address->path : "";
}

/**
 * hein_transport_set_bound_uri:
 * @self: a transport
 * @uri: (nullable): the address that peers can dial; %NULL: the address as it
 *   was given
 *
 * Sets the address that the transport is bound to: see
 * [property@Endpoint:bound-uri]. Stream transports need not call this.
 *
 * - Thread: owner.
 *
 * Since: 0.9
 */
void
hein_transport_set_bound_uri (HeinTransport *self, const char *uri)
{
  HeinEndpoint *endpoint;

  g_return_if_fail (HEIN_IS_TRANSPORT (self));

  endpoint = hein_transport_get_endpoint (self);
  if (endpoint != NULL)
    hein_endpoint_set_bound_uri (endpoint, uri);
}
