/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "fuzz-zmtp.h"

#include <string.h>

#include "../../plugins/protocols/zmtp/hein-zmtp.h"
#include "../recording-wire.h"

/*
 * The input: one byte of options, then what the peer says, in pieces; each
 * piece begins with its size in one byte (0: all the rest). The recording wire
 * asserts that nothing is used that was not there, that no message is over the
 * limit or comes before the session is ready, and that topics are valid.
 */

static HeinProtocol *
make_protocol (guint8 options)
{
  return g_object_new (HEIN_TYPE_ZMTP, "topic-frame", (options >> 1) % 3,
                       "type", (options >> 3) % 12, NULL);
}

static void
answer (Recorder *self)
{
  g_autoptr (HeinMessage) message = hein_message_new_text ("topic", "answer");
  HeinProtocolClass *class = HEIN_PROTOCOL_GET_CLASS (self->protocol);

  if (self->wants_verdict)
    recorder_admit (self, NULL);
  if (!self->is_ready || self->is_over)
    return;
  g_assert_true (recorder_encode (self, message, NULL));
  class->subscription (self->protocol, self->wire, "prefix", TRUE);
  class->ping (self->protocol, self->wire);
}

void
fuzz_zmtp (const guint8 *data, gsize size, gboolean dialled)
{
  guint8 options = size > 0 ? data[0] : 0;
  g_autoptr (Recorder) self =
    recorder_new (make_protocol (options), dialled, "fuzz", NULL);

  self->is_slow = options & 1;
  recorder_feed_pieces (self, data + MIN (size, 1), size - MIN (size, 1),
                        answer);
}
