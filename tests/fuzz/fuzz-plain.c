/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "fuzz-medium.h"

#include "../../plugins/transports/udp-multicast/plain/mc-plain.h"
#include "fuzz.h"

/*
 * The formats `plain` and `multisock`. The input: a byte of options (bit 0:
 * encrypted, bit 1: dialect D, bit 2: objects, bit 3: it hears itself), then
 * pieces of a port, a size (two bytes, big-endian) and so many bytes.
 */

static MultisockCrypter *
make_crypter (guint8 options)
{
  if ((options & 1) == 0)
    return NULL;
  return options & 2 ? multisock_crypter_new_d ("pwd", "passphrase", 0, NULL)
                     : multisock_crypter_new_k ("pwd", "passphrase", NULL);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  const guint8 options = size > 0 ? data[0] : 0;
  gint64 now_us = 1000000;
  McFormat format;

  fuzz_medium_begin ();
  format =
    mc_plain_new (fuzz_medium_get_transport (), fuzz_medium_get_socket (),
                  make_crypter (options), (options & 4) != 0);
  for (size_t at = 1; at + 3 <= size;)
    {
      guint8 address[MC_ADDRESS_BYTES] = {
        [10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1, [17] = data[at]
      };
      gsize n = MIN ((gsize) (data[at + 1] << 8 | data[at + 2]), size - at - 3);
      McAddress from;

      mc_address_set_bytes (&from, address);
      format.funcs->receive (format.self, &from, data + at + 3, n, now_us);
      now_us += 1000000;
      g_assert_cmpint (format.funcs->tick (format.self, now_us), >, now_us);
      at += 3 + n;
    }
  format.funcs->finish (format.self);
  g_assert_cmpuint (fuzz_medium.n_removed, ==, fuzz_medium.n_added);
  format.funcs->free (format.self);
  return 0;
}
