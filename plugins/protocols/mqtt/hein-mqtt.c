/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-mqtt.h"

#include <gmodule.h>

#include "mqtt-accept.h"
#include "mqtt-ask.h"
#include "mqtt-broker.h"
#include "mqtt-connect.h"
#include "mqtt-receive.h"
#include "mqtt-reason.h"
#include "mqtt-send.h"
#include "mqtt-serve.h"
#include "mqtt-subscribe.h"
#include "options/hein-options.h"

/*
 * MQTT 5 and 3.1.1 (OASIS), as a client of a broker, or as the broker of clients;
 * README.md has the picture.
 */

static GType hein_mqtt_version_get_type (void);

G_DEFINE_FINAL_TYPE (HeinMqtt, hein_mqtt, HEIN_TYPE_PROTOCOL)

HEIN_PLUGIN_DEFINE (HeinMqtt,
                    hein_mqtt,
                    PROTOCOL,
                    "mqtt",
                    "mqtt",
                    "MQTT 5 and 3.1.1: a client of a broker, or the broker")

static GType
hein_mqtt_version_get_type (void)
{
  static gsize type;
  static const GEnumValue values[] = {
    { MQTT_VERSION_AUTO, "MQTT_VERSION_AUTO", "auto" },
    { MQTT_VERSION_3_1_1, "MQTT_VERSION_3_1_1", "3.1.1" },
    { MQTT_VERSION_5, "MQTT_VERSION_5", "5" },
    { 0, NULL, NULL },
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static (g_intern_static_string (
                                                        "HeinMqttVersion"),
                                                      values));
  return type;
}

/* ---- the slots ---- */

static gboolean
hein_mqtt_prepare (HeinProtocol *protocol,
                   HeinRole role,
                   HeinSecrecy *secrecy,
                   GError **error)
{
  HeinMqtt *self = HEIN_MQTT (protocol);

  if (role == HEIN_ROLE_DIAL)
    return mqtt_connect_check (self, error);
  if (!mqtt_accept_check (self, secrecy, error))
    return FALSE;
  self->broker = mqtt_broker_new ();
  return TRUE;
}

static void
hein_mqtt_join (HeinProtocol *protocol, HeinProtocol *prepared)
{
  HeinMqtt *self = HEIN_MQTT (protocol);
  MqttBroker *broker = HEIN_MQTT (prepared)->broker;

  if (broker != NULL)
    self->client = mqtt_serve_new_client (broker);
  else if (self->session_s > 0)
    self->inbox = mqtt_ask_share_inbox (HEIN_MQTT (prepared));
}

static void
hein_mqtt_start (HeinProtocol *protocol, HeinWire *wire, gboolean dialled)
{
  HeinMqtt *self = HEIN_MQTT (protocol);
  g_autoptr (GError) error = NULL;

  if (self->client != NULL || mqtt_connect_put (self, wire, &error))
    return;
  self->state = MQTT_OVER;
  hein_wire_fail (wire, error);
}

static gssize
hein_mqtt_consume (HeinProtocol *protocol,
                   HeinWire *wire,
                   GBytes *bytes,
                   GError **error)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  return mqtt_receive (HEIN_MQTT (protocol), wire, data, size, error);
}

static gboolean
hein_mqtt_encode (HeinProtocol *protocol,
                  HeinWire *wire,
                  HeinMessage *message,
                  GError **error)
{
  return mqtt_send (HEIN_MQTT (protocol), wire, message, error);
}

/* For brokers that want a shorter time than this side has named, and to know what
 * has come there. */
static gint64
hein_mqtt_tick (HeinProtocol *protocol, HeinWire *wire, gint64 now_us)
{
  HeinMqtt *self = HEIN_MQTT (protocol);

  if (self->client != NULL)
    {
      mqtt_serve_tick (self, wire);
      return G_MAXINT64;
    }
  if (self->state != MQTT_UP ||
      (self->keep_alive_s == 0 && !self->is_unconfirmed))
    return G_MAXINT64;
  mqtt_send_ping (self, wire);
  return self->keep_alive_s == 0
           ? G_MAXINT64
           : now_us + (gint64) self->keep_alive_s * G_USEC_PER_SEC / 2;
}

static void
hein_mqtt_admitted (HeinProtocol *protocol,
                    HeinWire *wire,
                    const GError *refusal)
{
  HeinMqtt *self = HEIN_MQTT (protocol);

  if (self->client != NULL)
    {
      mqtt_accept_admitted (self, wire, refusal);
      return;
    }
  if (refusal != NULL)
    {
      self->state = MQTT_OVER;
      hein_wire_fail (wire, refusal);
      return;
    }
  self->state = MQTT_UP;
  hein_wire_set_confirmed_by_end (wire, 0);
  hein_wire_set_heartbeat (wire, TRUE);
  mqtt_subscribe_collect (self, wire, TRUE);
  hein_wire_ready (wire);
  mqtt_subscribe_collect (self, wire, FALSE);
  if (self->keep_alive_s > 0)
    hein_wire_want_tick (wire, hein_wire_get_now_us (wire));
}

static void
hein_mqtt_finish (HeinProtocol *protocol, HeinWire *wire)
{
  mqtt_send_goodbye (HEIN_MQTT (protocol), wire);
}

static void
hein_mqtt_leaving (HeinProtocol *protocol, HeinWire *wire)
{
  HeinMqtt *self = HEIN_MQTT (protocol);

  if (self->client != NULL)
    mqtt_serve_leave (self, wire);
}

static void
hein_mqtt_subscription (HeinProtocol *protocol,
                        HeinWire *wire,
                        const char *prefix,
                        gboolean wanted)
{
  mqtt_subscribe_change (HEIN_MQTT (protocol), wire, prefix, wanted);
}

static gboolean
hein_mqtt_pattern (HeinProtocol *protocol,
                   HeinWire *wire,
                   const char *pattern,
                   gboolean wanted)
{
  mqtt_subscribe_change_pattern (HEIN_MQTT (protocol), wire, pattern, wanted);
  return TRUE;
}

/* The broker answers each change. */
static gboolean
hein_mqtt_confirm (HeinProtocol *protocol, HeinWire *wire, guint number)
{
  return mqtt_subscribe_confirm (HEIN_MQTT (protocol), number);
}

static void
hein_mqtt_settled (HeinProtocol *protocol,
                   HeinWire *wire,
                   guint64 delivery,
                   const GError *failure)
{
  mqtt_send_settled (HEIN_MQTT (protocol), wire, delivery, failure);
}

static void
hein_mqtt_ping (HeinProtocol *protocol, HeinWire *wire)
{
  mqtt_send_ping (HEIN_MQTT (protocol), wire);
}

/* ---- the object ---- */

static const HeinOptionPart will = {
  .offset = G_STRUCT_OFFSET (HeinMqtt, will),
  .size = sizeof (MqttWill),
};

static const HeinOptionEntry options[] = {
  { .name = "version",
    .kind = HEIN_OPTION_CHOICE,
    .offset = G_STRUCT_OFFSET (HeinMqtt, wanted_version),
    .get_type = hein_mqtt_version_get_type,
    .value = MQTT_VERSION_AUTO },
  { .name = "client-id",
    .kind = HEIN_OPTION_TEXT,
    .offset = G_STRUCT_OFFSET (HeinMqtt, client_id) },
  { .name = "user",
    .kind = HEIN_OPTION_TEXT,
    .offset = G_STRUCT_OFFSET (HeinMqtt, user) },
  { .name = "password-file",
    .kind = HEIN_OPTION_TEXT,
    .offset = G_STRUCT_OFFSET (HeinMqtt, password_file) },
  { .name = "session-s",
    .offset = G_STRUCT_OFFSET (HeinMqtt, session_s),
    .maximum = G_MAXUINT32 },
  { .name = "subscribe",
    .kind = HEIN_OPTION_FLAG,
    .offset = G_STRUCT_OFFSET (HeinMqtt, subscribes),
    .value = TRUE },
  { .name = "subscribe-qos",
    .offset = G_STRUCT_OFFSET (HeinMqtt, subscribe_qos),
    .maximum = 1,
    .value = 1 },
  { .name = "share",
    .kind = HEIN_OPTION_TEXT,
    .offset = G_STRUCT_OFFSET (HeinMqtt, share) },
  { .name = "retain", /* of the transport as well */
    .kind = HEIN_OPTION_FLAG,
    .offset = G_STRUCT_OFFSET (HeinMqtt, retains) },
  { .name = "will-topic",
    .kind = HEIN_OPTION_TEXT,
    .part = &will,
    .offset = G_STRUCT_OFFSET (MqttWill, topic) },
  { .name = "will",
    .kind = HEIN_OPTION_TEXT,
    .part = &will,
    .offset = G_STRUCT_OFFSET (MqttWill, text) },
  { .name = "will-retain",
    .kind = HEIN_OPTION_FLAG,
    .part = &will,
    .offset = G_STRUCT_OFFSET (MqttWill, is_retained) },
  { .name = "will-qos",
    .part = &will,
    .offset = G_STRUCT_OFFSET (MqttWill, qos),
    .maximum = 1 },
  { .name = "users-file",
    .kind = HEIN_OPTION_TEXT,
    .offset = G_STRUCT_OFFSET (HeinMqtt, users_file) },
  { .name = "relay",
    .kind = HEIN_OPTION_FLAG,
    .offset = G_STRUCT_OFFSET (HeinMqtt, relays),
    .value = TRUE },
  { NULL },
};

static void
hein_mqtt_finalize (GObject *object)
{
  HeinMqtt *self = HEIN_MQTT (object);

  mqtt_serve_free_client (self);
  g_clear_pointer (&self->broker, mqtt_broker_unref);
  g_clear_pointer (&self->inbox, g_rc_box_release);
  hein_options_clear (self, options);
  g_free (self->will);
  mqtt_subscribe_clear (self);
  mqtt_window_clear (&self->sent);
  mqtt_window_clear (&self->come);
  g_free (self->topic);
  G_OBJECT_CLASS (hein_mqtt_parent_class)->finalize (object);
}

static void
hein_mqtt_get_web_use (HeinProtocol *protocol, HeinWebUse *use)
{
  use->subprotocols = "mqtt,mqttv3.1";
}

static void
hein_mqtt_class_init (HeinMqttClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  HeinProtocolClass *protocol_class = HEIN_PROTOCOL_CLASS (klass);

  object_class->finalize = hein_mqtt_finalize;
  protocol_class->prepare = hein_mqtt_prepare;
  protocol_class->join = hein_mqtt_join;
  protocol_class->start = hein_mqtt_start;
  protocol_class->consume = hein_mqtt_consume;
  protocol_class->encode = hein_mqtt_encode;
  protocol_class->tick = hein_mqtt_tick;
  protocol_class->admitted = hein_mqtt_admitted;
  protocol_class->finish = hein_mqtt_finish;
  protocol_class->leaving = hein_mqtt_leaving;
  protocol_class->subscription = hein_mqtt_subscription;
  protocol_class->pattern = hein_mqtt_pattern;
  protocol_class->confirm = hein_mqtt_confirm;
  protocol_class->settled = hein_mqtt_settled;
  protocol_class->ping = hein_mqtt_ping;
  protocol_class->get_web_use = hein_mqtt_get_web_use;
  hein_options_install (object_class, options);
  protocol_class->is_pure = TRUE;
}

static void
hein_mqtt_init (HeinMqtt *self)
{
  hein_options_init (self, options);
}
