/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-transport.h>

#include "core/hein-carrier.h"
#include "core/hein-core-state.h"

/* What the bus, endpoints and stream transports call on a HeinTransport. */

G_BEGIN_DECLS

void hein_transport_set_endpoint (HeinTransport *self, HeinEndpoint *endpoint);
/* Makes a peer of this transport; @name is nullable. (transfer full) */
HeinPeer *hein_transport_make_peer (HeinTransport *self,
                                    const char *name,
                                    HeinOrigin origin);
HeinCarrier *hein_transport_get_carrier (HeinTransport *self);
HeinCore *hein_transport_get_core (HeinTransport *self);
/* The option `linger`; -1: the bus decides. */
int hein_transport_get_linger_ms (HeinTransport *self);
/* Fails with HEIN_ERROR_INSECURE, and the URI to write instead, unless @address
 * is local or the transport may send without encryption. */
gboolean hein_transport_check_plaintext (HeinTransport *self,
                                         GSocketAddress *address,
                                         GError **error);

/* Lets every transport update the memory that it has set. */
void hein_transport_measure_all (HeinCore *core);

/* @task: NULL when the transport opens at once */
gboolean
hein_transport_begin_open (HeinTransport *self, GTask *task, GError **error);
/* Returns TRUE when nothing is left to be sent. */
gboolean hein_transport_finish (HeinTransport *self);
void hein_transport_close (HeinTransport *self);

G_END_DECLS
