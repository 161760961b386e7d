/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-soc.h"

#include <gmodule.h>
#include <string.h>

#include "options/hein-options.h"
#include "soc-content.h"

/*
 * What the Python library hein (SocTransmitter, SocReceiver) speaks; README.md
 * has the picture.
 *
 *   receiver (dials)       transmitter (listens)
 *            ◀──────────── ACK
 *   name ────────────────▶          1 to 15 bytes, without an end
 *            ◀──────────── ACK      when the name is admitted, else the end
 *            ◀──────────── frames
 *   ACK  ────────────────▶          one for a read that completed any
 */
#define ACK_BYTE_A 0xaa
#define ACK_BYTE   0x06

/* The name ends when nothing has come for this long; the timer runs this
 * often. */
#define NAME_PAUSE_US (20 * 1000)
/* How much may be unacknowledged: messages queued behind that go out in one
 * write when the acknowledgement has come. */
#define UNACKED_MAX 65536

static GType hein_soc_dialect_get_type (void);

G_DEFINE_FINAL_TYPE (HeinSoc, hein_soc, HEIN_TYPE_PROTOCOL)

HEIN_PLUGIN_DEFINE (HeinSoc,
                    hein_soc,
                    PROTOCOL,
                    "soc",
                    "soc",
                    "The listener publishes, diallers subscribe: Python's hein")

static GType
hein_soc_dialect_get_type (void)
{
  static gsize type;
  static const GEnumValue values[] = {
    { SOC_DIALECT_A, "SOC_DIALECT_A", "a" },
    { SOC_DIALECT_B, "SOC_DIALECT_B", "b" },
    { SOC_DIALECT_C, "SOC_DIALECT_C", "c" },
    { 0, NULL, NULL },
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static (g_intern_static_string (
                                                        "HeinSocDialect"),
                                                      values));
  return type;
}

static gboolean
has_tag (HeinSoc *self)
{
  return self->dialect == SOC_DIALECT_C;
}

static guint8
get_ack (HeinSoc *self)
{
  return self->dialect == SOC_DIALECT_A ? ACK_BYTE_A : ACK_BYTE;
}

static void
put_ack (HeinSoc *self, HeinWire *wire)
{
  const guint8 ack = get_ack (self);

  hein_wire_put (wire, &ack, 1);
}

static gssize
fail (GError **error, const char *text)
{
  g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL, text);
  return -1;
}

/* ---- the handshake ---- */

static void
hein_soc_start (HeinProtocol *protocol, HeinWire *wire, gboolean dialled)
{
  HeinSoc *self = HEIN_SOC (protocol);

  self->is_dialled = dialled;
  self->state = dialled ? SOC_FIRST_ACK : SOC_NAME;
  hein_wire_set_match (wire, HEIN_MATCH_ALL);
  hein_wire_set_accepts_messages (wire, !dialled);
  if (dialled)
    return;
  hein_wire_set_confirmed_by_end (wire, 0);
  put_ack (self, wire);
}

static void
put_name (HeinWire *wire)
{
  const char *name = hein_wire_get_bus_name (wire);
  gsize size = strlen (name);

  /* not in the middle of a character */
  while (size > SOC_NAME_MAX)
    size = g_utf8_find_prev_char (name, name + size) - name;
  hein_wire_put (wire, (const guint8 *) name, size);
}

static void
offer_name (HeinSoc *self, HeinWire *wire)
{
  g_autoptr (GBytes) raw = g_bytes_new (self->name, self->name_size);
  gboolean is_text = g_utf8_validate_len (self->name, self->name_size, NULL);

  self->state = SOC_OFFERED;
  hein_wire_offer_name (wire, is_text ? self->name : NULL, raw,
                        HEIN_NAME_RULE_UNIQUE);
}

/* Listeners have no name in this protocol. */
static void
offer_nobody (HeinSoc *self, HeinWire *wire)
{
  self->state = SOC_OFFERED;
  hein_wire_offer_name (wire, NULL, NULL, HEIN_NAME_RULE_MADE_UP);
}

static gssize
consume_ack (
  HeinSoc *self, HeinWire *wire, const guint8 *data, gsize size, GError **error)
{
  if (data[0] != get_ack (self))
    {
      const char *guess = hein_protocol_guess (data, size);

      g_set_error (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL,
                   "the transmitter began with the byte %02x, not with %02x: "
                   "it speaks another dialect, or another protocol%s%s",
                   data[0], get_ack (self),
                   guess != NULL ? ", and looks like " : "",
                   guess != NULL ? guess : "");
      return -1;
    }
  if (self->state == SOC_SECOND_ACK)
    {
      offer_nobody (self, wire);
      return 1;
    }
  self->state = SOC_SECOND_ACK;
  put_name (wire);
  return 1;
}

/* A name is text, of which the cut at 15 bytes may have left half a character.
 * Any bytes were a name else, and strangers were peers. */
static gboolean
check_name (const guint8 *data, gsize size, GError **error)
{
  const char *guess = hein_protocol_guess (data, size);
  const char *rest = (const char *) data;
  gboolean is_text =
    g_utf8_validate_len (rest, size, &rest) ||
    g_utf8_get_char_validated (rest, (const char *) data + size - rest) ==
      (gunichar) -2;

  for (gsize i = 0; i < size; i++)
    is_text = is_text && !g_ascii_iscntrl (data[i]);
  if (is_text && guess == NULL)
    return TRUE;
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL,
               "the receiver began with the byte %02x, not with a name: it "
               "speaks another protocol%s%s",
               data[0], guess != NULL ? ", and looks like " : "",
               guess != NULL ? guess : "");
  return FALSE;
}

static gssize
consume_name (
  HeinSoc *self, HeinWire *wire, const guint8 *data, gsize size, GError **error)
{
  gsize n = MIN (size, SOC_NAME_MAX - self->name_size);

  if (self->name_size == 0 && !check_name (data, n, error))
    return -1;

  memcpy (self->name + self->name_size, data, n);
  self->name_size += n;
  self->named_us = hein_wire_get_now_us (wire);
  if (self->name_size == SOC_NAME_MAX)
    offer_name (self, wire);
  return n;
}

static void
hein_soc_admitted (HeinProtocol *protocol,
                   HeinWire *wire,
                   const GError *refusal)
{
  HeinSoc *self = HEIN_SOC (protocol);

  if (refusal != NULL)
    {
      self->state = SOC_OVER; /* the other side sees the end, as there */
      return;
    }
  self->state = SOC_UP;
  if (!self->is_dialled)
    {
      put_ack (self, wire);
      hein_wire_set_heartbeat (wire, TRUE);
    }
  hein_wire_ready (wire);
}

/* ---- the transmitter ---- */

static void
put_frame (HeinSoc *self, HeinWire *wire, const char *key)
{
  g_autofree char *head =
    g_strdup_printf (has_tag (self) ? "__%s__:1:" : "__%s__", key);

  hein_wire_put (wire, (const guint8 *) head, strlen (head));
  hein_wire_put (wire, soc_end, sizeof soc_end);
}

static void
hein_soc_finish (HeinProtocol *protocol, HeinWire *wire)
{
  HeinSoc *self = HEIN_SOC (protocol);

  if (!self->is_dialled)
    put_frame (self, wire, "die");
}

/* An acknowledgement is for a read that completed one frame or many, and the next
 * read may have begun before anything that was sent since: so each stands for one
 * frame, and for all that are out when there are as many as frames. */
static void
note_acks (HeinSoc *self, HeinWire *wire, gsize n_acks)
{
  SocUnacked *out = &self->out;
  guint64 n_confirmed;

  out->n_acks += n_acks;
  if (out->n_acks >= out->n_frames)
    *out = (SocUnacked){ .n_before = hein_wire_count_sent (wire) };
  n_confirmed = out->n_before + out->n_acks - MIN (out->n_acks, out->n_pings);
  hein_wire_set_confirmed (wire, n_confirmed);
  /* who has read the rest has acknowledged that, too, before it ends in order */
  hein_wire_set_confirmed_by_end (wire, hein_wire_count_sent (wire));
}

static gssize
consume_acks (
  HeinSoc *self, HeinWire *wire, const guint8 *data, gsize size, GError **error)
{
  for (gsize i = 0; i < size; i++)
    if (data[i] != get_ack (self))
      return fail (error, "a receiver sent something else than an "
                          "acknowledgement");
  if (self->pinged_us > 0)
    hein_wire_set_rtt_us (wire, hein_wire_get_now_us (wire) - self->pinged_us);
  self->pinged_us = 0;
  self->unacked_us = 0;
  self->unacked = 0;
  note_acks (self, wire, size);
  hein_wire_hold (wire, FALSE);
  hein_wire_set_pending (wire, FALSE);
  return size;
}

static void
put_head (HeinSoc *self,
          HeinWire *wire,
          HeinMessage *message,
          const SocContent *content)
{
  char head[SOC_OVERHEAD_MAX + 1];
  char tag[SOC_TAG_MAX + 1];

  soc_clean_tag (hein_message_get_topic (message), tag);
  if (has_tag (self))
    g_snprintf (head, sizeof head, "__%s__%s:%d:", content->key, tag,
                content->unpack);
  else
    g_snprintf (head, sizeof head, "__%s__", content->key);
  hein_wire_put (wire, (const guint8 *) head, strlen (head));
}

/* When an acknowledgement has to be there. */
static gint64
get_ack_due_us (const HeinSoc *self)
{
  return self->unacked_us == 0
           ? G_MAXINT64
           : self->unacked_us + (gint64) self->ack_timeout_ms * 1000;
}

static void
note_sent (HeinSoc *self, HeinWire *wire, gsize size)
{
  self->out.n_frames++;
  if (self->ack_timeout_ms == 0)
    return;
  if (self->unacked_us == 0)
    {
      self->unacked_us = hein_wire_get_now_us (wire);
      hein_wire_want_tick (wire, get_ack_due_us (self));
      hein_wire_set_pending (wire, TRUE);
    }
  self->unacked += size;
  if (self->unacked >= UNACKED_MAX)
    hein_wire_hold (wire, TRUE);
}

static void
hein_soc_ping (HeinProtocol *protocol, HeinWire *wire)
{
  HeinSoc *self = HEIN_SOC (protocol);

  /* an acknowledgement answers the first ping that has no answer yet */
  if (self->pinged_us == 0)
    self->pinged_us = hein_wire_get_now_us (wire);
  put_frame (self, wire, "png");
  self->out.n_pings++;
  note_sent (self, wire, SOC_OVERHEAD_MAX);
}

static gboolean
hein_soc_encode (HeinProtocol *protocol,
                 HeinWire *wire,
                 HeinMessage *message,
                 GError **error)
{
  HeinSoc *self = HEIN_SOC (protocol);
  g_autoptr (GBytes) content_body = NULL;
  g_autoptr (GBytes) body = NULL;
  SocContent content;

  if (hein_message_get_n_parts (message) > 1)
    {
      g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_FAILED,
                           "soc carries messages of one part");
      return FALSE;
    }
  content_body = soc_content_encode (message, self->dialect, &content, error);
  if (content_body == NULL)
    return FALSE;
  put_head (self, wire, message, &content);
  body = soc_escape (content_body);
  hein_wire_put_bytes (wire, body);
  hein_wire_put (wire, soc_end, sizeof soc_end);
  note_sent (self, wire, g_bytes_get_size (body) + SOC_OVERHEAD_MAX);
  return TRUE;
}

/* ---- the receiver ---- */

static gboolean
take_message (HeinSoc *self,
              HeinWire *wire,
              const SocFrame *frame,
              GError **error)
{
  g_autofree char *topic = g_strndup (frame->tag, frame->tag_size);
  g_autofree char *content_type = NULL;
  g_autoptr (GBytes) body = soc_unescape (frame->body, frame->body_size);
  g_autoptr (HeinMessage) message = NULL;

  if (frame->tag_size > HEIN_TOPIC_MAX ||
      !g_utf8_validate_len (frame->tag, frame->tag_size, NULL))
    return fail (error, "a tag is not up to 255 bytes of UTF-8") >= 0;
  if (!hein_wire_check_message_size (wire, g_bytes_get_size (body), 0, error))
    return FALSE;
  content_type = soc_content_decode (frame, self->dialect, &body);
  message = hein_message_new_typed (topic, content_type, body);
  hein_wire_deliver (wire, message);
  return TRUE;
}

static gboolean
take_frame (
  HeinSoc *self, HeinWire *wire, const guint8 *data, gsize size, GError **error)
{
  SocFrame frame;

  if (!soc_frame_parse (data, size, has_tag (self), &frame, error))
    return FALSE;
  if (g_str_equal (frame.key, "png"))
    return TRUE;
  if (g_str_equal (frame.key, "die"))
    {
      self->state = SOC_OVER;
      g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_CLOSED,
                           "the transmitter closes");
      return FALSE;
    }
  return take_message (self, wire, &frame, error);
}

/* Escaping makes a payload at most half as large again. */
static gsize
get_frame_max (HeinWire *wire)
{
  gsize max = hein_wire_get_max_message_size (wire);

  return max + max / 2 + SOC_OVERHEAD_MAX;
}

static gssize
consume_frames (
  HeinSoc *self, HeinWire *wire, const guint8 *data, gsize size, GError **error)
{
  gsize used = 0;
  gssize end;

  while ((end = soc_frame_find_end (data + used, size - used, self->scanned)) >=
         0)
    {
      self->scanned = 0;
      if (!take_frame (self, wire, data + used, end, error))
        return -1;
      used += end + SOC_END_SIZE;
    }
  /* the next bytes may have the other half of the end mark */
  self->scanned = MAX (size - used, SOC_END_SIZE - 1) - (SOC_END_SIZE - 1);
  if (size - used > get_frame_max (wire))
    {
      g_set_error (error, HEIN_ERROR, HEIN_ERROR_TOO_LARGE,
                   "%" G_GSIZE_FORMAT " bytes came without the end of a frame",
                   size - used);
      return -1;
    }
  if (used > 0)
    put_ack (self, wire);
  return used;
}

static gssize
hein_soc_consume (HeinProtocol *protocol,
                  HeinWire *wire,
                  GBytes *bytes,
                  GError **error)
{
  HeinSoc *self = HEIN_SOC (protocol);
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  switch (self->state)
    {
    case SOC_FIRST_ACK:
    case SOC_SECOND_ACK:
      return consume_ack (self, wire, data, size, error);
    case SOC_NAME:
      return consume_name (self, wire, data, size, error);
    case SOC_UP:
      return self->is_dialled ? consume_frames (self, wire, data, size, error)
                              : consume_acks (self, wire, data, size, error);
    case SOC_OFFERED:
      return 0; /* it stays until the verdict */
    case SOC_OVER:
    default:
      return size;
    }
}

/* ---- time ---- */

static void
check_ack (HeinSoc *self, HeinWire *wire, gint64 now_us)
{
  g_autoptr (GError) error = NULL;

  if (now_us < get_ack_due_us (self))
    return;
  self->state = SOC_OVER;
  error =
    g_error_new (HEIN_ERROR, HEIN_ERROR_TIMED_OUT,
                 "no acknowledgement came within %u ms", self->ack_timeout_ms);
  hein_wire_fail (wire, error);
}

static gint64
hein_soc_tick (HeinProtocol *protocol, HeinWire *wire, gint64 now_us)
{
  HeinSoc *self = HEIN_SOC (protocol);

  if (self->is_dialled || self->state == SOC_OVER)
    return G_MAXINT64;
  if (self->state != SOC_UP)
    {
      if (self->state == SOC_NAME && self->name_size > 0 &&
          now_us >= self->named_us + NAME_PAUSE_US)
        offer_name (self, wire);
      return now_us + NAME_PAUSE_US;
    }
  check_ack (self, wire, now_us);
  return get_ack_due_us (self);
}

/* ---- the object ---- */

static const HeinOptionEntry options[] = {
  { .name = "dialect",
    .kind = HEIN_OPTION_CHOICE,
    .offset = G_STRUCT_OFFSET (HeinSoc, dialect),
    .get_type = hein_soc_dialect_get_type,
    .value = SOC_DIALECT_C },
  { .name = "ack-timeout-ms",
    .offset = G_STRUCT_OFFSET (HeinSoc, ack_timeout_ms),
    .maximum = 3600000,
    .value = 1000 },
  { NULL },
};

static void
hein_soc_class_init (HeinSocClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  HeinProtocolClass *protocol_class = HEIN_PROTOCOL_CLASS (klass);

  protocol_class->start = hein_soc_start;
  protocol_class->consume = hein_soc_consume;
  protocol_class->encode = hein_soc_encode;
  protocol_class->tick = hein_soc_tick;
  protocol_class->admitted = hein_soc_admitted;
  protocol_class->finish = hein_soc_finish;
  protocol_class->ping = hein_soc_ping;

  hein_options_install (object_class, options);
  protocol_class->is_pure = TRUE;
}

static void
hein_soc_init (HeinSoc *self)
{
  hein_options_init (self, options);
}
