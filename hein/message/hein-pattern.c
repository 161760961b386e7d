/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-pattern.h"

#include <string.h>

#include <hein/hein-error.h>
#include <hein/hein-message.h>

/* Checks patterns of topics, and matches topics against them. */

/* The rest of a text, to be taken level by level. */
typedef struct
{
  const char *start;
  const char *end; /* a NULL start means that no levels are left */
} Rest;

typedef struct
{
  const char *start;
  gsize size;
} Level;

static gboolean
next_level (Rest *rest, Level *level)
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

static gboolean
is_text (const Level *level, const char *text)
{
  return level->size == strlen (text) &&
         memcmp (level->start, text, level->size) == 0;
}

static gboolean
check_levels (const char *pattern, GError **error)
{
  Rest rest = { pattern, pattern + strlen (pattern) };
  Level level;

  while (next_level (&rest, &level))
    if (memchr (level.start, '*', level.size) != NULL &&
        !is_text (&level, "*") && !is_text (&level, "**"))
      {
        g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED,
                     "a level of the pattern \"%s\" is neither \"*\" nor "
                     "\"**\", and has a star",
                     pattern);
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

static gboolean
is_equal (const Level *wanted, const Level *level)
{
  return is_text (wanted, "*") ||
         (wanted->size == level->size &&
          memcmp (wanted->start, level->start, level->size) == 0);
}

/* Where a level does not match, the last "**" takes one level more, and what
 * follows it is tried again: no earlier "**" could do better. */
gboolean
hein_pattern_match (const char *pattern, const char *topic, gsize size)
{
  Rest wanted = { pattern, pattern + strlen (pattern) };
  Rest rest = { topic, topic + size };
  Rest after_stars = { NULL, NULL }; /* in the pattern, behind the last "**" */
  Rest taken = { NULL, NULL };       /* in the topic, behind what it matches */
  gboolean has_stars = FALSE;

  for (;;)
    {
      Level wish;
      Level level;
      const gboolean has_wish = next_level (&wanted, &wish);
      gboolean has_level;

      if (has_wish && is_text (&wish, "**"))
        {
          has_stars = TRUE;
          after_stars = wanted;
          taken = rest;
          continue;
        }
      has_level = next_level (&rest, &level);
      if (!has_wish && !has_level)
        return TRUE;
      if (has_wish && has_level && is_equal (&wish, &level))
        continue;
      if (!has_stars || !next_level (&taken, &level))
        return FALSE;
      wanted = after_stars;
      rest = taken;
    }
}
