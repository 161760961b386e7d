/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-prefixes.h"

/* Which of many patterns match a topic. */

G_BEGIN_DECLS

/*
 * The patterns of many owners as one tree, a level a step. A topic walks down
 * all the ways that fit at the same time, each at most once a level: it costs
 * what it finds, and the beginnings of patterns that fit so far. Patterns with
 * the same beginning, also of wildcards, share it.
 */
typedef struct
{
  HeinPatternNode *root;     /* owned; NULL: there are no patterns */
  HeinPatternNode **buckets; /* owned: the nodes by their parent and level */
  guint n_buckets;           /* a power of two */
  guint n_nodes;             /* in them: all but the root */
  guint64 serial;            /* of the last level that was walked */
  guint64 n_visits;          /* of nodes, by all walks */
  GPtrArray *reached;        /* owned: borrowed nodes, where a walk stands */
  GPtrArray *next;           /* owned: where it goes */
  gsize cost;                /* the memory that all this occupies */
} HeinPatternTree;

static inline gboolean
hein_pattern_tree_is_empty (const HeinPatternTree *self)
{
  return self->root == NULL;
}

/* Forgets all patterns, which do not learn of it. */
void hein_pattern_tree_clear (HeinPatternTree *self);
/* Adds a pattern of @owner, which must have passed hein_pattern_check, and be
 * in no tree. */
void hein_pattern_tree_add (HeinPatternTree *self,
                            HeinPrefix *pattern,
                            gpointer owner);
/* Removes a pattern that was added. */
void hein_pattern_tree_remove (HeinPatternTree *self, HeinPrefix *pattern);
/* Appends the owner of each pattern that matches: an owner as often as it has
 * such patterns. */
void hein_pattern_tree_match (HeinPatternTree *self,
                              const char *topic,
                              gsize size,
                              GPtrArray *owners);
/* Returns whether a pattern matches; @owner NULL: of anybody. */
gboolean hein_pattern_tree_has_match (HeinPatternTree *self,
                                      const char *topic,
                                      gsize size,
                                      gconstpointer owner);

G_END_DECLS
