/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mqtt-state.h"

G_BEGIN_DECLS

/* The bus subscribes to a prefix, or does not any more. */
void mqtt_subscribe_change (HeinMqtt *self,
                            HeinWire *wire,
                            const char *prefix,
                            gboolean wanted);
/* The same with a pattern. */
void mqtt_subscribe_change_pattern (HeinMqtt *self,
                                    HeinWire *wire,
                                    const char *pattern,
                                    gboolean wanted);
/* Until the end of collecting, changes wait, to be told together. */
void mqtt_subscribe_collect (HeinMqtt *self, HeinWire *wire, gboolean collect);
/* To where answers come, in version 5: at once, so that it is known before the
 * request that is put next; or not any more, before the end. */
void mqtt_subscribe_to_inbox (HeinMqtt *self, HeinWire *wire, gboolean wanted);
/* SUBACK or UNSUBACK has come. */
gboolean mqtt_subscribe_take_answer (HeinMqtt *self,
                                     HeinWire *wire,
                                     gboolean wanted,
                                     const guint8 *data,
                                     gsize size,
                                     GError **error);
/* The bus is told @number when all changes so far have been answered; FALSE: there
 * are none. */
gboolean mqtt_subscribe_confirm (HeinMqtt *self, guint number);
void mqtt_subscribe_clear (HeinMqtt *self);

G_END_DECLS
