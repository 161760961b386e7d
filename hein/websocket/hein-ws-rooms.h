/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sys/uio.h>

#include <glib.h>

/* Buffers that all connections of a thread share while a call lasts. */

G_BEGIN_DECLS

/* How much is received, or copied for sending, by one call. */
#define HEIN_WS_ROOM ((gsize) 64 * 1024)
/* How much of what is not copied one call sends, about. */
#define HEIN_WS_BATCH_MAX ((gsize) 64 * 1024)
#define HEIN_WS_VECTORS   512
#define HEIN_WS_MASKS     64

typedef struct
{
  guint8 in[HEIN_WS_ROOM];
  guint8 out[HEIN_WS_ROOM];
  struct iovec vectors[HEIN_WS_VECTORS];
  guint32 masks[HEIN_WS_MASKS];
  guint n_masks;
} HeinWsRooms;

HeinWsRooms *hein_ws_rooms_get (void);
/* Sets a mask that nobody can foretell. */
void hein_ws_rooms_draw_mask (HeinWsRooms *self, guint8 *mask);

G_END_DECLS
