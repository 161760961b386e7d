/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-input.h"

#include <string.h>

/* The receive buffer of a connection, in blocks that messages may refer to. */

#define SPARE_MAX  2
#define ROOM_MIN   8192 /* with less room the unused bytes move to the front */
#define GROW_FIRST (16 * 1024)
/* Copying fewer bytes than this is cheaper than another block. */
#define COPY_MAX   (HEIN_INPUT_BLOCK_SIZE / 8)
#define SHRINK_MAX (HEIN_INPUT_BLOCK_SIZE / 8)

struct _HeinBlock
{
  int refs; /* atomic: messages on any thread hold references */
  gsize capacity;
  guint8 data[];
};

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
    g_free (self->spare[--self->n_spare]);
  g_free (self);
}

static HeinBlock *
block_new (HeinBlockPool *pool, gsize capacity)
{
  HeinBlock *self;

  if (capacity == HEIN_INPUT_BLOCK_SIZE && pool->n_spare > 0)
    {
      self = pool->spare[--pool->n_spare];
      self->refs = 1;
      return self;
    }
  self = g_try_malloc (sizeof *self + capacity);
  if (self == NULL)
    return NULL;
  self->refs = 1;
  self->capacity = capacity;
  return self;
}

static void
block_unref (gpointer data)
{
  HeinBlock *self = data;

  if (g_atomic_int_dec_and_test (&self->refs))
    g_free (self);
}

/* Drops the owner's reference; the block becomes a spare one if that was the
 * last. */
static void
block_give_back (HeinBlockPool *pool, HeinBlock *self)
{
  if (self->capacity == HEIN_INPUT_BLOCK_SIZE && pool->n_spare < SPARE_MAX &&
      g_atomic_int_get (&self->refs) == 1)
    pool->spare[pool->n_spare++] = self;
  else
    block_unref (self);
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
move_to (HeinInput *self, gsize capacity, GError **error)
{
  HeinBlock *block = block_new (self->pool, capacity);
  gsize size = hein_input_get_size (self);

  if (block == NULL)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE,
                   "no memory for a message of %" G_GSIZE_FORMAT " bytes",
                   self->expected);
      return FALSE;
    }
  if (self->block != NULL)
    {
      memcpy (block->data, self->block->data + self->begin, size);
      leave_block (self);
    }
  self->block = block;
  self->begin = 0;
  self->end = size;
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
  room = self->block->capacity - self->end;
  n = hein_stream_read (stream, self->block->data + self->end, room, error);
  if (filled != NULL)
    *filled = n > 0 && (gsize) n == room;
  if (n > 0)
    self->end += n;
  else if (self->begin == self->end)
    hein_input_clear (self);
  return n;
}

GBytes *
hein_input_get_bytes (HeinInput *self, gsize size)
{
  if (self->block == NULL)
    return g_bytes_new_static (NULL, 0);
  g_atomic_int_inc (&self->block->refs);
  return g_bytes_new_with_free_func (self->block->data + self->begin, size,
                                     block_unref, self->block);
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

void
hein_input_shrink (HeinInput *self)
{
  gsize size = hein_input_get_size (self);
  HeinBlock *block;

  if (self->block == NULL || size > SHRINK_MAX ||
      self->block->capacity < HEIN_INPUT_BLOCK_SIZE)
    return;
  block = block_new (self->pool, size);
  if (block == NULL)
    return;
  memcpy (block->data, self->block->data + self->begin, size);
  leave_block (self);
  self->block = block;
  self->begin = 0;
  self->end = size;
}
