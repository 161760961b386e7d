/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "fuzz-sealed.h"
#include "fuzz.h"

#include <string.h>

/*
 * What members of the group say who are hostile, or damaged before they
 * encrypt. The input: options as in fuzz-sealed.c, then pieces of
 *
 *   0  1  sender; bit 7: for us alone
 *   1  1  how much the sender's number is moved, in hundreds; bit 7: the nonce
 *         that it was asked with is put into the payload, as a sender can
 *   2  2  size, big-endian
 *   4  …  inner bytes
 */

static void
receive_inner (FuzzSealed *self, const guint8 *piece, gsize n)
{
  static guint8 datagram[MC_HEADER_MAX + MC_INNER_SIZE + 65536 + MC_TAG_SIZE];
  static guint8 inner[MC_INNER_SIZE + 65536];

  memset (inner, 0, MC_INNER_SIZE);
  memcpy (inner, piece + 4, n);
  if (piece[1] & 128 && n >= MC_INNER_SIZE + MC_NONCE_SIZE)
    memcpy (inner + MC_INNER_SIZE, self->hello.nonce, MC_NONCE_SIZE);
  fuzz_sealed_receive (self, datagram,
                       fuzz_sealed_seal (self, piece[0] % FUZZ_SENDERS,
                                         100 * (piece[1] & 127),
                                         (piece[0] & 128) != 0, inner,
                                         MAX (n, MC_INNER_SIZE), datagram));
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  guint8 options = size > 0 ? data[0] : 0;
  FuzzSealed self;

  fuzz_sealed_init (&self, options);
  for (size_t at = 1, n_pieces = 0;
       at + 4 <= size && n_pieces < FUZZ_PIECES_MAX; n_pieces++)
    {
      gsize n = MIN ((gsize) (data[at + 2] << 8 | data[at + 3]), size - at - 4);

      receive_inner (&self, data + at, n);
      at += 4 + n;
    }
  fuzz_sealed_finish (&self);
  return 0;
}
