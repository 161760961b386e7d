/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "monitor-topics.h"

#include <string.h>

/* Keeps the topics of a bus as a tree, in bounds. */

/* So many enter the tree at a time: a frame is not held up. */
#define NEW_AT_ONCE 300
/* A topic of more levels than this has the rest of them in one. */
#define LEVELS_MAX 16

struct _MonitorTopics
{
  GObject parent_instance;

  MonitorTopic *top;   /* whose children are the roots */
  GHashTable *by_name; /* topic, borrowed -> owned MonitorTopic */
  GQueue newcomers;    /* borrowed: not in the tree yet, but what is below */
  GHashTable *waiting; /* the same, to look them up */
  GHashTable *changed; /* borrowed: those with new messages */
  gsize bytes;         /* of all latest messages */
  guint64 n_left_out;
};

static guint changed_signal;

G_DEFINE_FINAL_TYPE (MonitorTopics, monitor_topics, G_TYPE_OBJECT)

static void
monitor_topics_finalize (GObject *object)
{
  MonitorTopics *self = MONITOR_TOPICS (object);

  g_queue_clear (&self->newcomers);
  g_hash_table_unref (self->waiting);
  g_hash_table_unref (self->changed);
  g_hash_table_unref (self->by_name);
  g_object_unref (self->top);
  G_OBJECT_CLASS (monitor_topics_parent_class)->finalize (object);
}

static void
monitor_topics_class_init (MonitorTopicsClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = monitor_topics_finalize;
  changed_signal =
    g_signal_new ("changed", MONITOR_TYPE_TOPICS, G_SIGNAL_RUN_LAST, 0, NULL,
                  NULL, NULL, G_TYPE_NONE, 0);
}

static void
monitor_topics_init (MonitorTopics *self)
{
  g_autoptr (MonitorTopic) none = monitor_topic_new ("", "");

  self->top = monitor_topic_new ("", "");
  /* so that there is a list from the beginning */
  monitor_topic_add_child (self->top, none);
  g_list_store_remove_all (G_LIST_STORE (monitor_topics_get_roots (self)));
  self->by_name =
    g_hash_table_new_full (hein_hash_text, g_str_equal, NULL, g_object_unref);
  self->waiting = g_hash_table_new (NULL, NULL);
  self->changed = g_hash_table_new (NULL, NULL);
  g_queue_init (&self->newcomers);
}

MonitorTopics *
monitor_topics_new (void)
{
  return g_object_new (MONITOR_TYPE_TOPICS, NULL);
}

/* The slash before the last level; NULL: there is one level. */
static const char *
find_split (const char *topic)
{
  const char *split = NULL;

  for (guint level = 1; level < LEVELS_MAX; level++)
    {
      const char *next = strchr (split != NULL ? split + 1 : topic, '/');

      if (next == NULL)
        break;
      split = next;
    }
  return split;
}

/* What stands above; NULL: nothing does. */
static MonitorTopic *
find_parent (MonitorTopics *self, MonitorTopic *topic)
{
  const char *name = monitor_topic_get_topic (topic);
  const char *split = find_split (name);
  g_autofree char *above =
    split != NULL ? g_strndup (name, (gsize) (split - name)) : NULL;

  return above != NULL ? g_hash_table_lookup (self->by_name, above) : NULL;
}

/* Whether it can be seen, or will be together with what is above. */
static gboolean
is_in_tree (MonitorTopics *self, MonitorTopic *topic)
{
  for (; topic != NULL; topic = find_parent (self, topic))
    if (g_hash_table_contains (self->waiting, topic))
      return FALSE;
  return TRUE;
}

static void
note (MonitorTopics *self, MonitorTopic *added)
{
  g_hash_table_insert (self->by_name, (char *) monitor_topic_get_topic (added),
                       added);
}

static void
put_in_row (MonitorTopics *self, MonitorTopic *added)
{
  g_queue_push_tail (&self->newcomers, added);
  g_hash_table_add (self->waiting, added);
}

/* With what stands above, from the top. */
static MonitorTopic *
add (MonitorTopics *self, const char *name)
{
  const char *split = NULL;
  MonitorTopic *parent = NULL, *topic;

  do
    {
      const char *last = split;
      g_autofree char *part = NULL;

      split = strchr (last != NULL ? last + 1 : name, '/');
      if (split == NULL || split > find_split (name))
        split = name + strlen (name);
      part = g_strndup (name, (gsize) (split - name));
      topic = g_hash_table_lookup (self->by_name, part);
      if (topic == NULL)
        {
          topic =
            monitor_topic_new (part,
                               part + (last != NULL ? last + 1 - name : 0));
          note (self, topic);
          if (parent != NULL && !is_in_tree (self, parent))
            monitor_topic_add_child (parent, topic);
          else
            put_in_row (self, topic);
        }
      parent = topic;
    }
  while (*split != '\0');
  return topic;
}

void
monitor_topics_take (MonitorTopics *self, HeinMessage *message)
{
  const char *name = hein_message_get_topic (message);
  MonitorTopic *topic = g_hash_table_lookup (self->by_name, name);
  gsize kept;

  if (topic == NULL && monitor_topics_get_n_topics (self) >= MONITOR_TOPICS_MAX)
    {
      self->n_left_out++;
      return;
    }
  if (topic == NULL)
    topic = add (self, name);
  self->bytes -= monitor_topic_get_kept (topic);
  kept = self->bytes < MONITOR_TOPICS_BYTES_MAX ? MONITOR_TOPIC_BYTES_MAX
                                                : MONITOR_TOPIC_BYTES_MIN;
  monitor_topic_take (topic, message, kept);
  self->bytes += monitor_topic_get_kept (topic);
  g_hash_table_add (self->changed, topic);
}

/* A row asks once whether there is something below it. */
static void
replace (GListModel *siblings, MonitorTopic *topic)
{
  gpointer item = topic;
  guint at;

  if (g_list_store_find (G_LIST_STORE (siblings), topic, &at))
    g_list_store_splice (G_LIST_STORE (siblings), at, 1, &item, 1);
}

static void
put_in_tree (MonitorTopics *self, MonitorTopic *newcomer)
{
  MonitorTopic *parent = find_parent (self, newcomer);
  const gboolean is_first =
    parent != NULL && monitor_topic_get_children (parent) == NULL;

  g_hash_table_remove (self->waiting, newcomer);
  monitor_topic_add_child (parent != NULL ? parent : self->top, newcomer);
  if (is_first)
    {
      MonitorTopic *above = find_parent (self, parent);

      replace (monitor_topic_get_children (above != NULL ? above : self->top),
               parent);
    }
}

gboolean
monitor_topics_tell (MonitorTopics *self)
{
  GHashTableIter iter;
  gpointer topic;

  for (guint i = 0; i < NEW_AT_ONCE; i++)
    {
      MonitorTopic *newcomer = g_queue_pop_head (&self->newcomers);

      if (newcomer == NULL)
        break;
      put_in_tree (self, newcomer);
    }
  g_hash_table_iter_init (&iter, self->changed);
  while (g_hash_table_iter_next (&iter, &topic, NULL))
    {
      g_hash_table_iter_remove (&iter);
      monitor_topic_tell (topic);
    }
  g_signal_emit (self, changed_signal, 0);
  return !g_queue_is_empty (&self->newcomers);
}

GListModel *
monitor_topics_get_roots (MonitorTopics *self)
{
  return monitor_topic_get_children (self->top);
}

MonitorTopic *
monitor_topics_find (MonitorTopics *self, const char *topic)
{
  return g_hash_table_lookup (self->by_name, topic);
}

guint
monitor_topics_get_n_topics (MonitorTopics *self)
{
  return g_hash_table_size (self->by_name);
}

guint64
monitor_topics_get_n_left_out (MonitorTopics *self)
{
  return self->n_left_out;
}

gsize
monitor_topics_get_bytes (MonitorTopics *self)
{
  return self->bytes;
}
