/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "zmtp-handshake.h"

#include "zmtp-command.h"
#include "zmtp-security.h"
#include "zmtp-word.h"

#include <string.h>

#define HANDSHAKE_FRAME_MAX 4096
#define REASON_MAX          255
/* Of a note: the greeting went in two pieces, or is to. */
#define CAREFUL "careful"

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

/* Puts the greeting, as far as @size, where the last one ended. */
static void
greet (HeinZmtp *self, HeinWire *wire, gsize size)
{
  guint8 greeting[ZMTP_GREETING_SIZE];

  if (size <= self->n_greeted)
    return;
  zmtp_greeting_write (greeting, zmtp_security_get_mechanism (self),
                       zmtp_security_is_server (self));
  hein_wire_put (wire, greeting + self->n_greeted, size - self->n_greeted);
  self->n_greeted = size;
}

/* A libzmq that hears of another mechanism closes before it has said its own one, and
 * nobody learns what is wrong. So who encrypts says the first bytes, with which a
 * libzmq says all the rest, and its mechanism when it has heard the other one. Two
 * heins do not wait for each other: who dials waits for the version alone.
 *
 * Who does not encrypt says all at once, since waiting is one way more, or a write
 * more; unless it dials, and has heard but half a greeting the last time. */
static gsize
get_greeting_due (HeinZmtp *self, const char *note, gsize n_heard)
{
  const gsize enough =
    self->is_dialled ? ZMTP_GREETING_BEGIN : ZMTP_GREETING_SIZE;

  if (n_heard >= enough ||
      (self->security == NULL && !has_note (note, CAREFUL)))
    return ZMTP_GREETING_SIZE;
  return ZMTP_GREETING_BEGIN;
}

/* @n_heard bytes have come of the other greeting. */
static void
go_on_greeting (HeinZmtp *self, HeinWire *wire, gsize n_heard)
{
  const char *note = hein_wire_get_note (wire);
  g_autofree char *careful = NULL;

  if (self->n_greeted < ZMTP_GREETING_SIZE)
    greet (self, wire, get_greeting_due (self, note, n_heard));
  else if (self->is_dialled && n_heard > 0 && n_heard < ZMTP_GREETING_SIZE &&
           !has_note (note, CAREFUL))
    {
      careful = note != NULL ? g_strconcat (note, " " CAREFUL, NULL)
                             : g_strdup (CAREFUL);
      hein_wire_set_note (wire, careful);
    }
}

void
zmtp_handshake_start (HeinZmtp *self, HeinWire *wire, gboolean dialled)
{
  const char *note = hein_wire_get_note (wire);
  g_autoptr (GError) error = NULL;

  self->is_dialled = dialled;
  self->own_type = self->wanted_type;
  if (dialled && self->own_type == ZMTP_AUTO)
    self->own_type = get_noted_type (note);
  /* a libzmq ROUTER leaves a second connection of one identity deaf */
  self->is_anonymous =
    self->identity == ZMTP_IDENTITY_NO ||
    (self->identity == ZMTP_IDENTITY_AUTO && has_note (note, "anonymous"));
  if (!zmtp_security_begin (self, wire, &error))
    {
      self->state = ZMTP_OVER;
      hein_wire_fail (wire, error);
      return;
    }
  go_on_greeting (self, wire, 0);
}

/* The server of PLAIN and CURVE hears what we are before it says what it is, and
 * libzmq closes without a word when it cannot speak to that. So types are tried,
 * each of which speaks to what those before it do not, in the order in which such
 * servers are common. */
static void
note_next_type (HeinZmtp *self, HeinWire *wire)
{
  static const ZmtpType types[] = {
    ZMTP_DEALER, ZMTP_SUB,  ZMTP_PUB,    ZMTP_PULL,
    ZMTP_PUSH,   ZMTP_PAIR, ZMTP_ROUTER,
  };

  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    if (types[i] == self->own_type && i + 1 < G_N_ELEMENTS (types))
      {
        set_note (self, wire, types[i + 1]);
        hein_wire_redial_at_end (wire);
        return;
      }
  set_note (self, wire, types[0]);
}

/* Tells the peer what this side is, by READY or the command in its place. */
static void
put_ready (HeinZmtp *self, HeinWire *wire)
{
  g_autoptr (GByteArray) pairs = NULL;
  ZmtpReady own = { 0 };

  /* a listener that is the client of CURVE speaks first */
  if (self->own_type == ZMTP_AUTO)
    self->own_type = ZMTP_DEALER;
  own.type = self->own_type;
  own.instance = (char *) hein_wire_get_bus_instance (wire);
  own.credit = hein_wire_get_bus_credit (wire);
  own.resumes = hein_wire_get_bus_resumes (wire);
  pairs =
    zmtp_ready_write (&own,
                      self->is_anonymous ? "" : hein_wire_get_bus_name (wire));
  self->has_spoken = TRUE;
  if (zmtp_security_is_begun (self))
    {
      if (self->is_dialled && self->wanted_type == ZMTP_AUTO &&
          !zmtp_security_is_server (self))
        note_next_type (self, wire);
      zmtp_security_put_pairs (self, wire, pairs->data, pairs->len);
    }
  else
    zmtp_word_put (wire, "READY", pairs->data, pairs->len);
}

gssize
zmtp_handshake_take_greeting (HeinZmtp *self,
                              HeinWire *wire,
                              const guint8 *data,
                              gsize size,
                              GError **error)
{
  if (!zmtp_greeting_check (data, size, zmtp_security_get_mechanism (self),
                            zmtp_security_is_server (self), &self->minor,
                            error))
    {
      greet (self, wire,
             ZMTP_GREETING_SIZE); /* the peer learns what was expected */
      return -1;
    }
  go_on_greeting (self, wire, MIN (size, ZMTP_GREETING_SIZE));
  if (size < ZMTP_GREETING_SIZE)
    return 0;
  self->state = ZMTP_PROVING;
  if (zmtp_security_start (self, wire))
    self->state = ZMTP_READY;
  if (self->state == ZMTP_READY && self->is_dialled)
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
  if (!self->has_spoken && self->is_hein)
    put_ready (self, wire);
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL,
               "the peer is a %s socket, which cannot speak to a %s",
               zmtp_type_get_name (self->peer_type),
               zmtp_type_get_name (self->own_type));
  return FALSE;
}

/* Who answers what it is asked. */
static HeinAsks
get_asks (HeinZmtp *self)
{
  if (self->is_hein)
    return self->asks ? HEIN_ASKS_ALL : HEIN_ASKS_NONE;
  if (self->peer_type == ZMTP_REP || self->peer_type == ZMTP_ROUTER ||
      self->peer_type == ZMTP_DEALER)
    return HEIN_ASKS_ONCE;
  return HEIN_ASKS_NONE;
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
  hein_wire_set_asks (wire, get_asks (self));
  hein_wire_set_carries_attributes (wire, self->is_hein);
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

/* A hein hears why it is refused; libzmq gives up for ever after ERROR, but not
 * after a plain close. */
static void
put_error (HeinZmtp *self, HeinWire *wire, const char *text)
{
  guint8 body[1 + REASON_MAX];
  gsize size = MIN (strlen (text), REASON_MAX);

  if (!self->is_hein)
    return;
  /* a client of CURVE has heard READY: nothing else may follow in the clear */
  if (self->has_spoken && zmtp_get_curve (self) != NULL)
    zmtp_security_end (self, wire);
  body[0] = size;
  memcpy (body + 1, text, size);
  zmtp_word_put (wire, "ERROR", body, size + 1);
}

/* Whose certificate has a name is called that, whatever it says; and it must not
 * say another one. */
static gboolean
bind_name (HeinZmtp *self, HeinWire *wire, GBytes **identity, GError **error)
{
  const char *name = zmtp_security_get_name (self);
  g_autofree char *said = NULL;
  gsize size = 0;
  const char *data;

  if (name == NULL)
    return TRUE;
  data = *identity != NULL ? g_bytes_get_data (*identity, &size) : NULL;
  if (size > 0 && size == strlen (name) && memcmp (data, name, size) == 0)
    return TRUE;
  if (size == 0)
    {
      g_clear_pointer (identity, g_bytes_unref);
      *identity = g_bytes_new (name, strlen (name));
      return TRUE;
    }
  said = hein_error_dup_printable (data, size);
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_REFUSED,
               "it says that it is \"%s\", and its certificate is for \"%s\"",
               said, name);
  put_error (self, wire, (*error)->message);
  return FALSE;
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
  self->asks = ready.asks;
  self->knows_patterns = ready.knows_patterns;
  hein_wire_set_credit (wire, ready.credit);
  hein_wire_set_resumes (wire, ready.resumes);
  if (!bind_name (self, wire, &identity, error))
    return FALSE;
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
                           "the first frame is not a READY of at most 4 KiB");
      return -1;
    }
  if (frame.size > size - frame.header_size)
    return 0;
  body = data + frame.header_size;
  if (zmtp_word_is (body, frame.size, "ERROR"))
    return zmtp_command_take_error (body + 6, frame.size - 6, error) ? 0 : -1;
  if (!zmtp_word_is (body, frame.size, "READY"))
    {
      g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL,
                           "the first command is not READY");
      return -1;
    }
  if (!on_ready (self, wire, body + 6, frame.size - 6, error))
    return -1;
  return frame.header_size + frame.size;
}

/* A hein whose key is proved, and not let in, hears why. */
static void
explain_refusal (HeinZmtp *self,
                 HeinWire *wire,
                 const GByteArray *pairs,
                 const GError *error)
{
  ZmtpReady ready = { 0 };

  if (pairs == NULL ||
      !g_error_matches (error, HEIN_ERROR, HEIN_ERROR_REFUSED) ||
      self->has_spoken)
    return;
  self->is_hein =
    zmtp_ready_parse (pairs->data, pairs->len, &ready, NULL) && ready.is_hein;
  zmtp_ready_clear (&ready);
  put_error (self, wire, error->message);
}

/* PLAIN and CURVE: a command at a time. */
static gboolean
take_step (HeinZmtp *self,
           HeinWire *wire,
           const guint8 *body,
           gsize size,
           GError **error)
{
  g_autoptr (GByteArray) pairs = NULL;
  g_autoptr (GError) failure = NULL;

  if (zmtp_word_is (body, size, "ERROR"))
    return zmtp_command_take_error (body + 6, size - 6, error);
  switch (zmtp_security_take (self, wire, body, size, &pairs, &failure))
    {
    case ZMTP_STEP_SPEAK:
      put_ready (self, wire);
      return TRUE;
    case ZMTP_STEP_WAIT:
      return TRUE;
    case ZMTP_STEP_HEARD:
      return on_ready (self, wire, pairs->data, pairs->len, error);
    case ZMTP_STEP_FAILED:
    default:
      explain_refusal (self, wire, pairs, failure);
      g_propagate_error (error, g_steal_pointer (&failure));
      return FALSE;
    }
}

gssize
zmtp_handshake_take_proof (HeinZmtp *self,
                           HeinWire *wire,
                           const guint8 *data,
                           gsize size,
                           GError **error)
{
  ZmtpFrame frame;
  ZmtpFrameResult result = zmtp_frame_parse (data, size, &frame);

  if (result == ZMTP_FRAME_SHORT)
    return 0;
  if (result == ZMTP_FRAME_BAD || (frame.flags & ZMTP_COMMAND) == 0 ||
      frame.size > HANDSHAKE_FRAME_MAX)
    {
      g_set_error (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL,
                   "a frame is not a command of %s of at most 4 KiB",
                   zmtp_security_get_mechanism (self));
      return -1;
    }
  if (frame.size > size - frame.header_size)
    return 0;
  if (!take_step (self, wire, data + frame.header_size, frame.size, error))
    return -1;
  return frame.header_size + frame.size;
}

void
zmtp_handshake_finish (HeinZmtp *self, HeinWire *wire, const GError *refusal)
{
  if (refusal == NULL)
    {
      self->state = ZMTP_UP;
      if (!self->has_spoken)
        put_ready (self, wire);
      zmtp_security_end (self, wire);
      /* over WebSocket there is no greeting that says so */
      if (self->is_hein)
        self->minor = MAX (self->minor, 1);
      hein_wire_set_heartbeat (wire, self->minor >= 1);
      hein_wire_ready (wire);
      return;
    }
  self->state = ZMTP_OVER;
  put_error (self, wire, refusal->message);
  hein_wire_fail (wire, refusal);
}
