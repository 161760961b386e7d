/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "../../plugins/protocols/aiomsg/hein-aiomsg.h"
#include "../recording-wire.h"
#include "fuzz.h"

/*
 * The input: one byte of options, then what the peer says, in pieces; each
 * piece begins with its size in one byte (0: all the rest). The recording wire
 * asserts what the core relies on.
 *
 * options: 1 dialled, 2 at least once, and the dialect above.
 */

static void
answer (Recorder *self)
{
  g_autoptr (HeinMessage) message = hein_message_new_text ("topic", "answer");
  HeinAiomsg *protocol = HEIN_AIOMSG (self->protocol);
  gboolean can_send = protocol->dialect != AIOMSG_DIALECT_S ||
                      protocol->guarantee == AIOMSG_AT_MOST_ONCE;

  recorder_pass_time (self, 3000);
  if (!self->is_ready || self->is_over)
    return;
  g_assert_true (recorder_encode (self, message, NULL) == can_send);
  recorder_ping (self);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  guint8 options = size > 0 ? data[0] : 0;
  g_autoptr (Recorder) self =
    recorder_new (g_object_new (HEIN_TYPE_AIOMSG, "dialect", (options >> 2) % 3,
                                "guarantee", options >> 1 & 1, NULL),
                  options & 1, "fuzz", NULL);

  recorder_feed_pieces (self, data + MIN (size, 1), size - MIN (size, 1),
                        answer);
  HEIN_PROTOCOL_GET_CLASS (self->protocol)->lost (self->protocol, self->wire);
  return 0;
}
