/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "../ws-pair.h"
#include "fuzz.h"

/*
 * The input: one byte of options, then what the other side says, in pieces; each
 * piece begins with its size in one byte (0: all the rest).
 *
 * options: 1 this side dials, 2 ZWS, 4 the handshake was good, and the rest is
 * frames.
 */

#define DIALS  1
#define ZWS    2
#define SHAKEN 4
/* A message in several frames, the head of a handshake, and one pong. */
#define MEMORY_MAX (64 * 1024)

static void
speak (WsPair *pair, guint8 byte)
{
  const guint8 said[] = { 0, 1, byte };
  const struct iovec vector = { (gpointer) said, sizeof said };

  if (pair->stream->is_open && pair->error == NULL)
    hein_stream_write (pair->stream, &vector, 1, NULL);
  g_assert_cmpuint (pair->stream->n_unsent, <, MEMORY_MAX);
  g_assert_cmpuint (hein_stream_get_memory (pair->stream), <, MEMORY_MAX);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  const guint8 options = size > 0 ? data[0] : 0;
  const char *subprotocol = options & ZWS ? "ZWS2.0/NULL" : NULL;
  WsPair pair;
  size_t at = 1;

  ws_pair_init (&pair, options & DIALS,
                &(HeinWsOptions){ .path = "/",
                                  .origins = "http://good",
                                  .subprotocols = subprotocol });
  if (options & SHAKEN)
    ws_pair_shake (&pair, subprotocol);
  while (at < size)
    {
      const size_t rest = size - at - 1;
      const size_t n = data[at] == 0 || data[at] > rest ? rest : data[at];
      g_autoptr (GByteArray) heard = NULL;

      ws_pair_say (&pair, data + at + 1, MIN (n, 4096), data[at] % 5);
      speak (&pair, data[at]);
      heard = ws_pair_hear (&pair);
      g_string_truncate (pair.read, 0);
      at += 1 + n;
    }
  g_assert_false (pair.error != NULL && pair.has_ended);
  ws_pair_clear (&pair);
  return 0;
}
