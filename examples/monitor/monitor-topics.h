/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "monitor-topic.h"

/* The topics of a bus as a tree, in bounds, however many come. */

G_BEGIN_DECLS

/* At most so many topics are kept; others are counted. */
#define MONITOR_TOPICS_MAX 10000
/* At most so much is kept of each message, and of all together. Beyond that,
 * the beginning of each is. */
#define MONITOR_TOPIC_BYTES_MAX  (1024 * 1024)
#define MONITOR_TOPICS_BYTES_MAX (64 * 1024 * 1024)
#define MONITOR_TOPIC_BYTES_MIN  512

#define MONITOR_TYPE_TOPICS (monitor_topics_get_type ())
G_DECLARE_FINAL_TYPE (MonitorTopics, monitor_topics, MONITOR, TOPICS, GObject)

MonitorTopics *monitor_topics_new (void);
/* Notes the message; it is seen when the topics are told. */
void monitor_topics_take (MonitorTopics *self, HeinMessage *message);
/* Emits "changed", as do topics with new messages. Topics that are new enter
 * the tree, some hundreds at a time: TRUE when there are more. */
gboolean monitor_topics_tell (MonitorTopics *self);

/* Of MonitorTopic, those without a slash; see monitor_topic_get_children. */
GListModel *monitor_topics_get_roots (MonitorTopics *self);
/* NULL: there is none. */
MonitorTopic *monitor_topics_find (MonitorTopics *self, const char *topic);
guint monitor_topics_get_n_topics (MonitorTopics *self);
/* Messages whose topics are not kept, as there are too many. */
guint64 monitor_topics_get_n_left_out (MonitorTopics *self);
gsize monitor_topics_get_bytes (MonitorTopics *self);

G_END_DECLS
