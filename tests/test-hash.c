/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include <hein/hein.h>

/*
 * What strangers choose must not meet in one place of a table. These 1024
 * texts have one hash each for g_str_hash(), because "Ez" and "FY" have.
 */

#define N_PAIRS 10
#define N_TEXTS (1 << N_PAIRS)

static void
write_text (char *text, guint number)
{
  for (guint i = 0; i < N_PAIRS; i++)
    memcpy (text + 2 * i, number >> i & 1 ? "FY" : "Ez", 2);
  text[2 * N_PAIRS] = '\0';
}

static guint
count_hashes (GHashFunc hash)
{
  g_autoptr (GHashTable) hashes = g_hash_table_new (NULL, NULL);
  char text[2 * N_PAIRS + 1];

  for (guint i = 0; i < N_TEXTS; i++)
    {
      write_text (text, i);
      g_hash_table_add (hashes, GUINT_TO_POINTER (hash (text)));
    }
  return g_hash_table_size (hashes);
}

static void
test_colliding (void)
{
  g_assert_cmpuint (count_hashes (g_str_hash), ==, 1);
  /* of a thousand numbers of 32 bits two may be equal, not many */
  g_assert_cmpuint (count_hashes (hein_hash_text), >=, N_TEXTS - 3);
}

static void
test_places (void)
{
  guint n[64] = { 0 };
  char text[2 * N_PAIRS + 1];

  for (guint i = 0; i < N_TEXTS; i++)
    {
      write_text (text, i);
      n[hein_hash_text (text) % G_N_ELEMENTS (n)]++;
    }
  /* 16 each on average */
  for (guint i = 0; i < G_N_ELEMENTS (n); i++)
    g_assert_cmpuint (n[i], <, 60);
}

static void
test_sizes (void)
{
  static const guint8 zeros[64];
  g_autoptr (GHashTable) hashes = g_hash_table_new (NULL, NULL);

  for (guint i = 0; i <= sizeof zeros; i++)
    g_hash_table_add (hashes, GUINT_TO_POINTER (hein_hash_data (zeros, i)));
  g_assert_cmpuint (g_hash_table_size (hashes), ==, sizeof zeros + 1);
  g_assert_cmpuint (hein_hash_data (NULL, 0), ==, hein_hash_text (""));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/hash/colliding", test_colliding);
  g_test_add_func ("/hash/places", test_places);
  g_test_add_func ("/hash/sizes", test_sizes);
  return g_test_run ();
}
