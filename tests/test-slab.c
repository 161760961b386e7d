/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "io/hein-copy.h"
#include "io/hein-slab.h"

static void
test_sizes (void)
{
  guint list = 0;

  for (gsize size = 0; size <= HEIN_SLAB_MAX; size++)
    {
      g_assert_cmpuint (hein_slab_choose (size), >=, list);
      list = hein_slab_choose (size);
      g_assert_cmpuint (list, <, HEIN_SLAB_N_LISTS);
      g_assert_cmpuint (size, <=, HEIN_SLAB_MIN << list);
      g_assert_true (list == 0 || size > HEIN_SLAB_MIN << (list - 1));
    }
}

/* More than a list keeps, each written to its end. */
static void
test_many (void)
{
  enum
  {
    N = 17000
  };
  g_autofree gpointer *blocks = g_new (gpointer, N);

  for (guint list = 0; list < HEIN_SLAB_N_LISTS; list++)
    for (guint round = 0; round < 2; round++)
      {
        for (guint i = 0; i < N; i++)
          {
            blocks[i] = hein_slab_take (list);
            memset (blocks[i], i, HEIN_SLAB_MIN << list);
          }
        for (guint i = 0; i < N; i++)
          {
            g_assert_cmpuint (((guint8 *) blocks[i])[0], ==, (guint8) i);
            hein_slab_give (blocks[i], list);
          }
      }
}

/* A block for each message of 16 bytes with the empty topic, 18 with its header,
 * that one read of 256 KiB brings. */
static void
test_one_read (void)
{
  const guint n = 256 * 1024 / 18;
  g_autofree gpointer *blocks = g_new (gpointer, n);

#ifdef __SANITIZE_ADDRESS__
  g_test_skip ("nothing is kept under AddressSanitizer");
  return;
#endif
  for (guint i = 0; i < n; i++)
    blocks[i] = hein_slab_take (0);
  for (guint i = 0; i < n; i++)
    hein_slab_give (blocks[i], 0);
  for (guint i = 0; i < n; i++)
    {
      g_assert_nonnull (hein_slabs.first[0]);
      blocks[i] = hein_slab_take (0);
    }
  for (guint i = 0; i < n; i++)
    hein_slab_give (blocks[i], 0);
}

static gpointer
give_all (gpointer data)
{
  GPtrArray *blocks = data;

  for (guint i = 0; i < blocks->len; i++)
    hein_slab_give (g_ptr_array_index (blocks, i), 0);
  return NULL;
}

/* Given back on another thread, which ends: valgrind and ASan see a leak. */
static void
test_other_thread (void)
{
  g_autoptr (GPtrArray) blocks = g_ptr_array_new ();

  for (guint i = 0; i < 100; i++)
    g_ptr_array_add (blocks, hein_slab_take (0));
  g_thread_join (g_thread_new ("giver", give_all, blocks));
}

static void
test_copy (void)
{
  guint8 from[64];
  guint8 to[66];

  for (guint i = 0; i < sizeof from; i++)
    from[i] = i + 1;
  for (gsize size = 0; size <= sizeof from; size++)
    {
      memset (to, 0, sizeof to);
      hein_copy_short (to + 1, from, size);
      g_assert_cmpmem (to + 1, size, from, size);
      g_assert_cmpuint (to[0], ==, 0);
      g_assert_cmpuint (to[size + 1], ==, 0);
      g_assert_true (hein_equal_short (to + 1, from, size));
      for (gsize i = 0; i < size; i++)
        {
          to[i + 1] ^= 0x80;
          g_assert_false (hein_equal_short (to + 1, from, size));
          to[i + 1] ^= 0x80;
        }
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/slab/sizes", test_sizes);
  g_test_add_func ("/slab/many", test_many);
  g_test_add_func ("/slab/one-read", test_one_read);
  g_test_add_func ("/slab/other-thread", test_other_thread);
  g_test_add_func ("/slab/copy", test_copy);
  return g_test_run ();
}
