/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-segment.h"
#include "hein-stream.h"

G_BEGIN_DECLS

/* The messages of a queue that are never dropped, each by its place: how many
 * have left the queue before it, from when the first one was pushed. */
typedef struct
{
  guint64 n_left;  /* messages that were sent or dropped */
  guint64 *places; /* owned, ascending: [begin, end) */
  guint begin;
  guint end;
  guint size;
} HeinQueueKept;

/*
 * The send queue of one connection: a ring of ranges in segments, and control
 * bytes that are sent between two messages, ahead of the queued ones. Adjacent
 * ranges merge, so that a thousand small messages are one range.
 *
 * Another queue may go ahead of this one, `ahead`, which is written first, from
 * the end of a message that is half sent. It has an account of its own, and no
 * control bytes.
 */
typedef struct _HeinQueue HeinQueue;

struct _HeinQueue
{
  HeinRange *ranges; /* ring of `capacity` (a power of two) */
  HeinRange only;    /* used instead of the ring for a single range */
  guint head;
  guint length;
  guint capacity;
  gsize cost;          /* bytes left + HEIN_MESSAGE_OVERHEAD per message */
  guint64 n_messages;  /* messages left, including one that is half sent */
  HeinQueue *ahead;    /* borrowed; NULL until there is one */
  GByteArray *control; /* owned or NULL */
  gsize control_sent;
  gsize control_room;  /* bytes that are allocated for `control` */
  HeinSegment *own;    /* owned: for small messages to this connection only */
  HeinQueueKept *kept; /* owned: which messages are never dropped; NULL until
                        * there is one */
};

void hein_queue_clear (HeinQueue *self);

void
hein_queue_push_slow (HeinQueue *self, const HeinRange *ranges, guint n_ranges);

/* Queues one encoded message, or the adjacent messages of one range. In the
 * common case the range merges with the last one in the queue. */
static inline void
hein_queue_push (HeinQueue *self, const HeinRange *ranges, guint n_ranges)
{
  HeinRange *last;

  self->n_messages += ranges->n_messages;
  self->cost += (gsize) ranges->n_messages * HEIN_MESSAGE_OVERHEAD;
  if (G_LIKELY (n_ranges == 1 && self->length > 0))
    {
      last =
        &self->ranges[(self->head + self->length - 1) & (self->capacity - 1)];
      if (last->segment == ranges->segment && last->end == ranges->begin &&
          last->n_messages > 0)
        {
          last->end = ranges->end;
          last->n_messages += ranges->n_messages;
          self->cost += ranges->end - ranges->begin;
          return;
        }
    }
  hein_queue_push_slow (self, ranges, n_ranges);
}
/* The message that was pushed last is never dropped to make room. */
void hein_queue_keep_last (HeinQueue *self);
void hein_queue_push_control (HeinQueue *self, const void *data, gsize size);

/* Returns how many control bytes are still to be written. */
static inline gsize
hein_queue_count_control (const HeinQueue *self)
{
  return self->control != NULL ? self->control->len - self->control_sent : 0;
}

/* Returns the memory that control bytes occupy: somewhat more than their
 * number, since the part already written is freed only when all of them are. */
static inline gsize
hein_queue_get_control_memory (const HeinQueue *self)
{
  return self->control != NULL ? self->control_room : 0;
}

static inline gboolean
hein_queue_is_empty (const HeinQueue *self)
{
  return self->length == 0 &&
         (self->control == NULL || self->control->len == self->control_sent) &&
         (self->ahead == NULL || self->ahead->length == 0);
}

/* Returns how many messages are left, with those ahead. */
static inline guint64
hein_queue_count_messages (const HeinQueue *self)
{
  return self->n_messages + (self->ahead != NULL ? self->ahead->n_messages : 0);
}

/* Returns how many bytes of them are left. */
static inline gsize
hein_queue_count_bytes (const HeinQueue *self)
{
  const gsize cost = self->cost + (self->ahead != NULL ? self->ahead->cost : 0);

  return cost - hein_queue_count_messages (self) * HEIN_MESSAGE_OVERHEAD;
}

/* The next bytes to write, in order, of up to @max_size bytes (at least one
 * vector when not empty); returns how many vectors were filled. */
guint hein_queue_gather (const HeinQueue *self,
                         struct iovec *vectors,
                         guint n_vectors,
                         gsize max_size);
/* @size bytes of what gather gave have been written; returns how many
 * messages are now wholly sent. */
guint hein_queue_sent (HeinQueue *self, gsize size);
/* What one write has taken. */
typedef struct
{
  gsize size;       /* bytes */
  guint n_messages; /* that are wholly sent now */
  gboolean is_all;  /* FALSE: the stream takes no more for now */
} HeinWritten;

/* Writes once of a queue that is not empty, up to @max_size bytes. FALSE with
 * @error when the stream is broken. */
gboolean hein_queue_write (HeinQueue *self,
                           HeinStream *stream,
                           gsize max_size,
                           HeinWritten *written,
                           GError **error);
/* Drops the oldest messages until cost <= @limit, but never one that is half
 * sent or kept, and never the newest one. */
void hein_queue_drop_oldest (HeinQueue *self,
                             gsize limit,
                             guint64 *n_messages,
                             guint64 *n_bytes);
/* Drops every message that is not half sent (control bytes stay). */
void
hein_queue_drop_all (HeinQueue *self, guint64 *n_messages, guint64 *n_bytes);

G_END_DECLS
