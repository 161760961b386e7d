/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-ws-options.h"
#include "io/hein-stream.h"

/* WebSocket (RFC 6455) as a layer of a stream: either role, no extensions. */

G_BEGIN_DECLS

/* Takes ownership of @inner, which need not be open. What is written goes in
 * binary messages; the bytes of those that arrive are read. With a subprotocol
 * of ZWS what is written and read is ZMTP. */
HeinStream *hein_ws_stream_new (HeinStream *inner,
                                const HeinWsOptions *options);

G_END_DECLS
