/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mqtt-accept.h"

#include <string.h>

#include "mqtt-broker.h"
#include "mqtt-reason.h"
#include "mqtt-topic.h"
#include "secret/hein-secret-users.h"

/*
 * CONNECT and CONNACK (mqtt-connect.c has their bytes), as a server: who comes, by
 * what password, under what name, and what the client is told of this side.
 */
#define FLAG_RESERVED    0x01
#define FLAG_WILL        0x04
#define FLAG_WILL_QOS    3 /* shifted by so much */
#define FLAG_WILL_RETAIN 0x20
#define FLAG_PASSWORD    0x40
#define FLAG_USER        0x80
#define WILL_FLAGS       (3 << FLAG_WILL_QOS | FLAG_WILL_RETAIN)

typedef struct
{
  guint8 version;
  guint8 flags;
  MqttProperties properties;
  MqttText id;
  const guint8 *will_start; /* NULL: there is none */
  const guint8 *will_end;
  MqttText will_topic;
  MqttText user;
  MqttText password;
} Connect;

/* ---- options ---- */

static gboolean
has_options_of_client (const HeinMqtt *self)
{
  return self->wanted_version != MQTT_VERSION_AUTO || self->client_id != NULL ||
         self->user != NULL || self->password_file != NULL ||
         self->session_s > 0 || self->will != NULL || !self->subscribes ||
         self->subscribe_qos != 1 || self->share != NULL;
}

gboolean
mqtt_accept_check (HeinMqtt *self, HeinSecrecy *secrecy, GError **error)
{
  HeinSecretUsers users = { 0 };
  gboolean ok = TRUE;

  if (has_options_of_client (self))
    {
      g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS,
                           "version, client-id, user, password-file, "
                           "session-s, subscribe, subscribe-qos, share and "
                           "will are options of a client: the address of a "
                           "broker has users-file and relay");
      return FALSE;
    }
  if (self->users_file != NULL)
    {
      *secrecy = HEIN_SECRECY_NEEDED;
      ok = hein_secret_users_read (&users, self->users_file, error);
      hein_secret_users_clear (&users);
    }
  return ok;
}

/* ---- refusals ---- */

static guint8
get_return_code (guint8 reason)
{
  switch (reason)
    {
    case MQTT_VERSION_NOT_SUPPORTED:
      return 1;
    case MQTT_CLIENT_ID_NOT_VALID:
      return 2;
    case MQTT_BAD_USER_OR_PASSWORD:
      return 4;
    case MQTT_NOT_AUTHORIZED:
      return 5;
    default:
      return 3; /* not available, for whatever else */
    }
}

static void
put_refusal (HeinMqtt *self, HeinWire *wire, guint8 reason)
{
  const guint8 new[] = { 0, reason, 0 };
  const guint8 old[] = { 0, get_return_code (reason) };

  self->state = MQTT_OVER;
  if (self->version == MQTT_VERSION_5)
    mqtt_put_packet (wire, MQTT_CONNACK << 4, new, sizeof new);
  else
    mqtt_put_packet (wire, MQTT_CONNACK << 4, old, sizeof old);
}

/* Returns FALSE with @error. */
static gboolean
refuse (HeinMqtt *self,
        HeinWire *wire,
        guint8 reason,
        HeinError code,
        const char *text,
        GError **error)
{
  put_refusal (self, wire, reason);
  g_set_error_literal (error, HEIN_ERROR, code, text);
  return FALSE;
}

/* In 3.1.1 there is no answer to what is malformed. Returns FALSE with @error. */
static gboolean
refuse_malformed (HeinMqtt *self,
                  HeinWire *wire,
                  guint8 reason,
                  const char *text,
                  GError **error)
{
  if (self->version == MQTT_VERSION_5)
    put_refusal (self, wire, reason);
  self->state = MQTT_OVER;
  if (error == NULL || *error == NULL)
    g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL, text);
  return FALSE;
}

/* ---- CONNECT ---- */

static gboolean
read_version (HeinMqtt *self,
              HeinWire *wire,
              MqttReader *reader,
              Connect *connect,
              GError **error)
{
  gsize size;
  const char *name = mqtt_read_text (reader, &size);
  const gboolean is_mqtt = size == 4 && memcmp (name, "MQTT", 4) == 0;
  const gboolean is_old = size == 6 && memcmp (name, "MQIsdp", 6) == 0;

  connect->version = mqtt_read_u8 (reader);
  if (reader->is_bad || (!is_mqtt && !is_old))
    {
      self->state = MQTT_OVER;
      g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL,
                           "CONNECT is not one of MQTT");
      return FALSE;
    }
  self->version = connect->version >= 5 ? MQTT_VERSION_5 : MQTT_VERSION_3_1_1;
  if (is_mqtt && (connect->version == MQTT_VERSION_3_1_1 ||
                  connect->version == MQTT_VERSION_5))
    return TRUE;
  return refuse (self, wire, MQTT_VERSION_NOT_SUPPORTED, HEIN_ERROR_REFUSED,
                 "the client speaks another version of MQTT than 3.1.1 and 5",
                 error);
}

static gboolean
has_good_flags (const HeinMqtt *self, const Connect *connect)
{
  const guint8 flags = connect->flags;

  if (flags & FLAG_RESERVED)
    return FALSE;
  if ((flags & FLAG_WILL) == 0 && (flags & WILL_FLAGS) != 0)
    return FALSE;
  if ((flags >> FLAG_WILL_QOS & 3) == 3)
    return FALSE;
  return self->version == MQTT_VERSION_5 || (flags & FLAG_PASSWORD) == 0 ||
         (flags & FLAG_USER) != 0;
}

gboolean
mqtt_accept_read_will (HeinMqtt *self,
                       MqttReader *reader,
                       MqttPublish *will,
                       GError **error)
{
  if (self->version == MQTT_VERSION_5 &&
      !mqtt_properties_read (reader, MQTT_WILL, &will->properties, error))
    return FALSE;
  will->topic = mqtt_read_text (reader, &will->topic_size);
  will->payload = mqtt_read_binary (reader, &will->size);
  return !reader->is_bad &&
         mqtt_topic_check_received ((const guint8 *) will->topic,
                                    will->topic_size, error);
}

static gboolean
take_will (HeinMqtt *self, MqttReader *reader, Connect *connect, GError **error)
{
  MqttPublish will = { 0 };

  if ((connect->flags & FLAG_WILL) == 0)
    return TRUE;
  connect->will_start = reader->p;
  if (!mqtt_accept_read_will (self, reader, &will, error))
    return FALSE;
  connect->will_end = reader->p;
  connect->will_topic = (MqttText){ will.topic, will.topic_size };
  return TRUE;
}

static gboolean
read_connect (HeinMqtt *self,
              MqttReader *reader,
              Connect *connect,
              GError **error)
{
  connect->flags = mqtt_read_u8 (reader);
  self->client->keep_alive_s = mqtt_read_u16 (reader);
  if (self->version == MQTT_VERSION_5 &&
      !mqtt_properties_read (reader, MQTT_CONNECT, &connect->properties, error))
    return FALSE;
  connect->id.text = mqtt_read_text (reader, &connect->id.size);
  if (reader->is_bad || !take_will (self, reader, connect, error))
    return FALSE;
  if (connect->flags & FLAG_USER)
    connect->user.text = mqtt_read_text (reader, &connect->user.size);
  if (connect->flags & FLAG_PASSWORD)
    connect->password.text =
      (const char *) mqtt_read_binary (reader, &connect->password.size);
  if (!reader->is_bad && reader->p == reader->end)
    return has_good_flags (self, connect);
  return FALSE;
}

/* ---- what is not there ---- */

static gboolean
check_wishes (HeinMqtt *self,
              HeinWire *wire,
              const Connect *connect,
              GError **error)
{
  if (MQTT_HAS (&connect->properties, MQTT_AUTHENTICATION_METHOD))
    return refuse (self, wire, MQTT_BAD_METHOD, HEIN_ERROR_REFUSED,
                   "the client wants enhanced authentication, which is not "
                   "there",
                   error);
  if ((connect->flags >> FLAG_WILL_QOS & 3) > 1)
    return refuse (self, wire, MQTT_QOS_NOT_SUPPORTED, HEIN_ERROR_REFUSED,
                   "the client wants its will to have QoS 2, and there is 0 "
                   "and 1",
                   error);
  if (connect->will_topic.size > HEIN_TOPIC_MAX ||
      (connect->will_topic.size > 0 && connect->will_topic.text[0] == '$'))
    return refuse (self, wire, MQTT_TOPIC_NAME_INVALID, HEIN_ERROR_REFUSED,
                   "the topic of its will has more than 255 bytes, or begins "
                   "with $",
                   error);
  return TRUE;
}

/* ---- who it is ---- */

static gboolean
check_password (HeinMqtt *self,
                HeinWire *wire,
                const Connect *connect,
                GError **error)
{
  HeinSecretUsers users = { 0 };
  g_autofree char *security = NULL;
  g_autoptr (GError) trouble = NULL;
  gboolean ok;

  if (self->users_file == NULL)
    return TRUE;
  if (!hein_secret_users_read (&users, self->users_file, &trouble))
    return refuse (self, wire, MQTT_SERVER_UNAVAILABLE, HEIN_ERROR_FAILED,
                   trouble->message, error);
  ok = (connect->flags & FLAG_USER) && (connect->flags & FLAG_PASSWORD) &&
       hein_secret_users_check (&users, connect->user.text, connect->user.size,
                                connect->password.text, connect->password.size);
  hein_secret_users_clear (&users);
  if (!ok)
    return refuse (self, wire, MQTT_BAD_USER_OR_PASSWORD, HEIN_ERROR_REFUSED,
                   "its user and password are not in users-file", error);
  self->client->user = g_strndup (connect->user.text, connect->user.size);
  security = g_strconcat ("plain:", self->client->user, NULL);
  hein_wire_set_security (wire, security);
  return TRUE;
}

static void
choose_id (HeinMqtt *self, HeinWire *wire, const Connect *connect)
{
  MqttClient *client = self->client;
  const char *proved = hein_wire_get_proved_name (wire);

  client->has_made_up_id = connect->id.size == 0;
  if (!client->has_made_up_id)
    client->id = g_strndup (connect->id.text, connect->id.size);
  else if (proved != NULL)
    client->id = g_strdup (proved);
  while (client->id == NULL)
    {
      client->id = g_strdup_printf ("mqtt-%016" G_GINT64_MODIFIER "x",
                                    hein_wire_random (wire));
      if (mqtt_broker_find (client->broker, client->id) != NULL)
        g_clear_pointer (&client->id, g_free);
    }
}

/* A newer connection takes over the client id, unless that of another user does so,
 * or a certificate says that it is somebody else. */
static gboolean
take_over (HeinMqtt *self, HeinWire *wire, GError **error)
{
  MqttClient *client = self->client;
  const char *proved = hein_wire_get_proved_name (wire);
  HeinMqtt *other = mqtt_broker_find (client->broker, client->id);
  g_autoptr (GError) reason = NULL;

  if ((proved != NULL && strcmp (proved, client->id) != 0) ||
      (other != NULL && g_strcmp0 (other->client->user, client->user) != 0))
    return refuse (self, wire, MQTT_CLIENT_ID_NOT_VALID, HEIN_ERROR_REFUSED,
                   "the client id is that of somebody else", error);
  if (other == NULL)
    return TRUE;
  reason = g_error_new_literal (HEIN_ERROR, HEIN_ERROR_CLOSED,
                                "a new connection has taken over its client "
                                "id");
  other->end_reason = MQTT_TAKEN_OVER;
  hein_wire_fail (other->client->wire, reason);
  return TRUE;
}

static void
keep (HeinMqtt *self, const Connect *connect)
{
  MqttClient *client = self->client;

  self->limits.receive_maximum =
    MQTT_HAS (&connect->properties, MQTT_RECEIVE_MAXIMUM)
      ? connect->properties.receive_maximum
      : HEIN_CREDIT_MAX;
  client->session_expiry_s = connect->properties.session_expiry_s;
  self->limits.packet_size = connect->properties.maximum_packet_size;
  client->will_qos = connect->flags >> FLAG_WILL_QOS & 3;
  client->is_will_retained = (connect->flags & FLAG_WILL_RETAIN) != 0;
  if (connect->will_start != NULL)
    client->will = g_bytes_new (connect->will_start,
                                connect->will_end - connect->will_start);
}

gboolean
mqtt_accept_take (HeinMqtt *self,
                  HeinWire *wire,
                  MqttReader *reader,
                  GError **error)
{
  Connect connect = { 0 };
  g_autoptr (GBytes) identity = NULL;
  g_autoptr (GError) trouble = NULL;

  if (!read_version (self, wire, reader, &connect, error))
    return FALSE;
  if (!read_connect (self, reader, &connect, &trouble))
    return refuse_malformed (self, wire,
                             trouble != NULL ? MQTT_PROTOCOL_ERROR
                                             : MQTT_MALFORMED_PACKET,
                             trouble != NULL ? trouble->message
                                             : "CONNECT is malformed",
                             error);
  /* who has no id has nothing that could be kept */
  if (self->version != MQTT_VERSION_5 && connect.id.size == 0 &&
      (connect.flags & 0x02) == 0)
    return refuse (self, wire, MQTT_CLIENT_ID_NOT_VALID, HEIN_ERROR_REFUSED,
                   "the client has no id, and wants a session", error);
  if (!check_wishes (self, wire, &connect, error) ||
      !check_password (self, wire, &connect, error))
    return FALSE;
  choose_id (self, wire, &connect);
  if (!take_over (self, wire, error))
    return FALSE;
  keep (self, &connect);
  self->state = MQTT_OFFERED;
  identity = g_bytes_new (self->client->id, strlen (self->client->id));
  hein_wire_offer_name (wire, NULL, identity, HEIN_NAME_RULE_UNIQUE);
  return TRUE;
}

/* ---- CONNACK ---- */

static void
put_properties (HeinMqtt *self, HeinWire *wire, GByteArray *to)
{
  const guint64 packet_size =
    MIN ((guint64) hein_wire_get_max_message_size (wire) + MQTT_OVERHEAD,
         MQTT_LENGTH_MAX);

  /* nothing is kept for those who are away */
  if (self->client->session_expiry_s > 0)
    {
      mqtt_put_u8 (to, MQTT_SESSION_EXPIRY);
      mqtt_put_u32 (to, 0);
    }
  if (self->client->has_made_up_id)
    {
      mqtt_put_u8 (to, MQTT_ASSIGNED_CLIENT_ID);
      mqtt_put_text (to, self->client->id);
    }
  mqtt_put_u8 (to, MQTT_RECEIVE_MAXIMUM);
  mqtt_put_u16 (to, self->receive_maximum);
  mqtt_put_u8 (to, MQTT_MAXIMUM_QOS);
  mqtt_put_u8 (to, 1);
  mqtt_put_u8 (to, MQTT_MAXIMUM_PACKET_SIZE);
  mqtt_put_u32 (to, packet_size);
  mqtt_put_u8 (to, MQTT_SUBSCRIPTION_IDENTIFIERS_AVAILABLE);
  mqtt_put_u8 (to, 0);
  mqtt_put_u8 (to, MQTT_SHARED_AVAILABLE);
  mqtt_put_u8 (to, 1);
}

static void
put_answer (HeinMqtt *self, HeinWire *wire)
{
  g_autoptr (GByteArray) rest = g_byte_array_new ();
  g_autoptr (GByteArray) properties = NULL;

  mqtt_put_u8 (rest, 0); /* no session */
  mqtt_put_u8 (rest, MQTT_SUCCESS);
  if (self->version == MQTT_VERSION_5)
    {
      properties = g_byte_array_new ();
      put_properties (self, wire, properties);
      mqtt_put_length (rest, properties->len);
      g_byte_array_append (rest, properties->data, properties->len);
    }
  mqtt_put_packet (wire, MQTT_CONNACK << 4, rest->data, rest->len);
}

/* A bus that is full may have a place later. */
static guint8
get_reason (const GError *refusal)
{
  return g_str_has_prefix (refusal->message, "full") ? MQTT_SERVER_UNAVAILABLE
                                                     : MQTT_CLIENT_ID_NOT_VALID;
}

void
mqtt_accept_admitted (HeinMqtt *self, HeinWire *wire, const GError *refusal)
{
  MqttClient *client = self->client;

  if (refusal != NULL)
    {
      put_refusal (self, wire, get_reason (refusal));
      hein_wire_fail (wire, refusal);
      return;
    }
  self->state = MQTT_UP;
  self->receive_maximum = hein_wire_get_bus_credit (wire);
  client->wire = wire;
  mqtt_broker_add (client->broker, self);
  put_answer (self, wire);
  hein_wire_set_match (wire, HEIN_MATCH_TOPIC);
  hein_wire_set_carries_attributes (wire, self->version == MQTT_VERSION_5);
  hein_wire_set_credit (wire, self->limits.receive_maximum);
  if (self->version == MQTT_VERSION_5)
    hein_wire_set_asks (wire, HEIN_ASKS_ONCE);
  hein_wire_set_accepts_messages (wire, FALSE); /* until it subscribes */
  /* it may be late by half of it (3.1.2.10) */
  hein_wire_set_silence_ms (wire, client->keep_alive_s * 1500);
  hein_wire_ready (wire);
}
