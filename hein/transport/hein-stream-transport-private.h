/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-stream-transport.h>

#include "io/hein-tls-module.h"

/* How the maker of a stream endpoint provides TLS. */

G_BEGIN_DECLS

/* Returns whether the options ask for encryption; set_tls then has to be called
 * before the endpoint is opened. */
gboolean hein_stream_transport_wants_tls (HeinStreamTransport *self);
/* Returns whether begin_open is that of the class, which takes NULL for a task
 * and has opened when it returns TRUE. */
gboolean hein_stream_transport_opens_at_once (HeinStreamTransport *self);
void hein_stream_transport_set_tls (HeinStreamTransport *self,
                                    const HeinTlsModule *module);

G_END_DECLS
