/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "../../plugins/protocols/soc/hein-soc.h"
#include "../recording-wire.h"
#include "fuzz.h"

/*
 * The input: one byte of options, then what the peer says, in pieces; each
 * piece begins with its size in one byte (0: all the rest). The recording wire
 * asserts what the core relies on.
 */

static void
answer (Recorder *self, gboolean dialled)
{
  g_autoptr (HeinMessage) message = hein_message_new_text ("topic", "answer");
  HeinProtocolClass *class = HEIN_PROTOCOL_GET_CLASS (self->protocol);

  self->now_us += 30000;
  class->tick (self->protocol, self->wire, self->now_us);
  if (dialled || !self->is_ready || self->is_over)
    return;
  g_assert_true (recorder_encode (self, message, NULL));
  class->ping (self->protocol, self->wire);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  guint8 options = size > 0 ? data[0] : 0;
  gboolean dialled = options & 1;
  g_autoptr (Recorder) self =
    recorder_new (g_object_new (HEIN_TYPE_SOC, "dialect", (options >> 1) % 3,
                                NULL),
                  dialled, "fuzz", NULL);

  for (gsize i = 1; i < size && !self->is_over;)
    {
      gsize piece = data[i++];

      if (piece == 0 || piece > size - i)
        piece = size - i;
      recorder_feed (self, data + i, piece);
      i += piece;
      if (!self->is_over)
        answer (self, dialled);
    }
  return 0;
}
