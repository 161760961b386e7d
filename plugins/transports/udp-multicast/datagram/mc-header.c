/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mc-header.h"

#include <string.h>

/*
 * Writes and reads the header that stands in front of each datagram. Reading
 * needs no key and remembers nothing, so it is the first thing that is done
 * with what a stranger sends.
 */

#define VERSION 2

#define FLAG_FOR_ONE 1

void
mc_header_put (const McHeader *self, guint8 *to)
{
  guint32 key_id = GUINT32_TO_BE (self->key_id);
  guint64 seq = GUINT64_TO_BE (self->seq);

  to[0] = 0x48;
  to[1] = 0x4d;
  to[2] = VERSION << 4 | self->suite;
  to[3] = self->is_for_one ? FLAG_FOR_ONE : 0;
  memcpy (to + 4, &key_id, sizeof key_id);
  memcpy (to + 8, self->sender_id, MC_SENDER_ID_SIZE);
  memcpy (to + 28, &seq, sizeof seq); /* whose first two bytes are 0 */
  memcpy (to + MC_NONCE_AT, self->salt, MC_HEADER_SALT);
  if (self->is_for_one)
    memcpy (to + MC_HEADER_SIZE, self->recipient, MC_SENDER_ID_SIZE);
}

gsize
mc_header_get_size (gboolean is_for_one)
{
  return is_for_one ? MC_HEADER_MAX : MC_HEADER_SIZE;
}

static McDrop
check_first_bytes (const guint8 *from, gsize size)
{
  if (size < 4)
    return MC_DROP_SHORT;
  if (size > MC_DATAGRAM_MAX)
    return MC_DROP_LONG;
  if (from[0] != 0x48 || from[1] != 0x4d)
    return MC_DROP_MAGIC;
  if (from[2] >> 4 != VERSION)
    return MC_DROP_VERSION;
  if ((from[2] & 15) > MC_SUITE_AES256GCM)
    return MC_DROP_SUITE;
  return (from[3] & ~FLAG_FOR_ONE) != 0 ? MC_DROP_FLAGS : MC_OPENED;
}

McDrop
mc_header_get (const guint8 *from, gsize size, McHeader *self)
{
  McDrop drop = check_first_bytes (from, size);

  if (drop != MC_OPENED)
    return drop;
  self->suite = from[2] & 15;
  self->is_for_one = from[3] == FLAG_FOR_ONE;
  if (size <
      mc_suite_get_sealed_size (self->suite, self->is_for_one, MC_INNER_SIZE))
    return MC_DROP_SHORT;
  memcpy (&self->key_id, from + 4, sizeof self->key_id);
  self->key_id = GUINT32_FROM_BE (self->key_id);
  memcpy (self->sender_id, from + 8, MC_SENDER_ID_SIZE);
  memcpy (self->salt, from + MC_NONCE_AT, MC_HEADER_SALT);
  memcpy (&self->seq, from + 28, sizeof self->seq);
  self->seq = GUINT64_FROM_BE (self->seq) & (MC_SEQ_END - 1);
  if (self->is_for_one)
    memcpy (self->recipient, from + MC_HEADER_SIZE, MC_SENDER_ID_SIZE);
  return self->seq == 0 ? MC_DROP_SEQ : MC_OPENED;
}

gsize
mc_suite_get_sealed_size (McSuite suite, gboolean is_for_one, gsize inner_size)
{
  return mc_header_get_size (is_for_one) + inner_size +
         (suite != MC_SUITE_NONE ? MC_TAG_SIZE : 0);
}
