/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-queue.h"

#include <string.h>

/* The send queue of a connection, and the order of messages and control
 * bytes. */

#define N_VECTORS        64 /* in one write */
#define CONTROL_MIN      16 /* bytes that a GByteArray allocates at least */
#define CONTROL_OVERHEAD 64 /* of the GByteArray struct and of malloc */

static inline HeinRange *
get (const HeinQueue *self, guint index)
{
  return &self->ranges[(self->head + index) & (self->capacity - 1)];
}

static inline gsize
get_size (const HeinRange *range)
{
  return range->end - range->begin;
}

static void
grow (HeinQueue *self)
{
  guint capacity = MAX (self->capacity * 2, 1);
  HeinRange *ranges = capacity > 1 ? g_new (HeinRange, capacity) : &self->only;

  for (guint i = 0; i < self->length; i++)
    ranges[i] = *get (self, i);
  if (self->ranges != &self->only)
    g_free (self->ranges);
  self->ranges = ranges;
  self->capacity = capacity;
  self->head = 0;
}

/* Takes over the reference of @range. */
static void
push_back (HeinQueue *self, const HeinRange *range)
{
  if (self->length == self->capacity)
    grow (self);
  *get (self, self->length++) = *range;
}

static void
push_front (HeinQueue *self, const HeinRange *range)
{
  if (self->length == self->capacity)
    grow (self);
  self->head = (self->head - 1) & (self->capacity - 1);
  self->length++;
  *get (self, 0) = *range;
}

/* Transfers the reference of the first range to the caller. */
static HeinRange
pop_front (HeinQueue *self)
{
  HeinRange range = *get (self, 0);

  self->head = (self->head + 1) & (self->capacity - 1);
  self->length--;
  return range;
}

/* ---- messages that are never dropped ---- */

static void
forget_kept (HeinQueue *self)
{
  HeinQueueKept *kept = g_steal_pointer (&self->kept);

  if (kept == NULL)
    return;
  g_free (kept->places);
  g_free (kept);
}

/* Makes room for at least one more place. */
static void
grow_kept (HeinQueueKept *self)
{
  const guint n = self->end - self->begin;

  if (self->begin > self->size / 2)
    memmove (self->places, self->places + self->begin,
             n * sizeof *self->places);
  else
    {
      guint64 *places = g_new (guint64, MAX (8, self->size * 2));

      if (n > 0)
        memcpy (places, self->places + self->begin, n * sizeof *places);
      g_free (self->places);
      self->places = places;
      self->size = MAX (8, self->size * 2);
    }
  self->begin = 0;
  self->end = n;
}

void
hein_queue_keep_last (HeinQueue *self)
{
  HeinQueueKept *kept = self->kept;

  if (kept == NULL)
    kept = self->kept = g_new0 (HeinQueueKept, 1);
  if (kept->end == kept->size)
    grow_kept (kept);
  kept->places[kept->end++] = kept->n_left + self->n_messages;
}

static void
note_left (HeinQueueKept *self, guint n)
{
  self->n_left += n;
  while (self->begin < self->end && self->places[self->begin] <= self->n_left)
    self->begin++;
  if (self->begin == self->end)
    self->begin = self->end = 0;
}

/* ---- the queue ---- */

void
hein_queue_clear (HeinQueue *self)
{
  forget_kept (self);
  while (self->length > 0)
    {
      HeinRange range = pop_front (self);

      hein_segment_unref (range.segment);
    }
  if (self->ranges != &self->only)
    g_free (self->ranges);
  g_clear_pointer (&self->control, g_byte_array_unref);
  g_clear_pointer (&self->own, hein_segment_unref);
  memset (self, 0, sizeof *self);
}

void
hein_queue_push_slow (HeinQueue *self, const HeinRange *ranges, guint n_ranges)
{
  for (guint i = 0; i < n_ranges; i++)
    {
      self->cost += get_size (&ranges[i]);
      hein_segment_ref (ranges[i].segment);
      push_back (self, &ranges[i]);
    }
}

/* GLib does not tell how much a GByteArray has allocated: a power of two, and
 * never less than before. */
static void
note_control_room (HeinQueue *self)
{
  const gsize needed = MAX (self->control->len, CONTROL_MIN);

  if (self->control_room < needed + CONTROL_OVERHEAD)
    self->control_room =
      ((gsize) 1 << g_bit_storage (needed - 1)) + CONTROL_OVERHEAD;
}

void
hein_queue_push_control (HeinQueue *self, const void *data, gsize size)
{
  if (self->control == NULL)
    {
      self->control = g_byte_array_new ();
      self->control_room = 0;
    }
  /* drops what is written, but not too often, as the rest has to be moved;
   * keeps one written byte, which says that the control bytes have been
   * begun */
  if (self->control_sent > self->control->len / 2 && self->control_sent > 1)
    {
      g_byte_array_remove_range (self->control, 0, self->control_sent - 1);
      self->control_sent = 1;
    }
  g_byte_array_append (self->control, data, size);
  note_control_room (self);
}

/* ---- where the first message ends ---- */

static gboolean
is_half_sent (const HeinQueue *self)
{
  const HeinRange *first;

  if (self->length == 0)
    return FALSE;
  first = get (self, 0);
  return first->n_messages == 0 ||
         first->begin != hein_segment_get_offset (first->segment, first->first);
}

static guint32
get_first_end (const HeinRange *range)
{
  if (range->n_messages <= 1)
    return range->end;
  return hein_segment_get_offset (range->segment, range->first + 1);
}

/* Size of the first message, including the ranges that continue it. */
static gsize
get_first_size (const HeinQueue *self)
{
  const HeinRange *first = get (self, 0);
  gsize size = get_first_end (first) - first->begin;

  if (first->n_messages > 1)
    return size;
  for (guint i = 1; i < self->length && get (self, i)->n_messages == 0; i++)
    size += get_size (get (self, i));
  return size;
}

/* Bytes of a half-sent message, which come before the control bytes. */
static gsize
get_size_before_control (const HeinQueue *self)
{
  return self->control_sent == 0 && is_half_sent (self) ? get_first_size (self)
                                                        : 0;
}

/* ---- writing ---- */

typedef struct
{
  struct iovec *vectors;
  guint n;
  guint max;
  gsize left; /* how many bytes may still be added */
} Gathering;

static gboolean
add_vector (Gathering *to, const guint8 *data, gsize size)
{
  size = MIN (size, to->left);
  if (size == 0)
    return TRUE;
  if (to->n == to->max)
    return FALSE;
  to->vectors[to->n++] = (struct iovec){ (void *) data, size };
  to->left -= size;
  return to->left > 0;
}

/* Adds bytes of the messages from @begin, up to @end. Returns whether more may
 * be added. */
static gboolean
add_messages (Gathering *to, const HeinQueue *self, gsize begin, gsize end)
{
  gsize place = 0;
  gboolean more = TRUE;

  for (guint i = 0; more && i < self->length && place < end; i++)
    {
      const HeinRange *range = get (self, i);
      const gsize size = get_size (range);
      const gsize skipped = begin > place ? MIN (begin - place, size) : 0;

      if (skipped < size)
        more = add_vector (to,
                           hein_segment_get_data (range->segment) +
                             range->begin + skipped,
                           MIN (size, end - place) - skipped);
      place += size;
    }
  return more;
}

/* What of it is half sent, at most one message of both queues: it comes first,
 * unless control bytes are. */
static gsize
get_size_half_sent (const HeinQueue *self)
{
  return is_half_sent (self) ? get_first_size (self) : 0;
}

typedef struct
{
  gsize own;   /* bytes of the half-sent message of this queue */
  gsize ahead; /* or of the one ahead */
} HalfSent;

static HalfSent
get_half_sent (const HeinQueue *self)
{
  HalfSent half = { 0 };

  if (self->control_sent > 0)
    return half;
  half.own = get_size_half_sent (self);
  half.ahead = get_size_half_sent (self->ahead);
  return half;
}

static guint
gather_both (const HeinQueue *self,
             struct iovec *vectors,
             guint n_vectors,
             gsize max_size)
{
  Gathering to = { vectors, 0, n_vectors, max_size };
  const gsize control = hein_queue_count_control (self);
  const HalfSent half = get_half_sent (self);

  if (add_messages (&to, self, 0, half.own) &&
      add_messages (&to, self->ahead, 0, half.ahead) &&
      (control == 0 ||
       add_vector (&to, self->control->data + self->control_sent, control)) &&
      add_messages (&to, self->ahead, half.ahead, G_MAXSIZE))
    add_messages (&to, self, half.own, G_MAXSIZE);
  return to.n;
}

static inline gboolean
has_ahead (const HeinQueue *self)
{
  return G_UNLIKELY (self->ahead != NULL) && self->ahead->length > 0;
}

guint
hein_queue_gather (const HeinQueue *self,
                   struct iovec *vectors,
                   guint n_vectors,
                   gsize max_size)
{
  Gathering to = { vectors, 0, n_vectors, max_size };
  gsize control = hein_queue_count_control (self);
  gsize before = control > 0 ? get_size_before_control (self) : G_MAXSIZE;
  gboolean more = TRUE;

  if (has_ahead (self))
    return gather_both (self, vectors, n_vectors, max_size);
  for (guint i = 0; more && i < self->length; i++)
    {
      const HeinRange *range = get (self, i);
      const guint8 *data =
        hein_segment_get_data (range->segment) + range->begin;
      gsize size = get_size (range);

      if (control > 0 && size >= before)
        {
          more =
            add_vector (&to, data, before) &&
            add_vector (&to, self->control->data + self->control_sent, control);
          data += before;
          size -= before;
          control = 0;
        }
      else
        before -= MIN (before, size);
      more = more && add_vector (&to, data, size);
    }
  if (more && control > 0)
    add_vector (&to, self->control->data + self->control_sent, control);
  return to.n;
}

static void
sent_control (HeinQueue *self, gsize size)
{
  self->control_sent += size;
  if (self->control_sent < self->control->len)
    return;
  g_clear_pointer (&self->control, g_byte_array_unref);
  self->control_sent = 0;
}

static guint
finish_messages (HeinQueue *self, guint n)
{
  self->n_messages -= n;
  self->cost -= (gsize) n * HEIN_MESSAGE_OVERHEAD;
  if (G_UNLIKELY (self->kept != NULL))
    note_left (self->kept, n);
  return n;
}

/* Removes the first range, which is completely sent. Returns how many messages
 * ended with it. */
static guint
sent_range (HeinQueue *self)
{
  HeinRange range = pop_front (self);
  gboolean continues = self->length > 0 && get (self, 0)->n_messages == 0;
  guint n = MAX (range.n_messages, 1);

  hein_segment_unref (range.segment);
  return finish_messages (self, continues ? n - 1 : n);
}

/* Moves the start of a range beyond the messages that are completely sent. */
static guint
sent_part (HeinQueue *self, HeinRange *range, gsize size)
{
  guint32 low = range->first;
  guint32 high = range->first + range->n_messages;
  guint n;

  range->begin += size;
  if (range->n_messages == 0)
    return 0;
  while (high - low > 1)
    {
      guint32 middle = low + (high - low) / 2;

      if (hein_segment_get_offset (range->segment, middle) <= range->begin)
        low = middle;
      else
        high = middle;
    }
  n = low - range->first;
  range->first = low;
  range->n_messages -= n;
  return finish_messages (self, n);
}

static guint
sent_messages (HeinQueue *self, gsize size)
{
  guint n = 0;

  self->cost -= size;
  while (self->length > 0)
    {
      HeinRange *range = get (self, 0);

      if (size < get_size (range))
        return size > 0 ? n + sent_part (self, range, size) : n;
      size -= get_size (range);
      n += sent_range (self);
    }
  return n;
}

/* Takes up to @size bytes of messages from what was written. */
static guint
take_messages (HeinQueue *self, gsize size, gsize *left)
{
  const gsize n = MIN (size, *left);

  *left -= n;
  return n > 0 ? sent_messages (self, n) : 0;
}

static guint
sent_both (HeinQueue *self, gsize size)
{
  const gsize control = MIN (hein_queue_count_control (self), size);
  const HalfSent half = get_half_sent (self);
  const gsize rest = hein_queue_count_bytes (self->ahead) - half.ahead;
  guint n = take_messages (self, half.own, &size);
  gsize n_control;

  n += take_messages (self->ahead, half.ahead, &size);
  n_control = MIN (control, size);
  if (n_control > 0)
    sent_control (self, n_control);
  size -= n_control;
  n += take_messages (self->ahead, rest, &size);
  return n + take_messages (self, size, &size);
}

guint
hein_queue_sent (HeinQueue *self, gsize size)
{
  gsize control = hein_queue_count_control (self);
  guint n = 0;

  if (has_ahead (self))
    return sent_both (self, size);
  if (control > 0)
    {
      gsize before = MIN (get_size_before_control (self), size);

      if (before > 0)
        n = sent_messages (self, before);
      size -= before;
      control = MIN (control, size);
      if (control > 0)
        sent_control (self, control);
      size -= control;
    }
  return size > 0 ? n + sent_messages (self, size) : n;
}

gboolean
hein_queue_write (HeinQueue *self,
                  HeinStream *stream,
                  gsize max_size,
                  HeinWritten *written,
                  GError **error)
{
  struct iovec vectors[N_VECTORS];
  guint n = hein_queue_gather (self, vectors, N_VECTORS, max_size);
  g_autoptr (GError) local_error = NULL;
  gsize wanted = 0;
  gssize done;

  for (guint i = 0; i < n; i++)
    wanted += vectors[i].iov_len;
  done = hein_stream_write (stream, vectors, n, &local_error);
  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  written->size = MAX (done, 0);
  written->is_all = written->size == wanted;
  written->n_messages =
    written->size > 0 ? hein_queue_sent (self, written->size) : 0;
  return TRUE;
}

/* ---- dropping ---- */

/* Moves the ranges of the first message from the queue to @ranges. */
static void
take_first (HeinQueue *self, GArray *ranges)
{
  HeinRange *first = get (self, 0);

  if (first->n_messages > 1)
    {
      HeinRange range = *first;

      range.end = get_first_end (first);
      range.n_messages = 1;
      hein_segment_ref (range.segment);
      first->begin = range.end;
      first->first++;
      first->n_messages--;
      g_array_append_val (ranges, range);
      return;
    }
  do
    {
      HeinRange range = pop_front (self);

      g_array_append_val (ranges, range);
    }
  while (self->length > 0 && get (self, 0)->n_messages == 0);
}

static void
drop_first (HeinQueue *self,
            GArray *scratch,
            guint64 *n_messages,
            guint64 *n_bytes)
{
  gsize size = get_first_size (self);

  take_first (self, scratch);
  for (guint i = 0; i < scratch->len; i++)
    hein_segment_unref (g_array_index (scratch, HeinRange, i).segment);
  g_array_set_size (scratch, 0);
  self->cost -= size;
  finish_messages (self, 1);
  *n_messages += 1;
  *n_bytes += size;
}

/* Moves the message that must not be dropped, being half sent, from the queue
 * to @ranges. Returns the number of such messages. */
static guint
take_protected (HeinQueue *self, GArray *ranges)
{
  if (!is_half_sent (self))
    return 0;
  take_first (self, ranges);
  return 1;
}

static void
give_back (HeinQueue *self, GArray *ranges)
{
  for (guint i = ranges->len; i > 0; i--)
    push_front (self, &g_array_index (ranges, HeinRange, i - 1));
}

/* The places of kept messages while others are dropped: those before `next` are
 * aside, or protected. */
typedef struct
{
  HeinQueueKept *kept; /* owned; NULL: there are none */
  guint next;
} Keeping;

static Keeping
begin_keeping (HeinQueue *self, guint n_aside)
{
  Keeping keeping = { .kept = g_steal_pointer (&self->kept) };
  HeinQueueKept *kept = keeping.kept;

  if (kept == NULL)
    return keeping;
  keeping.next = kept->begin;
  while (keeping.next < kept->end &&
         kept->places[keeping.next] <= kept->n_left + n_aside)
    keeping.next++;
  return keeping;
}

/* Returns whether the first message is kept: then it becomes the last one of
 * those that are aside. */
static gboolean
keeps (Keeping *self, guint n_aside, guint64 n_dropped)
{
  HeinQueueKept *kept = self->kept;

  if (kept == NULL || self->next == kept->end ||
      kept->places[self->next] != kept->n_left + n_aside + n_dropped + 1)
    return FALSE;
  kept->places[self->next++] = kept->n_left + n_aside + 1;
  return TRUE;
}

/* What was dropped has left before all that is still there. */
static void
end_keeping (HeinQueue *self, Keeping *keeping, guint64 n_dropped)
{
  HeinQueueKept *kept = keeping->kept;

  if (kept == NULL)
    return;
  for (guint i = kept->begin; i < keeping->next; i++)
    kept->places[i] += n_dropped;
  kept->n_left += n_dropped;
  self->kept = kept;
}

/* @n_last: how many of the newest ones stay. */
static void
drop (HeinQueue *self,
      gsize limit,
      guint64 n_last,
      guint64 *n_messages,
      guint64 *n_bytes)
{
  g_autoptr (GArray) aside = g_array_new (FALSE, FALSE, sizeof (HeinRange));
  g_autoptr (GArray) scratch = g_array_new (FALSE, FALSE, sizeof (HeinRange));
  guint n_aside = take_protected (self, aside);
  Keeping keeping = begin_keeping (self, n_aside);
  guint64 n_dropped = 0;

  while (self->cost > limit && self->n_messages - n_aside > n_last)
    if (keeps (&keeping, n_aside, n_dropped))
      {
        take_first (self, aside);
        n_aside++;
      }
    else
      {
        drop_first (self, scratch, n_messages, n_bytes);
        n_dropped++;
      }
  give_back (self, aside);
  end_keeping (self, &keeping, n_dropped);
}

void
hein_queue_drop_oldest (HeinQueue *self,
                        gsize limit,
                        guint64 *n_messages,
                        guint64 *n_bytes)
{
  if (self->cost > limit)
    drop (self, limit, 1, n_messages, n_bytes);
}

void
hein_queue_drop_all (HeinQueue *self, guint64 *n_messages, guint64 *n_bytes)
{
  forget_kept (self);
  if (self->length > 0)
    drop (self, 0, 0, n_messages, n_bytes);
}
