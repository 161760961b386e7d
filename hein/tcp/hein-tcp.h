/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

G_BEGIN_DECLS

/* The property that each of them keeps, in a table of its options: how many
 * ports above that of the address are tried while those below are in use. */
#define HEIN_TCP_PORT_SCAN(Type, field)                                        \
  {                                                                            \
    .name = "port-scan", .offset = G_STRUCT_OFFSET (Type, field),              \
    .maximum = G_MAXUINT16,                                                    \
  }

/* Fills what transports over TCP share: host and port of an address. */
void hein_tcp_class_install (HeinStreamTransportClass *class);

G_END_DECLS
