/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mqtt-broker.h"

#include <string.h>

#include "mqtt-kept.h"
#include "mqtt-tree.h"

struct _MqttBroker
{
  MqttKept *kept;
  GHashTable *clients; /* borrowed ids -> borrowed HeinMqtt */
  MqttTree *tree;      /* of MqttGrant */
  MqttShares *shares;
  guint64 n_searches;

  /* who gets the topic that was looked up last: what is sent to all is looked
   * up once */
  guint64 serial;
  char topic[HEIN_TOPIC_MAX];
  gsize topic_size;  /* 0: none */
  GPtrArray *found;  /* borrowed HeinMqtt */
  GPtrArray *groups; /* borrowed MqttShare */
};

MqttBroker *
mqtt_broker_new (void)
{
  MqttBroker *self = g_rc_box_new0 (MqttBroker);

  self->clients = g_hash_table_new (hein_hash_text, g_str_equal);
  self->kept = mqtt_kept_new ();
  self->tree = mqtt_tree_new ();
  self->shares = mqtt_shares_new ();
  self->found = g_ptr_array_new ();
  self->groups = g_ptr_array_new ();
  return self;
}

MqttBroker *
mqtt_broker_ref (MqttBroker *self)
{
  return g_rc_box_acquire (self);
}

static void
clear (gpointer data)
{
  MqttBroker *self = data;

  g_hash_table_unref (self->clients);
  mqtt_kept_free (self->kept);
  mqtt_tree_free (self->tree);
  mqtt_shares_free (self->shares);
  g_ptr_array_unref (self->found);
  g_ptr_array_unref (self->groups);
}

void
mqtt_broker_unref (MqttBroker *self)
{
  g_rc_box_release_full (self, clear);
}

MqttKept *
mqtt_broker_get_kept (MqttBroker *self)
{
  return self->kept;
}

static void
forget_found (MqttBroker *self)
{
  self->topic_size = 0;
  g_ptr_array_set_size (self->found, 0);
  g_ptr_array_set_size (self->groups, 0);
}

/* ---- clients ---- */

HeinMqtt *
mqtt_broker_find (MqttBroker *self, const char *id)
{
  return g_hash_table_lookup (self->clients, id);
}

void
mqtt_broker_add (MqttBroker *self, HeinMqtt *client)
{
  g_hash_table_insert (self->clients, client->client->id, client);
}

void
mqtt_broker_remove (MqttBroker *self, HeinMqtt *client)
{
  GHashTable *grants = client->client->grants;
  GHashTableIter iter;
  gpointer filter;
  gpointer grant;

  forget_found (self);
  if (client->client->id != NULL &&
      mqtt_broker_find (self, client->client->id) == client)
    g_hash_table_remove (self->clients, client->client->id);
  g_hash_table_iter_init (&iter, grants);
  while (g_hash_table_iter_next (&iter, &filter, &grant))
    if (mqtt_share_is (filter))
      mqtt_shares_leave (self->shares, filter, grant, FALSE);
    else
      mqtt_tree_remove (self->tree, filter, grant);
  g_hash_table_remove_all (grants);
  client->client->n_shares = 0;
}

/* ---- subscriptions ---- */

gboolean
mqtt_broker_subscribe (MqttBroker *self,
                       HeinMqtt *client,
                       const char *filter,
                       const MqttGrant *wanted)
{
  MqttGrant *grant = g_hash_table_lookup (client->client->grants, filter);
  const gboolean is_new = grant == NULL;

  forget_found (self);
  if (is_new)
    {
      grant = g_new0 (MqttGrant, 1);
      g_hash_table_insert (client->client->grants, g_strdup (filter), grant);
      mqtt_tree_add (self->tree, filter, grant);
      client->client->memory += mqtt_tree_get_cost (filter);
    }
  *grant = *wanted;
  grant->client = client;
  return is_new;
}

static void
add_share (HeinMqtt *client, const char *name, MqttGrant *grant)
{
  g_hash_table_insert (client->client->grants, g_strdup (name), grant);
  client->client->n_shares++;
  client->client->memory += mqtt_shares_get_cost (name);
}

gboolean
mqtt_broker_share (MqttBroker *self,
                   HeinMqtt *client,
                   const char *name,
                   const MqttGrant *wanted)
{
  MqttGrant *grant = g_hash_table_lookup (client->client->grants, name);

  forget_found (self);
  if (grant != NULL)
    {
      grant->qos = wanted->qos;
      grant->keeps_flag = wanted->keeps_flag;
      return TRUE;
    }
  if (client->client->n_shares >= MQTT_SHARES_MAX)
    return FALSE;
  grant = g_new0 (MqttGrant, 1);
  *grant = *wanted;
  grant->client = client;
  if (mqtt_shares_join (self->shares, name, grant))
    add_share (client, name, grant);
  else
    g_clear_pointer (&grant, g_free);
  return grant != NULL;
}

static void
leave_group (MqttBroker *self,
             HeinMqtt *client,
             const char *name,
             MqttGrant *grant)
{
  mqtt_shares_leave (self->shares, name, grant, TRUE);
  g_hash_table_remove (client->client->grants, name);
  client->client->n_shares--;
  client->client->memory -= mqtt_shares_get_cost (name);
}

gboolean
mqtt_broker_unsubscribe (MqttBroker *self, HeinMqtt *client, const char *filter)
{
  MqttGrant *grant = g_hash_table_lookup (client->client->grants, filter);

  if (grant == NULL)
    return FALSE;
  forget_found (self);
  if (mqtt_share_is (filter))
    {
      leave_group (self, client, filter, grant);
      return TRUE;
    }
  mqtt_tree_remove (self->tree, filter, grant);
  g_hash_table_remove (client->client->grants, filter);
  client->client->memory -= mqtt_tree_get_cost (filter);
  return TRUE;
}

/* ---- messages ---- */

static void
note (gpointer data, gpointer item)
{
  MqttBroker *self = data;
  const MqttGrant *grant = item;
  MqttClient *client = grant->client->client;

  if (client->serial != self->serial)
    {
      client->serial = self->serial;
      client->qos = client->own_qos = -1;
      client->keeps_flag = FALSE;
      g_ptr_array_add (self->found, grant->client);
    }
  client->qos = MAX (client->qos, (int) grant->qos);
  client->keeps_flag |= grant->keeps_flag;
  if (!grant->is_no_local)
    client->own_qos = MAX (client->own_qos, (int) grant->qos);
}

static void
look_up (MqttBroker *self, const char *topic, gsize size)
{
  if (self->topic_size == size && memcmp (self->topic, topic, size) == 0)
    return;
  forget_found (self);
  self->serial++;
  memcpy (self->topic, topic, size);
  self->topic_size = size;
  mqtt_tree_match (self->tree, topic, size, note, self);
  mqtt_shares_match (self->shares, topic, size, self->groups);
}

int
mqtt_broker_get_qos (MqttBroker *self,
                     HeinMqtt *client,
                     const char *topic,
                     gsize size)
{
  look_up (self, topic, size);
  return client->client->serial == self->serial ? client->client->qos : -1;
}

/* Of the topic that was looked up. Many groups may want it: they are gone through
 * once for each client. */
static int
get_shared_qos (MqttBroker *self, MqttClient *client)
{
  if (client->n_shares == 0)
    return -1;
  if (client->shared_serial == self->serial)
    return client->shared_qos;
  client->shared_serial = self->serial;
  client->shared_qos = -1;
  for (guint i = 0; i < self->groups->len; i++)
    {
      const MqttGrant *grant =
        g_hash_table_lookup (client->grants,
                             mqtt_share_get_name (
                               g_ptr_array_index (self->groups, i)));

      if (grant != NULL)
        client->shared_qos = MAX (client->shared_qos, (int) grant->qos);
    }
  return client->shared_qos;
}

int
mqtt_broker_get_any_qos (MqttBroker *self,
                         HeinMqtt *client,
                         const char *topic,
                         gsize size)
{
  const int qos = mqtt_broker_get_qos (self, client, topic, size);

  return MAX (qos, get_shared_qos (self, client->client));
}

void
mqtt_broker_pass_turns (MqttBroker *self,
                        HeinMqtt *client,
                        const char *topic,
                        gsize size)
{
  if (client->client->n_shares == 0)
    return;
  look_up (self, topic, size);
  for (guint i = 0; i < self->groups->len; i++)
    mqtt_share_pass_turn (g_ptr_array_index (self->groups, i), client);
}

static void
clear_taker (gpointer data)
{
  g_object_unref (((MqttTaker *) data)->client);
}

static void
add_taker (GArray *takers, HeinMqtt *client, guint8 qos, bool keeps_flag)
{
  const MqttTaker taker = { g_object_ref (client), qos, keeps_flag };

  g_array_append_val (takers, taker);
}

/* Adds one of each group to those who have subscribed by themselves. Who is both,
 * or is the one of several groups, gets it once all the same. */
static void
add_chosen (MqttBroker *self, GArray *takers)
{
  const guint64 search = ++self->n_searches;

  for (guint i = 0; i < takers->len; i++)
    {
      MqttClient *client = g_array_index (takers, MqttTaker, i).client->client;

      client->taken = search;
      client->taken_place = i;
    }
  for (guint i = 0; i < self->groups->len; i++)
    {
      const MqttGrant *grant =
        mqtt_share_choose (g_ptr_array_index (self->groups, i));
      MqttClient *client = grant->client->client;
      MqttTaker *taker;

      if (client->taken != search)
        {
          client->taken = search;
          client->taken_place = takers->len;
          add_taker (takers, grant->client, grant->qos, grant->keeps_flag);
          continue;
        }
      taker = &g_array_index (takers, MqttTaker, client->taken_place);
      taker->qos = MAX (taker->qos, grant->qos);
      taker->keeps_flag |= grant->keeps_flag;
    }
}

/* One may leave while another one gets the message: so all are kept. */
GArray *
mqtt_broker_find_takers (MqttBroker *self,
                         HeinMqtt *publisher,
                         const char *topic,
                         gsize size)
{
  GArray *takers = g_array_new (FALSE, FALSE, sizeof (MqttTaker));

  g_array_set_clear_func (takers, clear_taker);
  look_up (self, topic, size);
  for (guint i = 0; i < self->found->len; i++)
    {
      HeinMqtt *client = g_ptr_array_index (self->found, i);
      const int qos =
        client == publisher ? client->client->own_qos : client->client->qos;

      if (qos >= 0)
        add_taker (takers, client, qos, client->client->keeps_flag);
    }
  if (self->groups->len > 0)
    add_chosen (self, takers);
  return takers;
}
