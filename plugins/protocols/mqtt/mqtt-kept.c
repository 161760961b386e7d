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
  GHashTable *values; /* owned topics -> owned Value */
  gsize cost;
};

static void
value_free (gpointer data)
{
  Value *self = data;

  g_byte_array_unref (self->bytes);
  g_free (self);
}

MqttKept *
mqtt_kept_new (void)
{
  MqttKept *self = g_new0 (MqttKept, 1);

  self->values =
    g_hash_table_new_full (g_str_hash, g_str_equal, g_free, value_free);
  return self;
}

void
mqtt_kept_free (MqttKept *self)
{
  g_hash_table_unref (self->values);
  g_free (self);
}

static void
forget (MqttKept *self, const char *topic)
{
  const Value *value = g_hash_table_lookup (self->values, topic);

  if (value == NULL)
    return;
  self->cost -= value->cost;
  g_hash_table_remove (self->values, topic);
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
  if (g_hash_table_size (self->values) >= MQTT_KEPT_MAX || cost > limit ||
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
  g_hash_table_insert (self->values, g_steal_pointer (&topic), value);
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

void
mqtt_kept_find (MqttKept *self,
                const char *filter,
                gint64 now_us,
                MqttKeptFunc func,
                gpointer data)
{
  MqttTree *tree = mqtt_tree_new ();
  GHashTableIter iter;
  gpointer topic;
  gpointer found;

  mqtt_tree_add (tree, filter, self);
  g_hash_table_iter_init (&iter, self->values);
  while (g_hash_table_iter_next (&iter, &topic, &found))
    {
      const Value *value = found;
      MqttPublish publish;

      if (value->until_us <= now_us)
        {
          self->cost -= value->cost;
          g_hash_table_iter_remove (&iter);
        }
      else if (matches (tree, topic) &&
               read_value (topic, value, now_us, &publish))
        func (data, &publish);
    }
  mqtt_tree_free (tree);
}
