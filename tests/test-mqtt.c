/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mqtt-recorder.h"

#include <glib/gstdio.h>
#include <string.h>

/* MQTT as a client, byte by byte; what a broker must not do is in
 * test-mqtt-hostile.c. */

static HeinMqtt *
make (const char *option, const char *value)
{
  return g_object_new (HEIN_TYPE_MQTT, "version", MQTT_VERSION_3_1_1, option,
                       value, NULL);
}

static gboolean
prepare (HeinMqtt *protocol, HeinRole role, GError **error)
{
  HeinSecrecy secrecy = HEIN_SECRECY_NONE;
  gboolean ok =
    HEIN_PROTOCOL_GET_CLASS (protocol)->prepare (HEIN_PROTOCOL (protocol), role,
                                                 &secrecy, error);

  g_assert_cmpint (secrecy, ==, HEIN_SECRECY_NONE);
  return ok;
}

/* ---- the beginning ---- */

static void
test_connect (void)
{
  g_autoptr (Recorder) new = mqtt_recorder_new (MQTT_VERSION_5);
  g_autoptr (Recorder) old = mqtt_recorder_new (MQTT_VERSION_3_1_1);

  WRITTEN (new,
           "\x10\x1a\0\4MQTT\5\2\0\x0f\x08\x21\1\0\x27\0\3\x86\xa0\0\5spock");
  FEED (new, CONNACK_5);
  recorder_assert_logged (new, "offer mqtt 2");
  recorder_assert_logged (new, "encoding mqtt/5");
  recorder_assert_logged (new, "heartbeat 1");
  g_assert_cmpuint (new->credit, ==, HEIN_CREDIT_MAX);
  WRITTEN (old, "\x10\x11\0\4MQTT\4\2\0\x0f\0\5spock");
  FEED (old, CONNACK);
  recorder_assert_logged (old, "encoding mqtt/3.1.1");
  g_assert_true (old->is_ready);
}

static void
test_connect_options (void)
{
  g_autofree char *path =
    g_build_filename (g_get_tmp_dir (), "hein-mqtt-XXXXXX", NULL);
  const int fd = g_mkstemp_full (path, 0, 0600);
  g_autoptr (Recorder) self = NULL;

  g_close (fd, NULL);
  g_assert_true (g_file_set_contents_full (path, "secret\nmore\n", -1,
                                           G_FILE_SET_CONTENTS_NONE, 0600,
                                           NULL));
  self = recorder_new (g_object_new (HEIN_TYPE_MQTT, "version", MQTT_VERSION_5,
                                     "client-id", "kirk", "user", "u",
                                     "password-file", path, "session-s", 60,
                                     "will-topic", "w", "will", "gone",
                                     "will-retain", TRUE, "will-qos", 1, NULL),
                       TRUE, "spock", NULL);
  WRITTEN (self,
           "\x10\x33\0\4MQTT\5\xec\0\x0f\x0d\x11\0\0\0\x3c\x21\1\0\x27\0\3\x86"
           "\xa0\0\4kirk\0\0\1w\0\4gone\0\1u\0\6secret");
  g_unlink (path);
}

static void
test_options_refused (void)
{
  static const struct
  {
    const char *option;
    const char *value;
    const char *reason;
  } bad[] = {
    { "client-id", "\xff", "UTF-8" },
    { "will", "gone", "needs will-topic" },
    { "will-topic", "a/#", "stand for others" },
    { "password-file", "/nonexistent", "needs user" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (HeinMqtt) self = make (bad[i].option, bad[i].value);
      g_autoptr (GError) error = NULL;

      g_assert_false (prepare (self, HEIN_ROLE_DIAL, &error));
      g_assert_nonnull (strstr (error->message, bad[i].reason));
    }
}

static void
test_roles (void)
{
  g_autoptr (HeinMqtt) good = make ("user", "me");
  g_autoptr (HeinMqtt) stranger =
    g_object_new (HEIN_TYPE_MQTT, "session-s", 1, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (prepare (good, HEIN_ROLE_DIAL, &error));
  g_assert_no_error (error);
  g_assert_false (prepare (good, HEIN_ROLE_LISTEN, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS);
  g_clear_error (&error);
  g_assert_false (prepare (stranger, HEIN_ROLE_DIAL, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS);
}

/* A broker of 3.1.1 answers in its own version; one of 5 may refuse it. */
static void
test_falls_back (void)
{
  static const char *const answers[] = { "\x20\x02\0\1", "\x20\x03\0\x84\0" };

  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    {
      g_autoptr (Recorder) first = mqtt_recorder_new (MQTT_VERSION_AUTO);
      g_autoptr (Recorder) second = NULL;

      recorder_assert_logged (first, "redial-at-end");
      g_test_expect_message (G_LOG_DOMAIN, G_LOG_LEVEL_WARNING,
                             "*refuses MQTT 5*");
      recorder_feed (first, (const guint8 *) answers[i],
                     2 + (gsize) answers[i][1]);
      g_test_assert_expected_messages ();
      recorder_assert_logged (first, "redial\n");
      second = recorder_new (g_object_new (HEIN_TYPE_MQTT, NULL), TRUE, "spock",
                             first->note);
      WRITTEN (second, "\x10\x11\0\4MQTT\4\2\0\x0f\0\5spock");
      FEED (second, CONNACK);
      g_assert_true (second->is_ready);
    }
}

/* After a broker that closes without a word, 3.1.1 is tried, and then 5 again. */
static void
test_falls_back_once (void)
{
  g_autoptr (Recorder) first = mqtt_recorder_new (MQTT_VERSION_AUTO);
  g_autoptr (Recorder) second =
    recorder_new (g_object_new (HEIN_TYPE_MQTT, NULL), TRUE, "spock",
                  first->note);

  WRITTEN (second, "\x10\x11\0\4MQTT\4\2\0\x0f\0\5spock");
  g_assert_null (second->note);
  g_test_expect_message (G_LOG_DOMAIN, G_LOG_LEVEL_WARNING,
                         "*closed a connection*");
  FEED (second, CONNACK);
  g_test_assert_expected_messages ();
  FEED (first, CONNACK_5);
  g_assert_null (first->note);
}

static void
test_refused (void)
{
  static const struct
  {
    const char *answer;
    HeinError code;
    const char *reason;
  } cases[] = {
    { "\x20\x03\0\x86\0", HEIN_ERROR_REFUSED, "password-file" },
    { "\x20\x03\0\x87\0", HEIN_ERROR_REFUSED, "not allowed" },
    { "\x20\x03\0\x85\0", HEIN_ERROR_REFUSED, "client-id" },
    { "\x20\x03\0\x84\0", HEIN_ERROR_REFUSED, "version=3.1.1" },
    { "\x20\x03\0\x89\0", HEIN_ERROR_FAILED, "busy" },
    { "\x20\x03\0\xfe\0", HEIN_ERROR_FAILED, "0xfe" },
    { "\x20\x02\0\5", HEIN_ERROR_REFUSED, "not allowed" },
    { "\x20\x08\0\x9c\5\x1c\0\2me", HEIN_ERROR_REFUSED, "names \"me\"" },
    { "\x20\x08\0\x88\5\x1f\0\2no", HEIN_ERROR_FAILED, "(\"no\")" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (Recorder) self = mqtt_recorder_new (MQTT_VERSION_5);

      recorder_feed (self, (const guint8 *) cases[i].answer,
                     2 + (gsize) cases[i].answer[1]);
      recorder_assert_failed (self, cases[i].code, cases[i].reason);
    }
}

static void
test_server_limits (void)
{
  g_autoptr (Recorder) self = mqtt_recorder_new (MQTT_VERSION_5);
  g_autoptr (Recorder) poor = mqtt_recorder_new (MQTT_VERSION_5);
  g_autoptr (HeinMessage) large = MAKE ("t", NULL, "0123456789");
  g_autoptr (GError) error = NULL;

  /* receive maximum 3, packets of 16 bytes, keep alive 10 s */
  FEED (self, "\x20\x0e\0\0\x0b\x21\0\3\x27\0\0\0\x10\x13\0\x0a");
  g_assert_cmpuint (self->credit, ==, 3);
  mqtt_recorder_forget (self);
  g_assert_false (recorder_encode (self, large, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_TOO_LARGE);
  ENCODES (self, MAKE ("t", NULL, "01234"),
           "\x30\x09\0\1t\0"
           "01234");
  g_assert_cmpint (self->tick_us, ==, self->now_us);
  recorder_pass_time (self, 0);
  WRITTEN (self, PINGREQ);
  g_assert_cmpint (self->tick_us, ==, self->now_us + 5000000);
  /* no QoS 1 */
  FEED (poor, "\x20\x05\0\0\2\x24\0");
  g_assert_cmpuint (poor->credit, ==, 0);
  g_assert_nonnull (strstr (poor->credit_hint, "QoS 0"));
}

/* ---- messages ---- */

static void
test_publish (void)
{
  g_autoptr (Recorder) new = mqtt_recorder_open (MQTT_VERSION_5);
  g_autoptr (Recorder) old = mqtt_recorder_open (MQTT_VERSION_3_1_1);

  ENCODES (new, MAKE ("a/b", NULL, "hi"), "\x30\x08\0\3a/b\0hi");
  ENCODES (new, MAKE ("a", "t/x", ""), "\x30\x0a\0\1a\6\3\0\3t/x");
  ENCODES (old, MAKE ("a/b", NULL, "hi"), "\x30\x07\0\3a/bhi");
}

/* The broker is to keep it. */
static void
test_retain (void)
{
  g_autoptr (Recorder) self =
    recorder_new (g_object_new (HEIN_TYPE_MQTT, "version", MQTT_VERSION_5,
                                "retain", TRUE, NULL),
                  TRUE, "spock", NULL);
  g_autoptr (Recorder) refused =
    recorder_new (g_object_new (HEIN_TYPE_MQTT, "version", MQTT_VERSION_5,
                                "retain", TRUE, NULL),
                  TRUE, "spock", NULL);
  const HeinMessageAttributes delivery = { .ask = HEIN_ASK_DELIVERY,
                                           .ask_id = 1 };

  FEED (self, CONNACK_5);
  recorder_assert_logged (self, "encoding mqtt/5/retain");
  mqtt_recorder_forget (self);
  ENCODES (self, MAKE ("a", NULL, "x"), "\x31\5\0\1a\0x");
  g_assert_true (mqtt_recorder_ask (self, "a", delivery, "x", NULL));
  WRITTEN (self, "\x33\7\0\1a\0\1\0x");
  FEED (self, "\x40\3\0\1\x10");
  g_assert_cmpint (mqtt_recorder_get_attributes (self, 0)->ask, ==,
                   HEIN_ASK_RECEIPT);
  FEED (refused, "\x20\5\0\0\2\x25\0");
  recorder_assert_failed (refused, HEIN_ERROR_REFUSED, "retain");
}

static void
assert_refuses (Recorder *self, HeinMessage *message, const char *reason)
{
  g_autoptr (HeinMessage) owned = message;
  g_autoptr (GError) error = NULL;

  g_assert_false (recorder_encode (self, owned, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_FAILED);
  g_assert_nonnull (strstr (error->message, reason));
  WRITTEN (self, "");
}

static void
test_unsendable (void)
{
  g_autoptr (Recorder) self = mqtt_recorder_open (MQTT_VERSION_5);
  g_autoptr (Recorder) old = mqtt_recorder_open (MQTT_VERSION_3_1_1);
  g_autoptr (GBytes) part = g_bytes_new ("x", 1);
  GBytes *parts[] = { part, part };
  g_autoptr (GError) error = NULL;

  assert_refuses (self, MAKE ("", NULL, "x"), "no empty topic");
  assert_refuses (self, MAKE ("a/+/b", NULL, "x"), "a/+/b");
  assert_refuses (self, MAKE ("a#", NULL, "x"), "a#");
  assert_refuses (self, hein_message_new_parts ("a", parts, 2), "one part");
  assert_refuses (old, MAKE ("a", "text/plain", "x"), "content type");
  g_assert_false (mqtt_recorder_ask (old, "a",
                                     (HeinMessageAttributes){
                                       .ask = HEIN_ASK_REQUEST, .ask_id = 1 },
                                     "x", &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_FAILED);
}

static HeinMessage *
make_attributed (guint expiry_ms)
{
  HeinMessage *self = MAKE ("a", NULL, "x");

  hein_message_set_attribute (self, "id", "7", NULL);
  hein_message_set_expiry_ms (self, expiry_ms);
  return self;
}

/* Attributes are user properties, and seconds are begun ones; 3.1.1 has no place
 * for either. */
static void
test_attributes (void)
{
  g_autoptr (Recorder) new = mqtt_recorder_open (MQTT_VERSION_5);
  g_autoptr (Recorder) old = mqtt_recorder_open (MQTT_VERSION_3_1_1);

  g_assert_true (new->carries_attributes);
  g_assert_false (old->carries_attributes);
  ENCODES (new, make_attributed (0),
           "\x30\x0d\0\1a\x08\x26\0\2id\0\1"
           "7x");
  ENCODES (new, make_attributed (99500),
           "\x30\x12\0\1a\x0d\2\0\0\0\x64\x26\0\2id\0\1"
           "7x");
  ENCODES (old, make_attributed (99500), "\x30\4\0\1ax");
}

/* Those with names that attributes cannot have, that are too many, or that are too
 * long, are left out, and that counts. */
static void
test_bad_attributes (void)
{
  g_autoptr (Recorder) self = mqtt_recorder_open (MQTT_VERSION_5);
  g_autoptr (GByteArray) packet = g_byte_array_new ();
  HeinMessage *got;

  FEED (self, "\x30\x13\0\1x\x0e\x26\0\2a \0\0\x26\0\1k\0\1v!");
  g_assert_cmpuint (self->n_stripped, ==, 1);
  got = self->delivered->pdata[0];
  g_assert_cmpstr (hein_message_get_attribute (got, "k"), ==, "v");
  /* the same name twice */
  FEED (self, "\x30\x13\0\1x\x0e\x26\0\1k\0\1v\x26\0\1k\0\1w!");
  g_assert_cmpuint (self->n_stripped, ==, 2);
  got = self->delivered->pdata[1];
  g_assert_cmpstr (hein_message_get_attribute (got, "k"), ==, "v");
  g_byte_array_append (packet, (const guint8 *) "\x30\x6b\0\1x\x66", 6);
  for (char name = 'a'; name <= 'q'; name++)
    {
      const guint8 pair[] = { 0x26, 0, 1, (guint8) name, 0, 0 };

      g_byte_array_append (packet, pair, sizeof pair);
    }
  g_byte_array_append (packet, (const guint8 *) "!", 1);
  recorder_feed (self, packet->data, packet->len);
  g_assert_no_error (self->failure);
  g_assert_cmpuint (self->n_stripped, ==, 3);
  got = self->delivered->pdata[2];
  g_assert_cmpuint (g_strv_length ((char **) hein_message_get_attributes (got)),
                    ==, 2 * HEIN_ATTRIBUTES_MAX);
}

/* A content type of the greatest size takes two bytes for the size of all. */
static void
test_long_type (void)
{
  g_autoptr (Recorder) self = mqtt_recorder_open (MQTT_VERSION_5);
  g_autofree char *type = g_strnfill (255, 't');
  g_autoptr (HeinMessage) message = hein_message_new_typed ("a", type, NULL);
  g_autoptr (GBytes) written = NULL;

  g_assert_true (recorder_encode (self, message, NULL));
  written = recorder_take_written (self);
  g_assert_cmpuint (g_bytes_get_size (written), ==, 3 + 3 + 2 + 3 + 255);
  recorder_feed (self, g_bytes_get_data (written, NULL),
                 g_bytes_get_size (written));
  MESSAGE (self, 0, "a", type, "");
}

static void
test_receive (void)
{
  g_autoptr (Recorder) new = mqtt_recorder_open (MQTT_VERSION_5);
  g_autoptr (Recorder) old = mqtt_recorder_open (MQTT_VERSION_3_1_1);

  FEED (new, "\x30\x08\0\3a/b\0hi\x31\x08\0\3a/b\0ho");
  MESSAGE (new, 0, "a/b", NULL, "hi");
  MESSAGE (new, 1, "a/b", NULL, "ho");
  /* text, expiry, a user property, a subscription identifier, a content type */
  FEED (new,
        "\x30\x1f\0\1x\x1a\1\1\2\0\0\0\5\x26\0\1k\0\1v\x0b\5\3\0\7t/plain!");
  MESSAGE (new, 2, "x", "t/plain", "!");
  g_assert_cmpstr (hein_message_get_attribute (new->delivered->pdata[2], "k"),
                   ==, "v");
  g_assert_cmpint (hein_message_get_expiry_ms (new->delivered->pdata[2]), >, 0);
  g_assert_cmpint (hein_message_get_expiry_ms (new->delivered->pdata[2]), <=,
                   5000);
  FEED (old, "\x30\x07\0\3a/bhi");
  MESSAGE (old, 0, "a/b", NULL, "hi");
}

static void
test_long_topic (void)
{
  g_autoptr (Recorder) self = mqtt_recorder_open (MQTT_VERSION_3_1_1);
  g_autofree char *topic = g_strnfill (256, 'a');

  FEED (self, "\x32\x84\x02\1\0");
  recorder_feed (self, (const guint8 *) topic, 256);
  FEED (self, "\0\7\x30\x04\0\1yz");
  g_assert_no_error (self->failure);
  recorder_assert_logged (self, "drop");
  WRITTEN (self, "\x40\x02\0\7");
  MESSAGE (self, 0, "y", NULL, "z");
}

/* ---- acknowledged ---- */

static void
test_deliver (void)
{
  const HeinMessageAttributes delivery = { .ask = HEIN_ASK_DELIVERY,
                                           .ask_number = 1500,
                                           .ask_id = 7 };
  const HeinMessageAttributes endless = { .ask = HEIN_ASK_DELIVERY,
                                          .ask_id = 8 };
  g_autoptr (Recorder) self = mqtt_recorder_open (MQTT_VERSION_5);
  const HeinMessageAttributes *said;

  g_assert_true (mqtt_recorder_ask (self, "a", delivery, "x", NULL));
  WRITTEN (self, "\x32\x0c\0\1a\0\2\5\2\0\0\0\2x");
  g_assert_true (mqtt_recorder_ask (self, "a", endless, "x", NULL));
  WRITTEN (self, "\x32\x07\0\1a\0\3\0x");
  FEED (self, "\x40\x02\0\2");
  said = mqtt_recorder_get_attributes (self, 0);
  g_assert_cmpint (said->ask, ==, HEIN_ASK_RECEIPT);
  g_assert_cmpuint (said->ask_id, ==, 7);
  g_assert_cmpuint (said->ask_number, ==, 1);
  FEED (self, "\x40\x03\0\3\x10");
  said = mqtt_recorder_get_attributes (self, 1);
  g_assert_cmpint (said->ask, ==, HEIN_ASK_FAILURE);
  g_assert_cmpuint (said->ask_id, ==, 8);
  g_assert_cmpuint (said->ask_number, ==, HEIN_ERROR_NO_PEER);
  g_assert_true (mqtt_recorder_ask (self, "a", endless, "x", NULL));
  FEED (self, "\x40\x0a\0\4\x87\6\x1f\0\3off");
  said = mqtt_recorder_get_attributes (self, 2);
  g_assert_cmpuint (said->ask_number, ==, HEIN_ERROR_REFUSED);
}

static void
settle (Recorder *self, guint64 delivery, const GError *failure)
{
  HEIN_PROTOCOL_GET_CLASS (self->protocol)
    ->settled (self->protocol, self->wire, delivery, failure);
}

/* In the order in which they came, whatever the program does. */
static void
test_handled (void)
{
  g_autoptr (Recorder) self = mqtt_recorder_open (MQTT_VERSION_5);
  g_autoptr (GError) failure =
    g_error_new_literal (HEIN_ERROR, HEIN_ERROR_FAILED, "no");
  const HeinMessageAttributes *said;

  self->is_busy = TRUE;
  FEED (self, "\x32\x0b\0\1a\0\5\5\2\0\0\0\2\x32\x06\0\1a\0\6\0"
              "\x3a\x06\0\1a\0\4\0");
  g_assert_cmpuint (self->delivered->len, ==, 3);
  said = mqtt_recorder_get_attributes (self, 0);
  g_assert_cmpint (said->ask, ==, HEIN_ASK_DELIVERY);
  g_assert_cmpuint (said->ask_id, ==, 1);
  g_assert_cmpuint (said->ask_number, ==, 2000);
  g_assert_cmpuint (mqtt_recorder_get_attributes (self, 2)->ask_id, ==, 3);
  WRITTEN (self, "");
  settle (self, 2, NULL); /* the first one is not handled yet */
  WRITTEN (self, "");
  settle (self, 1, NULL);
  WRITTEN (self, "\x40\x02\0\5\x40\x02\0\6");
  settle (self, 3, failure);
  WRITTEN (self, "\x40\x03\0\4\x80");
  /* the packet ids are free again */
  FEED (self, "\x32\x06\0\1a\0\5\0");
  g_assert_no_error (self->failure);
  g_assert_cmpuint (self->delivered->len, ==, 4);
}

/* ---- subscriptions ---- */

typedef struct
{
  char sign;
  const char *prefix;
  const char *told;
} Step;

static void
add_told (gpointer data, const char *filter, gboolean wanted)
{
  g_string_append_printf (data, "%s%c%s",
                          ((GString *) data)->len > 0 ? " " : "",
                          wanted ? '+' : '-', filter);
}

static void
test_filters (void)
{
  static const Step steps[] = {
    { '+', "a/b", "+a/#" },
    { '+', "a/c", "" },
    { '+', "a/b/", "" },
    { '+', "$SYS", "+$SYS/#" },
    { '+', "b/c/", "+b/c/#" },
    { '+', "", "+# -a/# -b/c/#" },
    { '+', "z/", "" },
    { '-', "z/", "" },
    { '-', "a/b", "" },
    { '-', "", "+a/# +b/c/# -#" },
    { '-', "a/c", "+a/b/# -a/#" },
    { '+', "x+", "" },
    { '+', "y#/", "" },
    { '-', "a/b/", "-a/b/#" },
    { '-', "$SYS", "-$SYS/#" },
    { '-', "b/c/", "-b/c/#" },
    { '-', "x+", "" },
    { '-', "never", "" },
  };
  MqttFilters self = { 0 };

  for (guint i = 0; i < G_N_ELEMENTS (steps); i++)
    {
      g_autoptr (GString) told = g_string_new (NULL);

      if (steps[i].sign == '+')
        mqtt_filters_add (&self, steps[i].prefix, add_told, told);
      else
        mqtt_filters_remove (&self, steps[i].prefix, add_told, told);
      g_assert_cmpstr (told->str, ==, steps[i].told);
    }
  mqtt_filters_clear (&self);
}

/* A filter says less than a prefix: the rest is passed over, and acknowledged. */
static void
test_within_level (void)
{
  g_autoptr (Recorder) self = mqtt_recorder_new (MQTT_VERSION_3_1_1);

  FEED (self, CONNACK);
  mqtt_recorder_forget (self);
  mqtt_recorder_subscribe (self, "a/lo", TRUE);
  WRITTEN (self, "\x82\x08\0\1\0\3a/#\1");
  FEED (self, "\x90\x03\0\1\1");
  FEED (self, "\x30\x05\0\3a/l\x32\x07\0\3a/i\0\x09\x30\x07\0\5a/log");
  g_assert_cmpuint (self->delivered->len, ==, 1);
  MESSAGE (self, 0, "a/log", NULL, "");
  WRITTEN (self, "\x40\x02\0\x09");
  recorder_assert_logged (self, "ready");
  g_assert_null (strstr (self->log->str, "drop"));
}

/* Nobody has handled it, which version 5 can say. */
static void
test_passed_over (void)
{
  g_autoptr (Recorder) self = mqtt_recorder_new (MQTT_VERSION_5);

  FEED (self, CONNACK_5);
  mqtt_recorder_forget (self);
  mqtt_recorder_subscribe (self, "a/lo", TRUE);
  FEED (self, "\x90\x04\0\1\0\1");
  mqtt_recorder_forget (self);
  FEED (self, "\x32\x08\0\3a/i\0\x09\0\x32\x0a\0\5a/log\0\x0a\0");
  g_assert_cmpuint (self->delivered->len, ==, 1);
  WRITTEN (self, "\x40\x03\0\x09\x83");
  g_assert_null (strstr (self->log->str, "drop"));
}

/* Of deliveries, too, only what matches arrives. */
static void
test_patterns (void)
{
  g_autoptr (Recorder) self = mqtt_recorder_new (MQTT_VERSION_3_1_1);
  HeinProtocolClass *class = HEIN_PROTOCOL_GET_CLASS (self->protocol);

  FEED (self, CONNACK);
  mqtt_recorder_forget (self);
  g_assert_true (class->pattern (self->protocol, self->wire, "a/*/c", TRUE));
  WRITTEN (self, "\x82\x08\0\1\0\3a/#\1");
  FEED (self, "\x90\x03\0\1\1");
  FEED (self, "\x30\x07\0\5a/b/d\x32\x09\0\5a/b/d\0\x09"
              "\x32\x09\0\5a/b/c\0\x0a\x30\x07\0\5a/x/c");
  g_assert_cmpuint (self->delivered->len, ==, 2);
  MESSAGE (self, 0, "a/b/c", NULL, "");
  MESSAGE (self, 1, "a/x/c", NULL, "");
  WRITTEN (self, "\x40\x02\0\x09");
  g_assert_true (class->pattern (self->protocol, self->wire, "**", TRUE));
  WRITTEN (self, "\x82\x06\0\2\0\1#\1");
  FEED (self, "\x90\x03\0\2\1");
  WRITTEN (self, "\xa2\x07\0\3\0\3a/#");
  FEED (self, "\xb0\x02\0\3\x30\x03\0\1z");
  MESSAGE (self, 2, "z", NULL, "");
  g_assert_true (class->pattern (self->protocol, self->wire, "**", FALSE));
  WRITTEN (self, "\x82\x08\0\4\0\3a/#\1");
  FEED (self, "\x90\x03\0\4\1");
  WRITTEN (self, "\xa2\x05\0\5\0\1#");
}

/* One packet at a time, and what waits for its answer goes together. */
static void
test_subscribe (void)
{
  g_autoptr (Recorder) self = mqtt_recorder_open (MQTT_VERSION_5);
  g_autoptr (Recorder) silent =
    recorder_new (g_object_new (HEIN_TYPE_MQTT, "version", MQTT_VERSION_5,
                                "subscribe", FALSE, NULL),
                  TRUE, "spock", NULL);

  mqtt_recorder_subscribe (self, "a/", TRUE);
  WRITTEN (self, ""); /* everything is subscribed to */
  mqtt_recorder_subscribe (self, "", FALSE);
  WRITTEN (self, "\x82\x09\0\2\0\0\3a/#\5");
  mqtt_recorder_subscribe (self, "b/", TRUE);
  mqtt_recorder_subscribe (self, "c/", TRUE);
  WRITTEN (self, "");
  FEED (self, "\x90\x04\0\2\0\1");
  WRITTEN (self, "\xa2\x06\0\3\0\0\1#");
  FEED (self, "\xb0\x04\0\3\0\0");
  WRITTEN (self, "\x82\x0f\0\4\0\0\3b/#\5\0\3c/#\5");
  FEED (self, "\x90\x05\0\4\0\1\0");
  g_assert_no_error (self->failure);
  FEED (silent, CONNACK_5);
  mqtt_recorder_forget (silent);
  mqtt_recorder_subscribe (silent, "", TRUE);
  WRITTEN (silent, "");
}

/* The broker answers each change; when it has answered all, it knows them. */
static void
test_confirm (void)
{
  g_autoptr (Recorder) self = mqtt_recorder_open (MQTT_VERSION_5);
  HeinProtocolClass *class = HEIN_PROTOCOL_GET_CLASS (self->protocol);

  g_assert_false (class->confirm (self->protocol, self->wire, 6));
  mqtt_recorder_subscribe (self, "", FALSE);
  mqtt_recorder_subscribe (self, "a/", TRUE);
  g_assert_true (class->confirm (self->protocol, self->wire, 7));
  FEED (self, "\xb0\x04\0\2\0\0");
  g_assert_null (strstr (self->log->str, "confirmed"));
  FEED (self, "\x90\x04\0\3\0\1");
  recorder_assert_logged (self, "confirmed 7");
}

static void
test_subscribe_refused (void)
{
  g_autoptr (Recorder) self = mqtt_recorder_new (MQTT_VERSION_5);

  FEED (self, CONNACK_5);
  mqtt_recorder_subscribe (self, "", TRUE);
  FEED (self, "\x90\x04\0\1\0\x87");
  recorder_assert_failed (self, HEIN_ERROR_REFUSED, "subscribe=no");
}

/* ---- life ---- */

static void
test_life (void)
{
  g_autoptr (Recorder) self = mqtt_recorder_open (MQTT_VERSION_5);
  g_autoptr (Recorder) taken = mqtt_recorder_open (MQTT_VERSION_5);
  g_autoptr (Recorder) over = mqtt_recorder_open (MQTT_VERSION_5);
  HeinProtocolClass *class = HEIN_PROTOCOL_GET_CLASS (self->protocol);

  recorder_ping (self);
  WRITTEN (self, PINGREQ);
  self->now_us += 250;
  FEED (self, PINGRESP);
  recorder_assert_logged (self, "rtt 250");
  class->finish (self->protocol, self->wire);
  WRITTEN (self, "\xe0\0");
  /* another client has the same id */
  FEED (taken, "\xe0\1\x8e");
  recorder_assert_failed (taken, HEIN_ERROR_REFUSED, "client-id");
  class->finish (taken->protocol, taken->wire);
  WRITTEN (taken, "");
  FEED (over, "\xe0\0");
  recorder_assert_failed (over, HEIN_ERROR_CLOSED, "ends");
}

/* What was sent before a ping that was answered has come; the broker's end says
 * no more than that, unless it was asked for. */
static void
test_answers (void)
{
  g_autoptr (Recorder) self = mqtt_recorder_open (MQTT_VERSION_5);
  HeinProtocolClass *class = HEIN_PROTOCOL_GET_CLASS (self->protocol);
  g_autoptr (HeinMessage) message = hein_message_new_text ("t", "hi");

  g_assert_true (self->has_by_end);
  g_assert_cmpuint (self->n_by_end, ==, 0);
  g_assert_true (recorder_encode (self, message, NULL));
  g_byte_array_set_size (self->written, 0);
  self->n_sent = 1;
  g_assert_cmpint (self->tick_us, ==, self->now_us + G_USEC_PER_SEC);
  recorder_pass_time (self, 1000);
  WRITTEN (self, PINGREQ);
  self->n_sent = 2;
  FEED (self, PINGRESP);
  g_assert_cmpuint (self->n_by_end, ==, 1);
  recorder_pass_time (self, 1000);
  WRITTEN (self, PINGREQ);
  FEED (self, PINGRESP);
  g_assert_cmpuint (self->n_by_end, ==, 2);
  recorder_pass_time (self, 10000);
  WRITTEN (self, "");
  class->finish (self->protocol, self->wire);
  g_assert_cmpuint (self->n_by_end, ==, G_MAXUINT64);
}

/* Nobody knows in which pieces bytes come. */
static void
test_split (void)
{
  static const char said[] =
    CONNACK_5 "\x90\x04\0\1\0\1"
              "\x30\x08\0\3a/b\0hi\x32\x0b\0\1a\0\5\5\2\0\0\0\2" PINGRESP
              "\x30\x0a\0\1a\6\3\0\3t/x";
  const gsize size = sizeof said - 1;

  for (gsize cut = 0; cut <= size; cut++)
    {
      g_autoptr (Recorder) self = mqtt_recorder_new (MQTT_VERSION_5);

      mqtt_recorder_forget (self);
      self->is_slow = cut % 2;
      /* the core says it when the name is admitted */
      mqtt_recorder_subscribe (self, "", TRUE);
      WRITTEN (self, "\x82\x07\0\1\0\0\1#\5");
      recorder_ping (self);
      recorder_feed (self, (const guint8 *) said, cut);
      if (self->wants_verdict)
        recorder_admit (self, NULL);
      recorder_feed (self, (const guint8 *) said + cut, size - cut);
      if (self->wants_verdict)
        recorder_admit (self, NULL);
      g_assert_no_error (self->failure);
      g_assert_cmpuint (self->delivered->len, ==, 3);
      MESSAGE (self, 0, "a/b", NULL, "hi");
      MESSAGE (self, 1, "a", NULL, "");
      MESSAGE (self, 2, "a", "t/x", "");
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, test) g_test_add_func ("/mqtt/" path, test)
  ADD ("connect/bytes", test_connect);
  ADD ("connect/options", test_connect_options);
  ADD ("connect/options-refused", test_options_refused);
  ADD ("connect/roles", test_roles);
  ADD ("connect/falls-back", test_falls_back);
  ADD ("connect/falls-back-once", test_falls_back_once);
  ADD ("connect/refused", test_refused);
  ADD ("connect/limits", test_server_limits);
  ADD ("message/publish", test_publish);
  ADD ("message/retain", test_retain);
  ADD ("message/unsendable", test_unsendable);
  ADD ("message/attributes", test_attributes);
  ADD ("message/bad-attributes", test_bad_attributes);
  ADD ("message/long-type", test_long_type);
  ADD ("message/receive", test_receive);
  ADD ("message/long-topic", test_long_topic);
  ADD ("acknowledged/deliver", test_deliver);
  ADD ("acknowledged/handled", test_handled);
  ADD ("subscribe/filters", test_filters);
  ADD ("subscribe/within-level", test_within_level);
  ADD ("subscribe/passed-over", test_passed_over);
  ADD ("subscribe/patterns", test_patterns);
  ADD ("subscribe/packets", test_subscribe);
  ADD ("subscribe/confirm", test_confirm);
  ADD ("subscribe/refused", test_subscribe_refused);
  ADD ("life", test_life);
  ADD ("answers", test_answers);
  ADD ("split", test_split);
  return g_test_run ();
}
