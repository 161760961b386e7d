/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tinyproto-receiving.h"

#include <string.h>

/* The messages of the peer. */

/* So that a refusal and the LEN after it can be told from a LEN. */
#define AFTER_REFUSAL_US (400 * 1000)

/* FF, with which both begin, eight bytes, of which libzmq sets the last one to
 * 1, and 7F. It would be an empty message. */
static gboolean
is_zmtp (const guint8 *data, gsize size)
{
  static const guint8 padding[7];

  return size > 8 && memcmp (data, padding, sizeof padding) == 0 &&
         data[7] <= 1 && data[8] == 0x7f;
}

static gsize
get_max_size (HeinTinyproto *self, HeinWire *wire)
{
  gsize max = hein_wire_get_max_message_size (wire);

  return self->max_size > 0 ? MIN (self->max_size, max) : max;
}

static void
refuse_size (HeinTinyproto *self, HeinWire *wire)
{
  g_autofree char *why =
    g_strdup_printf ("a message of %u bytes is refused, %" G_GSIZE_FORMAT
                     " are allowed",
                     self->size, get_max_size (self, wire));

  tinyproto_put_byte (wire, TINYPROTO_NO);
  hein_wire_drop (wire, HEIN_DROP_REASON_INVALID, self->size, why);
  self->state = TINYPROTO_IDLE;
  self->quiet_until_us = hein_wire_get_now_us (wire) + AFTER_REFUSAL_US;
}

static void
take_body (HeinTinyproto *self, HeinWire *wire, const guint8 *data)
{
  gint64 now_us = hein_wire_get_now_us (wire);

  hein_wire_deliver_data (wire, "", 0, data, self->size);
  self->state = TINYPROTO_IDLE;
  self->delivered_us = now_us;
  self->body_due_us = 0;
  self->n_unanswered = 0;
  self->gave_way_us = now_us;
  if (self->message != NULL)
    self->is_hein = TRUE;
  self->quiet_until_us =
    self->is_hein ? 0 : now_us + tinyproto_get_turn_us (self);
}

void
tinyproto_answer_size (HeinTinyproto *self, HeinWire *wire)
{
  /* limits of the bus lie far below F0FFFFFF, from which on all refuse */
  if (self->size > get_max_size (self, wire))
    {
      refuse_size (self, wire);
      return;
    }
  tinyproto_put_byte (wire, TINYPROTO_GO);
  if (self->size == 0)
    {
      take_body (self, wire, (const guint8 *) "");
      return;
    }
  self->state = TINYPROTO_BODY;
  /* the bus may stop reading after a delivery in this turn, and then it is not
   * the peer that is late */
  self->body_due_us = 0;
  if (self->answer_timeout_ms > 0 && self->delivered_us < self->size_us)
    self->body_due_us =
      hein_wire_get_now_us (wire) + (gint64) self->answer_timeout_ms * 1000;
}

gssize
tinyproto_consume_size (HeinTinyproto *self,
                        HeinWire *wire,
                        const guint8 *data,
                        gsize size,
                        GError **error)
{
  gint64 now_us = hein_wire_get_now_us (wire);

  /* a hein that refuses has said its FF before */
  if (data[0] == TINYPROTO_FULL && size == 1 && self->size_us == 0)
    {
      g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_REFUSED,
                           "the other side has no room for another connection");
      return -1;
    }
  if (self->size_us == 0 && is_zmtp (data, size))
    {
      g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL,
                           "the other side speaks ZMTP, as tcp:// without "
                           "+tinyproto does");
      return -1;
    }
  if (size < TINYPROTO_SIZE_SIZE)
    {
      if (self->begun_us == 0)
        self->begun_us = now_us;
      self->begun = data[0];
      hein_wire_expect (wire, TINYPROTO_SIZE_SIZE);
      return 0;
    }
  self->begun_us = 0;
  self->size = tinyproto_read_size (data);
  self->size_us = now_us;
  tinyproto_answer_size (self, wire);
  return TINYPROTO_SIZE_SIZE;
}

gssize
tinyproto_consume_body (HeinTinyproto *self,
                        HeinWire *wire,
                        const guint8 *data,
                        gsize size)
{
  self->body_due_us = 0; /* from here on the bus watches the rate */
  if (size < self->size)
    {
      hein_wire_expect (wire, self->size);
      return 0;
    }
  take_body (self, wire, data);
  return self->size;
}

void
tinyproto_check_stray (HeinTinyproto *self, HeinWire *wire, gint64 now_us)
{
  if (self->begun_us > 0 && self->begun == TINYPROTO_GO &&
      now_us >= self->begun_us + TINYPROTO_DOUBT_US)
    tinyproto_fail (self, wire, HEIN_ERROR_PROTOCOL,
                    "an answer came, and nothing was asked");
}

void
tinyproto_check_body (HeinTinyproto *self, HeinWire *wire, gint64 now_us)
{
  g_autofree char *text = NULL;

  if (self->state != TINYPROTO_BODY || self->body_due_us == 0 ||
      now_us < self->body_due_us)
    return;
  text = g_strdup_printf ("nothing of a message of %u bytes came within %u ms",
                          self->size, self->answer_timeout_ms);
  tinyproto_fail (self, wire, HEIN_ERROR_TIMED_OUT, text);
}
