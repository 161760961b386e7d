/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

#include "options/hein-options.h"
#include "tcp/hein-tcp.h"

/* What `ws` and `wss`, a module each, have in common. */

G_BEGIN_DECLS

/* The instance of either. */
typedef struct
{
  HeinStreamTransport parent_instance;

  guint port_scan;
  char *origin;
} WsTransport;

#define WS_OPTIONS                                                             \
  HEIN_TCP_PORT_SCAN (WsTransport, port_scan),                                 \
  { /* whose pages may connect */                                              \
    .name = "origin", .kind = HEIN_OPTION_TEXT,                                \
    .offset = G_STRUCT_OFFSET (WsTransport, origin),                           \
  }

/* Sets the slots. */
void ws_transport_class_install (HeinStreamTransportClass *class);
/* Returns the address to dial; without a port it is @port. */
GSocketConnectable *ws_transport_get_target (HeinStreamTransport *self,
                                             HeinEndpoint *endpoint,
                                             guint16 port,
                                             GError **error);

G_END_DECLS
