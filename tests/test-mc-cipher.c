/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include <openssl/err.h>

#include "sealed-pair.h"

/*
 * The ciphers of the format `hein`. What is known is sealed with one that was
 * made ready, and what a stranger says is opened with one for once; with AES
 * they are of two libraries.
 */

typedef struct
{
  guint8 subkey[MC_KEY_SIZE];
  McCipher ready;
  McCipher once;
} Ciphers;

static Ciphers *
ciphers_new (McSuite suite)
{
  static const guint8 id[MC_SENDER_ID_SIZE] = { 5 };
  g_autoptr (McKey) key = make_key (1);
  Ciphers *self = g_new0 (Ciphers, 1);

  mc_suite_make_subkey (suite, key, id, self->subkey);
  mc_cipher_init (&self->ready, suite, self->subkey);
  mc_cipher_init_once (&self->once, suite, self->subkey);
  return self;
}

static void
ciphers_free (Ciphers *self)
{
  mc_cipher_clear (&self->ready);
  g_free (self);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Ciphers, ciphers_free)

static guint8 *
make_inner (gsize size)
{
  guint8 *inner = g_malloc (size);

  for (gsize i = 0; i < size; i++)
    inner[i] = i * 7 + i / 256;
  return inner;
}

static gsize
put_header (McSuite suite, guint8 *datagram, guint64 seq, gsize inner_size)
{
  const McHeader header = { .suite = suite, .seq = seq, .sender_id = { 5 } };

  mc_header_put (&header, datagram);
  return mc_suite_get_sealed_size (suite, FALSE, inner_size);
}

static void
check_size (Ciphers *self, gsize inner_size)
{
  const McSuite suite = self->ready.suite;
  g_autofree guint8 *inner = make_inner (inner_size);
  g_autofree guint8 *opened = g_malloc (inner_size);
  g_autofree guint8 *one = g_malloc (MC_DATAGRAM_MAX);
  g_autofree guint8 *other = g_malloc (MC_DATAGRAM_MAX);
  const gsize size = put_header (suite, one, inner_size, inner_size);

  g_assert_cmpuint (size, <=, MC_DATAGRAM_MAX);
  put_header (suite, other, inner_size, inner_size);
  mc_cipher_seal (&self->ready, MC_HEADER_SIZE, inner, inner_size, one);
  mc_cipher_seal (&self->once, MC_HEADER_SIZE, inner, inner_size, other);
  g_assert_cmpmem (one, size, other, size);
  g_assert_true (
    mc_cipher_open (&self->once, MC_HEADER_SIZE, one, size, opened));
  g_assert_cmpmem (opened, inner_size, inner, inner_size);
  /* where it came */
  g_assert_true (mc_cipher_open (&self->ready, MC_HEADER_SIZE, one, size,
                                 one + MC_HEADER_SIZE));
  g_assert_cmpmem (one + MC_HEADER_SIZE, inner_size, inner, inner_size);
  /* and where it was written */
  mc_cipher_seal (&self->ready, MC_HEADER_SIZE, one + MC_HEADER_SIZE,
                  inner_size, one);
  g_assert_cmpmem (one, size, other, size);
}

static void
test_same_bits (gconstpointer suite)
{
  g_autoptr (Ciphers) self = ciphers_new (GPOINTER_TO_INT (suite));

  for (gsize size = MC_INNER_SIZE; size < 1500; size++)
    check_size (self, size);
  for (gsize size = 1500; size < 65455 - 997; size += 997)
    check_size (self, size);
  check_size (self, 65455);
}

static void
check_forged (const McCipher *self, gsize inner_size, gsize at)
{
  g_autofree guint8 *inner = make_inner (inner_size);
  g_autofree guint8 *datagram = g_malloc (MC_DATAGRAM_MAX);
  const gsize size = put_header (self->suite, datagram, 1, inner_size);

  mc_cipher_seal (self, MC_HEADER_SIZE, inner, inner_size, datagram);
  memset (inner, 0, inner_size);
  datagram[at % size] ^= 1;
  g_assert_false (mc_cipher_open (self, MC_HEADER_SIZE, datagram, size, inner));
  g_assert_cmpuint (ERR_peek_error (), ==, 0);
  for (gsize i = 0; i < inner_size; i++)
    g_assert_cmpuint (inner[i], ==, 0);
}

static void
test_forged (gconstpointer suite)
{
  g_autoptr (Ciphers) self = ciphers_new (GPOINTER_TO_INT (suite));

  for (gsize at = 0; at < 2000; at += 3)
    {
      check_forged (&self->ready, 24 + 2 * at, at);
      check_forged (&self->ready, 24 + 2 * at, 2 * at);
      check_forged (&self->once, 24 + at, 2 * at);
    }
}

/* A sender that goes from key to key and back, heard by one who knows it and by
 * strangers. */
static void
test_keys (gconstpointer suite)
{
  g_autoptr (Pair) pair = pair_new (GPOINTER_TO_INT (suite), MC_ADMISSION_NONE);
  g_autoptr (McKey) next = make_key (2);

  g_assert_true (
    mc_key_ring_add (pair->ring, next, 2, MC_TIME_MIN, MC_TIME_MAX, NULL));
  for (guint i = 0; i < 100; i++)
    {
      static const guint8 seed[MC_OPENER_SEED_SIZE] = { 7 };
      g_autoptr (McOpener) stranger =
        mc_opener_new (pair->ring, MC_ADMISSION_NONE, seed);

      mc_sealer_set_key (pair->sealer, i % 3 == 0 ? next : pair->key);
      seal (pair, "with another key");
      g_assert_cmpint (open_it (pair), ==, MC_OPENED);
      assert_says (pair, "with another key");
      g_assert_cmpint (mc_opener_open (stranger, pair->datagram, pair->size, 1,
                                       pair->inner, ROOM, &pair->opened),
                       ==, MC_OPENED);
    }
  g_assert_cmpuint (mc_opener_get_n_admitted (pair->opener), ==, 2);
}

/* More than are remembered: those that are forgotten leave nothing. */
static void
test_many (gconstpointer suite)
{
  g_autoptr (Pair) pair = pair_new (GPOINTER_TO_INT (suite), MC_ADMISSION_NONE);

  for (guint i = 1; i <= 1100; i++)
    {
      use_sealer (pair, i);
      seal (pair, "a stranger");
      g_assert_cmpint (open_it (pair), ==, MC_OPENED);
      seal (pair, "not any more");
      g_assert_cmpint (open_it (pair), ==, MC_OPENED);
      assert_says (pair, "not any more");
      pair->datagram[60] ^= 1;
      pair->datagram[31]++;
      g_assert_cmpint (open_it (pair), ==, MC_DROP_FORGED);
    }
  g_assert_cmpuint (mc_opener_get_n_admitted (pair->opener), ==, 1024);
}

static void
skip (gconstpointer suite)
{
  g_test_skip ("this processor has no AES");
}

int
main (int argc, char **argv)
{
  static const struct
  {
    const char *path;
    GTestDataFunc test;
  } tests[] = {
    { "same-bits", test_same_bits },
    { "forged", test_forged },
    { "keys", test_keys },
    { "many", test_many },
  };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    for (McSuite suite = MC_SUITE_XCHACHA20; suite <= MC_SUITE_AES256GCM;
         suite++)
      {
        g_autofree char *path =
          g_strdup_printf ("/mc-cipher/suite-%d/%s", suite, tests[i].path);

        g_test_add_data_func (path, GINT_TO_POINTER (suite),
                              mc_suite_is_available (suite) ? tests[i].test
                                                            : skip);
      }
  return g_test_run ();
}
