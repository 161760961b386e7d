/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <hein/hein.h>

/* A topic, or a level of topics, with the latest message. */

G_BEGIN_DECLS

#define MONITOR_TYPE_TOPIC (monitor_topic_get_type ())
G_DECLARE_FINAL_TYPE (MonitorTopic, monitor_topic, MONITOR, TOPIC, GObject)

/* @level: the last part of @topic, behind its last slash. */
MonitorTopic *monitor_topic_new (const char *topic, const char *level);

/* The topic as it is sent. */
const char *monitor_topic_get_topic (MonitorTopic *self);
/* To be shown; both are printable. */
const char *monitor_topic_get_level (MonitorTopic *self);
const char *monitor_topic_get_title (MonitorTopic *self);
/* Of MonitorTopic, in their order; NULL: there was none until now. */
GListModel *monitor_topic_get_children (MonitorTopic *self);
void monitor_topic_add_child (MonitorTopic *self, MonitorTopic *child);

/* Takes the place of the latest message: at most @kept bytes of it. */
void monitor_topic_take (MonitorTopic *self, HeinMessage *message, gsize kept);
/* NULL: no message of this very topic has come. */
HeinMessage *monitor_topic_get_latest (MonitorTopic *self);
/* Of whom the latest one is, printable; NULL: it is not known. */
const char *monitor_topic_get_sender (MonitorTopic *self);
gint64 monitor_topic_get_time_us (MonitorTopic *self);
/* How large the latest message was; more than that of the message that is kept
 * when it was cut. */
gsize monitor_topic_get_size (MonitorTopic *self);
gsize monitor_topic_get_kept (MonitorTopic *self);
guint64 monitor_topic_get_n_messages (MonitorTopic *self);
/* Emits "changed". */
void monitor_topic_tell (MonitorTopic *self);

G_END_DECLS
