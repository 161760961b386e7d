/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mc-window.h"

#include <string.h>

/*
 * The ring of bits of RFC 6479: whole blocks are cleared as the highest number
 * moves on.
 */

void
mc_window_init (McWindow *self, guint64 floor)
{
  memset (self, 0, sizeof *self);
  self->max = floor;
  self->floor = floor;
}

McWindowVerdict
mc_window_check (const McWindow *self, guint64 seq)
{
  guint64 bits = self->bits[seq / 64 % MC_WINDOW_BLOCKS];

  if (seq <= self->floor)
    return MC_WINDOW_OLD;
  if (seq > self->max)
    return MC_WINDOW_NEW;
  if (self->max - seq >= MC_WINDOW_SIZE)
    return MC_WINDOW_OLD;
  return bits >> seq % 64 & 1 ? MC_WINDOW_SEEN : MC_WINDOW_NEW;
}

/* Clears the blocks between, which hold bits of numbers long gone. */
static void
advance (McWindow *self, guint64 seq)
{
  guint64 block = self->max / 64;
  guint64 n_blocks = MIN (seq / 64 - block, MC_WINDOW_BLOCKS);

  for (guint64 i = 1; i <= n_blocks; i++)
    self->bits[(block + i) % MC_WINDOW_BLOCKS] = 0;
  self->max = seq;
}

void
mc_window_mark (McWindow *self, guint64 seq)
{
  if (seq > self->max)
    advance (self, seq);
  self->bits[seq / 64 % MC_WINDOW_BLOCKS] |= (guint64) 1 << seq % 64;
}

void
mc_window_raise_floor (McWindow *self, guint64 floor)
{
  if (floor > self->max)
    advance (self, floor);
  self->floor = MAX (self->floor, floor);
}
