/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>

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
  MQTT_WAITS,   /* for CONNACK, or CONNECT */
  MQTT_OFFERED, /* for the verdict on its name */
  MQTT_UP,
  MQTT_OVER
} MqttState;

/* What a broker is to say for a client when that is gone. */
typedef struct
{
  char *topic;
  char *text;
  gboolean is_retained;
  guint qos;
} MqttWill;

/* What the other side has said that it takes. */
typedef struct
{
  guint32 packet_size;   /* 0: no limit */
  guint receive_maximum; /* of QoS 1; 0: it takes QoS 0 alone */
} MqttLimits;

/* Where answers to requests come, which nobody can guess: hein/inbox/ and 32
 * hexadecimal digits. A session is left no new one by each connection. */
#define MQTT_INBOX_SIZE 43
typedef struct
{
  char topic[MQTT_INBOX_SIZE + 1]; /* "": not made up yet */
} MqttInbox;

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
typedef struct _MqttBroker MqttBroker;

/* What is retained, on its way to a client: mqtt-bring.c. */
typedef struct _MqttWanted MqttWanted;
typedef struct
{
  MqttWanted *now;  /* owned, nullable: what is being looked for */
  MqttWanted *next; /* owned, nullable: in the next walk */
  char *place;      /* owned, nullable: the topic that the walk has come to */
} MqttBringing;

/* What a listener knows of the client at the other end. */
typedef struct
{
  MqttBroker *broker; /* referenced */
  HeinWire *wire;     /* borrowed */
  char *id;           /* owned; NULL until it has said CONNECT */
  char *user;         /* owned, nullable: whose password it knows */
  gboolean has_made_up_id;
  gboolean has_ended; /* it has said DISCONNECT */
  gboolean has_subscribed;
  guint keep_alive_s;       /* 0: it need not say anything */
  guint32 session_expiry_s; /* that it has asked for */
  guint8 will_qos;
  gboolean is_will_retained;
  GBytes *will;       /* owned, nullable: the part of CONNECT */
  GHashTable *grants; /* owned filters -> owned MqttGrant */
  gsize memory;       /* of those */
  MqttBringing bringing;

  /* of the topic that the broker has looked up last */
  guint64 serial;
  int qos;
  int own_qos; /* of what the client says itself */
  gboolean keeps_flag;
  guint64 shared_serial;
  int shared_qos; /* in its groups */

  guint n_shares;    /* of the grants, those of groups */
  guint64 taken;     /* the search that has found it last */
  guint taken_place; /* among those who were found */
} MqttClient;

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
  char *share;      /* the group that shares what is subscribed to; nullable */
  gboolean retains; /* the broker keeps what is published */
  MqttWill *will;   /* NULL unless set */
  char *users_file;
  gboolean relays; /* from one client to another */

  MqttBroker *broker; /* owned; of the object of a listening endpoint */
  MqttClient *client; /* owned; NULL where this side is the client */

  MqttState state;
  MqttVersion version; /* that is spoken */
  MqttLimits limits;
  guint receive_maximum; /* that this side has named */
  guint keep_alive_s;    /* that the broker wants instead; 0: none */
  guint n_pings;         /* not answered yet */
  gint64 pinged_us;
  guint64 n_at_ping;       /* messages sent before the oldest of them */
  guint64 n_read;          /* by the broker, as it has answered */
  gboolean is_unconfirmed; /* one was sent behind the last of them */
  guint8 end_reason;       /* what DISCONNECT is to say */

  MqttFilters filters;
  MqttChanges changes;

  MqttInbox *inbox;       /* referenced; NULL until it is of use */
  guint16 inbox_id;       /* of its SUBSCRIBE; 0: that is not on its way */
  gboolean is_inbox_told; /* the broker knows it */

  guint16 last_id;  /* of a packet that this side has numbered */
  gboolean is_held; /* what is sent waits for acknowledgements */
  guint n_requests; /* of those in `sent` */
  MqttWindow sent;  /* deliveries and requests that are not acknowledged */
  MqttWindow come;  /* those that are not handled here */
  guint64 n_come;   /* the number of the last of them */
  char *topic;      /* the last one that was valid; NULL: none yet */
  gsize topic_size;
};

/* A number for a packet that is not in use. */
guint16 mqtt_state_next_id (HeinMqtt *self);
/* What the peer sends is against the protocol: sets @error, and what DISCONNECT
 * is to say. Returns: %FALSE */
gboolean mqtt_state_fail (HeinMqtt *self,
                          guint8 reason,
                          const char *text,
                          GError **error);

G_END_DECLS
