/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mc-store.h"

/*
 * The ring of fragments that can be sent again. It grows with what is in it and
 * is freed when it is empty: most senders are silent most of the time.
 */

#define CAPACITY_MIN 16
/* Of a payload beside its bytes, which is a part of a message. */
#define PAYLOAD_COST 112

void
mc_store_init (McStore *self, guint64 trail)
{
  *self = (McStore){ .trail = trail };
}

void
mc_store_clear (McStore *self)
{
  while (self->n > 0)
    mc_store_drop_oldest (self);
  g_clear_pointer (&self->ring, g_free);
  self->capacity = 0;
}

McStored *
mc_store_get (const McStore *self, guint64 dseq)
{
  return &self->ring[dseq & (self->capacity - 1)];
}

static void
grow (McStore *self)
{
  McStore old = *self;

  self->capacity = MAX (2 * old.capacity, CAPACITY_MIN);
  self->ring = g_new0 (McStored, self->capacity);
  for (guint64 dseq = old.trail; dseq < old.trail + old.n; dseq++)
    *mc_store_get (self, dseq) = *mc_store_get (&old, dseq);
  g_free (old.ring);
}

void
mc_store_add (McStore *self,
              const McInner *inner,
              GBytes *payload,
              gint64 now_us)
{
  if (self->n == self->capacity)
    grow (self);
  *mc_store_get (self, inner->dseq) = (McStored){
    .inner = *inner,
    .payload = g_bytes_ref (payload),
    .stored_us = now_us,
    .sent_us = now_us,
  };
  self->n++;
  self->bytes += g_bytes_get_size (payload);
}

gsize
mc_store_get_memory (const McStore *self)
{
  return self->bytes + self->n * PAYLOAD_COST +
         self->capacity * sizeof (McStored);
}

void
mc_store_set_wanted (McStore *self, McStored *stored, gboolean is_wanted)
{
  if (stored->is_wanted == is_wanted)
    return;
  stored->is_wanted = is_wanted;
  self->n_wanted += is_wanted ? 1 : -1;
}

void
mc_store_drop_oldest (McStore *self)
{
  McStored *oldest = mc_store_get (self, self->trail);

  mc_store_set_wanted (self, oldest, FALSE);
  self->bytes -= g_bytes_get_size (oldest->payload);
  g_clear_pointer (&oldest->payload, g_bytes_unref);
  self->trail++;
  self->n--;
}
