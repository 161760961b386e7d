/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sealed-pair.h"
#include "../plugins/transports/udp-multicast/mc-window.h"

/*
 * The datagrams of the format `hein`, sealed and opened without a network and
 * with a clock that the test turns.
 */

/* ---- the window ---- */

static McWindowVerdict
expect (GHashTable *seen, guint64 max, guint64 floor, guint64 seq)
{
  if (seq <= floor || seq + MC_WINDOW_SIZE <= max)
    return MC_WINDOW_OLD;
  return g_hash_table_contains (seen, &seq) ? MC_WINDOW_SEEN : MC_WINDOW_NEW;
}

static guint64
choose_seq (GRand *dice, guint64 max)
{
  guint64 back = g_rand_int_range (dice, 0, 9000);
  guint choice = g_rand_int_range (dice, 0, 100);

  if (choice < 45)
    return max + 1 + g_rand_int_range (dice, 0, 4);
  if (choice < 50)
    return max + g_rand_int_range (dice, 0, 9000);
  if (choice == 50)
    return max + ((guint64) g_rand_int (dice) << g_rand_int_range (dice, 0, 8));
  if (choice < 70)
    back %= 64;
  return max > back ? max - back : 0;
}

static void
test_window_reference (void)
{
  g_autoptr (GHashTable) seen =
    g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  g_autoptr (GRand) dice = g_rand_new_with_seed (1);
  guint64 max = 0, floor = 0;
  guint n_verdicts[3] = { 0 };
  McWindow window;

  mc_window_init (&window, 0);
  for (guint i = 0; i < 100000; i++)
    {
      guint64 seq = choose_seq (dice, max);
      McWindowVerdict verdict = mc_window_check (&window, seq);

      g_assert_cmpint (verdict, ==, expect (seen, max, floor, seq));
      n_verdicts[verdict]++;
      if (verdict == MC_WINDOW_NEW)
        {
          mc_window_mark (&window, seq);
          g_hash_table_add (seen, g_memdup2 (&seq, sizeof seq));
          max = MAX (max, seq);
        }
      if (g_rand_int_range (dice, 0, 1000) == 0)
        {
          guint64 higher = choose_seq (dice, max);

          floor = MAX (floor, higher);
          max = MAX (max, floor);
          mc_window_raise_floor (&window, floor);
        }
      g_assert_cmpuint (window.max, ==, max);
    }
  for (guint i = 0; i < 3; i++)
    g_assert_cmpuint (n_verdicts[i], >, 1000);
}

static void
test_window_edges (void)
{
  McWindow window;

  mc_window_init (&window, 0);
  g_assert_cmpint (mc_window_check (&window, 0), ==, MC_WINDOW_OLD);
  mc_window_mark (&window, 10000);
  g_assert_cmpint (mc_window_check (&window, 10000 - 8127), ==, MC_WINDOW_NEW);
  g_assert_cmpint (mc_window_check (&window, 10000 - 8128), ==, MC_WINDOW_OLD);
  mc_window_mark (&window, G_MAXUINT64);
  g_assert_cmpint (mc_window_check (&window, G_MAXUINT64), ==, MC_WINDOW_SEEN);
  g_assert_cmpint (mc_window_check (&window, 10000), ==, MC_WINDOW_OLD);
}

/* ---- known answers ---- */

static GBytes *
from_hex (const char *hex)
{
  gsize n = strlen (hex) / 2;
  guint8 *bytes = g_malloc (MAX (n, 1));

  g_assert_cmpuint (strlen (hex) % 2, ==, 0);
  for (gsize i = 0; i < n; i++)
    bytes[i] = g_ascii_xdigit_value (hex[2 * i]) << 4 |
               g_ascii_xdigit_value (hex[2 * i + 1]);
  return g_bytes_new_take (bytes, n);
}

#define DATA(bytes) ((const guint8 *) g_bytes_get_data (bytes, NULL))
#define SIZE(bytes) (g_bytes_get_size (bytes))

static void
check_opens (McSuite suite,
             McKey *key,
             const guint8 *recipient,
             GBytes *datagram,
             GBytes *inner)
{
  static const guint8 seed[MC_OPENER_SEED_SIZE] = { 7 };
  g_autoptr (McKeyRing) ring = mc_key_ring_new (0);
  g_autoptr (McOpener) opener = NULL;
  guint8 opened_inner[ROOM];
  McOpened opened;

  g_assert_true (
    mc_key_ring_add (ring, key, 1, MC_TIME_MIN, MC_TIME_MAX, NULL));
  opener = mc_opener_new (suite != MC_SUITE_NONE ? ring : NULL,
                          MC_ADMISSION_NONE, seed);
  if (recipient != NULL)
    mc_opener_set_own_id (opener, recipient);
  g_assert_cmpint (mc_opener_open (opener, DATA (datagram), SIZE (datagram), 0,
                                   opened_inner, ROOM, &opened),
                   ==, MC_OPENED);
  g_assert_cmpmem (opened_inner, opened.size, DATA (inner), SIZE (inner));
}

/* Of a sender's words only the salt is random; here it is given. */
static gsize
seal_with_salt (const McHeader *header,
                const McKey *key,
                GBytes *inner,
                guint8 *datagram)
{
  guint8 subkey[MC_KEY_SIZE] = { 0 };
  McCipher cipher;

  if (header->suite != MC_SUITE_NONE)
    mc_suite_make_subkey (header->suite, key, header->sender_id, subkey);
  mc_cipher_init_once (&cipher, header->suite, subkey);
  mc_header_put (header, datagram);
  mc_cipher_seal (&cipher, mc_header_get_size (header->is_for_one),
                  DATA (inner), SIZE (inner), datagram);
  return mc_suite_get_sealed_size (header->suite, header->is_for_one,
                                   SIZE (inner));
}

static void
check_sealed_line (char **words)
{
  McHeader header = { .suite = atoi (words[1]),
                      .seq = g_ascii_strtoull (words[5], NULL, 10),
                      .is_for_one = !g_str_equal (words[6], "-") };
  g_autoptr (McKey) key = mc_key_new_from_hex (words[2], strlen (words[2]));
  g_autoptr (GBytes) id = from_hex (words[3]);
  g_autoptr (GBytes) salt = from_hex (words[4]);
  g_autoptr (GBytes) recipient = from_hex (header.is_for_one ? words[6] : "");
  g_autoptr (GBytes) inner = from_hex (words[7]);
  g_autoptr (GBytes) expected = from_hex (words[8]);
  guint8 datagram[ROOM];
  gsize size;

  if (!mc_suite_is_available (header.suite))
    {
      g_test_message ("suite %d is not to be had here", header.suite);
      return;
    }
  if (header.suite != MC_SUITE_NONE)
    header.key_id = mc_key_get_id (key);
  memcpy (header.sender_id, DATA (id), MC_SENDER_ID_SIZE);
  memcpy (header.salt, DATA (salt), MC_HEADER_SALT);
  if (header.is_for_one)
    memcpy (header.recipient, DATA (recipient), MC_SENDER_ID_SIZE);
  size = seal_with_salt (&header, key, inner, datagram);
  g_assert_cmpmem (datagram, size, DATA (expected), SIZE (expected));
  check_opens (header.suite, key, header.is_for_one ? header.recipient : NULL,
               expected, inner);
}

static void
check_salt_line (char **words)
{
  g_autoptr (GBytes) name = from_hex (words[1]);
  g_autofree char *text = g_strndup ((const char *) DATA (name), SIZE (name));
  g_autoptr (GBytes) bytes = from_hex (words[2]);
  g_autoptr (GInetAddress) inet =
    g_inet_address_new_from_bytes (DATA (bytes), SIZE (bytes) == 4
                                                   ? G_SOCKET_FAMILY_IPV4
                                                   : G_SOCKET_FAMILY_IPV6);
  g_autoptr (GSocketAddress) address =
    g_inet_socket_address_new (inet, atoi (words[3]));
  g_autoptr (GBytes) expected = from_hex (words[5]);
  guint8 salt[MC_SALT_SIZE];

  mc_key_make_salt (text, G_INET_SOCKET_ADDRESS (address), atoi (words[4]),
                    salt);
  g_assert_cmpmem (salt, sizeof salt, DATA (expected), SIZE (expected));
}

static void
test_vectors (void)
{
  g_autofree char *path =
    g_test_build_filename (G_TEST_DIST, "sealed-vectors.txt", NULL);
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) lines = NULL;
  guint n_sealed = 0, n_salts = 0;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_auto (GStrv) words = g_strsplit (lines[i], " ", -1);

      if (g_strcmp0 (words[0], "sealed") == 0)
        {
          check_sealed_line (words);
          n_sealed++;
        }
      else if (g_strcmp0 (words[0], "salt") == 0)
        {
          check_salt_line (words);
          n_salts++;
        }
    }
  g_assert_cmpuint (n_sealed, ==, 20);
  g_assert_cmpuint (n_salts, ==, 3);
}

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
  gsize size = mc_sealer_seal (pair->sealer, NULL, inner, sizeof inner,
                               pair->datagram, ROOM, &error);

  if (size != 0 || !g_error_matches (error, HEIN_ERROR, HEIN_ERROR_CLOSED))
    return 1;
  use_sealer (pair, 2);
  seal_many (pair, nonces);
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

/* ---- bounds ---- */

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
  g_test_add_func ("/sealed/window/reference", test_window_reference);
  g_test_add_func ("/sealed/window/edges", test_window_edges);
  g_test_add_func ("/sealed/vectors", test_vectors);
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
  g_test_add_func ("/sealed/flood", test_flood);
  g_test_add_func ("/sealed/plain-flood", test_plain_flood);
  g_test_add_func ("/sealed/evicted", test_evicted);
  g_test_add_data_func ("/sealed/ended", GINT_TO_POINTER (MC_ADMISSION_NONE),
                        test_ended);
  g_test_add_data_func ("/sealed/ended-pending",
                        GINT_TO_POINTER (MC_ADMISSION_ASK), test_ended);
  g_test_add_func ("/sealed/tombstones-full", test_tombstones_full);
  g_test_add_func ("/sealed/worn-key", test_worn_key);
  return g_test_run ();
}
