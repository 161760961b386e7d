/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mqtt-message.h"

G_BEGIN_DECLS

/* Retained messages: the last one of each topic that was published as such. */
#define MQTT_KEPT_MAX 100000 /* topics */

typedef struct _MqttKept MqttKept;

MqttKept *mqtt_kept_new (void);
void mqtt_kept_free (MqttKept *self);
/* Keeps a message in place of an older one of its topic; an empty one only ends
 * that. @kind: of the packet that its properties are from. @limit: what all may
 * take, in bytes of memory. FALSE: there is no room. */
gboolean mqtt_kept_set (MqttKept *self,
                        const MqttPublish *publish,
                        MqttKind kind,
                        gint64 now_us,
                        gsize limit);
/* Goes to the topic behind @place (owned; at first NULL), in the order of their
 * bytes. FALSE: there is none. @bytes (transfer full) owns what @publish refers to;
 * it is NULL when the message has expired. The time that is left is in its
 * properties. */
gboolean mqtt_kept_step (MqttKept *self,
                         char **place,
                         gint64 now_us,
                         MqttPublish *publish,
                         GByteArray **bytes);

G_END_DECLS
