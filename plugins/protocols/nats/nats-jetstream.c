/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "nats-jetstream.h"

#include "broker/hein-broker.h"
#include "nats-json.h"

/* Deliveries, which a stream of JetStream acknowledges. */

#define NO_RESPONDERS 503
/* Errors that go away: no leader, no room. */
#define IS_PASSING(code) ((code) >= 500 && (code) < 600)

/* ---- PubAck ---- */

/* What of it has come: all of this is in one that says that it is kept. */
typedef struct
{
  NatsPubAck *ack;
  gboolean has_stream;
  guint64 sequence;
  gboolean is_error; /* within, or behind, "error" */
} Reading;

static gboolean
take_member (Reading *self,
             const HeinJsonSpan *name,
             const HeinJsonToken *value)
{
  gboolean is_duplicate; /* the stream has it either way */
  gboolean ok = TRUE;

  if (nats_json_is (name, "\"stream\""))
    ok = self->has_stream =
      value->kind == HEIN_JSON_STRING && value->text.size > 2;
  else if (nats_json_is (name, "\"seq\""))
    ok = nats_json_read_number (value, &self->sequence);
  else if (nats_json_is (name, "\"duplicate\""))
    ok = nats_json_read_flag (value, &is_duplicate);
  else if (nats_json_is (name, "\"error\""))
    ok = self->is_error = value->kind == HEIN_JSON_BEGIN_OBJECT;
  return ok;
}

static gboolean
take_error_member (NatsPubAck *self,
                   const HeinJsonSpan *name,
                   const HeinJsonToken *value)
{
  gboolean ok = TRUE;

  if (nats_json_is (name, "\"code\""))
    ok = nats_json_read_number (value, &self->code);
  else if (nats_json_is (name, "\"err_code\""))
    ok = nats_json_read_number (value, &self->error_code);
  else if (nats_json_is (name, "\"description\""))
    ok = nats_json_read_text (value, &self->description);
  return ok;
}

static gboolean
read_object (Reading *self, HeinJsonReader *reader)
{
  HeinJsonSpan names[2] = { { "", 0 }, { "", 0 } }; /* at either depth */
  HeinJsonToken token;

  do
    {
      const guint depth = reader->depth;

      if (!hein_json_reader_next (reader, &token, NULL))
        return FALSE;
      if (depth < 1 || depth > 2 || token.kind == HEIN_JSON_END_OBJECT)
        continue;
      if (token.kind == HEIN_JSON_NAME)
        names[depth - 1] = token.text;
      else if (depth == 1 && !take_member (self, &names[0], &token))
        return FALSE;
      else if (depth == 2 && nats_json_is (&names[0], "\"error\"") &&
               !take_error_member (self->ack, &names[1], &token))
        return FALSE;
    }
  while (token.kind != HEIN_JSON_END);
  return TRUE;
}

gboolean
nats_pub_ack_read (NatsPubAck *self, const char *json, gsize size)
{
  Reading reading = { .ack = self };
  HeinJsonReader reader;
  HeinJsonToken token;

  *self = (NatsPubAck){ 0 };
  if (!g_utf8_validate (json, size, NULL))
    return FALSE;
  hein_json_reader_init (&reader, json, size);
  if (!hein_json_reader_next (&reader, &token, NULL) ||
      token.kind != HEIN_JSON_BEGIN_OBJECT || !read_object (&reading, &reader))
    return FALSE;
  /* an error may come with the name of the stream */
  self->is_kept =
    !reading.is_error && reading.has_stream && reading.sequence > 0;
  return self->is_kept || (reading.is_error && self->code > 0);
}

void
nats_pub_ack_clear (NatsPubAck *self)
{
  g_clear_pointer (&self->description, g_free);
}

/* ---- deliveries ---- */

gboolean
nats_jetstream_is_used (const HeinNats *self)
{
  return self->uses_jetstream || self->bucket != NULL;
}

void
nats_jetstream_begin (HeinNats *self, HeinWire *wire)
{
  if (!nats_jetstream_is_used (self))
    hein_wire_set_credit_hint (wire, "say jetstream=yes in the address, and a "
                                     "stream of the server acknowledges");
  else if (!self->info.has_headers)
    hein_wire_set_credit_hint (wire, "the server has no headers");
  else
    hein_wire_set_credit (wire, HEIN_CREDIT_MAX);
}

static void
tell_failure (HeinWire *wire, guint64 number, int code, const char *why)
{
  const HeinMessageAttributes failure = { .ask = HEIN_ASK_FAILURE,
                                          .ask_number = code,
                                          .ask_id = number };

  hein_broker_tell (wire, &failure, why);
}

void
nats_jetstream_doubt (HeinWire *wire, guint64 number, int code, const char *why)
{
  const HeinMessageAttributes failure = { .ask = HEIN_ASK_FAILURE,
                                          .ask_number = code,
                                          .ask_credit = 1, /* nobody knows */
                                          .ask_id = number };

  hein_broker_tell (wire, &failure, why);
}

/* What passes is to be tried again, all else is an error of the message. */
static void
tell_error (HeinWire *wire, guint64 number, const NatsPubAck *ack)
{
  g_autofree char *why =
    g_strdup_printf ("JetStream says \"%s\" (%" G_GUINT64_FORMAT
                     ", %" G_GUINT64_FORMAT ")",
                     ack->description != NULL ? ack->description : "",
                     ack->code, ack->error_code);

  tell_failure (wire, number,
                IS_PASSING (ack->code) ? HEIN_ERROR_WOULD_BLOCK
                                       : HEIN_ERROR_REFUSED,
                why);
}

static void
take_word (HeinWire *wire, guint64 number, const char *json, gsize size)
{
  const HeinMessageAttributes receipt = { .ask = HEIN_ASK_RECEIPT,
                                          .ask_number = 1,
                                          .ask_id = number };
  NatsPubAck ack;

  if (!nats_pub_ack_read (&ack, json, size))
    nats_jetstream_doubt (wire, number, HEIN_ERROR_PROTOCOL,
                          "what answers is no stream of JetStream: somebody "
                          "serves that topic");
  else if (ack.is_kept)
    hein_broker_tell (wire, &receipt, "");
  else
    tell_error (wire, number, &ack);
  nats_pub_ack_clear (&ack);
}

void
nats_jetstream_take_ack (HeinWire *wire,
                         guint64 number,
                         const NatsIncoming *incoming,
                         const guint8 *body)
{
  NatsHeaders headers;

  nats_incoming_read_headers (incoming, body, &headers);
  if (headers.status == NO_RESPONDERS)
    tell_failure (
      wire, number, HEIN_ERROR_NO_PEER,
      "no stream of JetStream keeps the topic, or the one that does "
      "is not there now");
  else
    take_word (wire, number, (const char *) body + incoming->headers_size,
               incoming->size - incoming->headers_size);
  nats_headers_clear (&headers);
}
