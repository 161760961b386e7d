/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "nats-ask.h"

#include <string.h>

#include "broker/hein-broker.h"

/*
 * Requests, whose answers come to an inbox: _INBOX.<connection>.<request>, both in
 * hexadecimal digits. When nobody has subscribed to its topic, the server answers
 * itself, with the status 503.
 */
#define NO_RESPONDERS 503
#define ID_DIGITS     16

void
nats_ask_write_inbox (const HeinNats *self,
                      char inbox[NATS_INBOX_MAX],
                      const guint64 *id)
{
  char name[ID_DIGITS + 1] = "*";

  if (id != NULL)
    g_snprintf (name, sizeof name, "%016" G_GINT64_MODIFIER "x", *id);
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

/* FALSE: it is not for this connection, or nobody waits for it any more. */
static gboolean
read_id (const HeinNats *self,
         HeinWire *wire,
         const NatsSpan *subject,
         guint64 *id)
{
  char inbox[NATS_INBOX_MAX];
  gsize beginning;

  nats_ask_write_inbox (self, inbox, NULL);
  beginning = strlen (inbox) - 1;
  if (subject->size != beginning + ID_DIGITS ||
      memcmp (subject->data, inbox, beginning) != 0)
    return FALSE;
  *id = 0;
  for (guint i = 0; i < ID_DIGITS; i++)
    {
      const char digit = subject->data[beginning + i];

      if (!g_ascii_isxdigit (digit))
        return FALSE;
      *id = *id << 4 | g_ascii_xdigit_value (digit);
    }
  return hein_wire_awaits (wire, *id);
}

static void
tell (HeinWire *wire, HeinAsk ask, guint64 id, guint32 code, const char *text)
{
  const HeinMessageAttributes attributes = { .ask = ask,
                                             .ask_number = code,
                                             .ask_id = id };

  hein_broker_tell (wire, &attributes, text);
}

void
nats_ask_take_answer (HeinNats *self,
                      HeinWire *wire,
                      const NatsIncoming *incoming,
                      const guint8 *body)
{
  HeinMessageAttributes attributes = { .ask = HEIN_ASK_ANSWER };
  NatsHeaders headers;

  if (!read_id (self, wire, &incoming->subject, &attributes.ask_id))
    return;
  nats_incoming_read_headers (incoming, body, &headers);
  if (headers.status == NO_RESPONDERS)
    tell (wire, HEIN_ASK_REFUSAL, attributes.ask_id, HEIN_ERROR_NOT_SERVED,
          "nobody at the server serves the topic");
  else if (headers.error != NULL)
    tell (wire, HEIN_ASK_ERROR, attributes.ask_id, headers.error_code,
          headers.error);
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
nats_ask_refuse_answer (HeinNats *self,
                        HeinWire *wire,
                        const NatsIncoming *incoming)
{
  guint64 id;

  if (read_id (self, wire, &incoming->subject, &id))
    tell (wire, HEIN_ASK_REFUSAL, id, HEIN_ERROR_TOO_LARGE,
          "the answer is over max-message-size, or its headers are over 64 "
          "KiB");
}
