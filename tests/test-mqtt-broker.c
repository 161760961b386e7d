/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mqtt-recorder.h"

#include <glib/gstdio.h>
#include <string.h>

/* MQTT as the broker of its clients, byte by byte; what a client must not do is in
 * test-mqtt-broker-hostile.c. */

/* By the client that is called bob, with packet id 1. */
#define SUBSCRIBE_A   "\x82\x08\0\1\0\3a/+\1"
#define SUBSCRIBE_A_5 "\x82\x09\0\1\0\0\3a/+\1"
#define CONNACK_OF_5                                                           \
  "\x20\x11\0\0\x0e\x21\1\0\x24\1\x27\0\3\x86\xa0\x29\0\x2a\1"

static Recorder *
accept_subscriber (HeinMqtt *broker, MqttVersion version)
{
  Recorder *self = mqtt_recorder_accept_as (broker, "bob", version);

  if (version == MQTT_VERSION_5)
    {
      FEED (self, SUBSCRIBE_A_5);
      WRITTEN (self, "\x90\4\0\1\0\1");
    }
  else
    {
      FEED (self, SUBSCRIBE_A);
      WRITTEN (self, "\x90\3\0\1\1");
    }
  return self;
}

static void
finish (Recorder *self)
{
  HEIN_PROTOCOL_GET_CLASS (self->protocol)->finish (self->protocol, self->wire);
}

/* ---- the beginning ---- */

static void
test_connect (void)
{
  g_autoptr (HeinMqtt) broker = mqtt_recorder_new_broker (NULL, NULL);
  g_autoptr (Recorder) new = mqtt_recorder_accept (broker);
  g_autoptr (Recorder) old = mqtt_recorder_accept (broker);
  g_autoptr (Recorder) quiet = mqtt_recorder_accept (broker);

  FEED (new, "\x10\x15\0\4MQTT\5\2\0\x0a\5\x11\0\0\0\x3c\0\3kim");
  WRITTEN (new, "\x20\x16\0\0\x13\x11\0\0\0\0\x21\1\0\x24\1\x27\0\3\x86"
                "\xa0\x29\0\x2a\1");
  recorder_assert_logged (new, "offer kim 1");
  recorder_assert_logged (new, "silence 15000");
  recorder_assert_logged (new, "match 1");
  g_assert_true (new->is_ready);
  g_assert_true (new->carries_attributes);
  g_assert_cmpuint (new->credit, ==, HEIN_CREDIT_MAX);
  FEED (old, "\x10\x0f\0\4MQTT\4\0\0\x0a\0\3bob");
  WRITTEN (old, CONNACK);
  g_assert_false (old->carries_attributes);
  FEED (quiet, "\x10\x0e\0\4MQTT\4\2\0\0\0\2me");
  recorder_assert_logged (quiet, "silence 0");
}

/* Who gives no id gets one, and is told so where that can be said. */
static void
test_made_up (void)
{
  g_autoptr (HeinMqtt) broker = mqtt_recorder_new_broker (NULL, NULL);
  g_autoptr (Recorder) new = mqtt_recorder_accept (broker);
  g_autoptr (Recorder) refused = mqtt_recorder_accept (broker);

  FEED (new, "\x10\x0d\0\4MQTT\5\2\0\x0a\0\0\0");
  recorder_assert_logged (new, "offer mqtt-0000000000000004 1");
  WRITTEN (new, "\x20\x29\0\0\x26\x12\0\x15mqtt-0000000000000004\x21\1\0\x24\1"
                "\x27\0\3\x86\xa0\x29\0\x2a\1");
  FEED (refused, "\x10\x0c\0\4MQTT\4\0\0\x0a\0\0");
  WRITTEN (refused, "\x20\2\0\2");
}

static void
test_ping_and_goodbye (void)
{
  g_autoptr (HeinMqtt) broker = mqtt_recorder_new_broker (NULL, NULL);
  g_autoptr (Recorder) self = accept_subscriber (broker, MQTT_VERSION_5);

  FEED (self, PINGREQ);
  WRITTEN (self, PINGRESP);
  FEED (self, "\xe0\0\x30\3\0\1t");
  recorder_assert_logged (self, "goodbye");
  recorder_assert_logged (self, "accepts 0");
  g_assert_cmpuint (self->delivered->len, ==, 0);
  g_assert_no_error (self->failure);
}

static void
test_shuts_down (void)
{
  g_autoptr (HeinMqtt) broker = mqtt_recorder_new_broker (NULL, NULL);
  g_autoptr (Recorder) new = accept_subscriber (broker, MQTT_VERSION_5);
  g_autoptr (Recorder) old =
    mqtt_recorder_accept_as (broker, "eve", MQTT_VERSION_3_1_1);

  finish (new);
  WRITTEN (new, "\xe0\1\x8b");
  finish (old);
  WRITTEN (old, "");
}

/* The bus lets go of a client that has not ended yet: what it subscribes to then
 * must not be kept, since nobody would forget it. */
static void
test_leaves (void)
{
  g_autoptr (HeinMqtt) broker = mqtt_recorder_new_broker (NULL, NULL);
  g_autoptr (Recorder) eve =
    mqtt_recorder_accept_as (broker, "eve", MQTT_VERSION_5);
  Recorder *bob = mqtt_recorder_accept_as (broker, "bob", MQTT_VERSION_5);

  mqtt_recorder_leave (bob);
  FEED (bob, SUBSCRIBE_A_5 PINGREQ "\xa2\x08\0\2\0\0\3a/+");
  WRITTEN (bob, "");
  FEED (eve, "\x30\x08\0\3a/b\0hi");
  WRITTEN (bob, "");
  recorder_free (bob);
  FEED (eve, "\x30\x08\0\3a/c\0hi");
  g_assert_cmpuint (eve->delivered->len, ==, 2);
  bob = accept_subscriber (broker, MQTT_VERSION_5);
  FEED (eve, "\x30\x08\0\3a/b\0hi");
  WRITTEN (bob, "\x30\x08\0\3a/b\0hi");
  recorder_free (bob);
}

static void
test_takes_over (void)
{
  g_autoptr (HeinMqtt) broker = mqtt_recorder_new_broker (NULL, NULL);
  g_autoptr (Recorder) first = accept_subscriber (broker, MQTT_VERSION_5);
  g_autoptr (Recorder) second = NULL;
  g_autoptr (Recorder) other =
    mqtt_recorder_accept_as (broker, "eve", MQTT_VERSION_5);

  second = mqtt_recorder_accept_as (broker, "bob", MQTT_VERSION_5);
  recorder_assert_failed (first, HEIN_ERROR_CLOSED, "taken over");
  finish (first);
  WRITTEN (first, "\xe0\1\x8e");
  mqtt_recorder_leave (first);
  /* it has not subscribed to what the first one had */
  FEED (other, "\x30\6\0\3a/b\0");
  WRITTEN (second, "");
  WRITTEN (first, "");
}

static void
test_name_taken (void)
{
  g_autoptr (HeinMqtt) broker = mqtt_recorder_new_broker (NULL, NULL);
  g_autoptr (Recorder) self = mqtt_recorder_accept (broker);
  g_autoptr (GError) taken =
    g_error_new_literal (HEIN_ERROR, HEIN_ERROR_REFUSED, "name taken: bob");

  self->is_slow = TRUE;
  FEED (self, "\x10\x10\0\4MQTT\5\2\0\x0a\0\0\3bob");
  WRITTEN (self, "");
  recorder_admit (self, taken);
  WRITTEN (self, "\x20\3\0\x85\0");
  recorder_assert_failed (self, HEIN_ERROR_REFUSED, "name taken");
}

/* ---- users ---- */

static void
test_users (void)
{
  g_autofree char *path =
    g_build_filename (g_get_tmp_dir (), "hein-mqtt-XXXXXX", NULL);
  const int fd = g_mkstemp_full (path, 0, 0600);
  g_autoptr (HeinMqtt) broker = NULL;
  g_autoptr (Recorder) good = NULL;
  g_autoptr (Recorder) bad = NULL;
  g_autoptr (Recorder) none = NULL;
  g_autoptr (Recorder) thief = NULL;

  g_close (fd, NULL);
  g_assert_true (g_file_set_contents_full (path, "# users\nkim secret\nx y\n",
                                           -1, G_FILE_SET_CONTENTS_NONE, 0600,
                                           NULL));
  broker = mqtt_recorder_new_broker ("users-file", path);
  good = mqtt_recorder_accept (broker);
  FEED (good, "\x10\x1d\0\4MQTT\5\xc2\0\x0a\0\0\3bob\0\3kim\0\6secret");
  WRITTEN (good, CONNACK_OF_5);
  recorder_assert_logged (good, "security plain:kim");
  bad = mqtt_recorder_accept (broker);
  FEED (bad, "\x10\x1d\0\4MQTT\5\xc2\0\x0a\0\0\3eve\0\3kim\0\6Secret");
  WRITTEN (bad, "\x20\3\0\x86\0");
  recorder_assert_failed (bad, HEIN_ERROR_REFUSED, "users-file");
  none = mqtt_recorder_accept (broker);
  FEED (none, "\x10\x0f\0\4MQTT\4\2\0\x0a\0\3eve");
  WRITTEN (none, "\x20\2\0\4");
  /* the client id of another user is not taken over */
  thief = mqtt_recorder_accept (broker);
  FEED (thief, "\x10\x16\0\4MQTT\5\xc2\0\x0a\0\0\3bob\0\1x\0\1y");
  WRITTEN (thief, "\x20\3\0\x85\0");
  g_assert_no_error (good->failure);
  g_unlink (path);
}

static void
test_options (void)
{
  g_autoptr (HeinMqtt) client =
    g_object_new (HEIN_TYPE_MQTT, "relay", FALSE, NULL);
  g_autoptr (HeinMqtt) broker =
    g_object_new (HEIN_TYPE_MQTT, "will-topic", "w", NULL);
  HeinSecrecy secrecy = HEIN_SECRECY_NONE;
  g_autoptr (GError) error = NULL;

  g_assert_false (
    HEIN_PROTOCOL_GET_CLASS (client)->prepare (HEIN_PROTOCOL (client),
                                               HEIN_ROLE_DIAL, &secrecy,
                                               &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS);
  g_clear_error (&error);
  g_assert_false (
    HEIN_PROTOCOL_GET_CLASS (broker)->prepare (HEIN_PROTOCOL (broker),
                                               HEIN_ROLE_LISTEN, &secrecy,
                                               &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS);
}

/* ---- from client to client ---- */

static void
test_relays (void)
{
  g_autoptr (HeinMqtt) broker = mqtt_recorder_new_broker (NULL, NULL);
  g_autoptr (Recorder) new = accept_subscriber (broker, MQTT_VERSION_5);
  g_autoptr (Recorder) old =
    mqtt_recorder_accept_as (broker, "eve", MQTT_VERSION_3_1_1);

  FEED (old, "\x82\6\0\1\0\1#\0");
  mqtt_recorder_forget (old);
  FEED (old, "\x30\7\0\3a/bhi");
  WRITTEN (new, "\x30\x08\0\3a/b\0hi");
  WRITTEN (old, "\x30\7\0\3a/bhi");
  MESSAGE (old, 0, "a/b", NULL, "hi");
  /* with all that version 5 says, to who knows it */
  FEED (new, "\x30\x13\0\3a/b\x0b\3\0\1x\x26\0\1k\0\1vhi");
  WRITTEN (new, "\x30\x13\0\3a/b\x0b\3\0\1x\x26\0\1k\0\1vhi");
  MESSAGE (new, 0, "a/b", "x", "hi");
  WRITTEN (old, "\x30\7\0\3a/bhi");
  FEED (new, "\xa2\x08\0\2\0\0\3a/+");
  WRITTEN (new, "\xb0\4\0\2\0\0");
  FEED (new, "\xa2\x08\0\3\0\0\3a/+");
  WRITTEN (new, "\xb0\4\0\3\0\x11");
  FEED (old, "\x30\7\0\3a/bhi");
  WRITTEN (new, "");
  FEED (old, "\xa2\5\0\2\0\1#");
  WRITTEN (old, "\x30\7\0\3a/bhi\xb0\2\0\2");
}

/* Unaltered and in their order, also what a message of hein cannot have: the format
 * of the payload, a name that comes twice, and one with a blank. */
static void
test_relays_properties (void)
{
  g_autoptr (HeinMqtt) broker = mqtt_recorder_new_broker (NULL, NULL);
  g_autoptr (Recorder) bob = accept_subscriber (broker, MQTT_VERSION_5);
  g_autoptr (Recorder) eve =
    mqtt_recorder_accept_as (broker, "eve", MQTT_VERSION_5);

#define SAID "\x26\0\1k\0\1w\1\1\x26\0\3b c\0\0\x26\0\1k\0\1v\3\0\1x"
  FEED (eve, "\x30\x23\0\3a/b\x1c" SAID "x");
  WRITTEN (bob, "\x30\x23\0\3a/b\x1c" SAID "x");
  /* the bus has what it can have */
  MESSAGE (eve, 0, "a/b", "x", "x");
  /* what is retained, to who comes later; the time that is left goes before */
  FEED (eve, "\x31\x28\0\3a/b\x21" SAID "\2\0\0\0\x0ax");
  mqtt_recorder_forget (bob);
  FEED (bob, "\x82\x09\0\2\0\0\3a/b\0");
  WRITTEN (bob, "\x90\4\0\2\0\0"
                "\x31\x28\0\3a/b\x21\2\0\0\0\x0a" SAID "x");
#undef SAID
}

static void
test_does_not_relay (void)
{
  g_autoptr (HeinMqtt) broker =
    g_object_new (HEIN_TYPE_MQTT, "relay", FALSE, NULL);
  HeinSecrecy secrecy = HEIN_SECRECY_NONE;
  g_autoptr (Recorder) self = NULL;

  g_assert_true (
    HEIN_PROTOCOL_GET_CLASS (broker)->prepare (HEIN_PROTOCOL (broker),
                                               HEIN_ROLE_LISTEN, &secrecy,
                                               NULL));
  self = accept_subscriber (broker, MQTT_VERSION_5);
  FEED (self, "\x30\6\0\3a/b\0");
  WRITTEN (self, "");
  g_assert_cmpuint (self->delivered->len, ==, 1);
}

/* The greater QoS of the filters that match, and no more than that of the
 * message; each acknowledges for itself. */
static void
test_relays_with_qos_1 (void)
{
  g_autoptr (HeinMqtt) broker = mqtt_recorder_new_broker (NULL, NULL);
  g_autoptr (Recorder) bob = accept_subscriber (broker, MQTT_VERSION_5);
  g_autoptr (Recorder) eve =
    mqtt_recorder_accept_as (broker, "eve", MQTT_VERSION_5);

  FEED (bob, "\x82\x07\0\2\0\0\1#\0");
  mqtt_recorder_forget (bob);
  FEED (eve, "\x32\x09\0\3a/b\0\7\0x");
  WRITTEN (bob, "\x32\x09\0\3a/b\0\1\0x");
  WRITTEN (eve, "");
  recorder_settle (eve, NULL);
  WRITTEN (eve, "\x40\2\0\7");
  FEED (bob, "\x40\2\0\1");
  g_assert_cmpuint (bob->delivered->len, ==, 0);
  FEED (eve, "\x30\7\0\3a/b\0x");
  WRITTEN (bob, "\x30\7\0\3a/b\0x");
  /* what the program refuses */
  FEED (eve, "\x32\x09\0\3a/b\0\x08\0x");
  recorder_fail (eve, HEIN_ERROR_REFUSED);
  WRITTEN (eve, "\x40\3\0\x08\x87");
  WRITTEN (bob, "\x32\x09\0\3a/b\0\2\0x");
  FEED (bob, "\x40\4\0\2\x80\0");
  recorder_assert_logged (bob, "refuses a message");
}

/* Who publishes what nobody has subscribed to is told. */
static void
test_nobody (void)
{
  g_autoptr (HeinMqtt) broker = mqtt_recorder_new_broker (NULL, NULL);
  g_autoptr (Recorder) new =
    mqtt_recorder_accept_as (broker, "bob", MQTT_VERSION_5);
  g_autoptr (Recorder) old =
    mqtt_recorder_accept_as (broker, "eve", MQTT_VERSION_3_1_1);

  mqtt_recorder_subscribe (new, "b/", TRUE);
  mqtt_recorder_subscribe (new, "", FALSE);
  FEED (new, "\x32\x09\0\3a/b\0\7\0x");
  WRITTEN (new, "\x40\3\0\7\x10");
  g_assert_cmpuint (new->delivered->len, ==, 0);
  FEED (new, "\x32\x09\0\3b/b\0\7\0x");
  g_assert_cmpuint (new->delivered->len, ==, 1);
  mqtt_recorder_subscribe (old, "b/", TRUE);
  mqtt_recorder_subscribe (old, "", FALSE);
  FEED (old, "\x32\x08\0\3a/b\0\7x");
  WRITTEN (old, "\x40\2\0\7");
}

static void
test_no_local (void)
{
  g_autoptr (HeinMqtt) broker = mqtt_recorder_new_broker (NULL, NULL);
  g_autoptr (Recorder) bob =
    mqtt_recorder_accept_as (broker, "bob", MQTT_VERSION_5);
  g_autoptr (Recorder) eve =
    mqtt_recorder_accept_as (broker, "eve", MQTT_VERSION_5);

  FEED (bob, "\x82\7\0\1\0\0\1#\4");
  mqtt_recorder_forget (bob);
  FEED (bob, "\x30\4\0\1t\0");
  WRITTEN (bob, "");
  FEED (eve, "\x30\4\0\1t\0");
  WRITTEN (bob, "\x30\4\0\1t\0");
}

/* ---- filters ---- */

static void
assert_gets (HeinMqtt *broker,
             const char *filter,
             const char *topic,
             gboolean gets)
{
  g_autoptr (Recorder) bob =
    mqtt_recorder_accept_as (broker, "bob", MQTT_VERSION_5);
  const guint8 head[] = {
    0x82, 6 + strlen (filter), 0, 1, 0, 0, strlen (filter)
  };
  const guint8 options[] = { 0 };
  g_autoptr (HeinMessage) message = hein_message_new_text (topic, "x");

  recorder_feed (bob, head, sizeof head);
  recorder_feed (bob, (const guint8 *) filter, strlen (filter));
  recorder_feed (bob, options, sizeof options);
  WRITTEN (bob, "\x90\4\0\1\0\0");
  if (recorder_encode (bob, message, NULL) != gets)
    g_error ("\"%s\" and \"%s\"", filter, topic);
  mqtt_recorder_leave (bob);
}

/* The examples of 4.7. */
static void
test_filters (void)
{
  g_autoptr (HeinMqtt) broker = mqtt_recorder_new_broker (NULL, NULL);
  static const struct
  {
    const char *filter;
    const char *topic;
    gboolean gets;
  } cases[] = {
    { "sport/tennis/player1/#", "sport/tennis/player1", TRUE },
    { "sport/tennis/player1/#", "sport/tennis/player1/ranking", TRUE },
    { "sport/tennis/player1/#", "sport/tennis/player1/score/x", TRUE },
    { "sport/#", "sport", TRUE },
    { "sport/#", "sports", FALSE },
    { "#", "a/b/c", TRUE },
    { "#", "$SYS/x", FALSE },
    { "+/x", "$SYS/x", FALSE },
    { "$SYS/#", "$SYS/x", TRUE },
    { "sport/+/player1", "sport/tennis/player1", TRUE },
    { "sport/+", "sport", FALSE },
    { "sport/+", "sport/", TRUE },
    { "sport/+", "sport/a/b", FALSE },
    { "+/+", "/finance", TRUE },
    { "/+", "/finance", TRUE },
    { "+", "/finance", FALSE },
    { "+/tennis/#", "x/tennis", TRUE },
    { "a/b", "a/b", TRUE },
    { "a/b", "a/bc", FALSE },
    { "a//b", "a//b", TRUE },
    { "a", "A", FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    assert_gets (broker, cases[i].filter, cases[i].topic, cases[i].gets);
}

/* What is refused, one by one, and what the bus is told of the rest. */
static void
test_filters_refused (void)
{
  g_autoptr (HeinMqtt) broker = mqtt_recorder_new_broker (NULL, NULL);
  g_autoptr (Recorder) new =
    mqtt_recorder_accept_as (broker, "bob", MQTT_VERSION_5);
  g_autoptr (Recorder) old =
    mqtt_recorder_accept_as (broker, "eve", MQTT_VERSION_3_1_1);

  FEED (new, "\x82\x24\0\1\0"
             "\0\3a/#\2"
             "\0\2a#\1"
             "\0\4a+/b\1"
             "\0\3#/a\1"
             "\0\2a+\1"
             "\0\1*\1");
  WRITTEN (new, "\x90\x09\0\1\0\1\x8f\x8f\x8f\x8f\x8f");
  g_assert_true (
    hein_prefixes_find (&new->patterns, (const guint8 *) "a/**", 4) != NULL);
  FEED (old, "\x82\x09\0\1\0\4a+/b\1");
  WRITTEN (old, "\x90\3\0\1\x80");
}

/* ---- from the bus ---- */

static void
test_sends (void)
{
  g_autoptr (HeinMqtt) broker = mqtt_recorder_new_broker (NULL, NULL);
  g_autoptr (Recorder) self = accept_subscriber (broker, MQTT_VERSION_3_1_1);
  const HeinMessageAttributes delivery = { .ask = HEIN_ASK_DELIVERY,
                                           .ask_id = 9 };
  g_autoptr (HeinMessage) other = MAKE ("b", NULL, "x");
  g_autoptr (GError) error = NULL;

  ENCODES (self, MAKE ("a/b", NULL, "x"), "\x30\6\0\3a/bx");
  g_assert_false (recorder_encode (self, other, &error));
  g_assert_nonnull (strstr (error->message, "not subscribed"));
  g_clear_error (&error);
  g_assert_true (mqtt_recorder_ask (self, "a/b", delivery, "x", NULL));
  WRITTEN (self, "\x32\x08\0\3a/b\0\1x");
  FEED (self, "\x40\2\0\1");
  g_assert_cmpint (mqtt_recorder_get_attributes (self, 0)->ask, ==,
                   HEIN_ASK_RECEIPT);
  g_assert_cmpuint (mqtt_recorder_get_attributes (self, 0)->ask_id, ==, 9);
  FEED (self, SUBSCRIBE_ALL "\x82\x08\0\1\0\3a/+\0");
  FEED (self, "\xa2\5\0\2\0\1#");
  g_assert_false (mqtt_recorder_ask (self, "a/b", delivery, "x", &error));
  g_assert_nonnull (strstr (error->message, "QoS 0"));
}

/* The client says how many it takes at a time: others wait. */
static void
test_receive_maximum (void)
{
  g_autoptr (HeinMqtt) broker = mqtt_recorder_new_broker (NULL, NULL);
  g_autoptr (Recorder) self = mqtt_recorder_accept (broker);
  const HeinMessageAttributes delivery = { .ask = HEIN_ASK_DELIVERY,
                                           .ask_id = 9 };

  FEED (self, "\x10\x13\0\4MQTT\5\2\0\x0a\3\x21\0\2\0\3bob");
  g_assert_cmpuint (self->credit, ==, 2);
  FEED (self, SUBSCRIBE_A_5);
  g_assert_true (mqtt_recorder_ask (self, "a/b", delivery, "x", NULL));
  g_assert_null (strstr (self->log->str, "hold"));
  g_assert_true (mqtt_recorder_ask (self, "a/b", delivery, "x", NULL));
  recorder_assert_logged (self, "hold 1");
  FEED (self, "\x40\2\0\1");
  recorder_assert_logged (self, "hold 0");
}

static void
test_packet_size (void)
{
  g_autoptr (HeinMqtt) broker = mqtt_recorder_new_broker (NULL, NULL);
  g_autoptr (Recorder) self = mqtt_recorder_accept (broker);
  g_autoptr (HeinMessage) large = MAKE ("a/b", NULL, "0123456789");
  g_autoptr (GError) error = NULL;

  FEED (self, "\x10\x15\0\4MQTT\5\2\0\x0a\5\x27\0\0\0\x10\0\3bob");
  FEED (self, SUBSCRIBE_A_5);
  g_assert_false (recorder_encode (self, large, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_TOO_LARGE);
}

/* ---- what may not be said ---- */

static void
test_forbidden (void)
{
  g_autoptr (HeinMqtt) broker = mqtt_recorder_new_broker (NULL, NULL);
  g_autoptr (Recorder) bob = accept_subscriber (broker, MQTT_VERSION_5);
  g_autoptr (Recorder) eve =
    mqtt_recorder_accept_as (broker, "eve", MQTT_VERSION_5);

  eve->forbidden = "a/b";
  FEED (eve, "\x32\x09\0\3a/b\0\7\0x");
  WRITTEN (eve, "\x40\3\0\7\x87");
  WRITTEN (bob, "");
  g_assert_cmpuint (eve->delivered->len, ==, 0);
  recorder_assert_logged (eve, "access file");
  FEED (eve, "\x32\x08\0\2$x\0\7\0x");
  WRITTEN (eve, "\x40\3\0\7\x90");
  g_assert_cmpuint (eve->delivered->len, ==, 0);
}

/* ---- wills ---- */

/* A will of QoS 1 with the text "gone". */
#define CONNECT_WITH_WILL                                                      \
  "\x10\x1c\0\4MQTT\5\x0e\0\x0a\0\0\3eve\0\0\3a/w\0\4gone"

static void
test_will (void)
{
  static const struct
  {
    const char *goodbye;
    gsize size;
    gboolean is_said;
  } cases[] = {
    { "", 0, TRUE },
    { "\xe0\0", 2, FALSE },
    { "\xe0\1\0", 3, FALSE },
    { "\xe0\1\4", 3, TRUE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (HeinMqtt) broker = mqtt_recorder_new_broker (NULL, NULL);
      g_autoptr (Recorder) bob = accept_subscriber (broker, MQTT_VERSION_5);
      g_autoptr (Recorder) eve = mqtt_recorder_accept (broker);

      FEED (eve, CONNECT_WITH_WILL);
      WRITTEN (eve, CONNACK_OF_5);
      mqtt_recorder_subscribe (eve, "a/", TRUE);
      recorder_feed (eve, (const guint8 *) cases[i].goodbye, cases[i].size);
      mqtt_recorder_leave (eve);
      g_assert_cmpuint (eve->delivered->len, ==, cases[i].is_said);
      if (cases[i].is_said)
        MESSAGE (eve, 0, "a/w", NULL, "gone");
      if (cases[i].is_said)
        WRITTEN (bob, "\x32\x0c\0\3a/w\0\1\0gone");
      else
        WRITTEN (bob, "");
    }
}

static void
test_will_forbidden (void)
{
  g_autoptr (HeinMqtt) broker = mqtt_recorder_new_broker (NULL, NULL);
  g_autoptr (Recorder) bob = accept_subscriber (broker, MQTT_VERSION_5);
  g_autoptr (Recorder) eve = mqtt_recorder_accept (broker);

  FEED (eve, CONNECT_WITH_WILL);
  eve->forbidden = "a/w";
  mqtt_recorder_leave (eve);
  WRITTEN (bob, "");
  recorder_assert_logged (eve, "its will");
}

/* ---- pieces ---- */

/* Cut at every byte, a session says the same. */
static void
test_split (void)
{
  static const char session[] = CONNECT_WITH_WILL SUBSCRIBE_A_5
    "\x30\x13\0\3a/b\x0b\3\0\1x\x26\0\1k\0\1vhi" PINGREQ
    "\x32\x09\0\3a/b\0\7\0x"
    "\x40\2\0\1"
    "\xa2\x08\0\2\0\0\3a/+"
    "\xe0\0";
  g_autoptr (GBytes) whole = NULL;

  for (gsize cut = 0; cut < sizeof session - 1; cut++)
    {
      g_autoptr (HeinMqtt) broker = mqtt_recorder_new_broker (NULL, NULL);
      g_autoptr (Recorder) self = mqtt_recorder_accept (broker);
      g_autoptr (GBytes) written = NULL;

      recorder_feed (self, (const guint8 *) session, cut);
      recorder_feed (self, (const guint8 *) session + cut,
                     sizeof session - 1 - cut);
      g_assert_no_error (self->failure);
      recorder_assert_logged (self, "goodbye");
      written = recorder_take_written (self);
      if (whole == NULL)
        whole = g_steal_pointer (&written);
      else
        g_assert_true (g_bytes_equal (written, whole));
    }
}

#define ADD(path, test) g_test_add_func ("/mqtt-broker/" path, test)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("connect", test_connect);
  ADD ("made-up", test_made_up);
  ADD ("ping-and-goodbye", test_ping_and_goodbye);
  ADD ("shuts-down", test_shuts_down);
  ADD ("leaves", test_leaves);
  ADD ("takes-over", test_takes_over);
  ADD ("name-taken", test_name_taken);
  ADD ("users", test_users);
  ADD ("options", test_options);
  ADD ("relays", test_relays);
  ADD ("relays-properties", test_relays_properties);
  ADD ("does-not-relay", test_does_not_relay);
  ADD ("relays-with-qos-1", test_relays_with_qos_1);
  ADD ("nobody", test_nobody);
  ADD ("no-local", test_no_local);
  ADD ("filters", test_filters);
  ADD ("filters-refused", test_filters_refused);
  ADD ("sends", test_sends);
  ADD ("receive-maximum", test_receive_maximum);
  ADD ("packet-size", test_packet_size);
  ADD ("forbidden", test_forbidden);
  ADD ("will", test_will);
  ADD ("will-forbidden", test_will_forbidden);
  ADD ("split", test_split);
  return g_test_run ();
}
