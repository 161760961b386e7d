/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-slab.h"

/* Thread-local lists of free blocks, and their limits. */

/* How many bytes each list keeps: what one read of messages of that size needs.
 * The list of the smallest size keeps more: most of its messages are much
 * smaller than its blocks, so that more of them arrive at once. */
#define SPARE_BYTES_MAX   (512 * 1024)
#define SPARE_BYTES_FIRST (3072 * 1024)

__thread HeinSlabs hein_slabs;

static void
free_lists (gpointer data)
{
  HeinSlabs *self = data;

  for (guint i = 0; i < HEIN_SLAB_N_LISTS; i++)
    while (self->first[i] != NULL)
      {
        HeinSlab *first = self->first[i];

        self->first[i] = first->next;
        g_free (first);
      }
  *self = (HeinSlabs){ 0 };
}

static GPrivate at_thread_exit = G_PRIVATE_INIT (free_lists);

gpointer
hein_slab_take_slow (guint list)
{
  return g_malloc ((gsize) HEIN_SLAB_MIN << list);
}

/* The lists start full, so that the first block that is given back comes
 * here. */
void
hein_slab_give_slow (gpointer block, guint list)
{
#ifdef __SANITIZE_ADDRESS__
  /* keeps nothing, so that the sanitizer sees a use after free */
  const gboolean may_keep = FALSE;
#else
  const gboolean may_keep = !hein_slabs.is_ready;
#endif

  if (!may_keep)
    {
      g_free (block);
      return;
    }
  for (guint i = 0; i < HEIN_SLAB_N_LISTS; i++)
    hein_slabs.room[i] = SPARE_BYTES_MAX / (HEIN_SLAB_MIN << i);
  hein_slabs.room[0] = SPARE_BYTES_FIRST / HEIN_SLAB_MIN;
  hein_slabs.is_ready = TRUE;
  /* if this runs after the thread's destructor, the destructor runs again */
  g_private_set (&at_thread_exit, &hein_slabs);
  hein_slab_give (block, list);
}
