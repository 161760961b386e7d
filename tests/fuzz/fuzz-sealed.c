/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "fuzz-sealed.h"
#include "fuzz.h"

/*
 * Datagrams as they come from the network. The input: one byte of options (bit
 * 0: plain datagrams, bit 1: senders are asked, bit 2: those of the group have
 * AES), then pieces of a size (two bytes, big-endian) and so many bytes, the
 * last one perhaps less.
 */
int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  guint8 options = size > 0 ? data[0] : 0;
  FuzzSealed self;

  fuzz_sealed_init (&self, options);
  for (size_t at = 1, n_pieces = 0;
       at + 2 <= size && n_pieces < FUZZ_PIECES_MAX; n_pieces++)
    {
      gsize n = MIN ((gsize) (data[at] << 8 | data[at + 1]), size - at - 2);

      fuzz_sealed_receive (&self, data + at + 2, n);
      at += 2 + n;
    }
  fuzz_sealed_finish (&self);
  return 0;
}
