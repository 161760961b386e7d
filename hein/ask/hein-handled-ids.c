/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-handled-ids.h"

#include <string.h>

#include <hein/hein-hash.h>

/* Ids are long, and chosen by others: what is kept of one is a hash for which
 * nobody can find another id. It includes the name of the sender, so that
 * nobody can keep out what another one sends. */

typedef struct
{
  guint8 bytes[16];
} Key;

typedef struct
{
  Key key;           /* the first member */
  gint64 handled_us; /* 0: it is not over */
  GList in_order;    /* in `handled` */
} Entry;

struct _HeinHandledIds
{
  GHashTable *entries; /* owned Entry, a set */
  GQueue handled;      /* those that are over, in order */
  guint max;           /* of these */
};

static guint
key_hash (gconstpointer data)
{
  return hein_hash_data (data, sizeof (Key));
}

static gboolean
key_equal (gconstpointer a, gconstpointer b)
{
  return memcmp (a, b, sizeof (Key)) == 0;
}

static void
key_init (Key *self, const char *sender, const char *id)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  guint8 digest[32];
  gsize size = sizeof digest;

  /* with the NUL between them */
  g_checksum_update (checksum, (const guint8 *) sender, strlen (sender) + 1);
  g_checksum_update (checksum, (const guint8 *) id, strlen (id));
  g_checksum_get_digest (checksum, digest, &size);
  memcpy (self->bytes, digest, sizeof self->bytes);
}

HeinHandledIds *
hein_handled_ids_new (void)
{
  HeinHandledIds *self = g_new0 (HeinHandledIds, 1);

  self->entries = g_hash_table_new_full (key_hash, key_equal, g_free, NULL);
  self->max = HEIN_HANDLED_IDS_MAX;
  return self;
}

void
hein_handled_ids_free (HeinHandledIds *self)
{
  g_hash_table_unref (self->entries);
  g_free (self);
}

static void
forget (HeinHandledIds *self, Entry *entry)
{
  if (entry->handled_us > 0)
    g_queue_unlink (&self->handled, &entry->in_order);
  g_hash_table_remove (self->entries, entry);
}

static void
forget_old (HeinHandledIds *self, gint64 now_us)
{
  Entry *oldest;

  while ((oldest = g_queue_peek_head (&self->handled)) != NULL &&
         (self->handled.length > self->max ||
          oldest->handled_us + HEIN_HANDLED_IDS_US <= now_us))
    forget (self, oldest);
}

void
hein_handled_ids_set_max (HeinHandledIds *self, guint max)
{
  self->max = max;
}

gsize
hein_handled_ids_get_cost (HeinHandledIds *self)
{
  return g_hash_table_size (self->entries) * (gsize) HEIN_HANDLED_IDS_COST;
}

HeinHandledState
hein_handled_ids_begin (HeinHandledIds *self,
                        const char *sender,
                        const char *id,
                        gint64 now_us)
{
  Entry *entry;
  Key key;

  forget_old (self, now_us);
  key_init (&key, sender, id);
  entry = g_hash_table_lookup (self->entries, &key);
  if (entry != NULL)
    return entry->handled_us > 0 ? HEIN_HANDLED_DONE : HEIN_HANDLED_BUSY;
  entry = g_new0 (Entry, 1);
  entry->key = key;
  entry->in_order.data = entry;
  g_hash_table_add (self->entries, entry);
  return HEIN_HANDLED_NEW;
}

void
hein_handled_ids_end (HeinHandledIds *self,
                      const char *sender,
                      const char *id,
                      gboolean is_handled,
                      gint64 now_us)
{
  Entry *entry;
  Key key;

  key_init (&key, sender, id);
  entry = g_hash_table_lookup (self->entries, &key);
  if (entry == NULL || entry->handled_us > 0)
    return;
  if (!is_handled)
    {
      forget (self, entry);
      return;
    }
  entry->handled_us = MAX (now_us, 1);
  g_queue_push_tail_link (&self->handled, &entry->in_order);
  forget_old (self, now_us);
}
