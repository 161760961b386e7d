/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hostile-peer.h"
#include "mqtt-recorder.h"

/* Brokers that say what no broker says: a stranger may be at any address. */

static void
assert_all_fail (Recorder *(*open) (MqttVersion version),
                 MqttVersion version,
                 const HostileCase *cases,
                 guint n)
{
  for (guint i = 0; i < n; i++)
    {
      g_autoptr (Recorder) self = open (version);

      hostile_assert_fails (self, cases, i);
    }
}

/* ---- the first packet ---- */

static void
test_first (void)
{
  static const HostileCase cases[] = {
    CASE ("HTTP/1.0 400 Bad Request\r\n", "no MQTT broker"),
    CASE ("\x16\3\1", "no MQTT broker"),
    CASE ("\x30\x04\0\1ab", "no MQTT broker"),
    CASE (PINGRESP, "no MQTT broker"),
    CASE ("\xf0\x02\0\0", "no MQTT broker"),
    CASE ("\x21\x03\0\0\0", "flags"),
    CASE ("\x20\xff\xff\xff\xff\x01", "length"),
    CASE ("\x20\x80\x00", "length"),
    CASE ("\x20\xff\xff\xff\x7f", "64 KiB"),
    CASE ("\x20\0", "malformed"),
    CASE ("\x20\1\0", "malformed"),
    CASE ("\x20\x03\2\0\0", "malformed"),
    CASE ("\x20\x03\1\x87\0", "malformed"),
    CASE ("\x20\x03\1\0\0", "session"),
    CASE ("\x20\x02\0\0", "properties"),
    CASE ("\x20\x04\0\0\0\0", "malformed"),
    CASE ("\x20\x03\0\0\1", "beyond"),
  };

  assert_all_fail (mqtt_recorder_new, MQTT_VERSION_5, cases,
                   G_N_ELEMENTS (cases));
}

static void
test_first_old (void)
{
  static const HostileCase cases[] = {
    CASE ("\x20\x03\0\0\0", "malformed"),
    CASE ("\x20\x02\1\0", "session"),
    CASE ("\x20\1\0", "malformed"),
  };

  assert_all_fail (mqtt_recorder_new, MQTT_VERSION_3_1_1, cases,
                   G_N_ELEMENTS (cases));
}

static void
test_properties (void)
{
  static const HostileCase cases[] = {
    CASE ("\x20\x09\0\0\6\x21\0\1\x21\0\1", "33 comes twice"),
    CASE ("\x20\x06\0\0\3\x21\0\0", "33 is malformed"),
    CASE ("\x20\x08\0\0\5\x27\0\0\0\0", "39 is malformed"),
    CASE ("\x20\x05\0\0\2\x24\2", "36 is malformed"),
    CASE ("\x20\x05\0\0\2\x24\2", "malformed"),
    CASE ("\x20\x05\0\0\2\x27\0", "39 is malformed"),
    CASE ("\x20\x07\0\0\4\x1f\0\1\xff", "31 is malformed"),
    CASE ("\x20\x07\0\0\4\x1f\0\1\0", "31 is malformed"),
    CASE ("\x20\x07\0\0\4\x1f\0\xff\xff", "31 is malformed"),
    CASE ("\x20\x08\0\0\5\2\0\0\0\1", "2 is not one"),
    CASE ("\x20\x04\0\0\1\x7f", "127 is not one"),
    CASE ("\x20\x05\0\0\2\xff\xff", "not one"),
    CASE ("\x20\x06\0\0\3\xff\xff\x7f", "not one"),
    CASE ("\x20\x04\0\0\1\0", "0 is not one"),
  };

  assert_all_fail (mqtt_recorder_new, MQTT_VERSION_5, cases,
                   G_N_ELEMENTS (cases));
}

/* ---- later ---- */

static void
test_packets (void)
{
  static const HostileCase cases[] = {
    CASE ("\x30\x80\x80\x80\x80\x01", "length"),
    CASE ("\x30\x81\x00", "length"),
    CASE ("\x20\x03\0\0\0", "must not send"),
    CASE ("\x00\0", "must not send"),
    CASE ("\x10\0", "must not send"),
    CASE ("\x50\2\0\1", "must not send"),
    CASE ("\x62\2\0\1", "flags"),
    CASE ("\x70\2\0\1", "must not send"),
    CASE ("\x82\6\0\1\0\1#\0", "flags"),
    CASE ("\xc0\0", "must not send"),
    CASE ("\xf0\0", "must not send"),
    CASE ("\xd1\0", "flags"),
    CASE ("\xd0\1\0", "has a body"),
    CASE (PINGRESP, "answers nothing"),
    CASE ("\x90\4\0\1\0\1", "not asked"),
    CASE ("\xb0\4\0\1\0\1", "not asked"),
    CASE ("\x90\0", "not asked"),
    CASE ("\x40\2\0\1", "not sent"),
    CASE ("\x40\2\0\0", "not sent"),
    CASE ("\x40\0", "not sent"),
    CASE ("\xe0\2\0\7", "beyond"),
  };

  assert_all_fail (mqtt_recorder_open, MQTT_VERSION_5, cases,
                   G_N_ELEMENTS (cases));
}

static void
test_messages (void)
{
  static const HostileCase cases[] = {
    CASE ("\x30\0", "shorter"),
    CASE ("\x30\1\0", "shorter"),
    CASE ("\x30\3\0\2a", "shorter"),
    CASE ("\x30\3\0\0\0", "empty"),
    CASE ("\x30\4\0\1#\0", "wildcard"),
    CASE ("\x30\6\0\3a/+\0", "wildcard"),
    CASE ("\x30\4\0\1\xff\0", "UTF-8"),
    CASE ("\x30\4\0\1\0\0", "UTF-8"),
    CASE ("\x30\3\0\1a", "beyond"),
    CASE ("\x30\4\0\1a\1", "beyond"),
    CASE ("\x34\6\0\1a\0\1\0", "QoS 2"),
    CASE ("\x36\6\0\1a\0\1\0", "QoS 3"),
    CASE ("\x38\4\0\1a\0", "duplicate"),
    CASE ("\x32\6\0\1a\0\0\0", "packet id 0"),
    CASE ("\x32\4\0\1a\1", "packet id"),
    CASE ("\x32\6\0\1a\0\1\0\x32\6\0\1a\0\1\0", "in use"),
    CASE ("\x3a\6\0\1a\0\1\0\x3a\6\0\1a\0\1\0", "in use"),
    CASE ("\x30\7\0\1a\3\x23\0\1", "alias"),
    CASE ("\x30\x0a\0\1a\6\x23\0\1\x23\0\1", "twice"),
    CASE ("\x30\x0e\0\1a\x0a\2\0\0\0\1\2\0\0\0\1", "twice"),
    CASE ("\x30\6\0\1a\2\x0b\0", "malformed"),
  };

  assert_all_fail (mqtt_recorder_open, MQTT_VERSION_5, cases,
                   G_N_ELEMENTS (cases));
}

static void
test_old (void)
{
  static const HostileCase cases[] = {
    CASE ("\xe0\0", "DISCONNECT"),
    CASE ("\x32\3\0\1a", "packet id"),
    CASE ("\x32\4\0\1a\1", "packet id"),
    CASE ("\xb0\2\0\1", "not asked"),
  };

  assert_all_fail (mqtt_recorder_open, MQTT_VERSION_3_1_1, cases,
                   G_N_ELEMENTS (cases));
}

static void
test_answers (void)
{
  static const HostileCase cases[] = {
    CASE ("\x90\3\0\2\0", "a reason for each"),
    CASE ("\x90\5\0\2\0\0\0", "a reason for each"),
    CASE ("\x90\4\0\3\0\0", "not asked"),
    CASE ("\xb0\4\0\2\0\0", "not asked"),
    CASE ("\x90\6\0\2\2\x21\0\0", "not one of"),
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (Recorder) self = mqtt_recorder_open (MQTT_VERSION_5);

      mqtt_recorder_subscribe (self, "$SYS/", TRUE);
      hostile_assert_fails (self, cases, i);
    }
}

static void
test_acknowledged_twice (void)
{
  static const char *const second[] = { "\x40\2\0\3", "\x40\2\0\4" };
  HeinMessageAttributes delivery = { .ask = HEIN_ASK_DELIVERY };

  for (guint i = 0; i < G_N_ELEMENTS (second); i++)
    {
      g_autoptr (Recorder) self = mqtt_recorder_open (MQTT_VERSION_5);

      for (delivery.ask_id = 1; delivery.ask_id < 3; delivery.ask_id++)
        g_assert_true (mqtt_recorder_ask (self, "a", delivery, "", NULL));
      FEED (self, "\x40\2\0\3");
      g_assert_no_error (self->failure);
      recorder_feed (self, (const guint8 *) second[i], 4);
      recorder_assert_failed (self, HEIN_ERROR_PROTOCOL, "not sent");
    }
}

/* More than this side has said that it takes. */
static void
test_flood (void)
{
  g_autoptr (Recorder) self = mqtt_recorder_open (MQTT_VERSION_5);

  for (guint i = 1; i <= 257 && self->failure == NULL; i++)
    {
      const guint8 packet[] = { 0x32, 6, 0, 1, 'a', i >> 8, i & 0xff, 0 };

      recorder_feed (self, packet, sizeof packet);
    }
  g_assert_cmpuint (self->delivered->len, ==, 256);
  recorder_assert_failed (self, HEIN_ERROR_PROTOCOL, "at a time");
}

/* Nothing is waited for that is over the limit. */
static void
test_too_large (void)
{
  g_autoptr (Recorder) announced = mqtt_recorder_open (MQTT_VERSION_5);
  g_autoptr (Recorder) large = mqtt_recorder_open (MQTT_VERSION_5);
  g_autofree guint8 *payload = g_malloc0 (100001);

  FEED (announced, "\x30\xff\xff\xff\x7f");
  recorder_assert_failed (announced, HEIN_ERROR_TOO_LARGE, "");
  FEED (large, "\x30\xa5\x8d\6\0\1a\0");
  g_assert_cmpuint (large->expected, ==, 4 + 100005);
  recorder_feed (large, payload, 100001);
  recorder_assert_failed (large, HEIN_ERROR_TOO_LARGE, "100001");
}

static Recorder *
start (void)
{
  Recorder *self = mqtt_recorder_new (MQTT_VERSION_5);

  mqtt_recorder_subscribe (self, "", TRUE);
  return self;
}

static void
test_changed (void)
{
  static const char said[] =
    CONNACK_5 "\x30\x08\0\3a/b\0hi\x32\x0b\0\1a\0\5\5\2\0\0\0\2"
              "\x30\x0a\0\1a\6\3\0\3t/x\xe0\0";

  hostile_change_each (start, said, sizeof said - 1, 3);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, test) g_test_add_func ("/mqtt/hostile/" path, test)
  ADD ("first", test_first);
  ADD ("first-3.1.1", test_first_old);
  ADD ("properties", test_properties);
  ADD ("packets", test_packets);
  ADD ("messages", test_messages);
  ADD ("3.1.1", test_old);
  ADD ("answers", test_answers);
  ADD ("acknowledged-twice", test_acknowledged_twice);
  ADD ("flood", test_flood);
  ADD ("too-large", test_too_large);
  ADD ("changed", test_changed);
  return g_test_run ();
}
