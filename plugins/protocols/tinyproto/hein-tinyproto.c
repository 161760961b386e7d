/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-tinyproto.h"

#include <gmodule.h>

/*
 * What the Python library tinyproto speaks; README.md has the picture of the
 * states, and why they are so.
 *
 *   both          FF
 *   sender        LEN, u32 big-endian
 *   receiver      FF: go on, or 00: refused
 *   sender        LEN bytes
 */
#define GO   0xff
#define NO   0x00
#define FULL 0xfe

#define SIZE_SIZE      4
#define SIZE_FIRST_MAX 0xf0 /* the first byte of a LEN that may be accepted */

/* A 00 that nothing follows for so long is a refusal, and no LEN; and an FF
 * that nothing follows is an answer that nobody asked for. */
#define DOUBT_US (200 * 1000)
/* So that a refusal and the LEN after it are told from a LEN. */
#define AFTER_REFUSAL_US (400 * 1000)
/* How long a dialler waits for the LEN that the acceptor has to repeat. */
#define REPEAT_US G_USEC_PER_SEC
/* A peer that was silent after so many messages only listens … */
#define LISTENER_MESSAGES 3
/* … and is given time to speak only so often. */
#define GIVE_WAY_US (500 * 1000)

/* A tick cannot be asked for: so often is looked, and so often when nothing
 * has happened for a second. */
#define TICK_US      (5 * 1000)
#define IDLE_TICK_US (100 * 1000)
#define ACTIVE_US    G_USEC_PER_SEC

enum
{
  PROP_0,
  PROP_MAX_SIZE,
  PROP_ANSWER_TIMEOUT,
  PROP_TURN,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

typedef struct
{
  HeinMessage *message; /* owned */
  HeinAudience audience;
} Kept;

G_DEFINE_FINAL_TYPE (HeinTinyproto, hein_tinyproto, HEIN_TYPE_PROTOCOL)

HEIN_PLUGIN_DEFINE (HeinTinyproto,
                    hein_tinyproto,
                    PROTOCOL,
                    "tinyproto",
                    "tinyproto",
                    "Whole messages in turn, as Python's tinyproto")

static void
kept_free (gpointer data)
{
  Kept *self = data;

  hein_message_unref (self->message);
  g_free (self);
}

static void
put_byte (HeinWire *wire, guint8 byte)
{
  hein_wire_put (wire, &byte, 1);
}

static guint32
read_size (const guint8 *data)
{
  guint32 size;

  memcpy (&size, data, sizeof size);
  return GUINT32_FROM_BE (size);
}

static gint64
get_turn_us (HeinTinyproto *self)
{
  return (gint64) self->turn_ms * 1000;
}

/* ---- the handshake ---- */

static void
hein_tinyproto_start (HeinProtocol *protocol, HeinWire *wire, gboolean dialled)
{
  HeinTinyproto *self = HEIN_TINYPROTO (protocol);

  self->is_dialled = dialled;
  hein_wire_set_filter (wire, HEIN_FILTER_NONE);
  put_byte (wire, GO);
}

static gssize
fail_greeting (guint8 first, GError **error)
{
  if (first == FULL)
    g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_REFUSED,
                         "the other side has no room for another connection");
  else if (first == NO)
    g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_REFUSED,
                         "the other side refused (tinyproto 2 says so with "
                         "zeroes when its limit is reached)");
  else
    g_set_error (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL,
                 "the other side began with the byte %02x, not with ff: it "
                 "speaks another protocol",
                 first);
  return -1;
}

/* Nobody has a name here. Who is dialled keeps the one that is made up, since
 * what was given back waits for a peer of that name. */
static void
offer_name (HeinTinyproto *self, HeinWire *wire)
{
  g_autofree char *name = NULL;

  self->state = TINYPROTO_OFFERED;
  if (!self->is_dialled)
    {
      hein_wire_offer_name (wire, NULL, NULL, HEIN_NAME_MADE_UP);
      return;
    }
  name = g_strdup (hein_wire_get_note (wire));
  if (name == NULL)
    name = g_strdup_printf ("peer-%08x", (guint) hein_wire_random (wire));
  hein_wire_set_note (wire, name);
  hein_wire_offer_name (wire, name, NULL, HEIN_NAME_SHARED);
}

static gssize
consume_greeting (HeinTinyproto *self,
                  HeinWire *wire,
                  guint8 first,
                  GError **error)
{
  if (first != GO)
    return fail_greeting (first, error);
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
      put_byte (wire, FULL);
      return;
    }
  self->state = TINYPROTO_IDLE;
  hein_wire_ready (wire);
}

/* ---- whose turn it is ---- */

static void
set_held (HeinTinyproto *self, HeinWire *wire, gboolean is_held)
{
  if (is_held == self->is_held)
    return;
  self->is_held = is_held;
  hein_wire_hold (wire, is_held);
  if (!is_held)
    self->released_us = hein_wire_get_now_us (wire);
  else if (!self->is_pending)
    {
      /* messages may wait behind the hold, which a close is to wait for */
      self->is_pending = TRUE;
      hein_wire_set_pending (wire, TRUE);
    }
}

/* What waited was encoded when the turn of the release ended. */
static void
settle (HeinTinyproto *self, HeinWire *wire, gint64 now_us)
{
  if (!self->is_pending || self->is_held || now_us <= self->released_us)
    return;
  self->is_pending = FALSE;
  hein_wire_set_pending (wire, FALSE);
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

/* Says what was withdrawn, or lets the next message come, when it may. */
static void
advance (HeinTinyproto *self, HeinWire *wire)
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

/* The original does not survive that both speak: who has said something waits
 * whether the other one wants to. */
static void
pause_after_own (HeinTinyproto *self, gint64 now_us)
{
  self->n_unanswered++;
  if (!self->is_hein && self->n_unanswered <= LISTENER_MESSAGES)
    self->quiet_until_us = now_us + get_turn_us (self);
  else if (now_us >= self->gave_way_us + GIVE_WAY_US)
    /* a peer that waits for its turn has it before this is over */
    self->quiet_until_us = now_us + 2 * get_turn_us (self);
  else
    return;
  self->gave_way_us = now_us;
}

/* ---- sending ---- */

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
  if (self->is_held || self->state != TINYPROTO_IDLE)
    {
      /* a connection that closes because of an error is not held any more:
       * nothing that the peer would misread, `lost` gives it back */
      Kept *kept = g_new (Kept, 1);

      *kept =
        (Kept){ hein_message_ref (message), hein_wire_get_audience (wire) };
      g_queue_push_tail (&self->backlog, kept);
      return TRUE;
    }
  self->message = hein_message_ref (message);
  self->audience = hein_wire_get_audience (wire);
  self->active_us = hein_wire_get_now_us (wire);
  put_size (self, wire);
  set_held (self, wire, TRUE);
  return TRUE;
}

static void
finish_own (HeinTinyproto *self, HeinWire *wire)
{
  gint64 now_us = hein_wire_get_now_us (wire);

  g_clear_pointer (&self->message, hein_message_unref);
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

static void
put_payload (HeinTinyproto *self, HeinWire *wire)
{
  if (hein_message_get_size (self->message) > 0)
    hein_wire_put_bytes (wire, hein_message_get_payload (self->message));
  finish_own (self, wire);
}

static void
take_refusal (HeinTinyproto *self, HeinWire *wire)
{
  gsize size = hein_message_get_size (self->message);
  g_autofree char *why =
    g_strdup_printf ("the peer refused a message of %" G_GSIZE_FORMAT " bytes",
                     size);

  hein_wire_drop (wire, HEIN_DROP_UNSENDABLE, size, why);
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
  /* not answered in this turn: our LEN may be queued only, and what is put now
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

/* A 00 was taken: these are the rest of a LEN. */
static gssize
consume_after_zero (HeinTinyproto *self,
                    HeinWire *wire,
                    const guint8 *data,
                    gsize size)
{
  const gsize rest = SIZE_SIZE - 1;

  if (size < rest)
    {
      hein_wire_expect (wire, rest);
      return 0;
    }
  collide (self, wire, data[0] << 16 | data[1] << 8 | data[2]);
  return rest;
}

static gssize
consume_answer (HeinTinyproto *self,
                HeinWire *wire,
                const guint8 *data,
                gsize size,
                GError **error)
{
  if (self->zero_us > 0)
    return consume_after_zero (self, wire, data, size);
  if (data[0] == GO)
    {
      put_payload (self, wire);
      return 1;
    }
  if (self->has_collided && data[0] == NO)
    {
      take_refusal (self, wire);
      return 1;
    }
  if (self->has_collided || data[0] > SIZE_FIRST_MAX)
    return fail_answer (data[0], error);
  if (size >= SIZE_SIZE)
    {
      collide (self, wire, read_size (data));
      return SIZE_SIZE;
    }
  if (data[0] == NO)
    {
      self->zero_us = hein_wire_get_now_us (wire);
      return 1;
    }
  hein_wire_expect (wire, SIZE_SIZE);
  return 0;
}

/* ---- receiving ---- */

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

  put_byte (wire, NO);
  hein_wire_drop (wire, HEIN_DROP_INVALID, self->size, why);
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
  self->quiet_until_us = self->is_hein ? 0 : now_us + get_turn_us (self);
}

static void
answer_size (HeinTinyproto *self, HeinWire *wire)
{
  /* limits of the bus lie far below F0FFFFFF, from which on all refuse */
  if (self->size > get_max_size (self, wire))
    {
      refuse_size (self, wire);
      return;
    }
  put_byte (wire, GO);
  if (self->size == 0)
    {
      take_body (self, wire, (const guint8 *) "");
      return;
    }
  self->state = TINYPROTO_BODY;
  /* when the bus has been given something in this turn it may stop reading,
   * and then it is not the peer who is late */
  self->body_due_us = 0;
  if (self->answer_timeout_ms > 0 && self->delivered_us < self->size_us)
    self->body_due_us =
      hein_wire_get_now_us (wire) + (gint64) self->answer_timeout_ms * 1000;
}

static gssize
consume_size (HeinTinyproto *self,
              HeinWire *wire,
              const guint8 *data,
              gsize size)
{
  gint64 now_us = hein_wire_get_now_us (wire);

  if (size < SIZE_SIZE)
    {
      if (self->begun_us == 0)
        self->begun_us = now_us;
      self->begun = data[0];
      hein_wire_expect (wire, SIZE_SIZE);
      return 0;
    }
  self->begun_us = 0;
  self->size = read_size (data);
  self->size_us = now_us;
  answer_size (self, wire);
  return SIZE_SIZE;
}

static gssize
consume_body (HeinTinyproto *self,
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
      return consume_greeting (self, wire, data[0], error);
    case TINYPROTO_IDLE:
      return consume_size (self, wire, data, size);
    case TINYPROTO_ASKED:
      return consume_answer (self, wire, data, size, error);
    case TINYPROTO_OWING:
      g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL,
                           "the other side did not wait for the answer to a "
                           "length");
      return -1;
    case TINYPROTO_BODY:
      return consume_body (self, wire, data, size);
    case TINYPROTO_OFFERED:
      return 0; /* it stays until the verdict */
    case TINYPROTO_OVER:
    default:
      return size;
    }
}

/* A 00 that nothing followed for long was a refusal. */
static void
check_zero (HeinTinyproto *self, HeinWire *wire, gint64 now_us)
{
  if (self->zero_us > 0 && now_us >= self->zero_us + DOUBT_US)
    take_refusal (self, wire);
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

  self->active_us = now_us;
  check_zero (self, wire, now_us);
  for (; n > 0 && used < size; used += n)
    {
      n = consume_some (self, wire, data + used, size - used, error);
      if (n < 0)
        {
          self->state = TINYPROTO_OVER;
          return -1;
        }
    }
  advance (self, wire);
  return used;
}

/* ---- time ---- */

static void
fail_late (HeinTinyproto *self, HeinWire *wire, int code, const char *text)
{
  g_autoptr (GError) error = g_error_new_literal (HEIN_ERROR, code, text);

  self->state = TINYPROTO_OVER;
  hein_wire_fail (wire, error);
}

static void
check_stray (HeinTinyproto *self, HeinWire *wire, gint64 now_us)
{
  if (self->begun_us > 0 && self->begun == GO &&
      now_us >= self->begun_us + DOUBT_US)
    fail_late (self, wire, HEIN_ERROR_PROTOCOL,
               "an answer came, and nothing was asked");
}

static void
check_answer (HeinTinyproto *self, HeinWire *wire, gint64 now_us)
{
  g_autofree char *text = NULL;

  if (self->state != TINYPROTO_ASKED || self->answer_timeout_ms == 0 ||
      now_us < self->asked_us + (gint64) self->answer_timeout_ms * 1000)
    return;
  text = g_strdup_printf ("no answer to a length came within %u ms",
                          self->answer_timeout_ms);
  fail_late (self, wire, HEIN_ERROR_TIMED_OUT, text);
}

static void
check_body (HeinTinyproto *self, HeinWire *wire, gint64 now_us)
{
  g_autofree char *text = NULL;

  if (self->state != TINYPROTO_BODY || self->body_due_us == 0 ||
      now_us < self->body_due_us)
    return;
  text = g_strdup_printf ("nothing of a message of %u bytes came within %u ms",
                          self->size, self->answer_timeout_ms);
  fail_late (self, wire, HEIN_ERROR_TIMED_OUT, text);
}

static gint64
hein_tinyproto_tick (HeinProtocol *protocol, HeinWire *wire, gint64 now_us)
{
  HeinTinyproto *self = HEIN_TINYPROTO (protocol);

  check_zero (self, wire, now_us);
  if (self->state == TINYPROTO_OWING && now_us > self->size_us)
    answer_size (self, wire);
  check_stray (self, wire, now_us);
  check_answer (self, wire, now_us);
  check_body (self, wire, now_us);
  advance (self, wire);
  settle (self, wire, now_us);
  if (self->state == TINYPROTO_OVER)
    return G_MAXINT64;
  return now_us +
         (now_us < self->active_us + ACTIVE_US ? TICK_US : IDLE_TICK_US);
}

/* ---- the end ---- */

static void
hein_tinyproto_lost (HeinProtocol *protocol, HeinWire *wire)
{
  HeinTinyproto *self = HEIN_TINYPROTO (protocol);

  if (self->message != NULL)
    hein_wire_give_back (wire, self->message, self->audience);
  g_clear_pointer (&self->message, hein_message_unref);
  while (!g_queue_is_empty (&self->backlog))
    {
      Kept *kept = g_queue_pop_head (&self->backlog);

      hein_wire_give_back (wire, kept->message, kept->audience);
      kept_free (kept);
    }
}

static void
hein_tinyproto_finalize (GObject *object)
{
  HeinTinyproto *self = HEIN_TINYPROTO (object);

  g_clear_pointer (&self->message, hein_message_unref);
  g_queue_clear_full (&self->backlog, kept_free);
  G_OBJECT_CLASS (hein_tinyproto_parent_class)->finalize (object);
}

/* ---- the object ---- */

static guint *
get_option (HeinTinyproto *self, guint prop_id)
{
  switch (prop_id)
    {
    case PROP_MAX_SIZE:
      return &self->max_size;
    case PROP_ANSWER_TIMEOUT:
      return &self->answer_timeout_ms;
    case PROP_TURN:
      return &self->turn_ms;
    default:
      return NULL;
    }
}

static void
hein_tinyproto_get_property (GObject *object,
                             guint prop_id,
                             GValue *value,
                             GParamSpec *pspec)
{
  const guint *option = get_option (HEIN_TINYPROTO (object), prop_id);

  if (option != NULL)
    g_value_set_uint (value, *option);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
}

static void
hein_tinyproto_set_property (GObject *object,
                             guint prop_id,
                             const GValue *value,
                             GParamSpec *pspec)
{
  guint *option = get_option (HEIN_TINYPROTO (object), prop_id);

  if (option != NULL)
    *option = g_value_get_uint (value);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
}

static void
hein_tinyproto_class_init (HeinTinyprotoClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  HeinProtocolClass *protocol_class = HEIN_PROTOCOL_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS;

  object_class->get_property = hein_tinyproto_get_property;
  object_class->set_property = hein_tinyproto_set_property;
  object_class->finalize = hein_tinyproto_finalize;
  protocol_class->start = hein_tinyproto_start;
  protocol_class->consume = hein_tinyproto_consume;
  protocol_class->encode = hein_tinyproto_encode;
  protocol_class->tick = hein_tinyproto_tick;
  protocol_class->admitted = hein_tinyproto_admitted;
  protocol_class->lost = hein_tinyproto_lost;

  props[PROP_MAX_SIZE] =
    g_param_spec_uint ("max-size", NULL, NULL, 0, 1 << 30, 0, flags);
  props[PROP_ANSWER_TIMEOUT] =
    g_param_spec_uint ("answer-timeout-ms", NULL, NULL, 0, 3600000, 5000,
                       flags);
  props[PROP_TURN] =
    g_param_spec_uint ("turn-ms", NULL, NULL, 0, 10000, 20, flags);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
hein_tinyproto_init (HeinTinyproto *self)
{
  self->answer_timeout_ms = 5000;
  self->turn_ms = 20;
  g_queue_init (&self->backlog);
}
