/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-message.h>

G_BEGIN_DECLS

#define HEIN_TOPICS_MAX       1024
#define HEIN_TOPICS_MAX_BYTES (4 * 1024 * 1024)

/*
 * The latest message of each topic; on the receiving side, of each topic and
 * peer. Bounded: above HEIN_TOPICS_MAX values or HEIN_TOPICS_MAX_BYTES the
 * value that was least recently set is dropped.
 */
typedef struct _HeinTopics HeinTopics;

HeinTopics *hein_topics_new (void);
void hein_topics_free (HeinTopics *self);
/* Returns the cost of the messages, as in limits. */
gsize hein_topics_get_cost (const HeinTopics *self);
/* @peer: NULL on the sending side. */
void hein_topics_set (HeinTopics *self, HeinPeer *peer, HeinMessage *message);
void hein_topics_forget (HeinTopics *self, HeinPeer *peer);
/* Gets the messages of a topic (NULL: of all topics), oldest first. (transfer
 * container): the array owns its messages. */
GPtrArray *hein_topics_get (HeinTopics *self, const char *topic);

G_END_DECLS
