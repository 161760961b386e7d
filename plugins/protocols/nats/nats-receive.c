/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "nats-receive.h"

#include <string.h>

#include "nats-ask.h"
#include "nats-connect.h"
#include "nats-durable.h"
#include "nats-line.h"
#include "nats-refusal.h"
#include "nats-send.h"
#include "nats-subject.h"
#include "nats-subscribe.h"
#include "nats-watch.h"

/*
 * What a server says:
 *
 *   MSG and HMSG, which nats-message.c reads
 *   PING, PONG, +OK, -ERR 'text', INFO {…}
 *
 * A message that is at fault is that of somebody behind the server, so it is left
 * out, and counted; what a server would never say ends the connection.
 */

static gboolean
fail (GError **error, const char *text)
{
  g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL, text);
  return FALSE;
}

/* ---- messages ---- */

/* Topics come again and again: the last one is known. */
static const char *
read_topic (HeinNats *self, const NatsSpan *subject)
{
  char topic[HEIN_TOPIC_MAX];
  const char *why;

  if (self->topic == NULL)
    self->topic = g_malloc0 (2 * HEIN_TOPIC_MAX);
  /* its subject lies behind it */
  if (subject->size > 0 && subject->size == self->topic_size &&
      memcmp (subject->data, self->topic + HEIN_TOPIC_MAX, subject->size) == 0)
    return NULL;
  why = nats_subject_read (topic, subject->data, subject->size);
  if (why != NULL)
    return why;
  memcpy (self->topic, topic, subject->size);
  memcpy (self->topic + HEIN_TOPIC_MAX, subject->data, subject->size);
  self->topic_size = subject->size;
  return NULL;
}

/* With a reply, it is a request when its topic is served. */
static void
deliver_special (HeinNats *self,
                 HeinWire *wire,
                 const NatsIncoming *incoming,
                 const guint8 *body)
{
  HeinMessageAttributes attributes = { 0 };
  g_autoptr (GBytes) return_path = NULL;
  g_autoptr (HeinMessage) message = NULL;

  if (incoming->reply.size > 0 &&
      hein_wire_serves (wire, self->topic, self->topic_size))
    {
      attributes.ask = HEIN_ASK_REQUEST;
      return_path = g_bytes_new (incoming->reply.data, incoming->reply.size);
    }
  message =
    nats_incoming_make_message (incoming, wire, self->topic, self->topic_size,
                                body, &attributes, return_path);
  hein_wire_deliver (wire, message);
}

static void
deliver (HeinNats *self,
         HeinWire *wire,
         const NatsIncoming *incoming,
         const guint8 *body)
{
  const char *why = read_topic (self, &incoming->subject);

  if (why != NULL)
    hein_wire_drop (wire, HEIN_DROP_REASON_INVALID, incoming->size, why);
  else if (incoming->headers_size > 0 || incoming->reply.size > 0)
    deliver_special (self, wire, incoming, body);
  else
    hein_wire_deliver_data (wire, self->topic, self->topic_size, body,
                            incoming->size);
}

static void
deliver_watched (HeinNats *self,
                 HeinWire *wire,
                 NatsWatch *watch,
                 const NatsIncoming *incoming,
                 const guint8 *body)
{
  NatsIncoming value = *incoming;

  if (nats_watch_take (self, wire, watch, &value, body))
    deliver (self, wire, &value, body);
}

/* It can be known again by its number, if it was brought before. */
static void
set_numbers (HeinMessage *message, const NatsAck *ack)
{
  char digits[24];

  g_snprintf (digits, sizeof digits, "%" G_GUINT64_FORMAT, ack->sequence);
  hein_message_set_attribute (message, "Nats-Sequence", digits, NULL);
  g_snprintf (digits, sizeof digits, "%" G_GUINT64_FORMAT, ack->n_times);
  hein_message_set_attribute (message, "Nats-Num-Delivered", digits, NULL);
}

/* A message of a durable, which is acknowledged when it was handled. What can be no
 * message here would be none the next time. */
static void
deliver_durable (HeinNats *self,
                 HeinWire *wire,
                 const NatsIncoming *incoming,
                 const guint8 *body)
{
  HeinMessageAttributes attributes = { .ask = HEIN_ASK_DELIVERY };
  g_autoptr (HeinMessage) message = NULL;
  const char *why;
  NatsAck ack;

  if (!nats_durable_take (self, wire, incoming, body, &ack))
    return;
  why = read_topic (self, &incoming->subject);
  if (why != NULL)
    {
      hein_wire_drop (wire, HEIN_DROP_REASON_INVALID, incoming->size, why);
      nats_durable_settle (self, wire, ack.sequence, NATS_NEVER);
      return;
    }
  attributes.ask_id = ack.sequence;
  message =
    nats_incoming_make_message (incoming, wire, self->topic, self->topic_size,
                                body, &attributes, NULL);
  set_numbers (message, &ack);
  /* who closes does not take it: it is for another one */
  if (hein_wire_is_closing (wire) || !hein_wire_deliver (wire, message))
    nats_durable_settle (self, wire, ack.sequence, NATS_AGAIN);
}

static gboolean
take_payload (HeinNats *self,
              HeinWire *wire,
              const NatsIncoming *incoming,
              const guint8 *payload,
              GError **error)
{
  NatsWatch *watch;

  if (memcmp (payload + incoming->size, "\r\n", 2) != 0)
    return fail (error, "a message is not as long as its MSG says");
  if (nats_ask_is_answer (self, incoming->sid))
    {
      if ((self->bucket == NULL ||
           !nats_watch_take_answer (self, wire, incoming, payload)) &&
          (self->durable == NULL ||
           !nats_durable_take_answer (self, wire, incoming, payload)))
        nats_ask_take_answer (self, wire, incoming, payload);
      nats_subscribe_review (self, wire);
      return TRUE;
    }
  if (nats_durable_is_its (self, incoming->sid))
    {
      deliver_durable (self, wire, incoming, payload);
      return TRUE;
    }
  watch = nats_watch_find (self, incoming->sid);
  if (watch != NULL)
    {
      deliver_watched (self, wire, watch, incoming, payload);
      return TRUE;
    }
  switch (nats_subscribe_check (self, incoming->sid, incoming->subject.data,
                                incoming->subject.size))
    {
    case NATS_SID_UNKNOWN:
      return fail (error, "a message comes for a subscription that there never "
                          "was");
    case NATS_SID_KNOWN:
      deliver (self, wire, incoming, payload);
      break;
    case NATS_SID_OLD:
    default:
      break;
    }
  return TRUE;
}

static void
skip (HeinNats *self, HeinWire *wire, const NatsIncoming *incoming)
{
  NatsWatch *watch = nats_watch_find (self, incoming->sid);
  NatsIncoming value = *incoming;
  NatsAck ack;

  if (nats_ask_is_answer (self, incoming->sid))
    nats_ask_refuse_answer (self, wire, incoming);
  /* it counts among what has come, and its headers are not there */
  value.headers_size = 0;
  if (watch != NULL)
    nats_watch_take (self, wire, watch, &value, NULL);
  if (nats_durable_is_its (self, incoming->sid) &&
      nats_durable_take (self, wire, &value, NULL, &ack))
    nats_durable_settle (self, wire, ack.sequence, NATS_NEVER);
  hein_wire_drop (wire, HEIN_DROP_REASON_INVALID, incoming->size,
                  "a message is over max-message-size, or its headers are over "
                  "64 KiB");
  self->n_skip = incoming->size + 2;
}

/* A message over the limit is not kept. */
static gboolean
take_message (HeinNats *self,
              HeinWire *wire,
              const NatsLine *line,
              gboolean has_headers,
              const guint8 *data,
              gsize size,
              gsize *used,
              GError **error)
{
  NatsIncoming incoming;

  if (!nats_incoming_read (&incoming, &line->rest, has_headers,
                           self->info.max_payload, error))
    return FALSE;
  if (nats_incoming_is_too_large (&incoming, wire))
    {
      skip (self, wire, &incoming);
      *used = line->size;
      return TRUE;
    }
  if (incoming.size + 2 > size - line->size)
    {
      hein_wire_expect (wire, line->size + incoming.size + 2);
      return FALSE;
    }
  *used = line->size + incoming.size + 2;
  return take_payload (self, wire, &incoming, data + line->size, error);
}

/* ---- all lines ---- */

static gboolean
take_pong (HeinNats *self, HeinWire *wire, GError **error)
{
  if (self->flush.n_pongs == self->flush.n_pings)
    return fail (error, "PONG answers nothing");
  nats_send_take_pong (self, wire);
  nats_watch_take_pong (self, wire);
  nats_durable_take_pong (self, wire);
  nats_subscribe_take_pong (self, wire);
  if (self->state == NATS_WAITS)
    nats_connect_end (self, wire);
  return TRUE;
}

static gboolean
take_line (HeinNats *self, HeinWire *wire, const NatsLine *line, GError **error)
{
  if (nats_span_is (&line->verb, "INFO"))
    return nats_connect_take_info (self, wire, &line->rest, error);
  if (nats_span_is (&line->verb, "-ERR"))
    return nats_refusal_take (self, wire, &line->rest, error);
  if (self->state == NATS_BEGINS)
    return fail (error, "the first word is not INFO: this is no NATS server");
  if (nats_span_is (&line->verb, "PING"))
    hein_wire_put (wire, (const guint8 *) "PONG\r\n", 6);
  else if (nats_span_is (&line->verb, "PONG"))
    return take_pong (self, wire, error);
  else if (!nats_span_is (&line->verb, "+OK"))
    return fail (error, "a line came that a server must not send");
  return TRUE;
}

/* Who is no NATS server may wait for this side, or say much without an end. */
static gboolean
check_beginning (const HeinNats *self,
                 const guint8 *data,
                 gsize size,
                 GError **error)
{
  static const char *const words[] = { "INFO", "-ERR" };

  if (self->state != NATS_BEGINS)
    return TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    if (g_ascii_strncasecmp ((const char *) data, words[i], MIN (size, 4)) == 0)
      return TRUE;
  return fail (error, "the first word is not INFO: this is no NATS server");
}

/* Returns FALSE without @error when the line or message is not all there. */
static gboolean
take_next (HeinNats *self,
           HeinWire *wire,
           const guint8 *data,
           gsize size,
           gsize *used,
           GError **error)
{
  NatsLine line;
  gboolean has_headers;

  if (size == 0 || !check_beginning (self, data, size, error))
    return FALSE;
  switch (nats_line_parse (data, size, &line))
    {
    case NATS_LINE_BAD:
      return fail (error, "a line is over 64 KiB, or does not end with CR LF");
    case NATS_LINE_SHORT:
      return FALSE;
    case NATS_LINE_OK:
    default:
      break;
    }
  has_headers = self->info.has_headers && nats_span_is (&line.verb, "HMSG");
  if (self->state == NATS_UP &&
      (has_headers || nats_span_is (&line.verb, "MSG")))
    return take_message (self, wire, &line, has_headers, data, size, used,
                         error);
  *used = line.size;
  return take_line (self, wire, &line, error);
}

gssize
nats_receive (HeinNats *self,
              HeinWire *wire,
              const guint8 *data,
              gsize size,
              GError **error)
{
  g_autoptr (GError) local_error = NULL;
  gsize used = 0;

  while (self->state != NATS_OFFERED && self->state != NATS_OVER &&
         self->state != NATS_SECURES)
    {
      gsize n = MIN (self->n_skip, size - used);

      self->n_skip -= n;
      used += n;
      n = 0;
      if (self->n_skip > 0 ||
          !take_next (self, wire, data + used, size - used, &n, &local_error))
        break;
      used += n;
    }
  if (local_error == NULL)
    return self->state == NATS_OVER ? (gssize) size : (gssize) used;
  g_propagate_error (error, g_steal_pointer (&local_error));
  return -1;
}
