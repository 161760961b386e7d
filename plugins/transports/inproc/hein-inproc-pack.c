/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-inproc-pack.h"

#include <stddef.h>
#include <string.h>

/* Small messages in a block. */

/* With the head of the block and that of malloc, 8 KiB. */
#define DATA_BYTES (8192 - sizeof (HeinInprocPack) - 16)
#define ALIGNMENT  8

HeinInprocPack *
hein_inproc_pack_new (void)
{
  HeinInprocPack *self = g_malloc (sizeof *self + DATA_BYTES);

  self->link = (GList){ NULL };
  self->begin = self->end = 0;
  return self;
}

void
hein_inproc_pack_free (HeinInprocPack *self)
{
  for (; !hein_inproc_pack_is_empty (self); hein_inproc_pack_skip (self))
    g_clear_pointer (&hein_inproc_pack_get_first (self)->payload,
                     g_bytes_unref);
  g_free (self);
}

static gsize
measure (const HeinMessageView *view, GBytes *payload)
{
  const gsize size = offsetof (HeinInprocPacked, topic) + view->topic_size + 1 +
                     (payload == NULL ? view->size : 0);

  return (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

gboolean
hein_inproc_pack_add (HeinInprocPack *self,
                      const HeinMessageView *view,
                      GBytes *payload,
                      gboolean is_addressed)
{
  const gsize step = measure (view, payload);
  HeinInprocPacked *packed = hein_inproc_pack_get (self, self->end);

  if (G_UNLIKELY (step > DATA_BYTES - self->end))
    return FALSE;
  packed->payload = payload != NULL ? g_bytes_ref (payload) : NULL;
  packed->size = view->size;
  packed->step = step;
  packed->topic_size = view->topic_size;
  packed->is_addressed = is_addressed;
  memcpy (packed->topic, view->topic, view->topic_size + 1);
  if (payload == NULL && view->size > 0)
    memcpy (packed->topic + view->topic_size + 1, view->data, view->size);
  self->end += step;
  return TRUE;
}

HeinMessage *
hein_inproc_pack_make_first (HeinInprocPack *self)
{
  HeinInprocPacked *packed = hein_inproc_pack_get_first (self);

  if (packed->payload == NULL)
    return hein_message_new_data (packed->topic,
                                  hein_inproc_packed_get_data (packed),
                                  packed->size);
  return hein_message_new (packed->topic, packed->payload);
}
