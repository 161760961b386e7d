/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ws-transport.h"

/* What both transports of WebSockets do: they are TCP, with an origin. */

static const char *
get_origins (HeinStreamTransport *self)
{
  return ((WsTransport *) self)->origin;
}

void
ws_transport_class_install (HeinStreamTransportClass *class)
{
  hein_tcp_class_install (class);
  class->get_origins = get_origins;
}

GSocketConnectable *
ws_transport_get_target (HeinStreamTransport *self,
                         HeinEndpoint *endpoint,
                         guint16 port,
                         GError **error)
{
  const char *host = hein_transport_get_host (HEIN_TRANSPORT (self));

  if (hein_transport_get_port (HEIN_TRANSPORT (self)) >= 0 || *host == '\0' ||
      g_str_equal (host, "*"))
    return hein_tcp_get_connectable (self, endpoint, error);
  return g_network_address_new (host, port);
}
