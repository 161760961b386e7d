/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "explorer-topic.h"

#include <string.h>

#include "explorer-scene.h"

/* Topics of the explorer, compared level by level as the documentation says,
 * and not as the library does. */

const char *const topic_names[] = {
  "news",   "news/a", "news/b", "news/a/b", "news/b/b", "newsletter", "old",
  "old//b", "errand", "call",   "value/0",  "value/1",  "value/2",    "value/3",
};

static const char *const prefixes[] = {
  "", "n", "news", "news/", "news/a", "news/b/b", "old", "old/", "x",
};

static const char *const patterns[] = {
  "**",     "*",      "news",     "news/*",  "news/**",     "*/b",
  "**/b",   "*/*/b",  "news/*/b", "**/a/**", "old/*/b",     "old/**",
  "*/**/*", "errand", "value/*",  "value/1", "news/a/b/**", "newsletter",
};

guint
topic_find (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (topic_names); i++)
    if (strcmp (topic_names[i], name) == 0)
      return i;
  return G_MAXUINT;
}

/* Levels: NULL when none is left. */
static const char *
get_next (const char *levels)
{
  const char *slash = strchr (levels, '/');

  return slash != NULL ? slash + 1 : NULL;
}

static gboolean
is_level (const char *levels, const char *text)
{
  const gsize size = strcspn (levels, "/");

  return size == strlen (text) && strncmp (levels, text, size) == 0;
}

static gboolean
is_same_level (const char *levels, const char *others)
{
  const gsize size = strcspn (levels, "/");

  return size == strcspn (others, "/") && strncmp (levels, others, size) == 0;
}

static gboolean
fits (const char *pattern, const char *topic)
{
  if (pattern == NULL)
    return topic == NULL;
  if (is_level (pattern, "**"))
    return fits (get_next (pattern), topic) ||
           (topic != NULL && fits (pattern, get_next (topic)));
  return topic != NULL &&
         (is_level (pattern, "*") || is_same_level (pattern, topic)) &&
         fits (get_next (pattern), get_next (topic));
}

guint32
topic_set_of_prefix (const char *prefix)
{
  guint32 set = 0;

  for (guint i = 0; i < G_N_ELEMENTS (topic_names); i++)
    if (strncmp (topic_names[i], prefix, strlen (prefix)) == 0)
      set |= 1u << i;
  return set;
}

guint32
topic_set_of_pattern (const char *pattern)
{
  guint32 set = 0;

  for (guint i = 0; i < G_N_ELEMENTS (topic_names); i++)
    if (fits (pattern, topic_names[i]))
      set |= 1u << i;
  return set;
}

const char *
topic_draw_prefix (void)
{
  return prefixes[scene_draw (G_N_ELEMENTS (prefixes))];
}

const char *
topic_draw_pattern (void)
{
  return patterns[scene_draw (G_N_ELEMENTS (patterns))];
}
