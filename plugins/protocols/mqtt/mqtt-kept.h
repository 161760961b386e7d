/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mqtt-message.h"

G_BEGIN_DECLS

/* Retained messages: the last one of each topic that was published as such. */
#define MQTT_KEPT_MAX 100000 /* topics */

typedef struct _MqttKept MqttKept;

/* Called with one that matches; its pointers are valid within. */
typedef void (*MqttKeptFunc) (gpointer data, const MqttPublish *publish);

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
/* Those that match @filter, and have not expired; the time that is left is in their
 * properties. Nothing may be kept within @func. */
void mqtt_kept_find (MqttKept *self,
                     const char *filter,
                     gint64 now_us,
                     MqttKeptFunc func,
                     gpointer data);

G_END_DECLS
