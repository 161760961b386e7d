/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "nats-ask.h"

#include <string.h>

#include "broker/hein-broker.h"
#include "nats-jetstream.h"

/*
 * Requests, whose answers come to an inbox: _INBOX.<connection>.<request>, both in
 * hexadecimal digits; what answers a delivery has a D before the latter. When nobody
 * has subscribed to its topic, the server answers itself, with the status 503.
 */
#define NO_RESPONDERS 503
#define NOT_FOUND     404
#define ID_DIGITS     16
#define DELIVERY      'D'

void
nats_ask_write_inbox (const HeinNats *self,
                      char inbox[NATS_INBOX_MAX],
                      const HeinMessageAttributes *ask)
{
  char name[1 + ID_DIGITS + 1] = { DELIVERY };
  char *digits = name;

  if (ask == NULL)
    g_strlcpy (name, "*", sizeof name);
  else
    {
      if (ask->ask == HEIN_ASK_DELIVERY)
        digits++;
      g_snprintf (digits, ID_DIGITS + 1, "%016" G_GINT64_MODIFIER "x",
                  ask->ask_id);
    }
  g_snprintf (inbox, NATS_INBOX_MAX,
              "_INBOX.%016" G_GINT64_MODIFIER "x%016" G_GINT64_MODIFIER "x.%s",
              self->inbox.key[0], self->inbox.key[1], name);
}

void
nats_ask_begin (HeinNats *self, HeinWire *wire)
{
  /* nobody else is to guess where answers go */
  self->inbox.key[0] = hein_wire_random (wire);
  self->inbox.key[1] = hein_wire_random (wire);
  hein_wire_set_asks (wire, HEIN_ASKS_ONCE);
}

gboolean
nats_ask_is_answer (const HeinNats *self, guint64 sid)
{
  return self->inbox.sid > 0 && sid == self->inbox.sid;
}

/* FALSE: it is no number. */
static gboolean
read_digits (const char *digits, guint64 *id)
{
  *id = 0;
  for (guint i = 0; i < ID_DIGITS; i++)
    {
      if (!g_ascii_isxdigit (digits[i]))
        return FALSE;
      *id = *id << 4 | g_ascii_xdigit_value (digits[i]);
    }
  return TRUE;
}

void
nats_ask_want_inbox (HeinNats *self, GString *line)
{
  char inbox[NATS_INBOX_MAX];

  if (self->inbox.sid != 0)
    return;
  self->inbox.sid = ++self->subscriptions.last_sid;
  nats_ask_write_inbox (self, inbox, NULL);
  g_string_append_printf (line, "SUB %s %u\r\n", inbox, self->inbox.sid);
}

gboolean
nats_ask_read_number (const HeinNats *self,
                      const NatsSpan *subject,
                      char kind,
                      guint64 *number)
{
  char inbox[NATS_INBOX_MAX];
  gsize beginning;

  nats_ask_write_inbox (self, inbox, NULL);
  beginning = strlen (inbox) - 1;
  return subject->size == beginning + 1 + ID_DIGITS &&
         memcmp (subject->data, inbox, beginning) == 0 &&
         subject->data[beginning] == kind &&
         read_digits (subject->data + beginning + 1, number);
}

/* Reads what an answer is for. FALSE: it is not for this connection, or nobody waits
 * for it any more. */
static gboolean
read_ask (const HeinNats *self,
          HeinWire *wire,
          const NatsSpan *subject,
          HeinMessageAttributes *asked)
{
  char inbox[NATS_INBOX_MAX];
  const char *name;
  gsize beginning;

  nats_ask_write_inbox (self, inbox, NULL);
  beginning = strlen (inbox) - 1;
  if (subject->size < beginning + ID_DIGITS ||
      memcmp (subject->data, inbox, beginning) != 0)
    return FALSE;
  name = subject->data + beginning;
  asked->ask = HEIN_ASK_REQUEST;
  if (nats_jetstream_is_used (self) && *name == DELIVERY)
    {
      asked->ask = HEIN_ASK_DELIVERY;
      name++;
    }
  if (subject->data + subject->size - name != ID_DIGITS ||
      !read_digits (name, &asked->ask_id))
    return FALSE;
  /* the bus knows of itself which deliveries are open */
  return asked->ask == HEIN_ASK_DELIVERY ||
         hein_wire_awaits (wire, asked->ask_id);
}

static void
take_answer (HeinWire *wire,
             guint64 id,
             gboolean is_bucket,
             const NatsIncoming *incoming,
             const guint8 *body)
{
  HeinMessageAttributes attributes = { .ask = HEIN_ASK_ANSWER, .ask_id = id };
  NatsHeaders headers;

  nats_incoming_read_headers (incoming, body, &headers);
  if (headers.status == NO_RESPONDERS)
    hein_broker_tell_ask (wire, HEIN_ASK_REFUSAL, attributes.ask_id,
                          HEIN_ERROR_NOT_SERVED,
                          "nobody at the server serves the topic");
  else if (is_bucket && (headers.status == NOT_FOUND || headers.is_gone))
    hein_broker_tell_ask (wire, HEIN_ASK_REFUSAL, attributes.ask_id,
                          HEIN_ERROR_NOT_SERVED,
                          "the bucket has no value of the topic");
  else if (headers.error != NULL)
    hein_broker_tell_ask (wire, HEIN_ASK_ERROR, attributes.ask_id,
                          headers.error_code, headers.error);
  else
    {
      g_autoptr (HeinMessage) answer =
        nats_incoming_make_message (incoming, wire, "", 0, body, &attributes,
                                    NULL);

      hein_wire_deliver (wire, answer);
    }
  nats_headers_clear (&headers);
}

void
nats_ask_take_answer (HeinNats *self,
                      HeinWire *wire,
                      const NatsIncoming *incoming,
                      const guint8 *body)
{
  HeinMessageAttributes asked = { 0 };

  if (!read_ask (self, wire, &incoming->subject, &asked))
    return;
  if (asked.ask == HEIN_ASK_DELIVERY)
    nats_jetstream_take_ack (wire, asked.ask_id, incoming, body);
  else
    take_answer (wire, asked.ask_id, self->bucket != NULL, incoming, body);
}

void
nats_ask_refuse_answer (HeinNats *self,
                        HeinWire *wire,
                        const NatsIncoming *incoming)
{
  static const char why[] =
    "the answer is over max-message-size, or its headers are over 64 KiB";
  HeinMessageAttributes asked = { 0 };

  if (!read_ask (self, wire, &incoming->subject, &asked))
    return;
  if (asked.ask == HEIN_ASK_DELIVERY)
    nats_jetstream_doubt (wire, asked.ask_id, HEIN_ERROR_TOO_LARGE, why);
  else
    hein_broker_tell_ask (wire, HEIN_ASK_REFUSAL, asked.ask_id,
                          HEIN_ERROR_TOO_LARGE, why);
}
