/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "fuzz-zmtp.h"

#include <string.h>

#include "../../plugins/protocols/zmtp/hein-zmtp.h"
#include "../recording-wire.h"

/* A request that the peer may answer, and a topic that it may ask about. */
#define ASK_ID 5
#define SERVED "t"

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

/* Each word about a request, on whatever way back there is. */
static void
say_asks (Recorder *self)
{
  g_autoptr (GBytes) payload = g_bytes_new_static ("asked", 5);

  if (self->asks == HEIN_ASKS_NONE)
    return;
  for (HeinAsk ask = HEIN_ASK_REQUEST; ask <= HEIN_ASK_CREDIT; ask++)
    {
      const HeinMessageAttributes attributes = {
        .ask = ask, .ask_id = ASK_ID, .ask_number = ask, .ask_credit = ask & 1
      };
      HeinMessage *last =
        self->delivered->len > 0
          ? g_ptr_array_index (self->delivered, self->delivered->len - 1)
          : NULL;
      g_autoptr (HeinMessage) message =
        hein_message_new_attributed ("topic", &attributes, &payload, 1,
                                     last != NULL
                                       ? hein_message_get_return_path (last)
                                       : NULL);

      g_assert_true (recorder_encode (self, message, NULL));
    }
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
  say_asks (self);
  class->subscription (self->protocol, self->wire, "prefix", TRUE);
  class->pattern (self->protocol, self->wire, "a/*", TRUE);
  class->confirm (self->protocol, self->wire, 1);
  class->ping (self->protocol, self->wire);
}

void
fuzz_zmtp (const guint8 *data, gsize size, gboolean dialled)
{
  guint8 options = size > 0 ? data[0] : 0;
  g_autoptr (Recorder) self =
    recorder_new (make_protocol (options), dialled, "fuzz", NULL);

  self->is_slow = options & 1;
  self->served = options >= 0x40 ? SERVED : NULL;
  self->awaited = options >= 0x40 ? ASK_ID : 0;
  recorder_feed_pieces (self, data + MIN (size, 1), size - MIN (size, 1),
                        answer);
}
