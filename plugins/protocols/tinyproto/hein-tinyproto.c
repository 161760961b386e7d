/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-tinyproto.h"
#include "tinyproto-receiving.h"
#include "tinyproto-sending.h"

#include <gmodule.h>

#include "options/hein-options.h"

/*
 * What the Python library tinyproto speaks; README.md has the picture of the
 * states, and why they are so.
 *
 *   both          FF
 *   sender        LEN, u32 big-endian
 *   receiver      FF: go on, or 00: refused
 *   sender        LEN bytes
 */

/* The original does not close when the other side does. Each message was asked
 * for by it, so there is nothing else to wait for. */
#define DRAIN_MS 100

G_DEFINE_FINAL_TYPE (HeinTinyproto, hein_tinyproto, HEIN_TYPE_PROTOCOL)

HEIN_PLUGIN_DEFINE (HeinTinyproto,
                    hein_tinyproto,
                    PROTOCOL,
                    "tinyproto",
                    "tinyproto",
                    "Whole messages in turn, as Python's tinyproto")

/* ---- the handshake ---- */

static void
hein_tinyproto_start (HeinProtocol *protocol, HeinWire *wire, gboolean dialled)
{
  HeinTinyproto *self = HEIN_TINYPROTO (protocol);

  self->is_dialled = dialled;
  hein_wire_set_drain_ms (wire, DRAIN_MS);
  hein_wire_set_match (wire, HEIN_MATCH_ALL);
  hein_wire_set_in_doubt (wire, 0, 0);
  tinyproto_put_byte (wire, TINYPROTO_GO);
}

static gssize
fail_greeting (const guint8 *data, gsize size, GError **error)
{
  const guint8 first = data[0];
  const char *guess = hein_protocol_guess (data, size);

  if (first == TINYPROTO_FULL)
    g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_REFUSED,
                         "the other side has no room for another connection");
  else if (first == TINYPROTO_NO && (size < 4 || data[3] == 0))
    g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_REFUSED,
                         "the other side refused (tinyproto 2 says so with "
                         "zeroes when its limit is reached)");
  else
    g_set_error (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL,
                 "the other side began with the byte %02x, not with a lone ff: "
                 "it "
                 "speaks another protocol%s%s",
                 first, guess != NULL ? ", and looks like " : "",
                 guess != NULL ? guess : "");
  return -1;
}

/* Peers have no names here, except by their keys. A peer that is dialled keeps
 * its made-up name, since messages that were given back wait for a peer of that
 * name. */
static void
offer_name (HeinTinyproto *self, HeinWire *wire)
{
  g_autofree char *name = NULL;

  self->state = TINYPROTO_OFFERED;
  if (!self->is_dialled || hein_wire_get_proved_name (wire) != NULL)
    {
      hein_wire_offer_name (wire, NULL, NULL, HEIN_NAME_RULE_MADE_UP);
      return;
    }
  name = g_strdup (hein_wire_get_note (wire));
  if (name == NULL)
    name = g_strdup_printf ("peer-%08x", (guint) hein_wire_random (wire));
  hein_wire_set_note (wire, name);
  hein_wire_offer_name (wire, name, NULL, HEIN_NAME_RULE_SHARED);
}

static gssize
consume_greeting (HeinTinyproto *self,
                  HeinWire *wire,
                  const guint8 *data,
                  gsize size,
                  GError **error)
{
  /* ZMTP begins with the same byte: without this it would be a peer at first */
  if (data[0] != TINYPROTO_GO ||
      g_strcmp0 (hein_protocol_guess (data, size), "ZMTP") == 0)
    return fail_greeting (data, size, error);
  offer_name (self, wire);
  return 1;
}

static void
hein_tinyproto_admitted (HeinProtocol *protocol,
                         HeinWire *wire,
                         const GError *refusal)
{
  HeinTinyproto *self = HEIN_TINYPROTO (protocol);

  if (refusal != NULL)
    {
      self->state = TINYPROTO_OVER;
      tinyproto_put_byte (wire, TINYPROTO_FULL);
      return;
    }
  self->state = TINYPROTO_IDLE;
  hein_wire_ready (wire);
}

/* When time will make a difference. */
static gint64
get_due_us (HeinTinyproto *self, gint64 now_us)
{
  gint64 due_us = G_MAXINT64;

  if (self->state < TINYPROTO_IDLE || self->state == TINYPROTO_OVER)
    return due_us;
  if (self->state == TINYPROTO_OWING)
    return self->size_us + 1; /* in the next turn, which tells by the time */
  if (self->begun_us > 0 && self->begun == TINYPROTO_GO)
    due_us = self->begun_us + TINYPROTO_DOUBT_US;
  if (self->state == TINYPROTO_ASKED && self->zero_us > 0 && !self->has_rest)
    due_us = MIN (due_us, self->zero_us + TINYPROTO_DOUBT_US);
  if (self->state == TINYPROTO_ASKED && self->answer_timeout_ms > 0)
    due_us =
      MIN (due_us, self->asked_us + (gint64) self->answer_timeout_ms * 1000);
  if (self->state == TINYPROTO_BODY && self->body_due_us > 0)
    due_us = MIN (due_us, self->body_due_us);
  if (self->state == TINYPROTO_IDLE && self->quiet_until_us > now_us)
    due_us = MIN (due_us, self->quiet_until_us);
  return due_us;
}

static gssize
consume_some (HeinTinyproto *self,
              HeinWire *wire,
              const guint8 *data,
              gsize size,
              GError **error)
{
  switch (self->state)
    {
    case TINYPROTO_GREETING:
      return consume_greeting (self, wire, data, size, error);
    case TINYPROTO_IDLE:
      return tinyproto_consume_size (self, wire, data, size, error);
    case TINYPROTO_ASKED:
      return tinyproto_consume_answer (self, wire, data, size, error);
    case TINYPROTO_OWING:
      g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL,
                           "the other side did not wait for the answer to a "
                           "length: it may speak another protocol (ZMTP begins "
                           "alike)");
      return -1;
    case TINYPROTO_BODY:
      return tinyproto_consume_body (self, wire, data, size);
    case TINYPROTO_OFFERED:
      return 0; /* it stays until the verdict */
    case TINYPROTO_OVER:
    default:
      return size;
    }
}

static gssize
hein_tinyproto_consume (HeinProtocol *protocol,
                        HeinWire *wire,
                        GBytes *bytes,
                        GError **error)
{
  HeinTinyproto *self = HEIN_TINYPROTO (protocol);
  gint64 now_us = hein_wire_get_now_us (wire);
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);
  gsize used = 0;
  gssize n = 1;

  tinyproto_check_refusal (self, wire, now_us);
  for (; n > 0 && used < size; used += n)
    {
      n = consume_some (self, wire, data + used, size - used, error);
      if (n < 0)
        {
          self->state = TINYPROTO_OVER;
          return -1;
        }
    }
  tinyproto_advance (self, wire);
  hein_wire_want_tick (wire, get_due_us (self, now_us));
  return used;
}

static gboolean
hein_tinyproto_encode (HeinProtocol *protocol,
                       HeinWire *wire,
                       HeinMessage *message,
                       GError **error)
{
  HeinTinyproto *self = HEIN_TINYPROTO (protocol);

  if (hein_message_get_n_parts (message) > 1)
    {
      g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_FAILED,
                           "tinyproto carries messages of one part");
      return FALSE;
    }
  if (!tinyproto_send (self, wire, message, error))
    return FALSE;
  hein_wire_want_tick (wire, get_due_us (self, hein_wire_get_now_us (wire)));
  return TRUE;
}

/* ---- time ---- */

static gint64
hein_tinyproto_tick (HeinProtocol *protocol, HeinWire *wire, gint64 now_us)
{
  HeinTinyproto *self = HEIN_TINYPROTO (protocol);

  tinyproto_check_refusal (self, wire, now_us);
  if (self->state == TINYPROTO_OWING && now_us > self->size_us)
    tinyproto_answer_size (self, wire);
  tinyproto_check_stray (self, wire, now_us);
  tinyproto_check_answer (self, wire, now_us);
  tinyproto_check_body (self, wire, now_us);
  tinyproto_advance (self, wire);
  return get_due_us (self, now_us);
}

/* ---- the end ---- */

static void
hein_tinyproto_lost (HeinProtocol *protocol, HeinWire *wire)
{
  HeinTinyproto *self = HEIN_TINYPROTO (protocol);

  if (self->message != NULL)
    hein_wire_give_back (wire, self->message, self->audience);
  g_clear_pointer (&self->message, hein_message_unref);
  hein_wire_set_memory (wire, 0);
}

static void
hein_tinyproto_finalize (GObject *object)
{
  HeinTinyproto *self = HEIN_TINYPROTO (object);

  g_clear_pointer (&self->message, hein_message_unref);
  G_OBJECT_CLASS (hein_tinyproto_parent_class)->finalize (object);
}

/* ---- the object ---- */

static const HeinOptionEntry options[] = {
  { .name = "max-size",
    .offset = G_STRUCT_OFFSET (HeinTinyproto, max_size),
    .maximum = 1 << 30 },
  { .name = "answer-timeout-ms",
    .offset = G_STRUCT_OFFSET (HeinTinyproto, answer_timeout_ms),
    .maximum = 3600000,
    .value = 5000 },
  { .name = "turn-ms",
    .offset = G_STRUCT_OFFSET (HeinTinyproto, turn_ms),
    .maximum = 10000,
    .value = 20 },
  { NULL },
};

static void
hein_tinyproto_class_init (HeinTinyprotoClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  HeinProtocolClass *protocol_class = HEIN_PROTOCOL_CLASS (klass);

  object_class->finalize = hein_tinyproto_finalize;
  protocol_class->start = hein_tinyproto_start;
  protocol_class->consume = hein_tinyproto_consume;
  protocol_class->encode = hein_tinyproto_encode;
  protocol_class->tick = hein_tinyproto_tick;
  protocol_class->admitted = hein_tinyproto_admitted;
  protocol_class->lost = hein_tinyproto_lost;

  hein_options_install (object_class, options);
  protocol_class->is_pure = TRUE;
}

static void
hein_tinyproto_init (HeinTinyproto *self)
{
  hein_options_init (self, options);
}
