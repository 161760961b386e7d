/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-transport.h>

#include "base/hein-address.h"
#include "hein-endpoint-private.h"
#include "hein-endpoint-state.h"

/* The address that a transport serves, as its author needs it. */

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
 * Gets the host of its address.
 *
 * - Thread: any.
 *
 * Returns: (transfer none): a name or number without brackets, empty when
 *   there is none, or the transport has no endpoint yet
 *
 * Since: 0.9
 */
const char *
hein_transport_get_host (HeinTransport *self)
{
  HeinAddress *address;

  g_return_val_if_fail (HEIN_IS_TRANSPORT (self), NULL);

  address = get_address (self);
  return address != NULL ? address->host : "";
}

/**
 * hein_transport_get_port:
 * @self: a transport
 *
 * Gets the port of its address.
 *
 * - Thread: any.
 *
 * Returns: 0 to 65535, -1 when there is none
 *
 * Since: 0.9
 */
int
hein_transport_get_port (HeinTransport *self)
{
  HeinAddress *address;

  g_return_val_if_fail (HEIN_IS_TRANSPORT (self), -1);

  address = get_address (self);
  return address != NULL ? address->port : -1;
}

/**
 * hein_transport_get_path:
 * @self: a transport
 *
 * Gets the path of its address.
 *
 * - Thread: any.
 *
 * Returns: (transfer none): the path with its first slash, or what follows the
 *   colon where there is no host; empty when there is none
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
 * @uri: (nullable): what others dial to come here; %NULL: the address as it was
 *   given
 *
 * Tells where it is really bound: see [property@Endpoint:bound-uri]. Transports
 * of streams need not.
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
