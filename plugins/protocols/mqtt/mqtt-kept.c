/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mqtt-kept.h"

#include <string.h>

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

gboolean
mqtt_kept_step (MqttKept *self,
                char **place,
                gint64 now_us,
                MqttPublish *publish,
                GByteArray **bytes)
{
  GTreeNode *node = *place != NULL ? g_tree_upper_bound (self->values, *place)
                                   : g_tree_node_first (self->values);
  const Value *value;

  if (node == NULL)
    return FALSE;
  g_free (*place);
  *place = g_strdup (g_tree_node_key (node));
  value = g_tree_node_value (node);
  if (value->until_us <= now_us)
    forget (self, *place);
  else if (read_value (*place, value, now_us, publish))
    *bytes = g_byte_array_ref (value->bytes);
  return TRUE;
}
