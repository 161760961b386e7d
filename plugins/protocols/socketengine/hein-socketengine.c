/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-socketengine.h"
#include "socketengine-lines.h"
#include "socketengine-receive.h"
#include "socketengine-send.h"

#include <gmodule.h>
#include <string.h>

#include "options/hein-options.h"

/*
 * What socket.engine 0.3.0 and 1.0.0 speak; README.md has the picture.
 *
 *   who dials                              who listens
 *   {"type": "__name_conn", "data": name} ────▶        hubs only
 *   {"type": "channel", "data": value}  ◀────▶
 *   {"type": "__image", "data": base64} ◀────▶
 *                                       ◀────▶  {"type": "__ack", …}
 *   {"type": "__status", "data": "__closing"} ◀────▶   hubs only
 */

/* A dialler without a name stays silent for at least this long. */
#define NAME_WAIT_US (100 * 1000)
/* 255 bytes of name, each of them escaped, and what stands around it. A first
 * line that is longer is not a name. */
#define NAME_LINE_MAX 2048

/* A byte of a text takes up to six in a line (\u0001), one of an image one and
 * a third; the other ones are for the channel, which may be escaped as well. */
#define LINE_FACTOR 6
#define LINE_ROOM   2048

static GType hein_socketengine_dialect_get_type (void);

G_DEFINE_FINAL_TYPE (HeinSocketengine, hein_socketengine, HEIN_TYPE_PROTOCOL)

HEIN_PLUGIN_DEFINE (HeinSocketengine,
                    hein_socketengine,
                    PROTOCOL,
                    "socketengine",
                    "socketengine",
                    "JSON lines on channels, and images, as socket.engine")

static GType
hein_socketengine_dialect_get_type (void)
{
  static gsize type;
  static const GEnumValue values[] = {
    { SOCKETENGINE_DIALECT_J, "SOCKETENGINE_DIALECT_J", "j" },
    { SOCKETENGINE_DIALECT_J_OLD, "SOCKETENGINE_DIALECT_J_OLD", "j-old" },
    { 0, NULL, NULL },
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type,
                       g_enum_register_static (g_intern_static_string (
                                                 "HeinSocketengineDialect"),
                                               values));
  return type;
}

/* ---- who it is ---- */

/* The other side has no name if it is a host or a client, or was dialled. */
static void
offer_nobody (HeinSocketengine *self, HeinWire *wire)
{
  self->state = SOCKETENGINE_OFFERED;
  hein_wire_offer_name (wire, NULL, NULL, HEIN_NAME_RULE_MADE_UP);
}

static void
offer_name (HeinSocketengine *self,
            HeinWire *wire,
            const SocketengineLine *line)
{
  g_autoptr (GString) name = g_string_new (NULL);
  g_autoptr (GError) error = NULL;

  if (!socketengine_is_string (&line->data) ||
      !hein_json_unquote (&line->data, name, NULL) ||
      !hein_wire_check_name (wire, name->str, name->len, &error))
    {
      /* the bus would refuse the connection */
      offer_nobody (self, wire);
      hein_wire_drop (wire, HEIN_DROP_REASON_INVALID, line->data.size,
                      error != NULL ? error->message : "its name is not text");
      return;
    }
  self->name = g_strdup (name->str);
  self->state = SOCKETENGINE_OFFERED;
  hein_wire_offer_name (wire, self->name, NULL, HEIN_NAME_RULE_SHARED);
}

static void
share_encoding (HeinSocketengine *self, HeinWire *wire)
{
  /* Of the links that share bytes only one encodes, so the others would not
   * know that an image has gone out, and that they have to wait. */
  if (self->image_ack_ms == 0)
    hein_wire_set_encoding (wire, socketengine_is_old (self)
                                    ? "socketengine-j-old"
                                    : "socketengine-j");
}

static void
hein_socketengine_start (HeinProtocol *protocol,
                         HeinWire *wire,
                         gboolean dialled)
{
  HeinSocketengine *self = HEIN_SOCKETENGINE (protocol);

  self->heard_us = hein_wire_get_now_us (wire);
  hein_wire_set_match (wire, HEIN_MATCH_ALL);
  hein_wire_set_accepts_messages (wire, TRUE);
  share_encoding (self, wire);
  if (!dialled)
    return;
  socketengine_put_line (wire, SOCKETENGINE_NAME_TYPE,
                         hein_wire_get_bus_name (wire));
  offer_nobody (self, wire);
}

static void
hein_socketengine_admitted (HeinProtocol *protocol,
                            HeinWire *wire,
                            const GError *refusal)
{
  HeinSocketengine *self = HEIN_SOCKETENGINE (protocol);

  if (refusal != NULL)
    {
      self->state = SOCKETENGINE_OVER; /* no word for it on this wire */
      return;
    }
  self->state = SOCKETENGINE_UP;
  hein_wire_ready (wire);
}

static void
hein_socketengine_finish (HeinProtocol *protocol, HeinWire *wire)
{
  /* a goodbye is not answered */
  if (HEIN_SOCKETENGINE (protocol)->state == SOCKETENGINE_UP)
    socketengine_put_line (wire, SOCKETENGINE_STATUS_TYPE,
                           SOCKETENGINE_CLOSING);
}

static gint64
hein_socketengine_tick (HeinProtocol *protocol, HeinWire *wire, gint64 now_us)
{
  HeinSocketengine *self = HEIN_SOCKETENGINE (protocol);

  if (self->state == SOCKETENGINE_OVER)
    return G_MAXINT64;
  if (self->state == SOCKETENGINE_NAME)
    {
      if (now_us < self->heard_us + NAME_WAIT_US)
        return self->heard_us + NAME_WAIT_US;
      offer_nobody (self, wire);
    }
  socketengine_check_image (self, wire, now_us);
  return socketengine_get_image_due_us (self);
}

/* Takes the first line of a dialler. FALSE when it is not a name, and is still
 * to be taken as a message. */
static gboolean
take_first (HeinSocketengine *self,
            HeinWire *wire,
            const char *data,
            gsize size)
{
  SocketengineLine line;

  if (socketengine_line_is_blank (data, size))
    return TRUE;
  if (socketengine_line_parse (data, size, &line, NULL) &&
      socketengine_is_text (&line.type, SOCKETENGINE_NAME_TYPE))
    {
      offer_name (self, wire, &line);
      return TRUE;
    }
  offer_nobody (self, wire);
  return FALSE;
}

static gboolean
check_line_size (HeinWire *wire, gsize size, GError **error)
{
  const gsize largest = (G_MAXSIZE - LINE_ROOM) / LINE_FACTOR;
  const gsize max =
    MIN (hein_wire_get_max_message_size (wire), largest) * LINE_FACTOR +
    LINE_ROOM;

  if (size <= max)
    return TRUE;
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_TOO_LARGE,
               "a line of %" G_GSIZE_FORMAT
               " bytes or more is over max-message-size, %" G_GSIZE_FORMAT,
               size, hein_wire_get_max_message_size (wire));
  return FALSE;
}

/* @data: a whole line. -1 with @error; 0: it stays until the verdict. */
static int
consume_line (HeinSocketengine *self,
              HeinWire *wire,
              const char *data,
              gsize size,
              GError **error)
{
  if (!check_line_size (wire, size, error))
    return -1;
  if (self->state == SOCKETENGINE_NAME && take_first (self, wire, data, size))
    return 1;
  if (self->state != SOCKETENGINE_UP)
    return 0;
  return socketengine_take_line (self, wire, data, size, error) ? 1 : -1;
}

/* The part of an unfinished line that has arrived. */
static gboolean
note_rest (HeinSocketengine *self, HeinWire *wire, gsize size, GError **error)
{
  self->scanned = size;
  if (self->state == SOCKETENGINE_NAME && size > NAME_LINE_MAX)
    offer_nobody (self, wire);
  else if (size > 0)
    self->heard_us = hein_wire_get_now_us (wire);
  return check_line_size (wire, size, error);
}

static gssize
consume_lines (HeinSocketengine *self,
               HeinWire *wire,
               const char *data,
               gsize size,
               GError **error)
{
  gsize used = 0;

  while (self->state == SOCKETENGINE_NAME || self->state == SOCKETENGINE_UP)
    {
      const char *begin = data + used;
      const gsize from = MIN (self->scanned, size - used);
      const char *end = memchr (begin + from, '\n', size - used - from);
      int taken;

      if (end == NULL)
        return note_rest (self, wire, size - used, error) ? (gssize) used : -1;
      self->scanned = 0;
      taken = consume_line (self, wire, begin, end - begin, error);
      if (taken < 0)
        return -1;
      if (taken == 0)
        break;
      used += end - begin + 1;
    }
  return self->state == SOCKETENGINE_OVER ? (gssize) size : (gssize) used;
}

/* An invalid line is survived, another protocol is not: to a peer that speaks
 * it, everything would seem to arrive. */
static gboolean
check_first (HeinSocketengine *self,
             const guint8 *data,
             gsize size,
             GError **error)
{
  const char *guess;

  if (self->is_begun)
    return TRUE;
  self->is_begun = TRUE;
  if (data[0] == '{')
    return TRUE;
  guess = hein_protocol_guess (data, size);
  if (guess == NULL && (g_ascii_isprint (data[0]) || g_ascii_isspace (data[0])))
    return TRUE;
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL,
               "the peer does not speak socketengine: it began with the byte "
               "%02x%s%s",
               data[0], guess != NULL ? ", and looks like " : "",
               guess != NULL ? guess : "");
  return FALSE;
}

static gssize
hein_socketengine_consume (HeinProtocol *protocol,
                           HeinWire *wire,
                           GBytes *bytes,
                           GError **error)
{
  gsize size;
  const char *data = g_bytes_get_data (bytes, &size);

  if (!check_first (HEIN_SOCKETENGINE (protocol), (const guint8 *) data, size,
                    error))
    return -1;
  return consume_lines (HEIN_SOCKETENGINE (protocol), wire, data, size, error);
}

static gboolean
hein_socketengine_encode (HeinProtocol *protocol,
                          HeinWire *wire,
                          HeinMessage *message,
                          GError **error)
{
  return socketengine_encode (HEIN_SOCKETENGINE (protocol), wire, message,
                              error);
}

/* ---- the object ---- */

static const HeinOptionEntry options[] = {
  { .name = "dialect",
    .kind = HEIN_OPTION_CHOICE,
    .offset = G_STRUCT_OFFSET (HeinSocketengine, dialect),
    .get_type = hein_socketengine_dialect_get_type,
    .value = SOCKETENGINE_DIALECT_J },
  { .name = "image-ack-ms",
    .offset = G_STRUCT_OFFSET (HeinSocketengine, image_ack_ms),
    .maximum = 3600000,
    .value = 1000 },
  { NULL },
};

static void
hein_socketengine_finalize (GObject *object)
{
  HeinSocketengine *self = HEIN_SOCKETENGINE (object);

  g_free (self->name);
  G_OBJECT_CLASS (hein_socketengine_parent_class)->finalize (object);
}

static void
hein_socketengine_class_init (HeinSocketengineClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  HeinProtocolClass *protocol_class = HEIN_PROTOCOL_CLASS (klass);

  object_class->finalize = hein_socketengine_finalize;
  protocol_class->start = hein_socketengine_start;
  protocol_class->consume = hein_socketengine_consume;
  protocol_class->encode = hein_socketengine_encode;
  protocol_class->tick = hein_socketengine_tick;
  protocol_class->admitted = hein_socketengine_admitted;
  protocol_class->finish = hein_socketengine_finish;

  hein_options_install (object_class, options);
  protocol_class->is_pure = TRUE;
}

static void
hein_socketengine_init (HeinSocketengine *self)
{
  hein_options_init (self, options);
}
