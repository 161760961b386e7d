/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-segment.h"

#include <string.h>

/* Segments, their pool, and the encoder that fills them with messages. */

#define SPARE_MAX     64 /* 4 MiB: kept after a burst */
#define OWN_SIZE      4096
#define OFFSETS_FIRST 64
/* A message of up to this size is not begun in a segment with less room. */
#define ROOM_MAX (HEIN_SEGMENT_REFERENCE_MIN + 1024)

HeinSegmentPool *
hein_segment_pool_new (void)
{
  HeinSegmentPool *self = g_new0 (HeinSegmentPool, 1);

  self->most = G_MAXSIZE;
  return self;
}

static gsize
get_size (const HeinSegment *self)
{
  return sizeof *self + self->capacity + self->n_offsets * sizeof (guint32);
}

gsize
hein_segment_pool_get_size (const HeinSegmentPool *self)
{
  return self->size;
}

gsize
hein_segment_get_idle_size (const HeinSegment *self)
{
  return self != NULL && self->refs == 1 ? get_size (self) : 0;
}

static void
segment_free (HeinSegment *self)
{
  if (self->bytes != NULL)
    g_bytes_unref (self->bytes);
  else
    g_free (self->data);
  g_free (self->offsets);
  g_free (self);
}

void
hein_segment_pool_free (HeinSegmentPool *self)
{
  while (self->spare != NULL)
    {
      HeinSegment *segment = self->spare;

      self->spare = segment->next;
      segment_free (segment);
    }
  g_free (self);
}

static HeinSegment *
segment_new (HeinSegmentPool *pool, gsize capacity)
{
  HeinSegment *self = pool->spare;

  if (capacity == HEIN_SEGMENT_SIZE && self != NULL)
    {
      pool->spare = self->next;
      pool->n_spare--;
      pool->size += get_size (self);
      self->refs = 1;
      self->size = self->n_messages = 0;
      return self;
    }
  self = g_new0 (HeinSegment, 1);
  self->refs = 1;
  self->capacity = capacity;
  self->data = g_malloc (capacity);
  self->pool = pool;
  pool->size += get_size (self);
  return self;
}

static HeinSegment *
segment_new_bytes (HeinSegmentPool *pool, GBytes *bytes)
{
  HeinSegment *self = g_new0 (HeinSegment, 1);
  gsize size;

  self->refs = 1;
  self->bytes = g_bytes_ref (bytes);
  self->data = (guint8 *) g_bytes_get_data (bytes, &size);
  self->size = self->capacity = size;
  self->pool = pool;
  pool->size += get_size (self);
  return self;
}

HeinSegment *
hein_segment_ref (HeinSegment *self)
{
  self->refs++;
  return self;
}

void
hein_segment_unref (HeinSegment *self)
{
  HeinSegmentPool *pool = self->pool;

  if (--self->refs > 0)
    return;
  pool->size -= get_size (self);
  if (self->capacity == HEIN_SEGMENT_SIZE && self->bytes == NULL &&
      pool->n_spare < SPARE_MAX)
    {
      self->next = pool->spare;
      pool->spare = self;
      pool->n_spare++;
      return;
    }
  segment_free (self);
}

void
hein_segment_clear_idle (HeinSegment **place)
{
  if (hein_segment_get_idle_size (*place) > 0)
    hein_segment_unref (g_steal_pointer (place));
}

const guint8 *
hein_segment_get_data (HeinSegment *self)
{
  return self->data;
}

guint32
hein_segment_get_offset (HeinSegment *self, guint32 message)
{
  return self->offsets[message];
}

static void
ensure_offsets (HeinSegment *self)
{
  if (self->n_messages + 2 > self->n_offsets)
    {
      self->pool->size -= get_size (self);
      self->n_offsets = MAX (OFFSETS_FIRST, self->n_offsets * 2);
      self->pool->size += get_size (self);
      self->offsets = g_renew (guint32, self->offsets, self->n_offsets);
    }
}

/* Notes that a message begins at the current end of the segment. */
static void
mark (HeinSegment *self)
{
  ensure_offsets (self);
  self->offsets[self->n_messages++] = self->size;
  self->offsets[self->n_messages] = self->size;
}

/* ---- encoding ---- */

void
hein_encoder_init (HeinEncoder *self, HeinSegmentPool *pool)
{
  memset (self, 0, sizeof *self);
  self->pool = pool;
}

/* Drops the segments that only the encoder keeps, those of the last message. */
static void
forget_last (HeinEncoder *self)
{
  if (G_LIKELY (!self->is_split))
    return;
  self->is_split = FALSE;
  g_array_set_size (self->ranges, 0);
  g_ptr_array_set_size (self->extra, 0);
}

void
hein_encoder_clear (HeinEncoder *self)
{
  g_clear_pointer (&self->extra, g_ptr_array_unref);
  g_clear_pointer (&self->ranges, g_array_unref);
  g_clear_pointer (&self->shared, hein_segment_unref);
  g_clear_pointer (&self->single, hein_segment_unref);
}

static gsize
choose_capacity (HeinEncoder *self, gsize needed)
{
  gsize capacity = HEIN_SEGMENT_SIZE;

  if (self->place == HEIN_ENCODE_OWN)
    capacity =
      *self->target == NULL
        ? OWN_SIZE
        : MIN ((gsize) (*self->target)->capacity * 4, HEIN_SEGMENT_SIZE);
  return MAX (capacity, needed);
}

/* Points cursor and limit at the free part of the segment. */
static void
aim (HeinEncoder *self, HeinSegment *segment)
{
  self->cursor = segment->data + segment->size;
  self->limit = segment->data + segment->capacity;
}

static HeinSegment *
begin_segment (HeinEncoder *self, gsize needed)
{
  HeinSegment *segment;

  if (self->place == HEIN_ENCODE_SINGLE)
    segment = segment_new (self->pool, CLAMP (needed, 256, ROOM_MAX));
  else
    segment = segment_new (self->pool, choose_capacity (self, needed));
  if (*self->target != NULL)
    hein_segment_unref (*self->target);
  *self->target = segment;
  return segment;
}

void
hein_encoder_begin_slow (HeinEncoder *self,
                         HeinEncodePlace place,
                         HeinSegment **own,
                         gsize size_hint)
{
  gsize needed = MIN (size_hint, ROOM_MAX);
  HeinSegment *segment;

  forget_last (self);
  self->place = place;
  self->target = place == HEIN_ENCODE_SHARED ? &self->shared
                 : place == HEIN_ENCODE_OWN  ? own
                                             : &self->single;
  segment = *self->target;
  /* everything in the segment is sent: reuses it from the start, cache-hot */
  if (segment != NULL && segment->refs == 1)
    segment->size = segment->n_messages = 0;
  if (segment == NULL || place == HEIN_ENCODE_SINGLE ||
      segment->capacity - segment->size < needed)
    segment = begin_segment (self, needed);
  mark (segment);
  self->first = (HeinRange){ segment, segment->size, segment->size,
                             segment->n_messages - 1, 1 };
  aim (self, segment);
}

/* Updates the segment and the last range to the current cursor. */
static void
settle (HeinEncoder *self)
{
  HeinSegment *segment = *self->target;
  HeinRange *last = &self->first;

  segment->size = self->cursor - segment->data;
  segment->offsets[segment->n_messages] = segment->size;
  if (G_UNLIKELY (self->is_split))
    last = &g_array_index (self->ranges, HeinRange, self->ranges->len - 1);
  if (last->segment == segment)
    last->end = segment->size;
}

static void
split (HeinEncoder *self)
{
  if (self->is_split)
    return;
  self->is_split = TRUE;
  if (self->ranges == NULL)
    {
      self->ranges = g_array_new (FALSE, FALSE, sizeof (HeinRange));
      self->extra =
        g_ptr_array_new_with_free_func ((GDestroyNotify) hein_segment_unref);
    }
  g_array_append_val (self->ranges, self->first);
}

static void
continue_in (HeinEncoder *self, HeinSegment *segment)
{
  HeinRange range = { segment, segment->size, segment->size, 0, 0 };

  g_array_append_val (self->ranges, range);
  aim (self, segment);
}

/* Continues the message in another segment. */
guint8 *
hein_encoder_reserve_slow (HeinEncoder *self, gsize size)
{
  HeinSegment *segment;

  settle (self);
  split (self);
  /* the encoder holds the reference until the next message begins */
  g_ptr_array_add (self->extra, hein_segment_ref (*self->target));
  segment = segment_new (self->pool, MAX (size, HEIN_SEGMENT_SIZE));
  ensure_offsets (segment);
  hein_segment_unref (*self->target);
  *self->target = segment;
  continue_in (self, segment);
  self->cursor += size;
  return self->cursor - size;
}

void
hein_encoder_put_bytes (HeinEncoder *self, GBytes *bytes)
{
  gsize size;
  gconstpointer data = g_bytes_get_data (bytes, &size);
  HeinSegment *segment;
  HeinRange range;

  if (size <= HEIN_SEGMENT_REFERENCE_MIN)
    {
      hein_encoder_put (self, data, size);
      return;
    }
  settle (self);
  split (self);
  segment = segment_new_bytes (self->pool, bytes);
  g_ptr_array_add (self->extra, segment);
  range = (HeinRange){ segment, 0, size, 0, 0 };
  g_array_append_val (self->ranges, range);
  continue_in (self, *self->target);
}

const HeinRange *
hein_encoder_end_slow (HeinEncoder *self, guint *n_ranges)
{
  const HeinRange *last;

  settle (self);
  *n_ranges = self->ranges->len;
  last = &g_array_index (self->ranges, HeinRange, self->ranges->len - 1);
  if (last->begin == last->end)
    *n_ranges -= 1;
  return (const HeinRange *) self->ranges->data;
}

void
hein_encoder_forget_slow (HeinEncoder *self)
{
  HeinSegment *segment = *self->target;

  if (segment != NULL &&
      (self->target == &self->single || segment->capacity > HEIN_SEGMENT_SIZE))
    g_clear_pointer (self->target, hein_segment_unref);
  forget_last (self);
}

void
hein_encoder_cancel (HeinEncoder *self)
{
  HeinSegment *segment = self->first.segment;

  if (segment == *self->target)
    {
      segment->size = self->first.begin;
      segment->n_messages = self->first.first;
      aim (self, segment);
    }
  else
    g_clear_pointer (self->target, hein_segment_unref);
  forget_last (self);
}
