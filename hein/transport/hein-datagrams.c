/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-datagrams.h>
#include <sys/socket.h>

#include "core/hein-core-state.h"
#include "io/hein-loop.h"
#include "io/hein-world-net.h"
#include "hein-endpoint-state.h"

/* What transports that use datagrams are given of a simulated network. */

/* Not there in the real world: a struct of the world's own. */
static HeinWorldSocket *
get_socket (HeinDatagrams *self)
{
  return (HeinWorldSocket *) self;
}

static gboolean
is_internet (const struct sockaddr *address)
{
  return address->sa_family == AF_INET || address->sa_family == AF_INET6;
}

/**
 * hein_datagrams_new: (skip)
 * @endpoint: the endpoint of a transport
 * @address: of IPv4 or IPv6: a multicast group and its port, which others may
 *   share; or no host (`0.0.0.0`, `::`), and a port, or 0 for any that is free
 * @ready: (scope notified) (closure data): called when something has arrived
 * @data: passed to @ready
 *
 * Opens a socket of datagrams in the simulation that the bus of @endpoint is
 * in. Transports that send datagrams ask for one before they ask the kernel:
 * then they work in a [class@Simulation], whose network loses, doubles and
 * delays datagrams as it is told.
 *
 * A simulated host has one address, and one interface besides loopback. It
 * keeps 4 MiB that nobody reads, and drops the rest.
 *
 * - Thread: owner.
 *
 * Returns: (transfer full) (nullable): a socket, for hein_datagrams_free();
 *   %NULL: the bus is in the real world
 *
 * Since: 0.9
 */
HeinDatagrams *
hein_datagrams_new (HeinEndpoint *endpoint,
                    const struct sockaddr *address,
                    HeinDatagramsFunc ready,
                    gpointer data)
{
  HeinWorldPlace *place;

  g_return_val_if_fail (HEIN_IS_ENDPOINT (endpoint), NULL);
  g_return_val_if_fail (address != NULL && is_internet (address), NULL);
  g_return_val_if_fail (ready != NULL, NULL);

  if (endpoint->core == NULL)
    return NULL;
  place = hein_loop_get_place (endpoint->core->host.loop);
  if (place == NULL)
    return NULL;
  return (HeinDatagrams *) place->world->funcs->open (place, address, ready,
                                                      data);
}

/**
 * hein_datagrams_free: (skip)
 * @self: a socket
 *
 * Closes it. What was sent still arrives elsewhere.
 *
 * - Thread: owner.
 *
 * Since: 0.9
 */
void
hein_datagrams_free (HeinDatagrams *self)
{
  g_return_if_fail (self != NULL);

  get_socket (self)->funcs->close (get_socket (self));
}

/**
 * hein_datagrams_get_address: (skip)
 * @self: a socket
 * @address: (out caller-allocates): where to put the address
 *
 * Gets what others see as the sender: the address of the host, and the port.
 *
 * - Thread: owner.
 *
 * Since: 0.9
 */
void
hein_datagrams_get_address (HeinDatagrams *self,
                            struct sockaddr_storage *address)
{
  g_return_if_fail (self != NULL && address != NULL);

  get_socket (self)->funcs->get_address (get_socket (self), address);
}

/**
 * hein_datagrams_send: (skip)
 * @self: a socket
 * @to: a group, or one socket, of the same family as @self
 * @data: (array length=size): what to send
 * @size: its size in bytes, 0 to 65,507
 * @n_hops: as `IP_MULTICAST_TTL` has it; 0: a group does not leave the host
 * @comes_back: as `IP_MULTICAST_LOOP` has it: the own host hears it, too
 *
 * Sends a datagram, which the network may lose. Who has no room for it is not
 * told of.
 *
 * - Thread: owner.
 *
 * Returns: %FALSE when it is too large for a datagram
 *
 * Since: 0.9
 */
gboolean
hein_datagrams_send (HeinDatagrams *self,
                     const struct sockaddr *to,
                     const guint8 *data,
                     gsize size,
                     guint n_hops,
                     gboolean comes_back)
{
  HeinWorldDatagram datagram = {
    .to = to,
    .data = data,
    .size = size,
    .stays = n_hops == 0,
    .comes_back = comes_back,
  };

  g_return_val_if_fail (self != NULL, FALSE);
  g_return_val_if_fail (to != NULL && is_internet (to), FALSE);
  g_return_val_if_fail (data != NULL || size == 0, FALSE);

  if (size > HEIN_WORLD_DATAGRAM_MAX)
    return FALSE;
  get_socket (self)->funcs->send (get_socket (self), &datagram);
  return TRUE;
}

/**
 * hein_datagrams_receive: (skip)
 * @self: a socket
 * @from: (out caller-allocates): who has sent it
 * @data: (out caller-allocates): where to put it, or as much of it as there is
 *   room for
 * @size: (inout): the room in bytes, and then the size of the datagram, which
 *   may be larger
 *
 * Takes the next of the datagrams that have arrived.
 *
 * - Thread: owner.
 *
 * Returns: %FALSE when there is none
 *
 * Since: 0.9
 */
gboolean
hein_datagrams_receive (HeinDatagrams *self,
                        struct sockaddr_storage *from,
                        guint8 *data,
                        gsize *size)
{
  g_return_val_if_fail (self != NULL && from != NULL && data != NULL, FALSE);
  g_return_val_if_fail (size != NULL, FALSE);

  return get_socket (self)->funcs->receive (get_socket (self), from, data,
                                            size);
}

/**
 * hein_datagrams_get_n_overrun: (skip)
 * @self: a socket
 *
 * Gets how many datagrams there was no room for, as `SO_RXQ_OVFL` counts them.
 *
 * - Thread: owner.
 *
 * Returns: how many
 *
 * Since: 0.9
 */
guint64
hein_datagrams_get_n_overrun (HeinDatagrams *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return get_socket (self)->funcs->get_n_overrun (get_socket (self));
}
