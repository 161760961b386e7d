/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

/* What transports over TCP share: addresses with host and port. */

G_BEGIN_DECLS

/* The option that each transport has in its table: how many of the following
 * ports to try while the port of the address, and those before, are in use. */
#define HEIN_TCP_PORT_SCAN(Type, field)                                        \
  {                                                                            \
    .name = "port-scan", .offset = G_STRUCT_OFFSET (Type, field),              \
    .maximum = G_MAXUINT16,                                                    \
  }

/* The slot of that name. */
GSocketConnectable *hein_tcp_get_connectable (HeinStreamTransport *self,
                                              HeinEndpoint *endpoint,
                                              GError **error);
/* Sets the slots that are the same for all transports over TCP. */
void hein_tcp_class_install (HeinStreamTransportClass *class);

G_END_DECLS
