/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-ws-batch.h"

/* Collects the pieces of frames for one call of the stream below. */

gboolean
hein_ws_batch_is_full (const HeinWsBatch *self)
{
  return self->size >= HEIN_WS_BATCH_MAX ||
         hein_ws_batch_get_space (self) < HEIN_WS_SPARE ||
         self->n_vectors + 2 > HEIN_WS_VECTORS;
}

static void
add_vector (HeinWsBatch *self, const guint8 *data, gsize size)
{
  self->rooms->vectors[self->n_vectors++] =
    (struct iovec){ (gpointer) data, size };
}

void
hein_ws_batch_add (HeinWsBatch *self, gsize size)
{
  const guint8 *data = hein_ws_batch_get_place (self);
  struct iovec *last =
    self->n_vectors > 0 ? &self->rooms->vectors[self->n_vectors - 1] : NULL;

  self->n_copied += size;
  self->size += size;
  if (last != NULL && (guint8 *) last->iov_base + last->iov_len == data)
    last->iov_len += size;
  else
    add_vector (self, data, size);
}

void
hein_ws_batch_refer (HeinWsBatch *self, const guint8 *data, gsize size)
{
  add_vector (self, data, size);
  self->size += size;
}
