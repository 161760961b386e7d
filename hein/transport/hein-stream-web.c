/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-stream-web.h"

#include <string.h>

#include "base/hein-place.h"
#include "core/hein-core-state.h"
#include "hein-endpoint-state.h"
#include "websocket/hein-ws-stream.h"

/* Makes WebSockets of connections, for transports that want that. */

/* Bytes of a message of ZWS that comes in several frames: nobody has to send
 * one so, and what is collected of it counts in no limit of the bus. */
#define COLLECTED_MAX (1024 * 1024)

static char *
dup_authority (const HeinPlace *place)
{
  const gboolean is_ipv6 = strchr (place->host, ':') != NULL;
  const char *host = *place->host != '\0' ? place->host : "localhost";
  g_autofree char *name = is_ipv6 ? g_strdup_printf ("[%s]", host)
                                  : g_uri_escape_string (host, NULL, FALSE);

  return place->port >= 0 ? g_strdup_printf ("%s:%d", name, place->port)
                          : g_steal_pointer (&name);
}

HeinStream *
hein_stream_web_wrap (HeinStreamTransport *self,
                      HeinStream *stream,
                      HeinProtocol *protocol,
                      const HeinPlace *place,
                      gboolean is_dialled)
{
  HeinStreamTransportClass *class = HEIN_STREAM_TRANSPORT_GET_CLASS (self);
  HeinProtocolClass *protocol_class = HEIN_PROTOCOL_GET_CLASS (protocol);
  HeinEndpoint *endpoint = hein_transport_get_endpoint (HEIN_TRANSPORT (self));
  const char *path = endpoint->address->path;
  g_autofree char *authority = NULL;
  HeinWebUse use = { 0 };

  if (G_LIKELY (class->get_origins == NULL))
    return stream;
  if (protocol_class->get_web_use != NULL)
    protocol_class->get_web_use (protocol, &use);
  authority = dup_authority (place);
  return hein_ws_stream_new (
    stream,
    &(HeinWsOptions){
      .is_dialled = is_dialled,
      .authority = authority,
      .path = *path != '\0' ? path : "/",
      .origins = class->get_origins (self),
      .subprotocols = use.subprotocols,
      .is_server = use.is_server,
      .may_be_plain = use.shares_port && !is_dialled,
      .message_max =
        MIN (endpoint->core->host.settings.max_message_size, COLLECTED_MAX),
    });
}
