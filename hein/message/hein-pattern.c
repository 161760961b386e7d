/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-pattern.h"

#include <string.h>

#include <hein/hein-error.h>
#include <hein/hein-message.h>

/* Checks patterns of topics, and matches topics against them. */

static gboolean
check_levels (const char *pattern, GError **error)
{
  HeinPatternRest rest = { pattern, pattern + strlen (pattern) };
  HeinPatternLevel level;

  while (hein_pattern_next_level (&rest, &level))
    if (memchr (level.start, '*', level.size) != NULL &&
        !hein_pattern_level_is (&level, "*") &&
        !hein_pattern_level_is (&level, "**"))
      {
        g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED,
                     "the level \"%.*s\" of the pattern \"%s\" has a star, "
                     "and is neither \"*\" nor \"**\"",
                     (int) level.size, level.start, pattern);
        return FALSE;
      }
  return TRUE;
}

gboolean
hein_pattern_check (const char *pattern, GError **error)
{
  if (strlen (pattern) > HEIN_TOPIC_MAX)
    {
      g_set_error (error, HEIN_ERROR, HEIN_ERROR_TOO_LARGE,
                   "a pattern of %" G_GSIZE_FORMAT " bytes; the limit is %d",
                   strlen (pattern), HEIN_TOPIC_MAX);
      return FALSE;
    }
  if (!g_utf8_validate (pattern, -1, NULL))
    {
      g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_FAILED,
                           "a pattern has to be UTF-8");
      return FALSE;
    }
  return check_levels (pattern, error);
}

gboolean
hein_pattern_is_wild (const char *pattern)
{
  return strchr (pattern, '*') != NULL;
}

/* Before "**" the slash is not part of it: that may stand for no level. */
gsize
hein_pattern_get_beginning (const char *pattern)
{
  const char *star = strchr (pattern, '*');
  gsize size;

  if (star == NULL)
    return strlen (pattern);
  size = star - pattern;
  return star[1] == '*' && size > 0 ? size - 1 : size;
}

static gboolean
is_equal (const HeinPatternLevel *wanted, const HeinPatternLevel *level)
{
  return hein_pattern_level_is (wanted, "*") ||
         (wanted->size == level->size &&
          memcmp (wanted->start, level->start, level->size) == 0);
}

/* Where a level does not match, the last "**" takes one level more, and what
 * follows it is tried again: no earlier "**" could do better. */
gboolean
hein_pattern_match (const char *pattern, const char *topic, gsize size)
{
  HeinPatternRest wanted = { pattern, pattern + strlen (pattern) };
  HeinPatternRest rest = { topic, topic + size };
  HeinPatternRest after_stars = {
    NULL, NULL
  }; /* in the pattern, behind the last "**" */
  HeinPatternRest taken = { NULL,
                            NULL }; /* in the topic, behind what it matches */
  gboolean has_stars = FALSE;

  for (;;)
    {
      HeinPatternLevel wish;
      HeinPatternLevel level;
      const gboolean has_wish = hein_pattern_next_level (&wanted, &wish);
      gboolean has_level;

      if (has_wish && hein_pattern_level_is (&wish, "**"))
        {
          has_stars = TRUE;
          after_stars = wanted;
          taken = rest;
          continue;
        }
      has_level = hein_pattern_next_level (&rest, &level);
      if (!has_wish && !has_level)
        return TRUE;
      if (has_wish && has_level && is_equal (&wish, &level))
        continue;
      if (!has_stars || !hein_pattern_next_level (&taken, &level))
        return FALSE;
      wanted = after_stars;
      rest = taken;
    }
}
