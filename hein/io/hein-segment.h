/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <string.h>

G_BEGIN_DECLS

#define HEIN_SEGMENT_SIZE          65536
#define HEIN_SEGMENT_REFERENCE_MIN 16384 /* payloads of more go by reference */
/* What a message costs in queues beside its bytes, so that empty ones count. */
#define HEIN_MESSAGE_OVERHEAD 128

/*
 * Encoded bytes, refcounted, shared by every connection that sends them.
 * Either memory of its own (grows by appending until full) or one GBytes.
 * The offsets say where each message that begins in it begins.
 */
typedef struct _HeinSegment HeinSegment;
typedef struct _HeinSegmentPool HeinSegmentPool;

struct _HeinSegment
{
  guint refs;
  guint32 size; /* bytes used */
  guint32 capacity;
  guint32 n_messages; /* that begin here */
  guint32 n_offsets;  /* room in offsets */
  guint32 *offsets;   /* n_messages + 1: the last one is the end */
  guint8 *data;
  GBytes *bytes; /* owned: data is its, when set */
  HeinSegmentPool *pool;
  HeinSegment *next; /* among the spare ones */
};

/*
 * Whole messages [first, first + n_messages) of a segment, bytes [begin, end).
 * begin lies inside message `first` when that is half sent. A message whose
 * payload goes by reference spans several ranges: the later ones have
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
HeinSegmentPool *hein_segment_pool_new (void);
void hein_segment_pool_free (HeinSegmentPool *self);
/* Memory of the segments that are in use, in bytes. */
gsize hein_segment_pool_get_size (const HeinSegmentPool *self);
/* Memory of @self (nullable) when nobody but the caller uses it, else 0. */
gsize hein_segment_get_idle_size (const HeinSegment *self);

HeinSegment *hein_segment_ref (HeinSegment *self);
void hein_segment_unref (HeinSegment *self);

/*
 * Turns one message at a time into ranges. Where the bytes go:
 *  - SHARED: the encoder's current segment, for a message that all get;
 *  - OWN: a segment of the connection (4 KiB growing to 64), for a small
 *    message that only some get;
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
  /* where the next bytes go, while there is room; the segment is told at end */
  guint8 *cursor;
  guint8 *limit;

  HeinSegmentPool *pool;
  HeinSegment *shared;  /* owned, current SHARED segment or NULL */
  HeinSegment **target; /* where the segment in use is kept */
  HeinSegment *single;  /* owned while a SINGLE message is being encoded */
  HeinEncodePlace place;
  HeinRange first;   /* without a reference; the only one of most messages */
  GArray *ranges;    /* owned HeinRange, first included; NULL until needed */
  GPtrArray *extra;  /* owned: other segments of the last message, or NULL */
  gboolean is_split; /* the ranges hold more than the first */
} HeinEncoder;

void hein_encoder_init (HeinEncoder *self, HeinSegmentPool *pool);
void hein_encoder_clear (HeinEncoder *self);
void hein_encoder_begin_slow (HeinEncoder *self,
                              HeinEncodePlace place,
                              HeinSegment **own,
                              gsize size_hint);

/* @own: the connection's segment, for OWN only; @size_hint: bytes expected. */
static inline void
hein_encoder_begin (HeinEncoder *self,
                    HeinEncodePlace place,
                    HeinSegment **own,
                    gsize size_hint)
{
  HeinSegment *segment = self->shared;
  guint32 size;

  /* most messages begin where the one before them ended */
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
/* Room for @size bytes to be written by the caller at once, like put. */
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
/* By reference, or copied when small. */
void hein_encoder_put_bytes (HeinEncoder *self, GBytes *bytes);
const HeinRange *hein_encoder_end_slow (HeinEncoder *self, guint *n_ranges);

/* The ranges stay valid until the next begin, cancel or clear; a queue takes
 * its own references when they are pushed. */
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

/* Takes back what was put since begin: for an encode that failed. */
void hein_encoder_cancel (HeinEncoder *self);

/* For the queue. */
const guint8 *hein_segment_get_data (HeinSegment *self);
guint32 hein_segment_get_offset (HeinSegment *self, guint32 message);

G_END_DECLS
