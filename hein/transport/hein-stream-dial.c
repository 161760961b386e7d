/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <hein/hein-endpoint.h>
#include <hein/hein-uri.h>

#include "base/hein-address.h"
#include "hein-descriptor.h"
#include "hein-endpoint-private.h"
#include "hein-endpoint-state.h"
#include "hein-stream-state.h"
#include "io/hein-stream-file.h"
#include "link/hein-link-close.h"
#include "link/hein-link-state.h"
#include "link/hein-link.h"

/* How a stream transport dials, or is given a descriptor. */

static gboolean
on_filter (GSocketAddress *address, gpointer data, GError **error)
{
  HeinStreamTransport *self = HEIN_STREAM_TRANSPORT (data);

  return hein_stream_places_check (&hein_stream_get_private (self)->places,
                                   address, error) &&
         hein_stream_check_secrecy (self, address, error);
}

/* Closes with a reset: otherwise the port would stay in TIME_WAIT for a minute,
 * and the server that belongs there could not listen on it. */
static void
refuse_itself (HeinStreamTransport *self, int fd)
{
  const struct linger at_once = { 1, 0 };
  g_autoptr (GError) error =
    g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED,
                         "nobody listens there: the connection met itself");

  setsockopt (fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close (fd);
  hein_redial_after_failure (&hein_stream_get_private (self)->redial, error);
}

static void
add_dialled (HeinStreamTransport *self,
             HeinStream *stream,
             GSocketAddress *address)
{
  HeinStreamTransportPrivate *priv = hein_stream_get_private (self);
  HeinLink *link;

  hein_stream_places_note (&priv->places, address);
  link = hein_stream_make_link (self, stream, TRUE, address);
  /* the link may have failed at once, and link_down has been called for it */
  priv->link = link->state < HEIN_LINK_CLOSING ? link : NULL;
  g_queue_push_tail_link (&priv->owner.links, &link->in_owner);
}

static void
on_dialled (int fd, GSocketAddress *address, const GError *error, gpointer data)
{
  HeinStreamTransport *self = data;
  HeinStreamTransportPrivate *priv = hein_stream_get_private (self);

  g_clear_pointer (&priv->dialler, hein_dialler_free);
  if (fd < 0)
    {
      hein_redial_after_failure (&priv->redial, error);
      return;
    }
  if (hein_descriptor_is_connected_to_itself (fd))
    {
      refuse_itself (self, fd);
      return;
    }
  add_dialled (self, hein_stream_new_socket (fd), address);
}

static void
on_dialled_in_world (HeinStream *stream,
                     GSocketAddress *address,
                     const GError *error,
                     gpointer data)
{
  if (stream != NULL)
    add_dialled (data, stream, address);
  else
    hein_redial_after_failure (&hein_stream_get_private (data)->redial, error);
}

/* ---- a descriptor that is already connected ---- */

/* A device is local, so that it needs no encryption; but a key that is given
 * must not be ignored silently. */
static gboolean
may_use_fd (HeinStreamTransport *self,
            gboolean is_file,
            GSocketAddress *address,
            GError **error)
{
  if (!is_file)
    return address == NULL || hein_stream_check_secrecy (self, address, error);
  if (hein_stream_get_private (self)->keys.tls == NULL)
    return TRUE;
  g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS,
                       "only sockets can be encrypted, and this is a device: "
                       "leave the key away");
  return FALSE;
}

static HeinStream *
make_stream (HeinStreamTransport *self, int fd, gboolean is_file)
{
  GBytes **rest = &hein_stream_get_private (self)->owner.rest;

  return is_file ? hein_stream_new_file (fd, g_steal_pointer (rest))
                 : hein_stream_new_socket (fd);
}

static gboolean
open_fd (HeinStreamTransport *self, GError **error)
{
  g_autoptr (GSocketAddress) address = NULL;
  gboolean is_file = FALSE;
  int fd = hein_descriptor_ask (self, hein_stream_get_endpoint (self), error);

  if (fd < 0)
    return FALSE;
  if (hein_descriptor_prepare (fd, &is_file, error))
    {
      address = hein_descriptor_dup_address (fd);
      if (may_use_fd (self, is_file, address, error))
        {
          add_dialled (self, make_stream (self, fd, is_file), address);
          return TRUE;
        }
    }
  close (fd);
  return FALSE;
}

static void
reopen_fd (HeinStreamTransport *self)
{
  g_autoptr (GError) error = NULL;

  if (!open_fd (self, &error))
    hein_redial_after_failure (&hein_stream_get_private (self)->redial, error);
}

/* Errors of the address fail at once, since trying again does not help; after
 * all others the endpoint keeps trying. */
static gboolean
open_first_fd (HeinStreamTransport *self, GError **error)
{
  g_autoptr (GError) local_error = NULL;

  if (open_fd (self, &local_error))
    return TRUE;
  if (g_error_matches (local_error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS) ||
      g_error_matches (local_error, HEIN_ERROR, HEIN_ERROR_INSECURE))
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  hein_redial_after_failure (&hein_stream_get_private (self)->redial,
                             local_error);
  return TRUE;
}

/* Who closes a peer on a line awaits its goodbye: two that read one device
 * would each get a part of what it says. */
static gboolean
is_line_in_use (HeinStreamTransport *self)
{
  for (GList *l = hein_stream_get_private (self)->owner.links.head; l != NULL;
       l = l->next)
    if (hein_link_is_on_line (l->data))
      return TRUE;
  return FALSE;
}

static HeinWorldAddress
get_world_address (HeinStreamTransport *self, const HeinStreamPlace *place)
{
  return (HeinWorldAddress){
    .host = place->place->host,
    .port = place->place->port,
    .path = hein_stream_get_endpoint (self)->address->path,
  };
}

static void
dial_place (HeinStreamTransport *self, const HeinStreamPlace *place)
{
  HeinStreamTransportPrivate *priv = hein_stream_get_private (self);
  HeinLoop *loop = hein_stream_get_core (self)->host.loop;
  const HeinWorldAddress address = get_world_address (self, place);

  if (hein_stream_is_in_world (self))
    hein_stream_world_dial (&priv->world, loop, &address);
  else
    priv->dialler =
      hein_dialler_new (loop, place->target, on_filter, on_dialled, self);
}

void
hein_stream_dial_again (gpointer data)
{
  HeinStreamTransport *self = data;
  HeinStreamTransportPrivate *priv = hein_stream_get_private (self);

  hein_redial_stop (&priv->redial);
  if (priv->dialler != NULL || priv->link != NULL ||
      hein_stream_world_is_dialling (&priv->world))
    return;
  if (is_line_in_use (self))
    {
      hein_redial_after_failure (&priv->redial, NULL);
      return;
    }
  hein_endpoint_set_state (hein_stream_get_endpoint (self),
                           HEIN_ENDPOINT_STATE_OPENING);
  if (HEIN_STREAM_TRANSPORT_GET_CLASS (self)->open_fd != NULL)
    {
      reopen_fd (self);
      return;
    }
  dial_place (self, hein_stream_places_get (&priv->places));
}

/* A numeric address that is not local is refused at once, a host name only
 * after it has been resolved. */
static gboolean
check_place (HeinStreamTransport *self,
             const HeinStreamPlace *place,
             GError **error)
{
  g_autoptr (GInetAddress) inet = NULL;
  g_autoptr (GSocketAddress) address = NULL;
  HeinWorldAddress wanted;

  if (hein_stream_is_in_world (self))
    {
      wanted = get_world_address (self, place);
      address =
        hein_stream_world_look_up (hein_stream_get_core (self)->host.loop,
                                   &wanted, error);
      return address != NULL &&
             hein_stream_check_secrecy (self, address, error);
    }
  if (G_IS_SOCKET_ADDRESS (place->target))
    return hein_stream_check_secrecy (self, G_SOCKET_ADDRESS (place->target),
                                      error);
  inet = g_inet_address_new_from_string (place->place->host);
  if (inet == NULL)
    return TRUE;
  address = g_inet_socket_address_new (inet, 0);
  return hein_stream_check_secrecy (self, address, error);
}

gboolean
hein_stream_begin_dial (HeinStreamTransport *self, GError **error)
{
  HeinStreamTransportClass *class = HEIN_STREAM_TRANSPORT_GET_CLASS (self);
  HeinStreamPlaces *places = &hein_stream_get_private (self)->places;

  if (class->open_fd != NULL)
    return open_first_fd (self, error);
  if (class->get_connectable == NULL)
    {
      g_set_error (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS,
                   "the transport %s cannot dial", G_OBJECT_TYPE_NAME (self));
      return FALSE;
    }
  if (!hein_stream_places_open (places, self, hein_stream_is_in_world (self),
                                error))
    return FALSE;
  for (guint i = 0; i < places->all->len; i++)
    if (!check_place (self, places->all->pdata[i], error))
      return FALSE;
  hein_stream_dial_again (self);
  return TRUE;
}

void
hein_stream_init_dialling (HeinStreamTransport *self)
{
  hein_stream_get_private (self)->world.dialled = on_dialled_in_world;
}
