/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "fuzz.h"
#include "tls-talk.h"

/*
 * What somebody who has the key sends behind the handshake: the first byte says who
 * hears it (even: who listens, odd: who dials), then come records. Of those that are
 * data, whatever comes between them, what is read is the beginning, or all.
 */

#define RECORDS_MAX 64

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  TlsTalk talk;

  if (size < 1)
    return 0;
  tls_talk_init (&talk, data[0] & 1);
  data++;
  size--;
  for (guint i = 0; size >= 3 && i < RECORDS_MAX && !talk.hearer.is_over; i++)
    {
      const gsize n = tls_talk_say (&talk, data, size);

      data += n;
      size -= n;
    }
  tls_talk_end (&talk);
  tls_talk_clear (&talk);
  return 0;
}
