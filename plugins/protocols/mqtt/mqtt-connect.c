/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mqtt-connect.h"

#include <string.h>

#include "mqtt-reason.h"
#include "mqtt-topic.h"
#include "secret/hein-secret-password.h"

/*
 * The beginning of a connection.
 *
 *   CONNECT   "MQTT" │ version (1 B) │ flags (1 B) │ keep alive (2 B) │ properties │
 *             client id │ of the will: properties, topic, payload │ user │ password
 *   CONNACK   session present (1 B) │ reason (1 B) │ properties
 *
 * Properties are of version 5 only.
 */
#define FLAG_CLEAN       0x02
#define FLAG_WILL        0x04
#define FLAG_WILL_QOS    3 /* shifted by so much */
#define FLAG_WILL_RETAIN 0x20
#define FLAG_PASSWORD    0x40
#define FLAG_USER        0x80

/* Of what is not acknowledged: there are packet ids left for all else. */
#define SENT_MAX 32768

/* Of notes: the last connection was closed without a word; it is known. */
#define NOTE_TRY   "try 3.1.1"
#define NOTE_KNOWN "3.1.1"

/* ---- options ---- */

static gboolean
refuse (GError **error, const char *text)
{
  g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS, text);
  return FALSE;
}

static gboolean
is_text (const char *text)
{
  return text == NULL || mqtt_is_text ((const guint8 *) text, strlen (text));
}

static gboolean
check_will (const MqttWill *will, GError **error)
{
  if (will == NULL)
    return TRUE;
  if (will->topic == NULL)
    return refuse (error,
                   "will needs will-topic, the topic that it is sent to");
  if (!is_text (will->topic) ||
      (will->text != NULL && strlen (will->text) > MQTT_TEXT_MAX))
    return refuse (error, "will and will-topic have at most 65535 bytes, and "
                          "will-topic is UTF-8");
  return mqtt_topic_check (will->topic, strlen (will->topic), error);
}

/* A broker of 3.1.1 that knows nothing of groups would take "$share" for a level of
 * a topic, and nothing would ever come. */
static gboolean
check_share (const HeinMqtt *self, GError **error)
{
  const gsize size = self->share != NULL ? strlen (self->share) : 0;

  if (self->share == NULL)
    return TRUE;
  if (size == 0 || size > HEIN_TOPIC_MAX || !is_text (self->share) ||
      strpbrk (self->share, "/+#") != NULL)
    return refuse (error, "share is 1 to 255 bytes of UTF-8 without /, + "
                          "and #");
  if (self->wanted_version == MQTT_VERSION_3_1_1)
    return refuse (error, "share needs MQTT 5: leave out version=3.1.1");
  return TRUE;
}

gboolean
mqtt_connect_check (HeinMqtt *self, GError **error)
{
  if (!is_text (self->client_id) || !is_text (self->user))
    return refuse (error,
                   "client-id and user are at most 65535 bytes of UTF-8");
  if (self->users_file != NULL || !self->relays)
    return refuse (error, "users-file and relay are options of a broker");
  if (self->password_file != NULL && self->user == NULL)
    return refuse (error, "password-file needs user");
  if (self->session_s > 0 && self->client_id == NULL)
    return refuse (error,
                   "session-s needs client-id, by which the broker knows "
                   "this client again");
  if (!check_share (self, error) || !check_will (self->will, error))
    return FALSE;
  return hein_secret_check_password (self->password_file, error);
}

/* ---- CONNECT ---- */

/* Who does not say a version is spoken to in 5, and in 3.1.1 when the broker has
 * refused that, or has closed the connection without a word. */
static void
choose_version (HeinMqtt *self, HeinWire *wire)
{
  const char *note = hein_wire_get_note (wire);

  self->version = self->wanted_version;
  if (self->wanted_version != MQTT_VERSION_AUTO)
    return;
  self->version = note != NULL ? MQTT_VERSION_3_1_1 : MQTT_VERSION_5;
  if (note == NULL)
    {
      hein_wire_set_note (wire, NOTE_TRY);
      hein_wire_redial_at_end (wire);
    }
  else if (strcmp (note, NOTE_TRY) == 0)
    hein_wire_set_note (wire, NULL);
}

static guint16
get_keep_alive_s (HeinWire *wire)
{
  return CLAMP (hein_wire_get_silence_ms (wire) / 1000, 1, G_MAXUINT16);
}

static guint8
get_flags (const HeinMqtt *self)
{
  guint8 flags = self->session_s == 0 ? FLAG_CLEAN : 0;

  if (self->will != NULL)
    flags |= FLAG_WILL | self->will->qos << FLAG_WILL_QOS |
             (self->will->is_retained ? FLAG_WILL_RETAIN : 0);
  if (self->user != NULL)
    flags |= FLAG_USER;
  if (self->password_file != NULL)
    flags |= FLAG_PASSWORD;
  return flags;
}

static void
put_properties (HeinMqtt *self, HeinWire *wire, GByteArray *to)
{
  const guint64 packet_size =
    MIN ((guint64) hein_wire_get_max_message_size (wire) + MQTT_OVERHEAD,
         MQTT_LENGTH_MAX);

  self->receive_maximum = hein_wire_get_bus_credit (wire);
  mqtt_put_length (to, (self->session_s > 0 ? 5 : 0) + 3 + 5);
  if (self->session_s > 0)
    {
      mqtt_put_u8 (to, MQTT_SESSION_EXPIRY);
      mqtt_put_u32 (to, self->session_s);
    }
  mqtt_put_u8 (to, MQTT_RECEIVE_MAXIMUM);
  mqtt_put_u16 (to, self->receive_maximum);
  mqtt_put_u8 (to, MQTT_MAXIMUM_PACKET_SIZE);
  mqtt_put_u32 (to, packet_size);
}

static void
put_will (HeinMqtt *self, GByteArray *to)
{
  if (self->will == NULL)
    return;
  if (self->version == MQTT_VERSION_5)
    mqtt_put_length (to, 0);
  mqtt_put_text (to, self->will->topic);
  mqtt_put_text (to, self->will->text != NULL ? self->will->text : "");
}

static gboolean
put_password (HeinMqtt *self, GByteArray *to, GError **error)
{
  char password[HEIN_SECRET_PASSWORD_MAX + 1];
  gssize size = 0;

  if (self->password_file == NULL)
    return TRUE;
  size = hein_secret_read_password (self->password_file, password, error);
  if (size >= 0)
    mqtt_put_binary (to, password, size);
  hein_secret_erase (password, sizeof password);
  return size >= 0;
}

gboolean
mqtt_connect_put (HeinMqtt *self, HeinWire *wire, GError **error)
{
  g_autoptr (GByteArray) rest =
    g_byte_array_sized_new (HEIN_SECRET_PASSWORD_MAX);
  gboolean ok;

  choose_version (self, wire);
  mqtt_put_text (rest, "MQTT");
  mqtt_put_u8 (rest, self->version);
  mqtt_put_u8 (rest, get_flags (self));
  mqtt_put_u16 (rest, get_keep_alive_s (wire));
  if (self->version == MQTT_VERSION_5)
    put_properties (self, wire, rest);
  mqtt_put_text (rest, self->client_id != NULL ? self->client_id
                                               : hein_wire_get_bus_name (wire));
  put_will (self, rest);
  if (self->user != NULL)
    mqtt_put_text (rest, self->user);
  ok = put_password (self, rest, error);
  if (ok)
    mqtt_put_packet (wire, MQTT_CONNECT << 4, rest->data, rest->len);
  hein_secret_erase (rest->data, rest->len);
  return ok;
}

/* ---- CONNACK ---- */

typedef struct
{
  guint8 reason;
  gboolean has_session;
  MqttProperties properties;
} Answer;

static gboolean
fail (GError **error, const char *text)
{
  g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL, text);
  return FALSE;
}

static gboolean
read_answer (HeinMqtt *self,
             const guint8 *data,
             gsize size,
             Answer *answer,
             GError **error)
{
  MqttReader reader = { data, data + size, FALSE };
  const guint8 flags = mqtt_read_u8 (&reader);
  /* who does not know version 5 answers in 3.1.1 */
  const gboolean is_old = self->version != MQTT_VERSION_5 || size == 2;

  answer->has_session = flags != 0;
  answer->reason = mqtt_read_u8 (&reader);
  if (is_old)
    answer->reason = mqtt_reason_from_return_code (answer->reason);
  else if (!reader.is_bad && !mqtt_properties_read (&reader, MQTT_CONNACK,
                                                    &answer->properties, error))
    return FALSE;
  if (reader.is_bad || reader.p < reader.end || flags > 1 ||
      (answer->reason != MQTT_SUCCESS && answer->has_session))
    return fail (error, "CONNACK is malformed");
  if (is_old && self->version == MQTT_VERSION_5 &&
      answer->reason == MQTT_SUCCESS)
    return fail (error, "CONNACK has no properties, which version 5 wants");
  if (answer->has_session && self->session_s == 0)
    return fail (error,
                 "the broker goes on with a session that was not wanted");
  return TRUE;
}

static void
warn (const char *why)
{
  g_warning (
    "the broker %s MQTT 5: it is spoken to in 3.1.1, which says less of "
    "what fails; version=3.1.1 in the address says so at once",
    why);
}

/* What is to be kept there would otherwise end the connection each time. */
static gboolean
check_retained (const HeinMqtt *self,
                const MqttProperties *said,
                GError **error)
{
  if ((!self->retains && (self->will == NULL || !self->will->is_retained)) ||
      !MQTT_HAS (said, MQTT_RETAIN_AVAILABLE) || said->retain_available)
    return TRUE;
  g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_REFUSED,
                       "the broker keeps no messages: leave out retain and "
                       "will-retain");
  return FALSE;
}

static gboolean
check_shared (const HeinMqtt *self, const MqttProperties *said, GError **error)
{
  if (self->share == NULL ||
      (self->version == MQTT_VERSION_5 &&
       (!MQTT_HAS (said, MQTT_SHARED_AVAILABLE) || said->shared_available)))
    return TRUE;
  g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_REFUSED,
                       self->version == MQTT_VERSION_5
                         ? "the broker has no shared subscriptions: leave out "
                           "share"
                         : "the broker speaks MQTT 3.1.1, which has no shared "
                           "subscriptions: leave out share");
  return FALSE;
}

static const char *
get_encoding (const HeinMqtt *self)
{
  if (self->version == MQTT_VERSION_5)
    return self->retains ? "mqtt/5/retain" : "mqtt/5";
  return self->retains ? "mqtt/3.1.1/retain" : "mqtt/3.1.1";
}

static void
take_limits (HeinMqtt *self, HeinWire *wire, const MqttProperties *said)
{
  const gboolean has_qos_1 =
    !MQTT_HAS (said, MQTT_MAXIMUM_QOS) || said->maximum_qos > 0;
  const guint maximum = MQTT_HAS (said, MQTT_RECEIVE_MAXIMUM)
                          ? said->receive_maximum
                          : HEIN_CREDIT_MAX;

  self->limits.packet_size = said->maximum_packet_size;
  self->keep_alive_s = said->server_keep_alive_s;
  self->limits.receive_maximum = has_qos_1 ? MIN (maximum, SENT_MAX) : 0;
  hein_wire_set_credit (wire, self->limits.receive_maximum);
  if (!has_qos_1)
    hein_wire_set_credit_hint (wire, "the server allows QoS 0 alone");
  hein_wire_set_carries_attributes (wire, self->version == MQTT_VERSION_5);
  if (self->version == MQTT_VERSION_5)
    hein_wire_set_asks (wire, HEIN_ASKS_ONCE);
  /* what is sent is the same for all such brokers without limits */
  if (self->limits.packet_size == 0)
    hein_wire_set_encoding (wire, get_encoding (self));
}

gboolean
mqtt_connect_take_answer (HeinMqtt *self,
                          HeinWire *wire,
                          const guint8 *data,
                          gsize size,
                          GError **error)
{
  Answer answer = { 0 };

  if (!read_answer (self, data, size, &answer, error))
    return FALSE;
  if (answer.reason == MQTT_VERSION_NOT_SUPPORTED &&
      self->wanted_version == MQTT_VERSION_AUTO &&
      self->version == MQTT_VERSION_5)
    {
      warn ("refuses");
      self->state = MQTT_OVER;
      hein_wire_set_note (wire, NOTE_KNOWN);
      hein_wire_redial (wire);
      return TRUE;
    }
  /* the version is not what is wrong */
  if (self->version == MQTT_VERSION_5)
    hein_wire_set_note (wire, NULL);
  if (answer.reason != MQTT_SUCCESS)
    {
      g_propagate_error (error,
                         mqtt_reason_make_error (answer.reason,
                                                 &answer.properties,
                                                 "the broker refuses the "
                                                 "connection"));
      return FALSE;
    }
  if (self->wanted_version == MQTT_VERSION_AUTO &&
      self->version == MQTT_VERSION_3_1_1 && hein_wire_get_note (wire) == NULL)
    warn ("has closed a connection without a word that began with");
  if (!check_retained (self, &answer.properties, error) ||
      !check_shared (self, &answer.properties, error))
    return FALSE;
  take_limits (self, wire, &answer.properties);
  hein_wire_set_match (wire, HEIN_MATCH_ALL);
  self->state = MQTT_OFFERED;
  hein_wire_offer_name (wire, "mqtt", NULL, HEIN_NAME_RULE_MADE_UP);
  return TRUE;
}
