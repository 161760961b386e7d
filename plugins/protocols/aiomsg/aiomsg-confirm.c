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
  one->serial = self->serial;
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
  AiomsgUnconfirmed *one = find (self, id);

  if (one == NULL)
    return FALSE;
  if (one->serial > self->passed)
    {
      self->passed = one->serial;
      self->progress_us = now_us;
    }
  *delivery = one->delivery;
  return aiomsg_unconfirmed_remove (self, id);
}

/* What a slow application at the other side has not come to is not lost: while
 * newer ones are acknowledged, one after the other, the rest only waits. One
 * that was passed over has had its turn. */
gint64
aiomsg_unconfirmed_get_due_us (const AiomsgUnconfirmedList *self,
                               const AiomsgUnconfirmed *one,
                               gint64 patience_us)
{
  return patience_us + (one->serial < self->passed
                          ? one->sent_us
                          : MAX (one->sent_us, self->progress_us));
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
  if (fate == AIOMSG_DROPPED)
    g_hash_table_insert (self->fate, place, GINT_TO_POINTER (1));
  else if (fate >= 0 && fate < AIOMSG_AGAIN_MAX)
    g_hash_table_insert (self->fate, place, GINT_TO_POINTER (fate + 1));
  return fate;
}

int
aiomsg_seen_end (AiomsgSeen *self, const guint8 *id, int fate)
{
  gpointer place;
  const int n = get_fate (self, id, &place);

  if (n == AIOMSG_NEW)
    return 1;
  g_hash_table_insert (self->fate, place, GINT_TO_POINTER (fate));
  return MAX (n, 1);
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
  guint64 number; /* the key */
  guint8 id[AIOMSG_ID_SIZE];
} Open;

guint64
aiomsg_open_add (AiomsgOpen *self, const guint8 *id)
{
  Open *one = g_new (Open, 1);

  if (self->by_number == NULL)
    self->by_number =
      g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  one->number = ++self->newest;
  memcpy (one->id, id, sizeof one->id);
  g_hash_table_add (self->by_number, one);
  return one->number;
}

gboolean
aiomsg_open_remove (AiomsgOpen *self, guint64 number, guint8 id[AIOMSG_ID_SIZE])
{
  const Open *one = self->by_number != NULL
                      ? g_hash_table_lookup (self->by_number, &number)
                      : NULL;

  if (one == NULL)
    return FALSE;
  memcpy (id, one->id, AIOMSG_ID_SIZE);
  return g_hash_table_remove (self->by_number, &number);
}

gsize
aiomsg_open_get_memory (const AiomsgOpen *self)
{
  return self->by_number != NULL
           ? g_hash_table_size (self->by_number) * (sizeof (Open) + ENTRY_BYTES)
           : 0;
}

void
aiomsg_open_clear (AiomsgOpen *self)
{
  g_clear_pointer (&self->by_number, g_hash_table_unref);
}
