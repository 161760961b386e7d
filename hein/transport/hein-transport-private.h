/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-transport.h>

#include "core/hein-carrier.h"
#include "core/hein-core-state.h"

G_BEGIN_DECLS

void hein_transport_set_endpoint (HeinTransport *self, HeinEndpoint *endpoint);
/* A peer of it; @name is nullable. (transfer full) */
HeinPeer *hein_transport_make_peer (HeinTransport *self,
                                    const char *name,
                                    HeinOrigin origin);
HeinCarrier *hein_transport_get_carrier (HeinTransport *self);
HeinCore *hein_transport_get_core (HeinTransport *self);
/* -1: as the bus says */
int hein_transport_get_linger_ms (HeinTransport *self);
/* INSECURE with the URI to write, unless @address is local or it is allowed. */
gboolean hein_transport_check_plaintext (HeinTransport *self,
                                         GSocketAddress *address,
                                         GError **error);

/* Has all of them say what they hold. */
void hein_transport_measure_all (HeinCore *core);

gboolean
hein_transport_begin_open (HeinTransport *self, GTask *task, GError **error);
/* TRUE: nothing is left to be sent. */
gboolean hein_transport_finish (HeinTransport *self);
void hein_transport_close (HeinTransport *self);

G_END_DECLS
