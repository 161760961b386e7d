/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mc-nak-limit.h"

#include <string.h>

#include <hein/hein.h>

/*
 * A bucket for each receiver that asks, up to a number of them; all others
 * share one, so that ever new ids cost no memory.
 */

/* together what a second may have */
#define AT_ONCE 10
#define RATE    (MC_NAKS_PER_SECOND - AT_ONCE)

static guint
hash_id (gconstpointer id)
{
  return hein_hash_data (id, MC_ID_SIZE);
}

static gboolean
is_equal_id (gconstpointer a, gconstpointer b)
{
  return memcmp (a, b, MC_ID_SIZE) == 0;
}

void
mc_nak_limit_init (McNakLimit *self, gint64 now_us)
{
  self->buckets = NULL;
  mc_bucket_init (&self->others, RATE, AT_ONCE, now_us);
}

void
mc_nak_limit_clear (McNakLimit *self)
{
  g_clear_pointer (&self->buckets, g_hash_table_unref);
}

/* One that is quiet for a second has a full bucket again, as a new one has. */
static gboolean
is_quiet (gpointer id, gpointer bucket, gpointer now_us)
{
  return *(gint64 *) now_us - ((McBucket *) bucket)->filled_us >=
         G_USEC_PER_SEC;
}

static McBucket *
find_bucket (McNakLimit *self, const guint8 *from, gint64 now_us)
{
  McBucket *bucket;

  if (self->buckets == NULL)
    self->buckets =
      g_hash_table_new_full (hash_id, is_equal_id, g_free, g_free);
  bucket = g_hash_table_lookup (self->buckets, from);
  if (bucket != NULL)
    return bucket;
  if (g_hash_table_size (self->buckets) == MC_NAK_RECEIVERS)
    g_hash_table_foreach_remove (self->buckets, is_quiet, &now_us);
  if (g_hash_table_size (self->buckets) == MC_NAK_RECEIVERS)
    return &self->others;
  bucket = g_new (McBucket, 1);
  mc_bucket_init (bucket, RATE, AT_ONCE, now_us);
  g_hash_table_insert (self->buckets, g_memdup2 (from, MC_ID_SIZE), bucket);
  return bucket;
}

gboolean
mc_nak_limit_take (McNakLimit *self, const guint8 *from, gint64 now_us)
{
  return mc_bucket_take (find_bucket (self, from, now_us), 1, now_us);
}
