/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mc-pack.h"

struct _McPacker
{
  gsize block_size;
  GByteArray *block;
};

McPacker *
mc_packer_new (gsize block_size)
{
  McPacker *self = g_new0 (McPacker, 1);

  self->block_size = block_size;
  self->block = g_byte_array_new ();
  return self;
}

void
mc_packer_free (McPacker *self)
{
  g_byte_array_unref (self->block);
  g_free (self);
}

gboolean
mc_packer_add (McPacker *self, GBytes *message)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (message, &size);
  guint8 prefix[MC_PACK_OVERHEAD] = { (size >> 8) & 0xff, size & 0xff };

  if (size > G_MAXUINT16 ||
      size + MC_PACK_OVERHEAD + self->block->len > self->block_size)
    return FALSE;
  g_byte_array_append (self->block, prefix, sizeof prefix);
  if (size > 0)
    g_byte_array_append (self->block, data, size);
  return TRUE;
}

gboolean
mc_packer_is_empty (const McPacker *self)
{
  return self->block->len == 0;
}

GBytes *
mc_packer_take (McPacker *self)
{
  GByteArray *block = self->block;

  if (block->len == 0)
    return NULL;
  self->block = g_byte_array_new ();
  return g_byte_array_free_to_bytes (block);
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

GBytes *
mc_pack_next (GBytes *block, gsize *at)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (block, &size);
  gssize message_size = *at < size ? get_size_at (data, size, *at) : -1;
  gsize from = *at + MC_PACK_OVERHEAD;

  if (message_size < 0)
    return NULL;
  *at = from + (gsize) message_size;
  return g_bytes_new_from_bytes (block, from, (gsize) message_size);
}
