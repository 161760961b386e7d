/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tinyproto-pair.h"

#include <string.h>

#define FILLER_MAX 40

static HeinTinyproto *
get_protocol (PairSide *self)
{
  return HEIN_TINYPROTO (self->recorder->protocol);
}

/* The number, and then as many bytes of it as its last digits say; the first
 * one of all is empty. */
static GBytes *
make_payload (guint number)
{
  guint8 data[sizeof number + FILLER_MAX];

  if (number == 0)
    return g_bytes_new_static (NULL, 0);
  memset (data, number & 0xff, sizeof data);
  memcpy (data, &number, sizeof number);
  return g_bytes_new (data, sizeof number + number % FILLER_MAX);
}

static void
collect_control (PairSide *self)
{
  g_autoptr (GBytes) put = recorder_take_written (self->recorder);

  g_byte_array_append (self->control, g_bytes_get_data (put, NULL),
                       g_bytes_get_size (put));
}

static void
encode (PairSide *self)
{
  g_autoptr (GBytes) payload = make_payload (self->n_encoded++);
  g_autoptr (HeinMessage) message = hein_message_new ("", payload);
  g_autoptr (GBytes) put = NULL;

  g_assert_cmpuint (self->message->len, ==, 0);
  collect_control (self);
  g_assert_true (recorder_encode (self->recorder, message, NULL));
  put = recorder_take_written (self->recorder);
  g_assert_cmpuint (g_bytes_get_size (put), ==, 4);
  g_byte_array_append (self->message, g_bytes_get_data (put, NULL), 4);
}

static void
refill (PairSide *self)
{
  while (self->n_encoded < self->n_said && !get_protocol (self)->is_held)
    encode (self);
}

static gsize
write_from (PairSide *self, GByteArray *from, gsize begin)
{
  gsize room = self->capacity - MIN (self->capacity, self->pipe->len);
  gsize n = MIN (room, from->len - begin);

  if (n > 0)
    g_byte_array_append (self->pipe, from->data + begin, n);
  return n;
}

static gboolean
write_message (PairSide *self)
{
  self->message_sent += write_from (self, self->message, self->message_sent);
  if (self->message_sent < self->message->len)
    return FALSE;
  g_byte_array_set_size (self->message, 0);
  self->message_sent = 0;
  return TRUE;
}

static gboolean
write_control (PairSide *self)
{
  gsize n = write_from (self, self->control, 0);

  if (n > 0)
    g_byte_array_remove_range (self->control, 0, n);
  return self->control->len == 0;
}

static void
flush (PairSide *self)
{
  refill (self);
  self->is_blocked = !((self->message_sent == 0 || write_message (self)) &&
                       write_control (self) && write_message (self));
}

static void
receive (Pair *self, PairSide *side, GByteArray *from)
{
  gsize n;

  if (from->len == 0)
    return;
  n = g_rand_boolean (self->rand)
        ? from->len
        : (gsize) g_rand_int_range (self->rand, 0, from->len + 1);
  recorder_feed (side->recorder, from->data, n);
  if (n > 0)
    g_byte_array_remove_range (from, 0, n);
}

static void
tick (Pair *self, PairSide *side)
{
  if (self->now_us >= MIN (side->tick_us, side->recorder->tick_us))
    {
      recorder_pass_time (side->recorder, 0);
      side->tick_us = side->recorder->tick_us;
    }
}

void
pair_turn (Pair *self)
{
  guint i = g_rand_int_range (self->rand, 0, 2);
  PairSide *side = &self->sides[i];

  self->now_us += 1 + g_rand_int_range (self->rand, 0, self->step_max_us);
  side->recorder->now_us = self->now_us;
  if (side->is_blocked)
    flush (side);
  receive (self, side, self->sides[!i].pipe);
  tick (self, side);
  collect_control (side);
  flush (side);
  g_assert_no_error (side->recorder->failure);
}

void
pair_say (Pair *self, guint side, guint n)
{
  PairSide *to = &self->sides[side];

  to->recorder->now_us = ++self->now_us;
  to->n_said += n;
  /* outside of a turn: what is encoded goes out when the next one ends */
  refill (to);
}

guint
pair_count_heard (Pair *self, guint side)
{
  GPtrArray *heard = self->sides[side].recorder->delivered;

  for (guint i = 0; i < heard->len; i++)
    {
      g_autoptr (GBytes) payload = make_payload (i);

      g_assert_true (
        g_bytes_equal (hein_message_get_payload (g_ptr_array_index (heard, i)),
                       payload));
    }
  return heard->len;
}

static void
side_init (PairSide *self, gboolean dialled, guint turn_ms, gsize capacity)
{
  HeinProtocol *protocol =
    g_object_new (HEIN_TYPE_TINYPROTO, "turn-ms", turn_ms, NULL);

  self->recorder = recorder_new (protocol, dialled, "side", NULL);
  self->control = g_byte_array_new ();
  self->message = g_byte_array_new ();
  self->pipe = g_byte_array_new ();
  self->capacity = capacity;
}

static void
side_clear (PairSide *self)
{
  recorder_free (self->recorder);
  g_byte_array_unref (self->control);
  g_byte_array_unref (self->message);
  g_byte_array_unref (self->pipe);
}

Pair *
tiny_pair_new (guint32 seed, guint turn_ms, gsize capacity)
{
  Pair *self = g_new0 (Pair, 1);

  self->rand = g_rand_new_with_seed (seed);
  self->now_us = G_USEC_PER_SEC;
  self->step_max_us = 3000;
  side_init (&self->sides[0], TRUE, turn_ms, capacity);
  side_init (&self->sides[1], FALSE, turn_ms, capacity);
  while (!self->sides[0].recorder->is_ready ||
         !self->sides[1].recorder->is_ready)
    pair_turn (self);
  return self;
}

void
tiny_pair_free (Pair *self)
{
  side_clear (&self->sides[0]);
  side_clear (&self->sides[1]);
  g_rand_free (self->rand);
  g_free (self);
}
