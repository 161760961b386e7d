/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-ws-rooms.h"

#include <string.h>

#include "io/hein-world.h"

/* The buffers of a thread, and its masks: a system call for each mask would
 * take longer than the masking. */

static GPrivate rooms = G_PRIVATE_INIT (g_free);

HeinWsRooms *
hein_ws_rooms_get (void)
{
  HeinWsRooms *self = g_private_get (&rooms);

  if (G_UNLIKELY (self == NULL))
    {
      self = g_malloc (sizeof *self);
      self->n_masks = 0;
      g_private_set (&rooms, self);
    }
  return self;
}

/* Those of a simulation depend on its seed alone, and not on what the thread
 * did before. */
void
hein_ws_rooms_draw_mask (HeinWsRooms *self, guint8 *mask)
{
  if (G_UNLIKELY (hein_world != NULL))
    {
      hein_world_draw_any (mask, sizeof *self->masks);
      return;
    }
  if (self->n_masks == 0)
    {
      hein_world_draw_any (self->masks, sizeof self->masks);
      self->n_masks = HEIN_WS_MASKS;
    }
  memcpy (mask, &self->masks[--self->n_masks], sizeof *self->masks);
}
