/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-segment.h"

#include <string.h>

#define SPARE_MAX     8
#define OWN_SIZE      4096
#define OFFSETS_FIRST 64
/* A message of up to so many bytes is not begun where it would not fit. */
#define ROOM_MAX (HEIN_SEGMENT_REFERENCE_MIN + 1024)

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

struct _HeinSegmentPool
{
  HeinSegment *spare;
  guint n_spare;
};

HeinSegmentPool *
hein_segment_pool_new (void)
{
  return g_new0 (HeinSegmentPool, 1);
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
      self->refs = 1;
      self->size = self->n_messages = 0;
      return self;
    }
  self = g_new0 (HeinSegment, 1);
  self->refs = 1;
  self->capacity = capacity;
  self->data = g_malloc (capacity);
  self->pool = pool;
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
      self->n_offsets = MAX (OFFSETS_FIRST, self->n_offsets * 2);
      self->offsets = g_renew (guint32, self->offsets, self->n_offsets);
    }
}

/* A message begins at the end of what is there. */
static void
mark (HeinSegment *self)
{
  self->offsets[self->n_messages++] = self->size;
  self->offsets[self->n_messages] = self->size;
}

/* ---- encoding ---- */

void
hein_encoder_init (HeinEncoder *self, HeinSegmentPool *pool)
{
  memset (self, 0, sizeof *self);
  self->pool = pool;
  self->ranges = g_array_new (FALSE, FALSE, sizeof (HeinRange));
}

/* Segments of the last message that nothing but the encoder keeps. */
static void
forget_last (HeinEncoder *self)
{
  if (self->extra != NULL)
    g_ptr_array_set_size (self->extra, 0);
}

void
hein_encoder_clear (HeinEncoder *self)
{
  g_clear_pointer (&self->extra, g_ptr_array_unref);
  g_clear_pointer (&self->shared, hein_segment_unref);
  g_clear_pointer (&self->single, hein_segment_unref);
  g_clear_pointer (&self->ranges, g_array_unref);
}

/* Everything in it has been sent: it is used again from the start, hot. */
static void
rewind_if_alone (HeinSegment *segment)
{
  if (segment != NULL && segment->refs == 1)
    segment->size = segment->n_messages = 0;
}

void
hein_encoder_begin (HeinEncoder *self,
                    HeinEncodePlace place,
                    HeinSegment **own,
                    gsize size_hint)
{
  forget_last (self);
  g_array_set_size (self->ranges, 0);
  self->size = 0;
  self->room = MIN (size_hint, ROOM_MAX);
  self->place = place;
  switch (place)
    {
    case HEIN_ENCODE_SHARED:
      self->target = &self->shared;
      break;
    case HEIN_ENCODE_OWN:
      self->target = own;
      break;
    case HEIN_ENCODE_SINGLE:
      g_clear_pointer (&self->single, hein_segment_unref);
      self->single =
        segment_new (self->pool, CLAMP (size_hint, 256, HEIN_SEGMENT_SIZE - 1));
      self->target = &self->single;
      break;
    }
  rewind_if_alone (*self->target);
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

static void
add_range (HeinEncoder *self, HeinSegment *segment, gboolean is_first)
{
  HeinRange range = { segment, segment->size, segment->size, 0, 0 };

  ensure_offsets (segment);
  if (is_first)
    {
      mark (segment);
      range.n_messages = 1;
      range.first = segment->n_messages - 1;
    }
  g_array_append_val (self->ranges, range);
}

/* The target segment with room for @size bytes, and the last range in it. */
static HeinSegment *
make_room (HeinEncoder *self, gsize size)
{
  HeinSegment *segment = *self->target;
  HeinRange *last = NULL;

  if (self->ranges->len > 0)
    last = &g_array_index (self->ranges, HeinRange, self->ranges->len - 1);
  if (last == NULL)
    size = MAX (size, self->room);
  if (segment == NULL || segment->capacity - segment->size < size)
    {
      HeinSegment *fresh =
        segment_new (self->pool, choose_capacity (self, size));

      if (segment != NULL && last != NULL)
        {
          /* the message began there: it is kept until the next begins */
          if (self->extra == NULL)
            self->extra = g_ptr_array_new_with_free_func (
              (GDestroyNotify) hein_segment_unref);
          g_ptr_array_add (self->extra, segment);
        }
      else if (segment != NULL)
        hein_segment_unref (segment);
      *self->target = segment = fresh;
    }
  if (last == NULL || last->segment != segment || last->end != segment->size)
    add_range (self, segment, last == NULL);
  return segment;
}

guint8 *
hein_encoder_reserve (HeinEncoder *self, gsize size)
{
  HeinSegment *segment = make_room (self, size);
  HeinRange *last =
    &g_array_index (self->ranges, HeinRange, self->ranges->len - 1);
  guint8 *place = segment->data + segment->size;

  segment->size += size;
  segment->offsets[segment->n_messages] = segment->size;
  last->end = segment->size;
  self->size += size;
  return place;
}

void
hein_encoder_put (HeinEncoder *self, const void *data, gsize size)
{
  if (size > 0)
    memcpy (hein_encoder_reserve (self, size), data, size);
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
  if (self->ranges->len == 0)
    make_room (self, 0);
  if (self->extra == NULL)
    self->extra =
      g_ptr_array_new_with_free_func ((GDestroyNotify) hein_segment_unref);
  segment = segment_new_bytes (self->pool, bytes);
  g_ptr_array_add (self->extra, segment);
  range = (HeinRange){ segment, 0, size, 0, 0 };
  g_array_append_val (self->ranges, range);
  self->size += size;
}

const HeinRange *
hein_encoder_end (HeinEncoder *self, guint *n_ranges)
{
  /* even an empty message is one */
  if (self->ranges->len == 0)
    make_room (self, 0);
  *n_ranges = self->ranges->len;
  return (const HeinRange *) self->ranges->data;
}

void
hein_encoder_cancel (HeinEncoder *self)
{
  const HeinRange *first;

  if (self->ranges->len == 0)
    return;
  first = &g_array_index (self->ranges, HeinRange, 0);
  first->segment->size = first->begin;
  first->segment->n_messages = first->first;
  g_array_set_size (self->ranges, 0);
  if (*self->target != first->segment)
    g_clear_pointer (self->target, hein_segment_unref);
  forget_last (self);
}
