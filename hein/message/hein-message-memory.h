/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-hash.h>
#include <hein/hein-message.h>

#include "hein-message-notes.h"
#include "io/hein-copy.h"
#include "io/hein-input.h"
#include "io/hein-segment.h"
#include "io/hein-slab.h"

G_BEGIN_DECLS

/* How a message is laid out in memory, and what it costs. */

/* A payload of up to this size is in the message's own block. */
#define HEIN_MESSAGE_INLINE_MAX 4096

/* The size of an event or a queue entry, including the overhead of malloc. */
#define HEIN_MESSAGE_PLACE_COST 64
/* The size of a GBytes, and the overhead of malloc for its data. */
#define HEIN_BYTES_COST  48
#define HEIN_MALLOC_COST 16

/* maximum size in bytes of UTF-8 */
#define HEIN_CONTENT_TYPE_MAX 255

/* Who tells the sender what becomes of the messages that it has delivered to
 * this bus: the room ask. */
typedef struct _HeinHandedFuncs
{
  gpointer (*ref) (gpointer data);
  void (*unref) (gpointer data);
  /* @why NULL: it was handled; else it was not, and this is why. Any thread. */
  void (*tell) (gpointer data, HeinMessage *message, int code, const char *why);
  /* It was handled. On the owner's thread. */
  void (*handled) (gpointer data, HeinMessage *message);
} HeinHandedFuncs;

/* A message whose sender waits for a receipt. */
typedef struct
{
  const HeinHandedFuncs *funcs; /* NULL: nobody waits */
  gpointer data;                /* owned */
  int is_told;                  /* atomic */
  gboolean is_manual;           /* the program says when it is handled */
} HeinHanded;

/* members that few messages have */
typedef struct
{
  HeinMessageAttributes attributes; /* its content type is owned */
  HeinHanded handed;
  HeinNotes *notes;     /* owned, nullable */
  GBytes *return_path;  /* owned, nullable */
  HeinPeer *reply_peer; /* owned, nullable */
  guint n_more;         /* number of parts after the first */
  GBytes *more[];       /* owned: these parts */
} HeinMessageExtra;

/* flags */
enum
{
  /* the payload is behind the topic; `payload` is made on demand */
  HEIN_MESSAGE_INLINE = 1 << 0,
  /* the payload is a small part of a block of HEIN_INPUT_BLOCK_SIZE, which it
   * keeps alive */
  HEIN_MESSAGE_PINS_BLOCK = 1 << 1,
  /* `extra` is in the block of the message, behind the payload */
  HEIN_MESSAGE_EXTRA_INSIDE = 1 << 2,
  /* on its way between buses: for the one it reaches, whatever that has
   * subscribed to */
  HEIN_MESSAGE_ADDRESSED = 1 << 3
};

struct _HeinMessage
{
  int ref_count; /* atomic */
  guint8 flags;
  guint8 topic_size;
  guint8 slab_list;   /* the list that its memory came from */
  guint8 owns_sender; /* atomic: set when the message is passed on */
  gsize size;         /* size of the first part */

  gint64 time_us;
  HeinPeer *sender;        /* owned if owns_sender is set */
  GBytes *payload;         /* owned; atomic, nullable when inline */
  HeinMessageExtra *extra; /* owned, nullable */

  char data[]; /* the topic, NUL, and the payload if it is inline */
};

/* Allocates a message in a block of @block_size, and sets everything except for
 * the payload. */
static inline HeinMessage *
hein_message_alloc_in (gsize block_size,
                       const char *topic,
                       gsize topic_size,
                       gsize inline_size,
                       int flags)
{
  const guint list = hein_slab_choose (block_size);
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

/* The same in a block that it just fits in. */
static inline HeinMessage *
hein_message_alloc (const char *topic,
                    gsize topic_size,
                    gsize inline_size,
                    int flags)
{
  return hein_message_alloc_in (sizeof (HeinMessage) + topic_size + 1 +
                                  inline_size,
                                topic, topic_size, inline_size, flags);
}

/* Takes ownership of @payload. */
static inline HeinMessage *
hein_message_alloc_bytes (const char *topic, gsize topic_size, GBytes *payload)
{
  HeinMessage *self = hein_message_alloc (topic, topic_size, 0, 0);

  self->payload = payload;
  self->size = g_bytes_get_size (payload);
  return self;
}

/* Allocates a message whose payload is too large to be inline. */
HeinMessage *hein_message_alloc_large (const char *topic,
                                       gsize topic_size,
                                       const guint8 *data,
                                       gsize size);
/* Returns empty extra members, with room for @n_more parts. */
HeinMessageExtra *hein_message_extra_alloc (gsize n_more);
/* Returns the extra members, which share the parts; NULL when there are
 * none. */
HeinMessageExtra *
hein_message_extra_new (const HeinMessageAttributes *attributes,
                        GBytes *return_path,
                        GBytes **more,
                        gsize n_more);

/* @topic must be valid; @data is copied. */
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

/* Makes a received message. The sender is borrowed: code that lets a message
 * outlive the turn of its delivery calls hein_message_keep_sender first. */
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

/* Drops the reference of the delivery, and makes the message own its sender if
 * there are others. */
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

/* Returns the peer that a reply goes to; NULL for other messages. */
static inline HeinPeer *
hein_message_get_reply_peer (HeinMessage *self)
{
  return G_LIKELY (self->extra == NULL) ? NULL : self->extra->reply_peer;
}

/* When the message is of no use any more, in monotonic time; 0: never. */
static inline gint64
hein_message_get_expires_us (const HeinMessage *self)
{
  return G_UNLIKELY (self->extra != NULL) && self->extra->notes != NULL
           ? self->extra->notes->expires_us
           : 0;
}

static inline gboolean
hein_message_has_expired (const HeinMessage *self, gint64 now_us)
{
  const gint64 expires_us = hein_message_get_expires_us (self);

  return expires_us > 0 && expires_us <= now_us;
}

/* It belongs to a request. */
static inline gboolean
hein_message_is_ask (const HeinMessage *self)
{
  return G_UNLIKELY (self->extra != NULL) &&
         self->extra->attributes.ask != HEIN_ASK_NONE;
}

/* Whoever holds the message drops it when its time is over. Somebody waits for
 * what becomes of a request or a delivery: these end by their own times. */
static inline gboolean
hein_message_expires (const HeinMessage *self)
{
  return hein_message_get_expires_us (self) > 0 && !hein_message_is_ask (self);
}

/* It goes ahead of others. */
static inline gboolean
hein_message_is_high (const HeinMessage *self)
{
  return G_UNLIKELY (self->extra != NULL) && self->extra->notes != NULL &&
         self->extra->notes->priority == HEIN_PRIORITY_HIGH;
}

/* Returns whether the message is one of hein itself, about requests and
 * deliveries, without data of the application: those do not pass filters. */
static inline gboolean
hein_message_is_word (const HeinMessage *self)
{
  return hein_message_is_ask (self) &&
         (self->extra->attributes.ask == HEIN_ASK_REFUSAL ||
          self->extra->attributes.ask == HEIN_ASK_CANCEL ||
          self->extra->attributes.ask == HEIN_ASK_CREDIT ||
          self->extra->attributes.ask == HEIN_ASK_END ||
          self->extra->attributes.ask == HEIN_ASK_RECEIPT ||
          self->extra->attributes.ask == HEIN_ASK_FAILURE ||
          self->extra->attributes.ask == HEIN_ASK_RESUME ||
          self->extra->attributes.ask == HEIN_ASK_RESUMED);
}

/* Its sender waits for a receipt, or has one. */
static inline gboolean
hein_message_is_handed (const HeinMessage *self)
{
  return G_UNLIKELY (self->extra != NULL) && self->extra->handed.funcs != NULL;
}

/* Tells the sender of a message that is_handed what became of it, once; see
 * HeinHandedFuncs. */
void hein_message_tell (HeinMessage *self, int code, const char *why);
/* In the code of a failure: the message may have been handled nevertheless. */
#define HEIN_HANDED_IN_DOUBT 0x10000
/* Tells it that the message was handled, unless the program says that itself.
 * Thread: owner of the bus that it has arrived at. */
void hein_message_note_handled (HeinMessage *self);

/* A hash for tables of topics, which come from outside. */
static inline guint
hein_message_hash_topic (const HeinMessage *self)
{
  return hein_hash_data ((const guint8 *) self->data, self->topic_size);
}

/* Returns the data of the first part. */
static inline const guint8 *
hein_message_data (const HeinMessage *self)
{
  if (G_LIKELY (self->size == 0 || (self->flags & HEIN_MESSAGE_INLINE)))
    return (const guint8 *) self->data + self->topic_size + 1;
  return g_bytes_get_data (self->payload, NULL);
}

/* Returns the total size of all parts. */
static inline gsize
hein_message_size (const HeinMessage *self)
{
  if (G_LIKELY (self->extra == NULL))
    return self->size;
  return hein_message_get_size ((HeinMessage *) self);
}

/* The cost of what is outside of the message's block. */
gsize hein_message_get_cost_slow (const HeinMessage *self);

/* Returns the cost of a message in limits: its memory, and a queue entry. The
 * cost never changes. */
static inline gsize
hein_message_get_cost (const HeinMessage *self)
{
  gsize cost =
    ((gsize) HEIN_SLAB_MIN << self->slab_list) + HEIN_MESSAGE_PLACE_COST;

  if (G_UNLIKELY (self->extra != NULL ||
                  (self->flags & HEIN_MESSAGE_INLINE) == 0) &&
      !(self->flags & HEIN_MESSAGE_EXTRA_INSIDE))
    cost += hein_message_get_cost_slow (self);
  return cost;
}

static inline HeinPeer *
hein_message_sender (const HeinMessage *self)
{
  return self->sender;
}

G_END_DECLS
