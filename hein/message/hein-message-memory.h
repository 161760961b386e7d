/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-hash.h>
#include <hein/hein-message.h>

#include "io/hein-copy.h"
#include "io/hein-input.h"
#include "io/hein-segment.h"
#include "io/hein-slab.h"

G_BEGIN_DECLS

/* How a message lies in memory, and what it costs. */

/* Up to so many bytes of payload lie in the message's own block. */
#define HEIN_MESSAGE_INLINE_MAX 4096

/* What an event or a place in a queue takes, and what malloc adds. */
#define HEIN_MESSAGE_PLACE_COST 64
/* What a GBytes takes, and what malloc adds to the bytes. */
#define HEIN_BYTES_COST  48
#define HEIN_MALLOC_COST 16

/* bytes of UTF-8 */
#define HEIN_CONTENT_TYPE_MAX 255

/* what few messages have */
typedef struct
{
  char *content_type;   /* nullable */
  GBytes *return_path;  /* owned, nullable */
  HeinPeer *reply_peer; /* owned, nullable */
  guint n_more;         /* parts after the first */
  GBytes *more[];       /* owned */
} HeinMessageExtra;

/* flags */
enum
{
  /* the first part lies behind the topic; payload is made when asked for */
  HEIN_MESSAGE_INLINE = 1 << 0,
  /* the payload keeps a block of HEIN_INPUT_BLOCK_SIZE alive, of which it is
   * a small part */
  HEIN_MESSAGE_PINS_BLOCK = 1 << 1
};

struct _HeinMessage
{
  int ref_count; /* atomic */
  guint8 flags;
  guint8 topic_size;
  guint8 slab_list;   /* that its memory came from */
  guint8 owns_sender; /* atomic: set by whoever passes it on first */
  gsize size;         /* of the first part */

  gint64 time_us;
  HeinPeer *sender;        /* owned when owns_sender says so */
  GBytes *payload;         /* owned; atomic, nullable when inline */
  HeinMessageExtra *extra; /* owned, nullable */

  char data[]; /* topic, NUL, then the payload when it is inline */
};

/* Everything but what follows the topic. */
static inline HeinMessage *
hein_message_alloc (const char *topic,
                    gsize topic_size,
                    gsize inline_size,
                    int flags)
{
  const guint list =
    hein_slab_choose (sizeof (HeinMessage) + topic_size + 1 + inline_size);
  HeinMessage *self = hein_slab_take (list);

  self->ref_count = 1;
  self->flags = flags;
  self->topic_size = topic_size;
  self->slab_list = list;
  self->owns_sender = FALSE;
  self->size = inline_size;
  self->time_us = 0;
  self->sender = NULL;
  self->payload = NULL;
  self->extra = NULL;
  hein_copy_short (self->data, topic, topic_size);
  self->data[topic_size] = '\0';
  return self;
}

/* Takes @payload. */
static inline HeinMessage *
hein_message_alloc_bytes (const char *topic, gsize topic_size, GBytes *payload)
{
  HeinMessage *self = hein_message_alloc (topic, topic_size, 0, 0);

  self->payload = payload;
  self->size = g_bytes_get_size (payload);
  return self;
}

/* Too large to lie in the message's own block. */
HeinMessage *hein_message_alloc_large (const char *topic,
                                       gsize topic_size,
                                       const guint8 *data,
                                       gsize size);
/* Shares the parts; NULL when there is nothing to keep. */
HeinMessageExtra *hein_message_extra_new (const char *content_type,
                                          GBytes *return_path,
                                          GBytes **more,
                                          gsize n_more);

/* @topic is valid, @data is copied. */
static inline HeinMessage *
hein_message_alloc_data (const char *topic,
                         gsize topic_size,
                         const guint8 *data,
                         gsize size)
{
  HeinMessage *self;

  if (G_UNLIKELY (size > HEIN_MESSAGE_INLINE_MAX))
    return hein_message_alloc_large (topic, topic_size, data, size);
  self = hein_message_alloc (topic, topic_size, size, HEIN_MESSAGE_INLINE);
  if (size > 0)
    memcpy (self->data + topic_size + 1, data, size);
  return self;
}

/* On the way in. The sender is borrowed: whoever lets a message outlive the
 * turn in which it was delivered calls hein_message_keep_sender first. */
static inline HeinMessage *
hein_message_new_received (const char *topic,
                           gsize topic_size,
                           const guint8 *data,
                           gsize size,
                           HeinPeer *sender,
                           gint64 time_us)
{
  HeinMessage *self;

  g_assert (topic_size <= HEIN_TOPIC_MAX);

  self = hein_message_alloc_data (topic, topic_size, data, size);
  self->sender = sender;
  self->time_us = time_us;
  return self;
}

void hein_message_keep_sender (HeinMessage *self);
void hein_message_release_slow (HeinMessage *self);

/* Drops the reference of a turn; keeps the sender for whoever has another. */
static inline void
hein_message_release (HeinMessage *self)
{
  if (G_LIKELY (g_atomic_int_get (&self->ref_count) == 1 &&
                self->payload == NULL && self->extra == NULL &&
                self->flags == HEIN_MESSAGE_INLINE && !self->owns_sender))
    hein_slab_give (self, self->slab_list);
  else
    hein_message_release_slow (self);
}

/* The peer that a reply goes to, NULL for others. */
static inline HeinPeer *
hein_message_get_reply_peer (HeinMessage *self)
{
  return G_LIKELY (self->extra == NULL) ? NULL : self->extra->reply_peer;
}

/* For tables of topics, which others choose. */
static inline guint
hein_message_hash_topic (const HeinMessage *self)
{
  return hein_hash_data ((const guint8 *) self->data, self->topic_size);
}

/* The first part. */
static inline const guint8 *
hein_message_data (const HeinMessage *self)
{
  if (G_LIKELY (self->size == 0 || (self->flags & HEIN_MESSAGE_INLINE)))
    return (const guint8 *) self->data + self->topic_size + 1;
  return g_bytes_get_data (self->payload, NULL);
}

/* Bytes of all parts. */
static inline gsize
hein_message_size (const HeinMessage *self)
{
  if (G_LIKELY (self->extra == NULL))
    return self->size;
  return hein_message_get_size ((HeinMessage *) self);
}

/* Beside the block of the message. */
gsize hein_message_get_cost_slow (const HeinMessage *self);

/* What it counts in limits: the memory that it holds, and its place in a row.
 * It stays the same as long as the message lives. */
static inline gsize
hein_message_get_cost (const HeinMessage *self)
{
  gsize cost =
    ((gsize) HEIN_SLAB_MIN << self->slab_list) + HEIN_MESSAGE_PLACE_COST;

  if (G_UNLIKELY (self->extra != NULL ||
                  (self->flags & HEIN_MESSAGE_INLINE) == 0))
    cost += hein_message_get_cost_slow (self);
  return cost;
}

static inline HeinPeer *
hein_message_sender (const HeinMessage *self)
{
  return self->sender;
}

G_END_DECLS
