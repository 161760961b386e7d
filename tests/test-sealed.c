/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sealed-pair.h"

/*
 * The datagrams of the format `hein`, sealed and opened without a network and
 * with a clock that the test turns.
 */

/* ---- each suite ---- */

static void
test_round_trip (gconstpointer suite)
{
  g_autoptr (Pair) pair = pair_new (GPOINTER_TO_INT (suite), MC_ADMISSION_NONE);

  for (gsize size = 0; size < ROOM - 96; size += size < 130 ? 1 : 59)
    {
      g_autofree char *text = g_strnfill (size, 'x');

      seal (pair, text);
      g_assert_cmpuint (pair->size, ==,
                        mc_suite_get_sealed_size (pair->suite, FALSE,
                                                  24 + size));
      g_assert_cmpint (open_it (pair), ==, MC_OPENED);
      assert_says (pair, text);
      g_assert_cmpint (pair->opened.state, ==, MC_SENDER_ADMITTED);
    }
}

/* Where it was written, and where it came. */
static void
test_in_place (gconstpointer suite)
{
  g_autoptr (Pair) pair = pair_new (GPOINTER_TO_INT (suite), MC_ADMISSION_NONE);
  guint8 *inner = pair->datagram + MC_HEADER_SIZE;

  for (guint i = 0; i < 100; i++)
    inner[i] = i;
  pair->size =
    mc_sealer_seal (pair->sealer, NULL, inner, 100, pair->datagram, ROOM, NULL);
  g_assert_cmpint (mc_opener_open (pair->opener, pair->datagram, pair->size, 1,
                                   inner, ROOM - MC_HEADER_SIZE, &pair->opened),
                   ==, MC_OPENED);
  g_assert_cmpuint (pair->opened.size, ==, 100);
  for (guint i = 0; i < 100; i++)
    g_assert_cmpuint (inner[i], ==, i);
}

static void
test_unavailable (gconstpointer suite)
{
  g_autoptr (McKey) key = make_key (1);
  static const guint8 id[MC_SENDER_ID_SIZE] = { 1 };
  g_autoptr (GError) error = NULL;

  g_assert_null (mc_sealer_new (GPOINTER_TO_INT (suite), key, id, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_FAILED);
  g_test_skip ("this processor has no AES");
}

/* What a flipped bit is found by; MC_OPENED: the tag. */
static McDrop
get_expected_drop (const Pair *pair, guint at, guint bit)
{
  if (at < 2)
    return MC_DROP_MAGIC;
  if (at == 2 && bit >= 4)
    return MC_DROP_VERSION;
  if (at == 2) /* suite 1 becomes 0, 3, 5 or 9, suite 2 3, 0, 6 or 10 */
    return MC_DROP_SUITE;
  if (at == 3) /* or it is for one member, but not for this one */
    return bit == 0 ? MC_DROP_OTHER : MC_DROP_FLAGS;
  if (at < 8)
    return MC_DROP_UNKNOWN_KEY;
  if (at == 35 && bit == 0) /* number 1 becomes 0 */
    return MC_DROP_SEQ;
  return MC_DROP_FORGED;
}

static void
flip_all (Pair *pair)
{
  for (guint at = 0; at < pair->size; at++)
    for (guint bit = 0; bit < 8; bit++)
      {
        pair->datagram[at] ^= 1u << bit;
        g_assert_cmpint (open_it (pair), ==, get_expected_drop (pair, at, bit));
        pair->datagram[at] ^= 1u << bit;
      }
}

static void
test_bit_flips (gconstpointer suite)
{
  g_autoptr (Pair) pair = pair_new (GPOINTER_TO_INT (suite), MC_ADMISSION_NONE);

  seal (pair, "of a sender that is not known");
  flip_all (pair);
  g_assert_cmpuint (mc_opener_get_n_admitted (pair->opener), ==, 0);
  g_assert_cmpuint (mc_opener_get_n_buried (pair->opener), ==, 0);
  g_assert_cmpint (open_it (pair), ==, MC_OPENED);
  assert_says (pair, "of a sender that is not known");
}

/* As before, with a window; number 2 becomes 3 and so on, and 0. */
static void
test_bit_flips_known (gconstpointer suite)
{
  g_autoptr (Pair) pair = pair_new (GPOINTER_TO_INT (suite), MC_ADMISSION_NONE);
  guint n_forged = 0;

  seal (pair, "one");
  g_assert_cmpint (open_it (pair), ==, MC_OPENED);
  seal (pair, "two");
  for (guint at = 0; at < pair->size; at++)
    for (guint bit = 0; bit < 8; bit++)
      {
        McDrop drop;

        pair->datagram[at] ^= 1u << bit;
        drop = open_it (pair);
        g_assert_cmpint (drop, !=, MC_OPENED);
        n_forged += drop == MC_DROP_FORGED;
        pair->datagram[at] ^= 1u << bit;
      }
  g_assert_cmpuint (mc_opener_get_count (pair->opener, MC_DROP_FORGED), ==,
                    n_forged);
  g_assert_cmpuint (n_forged, >, 8 * (pair->size - 20));
  g_assert_cmpint (open_it (pair), ==, MC_OPENED);
  assert_says (pair, "two");
}

static void
test_truncated (gconstpointer suite)
{
  g_autoptr (Pair) pair = pair_new (GPOINTER_TO_INT (suite), MC_ADMISSION_NONE);
  gsize least =
    mc_suite_get_sealed_size (GPOINTER_TO_INT (suite), FALSE, MC_INNER_SIZE);

  seal (pair, "cut at every place");
  for (gsize size = 0; size < pair->size; size++)
    {
      g_autofree guint8 *copy = g_memdup2 (pair->datagram, MAX (size, 1));

      g_assert_cmpint (open_bytes (pair, copy, size), ==,
                       size < least ? MC_DROP_SHORT : MC_DROP_FORGED);
    }
  g_assert_cmpint (open_bytes (pair, pair->datagram, pair->size + 1), ==,
                   MC_DROP_FORGED);
  g_assert_cmpint (open_it (pair), ==, MC_OPENED);
}

static void
test_wrong_key (gconstpointer suite)
{
  g_autoptr (Pair) pair = pair_new (GPOINTER_TO_INT (suite), MC_ADMISSION_NONE);
  g_autoptr (McKey) other = make_key (2);
  guint32 id = GUINT32_TO_BE (mc_key_get_id (pair->key));

  mc_sealer_set_key (pair->sealer, other);
  seal (pair, "secret");
  g_assert_cmpint (open_it (pair), ==, MC_DROP_UNKNOWN_KEY);
  /* who says that it is the right one */
  memcpy (pair->datagram + 4, &id, sizeof id);
  g_assert_cmpint (open_it (pair), ==, MC_DROP_FORGED);
  mc_sealer_set_key (pair->sealer, pair->key);
  seal (pair, "secret");
  g_assert_cmpint (open_it (pair), ==, MC_OPENED);
}

/* Without keys nothing is proven, but damage in the header is seen. */
static void
test_plain (void)
{
  g_autoptr (Pair) pair = pair_new (MC_SUITE_NONE, MC_ADMISSION_NONE);

  seal (pair, "for all");
  g_assert_cmpuint (pair->size, ==, 36 + 24 + 7);
  g_assert_cmpmem (pair->datagram + 60, 7, "for all", 7);
  for (gsize size = 0; size < 60; size++)
    g_assert_cmpint (open_bytes (pair, pair->datagram, size), ==,
                     MC_DROP_SHORT);
  for (guint at = 0; at < 8; at++)
    {
      pair->datagram[at] ^= 128;
      g_assert_cmpint (open_it (pair), ==,
                       at < 2    ? MC_DROP_MAGIC
                       : at == 2 ? MC_DROP_VERSION
                       : at == 3 ? MC_DROP_FLAGS
                                 : MC_DROP_UNKNOWN_KEY);
      pair->datagram[at] ^= 128;
    }
  g_assert_cmpint (open_it (pair), ==, MC_OPENED);
  assert_says (pair, "for all");
  g_assert_cmpint (open_it (pair), ==, MC_DROP_REPLAY);
}

/* Neither is a plain one taken where there are keys, nor the other way. */
static void
test_no_downgrade (void)
{
  g_autoptr (Pair) plain = pair_new (MC_SUITE_NONE, MC_ADMISSION_NONE);
  g_autoptr (Pair) sealed = pair_new (MC_SUITE_XCHACHA20, MC_ADMISSION_NONE);

  seal (plain, "plain");
  seal (sealed, "sealed");
  g_assert_cmpint (open_bytes (plain, sealed->datagram, sealed->size), ==,
                   MC_DROP_SUITE);
  g_assert_cmpint (open_bytes (sealed, plain->datagram, plain->size), ==,
                   MC_DROP_SUITE);
}

/* A sender keeps to the suite it began with. */
static void
test_other_suite (void)
{
  g_autoptr (Pair) pair = pair_new (MC_SUITE_XCHACHA20, MC_ADMISSION_NONE);

  if (!mc_suite_is_available (MC_SUITE_AES256GCM))
    {
      g_test_skip ("this processor has no AES");
      return;
    }
  seal (pair, "one");
  g_assert_cmpint (open_it (pair), ==, MC_OPENED);
  pair->suite = MC_SUITE_AES256GCM;
  use_sealer (pair, 1);
  mc_sealer_skip_to (pair->sealer, 1);
  seal (pair, "two");
  g_assert_cmpint (open_it (pair), ==, MC_DROP_SUITE);
  use_sealer (pair, 2);
  seal (pair, "another sender");
  g_assert_cmpint (open_it (pair), ==, MC_OPENED);
}

/* ---- numbers ---- */

static void
test_replay (void)
{
  g_autoptr (Pair) pair = pair_new (MC_SUITE_XCHACHA20, MC_ADMISSION_NONE);

  seal (pair, "once");
  g_assert_cmpint (open_it (pair), ==, MC_OPENED);
  for (guint i = 0; i < 100; i++)
    g_assert_cmpint (open_it (pair), ==, MC_DROP_REPLAY);
  g_assert_cmpuint (mc_opener_get_count (pair->opener, MC_DROP_REPLAY), ==,
                    100);
  g_assert_cmpuint (mc_opener_get_count (pair->opener, MC_OPENED), ==, 1);
}

static void
test_reordering (void)
{
  g_autoptr (Pair) pair = pair_new (MC_SUITE_XCHACHA20, MC_ADMISSION_NONE);

  g_assert_cmpint (open_seq (pair, 20000), ==, MC_OPENED);
  g_assert_cmpint (open_seq (pair, 20000 - 8127), ==, MC_OPENED);
  g_assert_cmpint (open_seq (pair, 20000 - 8128), ==, MC_DROP_TOO_OLD);
  g_assert_cmpint (open_seq (pair, 1), ==, MC_DROP_TOO_OLD);
  g_assert_cmpint (open_seq (pair, 20000 - 8127), ==, MC_DROP_REPLAY);
  for (guint64 seq = 19999; seq > 19900; seq--)
    g_assert_cmpint (open_seq (pair, seq), ==, MC_OPENED);
  for (guint64 seq = 19999; seq > 19900; seq--)
    g_assert_cmpint (open_seq (pair, seq), ==, MC_DROP_REPLAY);
}

static void
test_last_number (void)
{
  g_autoptr (Pair) pair = pair_new (MC_SUITE_XCHACHA20, MC_ADMISSION_NONE);
  g_autoptr (GError) error = NULL;
  static const guint8 inner[MC_INNER_SIZE] = { 1 };

  mc_sealer_skip_to (pair->sealer, MC_SEQ_END - 2);
  mc_sealer_skip_to (pair->sealer, 5);
  seal (pair, "the last");
  g_assert_cmpint (open_it (pair), ==, MC_OPENED);
  g_assert_cmpuint (pair->opened.header.seq, ==, MC_SEQ_END - 1);
  g_assert_cmpuint (mc_sealer_seal (pair->sealer, NULL, inner, sizeof inner,
                                    pair->datagram, ROOM, &error),
                    ==, 0);
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_CLOSED);
}

static void
test_sizes (void)
{
  g_autoptr (Pair) pair = pair_new (MC_SUITE_XCHACHA20, MC_ADMISSION_NONE);
  g_autoptr (GError) error = NULL;
  g_autofree guint8 *large = g_malloc0 (70000);
  g_autofree guint8 *to = g_malloc (70000);
  const gsize most = MC_DATAGRAM_MAX - MC_HEADER_SIZE - MC_TAG_SIZE;
  gsize size;

  g_assert_cmpuint (mc_sealer_seal (pair->sealer, NULL, large, 24, to, 75,
                                    &error),
                    ==, 0);
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_TOO_LARGE);
  g_clear_error (&error);
  g_assert_cmpuint (mc_sealer_seal (pair->sealer, NULL, large, most + 1, to,
                                    70000, &error),
                    ==, 0);
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_TOO_LARGE);
  g_assert_cmpuint (mc_sealer_get_seq (pair->sealer), ==, 0);
  size = mc_sealer_seal (pair->sealer, NULL, large, most, to, 70000, NULL);
  g_assert_cmpuint (size, ==, MC_DATAGRAM_MAX);
  g_assert_cmpint (open_bytes (pair, to, size), ==, MC_DROP_LONG);
  g_assert_cmpint (mc_opener_open (pair->opener, to, size + 1, 1, large, 70000,
                                   &pair->opened),
                   ==, MC_DROP_LONG);
  g_assert_cmpint (mc_opener_open (pair->opener, to, size, 1, large, most,
                                   &pair->opened),
                   ==, MC_OPENED);
}

static void
test_own (void)
{
  g_autoptr (Pair) pair = pair_new (MC_SUITE_XCHACHA20, MC_ADMISSION_NONE);

  mc_opener_set_own_id (pair->opener, mc_sealer_get_sender_id (pair->sealer));
  seal (pair, "echo");
  g_assert_cmpint (open_it (pair), ==, MC_DROP_OWN);
  use_sealer (pair, 2);
  seal (pair, "another");
  g_assert_cmpint (open_it (pair), ==, MC_OPENED);
}

/* ---- nonces ---- */

#define N_SEALS 5000
#define NONCE_SIZE                                                             \
  26 /* key id, sender id, seq: without the salt they have to \
                       * do, while nothing is copied; the key of a sender is \
                       * a function of the first two */

static void
add_nonce (GHashTable *seen, const guint8 *nonce)
{
  g_autoptr (GBytes) bytes = g_bytes_new (nonce, NONCE_SIZE);

  g_assert_true (g_hash_table_add (seen, g_steal_pointer (&bytes)));
}

static void
copy_nonce (const Pair *pair, guint8 *to)
{
  memcpy (to, pair->datagram + 4, 20);
  memcpy (to + 20, pair->datagram + 30, 6);
}

static void
seal_many (Pair *pair, guint8 *nonces)
{
  for (guint i = 0; i < N_SEALS; i++)
    {
      seal (pair, "x");
      copy_nonce (pair, nonces + i * NONCE_SIZE);
    }
}

/* Returns its exit status. */
static int
run_child (Pair *pair, int fd)
{
  static const guint8 inner[MC_INNER_SIZE] = { 1 };
  static guint8 nonces[N_SEALS * NONCE_SIZE];
  g_autoptr (GError) error = NULL;
  McSealer *parents;
  gsize size = mc_sealer_seal (pair->sealer, NULL, inner, sizeof inner,
                               pair->datagram, ROOM, &error);

  if (size != 0 || !g_error_matches (error, HEIN_ERROR, HEIN_ERROR_CLOSED))
    return 1;
  parents = g_steal_pointer (&pair->sealer);
  pair->sealer = make_sealer (pair->suite, pair->key, 2);
  seal_many (pair, nonces);
  /* one of its own does not make that of the parent usable */
  if (mc_sealer_seal (parents, NULL, inner, sizeof inner, pair->datagram, ROOM,
                      NULL) != 0)
    return 3;
  mc_sealer_free (parents);
  for (gsize at = 0; at < sizeof nonces;)
    {
      gssize n = write (fd, nonces + at, sizeof nonces - at);

      if (n <= 0)
        return 2;
      at += n;
    }
  return 0;
}

static void
test_nonces (gconstpointer suite)
{
  g_autoptr (Pair) pair = pair_new (GPOINTER_TO_INT (suite), MC_ADMISSION_NONE);
  g_autoptr (GHashTable) seen =
    g_hash_table_new_full (g_bytes_hash, g_bytes_equal,
                           (GDestroyNotify) g_bytes_unref, NULL);
  static guint8 nonces[N_SEALS * NONCE_SIZE];
  guint8 nonce[NONCE_SIZE];
  gsize n_read = 0;
  int fds[2], status;
  pid_t pid;

  seal_many (pair, nonces);
  for (guint i = 0; i < N_SEALS; i++)
    add_nonce (seen, nonces + i * NONCE_SIZE);
  g_assert_cmpint (pipe (fds), ==, 0);
  pid = fork ();
  g_assert_cmpint (pid, >=, 0);
  if (pid == 0)
    {
      status = run_child (pair, fds[1]);
      /* valgrind looks at the child, too */
      pair_free (g_steal_pointer (&pair));
      g_hash_table_unref (g_steal_pointer (&seen));
      _exit (status);
    }
  close (fds[1]);
  seal_many (pair, nonces);
  for (guint i = 0; i < N_SEALS; i++)
    add_nonce (seen, nonces + i * NONCE_SIZE);
  for (gssize n; (n = read (fds[0], nonce + n_read % NONCE_SIZE,
                            NONCE_SIZE - n_read % NONCE_SIZE)) > 0;)
    {
      n_read += n;
      if (n_read % NONCE_SIZE == 0)
        add_nonce (seen, nonce);
    }
  close (fds[0]);
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_cmpint (status, ==, 0);
  g_assert_cmpuint (g_hash_table_size (seen), ==, 3 * N_SEALS);
}

int
main (int argc, char **argv)
{
  static const struct
  {
    const char *path;
    GTestDataFunc test;
  } of_suite[] = {
    { "round-trip", test_round_trip },
    { "in-place", test_in_place },
    { "bit-flips", test_bit_flips },
    { "bit-flips-known", test_bit_flips_known },
    { "truncated", test_truncated },
    { "wrong-key", test_wrong_key },
    { "nonces", test_nonces },
  };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (of_suite); i++)
    for (McSuite suite = MC_SUITE_XCHACHA20; suite <= MC_SUITE_AES256GCM;
         suite++)
      {
        g_autofree char *path =
          g_strdup_printf ("/sealed/suite-%d/%s", suite, of_suite[i].path);

        g_test_add_data_func (path, GINT_TO_POINTER (suite),
                              mc_suite_is_available (suite) ? of_suite[i].test
                                                            : test_unavailable);
      }
  g_test_add_func ("/sealed/plain", test_plain);
  g_test_add_func ("/sealed/no-downgrade", test_no_downgrade);
  g_test_add_func ("/sealed/other-suite", test_other_suite);
  g_test_add_func ("/sealed/replay", test_replay);
  g_test_add_func ("/sealed/reordering", test_reordering);
  g_test_add_func ("/sealed/last-number", test_last_number);
  g_test_add_func ("/sealed/sizes", test_sizes);
  g_test_add_func ("/sealed/own", test_own);
  return g_test_run ();
}
