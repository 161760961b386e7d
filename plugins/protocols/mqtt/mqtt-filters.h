/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

G_BEGIN_DECLS

/*
 * What the bus has subscribed to, and the topic filters that stand for it. A
 * prefix of hein may end within a level, which no filter can say:
 *
 *   prefix        filter
 *   ""            #
 *   "a/b/"        a/b/#
 *   "a/b"         a/#, of which what does not begin with a/b is passed over
 *   "$SYS"        $SYS/#
 *   pattern
 *   "a/ * /c"     a/#, of which what does not match is passed over
 *
 * Filters do not overlap, as a server may send a message once for each that
 * matches.
 */
typedef struct
{
  GTree *filters;       /* owned levels -> owned Filter; NULL until used */
  GHashTable *prefixes; /* owned prefixes; NULL until used */
  GHashTable *patterns; /* owned patterns; NULL until used */
  guint *n_by_size;     /* owned: how many prefixes of each size there are */
  guint n_sizes;        /* those of prefixes that have been there */
} MqttFilters;

/* Called with each filter that is to be subscribed to, or not any more. */
typedef void (*MqttFilterFunc) (gpointer data,
                                const char *filter,
                                gboolean wanted);

void mqtt_filters_add (MqttFilters *self,
                       const char *prefix,
                       MqttFilterFunc func,
                       gpointer data);
void mqtt_filters_remove (MqttFilters *self,
                          const char *prefix,
                          MqttFilterFunc func,
                          gpointer data);
void mqtt_filters_add_pattern (MqttFilters *self,
                               const char *pattern,
                               MqttFilterFunc func,
                               gpointer data);
void mqtt_filters_remove_pattern (MqttFilters *self,
                                  const char *pattern,
                                  MqttFilterFunc func,
                                  gpointer data);
/* Whether the bus has subscribed to a topic of 1 to HEIN_TOPIC_MAX bytes. */
gboolean
mqtt_filters_match (const MqttFilters *self, const char *topic, gsize size);
void mqtt_filters_clear (MqttFilters *self);

G_END_DECLS
