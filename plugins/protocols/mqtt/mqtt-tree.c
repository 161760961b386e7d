/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mqtt-tree.h"

#include <hein/hein.h>
#include <string.h>

/* What a level takes, with its place in the table of the one above. */
#define LEVEL_COST 192

typedef struct
{
  GHashTable *below; /* owned levels -> owned Node; NULL until used */
  GPtrArray *items;  /* borrowed; NULL until used */
} Node;

struct _MqttTree
{
  Node root;
};

static void
node_clear (Node *self)
{
  g_clear_pointer (&self->below, g_hash_table_unref);
  g_clear_pointer (&self->items, g_ptr_array_unref);
}

static void
node_free (gpointer data)
{
  node_clear (data);
  g_free (data);
}

MqttTree *
mqtt_tree_new (void)
{
  return g_new0 (MqttTree, 1);
}

void
mqtt_tree_free (MqttTree *self)
{
  node_clear (&self->root);
  g_free (self);
}

static Node *
ensure_below (Node *self, const char *level, gsize size)
{
  g_autofree char *name = g_strndup (level, size);
  Node *node;

  if (self->below == NULL)
    self->below =
      g_hash_table_new_full (hein_hash_text, g_str_equal, g_free, node_free);
  node = g_hash_table_lookup (self->below, name);
  if (node != NULL)
    return node;
  node = g_new0 (Node, 1);
  g_hash_table_insert (self->below, g_steal_pointer (&name), node);
  return node;
}

void
mqtt_tree_add (MqttTree *self, const char *filter, gpointer item)
{
  Node *node = &self->root;

  for (const char *level = filter; level != NULL;)
    {
      const char *slash = strchr (level, '/');

      node =
        ensure_below (node, level,
                      slash != NULL ? (gsize) (slash - level) : strlen (level));
      level = slash != NULL ? slash + 1 : NULL;
    }
  if (node->items == NULL)
    node->items = g_ptr_array_new ();
  g_ptr_array_add (node->items, item);
}

/* Returns whether nothing is left here. @filter: NULL: no level. */
static gboolean
remove_below (Node *self, const char *filter, gpointer item)
{
  const char *slash = filter != NULL ? strchr (filter, '/') : NULL;
  g_autofree char *level = NULL;
  Node *node;

  if (filter == NULL)
    {
      if (self->items != NULL)
        g_ptr_array_remove_fast (self->items, item);
      if (self->items != NULL && self->items->len == 0)
        g_clear_pointer (&self->items, g_ptr_array_unref);
    }
  else if (self->below != NULL)
    {
      level =
        slash != NULL ? g_strndup (filter, slash - filter) : g_strdup (filter);
      node = g_hash_table_lookup (self->below, level);
      if (node != NULL &&
          remove_below (node, slash != NULL ? slash + 1 : NULL, item))
        g_hash_table_remove (self->below, level);
      if (g_hash_table_size (self->below) == 0)
        g_clear_pointer (&self->below, g_hash_table_unref);
    }
  return self->items == NULL && self->below == NULL;
}

void
mqtt_tree_remove (MqttTree *self, const char *filter, gpointer item)
{
  remove_below (&self->root, filter, item);
}

typedef struct
{
  MqttTreeFunc func;
  gpointer data;
} Walk;

static void
tell_items (const Node *self, const Walk *walk)
{
  for (guint i = 0; self->items != NULL && i < self->items->len; i++)
    walk->func (walk->data, g_ptr_array_index (self->items, i));
}

static const Node *
find_below (const Node *self, const char *level)
{
  return self->below != NULL ? g_hash_table_lookup (self->below, level) : NULL;
}

/* @topic: the levels that are left; NULL: none. */
static void
match (const Node *self,
       const char *topic,
       gboolean has_wildcards,
       const Walk *walk)
{
  const Node *rest = has_wildcards ? find_below (self, "#") : NULL;
  const Node *any = has_wildcards ? find_below (self, "+") : NULL;
  const char *slash;
  char level[HEIN_TOPIC_MAX + 1];
  const Node *same;

  if (rest != NULL)
    tell_items (rest, walk);
  if (topic == NULL)
    {
      tell_items (self, walk);
      return;
    }
  slash = strchr (topic, '/');
  g_strlcpy (level, topic,
             slash != NULL ? (gsize) (slash - topic) + 1 : sizeof level);
  same = find_below (self, level);
  topic = slash != NULL ? slash + 1 : NULL;
  if (same != NULL)
    match (same, topic, TRUE, walk);
  if (any != NULL)
    match (any, topic, TRUE, walk);
}

void
mqtt_tree_match (const MqttTree *self,
                 const char *topic,
                 gsize size,
                 MqttTreeFunc func,
                 gpointer data)
{
  const Walk walk = { func, data };
  char text[HEIN_TOPIC_MAX + 1];

  memcpy (text, topic, size);
  text[size] = '\0';
  match (&self->root, text, text[0] != '$', &walk);
}

gsize
mqtt_tree_get_cost (const char *filter)
{
  gsize cost = LEVEL_COST + strlen (filter);

  for (; *filter != '\0'; filter++)
    if (*filter == '/')
      cost += LEVEL_COST;
  return cost;
}
