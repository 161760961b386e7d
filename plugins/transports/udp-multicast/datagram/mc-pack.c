/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mc-pack.h"

#include <string.h>

/*
 * Small messages in one block. A message is written into the block itself, so
 * it needs no memory of its own.
 */

struct _McPacker
{
  gsize block_size;
  gsize size;
  guint8 *block; /* of block_size; NULL: to be made */
};

McPacker *
mc_packer_new (gsize block_size)
{
  McPacker *self = g_new0 (McPacker, 1);

  self->block_size = block_size;
  return self;
}

void
mc_packer_free (McPacker *self)
{
  g_free (self->block);
  g_free (self);
}

guint8 *
mc_packer_reserve (McPacker *self, gsize size)
{
  guint8 *to;

  if (size > G_MAXUINT16 ||
      size + MC_PACK_OVERHEAD + self->size > self->block_size)
    return NULL;
  if (self->block == NULL)
    self->block = g_malloc (self->block_size);
  to = self->block + self->size;
  self->size += MC_PACK_OVERHEAD + size;
  to[0] = size >> 8;
  to[1] = size & 0xff;
  return to + MC_PACK_OVERHEAD;
}

gboolean
mc_packer_add (McPacker *self, GBytes *message)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (message, &size);
  guint8 *to = mc_packer_reserve (self, size);

  if (to != NULL && size > 0)
    memcpy (to, data, size);
  return to != NULL;
}

gboolean
mc_packer_is_empty (const McPacker *self)
{
  return self->size == 0;
}

gsize
mc_packer_get_size (const McPacker *self)
{
  return self->size;
}

/* A block that is taken may be kept for long, so it must not hold much unused
 * room. */
GBytes *
mc_packer_take (McPacker *self)
{
  const gsize size = self->size;

  self->size = 0;
  if (size == 0)
    return NULL;
  if (size <= self->block_size - self->block_size / 8)
    return g_bytes_new (self->block, size);
  return g_bytes_new_take (g_steal_pointer (&self->block), size);
}

/* The size of the message at @at, which lies in the block with it; -1: none. */
static gssize
get_size_at (const guint8 *data, gsize size, gsize at)
{
  gsize message_size;

  if (size - at < MC_PACK_OVERHEAD)
    return -1;
  message_size = (gsize) data[at] << 8 | data[at + 1];
  return size - at - MC_PACK_OVERHEAD >= message_size ? (gssize) message_size
                                                      : -1;
}

/* A block is looked at as a whole before any message of it is used: one that
 * is cut off makes all of it worthless. */
guint
mc_pack_count (GBytes *block)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (block, &size);
  gsize at = 0;
  guint n = 0;

  while (at < size)
    {
      gssize message_size = get_size_at (data, size, at);

      if (message_size < 0)
        return 0;
      at += MC_PACK_OVERHEAD + (gsize) message_size;
      n++;
    }
  return n;
}

gboolean
mc_pack_find_next (GBytes *block, gsize *at, gsize *from, gsize *size)
{
  gsize block_size;
  const guint8 *data = g_bytes_get_data (block, &block_size);
  gssize message_size =
    *at < block_size ? get_size_at (data, block_size, *at) : -1;

  if (message_size < 0)
    return FALSE;
  *from = *at + MC_PACK_OVERHEAD;
  *size = (gsize) message_size;
  *at = *from + *size;
  return TRUE;
}

GBytes *
mc_pack_next (GBytes *block, gsize *at)
{
  gsize from;
  gsize size;

  if (!mc_pack_find_next (block, at, &from, &size))
    return NULL;
  return g_bytes_new_from_bytes (block, from, size);
}
