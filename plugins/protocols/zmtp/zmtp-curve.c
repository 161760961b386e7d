/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "zmtp-curve.h"

#include <string.h>

#include <gmodule.h>

#include "zmtp-certificate.h"
#include "zmtp-curve-box.h"
#include "zmtp-curve-setup.h"
#include "zmtp-frames.h"
#include "zmtp-word.h"

/* CURVE on one connection, and the entry point of its module. */

/* The piece of a stream that is in one MESSAGE. */
#define PIECE_MAX 65536
/* A topic, attributes, or a command: beside what a message may have. */
#define OVERHEAD_MAX 65536

typedef enum
{
  CURVE_WANTS_HELLO, /* the server */
  CURVE_WANTS_INITIATE,
  CURVE_WANTS_WELCOME, /* the client */
  CURVE_WANTS_READY,
  CURVE_WANTS_VERDICT, /* their keys are known */
  CURVE_UP
} CurveState;

struct _ZmtpCurve
{
  CurveSetup *setup;     /* owned */
  CurveCertificate *own; /* owned, until it has been proved */
  CurveState state;
  CurveBox box;
  guint8 server[CURVE_KEY_SIZE]; /* S, of the client */
  guint8 peer[CURVE_KEY_SIZE];   /* C or S of the other side, once proved */
  char *name;                    /* owned, nullable: that its certificate has */
  gboolean streams;
  GByteArray *frame; /* owned: the part of an unfinished frame that was put */
};

static ZmtpCurveSettings *
new_settings (const char *key_file,
              const char *peers,
              const char *server,
              GError **error)
{
  return curve_setup_get (key_file, peers, server, error);
}

static void
free_settings (ZmtpCurveSettings *self)
{
  curve_setup_unref (self);
}

static ZmtpCurve *
new_curve (ZmtpCurveSettings *settings, gint64 now_us)
{
  ZmtpCurve *self = g_new0 (ZmtpCurve, 1);

  self->setup = curve_setup_ref (settings);
  self->own = curve_setup_get_own (settings, now_us);
  self->state =
    curve_setup_is_server (settings) ? CURVE_WANTS_HELLO : CURVE_WANTS_WELCOME;
  if (!curve_setup_is_server (settings))
    curve_setup_get_server (settings, now_us, self->server);
  curve_box_init (&self->box, curve_setup_is_server (settings));
  return self;
}

static void
free_curve (ZmtpCurve *self)
{
  curve_box_clear (&self->box);
  g_clear_pointer (&self->own, curve_certificate_unref);
  g_clear_pointer (&self->frame, g_byte_array_unref);
  curve_setup_unref (self->setup);
  g_free (self->name);
  g_free (self);
}

static gboolean
is_server (const ZmtpCurve *self)
{
  return self->box.is_server;
}

/* ---- the handshake ---- */

static void
start (ZmtpCurve *self, HeinWire *wire)
{
  guint8 hello[CURVE_HELLO_SIZE];

  if (self->box.is_server)
    return;
  curve_box_write_hello (&self->box, self->server, hello);
  zmtp_word_put_body (wire, hello, sizeof hello);
}

static ZmtpStep
fail (GError **error, const char *text)
{
  g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL, text);
  return ZMTP_STEP_FAILED;
}

static ZmtpStep
take_hello (ZmtpCurve *self,
            HeinWire *wire,
            const CurveWord *word,
            GError **error)
{
  guint8 welcome[CURVE_WELCOME_SIZE];

  if (!curve_box_read_hello (&self->box, &self->own->keys, word))
    return fail (error, "HELLO was made for another server: its curve-server "
                        "is not the public key of this side");
  curve_box_write_welcome (&self->box, welcome);
  zmtp_word_put_body (wire, welcome, sizeof welcome);
  self->state = CURVE_WANTS_INITIATE;
  return ZMTP_STEP_WAIT;
}

static ZmtpStep
take_welcome (ZmtpCurve *self, const CurveWord *word, GError **error)
{
  if (!curve_box_read_welcome (&self->box, word))
    return fail (error, "WELCOME was not made by who has the secret key to "
                        "curve-server: it is another server, or somebody "
                        "stands in between");
  memcpy (self->peer, self->server, CURVE_KEY_SIZE);
  self->state = CURVE_WANTS_READY;
  return ZMTP_STEP_SPEAK;
}

/* The peer has proved who it is; may it come in? */
static ZmtpStep
admit (ZmtpCurve *self, gint64 now_us, GError **error)
{
  char text[CURVE_Z85_SIZE + 1];

  g_clear_pointer (&self->own, curve_certificate_unref);
  if (curve_setup_admits (self->setup, self->peer, now_us, &self->name))
    {
      self->state = CURVE_WANTS_VERDICT;
      return ZMTP_STEP_HEARD;
    }
  curve_key_write (self->peer, text);
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_REFUSED,
               "no certificate of the key %s is among those of curve-peers",
               text);
  return ZMTP_STEP_FAILED;
}

static ZmtpStep
take_initiate (ZmtpCurve *self,
               HeinWire *wire,
               const CurveWord *word,
               GByteArray **pairs,
               GError **error)
{
  *pairs =
    curve_box_read_initiate (&self->box, &self->own->keys, word, self->peer);
  if (*pairs == NULL)
    return fail (error, "INITIATE does not prove a key, or belongs to another "
                        "connection");
  return admit (self, hein_wire_get_now_us (wire), error);
}

static ZmtpStep
take_ready (ZmtpCurve *self,
            HeinWire *wire,
            const CurveWord *word,
            GByteArray **pairs,
            GError **error)
{
  *pairs = curve_box_read_ready (&self->box, word);
  if (*pairs == NULL)
    return fail (error, "READY was changed on its way");
  return admit (self, hein_wire_get_now_us (wire), error);
}

static CurveWordKind
get_wanted (const ZmtpCurve *self)
{
  static const CurveWordKind wanted[] = {
    [CURVE_WANTS_HELLO] = CURVE_WORD_HELLO,
    [CURVE_WANTS_INITIATE] = CURVE_WORD_INITIATE,
    [CURVE_WANTS_WELCOME] = CURVE_WORD_WELCOME,
    [CURVE_WANTS_READY] = CURVE_WORD_READY,
    [CURVE_WANTS_VERDICT] = CURVE_WORD_NONE,
    [CURVE_UP] = CURVE_WORD_NONE,
  };

  return wanted[self->state];
}

static ZmtpStep
take (ZmtpCurve *self,
      HeinWire *wire,
      const guint8 *body,
      gsize size,
      GByteArray **pairs,
      GError **error)
{
  CurveWord word;

  *pairs = NULL;
  curve_word_parse (body, size, &word);
  if (word.kind == CURVE_WORD_HELLO && !self->box.is_server)
    return fail (error, "both sides are the client of CURVE: one must be the "
                        "server, with curve-peers");
  if (word.kind == CURVE_WORD_NONE || word.kind != get_wanted (self))
    {
      g_set_error (
        error, HEIN_ERROR, HEIN_ERROR_PROTOCOL,
        "a command is not a %s of CURVE of the right size, which was "
        "to come",
        curve_word_get_name (get_wanted (self)));
      return ZMTP_STEP_FAILED;
    }
  switch (self->state)
    {
    case CURVE_WANTS_HELLO:
      return take_hello (self, wire, &word, error);
    case CURVE_WANTS_INITIATE:
      return take_initiate (self, wire, &word, pairs, error);
    case CURVE_WANTS_WELCOME:
      return take_welcome (self, &word, error);
    case CURVE_WANTS_READY:
      return take_ready (self, wire, &word, pairs, error);
    case CURVE_WANTS_VERDICT:
    case CURVE_UP:
    default:
      return fail (error, "a command of the handshake came behind it");
    }
}

static void
put_pairs (ZmtpCurve *self, HeinWire *wire, const guint8 *pairs, gsize size)
{
  g_autoptr (GByteArray) command =
    self->box.is_server
      ? curve_box_write_ready (&self->box, pairs, size)
      : curve_box_write_initiate (&self->box, &self->own->keys, self->server,
                                  pairs, size);

  zmtp_word_put_body (wire, command->data, command->len);
}

static const char *
get_name (const ZmtpCurve *self)
{
  return self->name;
}

static char *
dup_security (const ZmtpCurve *self)
{
  char text[CURVE_Z85_SIZE + 1];

  curve_key_write (self->peer, text);
  return g_strconcat ("curve:", text, NULL);
}

static gboolean
review (ZmtpCurve *self, gint64 now_us, GError **error)
{
  g_autofree char *name = NULL;

  if (self->state < CURVE_WANTS_VERDICT ||
      (curve_setup_admits (self->setup, self->peer, now_us, &name) &&
       (name == NULL || g_strcmp0 (name, self->name) == 0)))
    return TRUE;
  g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_REFUSED,
                       "its certificate has been taken away, or is for another "
                       "name now");
  return FALSE;
}

static void
begin (ZmtpCurve *self, gboolean streams)
{
  self->state = CURVE_UP;
  self->streams = streams;
}

/* ---- sealing ---- */

static void
seal (ZmtpCurve *self,
      guint8 flags,
      const guint8 *data,
      gsize size,
      GByteArray *sealed)
{
  const gsize message_size = curve_box_get_message_size (size);
  const guint before = sealed->len;
  guint8 header[ZMTP_HEADER_MAX];
  const gsize header_size = zmtp_frame_write (header, 0, message_size) - header;

  g_byte_array_set_size (sealed, before + header_size + message_size);
  memcpy (sealed->data + before, header, header_size);
  curve_box_write_message (&self->box, flags, data, size,
                           sealed->data + before + header_size);
}

static guint8
get_flags (const ZmtpFrame *frame)
{
  return (frame->flags & ZMTP_MORE ? CURVE_MORE : 0) |
         (frame->flags & ZMTP_COMMAND ? CURVE_COMMAND : 0);
}

/* Returns what whole frames were. */
static gsize
seal_frames (ZmtpCurve *self,
             const guint8 *data,
             gsize size,
             GByteArray *sealed)
{
  gsize used = 0;
  ZmtpFrame frame;

  while (zmtp_frame_parse (data + used, size - used, &frame) == ZMTP_FRAME_OK &&
         frame.size <= size - used - frame.header_size)
    {
      seal (self, get_flags (&frame), data + used + frame.header_size,
            frame.size, sealed);
      used += frame.header_size + frame.size;
    }
  return used;
}

/* A frame may come in pieces: it is sealed when it is whole. */
static void
seal_pieces (ZmtpCurve *self,
             const guint8 *data,
             gsize size,
             GByteArray *sealed)
{
  gsize used;

  if (self->frame == NULL)
    {
      used = seal_frames (self, data, size, sealed);
      if (used < size)
        self->frame = g_byte_array_new ();
      if (used < size)
        g_byte_array_append (self->frame, data + used, size - used);
      return;
    }
  g_byte_array_append (self->frame, data, size);
  used = seal_frames (self, self->frame->data, self->frame->len, sealed);
  if (used == self->frame->len)
    g_clear_pointer (&self->frame, g_byte_array_unref);
  else if (used > 0)
    g_byte_array_remove_range (self->frame, 0, used);
}

static void
seal_bytes (ZmtpCurve *self, const guint8 *data, gsize size, GByteArray *sealed)
{
  if (!self->streams)
    {
      seal_pieces (self, data, size, sealed);
      return;
    }
  while (size > 0)
    {
      const gsize piece = MIN (size, PIECE_MAX);

      seal (self, CURVE_STREAM, data, piece, sealed);
      data += piece;
      size -= piece;
    }
}

/* ---- opening ---- */

/* Decides from the header alone, before anything is waited for. */
static gboolean
check_frame (ZmtpCurve *self,
             HeinWire *wire,
             const ZmtpFrame *frame,
             GError **error)
{
  if (frame->flags & ZMTP_MORE || frame->size < CURVE_MESSAGE_MIN ||
      (self->streams && frame->size > CURVE_MESSAGE_MIN + PIECE_MAX))
    {
      fail (error,
            "what came is not a MESSAGE of CURVE: it is not encrypted, or "
            "too large");
      return FALSE;
    }
  return hein_wire_check_message_size (wire, frame->size - CURVE_MESSAGE_MIN,
                                       OVERHEAD_MAX, error);
}

/* @plain: flags and what follows them, at the end of @frames; the room for a
 * header is before them. */
static gboolean
make_frame (
  ZmtpCurve *self, GByteArray *frames, guint begin, gsize size, GError **error)
{
  guint8 *place = frames->data + begin;
  const guint8 *plain = place + ZMTP_HEADER_MAX;
  const guint8 flags = plain[0];
  guint8 *end = place;

  if (self->streams ? flags != CURVE_STREAM
                    : (flags & ~(CURVE_MORE | CURVE_COMMAND)) != 0)
    {
      fail (error, "a MESSAGE has flags that nobody asked for");
      return FALSE;
    }
  if (!self->streams)
    end = zmtp_frame_write (place,
                            (flags & CURVE_MORE ? ZMTP_MORE : 0) |
                              (flags & CURVE_COMMAND ? ZMTP_COMMAND : 0),
                            size - 1);
  memmove (end, plain + 1, size - 1);
  g_byte_array_set_size (frames, end + size - 1 - frames->data);
  return TRUE;
}

static gboolean
open_message (ZmtpCurve *self,
              const guint8 *body,
              gsize size,
              GByteArray *frames,
              GError **error)
{
  const guint begin = frames->len;
  CurveWord word;
  gsize plain_size;

  if (!curve_word_parse (body, size, &word) || word.kind != CURVE_WORD_MESSAGE)
    {
      fail (error, "what came is not a MESSAGE of CURVE: it is not encrypted");
      return FALSE;
    }
  plain_size = word.box_size - CURVE_TAG_SIZE;
  g_byte_array_set_size (frames, begin + ZMTP_HEADER_MAX + plain_size);
  if (!curve_box_read_message (&self->box, &word,
                               frames->data + begin + ZMTP_HEADER_MAX))
    {
      g_byte_array_set_size (frames, begin);
      fail (error, "a MESSAGE was changed, repeated or left out on its way");
      return FALSE;
    }
  return make_frame (self, frames, begin, plain_size, error);
}

static gssize
open_messages (ZmtpCurve *self,
               HeinWire *wire,
               const guint8 *data,
               gsize size,
               GByteArray *frames,
               gsize enough,
               gsize *expected,
               GError **error)
{
  gsize used = 0;
  ZmtpFrame frame;

  *expected = 0;
  while (frames->len < enough)
    {
      ZmtpFrameResult result =
        zmtp_frame_parse (data + used, size - used, &frame);

      if (result == ZMTP_FRAME_SHORT)
        break;
      if (result == ZMTP_FRAME_BAD)
        {
          fail (error, "a frame has reserved flags");
          return -1;
        }
      if (!check_frame (self, wire, &frame, error))
        return -1;
      if (frame.size > size - used - frame.header_size)
        {
          *expected = frame.header_size + frame.size;
          break;
        }
      if (!open_message (self, data + used + frame.header_size, frame.size,
                         frames, error))
        return -1;
      used += frame.header_size + frame.size;
    }
  return used;
}

/* ---- the module ---- */

G_MODULE_EXPORT extern const ZmtpCurveModule hein_curve_module;

const ZmtpCurveModule hein_curve_module = {
  .abi = ZMTP_CURVE_MODULE_ABI,
  .size = sizeof (ZmtpCurveModule),
  .new_settings = new_settings,
  .free_settings = free_settings,
  .new_curve = new_curve,
  .free_curve = free_curve,
  .is_server = is_server,
  .start = start,
  .take = take,
  .put_pairs = put_pairs,
  .get_name = get_name,
  .dup_security = dup_security,
  .review = review,
  .begin = begin,
  .seal = seal_bytes,
  .open = open_messages,
  .make_keys = curve_make_keys,
};
