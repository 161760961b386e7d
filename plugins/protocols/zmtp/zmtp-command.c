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
 *   BYE    taken (8 B)
 *
 * taken: how many messages of the other side this one has.
 */
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
on_goodbye (HeinZmtp *self, HeinWire *wire, const guint8 *data, gsize size)
{
  if (!self->says_goodbye || size != sizeof (guint64))
    return;
  take_count (self, wire, data);
  hein_wire_take_goodbye (wire);
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
  if (!self->has_subscribed)
    hein_wire_set_accepts_messages (wire, TRUE);
  self->has_subscribed = TRUE;
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
  /* others are ignored, as the specification wants */
  return TRUE;
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

  if (!self->is_hein && self->peer_type != ZMTP_PUB &&
      self->peer_type != ZMTP_XPUB)
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

void
zmtp_command_put_ping (HeinZmtp *self, HeinWire *wire)
{
  const guint16 ttl_ds =
    GUINT16_TO_BE (MIN (hein_wire_get_silence_ms (wire) / 100, G_MAXUINT16));
  const Context context = { hein_wire_get_now_us (wire),
                            GUINT64_TO_BE (hein_wire_count_taken (wire)) };
  guint8 body[sizeof ttl_ds + sizeof context];
  gsize size = self->says_goodbye ? sizeof context : sizeof context.time_us;

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
