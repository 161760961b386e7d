/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

G_BEGIN_DECLS

/* Messages that are acknowledged one by one (QoS 1), in the order in which they
 * went, each with a packet id. */
typedef struct
{
  guint64 number; /* of the delivery, for the bus */
  guint16 packet_id;
  guint8 reason; /* what is to be said of it, once it is over */
  guint8 is_over;
  guint8 is_request; /* the number is that of one */
} MqttOpen;

/* In the number of a message that is another client's, and not a delivery of the
 * bus, whose numbers are smaller: that it is one, that it goes with the flag
 * RETAIN, and with QoS 0. */
#define MQTT_RELAYED          (G_GUINT64_CONSTANT (1) << 63)
#define MQTT_RELAYED_RETAINED (G_GUINT64_CONSTANT (1) << 62)
#define MQTT_RELAYED_QOS_0    (G_GUINT64_CONSTANT (1) << 61)

typedef struct
{
  GArray *row;  /* of MqttOpen; NULL until used */
  guint begin;  /* of what is left in the row */
  guint8 *used; /* a bit for each packet id in the row; NULL until used */
} MqttWindow;

guint mqtt_window_get_length (const MqttWindow *self);
gboolean mqtt_window_has (const MqttWindow *self, guint16 packet_id);
/* Behind all others. @packet_id is not in it. */
void mqtt_window_push (MqttWindow *self, guint16 packet_id, guint64 number);
/* (nullable): valid until the next change. */
MqttOpen *mqtt_window_find (const MqttWindow *self, guint16 packet_id);
/* The same by the number; numbers in a row only grow. */
MqttOpen *mqtt_window_find_number (const MqttWindow *self, guint64 number);
/* Takes out the oldest one; FALSE: there is none, or it is not over. */
gboolean mqtt_window_pop_over (MqttWindow *self, MqttOpen *open);
gsize mqtt_window_get_memory (const MqttWindow *self);
void mqtt_window_clear (MqttWindow *self);

G_END_DECLS
