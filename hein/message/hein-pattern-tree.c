/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-pattern-tree.h"

#include <string.h>

#include "hein-pattern.h"
#include "hein-taker-row.h"

/* One tree of the patterns of all: from a topic to those who want it. */

#define BUCKETS_MIN 16
#define LISTS_COST  (2 * (64 + HEIN_MALLOC_COST))

/* A level of patterns that are equal up to here. */
struct _HeinPatternNode
{
  HeinPatternNode *next;   /* in its bucket */
  HeinPatternNode *parent; /* NULL: the root, which is no level */
  HeinPatternNode *star;   /* the child "*"; NULL: none */
  HeinPatternNode *stars;  /* the child "**"; NULL: none */
  HeinTakerRow row;        /* of the patterns that end here */
  guint64 serial;          /* the last level of a topic that reached it */
  guint n_children;
  guint hash; /* of the way from the root */
  guint8 size;
  char bytes[];
};

/* ---- nodes in their buckets ---- */

static gsize
get_node_cost (const HeinPatternNode *self)
{
  return sizeof *self + self->size + HEIN_MALLOC_COST +
         hein_taker_row_get_cost (&self->row);
}

static gsize
get_buckets_cost (guint n)
{
  return n > 0 ? n * sizeof (gpointer) + HEIN_MALLOC_COST : 0;
}

/* The hashes of levels have a secret point, so nobody can choose levels whose
 * nodes share a bucket. */
static inline guint
hash_way (const HeinPatternNode *parent, guint level_hash)
{
  const guint64 mixed =
    ((guint64) parent->hash + level_hash) * 0x9e3779b97f4a7c15;

  return (guint) (mixed >> 32);
}

static inline HeinPatternNode **
get_bucket (const HeinPatternTree *self, guint hash)
{
  return &self->buckets[hash & (self->n_buckets - 1)];
}

static inline HeinPatternNode *
find_child (const HeinPatternTree *self,
            const HeinPatternNode *parent,
            guint level_hash,
            const HeinPatternLevel *level)
{
  const guint hash = hash_way (parent, level_hash);
  HeinPatternNode *node = *get_bucket (self, hash);

  while (node != NULL && (node->hash != hash || node->parent != parent ||
                          node->size != level->size ||
                          memcmp (node->bytes, level->start, level->size) != 0))
    node = node->next;
  return node;
}

static void
resize (HeinPatternTree *self, guint n_buckets)
{
  HeinPatternNode **old = self->buckets;
  const guint n_old = self->n_buckets;

  self->buckets = g_new0 (HeinPatternNode *, n_buckets);
  self->n_buckets = n_buckets;
  for (guint i = 0; i < n_old; i++)
    {
      HeinPatternNode *next;

      for (HeinPatternNode *node = old[i]; node != NULL; node = next)
        {
          HeinPatternNode **bucket = get_bucket (self, node->hash);

          next = node->next;
          node->next = *bucket;
          *bucket = node;
        }
    }
  g_free (old);
  self->cost += get_buckets_cost (n_buckets) - get_buckets_cost (n_old);
}

/* ---- adding ---- */

static HeinPatternNode *
node_new (HeinPatternTree *self,
          HeinPatternNode *parent,
          guint hash,
          const HeinPatternLevel *level)
{
  HeinPatternNode *node = g_malloc (sizeof *node + level->size);

  *node = (HeinPatternNode){
    .parent = parent,
    .hash = hash,
    .size = level->size,
  };
  memcpy (node->bytes, level->start, level->size);
  hein_taker_row_init (&node->row);
  self->cost += get_node_cost (node);
  return node;
}

static void
begin (HeinPatternTree *self)
{
  const HeinPatternLevel none = { "", 0 };

  self->root = node_new (self, NULL, 0, &none);
  self->reached = g_ptr_array_new ();
  self->next = g_ptr_array_new ();
  self->cost += LISTS_COST;
  resize (self, BUCKETS_MIN);
}

static HeinPatternNode *
add_child (HeinPatternTree *self,
           HeinPatternNode *parent,
           guint level_hash,
           const HeinPatternLevel *level)
{
  HeinPatternNode *node =
    node_new (self, parent, hash_way (parent, level_hash), level);
  HeinPatternNode **bucket;

  if (self->n_nodes >= self->n_buckets)
    resize (self, self->n_buckets * 2);
  bucket = get_bucket (self, node->hash);
  node->next = *bucket;
  *bucket = node;
  self->n_nodes++;
  parent->n_children++;
  if (hein_pattern_level_is (level, "*"))
    parent->star = node;
  else if (hein_pattern_level_is (level, "**"))
    parent->stars = node;
  return node;
}

void
hein_pattern_tree_add (HeinPatternTree *self,
                       HeinPrefix *pattern,
                       gpointer owner)
{
  const char *text = (const char *) pattern->bytes;
  HeinPatternRest rest = { text, text + pattern->size };
  HeinPatternLevel level;
  HeinPatternNode *node;

  if (self->root == NULL)
    begin (self);
  node = self->root;
  while (hein_pattern_next_level (&rest, &level))
    {
      const guint hash =
        hein_prefix_hash ((const guint8 *) level.start, level.size);
      HeinPatternNode *child = find_child (self, node, hash, &level);

      node = child != NULL ? child : add_child (self, node, hash, &level);
    }
  self->cost -= hein_taker_row_get_cost (&node->row);
  hein_taker_row_add (&node->row, pattern);
  self->cost += hein_taker_row_get_cost (&node->row);
  pattern->owner = owner;
  pattern->node = node;
}

/* ---- removing ---- */

static void
node_free (HeinPatternNode *self)
{
  hein_taker_row_clear (&self->row);
  g_free (self);
}

static void
drop (HeinPatternTree *self, HeinPatternNode *node)
{
  HeinPatternNode *parent = node->parent;
  HeinPatternNode **place = get_bucket (self, node->hash);

  while (*place != node)
    place = &(*place)->next;
  *place = node->next;
  self->n_nodes--;
  parent->n_children--;
  if (parent->star == node)
    parent->star = NULL;
  else if (parent->stars == node)
    parent->stars = NULL;
  self->cost -= get_node_cost (node);
  node_free (node);
}

void
hein_pattern_tree_remove (HeinPatternTree *self, HeinPrefix *pattern)
{
  HeinPatternNode *node = pattern->node;

  self->cost -= hein_taker_row_get_cost (&node->row);
  hein_taker_row_remove (&node->row, pattern);
  self->cost += hein_taker_row_get_cost (&node->row);
  pattern->node = NULL;
  while (node->parent != NULL && node->row.n == 0 && node->n_children == 0)
    {
      HeinPatternNode *parent = node->parent;

      drop (self, node);
      node = parent;
    }
  if (self->n_nodes == 0)
    hein_pattern_tree_clear (self);
  else if (self->n_nodes < self->n_buckets / 8 && self->n_buckets > BUCKETS_MIN)
    resize (self, self->n_buckets / 4);
}

/* The patterns may be gone already. */
void
hein_pattern_tree_clear (HeinPatternTree *self)
{
  for (guint i = 0; i < self->n_buckets; i++)
    while (self->buckets[i] != NULL)
      {
        HeinPatternNode *node = self->buckets[i];

        self->buckets[i] = node->next;
        node_free (node);
      }
  g_free (self->buckets);
  g_clear_pointer (&self->root, node_free);
  g_clear_pointer (&self->reached, g_ptr_array_unref);
  g_clear_pointer (&self->next, g_ptr_array_unref);
  memset (self, 0, sizeof *self);
}

/* ---- matching ---- */

/* With "**", which may stand for no level at all, what follows it is reached as
 * well. */
static inline void
reach (HeinPatternTree *self, HeinPatternNode *node)
{
  while (node != NULL && node->serial != self->serial)
    {
      node->serial = self->serial;
      g_ptr_array_add (self->next, node);
      node = node->stars;
    }
}

static void
step (HeinPatternTree *self, const HeinPatternLevel *level)
{
  const guint hash =
    hein_prefix_hash ((const guint8 *) level->start, level->size);

  for (guint i = 0; i < self->reached->len; i++)
    {
      HeinPatternNode *node = g_ptr_array_index (self->reached, i);

      if (node->n_children > 0)
        reach (self, find_child (self, node, hash, level));
      reach (self, node->star);
      if (node->parent != NULL && node->parent->stars == node)
        reach (self, node);
    }
}

static void
end_step (HeinPatternTree *self)
{
  GPtrArray *old = self->reached;

  self->n_visits += self->next->len;
  g_ptr_array_set_size (old, 0);
  self->reached = self->next;
  self->next = old;
  self->serial++;
}

/* Leaves the nodes where the topic ends in `reached`. */
static void
walk (HeinPatternTree *self, const char *topic, gsize size)
{
  HeinPatternRest rest = { topic, topic + size };
  HeinPatternLevel level;

  self->serial++;
  reach (self, self->root);
  end_step (self);
  while (self->reached->len > 0 && hein_pattern_next_level (&rest, &level))
    {
      step (self, &level);
      end_step (self);
    }
}

void
hein_pattern_tree_match (HeinPatternTree *self,
                         const char *topic,
                         gsize size,
                         GPtrArray *owners)
{
  if (self->root == NULL)
    return;
  walk (self, topic, size);
  for (guint i = 0; i < self->reached->len; i++)
    {
      const HeinPatternNode *node = g_ptr_array_index (self->reached, i);

      hein_taker_row_append_owners (&node->row, owners);
    }
  g_ptr_array_set_size (self->reached, 0);
}

static gboolean
has_owner (const HeinTakerRow *row, gconstpointer owner)
{
  if (owner == NULL)
    return row->n > 0;
  for (guint i = 0; i < row->n; i++)
    if (row->takers[i]->owner == owner)
      return TRUE;
  return FALSE;
}

gboolean
hein_pattern_tree_has_match (HeinPatternTree *self,
                             const char *topic,
                             gsize size,
                             gconstpointer owner)
{
  gboolean found = FALSE;

  if (self->root == NULL)
    return FALSE;
  walk (self, topic, size);
  for (guint i = 0; i < self->reached->len && !found; i++)
    {
      const HeinPatternNode *node = g_ptr_array_index (self->reached, i);

      found = has_owner (&node->row, owner);
    }
  g_ptr_array_set_size (self->reached, 0);
  return found;
}
