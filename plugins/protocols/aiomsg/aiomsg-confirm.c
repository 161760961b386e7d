/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "aiomsg-confirm.h"

#include <string.h>

static guint
hash_id (gconstpointer key)
{
  guint parts[4];

  memcpy (parts, key, AIOMSG_ID_SIZE);
  return parts[0] ^ parts[1] ^ parts[2] ^ parts[3];
}

static gboolean
is_equal_id (gconstpointer a, gconstpointer b)
{
  return memcmp (a, b, AIOMSG_ID_SIZE) == 0;
}

/* ---- sent ---- */

static void
free_one (AiomsgUnconfirmed *self)
{
  hein_message_unref (self->message);
  g_free (self);
}

AiomsgUnconfirmed *
aiomsg_unconfirmed_add (AiomsgUnconfirmedList *self,
                        guint64 high,
                        guint64 low,
                        HeinMessage *message,
                        HeinAudience audience,
                        gint64 now_us)
{
  AiomsgUnconfirmed *one = g_new0 (AiomsgUnconfirmed, 1);

  /* counted, too: no two on one connection are equal, whatever is random */
  low = GUINT64_TO_BE (low + self->serial++);
  high = GUINT64_TO_BE (high);
  memcpy (one->id, &high, sizeof high);
  memcpy (one->id + sizeof high, &low, sizeof low);
  one->message = hein_message_ref (message);
  one->audience = audience;
  one->sent_us = now_us;
  g_queue_push_tail (&self->order, one);
  if (self->by_id == NULL)
    self->by_id = g_hash_table_new (hash_id, is_equal_id);
  g_hash_table_insert (self->by_id, one->id, self->order.tail);
  self->n_bytes += hein_message_get_size (message);
  return one;
}

gboolean
aiomsg_unconfirmed_remove (AiomsgUnconfirmedList *self, const guint8 *id)
{
  AiomsgUnconfirmed *one;
  GList *link = NULL;

  if (self->by_id != NULL)
    link = g_hash_table_lookup (self->by_id, id);
  if (link == NULL)
    return FALSE;
  one = link->data;
  g_hash_table_remove (self->by_id, one->id);
  g_queue_delete_link (&self->order, link);
  self->n_bytes -= hein_message_get_size (one->message);
  free_one (one);
  return TRUE;
}

void
aiomsg_unconfirmed_clear (AiomsgUnconfirmedList *self)
{
  g_clear_pointer (&self->by_id, g_hash_table_unref);
  g_queue_clear_full (&self->order, (GDestroyNotify) free_one);
  self->n_bytes = 0;
}

/* ---- received ---- */

gboolean
aiomsg_seen_add (AiomsgSeen *self, const guint8 *id)
{
  guint8 *place;

  if (self->ids == NULL)
    {
      self->ids = g_malloc (AIOMSG_SEEN_MAX * AIOMSG_ID_SIZE);
      self->known = g_hash_table_new (hash_id, is_equal_id);
    }
  if (g_hash_table_contains (self->known, id))
    return FALSE;
  place = self->ids + (gsize) self->next * AIOMSG_ID_SIZE;
  if (self->n == AIOMSG_SEEN_MAX)
    g_hash_table_remove (self->known, place);
  else
    self->n++;
  self->next = (self->next + 1) % AIOMSG_SEEN_MAX;
  memcpy (place, id, AIOMSG_ID_SIZE);
  g_hash_table_add (self->known, place);
  return TRUE;
}

void
aiomsg_seen_clear (AiomsgSeen *self)
{
  g_clear_pointer (&self->known, g_hash_table_unref);
  g_clear_pointer (&self->ids, g_free);
  self->n = self->next = 0;
}
