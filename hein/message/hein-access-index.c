/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-access-index.h"

#include <string.h>

#include "hein-prefixes.h"

/* A hash table of rules, whose chains are in the order of the file. */

typedef struct
{
  guint hash;
  guint next; /* 1 + the next rule in the same slot; 0: none */
} Filed;

struct _HeinAccessIndex
{
  Filed *filed;   /* owned: of each rule */
  guint *slots;   /* owned: 1 + the first rule; 0: none */
  guint mask;     /* the number of slots is a power of two */
  guint n_levels; /* no rule has more before its first star */
};

HeinAccessIndex *
hein_access_index_new (guint n_rules)
{
  HeinAccessIndex *self = g_new0 (HeinAccessIndex, 1);

  self->mask = (2u << g_bit_storage (MAX (n_rules, 1))) - 1;
  self->filed = g_new0 (Filed, n_rules);
  self->slots = g_new0 (guint, self->mask + 1);
  return self;
}

void
hein_access_index_free (HeinAccessIndex *self)
{
  g_free (self->filed);
  g_free (self->slots);
  g_free (self);
}

/* ---- keys ---- */

guint
hein_access_index_get_key (const char *who, gsize size)
{
  return hein_prefix_hash ((const guint8 *) who, size);
}

static guint
join (guint who, guint head)
{
  return (who ^ head) * 0x9e3779b1u;
}

static guint
get_slot (const HeinAccessIndex *self, guint hash)
{
  return (hash >> 7) & self->mask;
}

/* Bytes of the levels before the first star, and how many levels these are. */
static gsize
measure_head (const char *pattern, guint *n_levels)
{
  const char *level = pattern;

  for (*n_levels = 0; *level != '*'; (*n_levels)++)
    {
      level += strcspn (level, "/");
      if (*level == '\0')
        {
          (*n_levels)++;
          return level - pattern;
        }
      level++;
    }
  return *n_levels > 0 ? level - 1 - pattern : 0;
}

void
hein_access_index_add (HeinAccessIndex *self,
                       guint rule,
                       guint who,
                       const char *pattern)
{
  guint n_levels;
  const gsize size = measure_head (pattern, &n_levels);
  const guint hash =
    join (who, hein_prefix_hash ((const guint8 *) pattern, size));
  guint *slot = &self->slots[get_slot (self, hash)];

  self->filed[rule] = (Filed){ hash, *slot };
  *slot = rule + 1;
  self->n_levels = MAX (self->n_levels, n_levels);
}

/* ---- looking up ---- */

typedef struct
{
  const HeinAccessIndex *index;
  HeinAccessApplies applies;
  gconstpointer user_data;
  guint best;
} Search;

static void
search_chain (Search *self, guint hash)
{
  const HeinAccessIndex *index = self->index;
  guint next = index->slots[get_slot (index, hash)];

  while (next != 0 && next - 1 < self->best)
    {
      const Filed *filed = &index->filed[next - 1];

      if (filed->hash == hash && self->applies (self->user_data, next - 1))
        self->best = next - 1;
      else
        next = filed->next;
    }
}

static void
search_chains (Search *self, const guint *whos, guint n_whos, guint head)
{
  for (guint i = 0; i < n_whos; i++)
    search_chain (self, join (whos[i], head));
}

guint
hein_access_index_find (const HeinAccessIndex *self,
                        const guint *whos,
                        guint n_whos,
                        const char *topic,
                        gsize topic_size,
                        HeinAccessApplies applies,
                        gconstpointer user_data)
{
  Search search = { self, applies, user_data, G_MAXUINT };
  const guint point = hein_prefix_get_point ();
  guint hash = 0;
  gsize at = 0;

  search_chains (&search, whos, n_whos, hash);
  for (guint i = 0; i < self->n_levels && at <= topic_size; i++)
    {
      for (; at < topic_size && topic[at] != '/'; at++)
        hash = hein_prefix_hash_on (hash, (guint8) topic[at], point);
      search_chains (&search, whos, n_whos, hash);
      hash = hein_prefix_hash_on (hash, '/', point);
      at++;
    }
  return search.best;
}
