/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sys/uio.h>

#include "hein-ws-frame.h"
#include "hein-ws-rooms.h"

/* What one call sends: small pieces are copied one behind the other, large ones
 * are referred to where they lie. */

G_BEGIN_DECLS

/* How much room is left for the head of a message, and its first bytes. */
#define HEIN_WS_SPARE ((gsize) 2 * HEIN_WS_HEAD_MAX)
/* A message of so many bytes, and its head, fit an empty one. */
#define HEIN_WS_MESSAGE_MAX (HEIN_WS_ROOM - HEIN_WS_SPARE - HEIN_WS_HEAD_MAX)

typedef struct
{
  HeinWsRooms *rooms;
  guint n_vectors;
  gsize n_copied; /* bytes of the room that are used */
  gsize size;     /* of everything */
} HeinWsBatch;

static inline void
hein_ws_batch_init (HeinWsBatch *self)
{
  *self = (HeinWsBatch){ .rooms = hein_ws_rooms_get () };
}

/* Returns how many bytes may be copied. */
static inline gsize
hein_ws_batch_get_space (const HeinWsBatch *self)
{
  return HEIN_WS_ROOM - self->n_copied;
}

/* Returns where bytes are to be put that hein_ws_batch_add then adds. */
static inline guint8 *
hein_ws_batch_get_place (HeinWsBatch *self)
{
  return self->rooms->out + self->n_copied;
}

/* FALSE: a head, what follows it at once, and its body may be added. */
gboolean hein_ws_batch_is_full (const HeinWsBatch *self);
/* Adds bytes that were put into the room. */
void hein_ws_batch_add (HeinWsBatch *self, gsize size);
/* Adds bytes that stay where they are until the call ends. */
void hein_ws_batch_refer (HeinWsBatch *self, const guint8 *data, gsize size);

G_END_DECLS
