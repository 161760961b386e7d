/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

G_BEGIN_DECLS

/* Fills what transports over TCP share: host and port of an address, and the
 * property port-scan. */
void hein_tcp_class_install (HeinStreamTransportClass *class);

G_END_DECLS
