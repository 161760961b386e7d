/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "../../plugins/protocols/tinyproto/hein-tinyproto.h"
#include "../recording-wire.h"
#include "fuzz.h"

/*
 * The input: one byte of options, then what the peer says, in pieces; each
 * piece begins with its size in one byte (0: all the rest). The recording wire
 * asserts what the core relies on.
 */

static void
answer (Recorder *self)
{
  g_autoptr (HeinMessage) message = hein_message_new_text ("topic", "answer");

  recorder_pass_time (self, 60);
  if (!self->is_ready || self->is_over ||
      HEIN_TINYPROTO (self->protocol)->is_held)
    return;
  g_assert_true (recorder_encode (self, message, NULL));
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  guint8 options = size > 0 ? data[0] : 0;
  g_autoptr (Recorder) self =
    recorder_new (g_object_new (HEIN_TYPE_TINYPROTO, "turn-ms",
                                options & 2 ? 20 : 0, "max-size",
                                options & 4 ? 10 : 0, NULL),
                  options & 1, "fuzz", NULL);

  recorder_feed_pieces (self, data + MIN (size, 1), size - MIN (size, 1),
                        answer);
  HEIN_PROTOCOL_GET_CLASS (self->protocol)->lost (self->protocol, self->wire);
  return 0;
}
