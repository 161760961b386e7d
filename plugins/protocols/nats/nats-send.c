/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "nats-send.h"

#include <string.h>

#include "nats-ask.h"
#include "nats-bucket.h"
#include "nats-headers.h"
#include "nats-jetstream.h"
#include "nats-subject.h"

/*
 *   PUB subject [reply] size CR LF   payload CR LF
 *   HPUB subject [reply] headers-size size CR LF   headers payload CR LF
 *   PING CR LF
 *
 * Nothing acknowledges a message. But the answer to a PING says that what was sent
 * before has been taken, so while messages are sent there is one every now and then,
 * and one behind the last of them.
 */
#define FLUSH_US  10000
#define SIZE_MAX_ 20 /* of a number in digits */
#define HEAD_MAX                                                               \
  (4 + NATS_BUCKET_PREFIX_MAX + HEIN_TOPIC_MAX + 1 + SIZE_MAX_ + 2)

static const guint8 end[] = { '\r', '\n' };

static gboolean
fail (GError **error, const char *text)
{
  g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_FAILED, text);
  return FALSE;
}

static gboolean
check_message (HeinNats *self,
               const HeinMessageView *view,
               HeinAsk ask,
               GError **error)
{
  if (ask != HEIN_ASK_NONE && ask != HEIN_ASK_REQUEST &&
      ask != HEIN_ASK_ANSWER && ask != HEIN_ASK_ERROR &&
      ask != HEIN_ASK_REFUSAL &&
      (ask != HEIN_ASK_DELIVERY || !nats_jetstream_is_used (self)))
    return fail (error, "NATS carries one answer to a request, and deliveries "
                        "only by JetStream: say jetstream=yes");
  if (view->n_parts > 1)
    return fail (error, "NATS carries messages of one part");
  if (view->attributes != NULL && view->attributes->content_type != NULL &&
      !self->info.has_headers)
    return fail (error, "the server has no headers, and so no content types: "
                        "send without one");
  return TRUE;
}

static gboolean
check_size (HeinNats *self, gsize size, GError **error)
{
  if (size <= self->info.max_payload)
    return TRUE;
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_TOO_LARGE,
               "a message has %" G_GSIZE_FORMAT
               " bytes, and the server takes %" G_GUINT64_FORMAT,
               size, self->info.max_payload);
  return FALSE;
}

static char *
write_number (char *to, guint64 number)
{
  char digits[SIZE_MAX_];
  guint n = 0;

  do
    digits[n++] = '0' + number % 10;
  while ((number /= 10) > 0);
  while (n > 0)
    *to++ = digits[--n];
  return to;
}

/* What is sent from now on is to be confirmed. */
static void
note_encoded (HeinNats *self, HeinWire *wire)
{
  if (self->flush.is_flushing)
    return;
  self->flush.is_flushing = TRUE;
  hein_wire_set_pending (wire, TRUE);
  hein_wire_want_tick (wire, MAX (hein_wire_get_now_us (wire),
                                  self->flush.flushed_us + FLUSH_US));
}

static gboolean
check_key (const HeinNats *self, const HeinMessageView *view, GError **error)
{
  return self->bucket == NULL ||
         nats_bucket_check_topic (view->topic, view->topic_size, error);
}

/* Topics come again and again: the last one is known. */
static gboolean
write_subject (HeinNats *self,
               char *to,
               const HeinMessageView *view,
               GError **error)
{
  NatsSubject *last = &self->sent;
  const gsize size = view->topic_size;

  if (last->size != size || size == 0 ||
      memcmp (last->topic, view->topic, size) != 0)
    {
      if (!check_key (self, view, error) ||
          !nats_subject_write (to, view->topic, size, error))
        return FALSE;
      if (last->topic == NULL)
        last->topic = g_malloc (2 * HEIN_TOPIC_MAX);
      memcpy (last->topic, view->topic, size);
      memcpy (last->topic + HEIN_TOPIC_MAX, to, size);
      last->size = size;
      return TRUE;
    }
  memcpy (to, last->topic + HEIN_TOPIC_MAX, size);
  return TRUE;
}

/* Most messages have no headers. */
static gboolean
put_plain (HeinNats *self,
           HeinWire *wire,
           HeinMessage *message,
           const HeinMessageView *view,
           GError **error)
{
  char head[HEAD_MAX];
  char *p = head + 4;

  if (self->bucket != NULL)
    p = nats_bucket_write_prefix (self->bucket, p);
  if (!check_size (self, view->size, error) ||
      !write_subject (self, p, view, error))
    return FALSE;
  memcpy (head, "PUB ", 4);
  p += view->topic_size;
  *p++ = ' ';
  p = write_number (p, view->size);
  *p++ = '\r';
  *p++ = '\n';
  hein_wire_put_framed (wire, (const guint8 *) head, p - head, message, 0);
  return TRUE;
}

/* ---- with headers, or a reply ---- */

static gboolean
wants_answer (HeinAsk ask)
{
  return ask == HEIN_ASK_REQUEST || ask == HEIN_ASK_DELIVERY;
}

/* Appends where a message goes: for an answer, to where the request has said. */
static gboolean
append_subject (HeinNats *self,
                GString *line,
                HeinMessage *message,
                const HeinMessageView *view,
                HeinAsk ask,
                GError **error)
{
  char subject[NATS_BUCKET_PREFIX_MAX + HEIN_TOPIC_MAX];
  char *key = subject;
  GBytes *path = hein_message_get_return_path (message);
  const gboolean is_answer = ask != HEIN_ASK_NONE && !wants_answer (ask);
  gsize size = view->topic_size;
  GError *why = NULL;

  if (is_answer && path == NULL)
    return fail (error, "an answer has no request here");
  if (is_answer)
    {
      const char *reply = g_bytes_get_data (path, &size);

      g_string_append_len (line, reply, size);
      return TRUE;
    }
  if (self->bucket != NULL && ask == HEIN_ASK_REQUEST &&
      nats_bucket_append_get (line, self->bucket, view->topic, size, &why))
    return TRUE;
  if (why != NULL)
    {
      g_propagate_error (error, why);
      return FALSE;
    }
  if (self->bucket != NULL && ask != HEIN_ASK_REQUEST)
    {
      if (!check_key (self, view, error))
        return FALSE;
      key = nats_bucket_write_prefix (self->bucket, subject);
    }
  if (!nats_subject_write (key, view->topic, size, error))
    return FALSE;
  g_string_append_len (line, subject, key + size - subject);
  return TRUE;
}

/* Appends where the answer is to go; with the first one, the server learns that
 * answers are wanted there: the bus never drops a request or a delivery to make
 * room. */
static void
append_inbox (HeinNats *self, GString *line, const HeinMessageAttributes *ask)
{
  char inbox[NATS_INBOX_MAX];
  g_autoptr (GString) first = g_string_new (NULL);

  nats_ask_want_inbox (self, first);
  g_string_prepend (line, first->str);
  nats_ask_write_inbox (self, inbox, ask);
  g_string_append_c (line, ' ');
  g_string_append (line, inbox);
}

/* An empty message ends what is kept of its topic, as it does with MQTT. */
static gboolean
deletes (const HeinNats *self, const HeinMessageView *view, HeinAsk ask)
{
  return self->bucket != NULL && view->size == 0 &&
         (ask == HEIN_ASK_NONE || ask == HEIN_ASK_DELIVERY);
}

static gboolean
write_headers (HeinNats *self,
               GString *headers,
               HeinMessage *message,
               const HeinMessageView *view,
               HeinAsk ask,
               GError **error)
{
  if (ask == HEIN_ASK_ERROR || ask == HEIN_ASK_REFUSAL)
    nats_headers_write_error (headers, message, view);
  else if (self->info.has_headers && nats_headers_has (message, view) &&
           !nats_headers_write (headers, message, view, error))
    return FALSE;
  if (deletes (self, view, ask) &&
      hein_message_get_attribute (message, NATS_BUCKET_OPERATION) == NULL)
    nats_bucket_append_deletion (headers);
  return TRUE;
}

static gboolean
put_special (HeinNats *self,
             HeinWire *wire,
             HeinMessage *message,
             const HeinMessageView *view,
             HeinAsk ask,
             GError **error)
{
  const gboolean is_error = ask == HEIN_ASK_ERROR || ask == HEIN_ASK_REFUSAL;
  const gsize size = is_error ? 0 : view->size; /* an error is a header */
  g_autoptr (GString) headers = g_string_new (NULL);
  g_autoptr (GString) line = g_string_new (NULL);

  if (!write_headers (self, headers, message, view, ask, error) ||
      !check_size (self, headers->len + size, error))
    return FALSE;
  g_string_append (line, headers->len > 0 ? "HPUB " : "PUB ");
  if (!append_subject (self, line, message, view, ask, error))
    return FALSE;
  if (wants_answer (ask))
    append_inbox (self, line, view->attributes);
  if (headers->len > 0)
    g_string_append_printf (line, " %" G_GSIZE_FORMAT, headers->len);
  g_string_append_printf (line, " %" G_GSIZE_FORMAT "\r\n%s",
                          headers->len + size, headers->str);
  if (is_error)
    hein_wire_put (wire, (const guint8 *) line->str, line->len);
  else
    hein_wire_put_framed (wire, (const guint8 *) line->str, line->len, message,
                          0);
  return TRUE;
}

gboolean
nats_send (HeinNats *self, HeinWire *wire, HeinMessage *message, GError **error)
{
  HeinMessageView view;
  HeinAsk ask = HEIN_ASK_NONE;
  gboolean ok;

  hein_message_peek (message, &view);
  if (view.attributes != NULL)
    ask = view.attributes->ask;
  if (!check_message (self, &view, ask, error))
    return FALSE;
  ok = view.attributes != NULL || deletes (self, &view, ask)
         ? put_special (self, wire, message, &view, ask, error)
         : put_plain (self, wire, message, &view, error);
  if (!ok)
    return FALSE;
  hein_wire_put (wire, end, sizeof end);
  note_encoded (self, wire);
  return TRUE;
}

/* ---- what was taken ---- */

guint64
nats_send_ping (HeinNats *self, HeinWire *wire)
{
  NatsFlush *flush = &self->flush;

  flush->n_pings++;
  if (flush->rtt_ping == 0)
    {
      flush->rtt_ping = flush->n_pings;
      flush->pinged_us = hein_wire_get_now_us (wire);
    }
  hein_wire_put (wire, (const guint8 *) "PING\r\n", 6);
  return flush->n_pings;
}

gint64
nats_send_tick (HeinNats *self, HeinWire *wire, gint64 now_us)
{
  NatsFlush *flush = &self->flush;

  if (self->state != NATS_UP || !flush->is_flushing || flush->flush_ping != 0)
    return G_MAXINT64;
  /* it goes between two messages, and says nothing of those behind it */
  flush->n_sent = hein_wire_count_sent (wire);
  flush->flushed_us = now_us;
  flush->flush_ping = nats_send_ping (self, wire);
  return G_MAXINT64;
}

static void
take_flush (HeinNats *self, HeinWire *wire)
{
  NatsFlush *flush = &self->flush;

  flush->flush_ping = 0;
  hein_wire_set_confirmed (wire, flush->n_sent);
  hein_wire_set_confirmed_by_end (wire, flush->n_sent);
  /* what was dropped meanwhile will never be sent */
  flush->is_flushing = flush->n_sent < hein_wire_count_sent (wire) ||
                       hein_wire_count_unsent (wire) > 0;
  if (flush->is_flushing)
    hein_wire_want_tick (wire, hein_wire_get_now_us (wire) +
                                 (hein_wire_is_closing (wire) ? 0 : FLUSH_US));
  else
    hein_wire_set_pending (wire, FALSE);
}

void
nats_send_take_pong (HeinNats *self, HeinWire *wire)
{
  NatsFlush *flush = &self->flush;
  const guint64 number = ++flush->n_pongs;

  if (number == flush->rtt_ping)
    {
      flush->rtt_ping = 0;
      hein_wire_set_rtt_us (wire,
                            hein_wire_get_now_us (wire) - flush->pinged_us);
    }
  if (number == flush->flush_ping)
    take_flush (self, wire);
}
