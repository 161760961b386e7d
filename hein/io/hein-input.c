/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-input.h"

#include <string.h>

#include "hein-world.h"

/* The receive buffer of a connection, in blocks that messages may refer to. */

#define SPARE_MAX  2
#define ROOM_MIN   8192 /* with less room the unused bytes move to the front */
#define GROW_FIRST (16 * 1024)
/* How much is read first behind a large message: when another one follows, this
 * much has to be copied into its block. */
#define HEAD_SIZE (16 * 1024)
/* Copying fewer bytes than this is cheaper than another block. */
#define COPY_MAX   (HEIN_INPUT_BLOCK_SIZE / 8)
#define SHRINK_MAX (HEIN_INPUT_BLOCK_SIZE / 8)

struct _HeinBlockPool
{
  HeinBlock *spare[SPARE_MAX];
  guint n_spare;
};

HeinBlockPool *
hein_block_pool_new (void)
{
  return g_new0 (HeinBlockPool, 1);
}

void
hein_block_pool_free (HeinBlockPool *self)
{
  while (self->n_spare > 0)
    hein_block_unref (self->spare[--self->n_spare]);
  g_free (self);
}

/* Spare blocks of a pool need no lock, and lie in the caches. */
static HeinBlock *
block_new (HeinBlockPool *pool, gsize capacity)
{
  if (capacity == HEIN_INPUT_BLOCK_SIZE && pool->n_spare > 0)
    return pool->spare[--pool->n_spare];
  return hein_block_new (capacity);
}

static gboolean
is_of_pool (const HeinBlock *self)
{
  return self->capacity >= HEIN_INPUT_BLOCK_SIZE &&
         self->capacity < HEIN_INPUT_BLOCK_SIZE + HEAD_SIZE;
}

/* Drops the owner's reference; the block becomes a spare one if that was the
 * last. */
static void
block_give_back (HeinBlockPool *pool, HeinBlock *self)
{
  if (is_of_pool (self) && pool->n_spare < SPARE_MAX &&
      g_atomic_int_get (&self->refs) == 1)
    pool->spare[pool->n_spare++] = self;
  else
    hein_block_unref (self);
}

/* Lets go of the block, for another one. How much of it messages refer to
 * predicts the next block: whether a reference into it will pin mostly useful
 * bytes. */
static void
leave_block (HeinInput *self)
{
  if (self->block->capacity >= HEIN_INPUT_BLOCK_SIZE)
    self->is_dense = self->kept >= self->block->capacity / 2;
  self->kept = 0;
  block_give_back (self->pool, g_steal_pointer (&self->block));
}

void
hein_input_init (HeinInput *self, HeinBlockPool *pool)
{
  memset (self, 0, sizeof *self);
  self->pool = pool;
}

void
hein_input_clear (HeinInput *self)
{
  if (self->block != NULL)
    leave_block (self);
  self->begin = self->end = self->expected = 0;
}

static gboolean
is_large (const HeinInput *self)
{
  return self->expected > HEIN_INPUT_BLOCK_SIZE;
}

/* How large the block must be: what is expected, but never more than twice what
 * has arrived, so that a peer cannot allocate memory by announcing a size. */
static gsize
get_wanted_capacity (HeinInput *self)
{
  gsize size = hein_input_get_size (self);
  gsize bound = MAX (GROW_FIRST, size * 2);

  return MAX (HEIN_INPUT_BLOCK_SIZE, MIN (self->expected, bound));
}

static gboolean
fail_no_memory (const HeinInput *self, GError **error)
{
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE,
               "no memory for a message of %" G_GSIZE_FORMAT " bytes",
               self->expected);
  return FALSE;
}

/* Moves the unused bytes into @block, which this takes. */
static void
move_into (HeinInput *self, HeinBlock *block)
{
  gsize size = hein_input_get_size (self);

  if (self->block != NULL)
    {
      memcpy (block->data, self->block->data + self->begin, size);
      leave_block (self);
    }
  self->block = block;
  self->begin = 0;
  self->end = size;
}

/* Grows in place, without copying, if the block has nothing else. */
static gboolean
move_to (HeinInput *self, gsize capacity, GError **error)
{
  HeinBlock *block;

  if (self->block != NULL && self->begin == 0 &&
      self->block->capacity >= HEIN_INPUT_BLOCK_SIZE &&
      g_atomic_int_get (&self->block->refs) == 1)
    {
      block = hein_block_resize (self->block, capacity);
      if (block == NULL)
        return fail_no_memory (self, error);
      self->block = block;
      return TRUE;
    }
  block = block_new (self->pool, capacity);
  if (block == NULL)
    return fail_no_memory (self, error);
  move_into (self, block);
  return TRUE;
}

/* A spare block has its memory already: nothing is allocated by announcing a
 * message that fits. */
static gboolean
move_to_spare (HeinInput *self)
{
  HeinBlock *spare;

  if (!is_large (self) || self->block == NULL ||
      self->block->capacity - self->begin >= self->expected)
    return FALSE;
  /* what it occupies is counted, and must not depend on what was spare */
  if (G_UNLIKELY (hein_world != NULL))
    return FALSE;
  spare = hein_block_take_spare (self->expected);
  if (spare == NULL)
    return FALSE;
  move_into (self, spare);
  return TRUE;
}

/* A protocol that searches for a delimiter does not know the size to expect:
 * its block grows by half, as otherwise everything would be copied every 8
 * KiB. */
static gsize
get_next_capacity (HeinInput *self, gsize wanted)
{
  gsize size = hein_input_get_size (self);
  gsize growth = self->expected > 0 ? ROOM_MIN : MAX (ROOM_MIN, size / 2);

  return MAX (wanted, size + growth);
}

static gboolean
make_room (HeinInput *self, GError **error)
{
  gsize wanted = get_wanted_capacity (self);
  gboolean is_shared;

  if (self->block == NULL)
    return move_to (self, wanted, error);
  if (G_UNLIKELY (move_to_spare (self)))
    return TRUE;
  is_shared = g_atomic_int_get (&self->block->refs) > 1;
  if (self->begin == self->end && !is_shared)
    self->begin = self->end = 0;
  if (self->block->capacity - self->begin >= MAX (self->expected, 1) &&
      self->block->capacity - self->end >= ROOM_MIN)
    return TRUE;
  if (self->block->capacity - self->begin >= self->expected &&
      self->expected > 0 && self->block->capacity > self->end)
    return TRUE;
  if (wanted <= self->block->capacity && !is_shared &&
      (self->begin > 0 || self->block->capacity > self->end))
    {
      memmove (self->block->data, self->block->data + self->begin,
               hein_input_get_size (self));
      self->end -= self->begin;
      self->begin = 0;
      if (self->block->capacity > self->end)
        return TRUE;
    }
  return move_to (self, get_next_capacity (self, wanted), error);
}

/* A large message is read up to its end, so that its block has nothing of the
 * next one. */
static gsize
get_room (HeinInput *self)
{
  const gsize room = self->block->capacity - self->end;
  const gsize size = hein_input_get_size (self);

  if (G_UNLIKELY (is_large (self) && size < self->expected))
    return MIN (room, self->expected - size);
  if (G_UNLIKELY (self->was_large))
    return MIN (room, HEAD_SIZE);
  return room;
}

gssize
hein_input_read (HeinInput *self,
                 HeinStream *stream,
                 gboolean *filled,
                 GError **error)
{
  gsize room;
  gssize n;

  if (!make_room (self, error))
    return -1;
  room = get_room (self);
  n = hein_stream_read (stream, self->block->data + self->end, room, error);
  if (filled != NULL)
    *filled = n > 0 && (gsize) n == room;
  if (n > 0)
    {
      self->end += n;
      self->was_large = FALSE;
    }
  else if (self->begin == self->end)
    hein_input_clear (self);
  return n;
}

static void
unref_block (gpointer data)
{
  hein_block_unref (data);
}

GBytes *
hein_input_get_bytes (HeinInput *self, gsize size)
{
  if (self->block == NULL)
    return g_bytes_new_static (NULL, 0);
  g_atomic_int_inc (&self->block->refs);
  return g_bytes_new_with_free_func (self->block->data + self->begin, size,
                                     unref_block, self->block);
}

HeinInputUse
hein_input_keep (HeinInput *self, gsize size)
{
  self->kept += size;
  if (self->is_dense || size >= self->block->capacity / 2)
    return HEIN_INPUT_SHARE;
  return size < COPY_MAX ? HEIN_INPUT_COPY : HEIN_INPUT_PIN;
}

void
hein_input_consume (HeinInput *self, gsize size)
{
  gsize expected = self->expected;

  self->begin += size;
  if (self->begin < self->end)
    return;
  self->was_large = !is_of_pool (self->block) && size > HEIN_INPUT_BLOCK_SIZE;
  hein_input_clear (self);
  self->expected = expected;
}

void
hein_input_expect (HeinInput *self, gsize size)
{
  self->expected = size;
}

gsize
hein_input_get_cost (const HeinInput *self)
{
  return self->begin < self->end ? sizeof *self->block + self->block->capacity
                                 : 0;
}

/* What has come stays, also of a message whose size is not known. */
void
hein_input_trim (HeinInput *self)
{
  const gsize wanted = MAX (get_wanted_capacity (self), self->end);
  HeinBlock *block;

  if (self->block == NULL || self->begin > 0 ||
      self->block->capacity < wanted + HEAD_SIZE ||
      g_atomic_int_get (&self->block->refs) > 1)
    return;
  block = hein_block_resize (self->block, wanted);
  if (block != NULL)
    self->block = block;
}

void
hein_input_shrink (HeinInput *self)
{
  gsize size = hein_input_get_size (self);
  HeinBlock *block;

  if (self->block == NULL || size > SHRINK_MAX ||
      self->block->capacity < HEIN_INPUT_BLOCK_SIZE)
    return;
  block = block_new (self->pool, size);
  if (block != NULL)
    move_into (self, block);
}
