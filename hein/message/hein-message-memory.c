/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-message-memory.h"

#include <string.h>

#include "base/hein-object.h"

/* Allocating and freeing messages, and what they cost. */

G_STATIC_ASSERT (HEIN_SLAB_MAX >= sizeof (HeinMessage) + HEIN_TOPIC_MAX + 1 +
                                    HEIN_MESSAGE_INLINE_MAX +
                                    G_ALIGNOF (HeinMessageExtra) +
                                    sizeof (HeinMessageExtra));

HeinMessage *
hein_message_alloc_large (const char *topic,
                          gsize topic_size,
                          const guint8 *data,
                          gsize size)
{
  return hein_message_alloc_bytes (topic, topic_size,
                                   hein_block_copy_bytes (data, size));
}

static gsize
get_bytes_cost (gsize size)
{
  return HEIN_BYTES_COST + (size > 0 ? size + HEIN_MALLOC_COST : 0);
}

static gsize
get_extra_cost (const HeinMessageExtra *self)
{
  gsize cost = sizeof *self + HEIN_MESSAGE_PLACE_COST;

  if (self->attributes.content_type != NULL)
    cost += strlen (self->attributes.content_type);
  if (self->notes != NULL)
    cost += hein_notes_get_cost (self->notes);
  if (self->return_path != NULL)
    cost += get_bytes_cost (g_bytes_get_size (self->return_path));
  for (guint i = 0; i < self->n_more; i++)
    cost +=
      sizeof (GBytes *) + get_bytes_cost (g_bytes_get_size (self->more[i]));
  return cost;
}

gsize
hein_message_get_cost_slow (const HeinMessage *self)
{
  gsize cost = 0;

  if ((self->flags & HEIN_MESSAGE_INLINE) == 0)
    cost += get_bytes_cost (self->size);
  if (self->flags & HEIN_MESSAGE_PINS_BLOCK)
    cost += HEIN_INPUT_BLOCK_SIZE - MIN (self->size, HEIN_INPUT_BLOCK_SIZE);
  if (self->extra != NULL)
    cost += get_extra_cost (self->extra);
  return cost;
}

static gboolean
has_any (const HeinMessageAttributes *self)
{
  return self->content_type != NULL || self->ask != HEIN_ASK_NONE;
}

static gsize
get_extra_size (gsize n_more)
{
  return sizeof (HeinMessageExtra) + n_more * sizeof (GBytes *);
}

HeinMessageExtra *
hein_message_extra_alloc (gsize n_more)
{
  HeinMessageExtra *self = hein_slab_alloc0 (get_extra_size (n_more));

  self->n_more = n_more;
  return self;
}

HeinMessageExtra *
hein_message_extra_new (const HeinMessageAttributes *attributes,
                        GBytes *return_path,
                        GBytes **more,
                        gsize n_more)
{
  HeinMessageExtra *self;

  if (!has_any (attributes) && return_path == NULL && n_more == 0)
    return NULL;
  self = hein_message_extra_alloc (n_more);
  self->attributes = *attributes;
  self->attributes.content_type = g_strdup (attributes->content_type);
  if (return_path != NULL)
    self->return_path = g_bytes_ref (return_path);
  for (gsize i = 0; i < n_more; i++)
    self->more[i] = g_bytes_ref (more[i]);
  return self;
}

static void
extra_clear (HeinMessageExtra *self)
{
  for (guint i = 0; i < self->n_more; i++)
    g_bytes_unref (self->more[i]);
  if (self->reply_peer != NULL)
    hein_object_unref (self->reply_peer);
  g_clear_pointer (&self->notes, hein_notes_unref);
  g_clear_pointer (&self->return_path, g_bytes_unref);
  if (self->attributes.content_type != NULL)
    g_free ((char *) self->attributes.content_type);
}

static gboolean
owns_sender (HeinMessage *self)
{
  return __atomic_load_n (&self->owns_sender, __ATOMIC_ACQUIRE);
}

/* ---- those whose senders wait for a receipt ---- */

void
hein_message_tell (HeinMessage *self, int code, const char *why)
{
  HeinHanded *handed = &self->extra->handed;

  if (g_atomic_int_compare_and_exchange (&handed->is_told, FALSE, TRUE))
    handed->funcs->tell (handed->data, self, code, why);
}

void
hein_message_note_handled (HeinMessage *self)
{
  HeinHanded *handed = &self->extra->handed;

  if (!handed->is_manual &&
      g_atomic_int_compare_and_exchange (&handed->is_told, FALSE, TRUE))
    handed->funcs->handled (handed->data, self);
}

/* A message that a program has let go of must not stay open. */
static void
end_handed (HeinMessage *self)
{
  HeinHanded *handed = &self->extra->handed;

  if (G_UNLIKELY (!g_atomic_int_get (&handed->is_told)))
    hein_message_tell (self, HEIN_ERROR_FAILED,
                       handed->is_manual
                         ? "it was dropped there without an acknowledgement"
                         : "it was dropped there before it was handled");
  handed->funcs->unref (handed->data);
  handed->funcs = NULL;
}

static void
extra_free (HeinMessage *self)
{
  extra_clear (self->extra);
  if (!(self->flags & HEIN_MESSAGE_EXTRA_INSIDE))
    hein_slab_free (self->extra, get_extra_size (self->extra->n_more));
}

/* ---- references ---- */

static void
message_free (HeinMessage *self)
{
  if (G_UNLIKELY (hein_message_is_handed (self)))
    end_handed (self);
  if (self->payload != NULL)
    g_bytes_unref (self->payload);
  if (self->extra != NULL)
    extra_free (self);
  if (owns_sender (self))
    hein_object_unref (self->sender);
  hein_slab_give (self, self->slab_list);
}

/* Two threads may pass on the same message at once. The reference is taken
 * before the flag is set: a thread that sees the flag may drop what has kept
 * the sender alive until then. */
void
hein_message_keep_sender (HeinMessage *self)
{
  if (self->sender == NULL || owns_sender (self))
    return;
  hein_object_ref (self->sender);
  if (__atomic_exchange_n (&self->owns_sender, TRUE, __ATOMIC_ACQ_REL))
    g_object_unref (self->sender);
}

void
hein_message_release_slow (HeinMessage *self)
{
  if (G_UNLIKELY (hein_message_is_handed (self)))
    hein_message_note_handled (self);
  if (g_atomic_int_get (&self->ref_count) == 1)
    {
      message_free (self);
      return;
    }
  hein_message_keep_sender (self);
  hein_message_unref (self);
}

/**
 * hein_message_ref:
 * @self: a message
 *
 * Takes a reference. JavaScript code needs it to keep a message that a handler
 * of [signal@Bus::message] was called with, as that is released afterwards.
 *
 * - Thread: any.
 *
 * Returns: (transfer full): @self
 *
 * Since: 0.9
 */
HeinMessage *
hein_message_ref (HeinMessage *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_int_inc (&self->ref_count);
  return self;
}

/**
 * hein_message_unref: (skip)
 * @self: (transfer full): a message
 *
 * Drops a reference; the last one frees the message.
 *
 * - Thread: any.
 *
 * Since: 0.9
 */
void
hein_message_unref (HeinMessage *self)
{
  g_return_if_fail (self != NULL);

  /* a single owner needs no locked instruction */
  if (g_atomic_int_get (&self->ref_count) == 1 ||
      g_atomic_int_dec_and_test (&self->ref_count))
    message_free (self);
}

/**
 * hein_message_get_size:
 * @self: a message
 *
 * Gets the total size of all parts, without the topic.
 *
 * - Thread: any.
 *
 * Returns: bytes
 *
 * Since: 0.9
 */
gsize
hein_message_get_size (HeinMessage *self)
{
  gsize size;

  g_return_val_if_fail (self != NULL, 0);

  size = self->size;
  if (self->extra != NULL)
    for (guint i = 0; i < self->extra->n_more; i++)
      size += g_bytes_get_size (self->extra->more[i]);
  return size;
}
