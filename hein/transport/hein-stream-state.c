/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-stream-state.h"

#include "hein-endpoint-private.h"
#include "hein-endpoint-state.h"
#include "hein-stream-web.h"
#include "link/hein-link.h"

/* What the parts of a stream transport share. */

HeinStreamTransportPrivate *
hein_stream_get_private (HeinStreamTransport *self)
{
  return g_type_instance_get_private ((GTypeInstance *) self,
                                      HEIN_TYPE_STREAM_TRANSPORT);
}

gboolean
hein_stream_is_in_world (HeinStreamTransport *self)
{
  return hein_loop_get_place (hein_stream_get_core (self)->host.loop) != NULL;
}

const HeinPlace *
hein_stream_get_place (HeinStreamTransport *self)
{
  const HeinStreamPlaces *places = &hein_stream_get_private (self)->places;

  return places->all != NULL
           ? hein_stream_places_get (places)->place
           : hein_stream_get_endpoint (self)->address->places->pdata[0];
}

/* Whoever tells a place could have a certificate for it: so it has to be one of
 * the place at which that was told. */
const char *
hein_stream_get_proved_host (HeinStreamTransport *self)
{
  const HeinStreamPlaces *places = &hein_stream_get_private (self)->places;
  const char *host = hein_stream_get_place (self)->host;

  if (places->all != NULL && hein_stream_places_get (places)->told != NULL)
    host = hein_stream_places_get (places)->told_at;
  return *host != '\0' ? host : "localhost";
}

gboolean
hein_stream_check_secrecy (HeinStreamTransport *self,
                           GSocketAddress *address,
                           GError **error)
{
  return hein_stream_get_private (self)->keys.tls != NULL ||
         hein_transport_check_plaintext (HEIN_TRANSPORT (self), address, error);
}

/* Behind a greeting in the clear TLS comes later; within WebSocket there is
 * none. */
static gboolean
begins_plain (HeinStreamTransport *self,
              HeinProtocol *protocol,
              gboolean is_dialled)
{
  HeinProtocolClass *class = HEIN_PROTOCOL_GET_CLASS (protocol);

  return is_dialled &&
         HEIN_STREAM_TRANSPORT_GET_CLASS (self)->get_origins == NULL &&
         class->begins_plain != NULL && class->secured != NULL &&
         class->begins_plain (protocol);
}

/* TLS is nearest to the socket, and WebSocket in it. */
static HeinStream *
add_layers (HeinStreamTransport *self,
            HeinStream *stream,
            HeinProtocol *protocol,
            gboolean is_dialled)
{
  if (!begins_plain (self, protocol, is_dialled))
    stream =
      hein_stream_keys_secure (&hein_stream_get_private (self)->keys, stream,
                               is_dialled, hein_stream_get_proved_host (self));
  return hein_stream_web_wrap (self, stream, protocol,
                               hein_stream_get_place (self), is_dialled);
}

/* What has something in common with the other connections of its endpoint. */
static HeinProtocol *
make_protocol (HeinEndpoint *endpoint)
{
  HeinProtocol *protocol = hein_endpoint_create_protocol (endpoint);
  HeinProtocolClass *class = HEIN_PROTOCOL_GET_CLASS (protocol);

  if (class->join != NULL && endpoint->prepared != NULL)
    class->join (protocol, endpoint->prepared);
  return protocol;
}

HeinLink *
hein_stream_make_link (HeinStreamTransport *self,
                       HeinStream *stream,
                       gboolean is_dialled,
                       GSocketAddress *address)
{
  HeinTransport *transport = HEIN_TRANSPORT (self);
  HeinEndpoint *endpoint = hein_transport_get_endpoint (transport);
  HeinProtocol *protocol = make_protocol (endpoint);
  const HeinLinkParts parts = {
    .owner = &hein_stream_get_private (self)->owner,
    .protocol = protocol,
    .stream = add_layers (self, stream, protocol, is_dialled),
    .is_dialled = is_dialled,
    .is_encrypted = hein_stream_get_private (self)->keys.tls != NULL,
    .begins_plain = begins_plain (self, protocol, is_dialled),
    .address = address,
    .overflow = hein_transport_get_overflow (transport),
    .linger_ms = hein_transport_get_linger_ms (transport),
  };

  return hein_link_new (&hein_stream_get_core (self)->host, &parts);
}
