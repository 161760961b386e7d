/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mqtt-packet.h"

G_BEGIN_DECLS

/* Whether @topic, of a message of hein, can be published; else FALSE with @error,
 * which says why. */
gboolean mqtt_topic_check (const char *topic, gsize size, GError **error);
/* Whether what has come can be the topic of a message; else FALSE with @error:
 * no server that keeps to the rules sends it. */
gboolean
mqtt_topic_check_received (const guint8 *topic, gsize size, GError **error);
/* Whether @filter, of text that is not empty, is one: "+" is a whole level, and "#"
 * the whole last one. */
/* Writes the pattern of hein that stands for a filter; FALSE: there is none, because
 * a level has a "*", or it would be too long. */
gboolean mqtt_topic_write_pattern (const char *filter,
                                   char pattern[HEIN_TOPIC_MAX + 1]);
gboolean mqtt_topic_is_filter (const char *filter);
gboolean mqtt_topic_has_wildcard (const char *topic, gsize size);

G_END_DECLS
