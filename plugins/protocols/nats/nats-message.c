/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "nats-message.h"

#include "broker/hein-broker.h"

/*
 *   MSG subject sid [reply] size CR LF   payload CR LF
 *   HMSG subject sid [reply] headers-size size CR LF   headers payload CR LF
 */

static gboolean
fail (GError **error, const char *text)
{
  g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL, text);
  return FALSE;
}

static gboolean
read_headers_size (NatsIncoming *self, const NatsSpan *argument)
{
  return nats_span_read_number (argument, &self->headers_size) &&
         self->headers_size > 0 && self->headers_size <= self->size;
}

gboolean
nats_incoming_read (NatsIncoming *self,
                    const NatsSpan *rest,
                    gboolean has_headers,
                    guint64 max_payload,
                    GError **error)
{
  NatsSpan arguments[NATS_ARGUMENTS_MAX];
  const guint n = nats_split (rest, arguments);
  const guint fewest = has_headers ? 4 : 3;

  if (n != fewest && n != fewest + 1)
    return fail (error, "a MSG or HMSG has too few or too many arguments");
  *self = (NatsIncoming){ .subject = arguments[0] };
  if (n > fewest)
    self->reply = arguments[2];
  if (!nats_span_read_number (&arguments[1], &self->sid))
    return fail (error, "the subscription of a MSG is not a number");
  if (!nats_span_read_number (&arguments[n - 1], &self->size) ||
      (has_headers && !read_headers_size (self, &arguments[n - 2])))
    return fail (error, "the size of a MSG is malformed");
  return self->size <= max_payload ||
         fail (error, "a MSG is larger than the server has said it takes");
}

gboolean
nats_incoming_is_too_large (const NatsIncoming *self, HeinWire *wire)
{
  return self->headers_size > NATS_HEADERS_MAX ||
         !hein_wire_check_message_size (wire, self->size - self->headers_size,
                                        0, NULL);
}

gboolean
nats_incoming_read_headers (const NatsIncoming *self,
                            const guint8 *body,
                            NatsHeaders *headers)
{
  *headers = (NatsHeaders){ 0 };
  if (self->headers_size == 0 ||
      nats_headers_read (headers, (const char *) body, self->headers_size))
    return TRUE;
  nats_headers_clear (headers);
  return FALSE;
}

HeinMessage *
nats_incoming_make_message (const NatsIncoming *self,
                            HeinWire *wire,
                            const char *topic,
                            gsize topic_size,
                            const guint8 *body,
                            HeinMessageAttributes *attributes,
                            GBytes *return_path)
{
  NatsHeaders headers;
  const gboolean ok = nats_incoming_read_headers (self, body, &headers);
  HeinMessage *message;

  attributes->content_type = headers.content_type;
  message =
    hein_broker_make_message (topic, topic_size, attributes,
                              body + self->headers_size,
                              self->size - self->headers_size, return_path);
  if (headers.expiry_ms > 0)
    hein_message_set_expiry_ms (message, headers.expiry_ms);
  if (!ok ||
      (self->headers_size > 0 &&
       !nats_headers_add ((const char *) body, self->headers_size, message)))
    hein_wire_drop_attributes (wire);
  nats_headers_clear (&headers);
  return message;
}
