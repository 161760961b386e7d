/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "json/hein-json.h"
#include "../../plugins/protocols/socketengine/hein-socketengine.h"
#include "../recording-wire.h"
#include "fuzz.h"

/*
 * The input: one byte of options, then what the peer says, in pieces; each
 * piece begins with its size in one byte (0: all the rest). The recording wire
 * asserts what the core relies on.
 */

/* What was delivered is sent back, as a relay would, unless its topic is taken:
 * all of it has to be one line of ASCII. */
static void
answer (Recorder *self)
{
  recorder_pass_time (self, 30);
  for (guint i = 0; i < self->delivered->len; i++)
    {
      HeinMessage *message = g_ptr_array_index (self->delivered, i);
      g_autoptr (GError) error = NULL;
      g_autoptr (GBytes) written = NULL;
      const char *line;
      gsize size;

      g_bytes_unref (recorder_take_written (self));
      if (!recorder_encode (self, message, &error))
        {
          g_assert_nonnull (error);
          continue;
        }
      written = recorder_take_written (self);
      line = g_bytes_get_data (written, &size);
      g_assert_true (size > 0 && line[size - 1] == '\n');
      g_assert_true (hein_json_check (line, size, NULL));
      for (gsize n = 0; n < size - 1; n++)
        g_assert_true ((guchar) line[n] >= 0x20 && (guchar) line[n] < 0x80);
    }
  g_ptr_array_set_size (self->delivered, 0);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  guint8 options = size > 0 ? data[0] : 0;
  g_autoptr (Recorder) self =
    recorder_new (g_object_new (HEIN_TYPE_SOCKETENGINE, "dialect",
                                (options >> 1) & 1, "image-ack-ms",
                                (options >> 2) & 1 ? 0 : 100, NULL),
                  options & 1, "fuzz", NULL);

  self->is_slow = (options >> 3) & 1;
  recorder_feed_pieces (self, data + MIN (size, 1), size - MIN (size, 1),
                        answer);
  if (self->wants_verdict)
    recorder_admit (self, NULL);
  return 0;
}
