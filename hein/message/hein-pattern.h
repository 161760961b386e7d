/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <string.h>

#include <glib.h>

G_BEGIN_DECLS

/*
 * Patterns of topics with levels separated by "/": "*" stands for one level,
 * "**" for any number of levels, including none.
 */

/* The rest of a text, to be taken level by level. */
typedef struct
{
  const char *start;
  const char *end; /* a NULL start means that no levels are left */
} HeinPatternRest;

typedef struct
{
  const char *start;
  gsize size;
} HeinPatternLevel;

static inline gboolean
hein_pattern_next_level (HeinPatternRest *rest, HeinPatternLevel *level)
{
  const char *slash;

  if (rest->start == NULL)
    return FALSE;
  slash = memchr (rest->start, '/', rest->end - rest->start);
  level->start = rest->start;
  level->size = (slash != NULL ? slash : rest->end) - rest->start;
  rest->start = slash != NULL ? slash + 1 : NULL;
  return TRUE;
}

static inline gboolean
hein_pattern_level_is (const HeinPatternLevel *level, const char *text)
{
  return level->size == strlen (text) &&
         memcmp (level->start, text, level->size) == 0;
}

/* Checks a pattern. FALSE with TOO_LARGE above 255 bytes, FAILED when it is not
 * UTF-8 or a star is only part of a level. */
gboolean hein_pattern_check (const char *pattern, GError **error);
/* Returns whether the pattern has a star; otherwise it is a single topic. */
gboolean hein_pattern_is_wild (const char *pattern);
/* Returns the size of what all topics that match begin with, in bytes. */
gsize hein_pattern_get_beginning (const char *pattern);
/* Returns whether a topic matches; @topic need not be terminated. */
gboolean
hein_pattern_match (const char *pattern, const char *topic, gsize size);

G_END_DECLS
