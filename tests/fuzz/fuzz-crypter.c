/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include <hein/hein.h>

#include "../../plugins/transports/udp-multicast/multisock/multisock-crypter.h"
#include "fuzz.h"

/* What was encrypted is decrypted as the same. */
static void
check_round_trip (const MultisockCrypter *crypter,
                  const guint8 *data,
                  gsize size)
{
  static const guint8 dice[MULTISOCK_BLOCK_SIZE] = { 7, 200, 33 };
  const gboolean needs_letters =
    multisock_crypter_needs_letters (crypter, data, size);
  g_autoptr (GBytes) datagram =
    multisock_crypter_encrypt (crypter, data, size,
                               needs_letters ? dice : NULL);
  g_autoptr (GError) error = NULL;
  MultisockFront front;
  g_autoptr (GBytes) plain =
    multisock_crypter_decrypt (crypter, g_bytes_get_data (datagram, NULL),
                               g_bytes_get_size (datagram), &front, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (g_bytes_get_size (datagram), ==,
                    multisock_crypter_get_size (crypter, size, needs_letters));
  g_assert_cmpmem (g_bytes_get_data (plain, NULL), g_bytes_get_size (plain),
                   data, size);
}

/*
 * The input: a byte that chooses the dialect, and whether the rest is a datagram
 * or key, NUL, iv, NUL and a datagram.
 */
int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  const guint8 options = size > 0 ? data[0] : 0;
  const gboolean is_d = options & 1;
  g_autofree char *key = NULL;
  g_autofree char *iv = NULL;
  g_autoptr (MultisockCrypter) crypter = NULL;
  g_autoptr (GBytes) plain = NULL;
  MultisockFront front;

  data += MIN (size, 1);
  size -= MIN (size, 1);
  for (guint i = 0; i < 2 && options & 2; i++)
    {
      char **text = i == 0 ? &key : &iv;
      const guint8 *end = memchr (data, '\0', size);

      if (end == NULL)
        return 0;
      *text = g_strdup ((const char *) data);
      size -= end + 1 - data;
      data = end + 1;
    }
  if (key == NULL)
    key = g_strdup ("pwd");
  if (iv == NULL)
    iv = g_strdup ("passphrase");
  crypter = is_d ? multisock_crypter_new_d (key, iv, 0xff, NULL)
                 : multisock_crypter_new_k (key, iv, NULL);
  if (crypter == NULL)
    return 0;
  plain = multisock_crypter_decrypt (crypter, data, size, &front, NULL);
  /* in D a pad at the end of the data is lost */
  if (!is_d || size == 0 || data[size - 1] != 0xff)
    check_round_trip (crypter, data, size);
  return 0;
}
