/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mqtt-bring.h"
#include "mqtt-receive.h"

#include "mqtt-connect.h"
#include "mqtt-publish.h"
#include "mqtt-reason.h"
#include "mqtt-send.h"
#include "mqtt-serve.h"
#include "mqtt-subscribe.h"

/* What a broker sends. */

static gboolean
fail (GError **error, const char *text)
{
  g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL, text);
  return FALSE;
}

/* ---- all packets ---- */

static gboolean
take_ping_answer (HeinMqtt *self, HeinWire *wire, GError **error)
{
  if (self->n_pings == 0)
    return fail (error, "PINGRESP answers nothing");
  /* the broker reads one packet after the other */
  self->n_read = self->n_at_ping;
  hein_wire_set_confirmed_by_end (wire, self->n_read);
  mqtt_send_want_answer (self, wire,
                         self->n_at_ping < hein_wire_count_sent (wire) ||
                           hein_wire_count_unsent (wire) > 0);
  if (--self->n_pings == 0)
    hein_wire_set_rtt_us (wire, hein_wire_get_now_us (wire) - self->pinged_us);
  return TRUE;
}

/* Returns FALSE with @error in any case. */
static gboolean
take_goodbye (HeinMqtt *self,
              HeinWire *wire,
              MqttReader *reader,
              GError **error)
{
  MqttProperties properties = { 0 };
  guint8 reason = MQTT_SUCCESS;

  if (self->version != MQTT_VERSION_5)
    return fail (error, "DISCONNECT of a broker is not in MQTT 3.1.1");
  if (reader->p < reader->end)
    reason = mqtt_read_u8 (reader);
  if (reader->p < reader->end &&
      !mqtt_properties_read (reader, MQTT_DISCONNECT, &properties, error))
    return FALSE;
  self->state = MQTT_OVER;
  /* it need not have read what was said, even if that was a goodbye */
  hein_wire_set_confirmed_by_end (wire, self->n_read);
  if (reason >= MQTT_UNSPECIFIED)
    g_propagate_error (
      error, mqtt_reason_make_error (reason, &properties,
                                     "the broker ends the connection"));
  else
    g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_CLOSED,
                         "the broker ends the connection");
  return FALSE;
}

static gboolean
take_up (HeinMqtt *self,
         HeinWire *wire,
         const MqttHeader *header,
         MqttReader *reader,
         GError **error)
{
  const guint8 *body = reader->p;

  switch (header->kind)
    {
    case MQTT_PUBLISH:
      return mqtt_publish_take (self, wire, header->flags, reader, error);
    case MQTT_PUBACK:
      return mqtt_publish_take_ack (self, wire, reader, error);
    case MQTT_SUBACK:
    case MQTT_UNSUBACK:
      return mqtt_subscribe_take_answer (self, wire,
                                         header->kind == MQTT_SUBACK, body,
                                         header->size, error);
    case MQTT_PINGRESP:
      return take_ping_answer (self, wire, error);
    case MQTT_DISCONNECT:
      return take_goodbye (self, wire, reader, error);
    case MQTT_CONNECT:
    case MQTT_CONNACK:
    case MQTT_PUBREC:
    case MQTT_PUBREL:
    case MQTT_PUBCOMP:
    case MQTT_SUBSCRIBE:
    case MQTT_UNSUBSCRIBE:
    case MQTT_PINGREQ:
    case MQTT_AUTH:
    case MQTT_CLIENT_PUBLISH:
    case MQTT_CLIENT_DISCONNECT:
    case MQTT_WILL:
    default:
      return fail (error, "a packet came that a broker must not send here");
    }
}

/* Decides from the header alone, before anything is waited for. */
static gboolean
check_header (HeinMqtt *self,
              HeinWire *wire,
              const MqttHeader *header,
              GError **error)
{
  if (self->client != NULL)
    return mqtt_serve_check_header (self, wire, header, error);
  if (self->state == MQTT_WAITS && header->kind != MQTT_CONNACK)
    return fail (error, "the first packet is not CONNACK: this is no MQTT "
                        "broker");
  if (header->kind == MQTT_PUBLISH)
    return hein_wire_check_message_size (wire, header->size, MQTT_OVERHEAD,
                                         error);
  if (header->flags != 0)
    return fail (error, "a packet has flags that it must not have");
  if (header->kind == MQTT_PINGRESP && header->size > 0)
    return fail (error, "PINGRESP has a body");
  return header->size <= MQTT_ANSWER_MAX ||
         fail (error, "a packet that is no message is over 64 KiB");
}

/* Returns FALSE without @error when the packet is not all there, or has to
 * wait. */
static gboolean
take_packet (HeinMqtt *self,
             HeinWire *wire,
             const guint8 *data,
             gsize size,
             gsize *used,
             GError **error)
{
  MqttHeader header;
  MqttReader reader;

  switch (mqtt_header_parse (data, size, &header))
    {
    case MQTT_HEADER_BAD:
      return fail (error, "the length of a packet is malformed");
    case MQTT_HEADER_SHORT:
      return FALSE;
    case MQTT_HEADER_OK:
    default:
      break;
    }
  if (!check_header (self, wire, &header, error))
    return FALSE;
  if (header.size > size - header.header_size)
    {
      hein_wire_expect (wire, header.header_size + header.size);
      return FALSE;
    }
  *used = header.header_size + header.size;
  reader = (MqttReader){ data + header.header_size, data + *used, FALSE };
  if (self->client != NULL)
    return mqtt_serve_take (self, wire, &header, &reader, error);
  if (self->state == MQTT_WAITS)
    return mqtt_connect_take_answer (self, wire, reader.p, header.size, error);
  return take_up (self, wire, &header, &reader, error);
}

static gsize
get_memory (const HeinMqtt *self)
{
  return mqtt_window_get_memory (&self->sent) +
         mqtt_window_get_memory (&self->come) +
         (self->client != NULL
            ? self->client->memory + mqtt_bring_get_memory (self->client)
            : 0);
}

gssize
mqtt_receive (HeinMqtt *self,
              HeinWire *wire,
              const guint8 *data,
              gsize size,
              GError **error)
{
  g_autoptr (GError) local_error = NULL;
  gsize used = 0;

  while (self->state == MQTT_WAITS || self->state == MQTT_UP)
    {
      gsize n = 0;

      if (!take_packet (self, wire, data + used, size - used, &n, &local_error))
        break;
      used += n;
    }
  if (self->state == MQTT_UP || self->state == MQTT_OVER)
    hein_wire_set_memory (wire, get_memory (self));
  if (local_error == NULL)
    return self->state == MQTT_OVER ? (gssize) size : (gssize) used;
  if (local_error->code == HEIN_ERROR_TOO_LARGE)
    self->end_reason = MQTT_PACKET_TOO_LARGE;
  else if (self->end_reason == MQTT_SUCCESS)
    self->end_reason = MQTT_PROTOCOL_ERROR;
  g_propagate_error (error, g_steal_pointer (&local_error));
  return -1;
}
