/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Which shapes the patterns of a set have: a bound for what one peer can make
 * the messages to all others cost. */

G_BEGIN_DECLS

/*
 * The shape of a pattern says of each level whether it is a text, "*" or "**":
 * that of "lamp/7/on" and of "lamp/8/on" is the same. A topic fits at most one
 * pattern of a shape for each way in which its levels can be shared out among
 * the "**"; so the shapes bound how many places of the tree a topic can reach
 * at a time, however many patterns there are. Those with one wildcard or none
 * do not count: of these a topic reaches few for each of its levels.
 */
#define HEIN_PATTERN_SHAPES_MAX 128

/* Owned counts by shape; NULL: there are none. */
typedef GHashTable HeinPatternShapes;

/* Returns whether one more pattern, which must have passed hein_pattern_check,
 * keeps the shapes within the limit. */
gboolean hein_pattern_shapes_may_add (HeinPatternShapes *self,
                                      const char *pattern);
/* Each returns what it adds to the cost of the set, as in limits. */
gsize hein_pattern_shapes_add (HeinPatternShapes **self, const char *pattern);
gsize hein_pattern_shapes_remove (HeinPatternShapes **self,
                                  const char *pattern);

G_END_DECLS
