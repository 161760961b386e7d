/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "monitor-topic.h"

#include <string.h>

#include "monitor-text.h"

/* Keeps the latest message of a topic, and the topics below it. */

struct _MonitorTopic
{
  GObject parent_instance;

  char *topic;
  char *level;
  char *title;
  GListStore *children; /* nullable */
  HeinMessage *latest;  /* nullable */
  char *sender;         /* of that; nullable */
  gsize size;
  gint64 time_us;
  guint64 n_messages;
};

static guint changed_signal;

G_DEFINE_FINAL_TYPE (MonitorTopic, monitor_topic, G_TYPE_OBJECT)

static void
monitor_topic_finalize (GObject *object)
{
  MonitorTopic *self = MONITOR_TOPIC (object);

  g_free (self->topic);
  g_free (self->level);
  g_free (self->title);
  g_free (self->sender);
  g_clear_object (&self->children);
  g_clear_pointer (&self->latest, hein_message_unref);
  G_OBJECT_CLASS (monitor_topic_parent_class)->finalize (object);
}

static void
monitor_topic_class_init (MonitorTopicClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = monitor_topic_finalize;
  changed_signal =
    g_signal_new ("changed", MONITOR_TYPE_TOPIC, G_SIGNAL_RUN_LAST, 0, NULL,
                  NULL, NULL, G_TYPE_NONE, 0);
}

static void
monitor_topic_init (MonitorTopic *self)
{
}

/* The empty one has a name, so that it can be seen. */
static char *
dup_shown (const char *topic)
{
  return *topic != '\0'
           ? monitor_text_dup_printable (topic, strlen (topic), FALSE)
           : g_strdup ("(empty)");
}

MonitorTopic *
monitor_topic_new (const char *topic, const char *level)
{
  MonitorTopic *self = g_object_new (MONITOR_TYPE_TOPIC, NULL);

  self->topic = g_strdup (topic);
  self->level = dup_shown (level);
  self->title = dup_shown (topic);
  return self;
}

const char *
monitor_topic_get_topic (MonitorTopic *self)
{
  return self->topic;
}

const char *
monitor_topic_get_level (MonitorTopic *self)
{
  return self->level;
}

const char *
monitor_topic_get_title (MonitorTopic *self)
{
  return self->title;
}

GListModel *
monitor_topic_get_children (MonitorTopic *self)
{
  return (GListModel *) self->children;
}

static int
compare (gconstpointer a, gconstpointer b, gpointer data)
{
  const MonitorTopic *one = a, *other = b;

  return strcmp (one->topic, other->topic);
}

void
monitor_topic_add_child (MonitorTopic *self, MonitorTopic *child)
{
  if (self->children == NULL)
    self->children = g_list_store_new (MONITOR_TYPE_TOPIC);
  g_list_store_insert_sorted (self->children, child, compare, NULL);
}

/* A copy: a small message that arrived may hold on to a large block of others,
 * and its sender. */
static HeinMessage *
copy_message (HeinMessage *message, gsize kept)
{
  const char *type = hein_message_get_content_type (message);
  g_autoptr (GBytes) copy = NULL;
  HeinMessageView view;

  hein_message_peek (message, &view);
  copy = g_bytes_new (view.data, MIN (view.size, kept));
  return type != NULL ? hein_message_new_typed (view.topic, type, copy)
                      : hein_message_new (view.topic, copy);
}

void
monitor_topic_take (MonitorTopic *self, HeinMessage *message, gsize kept)
{
  HeinPeer *sender = hein_message_get_sender (message);
  const char *name = sender != NULL ? hein_peer_get_name (sender) : NULL;

  g_clear_pointer (&self->latest, hein_message_unref);
  self->latest = copy_message (message, kept);
  self->size = hein_message_get_size (message);
  self->time_us = hein_message_get_time_us (message);
  self->n_messages++;
  g_free (self->sender);
  self->sender = name != NULL
                   ? monitor_text_dup_printable (name, strlen (name), FALSE)
                   : NULL;
}

HeinMessage *
monitor_topic_get_latest (MonitorTopic *self)
{
  return self->latest;
}

const char *
monitor_topic_get_sender (MonitorTopic *self)
{
  return self->sender;
}

gint64
monitor_topic_get_time_us (MonitorTopic *self)
{
  return self->time_us;
}

gsize
monitor_topic_get_size (MonitorTopic *self)
{
  return self->size;
}

gsize
monitor_topic_get_kept (MonitorTopic *self)
{
  return self->latest != NULL ? hein_message_get_size (self->latest) : 0;
}

guint64
monitor_topic_get_n_messages (MonitorTopic *self)
{
  return self->n_messages;
}

void
monitor_topic_tell (MonitorTopic *self)
{
  g_signal_emit (self, changed_signal, 0);
}
