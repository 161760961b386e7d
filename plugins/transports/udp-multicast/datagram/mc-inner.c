/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mc-inner.h"

#include <string.h>

/*
 * Writes and reads the inner header byte by byte: its fields lie anywhere in
 * memory.
 */

#define ALL_FLAGS (MC_FIRST | MC_LAST | MC_RELIABLE | MC_ORDERED | MC_PACKED)

static void
put (guint8 **to, guint64 value, guint n_bytes)
{
  for (guint i = n_bytes; i > 0; i--)
    *(*to)++ = value >> (8 * (i - 1));
}

static guint64
get (const guint8 **from, guint n_bytes)
{
  guint64 value = 0;

  for (guint i = 0; i < n_bytes; i++)
    value = value << 8 | *(*from)++;
  return value;
}

void
mc_inner_put (const McInner *self, guint8 *to)
{
  put (&to, self->type, 1);
  put (&to, self->flags, 1);
  put (&to, self->channel, 2);
  put (&to, self->dseq, 8);
  put (&to, self->index, 4);
  put (&to, self->message_size, 4);
  put (&to, self->ordinal, 4);
}

gboolean
mc_inner_get (const guint8 *from, gsize size, McInner *self)
{
  if (size < MC_INNER_SIZE)
    return FALSE;
  self->type = get (&from, 1);
  self->flags = get (&from, 1);
  self->channel = get (&from, 2);
  self->dseq = get (&from, 8);
  self->index = get (&from, 4);
  self->message_size = get (&from, 4);
  self->ordinal = get (&from, 4);
  return self->type >= MC_DATA && self->type <= MC_KEY &&
         (self->flags & ~ALL_FLAGS) == 0;
}
