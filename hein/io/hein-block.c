/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-block.h"

#include <string.h>
#include <sys/mman.h>

/* Large blocks, and those kept for the next one. */

/* Sizes in memory are multiples of this: a page, on most machines. */
#define UNIT_MIN 4096
/* From this size on blocks are mapped, so that they grow without a copy. Malloc
 * maps from there on, too, at first: then it learns to keep them in its heap,
 * whose end it cuts off and faults in again. */
#define MAP_MIN (128 * 1024)
/* A block has up to this part more than what was asked for, so that blocks for
 * messages of nearly the same size have the same size. */
#define WASTE_PART 64

#define SPARES_MAX 64
/* Two payloads of 64 MiB, and what is just being sent. A sender needs as much
 * anyway: spare blocks are never more than what was in use within a second. */
#define SPARE_SIZE_MAX ((gsize) (sizeof (gpointer) > 4 ? 256 : 32) << 20)

#ifdef __SANITIZE_ADDRESS__
/* keeps nothing, so that the sanitizer sees a use after free */
#define KEEPS_SPARES FALSE
#define MAPS_BLOCKS  FALSE
#else
#define KEEPS_SPARES TRUE
#define MAPS_BLOCKS  TRUE
#endif

gsize hein_block_spare_size;

/*
 * Only ever tried: a child that was forked while another thread held it goes on
 * without spare blocks, and nobody ever waits for it.
 */
static GMutex lock;
static HeinBlock *spares[SPARES_MAX]; /* that came last at the end */
static guint n_spares;
static gint64 taken_us; /* when a block was taken last */

/* The size in memory of a block for @capacity bytes. */
static gsize
get_total (gsize capacity)
{
  const gsize total = sizeof (HeinBlock) + capacity;
  const gsize part = ((gsize) 1 << (g_bit_storage (total) - 1)) / WASTE_PART;
  const gsize unit = MAX (part, UNIT_MIN);

  return (total + unit - 1) / unit * unit;
}

static gsize
get_size (const HeinBlock *self)
{
  return sizeof *self + self->capacity;
}

static void
block_free (HeinBlock *self)
{
  if (self->is_mapped)
    munmap (self, get_size (self));
  else
    g_free (self);
}

/* ---- spare blocks ---- */

static HeinBlock *
take_at (guint place)
{
  HeinBlock *found = spares[place];

  n_spares--;
  memmove (&spares[place], &spares[place + 1],
           (n_spares - place) * sizeof spares[0]);
  __atomic_sub_fetch (&hein_block_spare_size, get_size (found),
                      __ATOMIC_RELAXED);
  return found;
}

/* Returns whether a spare block can become one of @total bytes, with few new
 * pages and few that are given back. */
static gboolean
is_fitting (const HeinBlock *self, gsize total)
{
  const gsize size = get_size (self);

  return size == total || (self->is_mapped && total >= MAP_MIN &&
                           size >= total / 2 && size <= total + total / 2);
}

/* Prefers one of the same size. Returns its place, -1 without. */
static int
find_spare (gsize total)
{
  int found = -1;

  for (int i = n_spares - 1; i >= 0; i--)
    {
      if (get_size (spares[i]) == total)
        return i;
      if (found < 0 && is_fitting (spares[i], total))
        found = i;
    }
  return found;
}

static HeinBlock *
take_spare (gsize total)
{
  HeinBlock *found = NULL;
  int place;

  if (!KEEPS_SPARES || !g_mutex_trylock (&lock))
    return NULL;
  place = find_spare (total);
  taken_us = g_get_monotonic_time ();
  if (place >= 0)
    found = take_at (place);
  g_mutex_unlock (&lock);
  return found;
}

/* Takes those that have been spare for longest until the others occupy at most
 * @size bytes. Returns how many are in @freed. */
static guint
take_oldest (gsize size, HeinBlock **freed)
{
  guint n = 0;

  while (n_spares > 0 && hein_block_get_spare_size () > size)
    freed[n++] = take_at (0);
  return n;
}

/* Returns FALSE when the block is to be freed. */
static gboolean
keep_spare (HeinBlock *self)
{
  const gsize size = get_size (self);
  HeinBlock *freed[SPARES_MAX];
  guint n_freed = 0;
  gboolean is_kept;

  if (!KEEPS_SPARES || size < HEIN_BLOCK_MIN || size > SPARE_SIZE_MAX ||
      !g_mutex_trylock (&lock))
    return FALSE;
  /* nobody would trim it if it came when all is quiet */
  is_kept = g_get_monotonic_time () - taken_us < HEIN_BLOCK_KEEP_US;
  if (is_kept)
    {
      n_freed = take_oldest (SPARE_SIZE_MAX - size, freed);
      if (n_spares == SPARES_MAX)
        freed[n_freed++] = take_at (0);
      spares[n_spares++] = self;
      __atomic_add_fetch (&hein_block_spare_size, size, __ATOMIC_RELAXED);
    }
  g_mutex_unlock (&lock);
  for (guint i = 0; i < n_freed; i++)
    block_free (freed[i]);
  return is_kept;
}

void
hein_block_bound_spares (gsize size)
{
  HeinBlock *freed[SPARES_MAX];
  guint n_freed;

  if (hein_block_get_spare_size () <= size || !g_mutex_trylock (&lock))
    return;
  n_freed = take_oldest (size, freed);
  g_mutex_unlock (&lock);
  for (guint i = 0; i < n_freed; i++)
    block_free (freed[i]);
}

void
hein_block_trim (gint64 now_us)
{
  HeinBlock *freed[SPARES_MAX];
  guint n_freed = 0;

  if (!g_mutex_trylock (&lock))
    return;
  if (now_us - taken_us >= HEIN_BLOCK_KEEP_US)
    while (n_spares > 0)
      freed[n_freed++] = take_at (n_spares - 1);
  g_mutex_unlock (&lock);
  for (guint i = 0; i < n_freed; i++)
    block_free (freed[i]);
}

void
hein_block_trim_all (void)
{
  hein_block_trim (g_get_monotonic_time () + HEIN_BLOCK_KEEP_US);
}

/* ---- blocks ---- */

static HeinBlock *
map_block (gsize total)
{
  void *memory = mmap (NULL, total, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

  return memory != MAP_FAILED ? memory : NULL;
}

/* Changes the size of a mapped block; NULL when there is no memory. */
static HeinBlock *
remap (HeinBlock *self, gsize total)
{
  void *memory;

  if (get_size (self) == total)
    return self;
  memory = mremap (self, get_size (self), total, MREMAP_MAYMOVE);
  if (memory == MAP_FAILED)
    return NULL;
  self = memory;
  self->capacity = total - sizeof *self;
  return self;
}

HeinBlock *
hein_block_take_spare (gsize capacity)
{
  const gsize total = get_total (capacity);
  HeinBlock *spare = take_spare (total);
  HeinBlock *self;

  if (spare == NULL)
    return NULL;
  self = remap (spare, total);
  if (self == NULL)
    block_free (spare);
  else
    self->refs = 1;
  return self;
}

HeinBlock *
hein_block_new (gsize capacity)
{
  HeinBlock *self;
  gsize total;

  if (capacity > G_MAXSSIZE / 2)
    return NULL;
  if (capacity >= HEIN_BLOCK_MIN)
    {
      self = hein_block_take_spare (capacity);
      if (self != NULL)
        return self;
    }
  total =
    capacity >= HEIN_BLOCK_MIN ? get_total (capacity) : sizeof *self + capacity;
  const gboolean is_mapped = MAPS_BLOCKS && total >= MAP_MIN;
  self = is_mapped ? map_block (total) : g_try_malloc (total);
  if (self == NULL)
    return NULL;
  self->refs = 1;
  self->is_mapped = is_mapped;
  self->capacity = total - sizeof *self;
  return self;
}

HeinBlock *
hein_block_resize (HeinBlock *self, gsize capacity)
{
  HeinBlock *other;

  if (self->is_mapped && get_total (capacity) >= MAP_MIN)
    return remap (self, get_total (capacity));
  other = hein_block_new (capacity);
  if (other == NULL)
    return NULL;
  memcpy (other->data, self->data, MIN (self->capacity, capacity));
  hein_block_unref (self);
  return other;
}

void
hein_block_unref (HeinBlock *self)
{
  /* a single owner needs no locked instruction */
  if (g_atomic_int_get (&self->refs) != 1 &&
      !g_atomic_int_dec_and_test (&self->refs))
    return;
  if (!keep_spare (self))
    block_free (self);
}

static void
unref_block (gpointer data)
{
  hein_block_unref (data);
}

GBytes *
hein_block_copy_bytes (gconstpointer data, gsize size)
{
  HeinBlock *self = size >= HEIN_BLOCK_MIN ? hein_block_new (size) : NULL;

  if (self == NULL)
    return g_bytes_new (data, size);
  memcpy (self->data, data, size);
  return g_bytes_new_with_free_func (self->data, size, unref_block, self);
}
