/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-peer.h>

#include "hein-message-memory.h"
#include "hein-topics.h"
#include "io/hein-world.h"

/* A bounded table of the latest messages. */

typedef struct
{
  HeinPeer *peer;       /* owned, nullable */
  HeinMessage *message; /* owned; its topic is part of the key */
  gint64 set_us;        /* when it was set; 0: values do not age */
  GList link;           /* in `order` */
} Value;

struct _HeinTopics
{
  GHashTable *values; /* Value, by topic and peer */
  GQueue order;       /* least recently set first */
  gsize cost;
  gsize max_bytes;
  gint64 age_us; /* 0: for ever */
};

static guint
value_hash (gconstpointer data)
{
  const Value *value = data;

  return hein_message_hash_topic (value->message) ^ g_direct_hash (value->peer);
}

static gboolean
value_equal (gconstpointer a, gconstpointer b)
{
  const Value *left = a;
  const Value *right = b;

  return left->peer == right->peer &&
         g_str_equal (hein_message_get_topic (left->message),
                      hein_message_get_topic (right->message));
}

static void
value_free (HeinTopics *self, Value *value)
{
  self->cost -= hein_message_get_cost (value->message);
  g_queue_unlink (&self->order, &value->link);
  g_hash_table_remove (self->values, value);
  g_clear_object (&value->peer);
  hein_message_unref (value->message);
  g_free (value);
}

HeinTopics *
hein_topics_new (void)
{
  HeinTopics *self = g_new0 (HeinTopics, 1);

  self->values = g_hash_table_new (value_hash, value_equal);
  self->max_bytes = HEIN_TOPICS_MAX_BYTES;
  return self;
}

void
hein_topics_free (HeinTopics *self)
{
  while (!g_queue_is_empty (&self->order))
    value_free (self, g_queue_peek_head (&self->order));
  g_hash_table_unref (self->values);
  g_free (self);
}

gsize
hein_topics_get_cost (const HeinTopics *self)
{
  return self->cost;
}

static void
trim (HeinTopics *self)
{
  while (self->order.length > 1 &&
         (self->order.length > HEIN_TOPICS_MAX || self->cost > self->max_bytes))
    value_free (self, g_queue_peek_head (&self->order));
}

void
hein_topics_set (HeinTopics *self, HeinPeer *peer, HeinMessage *message)
{
  Value wanted = { .peer = peer, .message = message };
  Value *old = g_hash_table_lookup (self->values, &wanted);
  Value *value;

  if (old != NULL)
    value_free (self, old);
  value = g_new0 (Value, 1);
  g_set_object (&value->peer, peer);
  hein_message_keep_sender (message);
  value->message = hein_message_ref (message);
  value->link.data = value;
  if (self->age_us > 0)
    value->set_us = hein_world_get_us ();
  self->cost += hein_message_get_cost (message);
  g_queue_push_tail_link (&self->order, &value->link);
  g_hash_table_add (self->values, value);
  trim (self);
}

void
hein_topics_limit (HeinTopics *self, gint64 age_us, gsize max_bytes)
{
  const gint64 now_us = hein_world_get_us ();

  /* what is there begins to age now */
  for (GList *l = self->order.head; l != NULL && self->age_us == 0; l = l->next)
    ((Value *) l->data)->set_us = now_us;
  self->age_us = age_us;
  self->max_bytes = max_bytes;
  trim (self);
}

GPtrArray *
hein_topics_forget (HeinTopics *self, HeinPeer *peer)
{
  GPtrArray *gone =
    g_ptr_array_new_with_free_func ((GDestroyNotify) hein_message_unref);
  GList *next;

  for (GList *l = self->order.head; l != NULL; l = next)
    {
      Value *value = l->data;

      next = l->next;
      if (value->peer != peer)
        continue;
      g_ptr_array_add (gone, hein_message_ref (value->message));
      value_free (self, value);
    }
  return gone;
}

static gboolean
is_over (HeinTopics *self, const Value *value, gint64 now_us)
{
  return hein_message_has_expired (value->message, now_us) ||
         (self->age_us > 0 && now_us - value->set_us >= self->age_us);
}

HeinMessage *
hein_topics_find (HeinTopics *self, const char *topic)
{
  g_autoptr (HeinMessage) wanted = hein_message_new (topic, NULL);
  const Value key = { .message = wanted };
  Value *value = g_hash_table_lookup (self->values, &key);

  if (value == NULL)
    return NULL;
  if (!is_over (self, value, hein_world_get_us ()))
    return hein_message_ref (value->message);
  value_free (self, value);
  return NULL;
}

/* Nobody gets them any more; all were given when they were new. */
static void
drop_expired (HeinTopics *self)
{
  const gint64 now_us = hein_world_get_us ();
  GList *next;

  for (GList *l = self->order.head; l != NULL; l = next)
    {
      Value *value = l->data;

      next = l->next;
      if (is_over (self, value, now_us))
        value_free (self, value);
    }
}

GPtrArray *
hein_topics_get (HeinTopics *self, const char *topic)
{
  GPtrArray *messages =
    g_ptr_array_new_with_free_func ((GDestroyNotify) hein_message_unref);

  drop_expired (self);
  for (GList *l = self->order.head; l != NULL; l = l->next)
    {
      Value *value = l->data;

      if (topic == NULL ||
          g_str_equal (topic, hein_message_get_topic (value->message)))
        g_ptr_array_add (messages, hein_message_ref (value->message));
    }
  return messages;
}
