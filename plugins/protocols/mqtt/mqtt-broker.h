/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mqtt-kept.h"
#include "mqtt-share.h"
#include "mqtt-state.h"

G_BEGIN_DECLS

/* What the connections of a listener have in common: who is there, and who has
 * subscribed to what. */

/* In how many groups a client may be: each costs more than a filter does. */
#define MQTT_SHARES_MAX 1000

/* Somebody who gets a message. */
typedef struct
{
  HeinMqtt *client; /* referenced */
  guint8 qos;       /* at most */
  bool keeps_flag;
} MqttTaker;

MqttBroker *mqtt_broker_new (void);
MqttBroker *mqtt_broker_ref (MqttBroker *self);
void mqtt_broker_unref (MqttBroker *self);

/* The retained messages. */
MqttKept *mqtt_broker_get_kept (MqttBroker *self);

/* (nullable) (transfer none): who has this client id. */
HeinMqtt *mqtt_broker_find (MqttBroker *self, const char *id);
/* @client has an id that nobody else has. */
void mqtt_broker_add (MqttBroker *self, HeinMqtt *client);
/* Does nothing to one that is not there. */
void mqtt_broker_remove (MqttBroker *self, HeinMqtt *client);

/* A filter that is subscribed to again is changed; of @grant, the client is set.
 * Returns whether it is a new
 * one. */
gboolean mqtt_broker_subscribe (MqttBroker *self,
                                HeinMqtt *client,
                                const char *filter,
                                const MqttGrant *grant);
/* The same with a filter of a group, "$share/group/filter"; FALSE: the client is in
 * too many. */
gboolean mqtt_broker_share (MqttBroker *self,
                            HeinMqtt *client,
                            const char *name,
                            const MqttGrant *grant);
/* Returns whether it was subscribed to. */
gboolean mqtt_broker_unsubscribe (MqttBroker *self,
                                  HeinMqtt *client,
                                  const char *filter);
/* The greatest QoS with which @client has subscribed to @topic by itself, -1: it
 * has not. */
int mqtt_broker_get_qos (MqttBroker *self,
                         HeinMqtt *client,
                         const char *topic,
                         gsize size);
/* The same by itself or in a group. */
int mqtt_broker_get_any_qos (MqttBroker *self,
                             HeinMqtt *client,
                             const char *topic,
                             gsize size);
/* The bus sends @client a message: in its groups it is the turn of others now. */
void mqtt_broker_pass_turns (MqttBroker *self,
                             HeinMqtt *client,
                             const char *topic,
                             gsize size);
/* Those who get what @publisher (nullable) says, of each group one: of MqttTaker;
 * each once. (transfer full) */
GArray *mqtt_broker_find_takers (MqttBroker *self,
                                 HeinMqtt *publisher,
                                 const char *topic,
                                 gsize size);

G_END_DECLS
