/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-interests.h"

#include <string.h>

#include "hein-taker-row.h"

/* One table of the prefixes of all: from a topic to those who want it. */

#define BUCKETS_MIN 16

/* A prefix, and everybody who has it. */
struct _HeinInterest
{
  HeinInterest *next; /* in its bucket */
  HeinTakerRow row;
  guint hash;
  guint8 size;
  guint8 bytes[];
};

static gsize
get_array_cost (guint n)
{
  return n > 0 ? n * sizeof (gpointer) + HEIN_MALLOC_COST : 0;
}

static gsize
get_cost (const HeinInterest *self)
{
  return sizeof *self + self->size + HEIN_MALLOC_COST +
         hein_taker_row_get_cost (&self->row);
}

static inline HeinInterest **
get_bucket (const HeinInterests *self, guint hash)
{
  return &self->buckets[hash & (self->n_buckets - 1)];
}

static inline HeinInterest *
find (const HeinInterests *self, guint hash, const guint8 *bytes, gsize size)
{
  HeinInterest *interest = *get_bucket (self, hash);

  while (interest != NULL &&
         (interest->hash != hash || interest->size != size ||
          memcmp (interest->bytes, bytes, size) != 0))
    interest = interest->next;
  return interest;
}

/* Without a table when @n_buckets is 0. */
static void
resize (HeinInterests *self, guint n_buckets)
{
  HeinInterest **old = self->buckets;
  const guint n_old = self->n_buckets;

  self->buckets = n_buckets > 0 ? g_new0 (HeinInterest *, n_buckets) : NULL;
  self->n_buckets = n_buckets;
  for (guint i = 0; i < n_old; i++)
    {
      HeinInterest *next;

      for (HeinInterest *one = old[i]; one != NULL; one = next)
        {
          HeinInterest **bucket = get_bucket (self, one->hash);

          next = one->next;
          one->next = *bucket;
          *bucket = one;
        }
    }
  g_free (old);
  self->cost += get_array_cost (n_buckets) - get_array_cost (n_old);
}

static HeinInterest *
insert (HeinInterests *self, const HeinPrefix *prefix)
{
  HeinInterest *interest = g_malloc (sizeof *interest + prefix->size);
  HeinInterest **bucket;

  if (self->n >= self->n_buckets)
    resize (self, MAX (self->n_buckets * 2, BUCKETS_MIN));
  bucket = get_bucket (self, prefix->hash);
  *interest = (HeinInterest){
    .next = *bucket,
    .hash = prefix->hash,
    .size = prefix->size,
  };
  hein_taker_row_init (&interest->row);
  memcpy (interest->bytes, prefix->bytes, prefix->size);
  *bucket = interest;
  self->cost += get_cost (interest);
  self->n++;
  self->n_of_length[prefix->size]++;
  self->longest = MAX (self->longest, prefix->size);
  return interest;
}

void
hein_interests_add (HeinInterests *self, HeinPrefix *prefix, gpointer owner)
{
  HeinInterest *interest = NULL;

  if (self->buckets != NULL)
    interest = find (self, prefix->hash, prefix->bytes, prefix->size);
  if (interest == NULL)
    interest = insert (self, prefix);
  self->cost -= hein_taker_row_get_cost (&interest->row);
  hein_taker_row_add (&interest->row, prefix);
  self->cost += hein_taker_row_get_cost (&interest->row);
  prefix->owner = owner;
  prefix->interest = interest;
}

static void
interest_free (HeinInterest *self)
{
  hein_taker_row_clear (&self->row);
  g_free (self);
}

static void
drop (HeinInterests *self, HeinInterest *interest)
{
  HeinInterest **place = get_bucket (self, interest->hash);

  while (*place != interest)
    place = &(*place)->next;
  *place = interest->next;
  self->n--;
  self->n_of_length[interest->size]--;
  while (self->longest > 0 && self->n_of_length[self->longest] == 0)
    self->longest--;
  self->cost -= get_cost (interest);
  interest_free (interest);
  if (self->n == 0)
    resize (self, 0);
  else if (self->n < self->n_buckets / 8 && self->n_buckets > BUCKETS_MIN)
    resize (self, self->n_buckets / 4);
}

void
hein_interests_remove (HeinInterests *self, HeinPrefix *prefix)
{
  HeinInterest *interest = prefix->interest;

  self->cost -= hein_taker_row_get_cost (&interest->row);
  hein_taker_row_remove (&interest->row, prefix);
  self->cost += hein_taker_row_get_cost (&interest->row);
  prefix->interest = NULL;
  if (interest->row.n == 0)
    drop (self, interest);
}

/* The prefixes may be gone already. */
void
hein_interests_clear (HeinInterests *self)
{
  for (guint i = 0; i < self->n_buckets; i++)
    while (self->buckets[i] != NULL)
      {
        HeinInterest *interest = self->buckets[i];

        self->buckets[i] = interest->next;
        interest_free (interest);
      }
  g_free (self->buckets);
  memset (self, 0, sizeof *self);
}

void
hein_interests_match (const HeinInterests *self,
                      const guint8 *subject,
                      gsize size,
                      GPtrArray *owners)
{
  const guint longest = MIN (size, self->longest);
  const guint point = hein_prefix_get_point ();
  guint hash = 0;

  for (guint i = 0; i < longest; i++)
    {
      const HeinInterest *interest = NULL;

      hash = hein_prefix_hash_on (hash, subject[i], point);
      if (self->n_of_length[i + 1] > 0)
        interest = find (self, hash, subject, i + 1);
      if (interest == NULL)
        continue;
      hein_taker_row_append_owners (&interest->row, owners);
    }
}
