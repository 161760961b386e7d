/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-protocol.h>
#include <hein/hein-stream-transport.h>

#include "base/hein-place.h"
#include "io/hein-stream.h"

/* WebSocket in connections of stream transports. */

G_BEGIN_DECLS

/* Takes ownership of @stream. Returns it, or a WebSocket in it when the
 * transport wants that. @place: where the other side listens. */
HeinStream *hein_stream_web_wrap (HeinStreamTransport *self,
                                  HeinStream *stream,
                                  HeinProtocol *protocol,
                                  const HeinPlace *place,
                                  gboolean is_dialled);

G_END_DECLS
