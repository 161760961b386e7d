/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "sealed-pair.h"

/* What is remembered of senders is bounded, whatever comes. */

/* U8: nothing is remembered of what is forged, and a good neighbour is heard. */
static void
test_flood (void)
{
  g_autoptr (Pair) pair = pair_new (MC_SUITE_XCHACHA20, MC_ADMISSION_ASK);
  g_autoptr (GRand) dice = g_rand_new_with_seed (2);
  const guint n = 100000;

  seal (pair, "forged in part");
  for (guint i = 0; i < n; i++)
    {
      guint32 id = g_rand_int (dice);

      memcpy (pair->datagram + 10, &id, sizeof id);
      g_assert_cmpint (open_it (pair), ==, MC_DROP_FORGED);
    }
  g_assert_cmpuint (mc_opener_get_n_admitted (pair->opener), ==, 0);
  g_assert_cmpuint (mc_opener_get_n_pending (pair->opener), ==, 0);
  g_assert_cmpuint (mc_opener_get_n_buried (pair->opener), ==, 0);
  g_assert_cmpuint (mc_opener_get_count (pair->opener, MC_DROP_FORGED), ==, n);
  seal (pair, "good");
  g_assert_cmpint (open_it (pair), ==, MC_OPENED);
}

/* Whoever can send plain datagrams can be as many as he likes: only memory is
 * bounded, and who speaks stays known. */
static void
test_plain_flood (void)
{
  g_autoptr (Pair) pair = pair_new (MC_SUITE_NONE, MC_ADMISSION_NONE);
  g_autoptr (McSealer) good = make_sealer (MC_SUITE_NONE, NULL, G_MAXUINT32);
  static const guint8 inner[MC_INNER_SIZE] = { 1 };
  guint8 datagram[ROOM];

  for (guint32 i = 0; i < 70000; i++)
    {
      gsize size;

      if (i == 0)
        seal (pair, "x");
      memcpy (pair->datagram + 8, &i, sizeof i);
      g_assert_cmpint (open_it (pair), ==, MC_OPENED);
      if (i % 1000 != 0)
        continue;
      g_assert_cmpint (mc_opener_get_state (pair->opener,
                                            mc_sealer_get_sender_id (good), 0),
                       ==, i == 0 ? MC_SENDER_UNKNOWN : MC_SENDER_ADMITTED);
      size =
        mc_sealer_seal (good, NULL, inner, sizeof inner, datagram, ROOM, NULL);
      g_assert_cmpint (open_bytes (pair, datagram, size), ==, MC_OPENED);
      g_assert_cmpint (open_bytes (pair, datagram, size), ==, MC_DROP_REPLAY);
    }
  g_assert_cmpuint (mc_opener_get_n_admitted (pair->opener), ==, 1024);
  g_assert_cmpuint (mc_opener_get_n_buried (pair->opener), ==, 65536);
  g_assert_false (mc_opener_needs_key (pair->opener));
}

/* Who was driven out cannot be replayed, and goes on where he was. */
static void
test_evicted (void)
{
  g_autoptr (Pair) pair = pair_new (MC_SUITE_XCHACHA20, MC_ADMISSION_NONE);
  const guint8 *id;

  seal (pair, "one");
  seal (pair, "two");
  g_assert_cmpint (open_it (pair), ==, MC_OPENED);
  for (guint32 i = 2; i < 2 + 1024; i++)
    {
      use_sealer (pair, i);
      seal (pair, "crowd");
      g_assert_cmpint (open_it (pair), ==, MC_OPENED);
    }
  use_sealer (pair, 1);
  id = mc_sealer_get_sender_id (pair->sealer);
  g_assert_cmpint (mc_opener_get_state (pair->opener, id,
                                        mc_key_get_id (pair->key)),
                   ==, MC_SENDER_BURIED);
  g_assert_cmpuint (mc_opener_get_n_buried (pair->opener), ==, 1);
  g_assert_cmpint (open_seq (pair, 1), ==, MC_DROP_TOO_OLD);
  g_assert_cmpint (open_seq (pair, 2), ==, MC_DROP_TOO_OLD);
  g_assert_cmpint (open_seq (pair, 3), ==, MC_OPENED);
  g_assert_cmpint (open_seq (pair, 2), ==, MC_DROP_TOO_OLD);
}

static void
test_ended (gconstpointer admission)
{
  g_autoptr (Pair) pair =
    pair_new (MC_SUITE_XCHACHA20, GPOINTER_TO_INT (admission));

  seal (pair, "last words");
  g_assert_cmpint (open_it (pair), ==, MC_OPENED);
  mc_opener_end (pair->opener, mc_sealer_get_sender_id (pair->sealer));
  g_assert_cmpuint (mc_opener_get_n_admitted (pair->opener), ==, 0);
  g_assert_cmpuint (mc_opener_get_n_pending (pair->opener), ==, 0);
  g_assert_cmpint (open_it (pair), ==, MC_DROP_ENDED);
  g_assert_cmpint (open_seq (pair, 2), ==, MC_DROP_ENDED);
  g_assert_cmpint (open_seq (pair, MC_SEQ_END - 1), ==, MC_DROP_ENDED);
}

/* Rather no more senders than one that can be replayed; a new key helps. */
static void
test_tombstones_full (void)
{
  g_autoptr (Pair) pair = pair_new (MC_SUITE_XCHACHA20, MC_ADMISSION_NONE);
  g_autoptr (McKeyRing) next = mc_key_ring_new (0);
  g_autoptr (McKey) key = make_key (2);
  guint32 n = 1;

  for (; n <= 65536 + 1024; n++)
    {
      use_sealer (pair, n);
      seal (pair, "x");
      g_assert_cmpint (open_it (pair), ==, MC_OPENED);
    }
  g_assert_true (mc_opener_needs_key (pair->opener));
  use_sealer (pair, n);
  seal (pair, "one too many");
  g_assert_cmpint (open_it (pair), ==, MC_DROP_LIMIT);
  /* those that are known go on, and can still end */
  use_sealer (pair, n - 1);
  g_assert_cmpint (open_seq (pair, 2), ==, MC_OPENED);
  mc_opener_end (pair->opener, mc_sealer_get_sender_id (pair->sealer));
  g_assert_cmpint (open_seq (pair, 3), ==, MC_DROP_TOO_OLD);

  g_assert_true (mc_key_ring_add (next, key, 2, MC_TIME_MIN, 5000, NULL));
  mc_opener_set_ring (pair->opener, next);
  g_assert_false (mc_opener_needs_key (pair->opener));
  g_assert_cmpuint (mc_opener_get_n_buried (pair->opener), ==, 0);
  g_assert_cmpuint (mc_opener_get_n_admitted (pair->opener), ==, 0);
  mc_sealer_set_key (pair->sealer, key);
  seal (pair, "anew");
  g_assert_cmpint (open_it (pair), ==, MC_OPENED);
}

static void
test_worn_key (void)
{
  g_autoptr (Pair) pair = pair_new (MC_SUITE_XCHACHA20, MC_ADMISSION_NONE);

  mc_opener_add_forgeries (pair->opener, mc_key_get_id (pair->key),
                           MC_FORGERIES_MAX - 1);
  seal (pair, "still good");
  g_assert_cmpint (open_it (pair), ==, MC_OPENED);
  g_assert_false (mc_opener_needs_key (pair->opener));
  seal (pair, "one more");
  pair->datagram[40] ^= 1;
  g_assert_cmpint (open_it (pair), ==, MC_DROP_FORGED);
  g_assert_cmpint (open_it (pair), ==, MC_DROP_WORN_KEY);
  seal (pair, "good, but too late");
  g_assert_cmpint (open_it (pair), ==, MC_DROP_WORN_KEY);
  g_assert_true (mc_opener_needs_key (pair->opener));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sealed-bounds/flood", test_flood);
  g_test_add_func ("/sealed-bounds/plain-flood", test_plain_flood);
  g_test_add_func ("/sealed-bounds/evicted", test_evicted);
  g_test_add_data_func ("/sealed-bounds/ended",
                        GINT_TO_POINTER (MC_ADMISSION_NONE), test_ended);
  g_test_add_data_func ("/sealed-bounds/ended-pending",
                        GINT_TO_POINTER (MC_ADMISSION_ASK), test_ended);
  g_test_add_func ("/sealed-bounds/tombstones-full", test_tombstones_full);
  g_test_add_func ("/sealed-bounds/worn-key", test_worn_key);
  return g_test_run ();
}
