/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ws-transport.h"

/* WebSockets over TCP. */

#define PORT 80 /* RFC 6455, 3 */

typedef WsTransport HeinWs;
typedef HeinStreamTransportClass HeinWsClass;

GType hein_ws_get_type (void);

G_DEFINE_FINAL_TYPE (HeinWs, hein_ws, HEIN_TYPE_STREAM_TRANSPORT)

static const HeinOptionEntry options[] = {
  WS_OPTIONS,
  { NULL },
};

static GSocketConnectable *
hein_ws_get_connectable (HeinStreamTransport *self,
                         HeinEndpoint *endpoint,
                         GError **error)
{
  return ws_transport_get_target (self, endpoint, PORT, error);
}

static void
hein_ws_finalize (GObject *object)
{
  hein_options_clear (object, options);
  G_OBJECT_CLASS (hein_ws_parent_class)->finalize (object);
}

static void
hein_ws_class_init (HeinWsClass *class)
{
  G_OBJECT_CLASS (class)->finalize = hein_ws_finalize;
  ws_transport_class_install (class);
  class->get_connectable = hein_ws_get_connectable;
  hein_options_install (G_OBJECT_CLASS (class), options);
}

static void
hein_ws_init (HeinWs *self)
{
  hein_options_init (self, options);
}

HEIN_PLUGIN_DEFINE (HeinWs,
                    hein_ws,
                    TRANSPORT,
                    "ws",
                    "ws",
                    "Many peers both ways over WebSockets, also with browsers")
