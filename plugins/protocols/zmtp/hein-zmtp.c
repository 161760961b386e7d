/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-zmtp.h"

#include <gmodule.h>
#include <string.h>

/*
 * ZMTP 3.1 (37/ZMTP) with the NULL mechanism; README.md has the picture.
 *
 *   dialler          acceptor
 *   greeting ──────▶
 *            ◀────── greeting
 *   READY ─────────▶            when the 64 bytes are there, not before
 *            ◀────── READY      of the type that fits, when the name is in
 *   messages ◀─────▶ messages
 */
#define HANDSHAKE_FRAME_MAX 4096
#define COMMAND_MAX         65536
#define PARTS_MAX           1024
#define OVERHEAD_MAX        1024 /* topic and attributes beside the payload */
#define PONG_CONTEXT_MAX    16
#define REASON_MAX          255

#define HEIN_TYPE_ZMTP_TYPE        (hein_zmtp_type_get_type ())
#define HEIN_TYPE_ZMTP_TOPIC_FRAME (hein_zmtp_topic_frame_get_type ())
#define HEIN_TYPE_ZMTP_IDENTITY    (hein_zmtp_identity_get_type ())

enum
{
  PROP_0,
  PROP_TYPE,
  PROP_TOPIC_FRAME,
  PROP_IDENTITY,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

static GType hein_zmtp_type_get_type (void);
static GType hein_zmtp_topic_frame_get_type (void);
static GType hein_zmtp_identity_get_type (void);

G_DEFINE_FINAL_TYPE (HeinZmtp, hein_zmtp, HEIN_TYPE_PROTOCOL)

HEIN_PLUGIN_DEFINE (HeinZmtp,
                    hein_zmtp,
                    PROTOCOL,
                    "zmtp",
                    "zmtp",
                    "ZMTP 3.1: hein's own, and every ZeroMQ socket's")

static GType
register_enum (const char *name, const GEnumValue *values)
{
  return g_enum_register_static (g_intern_static_string (name), values);
}

static GType
hein_zmtp_type_get_type (void)
{
  static gsize type;
  static GEnumValue values[ZMTP_XSUB + 2];

  if (g_once_init_enter (&type))
    {
      for (int i = 0; i <= ZMTP_XSUB; i++)
        {
          g_autofree char *nick = g_ascii_strdown (zmtp_type_get_name (i), -1);

          values[i].value = i;
          values[i].value_name = zmtp_type_get_name (i);
          values[i].value_nick = g_intern_string (nick);
        }
      g_once_init_leave (&type, register_enum ("HeinZmtpType", values));
    }
  return type;
}

static GType
hein_zmtp_topic_frame_get_type (void)
{
  static gsize type;
  static const GEnumValue values[] = {
    { ZMTP_TOPIC_AUTO, "ZMTP_TOPIC_AUTO", "auto" },
    { ZMTP_TOPIC_ALWAYS, "ZMTP_TOPIC_ALWAYS", "always" },
    { ZMTP_TOPIC_NEVER, "ZMTP_TOPIC_NEVER", "never" },
    { 0, NULL, NULL },
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, register_enum ("HeinZmtpTopicFrame", values));
  return type;
}

static GType
hein_zmtp_identity_get_type (void)
{
  static gsize type;
  static const GEnumValue values[] = {
    { ZMTP_IDENTITY_AUTO, "ZMTP_IDENTITY_AUTO", "auto" },
    { ZMTP_IDENTITY_YES, "ZMTP_IDENTITY_YES", "yes" },
    { ZMTP_IDENTITY_NO, "ZMTP_IDENTITY_NO", "no" },
    { 0, NULL, NULL },
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, register_enum ("HeinZmtpIdentity", values));
  return type;
}

/* ---- commands ---- */

static void
put_command (HeinWire *wire, const char *name, const void *data, gsize size)
{
  guint8 name_size = strlen (name);
  guint8 header[ZMTP_HEADER_MAX];
  guint8 *end = zmtp_frame_write (header, ZMTP_COMMAND, 1 + name_size + size);

  hein_wire_put (wire, header, end - header);
  hein_wire_put (wire, &name_size, 1);
  hein_wire_put (wire, (const guint8 *) name, name_size);
  hein_wire_put (wire, data, size);
}

static void
put_ready (HeinZmtp *self, HeinWire *wire)
{
  g_autoptr (GByteArray) frame =
    zmtp_ready_write (self->own_type,
                      self->is_anonymous ? "" : hein_wire_get_bus_name (wire),
                      hein_wire_get_bus_instance (wire));

  hein_wire_put (wire, frame->data, frame->len);
}

static void
put_error (HeinWire *wire, const char *text)
{
  guint8 body[1 + REASON_MAX];
  gsize size = MIN (strlen (text), REASON_MAX);

  body[0] = size;
  memcpy (body + 1, text, size);
  put_command (wire, "ERROR", body, size + 1);
}

static gboolean
is_command (const guint8 *body, gsize size, const char *name)
{
  gsize name_size = strlen (name);

  return size > name_size && body[0] == name_size &&
         memcmp (body + 1, name, name_size) == 0;
}

/* What the other side says goes to logs and terminals. */
static char *
dup_reason (const guint8 *data, gsize size)
{
  gsize length = size > 0 ? MIN ((gsize) data[0], size - 1) : 0;
  g_autofree char *text =
    g_utf8_make_valid (length > 0 ? (const char *) data + 1 : "", length);

  for (char *p = text; *p != '\0'; p++)
    if (g_ascii_iscntrl (*p))
      *p = '?';
  return g_steal_pointer (&text);
}

static gboolean
on_error (const guint8 *data, gsize size, GError **error)
{
  g_autofree char *reason = dup_reason (data, size);

  g_set_error (error, HEIN_ERROR, HEIN_ERROR_REFUSED,
               "the other side refused: %s", reason);
  return FALSE;
}

static void
on_ping (HeinWire *wire, const guint8 *data, gsize size)
{
  /* two bytes of time to live, then what is to come back */
  if (size >= 2)
    put_command (wire, "PONG", data + 2, MIN (size - 2, PONG_CONTEXT_MAX));
}

static void
on_pong (HeinZmtp *self, HeinWire *wire, const guint8 *data, gsize size)
{
  gint64 sent_us;

  if (size != sizeof sent_us)
    return;
  memcpy (&sent_us, data, sizeof sent_us);
  /* only what was really sent counts */
  if (sent_us == self->pinged_us && sent_us != 0)
    hein_wire_set_rtt_us (wire, hein_wire_get_now_us (wire) - sent_us);
}

static gboolean
add_subscription (HeinZmtp *self,
                  HeinWire *wire,
                  const guint8 *prefix,
                  gsize size,
                  GError **error)
{
  if (!hein_wire_subscribe (wire, prefix, size, error))
    return FALSE;
  if (!self->has_subscribed)
    hein_wire_set_accepts_messages (wire, TRUE);
  self->has_subscribed = TRUE;
  return TRUE;
}

static gboolean
on_command (HeinZmtp *self,
            HeinWire *wire,
            const guint8 *body,
            gsize size,
            GError **error)
{
  if (is_command (body, size, "SUBSCRIBE"))
    return add_subscription (self, wire, body + 10, size - 10, error);
  if (is_command (body, size, "CANCEL"))
    hein_wire_unsubscribe (wire, body + 7, size - 7);
  else if (is_command (body, size, "PING"))
    on_ping (wire, body + 5, size - 5);
  else if (is_command (body, size, "PONG"))
    on_pong (self, wire, body + 5, size - 5);
  else if (is_command (body, size, "ERROR"))
    return on_error (body + 6, size - 6, error);
  /* others are ignored, as the specification wants */
  return TRUE;
}

/* ---- the handshake ---- */

static gboolean
has_note (const char *note, const char *word)
{
  g_auto (GStrv) words = note != NULL ? g_strsplit (note, " ", -1) : NULL;

  return words != NULL && g_strv_contains ((const char *const *) words, word);
}

static ZmtpType
get_noted_type (const char *note)
{
  g_auto (GStrv) words = NULL;

  if (note == NULL)
    return ZMTP_DEALER;
  words = g_strsplit (note, " ", -1);
  for (guint i = 0; words[i] != NULL; i++)
    {
      const char *name = words[i] + strlen ("type=");

      if (g_str_has_prefix (words[i], "type=") &&
          zmtp_type_from_name (name, strlen (name)) != ZMTP_AUTO)
        return zmtp_type_from_name (name, strlen (name));
    }
  return ZMTP_DEALER;
}

static void
set_note (HeinZmtp *self, HeinWire *wire, ZmtpType type)
{
  g_autofree char *note =
    g_strdup_printf ("type=%s%s", zmtp_type_get_name (type),
                     self->is_anonymous ||
                         (self->peer_type == ZMTP_ROUTER && !self->is_hein)
                       ? " anonymous"
                       : "");

  hein_wire_set_note (wire, note);
}

static void
hein_zmtp_start (HeinProtocol *protocol, HeinWire *wire, gboolean dialled)
{
  HeinZmtp *self = HEIN_ZMTP (protocol);
  const char *note = hein_wire_get_note (wire);
  guint8 greeting[ZMTP_GREETING_SIZE];

  self->is_dialled = dialled;
  self->own_type = self->wanted_type;
  if (dialled && self->own_type == ZMTP_AUTO)
    self->own_type = get_noted_type (note);
  /* a libzmq ROUTER leaves a second connection of one identity deaf */
  self->is_anonymous =
    self->identity == ZMTP_IDENTITY_NO ||
    (self->identity == ZMTP_IDENTITY_AUTO && has_note (note, "anonymous"));
  zmtp_greeting_write (greeting);
  hein_wire_put (wire, greeting, sizeof greeting);
}

static gssize
consume_greeting (HeinZmtp *self,
                  HeinWire *wire,
                  const guint8 *data,
                  gsize size,
                  GError **error)
{
  if (!zmtp_greeting_check (data, size, &self->minor, error))
    return -1;
  if (size < ZMTP_GREETING_SIZE)
    return 0;
  self->state = ZMTP_READY;
  if (self->is_dialled)
    put_ready (self, wire);
  return ZMTP_GREETING_SIZE;
}

/* FALSE with @error: they cannot speak; without: they will, in a moment. */
static gboolean
settle_types (HeinZmtp *self, HeinWire *wire, GError **error)
{
  ZmtpType fitting = zmtp_type_fit (self->peer_type);

  if (self->own_type == ZMTP_AUTO)
    self->own_type = fitting;
  if (zmtp_type_can_speak (self->own_type, self->peer_type))
    return TRUE;
  if (self->is_dialled && self->wanted_type == ZMTP_AUTO)
    {
      set_note (self, wire, fitting);
      self->state = ZMTP_OVER;
      hein_wire_redial (wire);
      return FALSE;
    }
  /* a hein that hears what we are dials again as what fits */
  if (!self->is_dialled && self->is_hein)
    put_ready (self, wire);
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL,
               "the peer is a %s socket, which cannot speak to a %s",
               zmtp_type_get_name (self->peer_type),
               zmtp_type_get_name (self->own_type));
  return FALSE;
}

static void
describe_peer (HeinZmtp *self, HeinWire *wire)
{
  gboolean subscribes = self->peer_type == ZMTP_SUB ||
                        self->peer_type == ZMTP_XSUB || self->is_hein;
  gboolean only_sends = self->peer_type == ZMTP_PUB ||
                        self->peer_type == ZMTP_XPUB ||
                        self->peer_type == ZMTP_PUSH;

  hein_wire_set_accepts_messages (wire, !subscribes && !only_sends);
  if (self->is_hein)
    hein_wire_set_match (wire, HEIN_MATCH_TOPIC);
  else if (subscribes)
    hein_wire_set_match (wire, self->topic_frame == ZMTP_TOPIC_AUTO
                                 ? HEIN_MATCH_TOPIC_OR_PART
                               : self->topic_frame == ZMTP_TOPIC_ALWAYS
                                 ? HEIN_MATCH_TOPIC
                                 : HEIN_MATCH_PART);
  if (self->is_hein)
    hein_wire_set_encoding (wire, "zmtp/hein");
  else if (self->peer_type != ZMTP_REQ && self->peer_type != ZMTP_REP)
    hein_wire_set_encoding (wire, self->topic_frame == ZMTP_TOPIC_AUTO
                                    ? "zmtp/auto"
                                  : self->topic_frame == ZMTP_TOPIC_ALWAYS
                                    ? "zmtp/always"
                                    : "zmtp/never");
}

static gboolean
on_ready (HeinZmtp *self,
          HeinWire *wire,
          const guint8 *data,
          gsize size,
          GError **error)
{
  ZmtpReady ready = { 0 };
  g_autoptr (GBytes) identity = NULL;
  g_autofree char *instance = NULL;
  g_autofree char *hint = NULL;
  gboolean ok = zmtp_ready_parse (data, size, &ready, error);

  identity = g_steal_pointer (&ready.identity);
  instance = g_steal_pointer (&ready.instance);
  zmtp_ready_clear (&ready);
  if (!ok)
    return FALSE;
  self->peer_type = ready.type;
  self->is_hein = ready.is_hein;
  if (!settle_types (self, wire, error))
    return self->state == ZMTP_OVER;
  if (self->is_dialled && self->wanted_type == ZMTP_AUTO)
    set_note (self, wire, self->own_type);
  self->state = ZMTP_OFFERED;
  describe_peer (self, wire);
  if (self->is_hein)
    hein_wire_set_instance (wire, instance);
  if (identity != NULL && g_bytes_get_size (identity) > 0)
    hein_wire_offer_name (wire, NULL, identity,
                          self->is_hein ? HEIN_NAME_UNIQUE : HEIN_NAME_SHARED);
  else
    {
      hint = g_ascii_strdown (zmtp_type_get_name (self->peer_type), -1);
      hein_wire_offer_name (wire, self->is_hein ? "hein" : hint, NULL,
                            HEIN_NAME_MADE_UP);
    }
  return TRUE;
}

static gssize
consume_ready (HeinZmtp *self,
               HeinWire *wire,
               const guint8 *data,
               gsize size,
               GError **error)
{
  ZmtpFrame frame;
  ZmtpFrameResult result = zmtp_frame_parse (data, size, &frame);
  const guint8 *body = data + frame.header_size;

  if (result == ZMTP_FRAME_SHORT)
    return 0;
  if (result == ZMTP_FRAME_BAD || (frame.flags & ZMTP_COMMAND) == 0 ||
      frame.size > HANDSHAKE_FRAME_MAX)
    {
      g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL,
                           "the first frame is no READY of at most 4 KiB");
      return -1;
    }
  if (frame.size > size - frame.header_size)
    return 0;
  if (is_command (body, frame.size, "ERROR"))
    return on_error (body + 6, frame.size - 6, error) ? 0 : -1;
  if (!is_command (body, frame.size, "READY"))
    {
      g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL,
                           "the first command is not READY");
      return -1;
    }
  if (!on_ready (self, wire, body + 6, frame.size - 6, error))
    return -1;
  return frame.header_size + frame.size;
}

static void
hein_zmtp_admitted (HeinProtocol *protocol,
                    HeinWire *wire,
                    const GError *refusal)
{
  HeinZmtp *self = HEIN_ZMTP (protocol);

  if (refusal == NULL)
    {
      self->state = ZMTP_UP;
      if (!self->is_dialled)
        put_ready (self, wire);
      hein_wire_set_heartbeat (wire, self->minor >= 1);
      hein_wire_ready (wire);
      return;
    }
  self->state = ZMTP_OVER;
  /* libzmq gives up for ever after ERROR, but not after a plain close */
  if (self->is_hein)
    put_error (wire, refusal->message);
  hein_wire_fail (wire, refusal);
}

/* ---- messages ---- */

static gboolean
fail_large (HeinWire *wire, guint64 size, GError **error)
{
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_TOO_LARGE,
               "a message of at least %" G_GUINT64_FORMAT
               " bytes is over the limit of %" G_GSIZE_FORMAT,
               size, hein_wire_get_max_message_size (wire));
  return FALSE;
}

/* Decides from the header alone, before anything is waited for. */
static gboolean
check_frame (HeinZmtp *self,
             HeinWire *wire,
             const ZmtpFrame *frame,
             GError **error)
{
  guint64 max = hein_wire_get_max_message_size (wire) + OVERHEAD_MAX;

  if (frame->flags & ZMTP_COMMAND)
    {
      if (frame->size <= COMMAND_MAX && self->parts->len == 0)
        return TRUE;
      g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL,
                           "a command is over 64 KiB, or within a message");
      return FALSE;
    }
  if (frame->size > max || self->content + frame->size > max)
    return fail_large (wire, MAX (frame->size, self->content), error);
  if (self->parts->len < PARTS_MAX)
    return TRUE;
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_TOO_LARGE,
               "a message has more than %u frames", PARTS_MAX);
  return FALSE;
}

static void
begin_message (HeinZmtp *self)
{
  g_array_set_size (self->parts, 0);
  self->scanned = 0;
  self->content = 0;
}

/* Old publishers' peers subscribe by a message of 01 or 00 and the prefix. */
static gboolean
is_old_subscription (HeinZmtp *self, const guint8 *data)
{
  const ZmtpPart *part = &g_array_index (self->parts, ZmtpPart, 0);

  return (self->peer_type == ZMTP_SUB || self->peer_type == ZMTP_XSUB) &&
         self->parts->len == 1 && part->size > 0 && data[part->offset] <= 1;
}

/* Bytes of the parts alone: what a hein puts before them does not count. */
static guint64
get_payload_size (HeinZmtp *self, const guint8 *data)
{
  const ZmtpPart *first = &g_array_index (self->parts, ZmtpPart, 0);
  guint64 size = self->content;

  if (!self->is_hein)
    return size;
  if (self->parts->len > 1 && first->size > 0 && data[first->offset] == 0xff)
    size -= g_array_index (self->parts, ZmtpPart, 1).size;
  return size - first->size;
}

static gboolean
finish_message (HeinZmtp *self,
                HeinWire *wire,
                const guint8 *data,
                GError **error)
{
  const ZmtpPart *part = &g_array_index (self->parts, ZmtpPart, 0);
  guint64 size = get_payload_size (self, data);

  if (size > hein_wire_get_max_message_size (wire))
    return fail_large (wire, size, error);

  if (!is_old_subscription (self, data))
    return zmtp_message_deliver (self, wire, data, error);
  if (data[part->offset] == 1)
    return add_subscription (self, wire, data + part->offset + 1,
                             part->size - 1, error);
  hein_wire_unsubscribe (wire, data + part->offset + 1, part->size - 1);
  return TRUE;
}

/* Takes in one frame at self->scanned. *done: it ended a message or was a
 * command. FALSE without @error: it is not all there. */
static gboolean
take_frame (HeinZmtp *self,
            HeinWire *wire,
            const guint8 *data,
            gsize size,
            gboolean *done,
            GError **error)
{
  ZmtpFrame frame;
  ZmtpPart part;
  ZmtpFrameResult result =
    zmtp_frame_parse (data + self->scanned, size - self->scanned, &frame);

  if (result == ZMTP_FRAME_SHORT)
    return FALSE;
  if (result == ZMTP_FRAME_BAD)
    {
      g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL,
                           "a frame has reserved flags");
      return FALSE;
    }
  if (!check_frame (self, wire, &frame, error))
    return FALSE;
  if (frame.size > size - self->scanned - frame.header_size)
    {
      hein_wire_expect (wire, self->scanned + frame.header_size + frame.size);
      return FALSE;
    }
  part.offset = self->scanned + frame.header_size;
  part.size = frame.size;
  self->scanned = part.offset + part.size;
  if (frame.flags & ZMTP_COMMAND)
    {
      *done = TRUE;
      return on_command (self, wire, data + part.offset, part.size, error);
    }
  self->content += frame.size;
  g_array_append_val (self->parts, part);
  *done = (frame.flags & ZMTP_MORE) == 0;
  return !*done || finish_message (self, wire, data, error);
}

/* Reads a frame without MORE whose body is all there, and not over @max. */
static inline const guint8 *
read_last_frame (const guint8 *p, const guint8 *end, guint64 max, gsize *size)
{
  ZmtpFrame frame;

  if (zmtp_frame_parse (p, end - p, &frame) != ZMTP_FRAME_OK ||
      (frame.flags & ~ZMTP_LONG) != 0 || frame.size > max ||
      frame.size > (gsize) (end - p) - frame.header_size)
    return NULL;
  *size = frame.size;
  return p + frame.header_size;
}

/* The common case, topic and payload from a hein, without keeping account of
 * frames; whatever is not that is left to take_frame. Returns what was used. */
static gsize
consume_plain (HeinZmtp *self, HeinWire *wire, const guint8 *data, gsize size)
{
  const guint64 max = hein_wire_get_max_message_size (wire);
  const guint8 *end = data + size;
  const guint8 *p = data;

  while (end - p >= 4 && p[0] == ZMTP_MORE && p[1] <= end - p - 4)
    {
      const guint8 *topic = p + 2;
      gsize topic_size = p[1];
      const guint8 *payload;
      gsize payload_size;

      if (!zmtp_topic_check (self, topic, topic_size))
        break;
      payload = read_last_frame (topic + topic_size, end, max, &payload_size);
      if (payload == NULL)
        break;
      hein_wire_deliver_data (wire, (const char *) topic, topic_size, payload,
                              payload_size);
      p = payload + payload_size;
    }
  return p - data;
}

/* The common case from others: one frame, which is the payload. */
static gsize
consume_single (HeinZmtp *self, HeinWire *wire, const guint8 *data, gsize size)
{
  const guint64 max = hein_wire_get_max_message_size (wire);
  const guint8 *end = data + size;
  const guint8 *p = data;
  const guint8 *payload;
  gsize payload_size;

  while ((payload = read_last_frame (p, end, max, &payload_size)) != NULL)
    {
      hein_wire_deliver_data (wire, "", 0, payload, payload_size);
      p = payload + payload_size;
    }
  return p - data;
}

/* What needs no account of frames. Returns what was used of it. */
static gsize
consume_common (HeinZmtp *self, HeinWire *wire, const guint8 *data, gsize size)
{
  if (self->is_hein)
    return consume_plain (self, wire, data, size);
  /* from a REP or REQ comes an envelope, from these a subscription */
  if (self->peer_type == ZMTP_SUB || self->peer_type == ZMTP_XSUB ||
      self->peer_type == ZMTP_REQ || self->peer_type == ZMTP_REP)
    return 0;
  return consume_single (self, wire, data, size);
}

static gssize
consume_messages (HeinZmtp *self,
                  HeinWire *wire,
                  const guint8 *data,
                  gsize size,
                  GError **error)
{
  g_autoptr (GError) local_error = NULL;
  gsize used = 0;

  for (;;)
    {
      gboolean done = FALSE;

      if (self->scanned == 0)
        used += consume_common (self, wire, data + used, size - used);
      if (!take_frame (self, wire, data + used, size - used, &done,
                       &local_error))
        break;
      if (done)
        {
          used += self->scanned;
          begin_message (self);
        }
    }
  if (local_error == NULL)
    return used;
  g_propagate_error (error, g_steal_pointer (&local_error));
  return -1;
}

static gssize
hein_zmtp_consume (HeinProtocol *protocol,
                   HeinWire *wire,
                   GBytes *bytes,
                   GError **error)
{
  HeinZmtp *self = HEIN_ZMTP (protocol);
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  switch (self->state)
    {
    case ZMTP_GREETING:
      return consume_greeting (self, wire, data, size, error);
    case ZMTP_READY:
      return consume_ready (self, wire, data, size, error);
    case ZMTP_UP:
      return consume_messages (self, wire, data, size, error);
    case ZMTP_OFFERED:
      return 0; /* it stays until the verdict */
    case ZMTP_OVER:
    default:
      return size;
    }
}

static gboolean
hein_zmtp_encode (HeinProtocol *protocol,
                  HeinWire *wire,
                  HeinMessage *message,
                  GError **error)
{
  return zmtp_message_encode (HEIN_ZMTP (protocol), wire, message, error);
}

static void
hein_zmtp_subscription (HeinProtocol *protocol,
                        HeinWire *wire,
                        const char *prefix,
                        gboolean wanted)
{
  HeinZmtp *self = HEIN_ZMTP (protocol);
  gsize size = strlen (prefix);
  guint8 frame[ZMTP_HEADER_MAX + 1 + HEIN_TOPIC_MAX];
  guint8 *end;

  if (!self->is_hein && self->peer_type != ZMTP_PUB &&
      self->peer_type != ZMTP_XPUB)
    return;
  if (self->minor >= 1)
    {
      put_command (wire, wanted ? "SUBSCRIBE" : "CANCEL", prefix, size);
      return;
    }
  end = zmtp_frame_write (frame, 0, size + 1);
  *end++ = wanted ? 1 : 0;
  memcpy (end, prefix, size);
  hein_wire_put (wire, frame, end + size - frame);
}

static void
hein_zmtp_ping (HeinProtocol *protocol, HeinWire *wire)
{
  HeinZmtp *self = HEIN_ZMTP (protocol);
  guint16 ttl_ds =
    GUINT16_TO_BE (MIN (hein_wire_get_silence_ms (wire) / 100, G_MAXUINT16));
  guint8 body[sizeof ttl_ds + sizeof self->pinged_us];

  self->pinged_us = hein_wire_get_now_us (wire);
  memcpy (body, &ttl_ds, sizeof ttl_ds);
  memcpy (body + sizeof ttl_ds, &self->pinged_us, sizeof self->pinged_us);
  put_command (wire, "PING", body, sizeof body);
}

static void
hein_zmtp_get_property (GObject *object,
                        guint prop_id,
                        GValue *value,
                        GParamSpec *pspec)
{
  HeinZmtp *self = HEIN_ZMTP (object);

  switch (prop_id)
    {
    case PROP_TYPE:
      g_value_set_enum (value, self->wanted_type);
      break;
    case PROP_TOPIC_FRAME:
      g_value_set_enum (value, self->topic_frame);
      break;
    case PROP_IDENTITY:
      g_value_set_enum (value, self->identity);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
hein_zmtp_set_property (GObject *object,
                        guint prop_id,
                        const GValue *value,
                        GParamSpec *pspec)
{
  HeinZmtp *self = HEIN_ZMTP (object);

  switch (prop_id)
    {
    case PROP_TYPE:
      self->wanted_type = g_value_get_enum (value);
      break;
    case PROP_TOPIC_FRAME:
      self->topic_frame = g_value_get_enum (value);
      break;
    case PROP_IDENTITY:
      self->identity = g_value_get_enum (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
hein_zmtp_finalize (GObject *object)
{
  HeinZmtp *self = HEIN_ZMTP (object);

  g_array_unref (self->parts);
  g_free (self->topic);
  G_OBJECT_CLASS (hein_zmtp_parent_class)->finalize (object);
}

static void
hein_zmtp_class_init (HeinZmtpClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  HeinProtocolClass *protocol_class = HEIN_PROTOCOL_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS;

  object_class->get_property = hein_zmtp_get_property;
  object_class->set_property = hein_zmtp_set_property;
  object_class->finalize = hein_zmtp_finalize;
  protocol_class->start = hein_zmtp_start;
  protocol_class->consume = hein_zmtp_consume;
  protocol_class->encode = hein_zmtp_encode;
  protocol_class->admitted = hein_zmtp_admitted;
  protocol_class->subscription = hein_zmtp_subscription;
  protocol_class->ping = hein_zmtp_ping;

  props[PROP_TYPE] = g_param_spec_enum ("type", NULL, NULL, HEIN_TYPE_ZMTP_TYPE,
                                        ZMTP_AUTO, flags);
  props[PROP_TOPIC_FRAME] =
    g_param_spec_enum ("topic-frame", NULL, NULL, HEIN_TYPE_ZMTP_TOPIC_FRAME,
                       ZMTP_TOPIC_AUTO, flags);
  props[PROP_IDENTITY] =
    g_param_spec_enum ("identity", NULL, NULL, HEIN_TYPE_ZMTP_IDENTITY,
                       ZMTP_IDENTITY_AUTO, flags);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
hein_zmtp_init (HeinZmtp *self)
{
  self->parts = g_array_new (FALSE, FALSE, sizeof (ZmtpPart));
  self->topic_size = G_MAXSIZE;
}
