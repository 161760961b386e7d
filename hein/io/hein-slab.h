/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <string.h>

#include <glib.h>

#include "hein-thread.h"

/* A fast allocator for small messages. */

G_BEGIN_DECLS

/*
 * Small blocks of memory from lists of the calling thread, so that neither
 * taking nor giving back needs a lock. There is one list per size: 192, 384,
 * 768, 1536, 3072 and 6144 bytes. A block may be given back on any thread.
 */
#define HEIN_SLAB_MIN     192u
#define HEIN_SLAB_N_LISTS 6
#define HEIN_SLAB_MAX     (HEIN_SLAB_MIN << (HEIN_SLAB_N_LISTS - 1))

typedef struct _HeinSlab HeinSlab;

/* A free block. */
struct _HeinSlab
{
  HeinSlab *next;
};

typedef struct
{
  HeinSlab *first[HEIN_SLAB_N_LISTS];
  guint room[HEIN_SLAB_N_LISTS]; /* how many more blocks a list may keep */
  gboolean is_ready;
} HeinSlabs;

extern __thread HeinSlabs hein_slabs HEIN_THREAD_LOCAL;

gpointer hein_slab_take_slow (guint list);
void hein_slab_give_slow (gpointer block, guint list);

static inline guint
hein_slab_choose (gsize size)
{
  if (G_LIKELY (size <= HEIN_SLAB_MIN))
    return 0;
  /* the number of times that the smallest size has to be doubled */
  return 64 - __builtin_clzll ((size - 1) / HEIN_SLAB_MIN);
}

/* Takes a block of @list, which hein_slab_choose chooses by size. */
static inline gpointer
hein_slab_take (guint list)
{
  HeinSlab *slab = hein_slabs.first[list];

  if (G_UNLIKELY (slab == NULL))
    return hein_slab_take_slow (list);
  hein_slabs.first[list] = slab->next;
  hein_slabs.room[list]++;
  return slab;
}

static inline void
hein_slab_give (gpointer block, guint list)
{
  HeinSlab *slab = block;

  if (G_UNLIKELY (hein_slabs.room[list] == 0))
    {
      hein_slab_give_slow (block, list);
      return;
    }
  slab->next = hein_slabs.first[list];
  hein_slabs.first[list] = slab;
  hein_slabs.room[list]--;
}

/* The same for structures of one kind: a zeroed block of @size bytes, which is
 * given back with the same size. Larger ones come from malloc. */
static inline gpointer
hein_slab_alloc0 (gsize size)
{
  if (G_UNLIKELY (size > HEIN_SLAB_MAX))
    return g_malloc0 (size);
  return memset (hein_slab_take (hein_slab_choose (size)), 0, size);
}

static inline void
hein_slab_free (gpointer block, gsize size)
{
  if (G_UNLIKELY (size > HEIN_SLAB_MAX))
    g_free (block);
  else
    hein_slab_give (block, hein_slab_choose (size));
}

G_END_DECLS
