/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "sealed-pair.h"

/*
 * Who a datagram of the format `hein` is for, what those of its first version
 * are, and what keeps copies of one sender apart.
 */

#define WORDS "for one member, and for none of the others"

static const guint8 bob[MC_SENDER_ID_SIZE] = { 'b' };
static const guint8 carol[MC_SENDER_ID_SIZE] = { 'c' };

static void
seal_for (Pair *self, const guint8 *recipient)
{
  guint8 inner[MC_INNER_SIZE + sizeof WORDS - 1] = { MC_DATA };

  memcpy (inner + MC_INNER_SIZE, WORDS, sizeof WORDS - 1);
  self->size = mc_sealer_seal (self->sealer, recipient, inner, sizeof inner,
                               self->datagram, ROOM, NULL);
  g_assert_cmpuint (self->size, ==,
                    mc_suite_get_sealed_size (self->suite, recipient != NULL,
                                              sizeof inner));
}

static void
test_for_one (gconstpointer suite)
{
  g_autoptr (Pair) pair = pair_new (GPOINTER_TO_INT (suite), MC_ADMISSION_NONE);

  seal_for (pair, bob);
  /* who has no name yet is not meant */
  g_assert_cmpint (open_it (pair), ==, MC_DROP_OTHER);
  mc_opener_set_own_id (pair->opener, carol);
  g_assert_cmpint (open_it (pair), ==, MC_DROP_OTHER);
  g_assert_cmpuint (mc_opener_get_n_admitted (pair->opener), ==, 0);
  mc_opener_set_own_id (pair->opener, bob);
  g_assert_cmpint (open_it (pair), ==, MC_OPENED);
  assert_says (pair, WORDS);
  g_assert_true (pair->opened.header.is_for_one);
  g_assert_cmpint (open_it (pair), ==, MC_DROP_REPLAY);
  seal_for (pair, NULL);
  g_assert_cmpint (open_it (pair), ==, MC_OPENED);
  g_assert_false (pair->opened.header.is_for_one);
}

/* Nobody without the key makes another one of it, or all. */
static void
test_redirected (gconstpointer suite)
{
  g_autoptr (Pair) pair = pair_new (GPOINTER_TO_INT (suite), MC_ADMISSION_NONE);

  mc_opener_set_own_id (pair->opener, carol);
  seal_for (pair, bob);
  memcpy (pair->datagram + MC_HEADER_SIZE, carol, sizeof carol);
  g_assert_cmpint (open_it (pair), ==, MC_DROP_FORGED);
  seal_for (pair, bob);
  pair->datagram[3] = 0;
  g_assert_cmpint (open_it (pair), ==, MC_DROP_FORGED);
  memmove (pair->datagram + MC_HEADER_SIZE, pair->datagram + MC_HEADER_MAX,
           pair->size - MC_HEADER_MAX);
  g_assert_cmpint (open_bytes (pair, pair->datagram,
                               pair->size - MC_SENDER_ID_SIZE),
                   ==, MC_DROP_FORGED);
  seal_for (pair, NULL);
  pair->datagram[3] = 1;
  memcpy (pair->datagram + MC_HEADER_SIZE, carol, sizeof carol);
  g_assert_cmpint (open_it (pair), ==, MC_DROP_FORGED);
  g_assert_cmpuint (mc_opener_get_n_admitted (pair->opener), ==, 0);
}

/* A DATA of 24 bytes as the first version sealed it, encrypted and not. */
static void
test_first_version (void)
{
  static const guint8 sealed[] = {
    0x48, 0x4d, 0x11, 0x00, 0x67, 0x00, 0x72, 0x76, 0x80, 0x84, 0x40, 0x15,
    0x87, 0xe2, 0xb9, 0x71, 0x48, 0x52, 0x23, 0xa3, 0xc8, 0xf9, 0xcf, 0x13,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x5c, 0xce, 0x6a, 0xdf,
    0x79, 0x20, 0x2a, 0x9c, 0x23, 0x64, 0xa7, 0xd3, 0x4e, 0x42, 0xc9, 0x94,
    0x4f, 0x26, 0x03, 0xa9, 0x32, 0x7a, 0x34, 0x81, 0xc1, 0x66, 0x6f, 0x8c,
    0x02, 0x4b, 0x81, 0x69, 0x0b, 0x84, 0xa6, 0x50, 0xc7, 0x91, 0x0f, 0x2a
  };
  static const guint8 plain[56] = {
    0x48, 0x4d, 0x10, [8] = 0xd9, [31] = 1, [32] = 1
  };
  g_autoptr (Pair) with_key = pair_new (MC_SUITE_XCHACHA20, MC_ADMISSION_ASK);
  g_autoptr (Pair) without = pair_new (MC_SUITE_NONE, MC_ADMISSION_ASK);

  g_assert_cmpint (open_bytes (with_key, sealed, sizeof sealed), ==,
                   MC_DROP_VERSION);
  g_assert_cmpint (open_bytes (without, plain, sizeof plain), ==,
                   MC_DROP_VERSION);
  g_assert_cmpint (open_bytes (with_key, plain, sizeof plain), ==,
                   MC_DROP_VERSION);
}

/* Both go on from one state, as a machine does that was copied while it ran. */
static void
test_copies (gconstpointer suite)
{
  g_autoptr (Pair) one = pair_new (GPOINTER_TO_INT (suite), MC_ADMISSION_NONE);
  g_autoptr (Pair) copy = pair_new (GPOINTER_TO_INT (suite), MC_ADMISSION_NONE);

  for (guint i = 0; i < 1000; i++)
    {
      seal (one, "left");
      seal (copy, "right");
      /* the same sender and number under the same key, with another nonce */
      g_assert_cmpmem (one->datagram, MC_NONCE_AT, copy->datagram, MC_NONCE_AT);
      g_assert_cmpmem (one->datagram + 30, 6, copy->datagram + 30, 6);
      g_assert_cmpint (memcmp (one->datagram + MC_NONCE_AT,
                               copy->datagram + MC_NONCE_AT, MC_HEADER_SALT),
                       !=, 0);
    }
}

/* How long copies could not be told apart: to the end of a burst. */
static void
test_bursts (void)
{
  g_autoptr (Pair) pair = pair_new (MC_SUITE_XCHACHA20, MC_ADMISSION_NONE);
  guint8 salt[MC_HEADER_SALT] = { 0 };
  guint n_salts = 0;

  for (guint i = 0; i < 10 * MC_SALT_DATAGRAMS; i++)
    {
      seal (pair, "x");
      n_salts += memcmp (salt, pair->datagram + MC_NONCE_AT, sizeof salt) != 0;
      memcpy (salt, pair->datagram + MC_NONCE_AT, sizeof salt);
    }
  g_assert_cmpuint (n_salts, ==, 10);
  mc_sealer_begin_burst (pair->sealer);
  seal (pair, "x");
  g_assert_cmpint (memcmp (salt, pair->datagram + MC_NONCE_AT, sizeof salt), !=,
                   0);
}

static void
add_suites (const char *path, GTestDataFunc test)
{
  for (McSuite suite = MC_SUITE_XCHACHA20; suite <= MC_SUITE_AES256GCM; suite++)
    {
      g_autofree char *whole = g_strdup_printf ("%s/%d", path, suite);

      if (mc_suite_is_available (suite))
        g_test_add_data_func (whole, GINT_TO_POINTER (suite), test);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add_suites ("/sealed/recipient/for-one", test_for_one);
  add_suites ("/sealed/recipient/redirected", test_redirected);
  g_test_add_func ("/sealed/version/first", test_first_version);
  add_suites ("/sealed/copies/nonces", test_copies);
  g_test_add_func ("/sealed/copies/bursts", test_bursts);
  return g_test_run ();
}
