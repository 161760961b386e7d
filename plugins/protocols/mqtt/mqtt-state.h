/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mqtt-filters.h"
#include "mqtt-window.h"

G_BEGIN_DECLS

typedef enum
{
  MQTT_VERSION_AUTO,
  MQTT_VERSION_3_1_1 = 4, /* as in CONNECT */
  MQTT_VERSION_5 = 5
} MqttVersion;

typedef enum
{
  MQTT_WAITS,   /* for CONNACK */
  MQTT_OFFERED, /* for the verdict on its name */
  MQTT_UP,
  MQTT_OVER
} MqttState;

/* What a broker is to say for this side when it is gone. */
typedef struct
{
  char *topic;
  char *text;
  gboolean is_retained;
  guint qos;
} MqttWill;

/* What the broker has said that it takes. */
typedef struct
{
  guint32 packet_size; /* 0: no limit */
} MqttLimits;

/* Changes of subscriptions, of which one packet is on its way at a time. */
typedef struct
{
  GQueue waiting;        /* owned MqttChange */
  GHashTable *by_filter; /* their borrowed filters -> their borrowed links;
                            NULL until used */
  GPtrArray *asked;      /* owned MqttChange; NULL when no answer is awaited */
  guint16 packet_id;
  gboolean is_collecting;
  gboolean is_awaited; /* the bus wants to be told when all are answered */
  guint number;        /* what it wants to be told */
} MqttChanges;

typedef struct _HeinMqtt HeinMqtt;

struct _HeinMqtt
{
  HeinProtocol parent_instance;

  /* options */
  MqttVersion wanted_version;
  char *client_id;
  char *user;
  char *password_file;
  guint session_s;
  gboolean subscribes;
  guint subscribe_qos;
  gboolean retains; /* the broker keeps what is published */
  MqttWill *will;   /* NULL unless set */

  MqttState state;
  MqttVersion version; /* that is spoken */
  MqttLimits limits;
  guint receive_maximum; /* that this side has named */
  guint keep_alive_s;    /* that the broker wants instead; 0: none */
  guint n_pings;         /* not answered yet */
  gint64 pinged_us;
  guint64 n_at_ping;       /* messages sent before the oldest of them */
  gboolean is_unconfirmed; /* one was sent behind the last of them */
  guint8 end_reason;       /* what DISCONNECT is to say */

  MqttFilters filters;
  MqttChanges changes;

  guint16 last_id; /* of a packet that this side has numbered */
  MqttWindow sent; /* deliveries that are not acknowledged */
  MqttWindow come; /* those that are not handled here */
  guint64 n_come;  /* the number of the last of them */
  char *topic;     /* the last one that was valid; NULL: none yet */
  gsize topic_size;
};

/* A number for a packet that is not in use. */
guint16 mqtt_state_next_id (HeinMqtt *self);

G_END_DECLS
