/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <string.h>

/* Memory for encoded messages, and the encoder that writes it. */

G_BEGIN_DECLS

#define HEIN_SEGMENT_SIZE          65536
#define HEIN_SEGMENT_REFERENCE_MIN 16384 /* larger payloads are not copied */
/* The cost of a message in queues beside its bytes, so that empty ones
 * count. */
#define HEIN_MESSAGE_OVERHEAD 128

/*
 * Encoded bytes, reference-counted and shared by all connections that send
 * them. A segment has memory of its own, which is filled by appending, or
 * refers to one GBytes. The offsets say where each message in the segment
 * begins.
 */
typedef struct _HeinSegment HeinSegment;
typedef struct _HeinSegmentPool HeinSegmentPool;

struct _HeinSegment
{
  guint refs;
  guint32 size; /* bytes used */
  guint32 capacity;
  guint32 n_messages; /* messages that begin in this segment */
  guint32 n_offsets;  /* room in offsets */
  guint32 *offsets;   /* n_messages + 1: the last one is the end */
  guint8 *data;
  GBytes *bytes; /* owned, nullable: the owner of data */
  HeinSegmentPool *pool;
  HeinSegment *next; /* in the pool's list of spare segments */
};

/*
 * The complete messages [first, first + n_messages) of a segment, bytes [begin,
 * end). When message `first` is half sent, begin lies inside it. A message
 * whose payload is not copied spans several ranges: the later ones have
 * n_messages 0 and continue the last message of the range before them.
 */
typedef struct
{
  HeinSegment *segment;
  guint32 begin;
  guint32 end;
  guint32 first;
  guint32 n_messages;
} HeinRange;

/* Keeps a few spare 64 KiB segments; one per bus, not thread-safe. */
struct _HeinSegmentPool
{
  HeinSegment *spare;
  guint n_spare;
  gsize size; /* memory of the segments in use */
  gsize most; /* what they may have, as far as the pool's owner knows */
};

HeinSegmentPool *hein_segment_pool_new (void);
void hein_segment_pool_free (HeinSegmentPool *self);
/* Returns the memory of all segments in use, in bytes. */
gsize hein_segment_pool_get_size (const HeinSegmentPool *self);

static inline gboolean
hein_segment_pool_is_over (const HeinSegmentPool *self)
{
  return self->size >= self->most;
}

/* Returns the memory of @self (nullable) when only the caller refers to it; 0
 * otherwise. */
gsize hein_segment_get_idle_size (const HeinSegment *self);
/* Gives up the segment at @place (nullable) when only that refers to it. */
void hein_segment_clear_idle (HeinSegment **place);

HeinSegment *hein_segment_ref (HeinSegment *self);
void hein_segment_unref (HeinSegment *self);

/*
 * Encodes one message at a time into ranges. The place says where the bytes go:
 *  - SHARED: the encoder's current segment, for a message that all peers get;
 *  - OWN: a segment of the connection (4 KiB growing to 64), for a small
 *    message that only some peers get;
 *  - SINGLE: a segment made for this message, for a larger one of those.
 */
typedef enum
{
  HEIN_ENCODE_SHARED,
  HEIN_ENCODE_OWN,
  HEIN_ENCODE_SINGLE
} HeinEncodePlace;

typedef struct
{
  /* where the next bytes go; the segment's size is updated at the end only */
  guint8 *cursor;
  guint8 *limit;

  HeinSegmentPool *pool;
  HeinSegment *shared;  /* owned, nullable: the current SHARED segment */
  HeinSegment **target; /* points to the segment in use */
  HeinSegment *single;  /* owned while a SINGLE message is being encoded */
  HeinEncodePlace place;
  HeinRange first;   /* holds no reference; most messages have no other range */
  GArray *ranges;    /* owned HeinRange, first included; NULL until needed */
  GPtrArray *extra;  /* owned, nullable: other segments of the last message */
  gboolean is_split; /* `ranges` holds more than the first range */
} HeinEncoder;

void hein_encoder_init (HeinEncoder *self, HeinSegmentPool *pool);
void hein_encoder_clear (HeinEncoder *self);
void hein_encoder_begin_slow (HeinEncoder *self,
                              HeinEncodePlace place,
                              HeinSegment **own,
                              gsize size_hint);

/* Begins a message. @own: the connection's segment, for OWN only; @size_hint:
 * the expected size in bytes. */
static inline void
hein_encoder_begin (HeinEncoder *self,
                    HeinEncodePlace place,
                    HeinSegment **own,
                    gsize size_hint)
{
  HeinSegment *segment = self->shared;
  guint32 size;

  /* the fast case: the message goes right behind the one before it */
  if (G_UNLIKELY (place != HEIN_ENCODE_SHARED || self->place != place ||
                  self->is_split || segment == NULL || segment->refs == 1 ||
                  (gsize) (self->limit - self->cursor) < size_hint ||
                  segment->n_messages + 2 > segment->n_offsets))
    {
      hein_encoder_begin_slow (self, place, own, size_hint);
      return;
    }
  size = segment->size;
  segment->offsets[segment->n_messages] = size;
  self->first = (HeinRange){ segment, size, size, segment->n_messages++, 1 };
}
/* Returns room for @size bytes, which the caller has to write at once. */
guint8 *hein_encoder_reserve_slow (HeinEncoder *self, gsize size);

static inline guint8 *
hein_encoder_reserve (HeinEncoder *self, gsize size)
{
  guint8 *place = self->cursor;

  if (G_UNLIKELY ((gsize) (self->limit - place) < size))
    return hein_encoder_reserve_slow (self, size);
  self->cursor = place + size;
  return place;
}

static inline void
hein_encoder_put (HeinEncoder *self, const void *data, gsize size)
{
  if (size > 0)
    memcpy (hein_encoder_reserve (self, size), data, size);
}
/* Appends @bytes by reference, or a copy when they are few. */
void hein_encoder_put_bytes (HeinEncoder *self, GBytes *bytes);
const HeinRange *hein_encoder_end_slow (HeinEncoder *self, guint *n_ranges);

/* Ends the message. The ranges stay valid until the next begin, forget,
 * cancel or clear; a queue takes its own references when they are pushed to
 * it. */
static inline const HeinRange *
hein_encoder_end (HeinEncoder *self, guint *n_ranges)
{
  HeinSegment *segment = self->first.segment;

  if (G_UNLIKELY (self->is_split))
    return hein_encoder_end_slow (self, n_ranges);
  segment->size = self->cursor - segment->data;
  segment->offsets[segment->n_messages] = segment->size;
  self->first.end = segment->size;
  *n_ranges = 1;
  return &self->first;
}

void hein_encoder_forget_slow (HeinEncoder *self);

/* The message is on all queues that it is for: gives up what the encoder alone
 * would keep of a large one, and so until the next message. Its ranges become
 * invalid. */
static inline void
hein_encoder_forget (HeinEncoder *self)
{
  if (G_UNLIKELY (self->is_split || self->single != NULL))
    hein_encoder_forget_slow (self);
}

/* Undoes everything since begin: for an encode that failed. */
void hein_encoder_cancel (HeinEncoder *self);

/* For the queue: how a segment is laid out. */
const guint8 *hein_segment_get_data (HeinSegment *self);
guint32 hein_segment_get_offset (HeinSegment *self, guint32 message);

G_END_DECLS
