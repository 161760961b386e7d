/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mqtt-recorder.h"

#include <string.h>

/* Clients that say what no client says: a stranger may come at any time. */

typedef struct
{
  const char *data;
  gsize size;
  const char *reason; /* in the text of the error */
  const char *answer; /* what the client is told */
  gsize answer_size;
} Case;

#define CASE(data, reason, answer)                                             \
  {                                                                            \
    data, sizeof (data) - 1, reason, answer, sizeof (answer) - 1               \
  }

static void
finish (Recorder *self)
{
  HEIN_PROTOCOL_GET_CLASS (self->protocol)->finish (self->protocol, self->wire);
}

static void
assert_refused (Recorder *self, const Case *one)
{
  recorder_feed (self, (const guint8 *) one->data, one->size);
  if (self->failure == NULL)
    g_error ("no error \"%s\"", one->reason);
  if (strstr (self->failure->message, one->reason) == NULL)
    g_error ("no \"%s\" in \"%s\"", one->reason, self->failure->message);
  finish (self);
  recorder_assert_written (self, one->answer, one->answer_size);
  mqtt_recorder_leave (self);
}

static void
test_connect (void)
{
  static const Case cases[] = {
    CASE ("GET / HTTP/1.0\r\n", "no client of MQTT", ""),
    CASE ("\x16\3\1", "flags", ""),
    CASE (PINGREQ, "no client of MQTT", ""),
    CASE ("\x30\4\0\1ab", "no client of MQTT", ""),
    CASE ("\x11\0", "flags", ""),
    CASE ("\x10\xff\xff\xff\xff\1", "length", ""),
    CASE ("\x10\xff\xff\xff\x7f", "128 KiB", ""),
    CASE ("\x10\0", "not one of MQTT", ""),
    CASE ("\x10\x0c\0\4MQTX\4\2\0\x0a\0\0", "not one of MQTT", ""),
    CASE ("\x10\x0e\0\6MQIsdp\3\2\0\x0a\0\0", "another version", "\x20\2\0\1"),
    CASE ("\x10\x0d\0\4MQTT\6\2\0\x0a\0\0\0", "another version",
          "\x20\3\0\x84\0"),
    /* flags */
    CASE ("\x10\x0d\0\4MQTT\5\3\0\x0a\0\0\0", "malformed", "\x20\3\0\x81\0"),
    CASE ("\x10\x0d\0\4MQTT\5\x22\0\x0a\0\0\0", "malformed", "\x20\3\0\x81\0"),
    CASE ("\x10\x0c\0\4MQTT\4\3\0\x0a\0\0", "malformed", ""),
    CASE ("\x10\x0e\0\4MQTT\4\x42\0\x0a\0\0\0\0", "malformed", ""),
    CASE ("\x10\x12\0\4MQTT\5\x1e\0\x0a\0\0\0\0\0\1w\0\0", "malformed",
          "\x20\3\0\x81\0"),
    /* sizes */
    CASE ("\x10\x0d\0\4MQTT\5\2\0\x0a\0\0\1", "malformed", "\x20\3\0\x81\0"),
    CASE ("\x10\x0e\0\4MQTT\5\2\0\x0a\0\0\0x", "malformed", "\x20\3\0\x81\0"),
    CASE ("\x10\x0e\0\4MQTT\5\2\0\x0a\0\0\1\xff", "malformed",
          "\x20\3\0\x81\0"),
    CASE ("\x10\x0d\0\4MQTT\5\2\0\x0a\7\0\0", "beyond", "\x20\3\0\x82\0"),
    /* properties */
    CASE ("\x10\x10\0\4MQTT\5\2\0\x0a\3\x21\0\0\0\0", "33 is malformed",
          "\x20\3\0\x82\0"),
    CASE ("\x10\x0f\0\4MQTT\5\2\0\x0a\2\x24\1\0\0", "36 is not one",
          "\x20\3\0\x82\0"),
    /* what is not there */
    CASE ("\x10\x11\0\4MQTT\5\2\0\x0a\4\x15\0\1x\0\0", "authentication",
          "\x20\3\0\x8c\0"),
    CASE ("\x10\x13\0\4MQTT\5\x16\0\x0a\0\0\0\0\0\1w\0\0", "QoS 2",
          "\x20\3\0\x9b\0"),
    CASE ("\x10\x13\0\4MQTT\5\x06\0\x0a\0\0\0\0\0\1+\0\0", "wildcard",
          "\x20\3\0\x82\0"),
    CASE ("\x10\x14\0\4MQTT\5\x06\0\x0a\0\0\0\0\0\2$x\0\0", "begins with $",
          "\x20\3\0\x90\0"),
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (HeinMqtt) broker = mqtt_recorder_new_broker (NULL, NULL);
      g_autoptr (Recorder) self = mqtt_recorder_accept (broker);

      assert_refused (self, &cases[i]);
      g_assert_false (self->is_ready);
    }
}

static void
test_up (void)
{
  static const Case cases[] = {
    CASE ("\x10\x0d\0\4MQTT\5\2\0\x0a\0\0\0", "CONNECT comes twice",
          "\xe0\1\x82"),
    CASE ("\x20\3\0\0\0", "must not send", "\xe0\1\x82"),
    CASE ("\xf0\0", "must not send", "\xe0\1\x82"),
    CASE ("\x00\0", "must not send", "\xe0\1\x82"),
    CASE ("\xd0\0", "must not send", "\xe0\1\x82"),
    CASE ("\xc1\0", "flags", "\xe0\1\x81"),
    CASE ("\xc0\1x", "has a body", "\xe0\1\x81"),
    CASE ("\x80\7\0\1\0\0\1#\0", "flags", "\xe0\1\x81"),
    CASE ("\xe0\4\0\0xx", "too long", "\xe0\1\x81"),
    CASE ("\x82\xff\xff\xff\x7f", "64 KiB", "\xe0\1\x95"),
    CASE ("\x30\xff\xff\xff\x7f", "max-message-size", "\xe0\1\x95"),
    CASE ("\x30\xff\xff\xff\xff", "length", "\xe0\1\x82"),
    /* PUBLISH */
    CASE ("\x30\4\0\1+\0", "wildcard", "\xe0\1\x82"),
    CASE ("\x30\6\0\3a/#\0", "wildcard", "\xe0\1\x82"),
    CASE ("\x30\3\0\0\0", "empty", "\xe0\1\x82"),
    CASE ("\x30\4\0\1\xff\0", "UTF-8", "\xe0\1\x82"),
    CASE ("\x30\4\0\1\0\0", "UTF-8", "\xe0\1\x82"),
    CASE ("\x30\2\0\7", "shorter", "\xe0\1\x82"),
    CASE ("\x32\4\0\1t\1", "packet id 0", "\xe0\1\x82"),
    CASE ("\x32\6\0\1t\0\0\0", "packet id 0", "\xe0\1\x82"),
    CASE ("\x32\6\0\1t\0\1\0\x32\6\0\1t\0\1\0", "in use", "\xe0\1\x82"),
    CASE ("\x34\6\0\1t\0\1\0", "QoS 2", "\xe0\1\x9b"),
    CASE ("\x36\6\0\1t\0\1\0", "QoS 3", "\xe0\1\x81"),
    CASE ("\x38\4\0\1t\0", "duplicate", "\xe0\1\x82"),
    CASE ("\x30\7\0\1t\3\x23\0\1", "topic alias", "\xe0\1\x94"),
    CASE ("\x30\6\0\1t\2\x0b\1", "11 is not one", "\xe0\1\x82"),
    /* PUBACK */
    CASE ("\x40\2\0\1", "was not sent", "\xe0\1\x82"),
    /* SUBSCRIBE */
    CASE ("\x82\2\0\1", "beyond", "\xe0\1\x82"),
    CASE ("\x82\3\0\1\0", "no filter", "\xe0\1\x82"),
    CASE ("\x82\7\0\0\0\0\1#\0", "no packet id", "\xe0\1\x81"),
    CASE ("\x82\6\0\1\0\0\1#", "malformed", "\xe0\1\x81"),
    CASE ("\x82\6\0\1\0\0\0\0", "malformed", "\xe0\1\x81"),
    CASE ("\x82\7\0\1\0\0\1\xff\0", "malformed", "\xe0\1\x81"),
    CASE ("\x82\7\0\1\0\0\1#\3", "malformed", "\xe0\1\x81"),
    CASE ("\x82\7\0\1\0\0\1#\x30", "malformed", "\xe0\1\x81"),
    CASE ("\x82\7\0\1\0\0\1#\x40", "malformed", "\xe0\1\x81"),
    CASE ("\x82\x09\0\1\2\x0b\1\0\1#\0", "identifier", "\xe0\1\xa1"),
    CASE ("\xa2\3\0\1\0", "no filter", "\xe0\1\x82"),
    CASE ("\xa2\6\0\0\0\0\1#", "no packet id", "\xe0\1\x81"),
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (HeinMqtt) broker = mqtt_recorder_new_broker (NULL, NULL);
      g_autoptr (Recorder) self =
        mqtt_recorder_accept_as (broker, "bob", MQTT_VERSION_5);

      assert_refused (self, &cases[i]);
    }
}

/* 3.1.1 has no reasons: the connection just ends. */
static void
test_up_old (void)
{
  static const Case cases[] = {
    CASE ("\x30\3\0\1+", "wildcard", ""),
    CASE ("\x34\5\0\1t\0\1", "QoS 2", ""),
    CASE ("\x82\6\0\1\0\1#\4", "malformed", ""),
    CASE ("\xe0\1\0", "too long", ""),
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (HeinMqtt) broker = mqtt_recorder_new_broker (NULL, NULL);
      g_autoptr (Recorder) self =
        mqtt_recorder_accept_as (broker, "bob", MQTT_VERSION_3_1_1);

      assert_refused (self, &cases[i]);
    }
}

/* One more than the bus takes at a time. */
static void
test_over_receive_maximum (void)
{
  g_autoptr (HeinMqtt) broker = mqtt_recorder_new_broker (NULL, NULL);
  g_autoptr (Recorder) self =
    mqtt_recorder_accept_as (broker, "bob", MQTT_VERSION_5);

  for (guint i = 1; i <= 257; i++)
    {
      const guint8 packet[] = { 0x32, 6, 0, 1, 't', i >> 8, i & 0xff, 0 };

      g_assert_no_error (self->failure);
      recorder_feed (self, packet, sizeof packet);
    }
  recorder_assert_failed (self, HEIN_ERROR_PROTOCOL, "at a time");
  finish (self);
  WRITTEN (self, "\xe0\1\x93");
}

/* A topic of more than 255 bytes is dropped, and acknowledged so. */
static void
test_long_topic (void)
{
  g_autoptr (HeinMqtt) broker = mqtt_recorder_new_broker (NULL, NULL);
  g_autoptr (Recorder) self =
    mqtt_recorder_accept_as (broker, "bob", MQTT_VERSION_5);
  const guint8 head[] = { 0x32, 0x85, 0x02, 1, 0 };
  const guint8 tail[] = { 0, 7, 0 };
  guint8 topic[256];

  memset (topic, 'a', sizeof topic);
  recorder_feed (self, head, sizeof head);
  recorder_feed (self, topic, sizeof topic);
  recorder_feed (self, tail, sizeof tail);
  WRITTEN (self, "\x40\3\0\7\x90");
  recorder_assert_logged (self, "255 bytes");
}

#define ADD(path, test) g_test_add_func ("/mqtt-broker-hostile/" path, test)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("connect", test_connect);
  ADD ("up", test_up);
  ADD ("up-old", test_up_old);
  ADD ("over-receive-maximum", test_over_receive_maximum);
  ADD ("long-topic", test_long_topic);
  return g_test_run ();
}
