/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "../plugins/protocols/mqtt/mqtt-properties.h"
#include "mqtt-recorder.h"

#include <string.h>

/* Requests of MQTT 5 as a client, byte by byte; those of a broker are in
 * test-mqtt-broker-ask.c. */

#define INBOX       "hein/inbox/00000000000000040000000000000004"
#define CORRELATION "\x09\0\x08\0\0\0\0\0\0\0"
/* By the number of the request. */
#define PROPERTIES(id) "\x39\x08\0\x2b" INBOX CORRELATION id
#define ANSWER(id)     "\x30\x3b\0\x2b" INBOX "\x0b" CORRELATION id "ho"

static gboolean
encode_ask_of (Recorder *self,
               const char *topic,
               HeinAsk ask,
               guint64 id,
               guint32 number,
               const char *payload,
               GBytes *path)
{
  const HeinMessageAttributes attributes = { .ask = ask,
                                             .ask_id = id,
                                             .ask_number = number };
  g_autoptr (HeinMessage) message =
    hein_message_new_attributed_data (topic, &attributes,
                                      (const guint8 *) payload,
                                      strlen (payload), path);

  return recorder_encode (self, message, NULL);
}

static gboolean
encode_ask (Recorder *self,
            HeinAsk ask,
            guint64 id,
            guint32 number,
            const char *payload,
            GBytes *path)
{
  return encode_ask_of (self, "a/b", ask, id, number, payload, path);
}

static void
ask (Recorder *self, guint64 id)
{
  g_assert_true (encode_ask (self, HEIN_ASK_REQUEST, id, 0, "hi", NULL));
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

/* ---- asking ---- */

/* The broker knows the inbox before the first request, and once. */
static void
test_request (void)
{
  g_autoptr (Recorder) self = mqtt_recorder_open (MQTT_VERSION_5);
  g_autoptr (Recorder) old = mqtt_recorder_open (MQTT_VERSION_3_1_1);

  g_assert_cmpint (self->asks, ==, HEIN_ASKS_ONCE);
  g_assert_cmpint (old->asks, ==, HEIN_ASKS_NONE);
  g_assert_false (encode_ask (old, HEIN_ASK_REQUEST, 7, 0, "hi", NULL));
  ask (self, 7);
  WRITTEN (self, "\x82\x31\0\3\0\0\x2b" INBOX "\1"
                 "\x32\x43\0\3a/b\0\2" PROPERTIES ("\7") "hi");
  ask (self, 8);
  WRITTEN (self, "\x32\x43\0\3a/b\0\4" PROPERTIES ("\x08") "hi");
  FEED (self, "\x90\4\0\3\0\1");
  g_assert_no_error (self->failure);
  /* the time that is left */
  g_assert_true (encode_ask (self, HEIN_ASK_REQUEST, 9, 1500, "hi", NULL));
  WRITTEN (self, "\x32\x48\0\3a/b\0\5\x3e\2\0\0\0\2\x08\0\x2b" INBOX CORRELATION
                 "\x09"
                 "hi");
  g_assert_false (encode_ask (self, HEIN_ASK_CANCEL, 9, 0, "", NULL));
}

/* A broker would publish it, and nobody would answer. */
static void
test_get (void)
{
  g_autoptr (Recorder) self = mqtt_recorder_open (MQTT_VERSION_5);

  g_assert_false (
    encode_ask_of (self, "$hein/get/a", HEIN_ASK_REQUEST, 7, 0, "", NULL));
  WRITTEN (self, "");
  g_assert_true (
    encode_ask_of (self, "$hein/got/a", HEIN_ASK_REQUEST, 7, 0, "", NULL));
}

static void
test_inbox_refused (void)
{
  g_autoptr (Recorder) self = mqtt_recorder_open (MQTT_VERSION_5);
  g_autoptr (Recorder) odd = mqtt_recorder_open (MQTT_VERSION_5);

  ask (self, 7);
  FEED (self, "\x90\4\0\3\0\x87");
  recorder_assert_failed (self, HEIN_ERROR_REFUSED, "hein/inbox/");
  ask (odd, 7);
  FEED (odd, "\x90\5\0\3\0\1\1");
  recorder_assert_failed (odd, HEIN_ERROR_PROTOCOL, "for each filter");
}

static void
test_answer (void)
{
  g_autoptr (Recorder) self = mqtt_recorder_open (MQTT_VERSION_5);

  FEED (self, ANSWER ("\7")); /* there is no inbox: a message like others */
  g_assert_cmpuint (self->delivered->len, ==, 1);
  ask (self, 7);
  mqtt_recorder_forget (self);
  FEED (self, ANSWER ("\7")); /* it is not waited for any more */
  self->awaited = 7;
  FEED (self, ANSWER ("\x08"));
  FEED (self, "\x30\x30\0\x2b" INBOX "\0ho"); /* no number at all */
  FEED (self, "\x30\x37\0\x2b" INBOX "\7\x09\0\4\0\0\0\7ho");
  g_assert_cmpuint (self->delivered->len, ==, 1);
  FEED (self, ANSWER ("\7"));
  assert_said (self, 1, HEIN_ASK_ANSWER, 7, 0);
  MESSAGE (self, 1, "", NULL, "ho");
  /* with a content type and an attribute */
  FEED (self, "\x30\x48\0\x2b" INBOX "\x18\3\0\3t/p\x26\0\1a\0\1b" CORRELATION
              "\7ho");
  MESSAGE (self, 2, "", "t/p", "ho");
  g_assert_cmpstr (hein_message_get_attribute (self->delivered->pdata[2], "a"),
                   ==, "b");
  g_assert_no_error (self->failure);
  WRITTEN (self, "");
  /* with QoS 1, also what is of no use, so that it does not come again */
  FEED (self, "\x32\x3d\0\x2b" INBOX "\0\1\x0b" CORRELATION "\7ho");
  WRITTEN (self, "\x40\2\0\1");
  FEED (self, "\x32\x3d\0\x2b" INBOX "\0\1\x0b" CORRELATION "\x08ho");
  WRITTEN (self, "\x40\2\0\1");
  g_assert_cmpuint (self->delivered->len, ==, 4);
}

#define CODE    "\x26\0\x0fhein-error-code\0"
#define REFUSAL "\x26\0\x11hein-refusal-code\0"
#define TEXT    "\x26\0\x0ahein-error\0\7too hot"

static void
feed_error (Recorder *self, const char *pairs, gsize size)
{
  g_autoptr (GByteArray) packet = g_byte_array_new ();

  mqtt_put_u8 (packet, 0x30);
  mqtt_put_length (packet, 2 + MQTT_INBOX_SIZE + 1 + 11 + size);
  mqtt_put_text (packet, INBOX);
  mqtt_put_length (packet, 11 + size);
  g_byte_array_append (packet, (const guint8 *) CORRELATION "\7", 11);
  g_byte_array_append (packet, (const guint8 *) pairs, size);
  recorder_feed (self, packet->data, packet->len);
  g_assert_no_error (self->failure);
}

#define FEED_ERROR(recorder, literal)                                          \
  feed_error (recorder, literal, sizeof (literal) - 1)

static void
test_error (void)
{
  g_autoptr (Recorder) self = mqtt_recorder_open (MQTT_VERSION_5);

  ask (self, 7);
  self->awaited = 7;
  FEED_ERROR (self, CODE "\2"
                         "42" TEXT);
  assert_said (self, 0, HEIN_ASK_ERROR, 7, 42);
  MESSAGE (self, 0, "", NULL, "too hot");
  FEED_ERROR (self, TEXT REFUSAL "\1"
                                 "6");
  assert_said (self, 1, HEIN_ASK_REFUSAL, 7, 6);
  MESSAGE (self, 1, "", NULL, "too hot");
  FEED_ERROR (self, CODE "\x0a"
                         "4294967295");
  assert_said (self, 2, HEIN_ASK_ERROR, 7, G_MAXUINT32);
  MESSAGE (self, 2, "", NULL, "");
  /* what is no code is an answer, with attributes */
  FEED_ERROR (self, CODE "\0");
  FEED_ERROR (self, CODE "\2"
                         "-1");
  FEED_ERROR (self, CODE "\x0a"
                         "4294967296");
  FEED_ERROR (self, CODE "\x0b"
                         "00000000001");
  FEED_ERROR (self, TEXT);
  g_assert_cmpuint (self->delivered->len, ==, 8);
  for (guint i = 3; i < 8; i++)
    assert_said (self, i, HEIN_ASK_ANSWER, 7, 0);
}

/* That nobody can answer is known at once. */
static void
test_nobody (void)
{
  g_autoptr (Recorder) self = mqtt_recorder_open (MQTT_VERSION_5);

  for (guint i = 7; i < 12; i++)
    ask (self, i);
  FEED (self, "\x40\2\0\2");
  FEED (self, "\x40\3\0\4\x10"); /* nobody waits for that any more */
  g_assert_cmpuint (self->delivered->len, ==, 0);
  self->awaited = 9;
  FEED (self, "\x40\3\0\5\x10");
  assert_said (self, 0, HEIN_ASK_REFUSAL, 9, HEIN_ERROR_NOT_SERVED);
  self->awaited = 10;
  FEED (self, "\x40\3\0\6\x87");
  assert_said (self, 1, HEIN_ASK_REFUSAL, 10, HEIN_ERROR_REFUSED);
  self->awaited = 11;
  FEED (self, "\x40\3\0\7\x83");
  assert_said (self, 2, HEIN_ASK_REFUSAL, 11, HEIN_ERROR_NOT_SERVED);
  g_assert_no_error (self->failure);
  FEED (self, "\x40\2\0\2");
  recorder_assert_failed (self, HEIN_ERROR_PROTOCOL, "what was not sent");
}

static void
assert_first (Recorder *self, guint8 first)
{
  g_autoptr (GBytes) written = recorder_take_written (self);

  g_assert_cmpuint (((const guint8 *) g_bytes_get_data (written, NULL))[0], ==,
                    first);
}

static Recorder *
open_with_room (guint room)
{
  const guint8 connack[] = { 0x20, 6, 0, 0, 3, MQTT_RECEIVE_MAXIMUM, 0, room };
  Recorder *self = mqtt_recorder_new (MQTT_VERSION_5);

  recorder_feed (self, connack, sizeof connack);
  g_assert_true (self->is_ready);
  return self;
}

static void
deliver (Recorder *self, guint64 id)
{
  g_assert_true (mqtt_recorder_ask (self, "a/b",
                                    (HeinMessageAttributes){
                                      .ask = HEIN_ASK_DELIVERY, .ask_id = id },
                                    "x", NULL));
}

/* The broker is not sent more at a time than it takes. */
static void
test_room (void)
{
  g_autoptr (Recorder) self = open_with_room (2);
  g_autoptr (Recorder) full = open_with_room (1);

  ask (self, 7);
  g_assert_false (self->is_held);
  deliver (self, 1);
  g_assert_true (self->is_held);
  FEED (self, "\x40\2\0\3");
  g_assert_true (self->is_held);
  FEED (self, "\x40\2\0\1");
  g_assert_false (self->is_held);
  /* deliveries have taken all: the bus holds those back by itself */
  deliver (full, 1);
  g_assert_false (full->is_held);
  FEED (full, "\x40\2\0\1");
  ask (full, 7);
  mqtt_recorder_forget (full);
  g_assert_true (full->is_held);
  FEED (full, "\x40\2\0\2");
  g_assert_false (full->is_held);
  deliver (full, 2);
  mqtt_recorder_forget (full);
  ask (full, 8);
  assert_first (full, 0x30);
  g_assert_false (full->is_held);
}

/* Who keeps nothing but QoS 0 is asked with that. */
static void
test_qos_0 (void)
{
  g_autoptr (Recorder) self = mqtt_recorder_new (MQTT_VERSION_5);

  FEED (self, "\x20\5\0\0\2\x24\0");
  ask (self, 7);
  mqtt_recorder_forget (self);
  ask (self, 8);
  WRITTEN (self, "\x30\x41\0\3a/b" PROPERTIES ("\x08") "hi");
}

/* What is asked is not kept for others. */
static void
test_not_retained (void)
{
  g_autoptr (Recorder) self =
    recorder_new (g_object_new (HEIN_TYPE_MQTT, "version", MQTT_VERSION_5,
                                "retain", TRUE, NULL),
                  TRUE, "spock", NULL);

  FEED (self, CONNACK_5);
  ask (self, 7);
  mqtt_recorder_forget (self);
  ask (self, 8);
  assert_first (self, 0x32);
}

/* ---- a session ---- */

static Recorder *
open_session (HeinMqtt *endpoint)
{
  HeinProtocol *protocol =
    g_object_new (HEIN_TYPE_MQTT, "version", MQTT_VERSION_5, "session-s", 60,
                  "client-id", "x", NULL);
  Recorder *self;

  HEIN_PROTOCOL_GET_CLASS (protocol)->join (protocol, HEIN_PROTOCOL (endpoint));
  self = recorder_new (protocol, TRUE, "spock", NULL);
  FEED (self, CONNACK_5);
  g_assert_true (self->is_ready);
  mqtt_recorder_forget (self);
  return self;
}

/* A broker keeps what a session has subscribed to: so there is one inbox, and none
 * behind an end in order. */
static void
test_session (void)
{
  g_autoptr (HeinMqtt) endpoint =
    g_object_new (HEIN_TYPE_MQTT, "session-s", 60, NULL);
  g_autoptr (Recorder) first = open_session (endpoint);
  g_autoptr (Recorder) second = NULL;

  ask (first, 7);
  mqtt_recorder_forget (first);
  second = open_session (endpoint);
  ask (second, 8);
  WRITTEN (second, "\x82\x31\0\2\0\0\x2b" INBOX "\1"
                   "\x32\x43\0\3a/b\0\1" PROPERTIES ("\x08") "hi");
  HEIN_PROTOCOL_GET_CLASS (second->protocol)
    ->finish (second->protocol, second->wire);
  WRITTEN (second, "\xa2\x30\0\3\0\0\x2b" INBOX "\xe0\0");
}

/* ---- serving ---- */

#define REQUEST "\x32\x17\0\3a/b\0\1\x0d\x08\0\1r\x09\0\6\0\1\2\3\4\5hi"

static void
test_serve (void)
{
  g_autoptr (Recorder) self = mqtt_recorder_open (MQTT_VERSION_5);
  GBytes *path;

  /* a message, which is acknowledged when it was handled */
  FEED (self, REQUEST);
  assert_said (self, 0, HEIN_ASK_DELIVERY, 1, 0);
  recorder_settle (self, NULL);
  WRITTEN (self, "\x40\2\0\1");
  self->served = "a/b";
  FEED (self, "\x30\7\0\3a/b\0h"); /* nobody waits for an answer */
  MESSAGE (self, 1, "a/b", NULL, "h");
  FEED (self, REQUEST);
  assert_said (self, 2, HEIN_ASK_REQUEST, 0, 0);
  MESSAGE (self, 2, "a/b", NULL, "hi");
  WRITTEN (self, "\x40\2\0\1");
  path = hein_message_get_return_path (self->delivered->pdata[2]);
  g_assert_true (encode_ask (self, HEIN_ASK_ANSWER, 0, 0, "ho", path));
  WRITTEN (self, "\x30\x0f\0\1r\x09\x09\0\6\0\1\2\3\4\5ho");
  g_assert_true (encode_ask (self, HEIN_ASK_ERROR, 0, 42, "too\r\nhot", path));
  {
    g_autoptr (GBytes) bytes = recorder_take_written (self);
    gsize size;
    const char *said = g_bytes_get_data (bytes, &size);

    g_assert_nonnull (memmem (said, size,
                              CODE "\2"
                                   "42",
                              sizeof CODE + 2));
    g_assert_null (memmem (said, size, "\r\n", 2));
  }
  g_assert_true (encode_ask (self, HEIN_ASK_REFUSAL, 0, 6, "no", path));
  WRITTEN (self, "\x30\x35\0\1r\x31\x09\0\6\0\1\2\3\4\5" REFUSAL "\1"
                 "6"
                 "\x26\0\x0ahein-error\0\2no");
  g_assert_false (encode_ask (self, HEIN_ASK_ANSWER, 0, 0, "ho", NULL));
  g_assert_no_error (self->failure);
}

/* With the time that is left, and without correlation data. */
static void
test_serve_simple (void)
{
  g_autoptr (Recorder) self = mqtt_recorder_open (MQTT_VERSION_5);

  self->served = "a/b";
  FEED (self, "\x30\x11\0\3a/b\x09\x08\0\1r\2\0\0\0\3hi");
  assert_said (self, 0, HEIN_ASK_REQUEST, 0, 3000);
  g_assert_true (
    encode_ask (self, HEIN_ASK_ANSWER, 0, 0, "ho",
                hein_message_get_return_path (self->delivered->pdata[0])));
  WRITTEN (self, "\x30\6\0\1r\0ho");
}

/* What is no response topic makes no request, and what a broker has kept was asked
 * long ago. */
static void
test_no_request (void)
{
  g_autoptr (Recorder) self = mqtt_recorder_open (MQTT_VERSION_5);

  self->served = "a/b";
  FEED (self, "\x30\x0c\0\3a/b\4\x08\0\1#hi");
  FEED (self, "\x30\x0b\0\3a/b\3\x08\0\0hi");
  FEED (self, "\x31\x0c\0\3a/b\4\x08\0\1rhi");
  g_assert_no_error (self->failure);
  g_assert_cmpuint (self->delivered->len, ==, 3);
  for (guint i = 0; i < 3; i++)
    MESSAGE (self, i, "a/b", NULL, "hi");
  FEED (self, "\x30\x10\0\3a/b\x08\x08\0\1r\x08\0\1rhi");
  recorder_assert_failed (self, HEIN_ERROR_PROTOCOL, "twice");
}

/* A response topic and correlation data may have 65535 bytes each. */
static void
test_large (void)
{
  g_autoptr (Recorder) self = mqtt_recorder_open (MQTT_VERSION_5);
  g_autofree char *large = g_strnfill (MQTT_TEXT_MAX, 'r');
  g_autoptr (GByteArray) packet = g_byte_array_new ();
  g_autoptr (GBytes) written = NULL;

  self->served = "a/b";
  mqtt_put_u8 (packet, 0x30);
  mqtt_put_length (packet, 5 + 3 + 2 * (3 + MQTT_TEXT_MAX) + 2);
  mqtt_put_text (packet, "a/b");
  mqtt_put_length (packet, 2 * (3 + MQTT_TEXT_MAX));
  mqtt_put_u8 (packet, MQTT_RESPONSE_TOPIC);
  mqtt_put_text (packet, large);
  mqtt_put_u8 (packet, MQTT_CORRELATION_DATA);
  mqtt_put_text (packet, large);
  g_byte_array_append (packet, (const guint8 *) "hi", 2);
  recorder_feed (self, packet->data, packet->len);
  g_assert_no_error (self->failure);
  assert_said (self, 0, HEIN_ASK_REQUEST, 0, 0);
  g_assert_true (
    encode_ask (self, HEIN_ASK_ANSWER, 0, 0, "ho",
                hein_message_get_return_path (self->delivered->pdata[0])));
  written = recorder_take_written (self);
  g_assert_cmpuint (g_bytes_get_size (written), ==,
                    4 + 2 + MQTT_TEXT_MAX + 3 + 3 + MQTT_TEXT_MAX + 2);
}

/* ---- pieces ---- */

static const guint8 all[] = REQUEST ANSWER ("\7") "\x40\2\0\2";

/* Wherever the bytes are cut, it is the same. */
static void
test_pieces (void)
{
  for (gsize cut = 0; cut < sizeof all; cut++)
    {
      g_autoptr (Recorder) self = mqtt_recorder_open (MQTT_VERSION_5);

      ask (self, 7);
      mqtt_recorder_forget (self);
      self->served = "a/b";
      self->awaited = 7;
      recorder_feed (self, all, cut);
      recorder_feed (self, all + cut, sizeof all - 1 - cut);
      g_assert_no_error (self->failure);
      g_assert_cmpuint (self->delivered->len, ==, 2);
      assert_said (self, 0, HEIN_ASK_REQUEST, 0, 0);
      assert_said (self, 1, HEIN_ASK_ANSWER, 7, 0);
      WRITTEN (self, "\x40\2\0\1");
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, test) g_test_add_func ("/mqtt-ask/" path, test)
  ADD ("request", test_request);
  ADD ("get", test_get);
  ADD ("inbox-refused", test_inbox_refused);
  ADD ("answer", test_answer);
  ADD ("error", test_error);
  ADD ("nobody", test_nobody);
  ADD ("room", test_room);
  ADD ("qos-0", test_qos_0);
  ADD ("not-retained", test_not_retained);
  ADD ("session", test_session);
  ADD ("serve", test_serve);
  ADD ("serve-simple", test_serve_simple);
  ADD ("no-request", test_no_request);
  ADD ("large", test_large);
  ADD ("pieces", test_pieces);
  return g_test_run ();
}
