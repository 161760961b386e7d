/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-pattern-shapes.h"

#include <string.h>

#include <hein/hein-hash.h>
#include <hein/hein-message.h>

#include "hein-pattern.h"

/* The shapes of patterns with more than one wildcard. */

#define TEXT  't'
#define STAR  '*'
#define STARS '+'
/* An entry of the table, and its key beside its bytes. */
#define SHAPE_COST 64

/* Writes the shape, and returns how many wildcards it has. */
static guint
get_shape (const char *pattern, char shape[HEIN_TOPIC_MAX + 2])
{
  HeinPatternRest rest = { pattern, pattern + strlen (pattern) };
  HeinPatternLevel level;
  guint n_wild = 0;

  while (hein_pattern_next_level (&rest, &level))
    {
      if (hein_pattern_level_is (&level, "*"))
        *shape = STAR;
      else if (hein_pattern_level_is (&level, "**"))
        *shape = STARS;
      else
        *shape = TEXT;
      n_wild += *shape++ != TEXT;
    }
  *shape = '\0';
  return n_wild;
}

gboolean
hein_pattern_shapes_may_add (HeinPatternShapes *self, const char *pattern)
{
  char shape[HEIN_TOPIC_MAX + 2];

  return get_shape (pattern, shape) <= 1 || self == NULL ||
         g_hash_table_size (self) < HEIN_PATTERN_SHAPES_MAX ||
         g_hash_table_contains (self, shape);
}

gsize
hein_pattern_shapes_add (HeinPatternShapes **self, const char *pattern)
{
  char shape[HEIN_TOPIC_MAX + 2];
  guint n;

  if (get_shape (pattern, shape) <= 1)
    return 0;
  if (*self == NULL)
    *self = g_hash_table_new_full (hein_hash_text, g_str_equal, g_free, NULL);
  n = GPOINTER_TO_UINT (g_hash_table_lookup (*self, shape));
  g_hash_table_insert (*self, g_strdup (shape), GUINT_TO_POINTER (n + 1));
  return n == 0 ? SHAPE_COST + strlen (shape) : 0;
}

gsize
hein_pattern_shapes_remove (HeinPatternShapes **self, const char *pattern)
{
  char shape[HEIN_TOPIC_MAX + 2];
  guint n;

  if (*self == NULL || get_shape (pattern, shape) <= 1)
    return 0;
  n = GPOINTER_TO_UINT (g_hash_table_lookup (*self, shape));
  if (n > 1)
    {
      g_hash_table_insert (*self, g_strdup (shape), GUINT_TO_POINTER (n - 1));
      return 0;
    }
  g_hash_table_remove (*self, shape);
  if (g_hash_table_size (*self) == 0)
    g_clear_pointer (self, g_hash_table_unref);
  return SHAPE_COST + strlen (shape);
}
