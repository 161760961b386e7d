/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mqtt-bring.h"

#include "mqtt-broker.h"
#include "mqtt-kept.h"
#include "mqtt-relay.h"
#include "mqtt-tree.h"

/*
 * What is retained, for a client that subscribes. All filters that it has asked for
 * are looked for in one walk over the retained topics, a little in each turn and as
 * the client takes it: so the broker is there for others in the meantime, and who
 * asks for everything a thousand times gets it once. What a client asks for during
 * a walk is looked for in the next one.
 *
 * A value that changes during the walk may come twice: by itself, and when the walk
 * gets there. It is the new one then, too.
 */

/* Of one turn. */
#define TOPICS_MAX 1000
#define SENDS_MAX  64
#define BYTES_MAX  (64 * 1024)
/* The client has to take what came before, but for so many. */
#define UNSENT_MAX 16
#define PAUSE_US   20000

/* Filters that are looked for together. */
struct _MqttWanted
{
  MqttTree *tree;
  GHashTable *filters; /* owned: those in it */
  gsize memory;
};

static MqttWanted *
wanted_new (void)
{
  MqttWanted *self = g_new0 (MqttWanted, 1);

  self->tree = mqtt_tree_new ();
  self->filters =
    g_hash_table_new_full (hein_hash_text, g_str_equal, g_free, NULL);
  return self;
}

static void
wanted_free (MqttWanted *self)
{
  mqtt_tree_free (self->tree);
  g_hash_table_unref (self->filters);
  g_free (self);
}

void
mqtt_bring_want (HeinMqtt *self, const char *filter)
{
  MqttBringing *bringing = &self->client->bringing;

  if (bringing->next == NULL)
    bringing->next = wanted_new ();
  if (!g_hash_table_add (bringing->next->filters, g_strdup (filter)))
    return;
  mqtt_tree_add (bringing->next->tree, filter, bringing);
  bringing->next->memory += mqtt_tree_get_cost (filter);
}

gsize
mqtt_bring_get_memory (const MqttClient *client)
{
  const MqttBringing *bringing = &client->bringing;

  return (bringing->now != NULL ? bringing->now->memory : 0) +
         (bringing->next != NULL ? bringing->next->memory : 0);
}

static void
end_walk (MqttBringing *self)
{
  g_clear_pointer (&self->now, wanted_free);
  g_clear_pointer (&self->place, g_free);
}

void
mqtt_bring_end (MqttClient *client)
{
  end_walk (&client->bringing);
  g_clear_pointer (&client->bringing.next, wanted_free);
}

static void
note_match (gpointer data, gpointer item)
{
  *(gboolean *) data = TRUE;
}

static gboolean
is_wanted (const MqttWanted *self, const MqttPublish *publish)
{
  gboolean matches = FALSE;

  mqtt_tree_match (self->tree, publish->topic, publish->topic_size, note_match,
                   &matches);
  return matches;
}

/* Returns how many bytes that is, 0: it has taken back what it had subscribed
 * to. */
static gsize
send (HeinMqtt *self, HeinWire *wire, const MqttPublish *publish)
{
  const int qos = mqtt_broker_get_qos (self->client->broker, self,
                                       publish->topic, publish->topic_size);

  if (qos < 0)
    return 0;
  mqtt_relay_kept (wire, publish, MIN (publish->qos, (guint8) qos));
  return publish->topic_size + publish->size;
}

/* Returns whether there is more. What is sent may end the connection, and with it
 * the walk. */
static gboolean
walk (HeinMqtt *self, HeinWire *wire)
{
  MqttBringing *bringing = &self->client->bringing;
  MqttKept *kept = mqtt_broker_get_kept (self->client->broker);
  const gint64 now_us = hein_wire_get_now_us (wire);
  guint n_sent = 0;
  gsize n_bytes = 0;

  for (guint n = 0; n < TOPICS_MAX && n_sent < SENDS_MAX && n_bytes < BYTES_MAX;
       n++)
    {
      g_autoptr (GByteArray) bytes = NULL;
      MqttPublish publish;
      gsize size = 0;

      if (!mqtt_kept_step (kept, &bringing->place, now_us, &publish, &bytes))
        return FALSE;
      if (bytes != NULL && is_wanted (bringing->now, &publish))
        size = send (self, wire, &publish);
      if (bringing->now == NULL)
        return FALSE;
      n_sent += size > 0;
      n_bytes += size;
    }
  return TRUE;
}

void
mqtt_bring_go_on (HeinMqtt *self, HeinWire *wire)
{
  MqttBringing *bringing = &self->client->bringing;
  const gint64 now_us = hein_wire_get_now_us (wire);

  if (bringing->now == NULL)
    bringing->now = g_steal_pointer (&bringing->next);
  if (bringing->now == NULL)
    return;
  if (hein_wire_count_unsent (wire) > UNSENT_MAX)
    {
      hein_wire_want_tick (wire, now_us + PAUSE_US);
      return;
    }
  if (!walk (self, wire))
    end_walk (bringing);
  if (bringing->now != NULL || bringing->next != NULL)
    hein_wire_want_tick (wire, now_us);
}
