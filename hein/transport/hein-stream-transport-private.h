/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-stream-transport.h>

#include "io/hein-tls-module.h"

G_BEGIN_DECLS

/* Whether its options ask for it, and how it is done then; before it is opened. */
gboolean hein_stream_transport_wants_tls (HeinStreamTransport *self);
void hein_stream_transport_set_tls (HeinStreamTransport *self,
                                    const HeinTlsModule *module);

G_END_DECLS
