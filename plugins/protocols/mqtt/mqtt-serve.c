/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mqtt-serve.h"

#include "mqtt-accept.h"
#include "mqtt-bring.h"
#include "mqtt-broker.h"
#include "mqtt-grant.h"
#include "mqtt-publish.h"
#include "mqtt-reason.h"
#include "mqtt-relay.h"

/* How long a client that has said goodbye may take to close. */
#define GOODBYE_MS 5000

/* ---- the object ---- */

MqttClient *
mqtt_serve_new_client (MqttBroker *broker)
{
  MqttClient *self = g_new0 (MqttClient, 1);

  self->broker = mqtt_broker_ref (broker);
  self->grants =
    g_hash_table_new_full (hein_hash_text, g_str_equal, g_free, g_free);
  self->qos = self->own_qos = -1;
  return self;
}

void
mqtt_serve_free_client (HeinMqtt *self)
{
  MqttClient *client = self->client;

  if (client == NULL)
    return;
  mqtt_broker_remove (client->broker, self);
  mqtt_bring_end (client);
  mqtt_broker_unref (client->broker);
  g_hash_table_unref (client->grants);
  g_clear_pointer (&client->will, g_bytes_unref);
  g_free (client->id);
  g_free (client->user);
  g_clear_pointer (&self->client, g_free);
}

/* ---- packets ---- */

static guint8
get_flags (MqttKind kind)
{
  return kind == MQTT_SUBSCRIBE || kind == MQTT_UNSUBSCRIBE ? 0x02 : 0;
}

gboolean
mqtt_serve_check_header (HeinMqtt *self,
                         HeinWire *wire,
                         const MqttHeader *header,
                         GError **error)
{
  if (self->state == MQTT_WAITS && header->kind != MQTT_CONNECT)
    return mqtt_state_fail (
      self, MQTT_PROTOCOL_ERROR,
      "the first packet is not CONNECT: this is no client of MQTT", error);
  if (header->kind == MQTT_PUBLISH)
    return hein_wire_check_message_size (wire, header->size, MQTT_OVERHEAD,
                                         error);
  if (header->flags != get_flags (header->kind))
    return mqtt_state_fail (self, MQTT_MALFORMED_PACKET,
                            "a packet has flags that it must not have", error);
  if (header->kind == MQTT_PINGREQ && header->size > 0)
    return mqtt_state_fail (self, MQTT_MALFORMED_PACKET, "PINGREQ has a body",
                            error);
  if (header->size <=
      (header->kind == MQTT_CONNECT ? MQTT_OVERHEAD : MQTT_ANSWER_MAX))
    return TRUE;
  return mqtt_state_fail (
    self, MQTT_PACKET_TOO_LARGE,
    "a packet that is no message is over 64 KiB, or CONNECT over "
    "128 KiB",
    error);
}

/* It closes the connection; what it may still get is its own affair. */
static gboolean
take_goodbye (HeinMqtt *self,
              HeinWire *wire,
              MqttReader *reader,
              GError **error)
{
  MqttProperties properties = { 0 };
  guint8 reason = MQTT_SUCCESS;

  if (self->version == MQTT_VERSION_5 && reader->p < reader->end)
    reason = mqtt_read_u8 (reader);
  if (self->version == MQTT_VERSION_5 && reader->p < reader->end &&
      !mqtt_properties_read (reader, MQTT_CLIENT_DISCONNECT, &properties,
                             error))
    return FALSE;
  if (reader->p < reader->end)
    return mqtt_state_fail (self, MQTT_MALFORMED_PACKET,
                            "DISCONNECT is too long", error);
  self->client->has_ended = reason == MQTT_SUCCESS;
  self->state = MQTT_OVER;
  mqtt_broker_remove (self->client->broker, self);
  mqtt_bring_end (self->client);
  hein_wire_set_accepts_messages (wire, FALSE);
  hein_wire_take_goodbye (wire);
  hein_wire_set_silence_ms (wire, GOODBYE_MS);
  return TRUE;
}

/* The bus has let go of the client: what it asks for now is not answered any
 * more, and what it subscribes to must not be kept. */
static gboolean
is_too_late (HeinMqtt *self, MqttKind kind)
{
  return self->state == MQTT_UP && self->client->wire == NULL &&
         (kind == MQTT_SUBSCRIBE || kind == MQTT_UNSUBSCRIBE ||
          kind == MQTT_PINGREQ);
}

gboolean
mqtt_serve_take (HeinMqtt *self,
                 HeinWire *wire,
                 const MqttHeader *header,
                 MqttReader *reader,
                 GError **error)
{
  if (is_too_late (self, header->kind))
    return TRUE;
  switch (header->kind)
    {
    case MQTT_PUBLISH:
      return mqtt_publish_take (self, wire, header->flags, reader, error);
    case MQTT_PUBACK:
      return mqtt_publish_take_ack (self, wire, reader, error);
    case MQTT_SUBSCRIBE:
      return mqtt_grant_take (self, wire, reader, error);
    case MQTT_UNSUBSCRIBE:
      return mqtt_grant_take_back (self, wire, reader, error);
    case MQTT_PINGREQ:
      mqtt_put_packet (wire, MQTT_PINGRESP << 4, NULL, 0);
      return TRUE;
    case MQTT_DISCONNECT:
      return take_goodbye (self, wire, reader, error);
    case MQTT_CONNECT:
      if (self->state == MQTT_WAITS)
        return mqtt_accept_take (self, wire, reader, error);
      return mqtt_state_fail (self, MQTT_PROTOCOL_ERROR, "CONNECT comes twice",
                              error);
    case MQTT_CONNACK:
    case MQTT_PUBREC:
    case MQTT_PUBREL:
    case MQTT_PUBCOMP:
    case MQTT_SUBACK:
    case MQTT_UNSUBACK:
    case MQTT_PINGRESP:
    case MQTT_AUTH:
    case MQTT_CLIENT_PUBLISH:
    case MQTT_CLIENT_DISCONNECT:
    case MQTT_WILL:
    default:
      return mqtt_state_fail (self, MQTT_PROTOCOL_ERROR,
                              "a packet came that a client must not send here",
                              error);
    }
}

static void
say_will (HeinMqtt *self, HeinWire *wire, GBytes *bytes)
{
  gsize size;
  const guint8 *start = g_bytes_get_data (bytes, &size);
  MqttReader reader = { start, start + size, FALSE };
  MqttPublish will = { .qos = self->client->will_qos,
                       .is_retained = self->client->is_will_retained };

  if (mqtt_accept_read_will (self, &reader, &will, NULL))
    mqtt_relay_will (self, wire, &will);
}

void
mqtt_serve_tick (HeinMqtt *self, HeinWire *wire)
{
  if (self->state == MQTT_UP && self->client->wire != NULL)
    mqtt_bring_go_on (self, wire);
}

void
mqtt_serve_leave (HeinMqtt *self, HeinWire *wire)
{
  MqttClient *client = self->client;
  g_autoptr (GBytes) will = g_steal_pointer (&client->will);
  const gboolean was_up = client->wire != NULL;

  mqtt_broker_remove (client->broker, self);
  mqtt_bring_end (client);
  client->wire = NULL;
  if (will != NULL && was_up && !client->has_ended)
    say_will (self, wire, will);
}
