/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mqtt-kept.h"

#include <string.h>

#include "mqtt-topic.h"
#include "mqtt-tree.h"

/* Retained messages, as bytes: their properties, as in a packet, and the payload. */

/* What one takes beside its bytes and its topic. */
#define COST 256

typedef struct
{
  GByteArray *bytes; /* owned */
  guint8 qos;
  guint8 kind;
  gint64 until_us; /* G_MAXINT64: for ever */
  gsize cost;
} Value;

struct _MqttKept
{
  /* owned topics -> owned Value. A tree, since clients may choose topics that
   * collide in a table, and so that the order is always the same */
  GTree *values;
  gsize cost;
};

static void
value_free (gpointer data)
{
  Value *self = data;

  g_byte_array_unref (self->bytes);
  g_free (self);
}

static int
compare (gconstpointer a, gconstpointer b, gpointer data)
{
  return strcmp (a, b);
}

MqttKept *
mqtt_kept_new (void)
{
  MqttKept *self = g_new0 (MqttKept, 1);

  self->values = g_tree_new_full (compare, NULL, g_free, value_free);
  return self;
}

void
mqtt_kept_free (MqttKept *self)
{
  g_tree_unref (self->values);
  g_free (self);
}

static void
forget (MqttKept *self, const char *topic)
{
  const Value *value = g_tree_lookup (self->values, topic);

  if (value == NULL)
    return;
  self->cost -= value->cost;
  g_tree_remove (self->values, topic);
}

static gint64
get_until_us (const MqttPublish *publish, gint64 now_us)
{
  if (!MQTT_HAS (&publish->properties, MQTT_MESSAGE_EXPIRY))
    return G_MAXINT64;
  return now_us +
         (gint64) publish->properties.message_expiry_s * G_USEC_PER_SEC;
}

gboolean
mqtt_kept_set (MqttKept *self,
               const MqttPublish *publish,
               MqttKind kind,
               gint64 now_us,
               gsize limit)
{
  const MqttReader *properties = &publish->properties.pairs;
  const gsize size = properties->end - properties->p;
  g_autofree char *topic = g_strndup (publish->topic, publish->topic_size);
  const gsize cost = COST + publish->topic_size + size + publish->size;
  Value *value;

  forget (self, topic);
  if (publish->size == 0)
    return TRUE;
  if (g_tree_nnodes (self->values) >= MQTT_KEPT_MAX || cost > limit ||
      self->cost > limit - cost)
    return FALSE;
  value = g_new0 (Value, 1);
  value->bytes =
    g_byte_array_sized_new (MQTT_HEADER_MAX + size + publish->size);
  mqtt_put_length (value->bytes, size);
  if (size > 0)
    g_byte_array_append (value->bytes, properties->p, size);
  g_byte_array_append (value->bytes, publish->payload, publish->size);
  value->qos = publish->qos;
  value->kind = kind;
  value->until_us = get_until_us (publish, now_us);
  value->cost = cost;
  self->cost += cost;
  g_tree_insert (self->values, g_steal_pointer (&topic), value);
  return TRUE;
}

static gboolean
read_value (const char *topic,
            const Value *value,
            gint64 now_us,
            MqttPublish *publish)
{
  MqttReader reader = { value->bytes->data,
                        value->bytes->data + value->bytes->len, FALSE };

  *publish = (MqttPublish){
    .qos = value->qos,
    .topic = topic,
    .topic_size = strlen (topic),
    .is_retained = TRUE,
  };
  if (!mqtt_properties_read (&reader, value->kind, &publish->properties, NULL))
    return FALSE;
  if (value->until_us < G_MAXINT64)
    publish->properties.message_expiry_s =
      (value->until_us - now_us + G_USEC_PER_SEC - 1) / G_USEC_PER_SEC;
  publish->payload = reader.p;
  publish->size = reader.end - reader.p;
  return TRUE;
}

static void
count (gpointer data, gpointer item)
{
  ++*(guint *) data;
}

static gboolean
matches (const MqttTree *filter, const char *topic)
{
  guint n = 0;

  mqtt_tree_match (filter, topic, strlen (topic), count, &n);
  return n > 0;
}

/* Adds the topics to @found, and forgets what has expired. */
static void
find_topics (MqttKept *self,
             const MqttTree *filter,
             gint64 now_us,
             GPtrArray *found)
{
  g_autoptr (GPtrArray) expired = g_ptr_array_new_with_free_func (g_free);

  for (GTreeNode *node = g_tree_node_first (self->values); node != NULL;
       node = g_tree_node_next (node))
    {
      const char *topic = g_tree_node_key (node);
      const Value *value = g_tree_node_value (node);

      if (value->until_us <= now_us)
        g_ptr_array_add (expired, g_strdup (topic));
      else if (matches (filter, topic))
        g_ptr_array_add (found, g_strdup (topic));
    }
  for (guint i = 0; i < expired->len; i++)
    forget (self, g_ptr_array_index (expired, i));
}

/* What @func does may end a connection, whose will is retained: so nothing is
 * walked meanwhile. */
void
mqtt_kept_find (MqttKept *self,
                const char *filter,
                gint64 now_us,
                MqttKeptFunc func,
                gpointer data)
{
  MqttTree *tree = mqtt_tree_new ();
  g_autoptr (GPtrArray) topics = g_ptr_array_new_with_free_func (g_free);

  mqtt_tree_add (tree, filter, self);
  find_topics (self, tree, now_us, topics);
  mqtt_tree_free (tree);
  for (guint i = 0; i < topics->len; i++)
    {
      const char *topic = g_ptr_array_index (topics, i);
      const Value *value = g_tree_lookup (self->values, topic);
      g_autoptr (GByteArray) bytes = NULL;
      MqttPublish publish;

      if (value == NULL)
        continue;
      bytes = g_byte_array_ref (value->bytes);
      if (read_value (topic, value, now_us, &publish))
        func (data, &publish);
    }
}
