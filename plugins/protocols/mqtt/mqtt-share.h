/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mqtt-state.h"

G_BEGIN_DECLS

/*
 * Shared subscriptions (4.8.2), as a server: clients that subscribe to the same
 * "$share/group/filter" are a group, of whom one gets each message.
 *
 * What clients say goes to each member in turn. What the bus sends goes to whom the
 * core knows to have subscribed: of each group one member at a time has the pattern
 * there, and passes it on with each message that it is sent.
 */

/* A topic filter that a client has subscribed to. */
typedef struct
{
  HeinMqtt *client; /* borrowed */
  guint8 qos;
  bool is_no_local; /* not what the client has published itself */
  bool keeps_flag;  /* RETAIN as it was published */
  guint32 place;    /* in its group */
} MqttGrant;

typedef struct _MqttShares MqttShares; /* all groups */
typedef struct _MqttShare MqttShare;   /* one group */

/* Whether a filter that is not checked yet is one of a group. */
gboolean mqtt_share_is (const char *name);
/* The filter behind the group; NULL: @name is malformed, or too long. */
const char *mqtt_share_get_filter (const char *name);

MqttShares *mqtt_shares_new (void);
void mqtt_shares_free (MqttShares *self);
/* @name: whole, valid; @grant: borrowed until it leaves; the wire of its client is
 * up. FALSE: the bus knows too many patterns of it. */
gboolean
mqtt_shares_join (MqttShares *self, const char *name, MqttGrant *grant);
/* @stays: the client does, who has unsubscribed. */
void mqtt_shares_leave (MqttShares *self,
                        const char *name,
                        MqttGrant *grant,
                        gboolean stays);
/* Adds the groups that want a topic to @found, of MqttShare. */
void mqtt_shares_match (const MqttShares *self,
                        const char *topic,
                        gsize size,
                        GPtrArray *found);
/* What a group may cost, in bytes of memory. */
gsize mqtt_shares_get_cost (const char *name);

const char *mqtt_share_get_name (const MqttShare *self);
/* The member that gets the next message of a client: one with room, if those who
 * are next have any. (transfer none) */
const MqttGrant *mqtt_share_choose (MqttShare *self);
/* The bus has a message for @client: if it has that as a member, the next one of
 * the bus is for another one. */
void mqtt_share_pass_turn (MqttShare *self, const HeinMqtt *client);

G_END_DECLS
