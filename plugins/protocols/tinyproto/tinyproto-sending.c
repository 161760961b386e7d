/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tinyproto-sending.h"

/* Our messages, one at a time, and when one may begin. */

#define SIZE_FIRST_MAX 0xf0 /* the first byte of a LEN that may be accepted */

/* How long a dialler waits for the LEN that the acceptor has to repeat. */
#define REPEAT_US G_USEC_PER_SEC
/* A peer that was silent after so many messages only listens … */
#define LISTENER_MESSAGES 3
/* … and is given time to speak only so often. */
#define GIVE_WAY_US (500 * 1000)

/* A message, beside its payload. */
#define OVERHEAD_BYTES 128

/* ---- whose turn it is ---- */

static void
set_held (HeinTinyproto *self, HeinWire *wire, gboolean is_held)
{
  if (is_held == self->is_held)
    return;
  self->is_held = is_held;
  hein_wire_hold (wire, is_held);
  /* a close also waits for what the peer is about to send: the peer waits for
   * our answer to that, and the original breaks without one */
  hein_wire_set_pending (wire, is_held);
}

static void
put_size (HeinTinyproto *self, HeinWire *wire)
{
  const guint32 size = GUINT32_TO_BE (hein_message_get_size (self->message));

  hein_wire_put (wire, (const guint8 *) &size, sizeof size);
  self->state = TINYPROTO_ASKED;
  self->asked_us = hein_wire_get_now_us (wire);
  self->has_collided = FALSE;
}

void
tinyproto_advance (HeinTinyproto *self, HeinWire *wire)
{
  gboolean is_free = self->state == TINYPROTO_IDLE && self->begun_us == 0 &&
                     hein_wire_get_now_us (wire) >= self->quiet_until_us;

  if (self->state < TINYPROTO_IDLE || self->state == TINYPROTO_OVER)
    return;
  if (is_free && self->message != NULL)
    {
      put_size (self, wire);
      is_free = FALSE;
    }
  set_held (self, wire, !is_free);
}

/* The original breaks when both sides speak: after sending, this side waits to
 * see whether the other one wants to. */
static void
pause_after_own (HeinTinyproto *self, gint64 now_us)
{
  self->n_unanswered++;
  if (!self->is_hein && self->n_unanswered <= LISTENER_MESSAGES)
    self->quiet_until_us = now_us + tinyproto_get_turn_us (self);
  else if (now_us >= self->gave_way_us + GIVE_WAY_US)
    /* a peer that waits for its turn has it before this is over */
    self->quiet_until_us = now_us + 2 * tinyproto_get_turn_us (self);
  else
    return;
  self->gave_way_us = now_us;
}

/* ---- sending ---- */

gboolean
tinyproto_send (HeinTinyproto *self,
                HeinWire *wire,
                HeinMessage *message,
                GError **error)
{
  if (self->is_held || self->state != TINYPROTO_IDLE)
    {
      g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_FAILED,
                           "tinyproto carries one message at a time");
      return FALSE;
    }
  self->message = hein_message_ref (message);
  self->audience = hein_wire_get_audience (wire);
  hein_wire_set_memory (wire, hein_message_get_size (message) + OVERHEAD_BYTES);
  put_size (self, wire);
  set_held (self, wire, TRUE);
  return TRUE;
}

static void
finish_own (HeinTinyproto *self, HeinWire *wire)
{
  gint64 now_us = hein_wire_get_now_us (wire);

  g_clear_pointer (&self->message, hein_message_unref);
  hein_wire_set_memory (wire, 0);
  self->state = TINYPROTO_IDLE;
  self->zero_us = 0;
  if (self->has_collided)
    {
      self->is_hein = TRUE;
      self->quiet_until_us = now_us + REPEAT_US;
      self->gave_way_us = now_us;
      return;
    }
  pause_after_own (self, now_us);
}

/* A GO says that the payload before was taken whole, and the peer says nothing of
 * the last one: the link asks the network. */
static void
put_payload (HeinTinyproto *self, HeinWire *wire)
{
  if (hein_message_get_size (self->message) > 0)
    hein_wire_put_bytes (wire, hein_message_get_payload (self->message));
  hein_wire_set_in_doubt (wire, 1, hein_message_get_size (self->message));
  finish_own (self, wire);
}

static void
take_refusal (HeinTinyproto *self, HeinWire *wire)
{
  gsize size = hein_message_get_size (self->message);
  g_autofree char *why =
    g_strdup_printf ("the peer refused a message of %" G_GSIZE_FORMAT " bytes",
                     size);

  hein_wire_drop (wire, HEIN_DROP_REASON_UNSENDABLE, size, why);
  finish_own (self, wire);
}

/* Both have said a LEN. The dialler's stands, and the acceptor takes its own
 * back and says it again when it has the message. */
static void
collide (HeinTinyproto *self, HeinWire *wire, guint32 size)
{
  self->zero_us = 0;
  if (self->is_dialled)
    {
      self->has_collided = TRUE;
      return;
    }
  /* not answered in this turn: our LEN may still be queued, and bytes put now
   * would overtake it */
  self->state = TINYPROTO_OWING;
  self->size = size;
  self->size_us = hein_wire_get_now_us (wire);
}

static gssize
fail_answer (guint8 byte, GError **error)
{
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL,
               "the byte %02x came where an answer to a length is due", byte);
  return -1;
}

/* A 00 was taken: these are the rest of a LEN, however late the last of it
 * comes. */
static gssize
consume_after_zero (HeinTinyproto *self,
                    HeinWire *wire,
                    const guint8 *data,
                    gsize size)
{
  const gsize rest = TINYPROTO_SIZE_SIZE - 1;

  if (size < rest)
    {
      self->has_rest = TRUE;
      hein_wire_expect (wire, rest);
      return 0;
    }
  collide (self, wire, data[0] << 16 | data[1] << 8 | data[2]);
  return rest;
}

gssize
tinyproto_consume_answer (HeinTinyproto *self,
                          HeinWire *wire,
                          const guint8 *data,
                          gsize size,
                          GError **error)
{
  if (self->zero_us > 0)
    return consume_after_zero (self, wire, data, size);
  if (data[0] == TINYPROTO_GO)
    {
      put_payload (self, wire);
      return 1;
    }
  if (self->has_collided && data[0] == TINYPROTO_NO)
    {
      take_refusal (self, wire);
      return 1;
    }
  if (self->has_collided || data[0] > SIZE_FIRST_MAX)
    return fail_answer (data[0], error);
  if (size >= TINYPROTO_SIZE_SIZE)
    {
      collide (self, wire, tinyproto_read_size (data));
      return TINYPROTO_SIZE_SIZE;
    }
  if (data[0] == TINYPROTO_NO)
    {
      self->zero_us = hein_wire_get_now_us (wire);
      self->has_rest = FALSE;
      return 1;
    }
  hein_wire_expect (wire, TINYPROTO_SIZE_SIZE);
  return 0;
}

/* ---- time ---- */

void
tinyproto_check_refusal (HeinTinyproto *self, HeinWire *wire, gint64 now_us)
{
  if (self->zero_us > 0 && !self->has_rest &&
      now_us >= self->zero_us + TINYPROTO_DOUBT_US)
    take_refusal (self, wire);
}

void
tinyproto_check_answer (HeinTinyproto *self, HeinWire *wire, gint64 now_us)
{
  g_autofree char *text = NULL;

  if (self->state != TINYPROTO_ASKED || self->answer_timeout_ms == 0 ||
      now_us < self->asked_us + (gint64) self->answer_timeout_ms * 1000)
    return;
  text = g_strdup_printf ("no answer to a length came within %u ms",
                          self->answer_timeout_ms);
  tinyproto_fail (self, wire, HEIN_ERROR_TIMED_OUT, text);
}
