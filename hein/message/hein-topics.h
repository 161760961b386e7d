/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-message.h>

G_BEGIN_DECLS

#define HEIN_TOPICS_MAX       1024
#define HEIN_TOPICS_MAX_BYTES (4 * 1024 * 1024)

/*
 * The latest message of each topic; on the receiving side, of each topic and
 * peer. Bounded: above HEIN_TOPICS_MAX values or HEIN_TOPICS_MAX_BYTES the
 * value that was least recently set is dropped. What has expired, or is too
 * old, is forgotten when it is looked for.
 */
typedef struct _HeinTopics HeinTopics;

HeinTopics *hein_topics_new (void);
void hein_topics_free (HeinTopics *self);
/* Returns the cost of the messages, as in limits. */
gsize hein_topics_get_cost (const HeinTopics *self);
/* @peer: NULL on the sending side. */
void hein_topics_set (HeinTopics *self, HeinPeer *peer, HeinMessage *message);
/* Values that were set longer ago than @age_us are given to nobody; 0: the
 * default, they do not age. Above @max_bytes the value that was least recently
 * set is dropped; the default is HEIN_TOPICS_MAX_BYTES. */
void hein_topics_limit (HeinTopics *self, gint64 age_us, gsize max_bytes);
/* Returns the message of a topic, on the sending side. (transfer full)
 * (nullable) */
HeinMessage *hein_topics_find (HeinTopics *self, const char *topic);
/* Forgets the values of a peer, and returns them, oldest first. (transfer
 * full) */
GPtrArray *hein_topics_forget (HeinTopics *self, HeinPeer *peer);
/* Gets the messages of a topic (NULL: of all topics), oldest first. (transfer
 * container): the array owns its messages. */
GPtrArray *hein_topics_get (HeinTopics *self, const char *topic);

G_END_DECLS
