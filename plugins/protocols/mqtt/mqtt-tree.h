/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * Topic filters (4.7), each with items, in a tree of levels: a topic walks down on
 * all ways that fit at once. "+" is one level, "#" the rest, which may be none;
 * neither is a first level that begins with "$".
 */
typedef struct _MqttTree MqttTree;

/* Called for each item of each filter that matches. */
typedef void (*MqttTreeFunc) (gpointer data, gpointer item);

MqttTree *mqtt_tree_new (void);
void mqtt_tree_free (MqttTree *self);
/* @filter: of at most HEIN_TOPIC_MAX bytes, valid; @item: borrowed. */
void mqtt_tree_add (MqttTree *self, const char *filter, gpointer item);
void mqtt_tree_remove (MqttTree *self, const char *filter, gpointer item);
/* @topic: 1 to HEIN_TOPIC_MAX bytes, need not be terminated. The tree must not be
 * changed within @func. */
void mqtt_tree_match (const MqttTree *self,
                      const char *topic,
                      gsize size,
                      MqttTreeFunc func,
                      gpointer data);
/* What a filter may cost there, in bytes of memory. */
gsize mqtt_tree_get_cost (const char *filter);

G_END_DECLS
