/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "zmtp-command.h"

#include <string.h>

#include "zmtp-word.h"

#define PONG_CONTEXT_MAX 16

/*
 * Commands both ways, and the messages that old peers have instead. Between
 * heins that say goodbye:
 *
 *   PING   time to live (2 B) │ time (8 B) │ taken (8 B)
 *   PONG   what stood behind the time to live
 *   SENT   sent (8 B): before a PING
 *   BYE    taken (8 B)
 *   PATTERN, UNPATTERN   a pattern of topics, as SUBSCRIBE and CANCEL
 *
 * taken: how many messages of the other side this one has. sent: how many it
 * had written before: what has not come then is lost. A word of its own, since
 * heins that do not know it pass over it, and a PING carries 16 bytes at most.
 *
 * To every peer, so that the PONG says that what was sent before has come:
 *
 *   PING   time to live (2 B) │ "S" │ number (4 B)
 */
#define CONFIRM_SIZE 5

typedef struct
{
  gint64 time_us;
  guint64 taken;
} Context;

G_STATIC_ASSERT (sizeof (Context) == PONG_CONTEXT_MAX);

/* What the other side says goes to logs and terminals. */
static char *
dup_reason (const guint8 *data, gsize size)
{
  const gsize length = size > 0 ? MIN ((gsize) data[0], size - 1) : 0;

  return hein_error_dup_printable (length > 0 ? (const char *) data + 1 : "",
                                   length);
}

/* The code word comes first: names, which may contain anything, come after
 * it. */
gboolean
zmtp_command_take_error (const guint8 *data, gsize size, GError **error)
{
  g_autofree char *reason = dup_reason (data, size);
  const HeinError code = g_str_has_prefix (reason, "duplicate: ")
                           ? HEIN_ERROR_DUPLICATE
                           : HEIN_ERROR_REFUSED;

  g_set_error (error, HEIN_ERROR, code, "the other side refused: %s", reason);
  return FALSE;
}

static void
take_count (HeinZmtp *self, HeinWire *wire, const guint8 *data)
{
  guint64 taken;

  memcpy (&taken, data, sizeof taken);
  hein_wire_set_confirmed (wire, GUINT64_FROM_BE (taken));
}

static void
on_confirm (HeinWire *wire, const guint8 *data)
{
  guint32 number;

  memcpy (&number, data + 1, sizeof number);
  hein_wire_confirm_subscriptions (wire, GUINT32_FROM_BE (number));
}

static void
on_ping (HeinZmtp *self, HeinWire *wire, const guint8 *data, gsize size)
{
  if (self->says_goodbye && size == 2 + sizeof (Context))
    take_count (self, wire, data + 2 + G_STRUCT_OFFSET (Context, taken));
  /* two bytes of time to live, then the context that comes back */
  if (size >= 2)
    zmtp_word_put (wire, "PONG", data + 2, MIN (size - 2, PONG_CONTEXT_MAX));
}

static void
on_pong (HeinZmtp *self, HeinWire *wire, const guint8 *data, gsize size)
{
  gint64 sent_us;

  if (size == CONFIRM_SIZE && data[0] == 'S')
    on_confirm (wire, data);
  if (size != (self->says_goodbye ? sizeof (Context) : sizeof sent_us))
    return;
  memcpy (&sent_us, data, sizeof sent_us);
  /* only messages really sent count, and once; on a slow network some more have
   * been sent since */
  if (sent_us < self->unanswered_us || sent_us > self->pinged_us ||
      sent_us == 0)
    return;
  self->unanswered_us = sent_us + 1;
  hein_wire_set_rtt_us (wire, hein_wire_get_now_us (wire) - sent_us);
}

static void
on_sent (HeinZmtp *self, HeinWire *wire, const guint8 *data, gsize size)
{
  guint64 n_sent;

  if (!self->says_goodbye || size != sizeof n_sent)
    return;
  memcpy (&n_sent, data, sizeof n_sent);
  hein_wire_check_arrived (wire, GUINT64_FROM_BE (n_sent));
}

static void
on_goodbye (HeinZmtp *self, HeinWire *wire, const guint8 *data, gsize size)
{
  if (!self->says_goodbye || size != sizeof (guint64))
    return;
  take_count (self, wire, data);
  hein_wire_take_goodbye (wire);
}

static void
note_subscription (HeinZmtp *self, HeinWire *wire)
{
  if (!self->has_subscribed)
    hein_wire_set_accepts_messages (wire, TRUE);
  self->has_subscribed = TRUE;
}

gboolean
zmtp_subscription_add (HeinZmtp *self,
                       HeinWire *wire,
                       const guint8 *prefix,
                       gsize size,
                       GError **error)
{
  if (!hein_wire_subscribe (wire, prefix, size, error))
    return FALSE;
  note_subscription (self, wire);
  return TRUE;
}

static gboolean
add_pattern (HeinZmtp *self,
             HeinWire *wire,
             const guint8 *pattern,
             gsize size,
             GError **error)
{
  if (!hein_wire_subscribe_pattern (wire, pattern, size, error))
    return FALSE;
  note_subscription (self, wire);
  return TRUE;
}

/* What only heins say. */
static gboolean
take_of_hein (HeinZmtp *self,
              HeinWire *wire,
              const guint8 *body,
              gsize size,
              GError **error)
{
  if (zmtp_word_is (body, size, "PATTERN"))
    return add_pattern (self, wire, body + 8, size - 8, error);
  if (zmtp_word_is (body, size, "UNPATTERN"))
    hein_wire_unsubscribe_pattern (wire, body + 10, size - 10);
  else if (zmtp_word_is (body, size, "SENT"))
    on_sent (self, wire, body + 5, size - 5);
  return TRUE;
}

gboolean
zmtp_command_take (HeinZmtp *self,
                   HeinWire *wire,
                   const guint8 *body,
                   gsize size,
                   GError **error)
{
  if (zmtp_word_is (body, size, "SUBSCRIBE"))
    return zmtp_subscription_add (self, wire, body + 10, size - 10, error);
  if (zmtp_word_is (body, size, "CANCEL"))
    hein_wire_unsubscribe (wire, body + 7, size - 7);
  else if (zmtp_word_is (body, size, "PING"))
    on_ping (self, wire, body + 5, size - 5);
  else if (zmtp_word_is (body, size, "PONG"))
    on_pong (self, wire, body + 5, size - 5);
  else if (zmtp_word_is (body, size, "BYE"))
    on_goodbye (self, wire, body + 4, size - 4);
  else if (zmtp_word_is (body, size, "ERROR"))
    return zmtp_command_take_error (body + 6, size - 6, error);
  else if (self->is_hein)
    return take_of_hein (self, wire, body, size, error);
  /* others are ignored, as the specification wants */
  return TRUE;
}

static gboolean
takes_subscriptions (const HeinZmtp *self)
{
  return self->is_hein || self->peer_type == ZMTP_PUB ||
         self->peer_type == ZMTP_XPUB;
}

void
zmtp_command_put_subscription (HeinZmtp *self,
                               HeinWire *wire,
                               const char *prefix,
                               gboolean wanted)
{
  gsize size = strlen (prefix);
  guint8 frame[ZMTP_HEADER_MAX + 1 + HEIN_TOPIC_MAX];
  guint8 *end;

  if (!takes_subscriptions (self))
    return;
  if (self->minor >= 1)
    {
      zmtp_word_put (wire, wanted ? "SUBSCRIBE" : "CANCEL", prefix, size);
      return;
    }
  end = zmtp_frame_write (frame, 0, size + 1);
  *end++ = wanted ? 1 : 0;
  memcpy (end, prefix, size);
  hein_wire_put (wire, frame, end + size - frame);
}

gboolean
zmtp_command_put_pattern (HeinZmtp *self,
                          HeinWire *wire,
                          const char *pattern,
                          gboolean wanted)
{
  if (!takes_subscriptions (self))
    return TRUE; /* it sends everything, whatever it is told */
  if (!self->knows_patterns)
    return FALSE;
  zmtp_word_put (wire, wanted ? "PATTERN" : "UNPATTERN", pattern,
                 strlen (pattern));
  return TRUE;
}

static guint16
get_ttl (HeinWire *wire)
{
  return GUINT16_TO_BE (
    MIN (hein_wire_get_silence_ms (wire) / 100, G_MAXUINT16));
}

gboolean
zmtp_command_put_confirm (HeinZmtp *self, HeinWire *wire, guint number)
{
  const guint16 ttl_ds = get_ttl (wire);
  const guint32 big = GUINT32_TO_BE (number);
  guint8 body[sizeof ttl_ds + CONFIRM_SIZE];

  if (self->minor < 1)
    return FALSE;
  memcpy (body, &ttl_ds, sizeof ttl_ds);
  body[sizeof ttl_ds] = 'S';
  memcpy (body + sizeof ttl_ds + 1, &big, sizeof big);
  zmtp_word_put (wire, "PING", body, sizeof body);
  return TRUE;
}

static void
put_sent (HeinWire *wire)
{
  const guint64 sent = GUINT64_TO_BE (hein_wire_count_sent (wire));

  zmtp_word_put (wire, "SENT", &sent, sizeof sent);
}

void
zmtp_command_put_ping (HeinZmtp *self, HeinWire *wire)
{
  const guint16 ttl_ds = get_ttl (wire);
  const Context context = { hein_wire_get_now_us (wire),
                            GUINT64_TO_BE (hein_wire_count_taken (wire)) };
  guint8 body[sizeof ttl_ds + sizeof context];
  gsize size = self->says_goodbye ? sizeof context : sizeof context.time_us;

  if (self->says_goodbye)
    put_sent (wire);
  self->pinged_us = context.time_us;
  memcpy (body, &ttl_ds, sizeof ttl_ds);
  memcpy (body + sizeof ttl_ds, &context, size);
  zmtp_word_put (wire, "PING", body, sizeof ttl_ds + size);
}

void
zmtp_command_put_goodbye (HeinZmtp *self, HeinWire *wire)
{
  const guint64 taken = GUINT64_TO_BE (hein_wire_count_taken (wire));

  if (self->state == ZMTP_UP && self->says_goodbye)
    zmtp_word_put (wire, "BYE", &taken, sizeof taken);
}
