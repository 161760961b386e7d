/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mqtt-filters.h"

#include <string.h>

#include "mqtt-topic.h"

typedef struct
{
  guint n_users;    /* prefixes and patterns */
  gboolean is_told; /* else a wider one is */
} Filter;

/* Returns the levels that begin all topics with this prefix, "" or up to a "/";
 * NULL: there is no such topic in MQTT. (transfer full) */
static char *
dup_levels (const char *prefix)
{
  const char *slash = strrchr (prefix, '/');

  if (mqtt_topic_has_wildcard (prefix, strlen (prefix)))
    return NULL;
  /* "#" has nothing that begins with "$" */
  if (slash == NULL && *prefix == '$')
    return g_strconcat (prefix, "/", NULL);
  return slash != NULL ? g_strndup (prefix, slash + 1 - prefix) : g_strdup ("");
}

static gboolean
is_told (const MqttFilters *self, const char *levels)
{
  const Filter *filter = g_tree_lookup (self->filters, levels);

  return filter != NULL && filter->is_told;
}

/* Whether a wider filter is told already. */
static gboolean
is_covered (const MqttFilters *self, const char *levels)
{
  g_autofree char *wider = g_strdup (levels);
  char *end = wider + strlen (wider);

  while (end > wider)
    {
      end[-1] = '\0';
      end = strrchr (wider, '/');
      end = end != NULL ? end + 1 : wider;
      *end = '\0';
      if (end == wider && *levels == '$')
        return FALSE;
      if (is_told (self, wider))
        return TRUE;
    }
  return FALSE;
}

static void
tell (const char *levels, gboolean wanted, MqttFilterFunc func, gpointer data)
{
  g_autofree char *filter = g_strconcat (levels, "#", NULL);

  func (data, filter, wanted);
}

static gboolean
is_wider (const char *levels, const char *other)
{
  return g_str_has_prefix (other, levels) && (*levels != '\0' || *other != '$');
}

/* Those that @levels covers are not told any more, or, when it is gone, told
 * again. */
static void
review_narrower (MqttFilters *self,
                 const char *levels,
                 gboolean is_gone,
                 MqttFilterFunc func,
                 gpointer data)
{
  GTreeNode *node = g_tree_upper_bound (self->filters, levels);

  for (; node != NULL && g_str_has_prefix (g_tree_node_key (node), levels);
       node = g_tree_node_next (node))
    {
      const char *narrower = g_tree_node_key (node);
      Filter *filter = g_tree_node_value (node);

      if (!is_wider (levels, narrower) || filter->is_told == is_gone ||
          (is_gone && is_covered (self, narrower)))
        continue;
      filter->is_told = is_gone;
      tell (narrower, is_gone, func, data);
    }
}

static int
compare (gconstpointer a, gconstpointer b, gpointer data)
{
  return strcmp (a, b);
}

/* Returns TRUE when @text is new. A listener has filters for each client, most
 * of which have one prefix and no pattern: what is not used takes no memory. */
static gboolean
add_text (MqttFilters *self, GHashTable **to, const char *text)
{
  if (self->filters == NULL)
    self->filters = g_tree_new_full (compare, NULL, g_free, g_free);
  if (*to == NULL)
    *to = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  return g_hash_table_add (*to, g_strdup (text));
}

static void
count_size (MqttFilters *self, gsize size)
{
  if (size >= self->n_sizes)
    {
      self->n_by_size = g_renew (guint, self->n_by_size, size + 1);
      memset (self->n_by_size + self->n_sizes, 0,
              (size + 1 - self->n_sizes) * sizeof *self->n_by_size);
      self->n_sizes = size + 1;
    }
  self->n_by_size[size]++;
}

static void
use_levels (MqttFilters *self,
            const char *levels,
            MqttFilterFunc func,
            gpointer data)
{
  Filter *filter = g_tree_lookup (self->filters, levels);

  if (filter != NULL)
    {
      filter->n_users++;
      return;
    }
  filter = g_new0 (Filter, 1);
  filter->n_users = 1;
  filter->is_told = !is_covered (self, levels);
  g_tree_insert (self->filters, g_strdup (levels), filter);
  if (!filter->is_told)
    return;
  /* before the others go, so that nothing is missed */
  tell (levels, TRUE, func, data);
  review_narrower (self, levels, FALSE, func, data);
}

static void
leave_levels (MqttFilters *self,
              const char *levels,
              MqttFilterFunc func,
              gpointer data)
{
  Filter *filter = g_tree_lookup (self->filters, levels);
  gboolean was_told;

  if (--filter->n_users > 0)
    return;
  was_told = filter->is_told;
  g_tree_remove (self->filters, levels);
  if (!was_told)
    return;
  review_narrower (self, levels, TRUE, func, data);
  tell (levels, FALSE, func, data);
}

void
mqtt_filters_add (MqttFilters *self,
                  const char *prefix,
                  MqttFilterFunc func,
                  gpointer data)
{
  g_autofree char *levels = dup_levels (prefix);

  if (levels == NULL || !add_text (self, &self->prefixes, prefix))
    return;
  count_size (self, strlen (prefix));
  use_levels (self, levels, func, data);
}

void
mqtt_filters_remove (MqttFilters *self,
                     const char *prefix,
                     MqttFilterFunc func,
                     gpointer data)
{
  g_autofree char *levels = dup_levels (prefix);

  if (levels == NULL || self->prefixes == NULL ||
      !g_hash_table_remove (self->prefixes, prefix))
    return;
  self->n_by_size[strlen (prefix)]--;
  leave_levels (self, levels, func, data);
}

/* Returns what topics that match a pattern begin with: its levels before the
 * first wildcard. (transfer full) */
static char *
dup_beginning (const char *pattern)
{
  const char *level = pattern;

  while (*level != '\0')
    {
      const gsize size = strcspn (level, "/");

      if ((size == 1 && level[0] == '*') ||
          (size == 2 && level[0] == '*' && level[1] == '*'))
        break;
      level += size + (level[size] == '/');
    }
  return g_strndup (pattern, level - pattern);
}

void
mqtt_filters_add_pattern (MqttFilters *self,
                          const char *pattern,
                          MqttFilterFunc func,
                          gpointer data)
{
  g_autofree char *beginning = dup_beginning (pattern);
  g_autofree char *levels = dup_levels (beginning);

  if (levels == NULL || !add_text (self, &self->patterns, pattern))
    return;
  use_levels (self, levels, func, data);
}

void
mqtt_filters_remove_pattern (MqttFilters *self,
                             const char *pattern,
                             MqttFilterFunc func,
                             gpointer data)
{
  g_autofree char *beginning = dup_beginning (pattern);
  g_autofree char *levels = dup_levels (beginning);

  if (levels != NULL && self->patterns != NULL &&
      g_hash_table_remove (self->patterns, pattern))
    leave_levels (self, levels, func, data);
}

static gboolean
match_patterns (const MqttFilters *self, const char *topic)
{
  GHashTableIter iter;
  gpointer pattern;

  if (self->patterns == NULL)
    return FALSE;
  g_hash_table_iter_init (&iter, self->patterns);
  while (g_hash_table_iter_next (&iter, &pattern, NULL))
    if (hein_topic_matches (topic, pattern))
      return TRUE;
  return FALSE;
}

gboolean
mqtt_filters_match (const MqttFilters *self, const char *topic, gsize size)
{
  char prefix[HEIN_TOPIC_MAX + 1];

  if (self->n_sizes > 0 && self->n_by_size[0] > 0)
    return TRUE;
  memcpy (prefix, topic, size);
  prefix[size] = '\0';
  if (match_patterns (self, prefix))
    return TRUE;
  for (gsize n = self->n_sizes > 0 ? MIN (size, self->n_sizes - 1) : 0; n > 0;
       n--)
    {
      prefix[n] = '\0';
      if (self->n_by_size[n] > 0 &&
          g_hash_table_contains (self->prefixes, prefix))
        return TRUE;
    }
  return FALSE;
}

void
mqtt_filters_clear (MqttFilters *self)
{
  g_clear_pointer (&self->filters, g_tree_unref);
  g_clear_pointer (&self->prefixes, g_hash_table_unref);
  g_clear_pointer (&self->patterns, g_hash_table_unref);
  g_clear_pointer (&self->n_by_size, g_free);
  self->n_sizes = 0;
}
