/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "../../plugins/protocols/mqtt/hein-mqtt.h"
#include "session-script.h"

/* A client and the broker that has let it in. The options: 1 version 3.1.1, 2 the
 * client has a session. An acknowledgement of 3.1.1 has no reason. */

static HeinProtocol *
make_client (guint8 options)
{
  const MqttVersion version = options & 1 ? MQTT_VERSION_3_1_1 : MQTT_VERSION_5;

  return g_object_new (HEIN_TYPE_MQTT, "version", version, "session-s",
                       options & 2 ? 60u : 0u, NULL);
}

static HeinProtocol *
make_server (void)
{
  g_autoptr (HeinProtocol) broker =
    g_object_new (HEIN_TYPE_MQTT, "relay", FALSE, NULL);
  HeinProtocol *self = g_object_new (HEIN_TYPE_MQTT, "relay", FALSE, NULL);
  HeinProtocolClass *class = HEIN_PROTOCOL_GET_CLASS (self);
  HeinSecrecy secrecy = HEIN_SECRECY_NONE;
  g_autoptr (GError) error = NULL;

  class->prepare (broker, HEIN_ROLE_LISTEN, &secrecy, &error);
  g_assert_no_error (error);
  class->join (self, broker);
  return self;
}

/* Nothing is said to a client that has not subscribed: the core sees to that. */
static void
begin (Session *self, guint8 options)
{
  Side *sides = self->sides;

  session_begin (self, make_client (options), make_server ());
  for (guint i = 0; i < 2; i++)
    sides[i].tells_no_failures = options & 1;
  for (guint n = 0; n < 2; n++)
    {
      side_carry (&sides[0], &sides[1], G_MAXSIZE);
      side_carry (&sides[1], &sides[0], G_MAXSIZE);
      side_subscribe (&sides[n], "", TRUE);
    }
}

const SessionKind session_kind = {
  .begin = begin,
  .keeps_topics = TRUE,
  .filters = TRUE,
  .serves = "a",
};
