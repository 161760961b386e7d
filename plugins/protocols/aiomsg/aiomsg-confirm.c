/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "aiomsg-confirm.h"

#include <string.h>

#include <hein/hein.h>

/* An entry of a table, which is half full. */
#define ENTRY_BYTES (2 * (2 * sizeof (gpointer) + sizeof (guint)))
/* The object and the block of a message, beside its payload. */
#define MESSAGE_BYTES 128

static guint
hash_id (gconstpointer key)
{
  return hein_hash_data (key, AIOMSG_ID_SIZE);
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
  low += self->serial++;
  low = GUINT64_TO_BE (low);
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

static GList *
find_link (AiomsgUnconfirmedList *self, const guint8 *id)
{
  return self->by_id != NULL ? g_hash_table_lookup (self->by_id, id) : NULL;
}

static AiomsgUnconfirmed *
find (AiomsgUnconfirmedList *self, const guint8 *id)
{
  GList *link = find_link (self, id);

  return link != NULL ? link->data : NULL;
}

gboolean
aiomsg_unconfirmed_remove (AiomsgUnconfirmedList *self, const guint8 *id)
{
  AiomsgUnconfirmed *one;
  GList *link = find_link (self, id);

  if (link == NULL)
    return FALSE;
  one = link->data;
  g_hash_table_remove (self->by_id, one->id);
  g_queue_delete_link (&self->order, link);
  self->n_bytes -= hein_message_get_size (one->message);
  free_one (one);
  return TRUE;
}

gboolean
aiomsg_unconfirmed_confirm (AiomsgUnconfirmedList *self,
                            const guint8 *id,
                            gint64 now_us,
                            guint64 *delivery)
{
  AiomsgUnconfirmed *oldest = g_queue_peek_head (&self->order);
  AiomsgUnconfirmed *one = find (self, id);

  if (one == NULL)
    return FALSE;
  if (one == oldest)
    self->progress_us = now_us;
  *delivery = one->delivery;
  return aiomsg_unconfirmed_remove (self, id);
}

gsize
aiomsg_unconfirmed_get_memory (const AiomsgUnconfirmedList *self)
{
  return self->n_bytes +
         self->order.length * (sizeof (AiomsgUnconfirmed) + sizeof (GList) +
                               ENTRY_BYTES + MESSAGE_BYTES);
}

void
aiomsg_unconfirmed_clear (AiomsgUnconfirmedList *self)
{
  g_clear_pointer (&self->by_id, g_hash_table_unref);
  g_queue_clear_full (&self->order, (GDestroyNotify) free_one);
  self->n_bytes = 0;
}

/* ---- received ---- */

static int
get_fate (AiomsgSeen *self, const guint8 *id, gpointer *place)
{
  gpointer fate = GINT_TO_POINTER (AIOMSG_NEW);

  if (self->ids != NULL)
    g_hash_table_lookup_extended (self->fate, id, place, &fate);
  return GPOINTER_TO_INT (fate);
}

static guint8 *
take_place (AiomsgSeen *self)
{
  guint8 *place;

  if (self->ids == NULL)
    {
      self->ids = g_malloc (AIOMSG_SEEN_MAX * AIOMSG_ID_SIZE);
      self->fate = g_hash_table_new (hash_id, is_equal_id);
    }
  place = self->ids + (gsize) self->next * AIOMSG_ID_SIZE;
  if (self->n == AIOMSG_SEEN_MAX)
    g_hash_table_remove (self->fate, place);
  else
    self->n++;
  self->next = (self->next + 1) % AIOMSG_SEEN_MAX;
  return place;
}

int
aiomsg_seen_add (AiomsgSeen *self, const guint8 *id)
{
  gpointer place;
  const int fate = get_fate (self, id, &place);

  if (fate == AIOMSG_NEW)
    {
      place = take_place (self);
      memcpy (place, id, AIOMSG_ID_SIZE);
    }
  if (fate != AIOMSG_HANDLED && fate < AIOMSG_AGAIN_MAX)
    g_hash_table_insert (self->fate, place, GINT_TO_POINTER (fate + 1));
  return fate;
}

int
aiomsg_seen_set_handled (AiomsgSeen *self, const guint8 *id)
{
  gpointer place;
  const int fate = get_fate (self, id, &place);

  if (fate == AIOMSG_NEW)
    return 1;
  g_hash_table_insert (self->fate, place, GINT_TO_POINTER (AIOMSG_HANDLED));
  return MAX (fate, 1);
}

gsize
aiomsg_seen_get_memory (const AiomsgSeen *self)
{
  return self->ids != NULL
           ? AIOMSG_SEEN_MAX * AIOMSG_ID_SIZE + self->n * ENTRY_BYTES
           : 0;
}

void
aiomsg_seen_clear (AiomsgSeen *self)
{
  g_clear_pointer (&self->fate, g_hash_table_unref);
  g_clear_pointer (&self->ids, g_free);
  self->n = self->next = 0;
}

/* ---- delivered ---- */

typedef struct
{
  guint64 number; /* counted from 1, among all that were delivered */
  guint8 id[AIOMSG_ID_SIZE];
} Waiting;

void
aiomsg_unhandled_push (AiomsgUnhandled *self, const guint8 *id)
{
  Waiting waiting = { .number = ++self->n_delivered };

  if (id == NULL)
    return;
  memcpy (waiting.id, id, sizeof waiting.id);
  if (self->ids == NULL)
    self->ids = g_array_new (FALSE, FALSE, sizeof (Waiting));
  g_array_append_val (self->ids, waiting);
}

static Waiting *
get_waiting (AiomsgUnhandled *self, guint index)
{
  return &g_array_index (self->ids, Waiting, index);
}

void
aiomsg_unhandled_pull (AiomsgUnhandled *self)
{
  const guint n = self->ids != NULL ? self->ids->len : 0;

  if (n > self->begin && get_waiting (self, n - 1)->number == self->n_delivered)
    g_array_set_size (self->ids, n - 1);
  self->n_delivered--;
}

/* The room of those before it is used again. */
static void
advance (AiomsgUnhandled *self)
{
  self->begin++;
  if (self->begin < self->ids->len / 2)
    return;
  g_array_remove_range (self->ids, 0, self->begin);
  self->begin = 0;
}

gboolean
aiomsg_unhandled_pop (AiomsgUnhandled *self, guint8 id[AIOMSG_ID_SIZE])
{
  const Waiting *oldest;

  self->n_handled++;
  if (self->ids == NULL || self->begin == self->ids->len)
    return FALSE;
  oldest = get_waiting (self, self->begin);
  if (oldest->number != self->n_handled)
    return FALSE;
  memcpy (id, oldest->id, AIOMSG_ID_SIZE);
  advance (self);
  return TRUE;
}

gsize
aiomsg_unhandled_get_memory (const AiomsgUnhandled *self)
{
  return self->ids != NULL ? self->ids->len * sizeof (Waiting) : 0;
}

void
aiomsg_unhandled_clear (AiomsgUnhandled *self)
{
  g_clear_pointer (&self->ids, g_array_unref);
  self->begin = 0;
}
