/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mqtt-recorder.h"

#include <string.h>

/* Requests of MQTT 5 as the broker of clients, byte by byte. */

#define INBOX       "hein/inbox/00000000000000040000000000000004"
#define CORRELATION "\x09\0\x08\0\0\0\0\0\0\0"
#define PATH        "\x08\0\1r\x09\0\2\0\1"
#define REQUEST     "\x32\x13\0\3a/b\0\7\x09" PATH "hi"
#define SUBSCRIBE_A "\x82\x09\0\1\0\0\3a/+\1"
#define SUBSCRIBE_R "\x82\x07\0\1\0\0\1r\1"

typedef struct
{
  HeinMqtt *broker;
  Recorder *kim;
  Recorder *bob; /* has subscribed to a/+ with QoS 1 */
} Fixture;

static void
begin (Fixture *self, gconstpointer version)
{
  const MqttVersion of_bob = GPOINTER_TO_INT (version);

  self->broker = mqtt_recorder_new_broker (NULL, NULL);
  self->kim = mqtt_recorder_accept_as (self->broker, "kim", MQTT_VERSION_5);
  self->bob = mqtt_recorder_accept_as (self->broker, "bob", of_bob);
  if (of_bob == MQTT_VERSION_5)
    FEED (self->bob, SUBSCRIBE_A);
  else
    FEED (self->bob, "\x82\x08\0\1\0\3a/+\1");
  mqtt_recorder_forget (self->bob);
}

static void
end (Fixture *self, gconstpointer version)
{
  recorder_free (self->kim);
  recorder_free (self->bob);
  g_object_unref (self->broker);
}

static gboolean
encode_ask (Recorder *self,
            HeinAsk ask,
            guint64 id,
            const char *payload,
            GBytes *path,
            GError **error)
{
  const HeinMessageAttributes attributes = { .ask = ask, .ask_id = id };
  g_autoptr (HeinMessage) message =
    hein_message_new_attributed_data ("a/b", &attributes,
                                      (const guint8 *) payload,
                                      strlen (payload), path);

  return recorder_encode (self, message, error);
}

static void
assert_said (
  Recorder *self, guint index, HeinAsk kind, guint64 id, guint32 number)
{
  const HeinMessageAttributes *said =
    mqtt_recorder_get_attributes (self, index);

  g_assert_cmpint (said->ask, ==, kind);
  g_assert_cmpuint (said->ask_id, ==, id);
  g_assert_cmpuint (said->ask_number, ==, number);
}

/* ---- between clients ---- */

/* Both properties are passed on, with each QoS, and when they are retained; a client
 * of 3.1.1 gets the message without. */
static void
test_passed_on (Fixture *self, gconstpointer version)
{
  g_autoptr (Recorder) late = NULL;
  const gboolean is_new = GPOINTER_TO_INT (version) == MQTT_VERSION_5;

  FEED (self->kim, REQUEST);
  if (is_new)
    WRITTEN (self->bob, "\x32\x13\0\3a/b\0\1\x09" PATH "hi");
  else
    WRITTEN (self->bob, "\x32\x09\0\3a/b\0\1hi");
  FEED (self->kim, "\x30\x11\0\3a/b\x09" PATH "hi");
  if (is_new)
    WRITTEN (self->bob, "\x30\x11\0\3a/b\x09" PATH "hi");
  else
    WRITTEN (self->bob, "\x30\7\0\3a/bhi");
  /* what the bus delivers has neither */
  MESSAGE (self->kim, 0, "a/b", NULL, "hi");
  FEED (self->kim, "\x31\x11\0\3a/b\x09" PATH "hi");
  mqtt_recorder_forget (self->bob);
  late = mqtt_recorder_accept_as (self->broker, "late", MQTT_VERSION_5);
  FEED (late, SUBSCRIBE_A);
  WRITTEN (late, "\x90\4\0\1\0\1\x31\x11\0\3a/b\x09" PATH "hi");
  g_assert_no_error (self->kim->failure);
}

/* Who answers says it like any other message, and it goes to who has asked. */
static void
test_answered (Fixture *self, gconstpointer version)
{
  FEED (self->kim, SUBSCRIBE_R);
  mqtt_recorder_forget (self->kim);
  FEED (self->kim, REQUEST);
  FEED (self->bob, "\x30\x0b\0\1r\5\x09\0\2\0\1ho");
  WRITTEN (self->kim, "\x30\x0b\0\1r\5\x09\0\2\0\1ho");
}

/* ---- the bus is asked ---- */

static void
test_serves (Fixture *self, gconstpointer version)
{
  GBytes *path;
  g_autoptr (GError) error = NULL;

  mqtt_recorder_subscribe (self->kim, "", FALSE); /* the bus need not */
  self->kim->served = "a/b";
  FEED (self->kim, REQUEST);
  assert_said (self->kim, 0, HEIN_ASK_REQUEST, 0, 0);
  MESSAGE (self->kim, 0, "a/b", NULL, "hi");
  WRITTEN (self->kim, "\x40\2\0\7");
  path = hein_message_get_return_path (self->kim->delivered->pdata[0]);
  g_assert_false (
    encode_ask (self->kim, HEIN_ASK_ANSWER, 0, "ho", path, &error));
  g_assert_nonnull (strstr (error->message, "its response topic"));
  FEED (self->kim, SUBSCRIBE_R);
  mqtt_recorder_forget (self->kim);
  g_assert_true (encode_ask (self->kim, HEIN_ASK_ANSWER, 0, "ho", path, NULL));
  WRITTEN (self->kim, "\x30\x0b\0\1r\5\x09\0\2\0\1ho");
  /* it was passed on, too */
  WRITTEN (self->bob, "\x32\x13\0\3a/b\0\1\x09" PATH "hi");
}

/* With QoS 1, a client is told that nobody gets it. */
static void
test_nobody (Fixture *self, gconstpointer version)
{
  mqtt_recorder_subscribe (self->kim, "", FALSE);
  FEED (self->kim, "\x32\x11\0\1c\0\7\x09" PATH "hi");
  WRITTEN (self->kim, "\x40\3\0\7\x10");
  self->kim->served = "c";
  FEED (self->kim, "\x32\x11\0\1c\0\7\x09" PATH "hi");
  WRITTEN (self->kim, "\x40\2\0\7");
}

/* The access file says who may ask, and the bus asks it. */
static void
test_forbidden (Fixture *self, gconstpointer version)
{
  self->kim->served = self->kim->forbidden = "a/b";
  FEED (self->kim, REQUEST);
  assert_said (self->kim, 0, HEIN_ASK_REQUEST, 0, 0);
  WRITTEN (self->bob, "");
  g_assert_cmpuint (self->kim->n_drops, ==, 0);
}

/* ---- the bus asks ---- */

static void
test_asks (Fixture *self, gconstpointer version)
{
  g_assert_cmpint (self->bob->asks, ==, HEIN_ASKS_ONCE);
  g_assert_true (encode_ask (self->bob, HEIN_ASK_REQUEST, 7, "hi", NULL, NULL));
  WRITTEN (self->bob, "\x32\x43\0\3a/b\0\1\x39\x08\0\x2b" INBOX CORRELATION "\7"
                      "hi");
  self->bob->awaited = 7;
  FEED (self->bob, "\x40\2\0\1\x30\x3b\0\x2b" INBOX "\x0b" CORRELATION "\7ho");
  assert_said (self->bob, 0, HEIN_ASK_ANSWER, 7, 0);
  MESSAGE (self->bob, 0, "", NULL, "ho");
  g_assert_no_error (self->bob->failure);
}

/* Nobody but who was asked can answer. */
static void
test_stranger (Fixture *self, gconstpointer version)
{
  g_assert_true (encode_ask (self->bob, HEIN_ASK_REQUEST, 7, "hi", NULL, NULL));
  self->kim->awaited = self->bob->awaited = 7;
  FEED (self->kim, "\x30\x3b\0\x2b" INBOX "\x0b" CORRELATION "\7ho");
  MESSAGE (self->kim, 0, INBOX, NULL, "ho"); /* a message like others */
  g_assert_cmpuint (self->bob->delivered->len, ==, 0);
}

static void
test_asks_not (Fixture *self, gconstpointer version)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (
    encode_ask (self->kim, HEIN_ASK_REQUEST, 7, "hi", NULL, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_NOT_SERVED);
  g_assert_true (encode_ask (self->bob, HEIN_ASK_REQUEST, 7, "hi", NULL, NULL));
  self->bob->awaited = 7;
  FEED (self->bob, "\x40\3\0\1\x83");
  assert_said (self->bob, 0, HEIN_ASK_REFUSAL, 7, HEIN_ERROR_NOT_SERVED);
}

static void
test_asks_old (Fixture *self, gconstpointer version)
{
  g_assert_cmpint (self->bob->asks, ==, HEIN_ASKS_NONE);
  g_assert_false (
    encode_ask (self->bob, HEIN_ASK_REQUEST, 7, "hi", NULL, NULL));
}

/* ---- hostile ---- */

typedef struct
{
  const char *bytes;
  gsize size;
} Case;

#define BYTES(literal)                                                         \
  {                                                                            \
    literal, sizeof (literal) - 1                                              \
  }

static void
test_hostile (Fixture *self, gconstpointer version)
{
  static const Case cases[] = {
    BYTES ("\x30\x0c\0\3a/b\4\x08\0\1#hi"),
    BYTES ("\x30\x0e\0\3a/b\6\x08\0\3a/+hi"),
    BYTES ("\x30\x0b\0\3a/b\3\x08\0\0hi"),
    BYTES ("\x30\x0c\0\3a/b\4\x08\0\1\xffhi"),
    BYTES ("\x30\x0c\0\3a/b\4\x08\0\2rhi"),
    BYTES ("\x30\x10\0\3a/b\x08\x08\0\1r\x08\0\1rhi"),
    BYTES ("\x30\x10\0\3a/b\x08\x09\0\1r\x09\0\1rhi"),
    BYTES ("\x30\x0c\0\3a/b\4\x09\0\2rhi"),
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (Recorder) client =
        mqtt_recorder_accept_as (self->broker, "eve", MQTT_VERSION_5);

      client->served = "a/b";
      recorder_feed (client, (const guint8 *) cases[i].bytes, cases[i].size);
      if (client->failure == NULL)
        g_error ("case %u is taken", i);
      recorder_assert_failed (client, HEIN_ERROR_PROTOCOL, "");
      mqtt_recorder_leave (client);
    }
  WRITTEN (self->bob, "");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, version, test)                                               \
  g_test_add ("/mqtt-broker-ask/" path, Fixture, GINT_TO_POINTER (version),    \
              begin, test, end)
  ADD ("passed-on", MQTT_VERSION_5, test_passed_on);
  ADD ("passed-on-3.1.1", MQTT_VERSION_3_1_1, test_passed_on);
  ADD ("answered", MQTT_VERSION_5, test_answered);
  ADD ("serves", MQTT_VERSION_5, test_serves);
  ADD ("nobody", MQTT_VERSION_5, test_nobody);
  ADD ("forbidden", MQTT_VERSION_5, test_forbidden);
  ADD ("asks", MQTT_VERSION_5, test_asks);
  ADD ("stranger", MQTT_VERSION_5, test_stranger);
  ADD ("asks-not", MQTT_VERSION_5, test_asks_not);
  ADD ("asks-3.1.1", MQTT_VERSION_3_1_1, test_asks_old);
  ADD ("hostile", MQTT_VERSION_5, test_hostile);
  return g_test_run ();
}
