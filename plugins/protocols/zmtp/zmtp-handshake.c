/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "zmtp-handshake.h"

#include "zmtp-command.h"

#include <string.h>

#define HANDSHAKE_FRAME_MAX 4096
#define REASON_MAX          255

/* From the greeting to the verdict on the name. */

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

void
zmtp_handshake_start (HeinZmtp *self, HeinWire *wire, gboolean dialled)
{
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

static void
put_ready (HeinZmtp *self, HeinWire *wire)
{
  g_autoptr (GByteArray) frame =
    zmtp_ready_write (self->own_type,
                      self->is_anonymous ? "" : hein_wire_get_bus_name (wire),
                      hein_wire_get_bus_instance (wire));

  hein_wire_put (wire, frame->data, frame->len);
}

gssize
zmtp_handshake_take_greeting (HeinZmtp *self,
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
  self->says_goodbye = ready.says_goodbye;
  if (!settle_types (self, wire, error))
    return self->state == ZMTP_OVER;
  if (self->is_dialled && self->wanted_type == ZMTP_AUTO)
    set_note (self, wire, self->own_type);
  self->state = ZMTP_OFFERED;
  describe_peer (self, wire);
  if (self->is_hein)
    hein_wire_set_instance (wire, instance);
  if (self->says_goodbye)
    hein_wire_await_goodbye (wire);
  if (identity != NULL && g_bytes_get_size (identity) > 0)
    hein_wire_offer_name (wire, NULL, identity,
                          self->is_hein ? HEIN_NAME_RULE_UNIQUE
                                        : HEIN_NAME_RULE_SHARED);
  else
    {
      hint = g_ascii_strdown (zmtp_type_get_name (self->peer_type), -1);
      hein_wire_offer_name (wire, self->is_hein ? "hein" : hint, NULL,
                            HEIN_NAME_RULE_MADE_UP);
    }
  return TRUE;
}

gssize
zmtp_handshake_take_ready (HeinZmtp *self,
                           HeinWire *wire,
                           const guint8 *data,
                           gsize size,
                           GError **error)
{
  ZmtpFrame frame;
  ZmtpFrameResult result = zmtp_frame_parse (data, size, &frame);
  const guint8 *body;

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
  body = data + frame.header_size;
  if (zmtp_command_is (body, frame.size, "ERROR"))
    return zmtp_command_take_error (body + 6, frame.size - 6, error) ? 0 : -1;
  if (!zmtp_command_is (body, frame.size, "READY"))
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
put_error (HeinWire *wire, const char *text)
{
  guint8 body[1 + REASON_MAX];
  gsize size = MIN (strlen (text), REASON_MAX);

  body[0] = size;
  memcpy (body + 1, text, size);
  zmtp_command_put (wire, "ERROR", body, size + 1);
}

void
zmtp_handshake_finish (HeinZmtp *self, HeinWire *wire, const GError *refusal)
{
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
