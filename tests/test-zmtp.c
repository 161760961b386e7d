/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "zmtp-recorder.h"

#include <string.h>

/*
 * The protocol alone, byte for byte: what it says, and what it makes of what
 * it hears, once it has begun; how it does is in test-zmtp-handshake.c.
 */

static void
encode (Recorder *self, HeinMessage *message)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (recorder_encode (self, message, &error));
  g_assert_no_error (error);
}

static void
encode_text (Recorder *self, const char *topic, const char *text)
{
  g_autoptr (HeinMessage) message = hein_message_new_text (topic, text);

  encode (self, message);
}

static void
assert_message (Recorder *self,
                guint index,
                const char *topic,
                const char *text)
{
  HeinMessage *message = g_ptr_array_index (self->delivered, index);
  gsize size;
  const guint8 *data = hein_message_peek_data (message, &size);

  g_assert_cmpstr (hein_message_get_topic (message), ==, topic);
  g_assert_cmpmem (data, size, text, strlen (text));
}

/* ---- messages ---- */

static void
test_hein_messages (void)
{
  g_autoptr (Recorder) self = MEET (HEIN_READY);
  g_autoptr (GBytes) payload = g_bytes_new_static ("{}", 2);
  g_autoptr (HeinMessage) typed =
    hein_message_new_typed ("t", "application/json", payload);
  HeinMessage *message;

  encode_text (self, "news", "hi");
  WRITTEN (self, "\1\4news\0\2hi");
  encode_text (self, "", "");
  WRITTEN (self, "\1\0\0\0");
  encode (self, typed);
  WRITTEN (self,
           "\1\2\xfft\1\41\14Content-Type\0\0\0\20application/json\0\2{}");
  FEED (self, "\1\4news\0\2hi"
              "\1\2\xfft\1\41\14Content-Type\0\0\0\20application/json\0\2{}"
              "\1\1t\1\3one\0\3two");
  g_assert_cmpuint (self->delivered->len, ==, 3);
  assert_message (self, 0, "news", "hi");
  assert_message (self, 1, "t", "{}");
  message = g_ptr_array_index (self->delivered, 1);
  g_assert_cmpstr (hein_message_get_content_type (message), ==,
                   "application/json");
  message = g_ptr_array_index (self->delivered, 2);
  g_assert_cmpuint (hein_message_get_n_parts (message), ==, 2);
}

static void
test_plain_messages (void)
{
  g_autoptr (Recorder) self = MEET (READY_DEALER);

  encode_text (self, "", "hi");
  WRITTEN (self, "\0\2hi");
  encode_text (self, "t", "hi");
  WRITTEN (self, "\1\1t\0\2hi");
  FEED (self, "\0\2hi\1\1t\0\2ho\1\1\xff\0\3hum");
  g_assert_cmpuint (self->delivered->len, ==, 3);
  assert_message (self, 0, "", "hi");
  assert_message (self, 1, "t", "ho");
  /* what is no topic is a part */
  assert_message (self, 2, "", "\xff");
}

static void
test_topic_frame (void)
{
  static const struct
  {
    ZmtpTopicFrame option;
    const char *empty;
    gsize empty_size;
    const char *topic;
    gsize topic_size;
  } rows[] = {
    { ZMTP_TOPIC_AUTO, "\0\2hi", 4, "\1\1t\0\2hi", 7 },
    { ZMTP_TOPIC_ALWAYS, "\1\0\0\2hi", 6, "\1\1t\0\2hi", 7 },
    { ZMTP_TOPIC_NEVER, "\0\2hi", 4, "\0\2hi", 4 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (Recorder) self =
        recorder_new (g_object_new (HEIN_TYPE_ZMTP, "topic-frame",
                                    rows[i].option, NULL),
                      FALSE, "spock", NULL);

      FEED (self, GREETING READY_PULL);
      g_byte_array_set_size (self->written, 0);
      encode_text (self, "", "hi");
      recorder_assert_written (self, rows[i].empty, rows[i].empty_size);
      encode_text (self, "t", "hi");
      recorder_assert_written (self, rows[i].topic, rows[i].topic_size);
    }
}

static void
test_long_frames (void)
{
  g_autoptr (Recorder) self = MEET (READY_DEALER);
  g_autofree char *text = g_strnfill (256, 'l');
  g_autoptr (GBytes) written = NULL;

  encode_text (self, "", text);
  written = recorder_take_written (self);
  g_assert_cmpuint (g_bytes_get_size (written), ==, 9 + 256);
  g_assert_cmpmem (g_bytes_get_data (written, NULL), 9, "\2\0\0\0\0\0\0\1\0",
                   9);
  recorder_feed (self, g_bytes_get_data (written, NULL), 9 + 256);
  assert_message (self, 0, "", text);
}

static void
test_envelope (void)
{
  g_autoptr (Recorder) req = MEET (READY_REQ);
  g_autoptr (Recorder) rep = MEET (READY_REP);
  HeinMessage *request;
  g_autoptr (GBytes) answer = g_bytes_new_static ("42", 2);
  g_autoptr (HeinMessage) reply = NULL;

  FEED (req, "\1\2id\1\0\0\1?");
  g_assert_cmpuint (req->delivered->len, ==, 1);
  assert_message (req, 0, "", "?");
  request = g_ptr_array_index (req->delivered, 0);
  g_assert_nonnull (hein_message_get_return_path (request));
  reply = hein_message_new_full (NULL, NULL, &answer, 1,
                                 hein_message_get_return_path (request));
  encode (req, reply);
  WRITTEN (req, "\1\2id\1\0\0\2"
                "42");
  encode_text (req, "", "unasked");
  WRITTEN (req, "\1\0\0\7unasked");
  encode_text (rep, "", "?");
  WRITTEN (rep, "\1\0\0\1?");
  FEED (rep, "\1\0\0\2"
             "42");
  assert_message (rep, 0, "", "42");
}

static void
test_subscriptions (void)
{
  g_autoptr (Recorder) hein = MEET (HEIN_READY);
  g_autoptr (Recorder) sub = MEET (READY_SUB);
  g_autoptr (Recorder) pub = MEET (READY_PUB);
  g_autoptr (Recorder) old = zmtp_recorder_new (FALSE, NULL);
  char greeting[] = GREETING;
  HeinProtocolClass *class = HEIN_PROTOCOL_GET_CLASS (hein->protocol);

  FEED (hein, "\4\15\11SUBSCRIBEnew");
  g_assert_true (
    hein_prefixes_match (&hein->prefixes, (const guint8 *) "news", 4));
  recorder_assert_logged (hein, "accepts 1\n");
  FEED (hein, "\4\12\6CANCELnew");
  g_assert_false (
    hein_prefixes_match (&hein->prefixes, (const guint8 *) "news", 4));
  FEED (sub, "\0\4\1new");
  g_assert_true (
    hein_prefixes_match (&sub->prefixes, (const guint8 *) "news", 4));
  FEED (sub, "\0\4\0new");
  g_assert_cmpuint (hein_prefixes_get_size (&sub->prefixes), ==, 0);
  class->subscription (pub->protocol, pub->wire, "new", TRUE);
  WRITTEN (pub, "\4\15\11SUBSCRIBEnew");
  class->subscription (pub->protocol, pub->wire, "new", FALSE);
  WRITTEN (pub, "\4\12\6CANCELnew");
  greeting[11] = 0;
  zmtp_recorder_feed (old, greeting, 64);
  FEED (old, READY_PUB);
  g_byte_array_set_size (old->written, 0);
  class->subscription (old->protocol, old->wire, "new", TRUE);
  WRITTEN (old, "\0\4\1new");
  recorder_assert_logged (old, "heartbeat 0\n");
}

#define PATTERN_READY                                                          \
  "\4\x82\5READY\13Socket-Type\0\0\0\6DEALER\10Identity\0\0\0\4kirk"           \
  "\6X-Hein\0\0\0\1"                                                           \
  "1\17X-Hein-Instance\0\0\0\40" OTHER_INSTANCE                                \
  "\17X-Hein-Patterns\0\0\0\0011"

/* Between heins a pattern goes as it is; others are to be asked for how it
 * begins, which is FALSE. */
static void
test_patterns (void)
{
  g_autoptr (Recorder) hein = MEET (PATTERN_READY);
  g_autoptr (Recorder) older = MEET (HEIN_READY);
  g_autoptr (Recorder) pub = MEET (READY_PUB);
  g_autoptr (Recorder) dealer = MEET (READY_DEALER);
  HeinProtocolClass *class = HEIN_PROTOCOL_GET_CLASS (hein->protocol);

  g_assert_true (class->pattern (hein->protocol, hein->wire, "a/*", TRUE));
  WRITTEN (hein, "\4\13\7PATTERNa/*");
  g_assert_true (class->pattern (hein->protocol, hein->wire, "a/*", FALSE));
  WRITTEN (hein, "\4\15\11UNPATTERNa/*");
  g_assert_false (class->pattern (older->protocol, older->wire, "a/*", TRUE));
  g_assert_false (class->pattern (pub->protocol, pub->wire, "a/*", TRUE));
  g_assert_true (class->pattern (dealer->protocol, dealer->wire, "a/*", TRUE));
  WRITTEN (dealer, "");
  FEED (hein, "\4\13\7PATTERNa/*");
  g_assert_cmpuint (hein_prefixes_get_size (&hein->patterns), ==, 1);
  recorder_assert_logged (hein, "accepts 1\n");
  FEED (hein, "\4\15\11UNPATTERNa/*");
  g_assert_cmpuint (hein_prefixes_get_size (&hein->patterns), ==, 0);
  FEED (dealer, "\4\13\7PATTERNa/*");
  g_assert_cmpuint (hein_prefixes_get_size (&dealer->patterns), ==, 0);
  FEED (hein, "\4\13\7PATTERNa*/");
  g_assert_error (hein->failure, HEIN_ERROR, HEIN_ERROR_FAILED);
}

/* A PING that comes back says that what was sent before it has come. */
static void
test_confirm (void)
{
  g_autoptr (Recorder) pub = MEET (READY_PUB);
  HeinProtocolClass *class = HEIN_PROTOCOL_GET_CLASS (pub->protocol);

  g_assert_true (class->confirm (pub->protocol, pub->wire, 258));
  WRITTEN (pub, "\4\14\4PING\0\226S\0\0\1\2");
  FEED (pub, "\4\12\4PONGS\0\0\1\2");
  recorder_assert_logged (pub, "confirmed 258\n");
}

#define GOODBYE_READY                                                          \
  "\4\x81\5READY\13Socket-Type\0\0\0\6DEALER\10Identity\0\0\0\4kirk"           \
  "\6X-Hein\0\0\0\1"                                                           \
  "1\17X-Hein-Instance\0\0\0\40" OTHER_INSTANCE "\16X-Hein-Goodbye\0\0\0\1"    \
  "1"

static void
test_goodbye (void)
{
  g_autoptr (Recorder) self = MEET (GOODBYE_READY);
  HeinProtocolClass *class = HEIN_PROTOCOL_GET_CLASS (self->protocol);

  g_assert_true (self->awaits_goodbye);
  FEED (self, "\1\0\0\2hi\4\14\3BYE\0\0\0\0\0\0\1\2");
  recorder_assert_logged (self, "confirmed 258\ngoodbye\n");
  class->finish (self->protocol, self->wire);
  WRITTEN (self, "\4\14\3BYE\0\0\0\0\0\0\0\1");
}

/* Before a PING it says how many messages it had sent. */
static void
test_sent (void)
{
  static const guint8 sent[] = "\4\15\4SENT\0\0\0\0\0\0\0";
  g_autoptr (Recorder) self = MEET (GOODBYE_READY);
  HeinProtocolClass *class = HEIN_PROTOCOL_GET_CLASS (self->protocol);
  g_autoptr (GBytes) ping = NULL;

  FEED (self, "\4\15\4SENT\0\0\0\0\0\0\1\2\4\6\4SENT\0");
  recorder_assert_logged (self, "arrived 258\n");
  class->ping (self->protocol, self->wire);
  ping = recorder_take_written (self);
  g_assert_cmpuint (g_bytes_get_size (ping), ==, 15 + 25);
  g_assert_cmpmem (g_bytes_get_data (ping, NULL), sizeof sent, sent,
                   sizeof sent);
}

/* Who has not announced it neither says nor hears one. */
static void
test_no_goodbye (void)
{
  g_autoptr (Recorder) self = MEET (HEIN_READY);
  HeinProtocolClass *class = HEIN_PROTOCOL_GET_CLASS (self->protocol);

  g_assert_false (self->awaits_goodbye);
  FEED (self, "\4\14\3BYE\0\0\0\0\0\0\1\2"
              "\4\15\4SENT\0\0\0\0\0\0\1\2");
  g_assert_null (strstr (self->log->str, "goodbye"));
  g_assert_null (strstr (self->log->str, "arrived"));
  class->finish (self->protocol, self->wire);
  WRITTEN (self, "");
}

static void
take_ping (Recorder *self, guint8 *pong, gsize size)
{
  HeinProtocolClass *class = HEIN_PROTOCOL_GET_CLASS (self->protocol);
  g_autoptr (GBytes) ping = NULL;

  class->ping (self->protocol, self->wire);
  ping = recorder_take_written (self);
  memcpy (pong, "\4\15\4PONG", 7);
  memcpy (pong + 7, (const guint8 *) g_bytes_get_data (ping, NULL) + 9, 8);
}

/* Where the way is longer than the time between two. */
static void
test_old_ping (void)
{
  g_autoptr (Recorder) self = MEET (HEIN_READY);
  guint8 first[15];
  guint8 second[15];

  take_ping (self, first, sizeof first);
  self->now_us += 1000;
  take_ping (self, second, sizeof second);
  recorder_feed (self, first, sizeof first);
  recorder_assert_logged (self, "rtt 1000\n");
  recorder_feed (self, second, sizeof second);
  recorder_assert_logged (self, "rtt 0\n");
  /* and each once */
  g_string_truncate (self->log, 0);
  recorder_feed (self, first, sizeof first);
  recorder_feed (self, second, sizeof second);
  g_assert_cmpstr (self->log->str, ==, "");
}

static void
test_pings (void)
{
  g_autoptr (Recorder) self = MEET (HEIN_READY);
  HeinProtocolClass *class = HEIN_PROTOCOL_GET_CLASS (self->protocol);
  g_autoptr (GBytes) ping = NULL;
  guint8 pong[15] = "\4\15\4PONG";

  FEED (self, "\4\13\4PING\0\1back");
  WRITTEN (self, "\4\11\4PONGback");
  class->ping (self->protocol, self->wire);
  ping = recorder_take_written (self);
  /* 150 tenths of a second, and the time */
  g_assert_cmpuint (g_bytes_get_size (ping), ==, 17);
  g_assert_cmpmem (g_bytes_get_data (ping, NULL), 9, "\4\17\4PING\0\x96", 9);
  memcpy (pong + 7, (const guint8 *) g_bytes_get_data (ping, NULL) + 9, 8);
  self->now_us += 123;
  recorder_feed (self, pong, sizeof pong);
  recorder_assert_logged (self, "rtt 123\n");
  FEED (self, "\4\10\7UNKNOWN\1\1t\0\2ok");
  assert_message (self, 0, "t", "ok");
}

/* ---- what is wrong ---- */

static void
test_hostile_sizes (void)
{
  static const guint64 sizes[] = {
    102000,      G_MAXINT32,  (guint64) G_MAXINT32 + 2,
    G_MAXUINT32, 1ull << 32,  (1ull << 32) + 1,
    1ull << 63,  G_MAXUINT64, G_MAXUINT64 - 9,
  };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    for (int first = 0; first < 2; first++)
      {
        g_autoptr (Recorder) self = MEET (HEIN_READY);
        guint8 header[9] = { first ? 3 : 2 };
        guint64 size = GUINT64_TO_BE (sizes[i]);

        memcpy (header + 1, &size, sizeof size);
        if (!first)
          FEED (self, "\1\1t");
        recorder_feed (self, header, sizeof header);
        g_assert_error (self->failure, HEIN_ERROR, HEIN_ERROR_TOO_LARGE);
        g_assert_cmpuint (self->expected, ==, 0);
      }
}

static void
test_limit (void)
{
  for (gsize size = 99999; size <= 100001; size++)
    {
      g_autoptr (Recorder) self = MEET (HEIN_READY);
      g_autofree guint8 *payload = g_malloc0 (size);
      guint8 header[9] = { 2 };
      guint64 wire_size = GUINT64_TO_BE (size);

      memcpy (header + 1, &wire_size, sizeof wire_size);
      FEED (self, "\1\1t");
      recorder_feed (self, header, sizeof header);
      recorder_feed (self, payload, size);
      if (size <= 100000)
        g_assert_cmpuint (self->delivered->len, ==, 1);
      else
        g_assert_error (self->failure, HEIN_ERROR, HEIN_ERROR_TOO_LARGE);
    }
}

static void
test_too_many_parts (void)
{
  g_autoptr (Recorder) self = MEET (READY_DEALER);

  for (guint i = 0; i < 1025; i++)
    FEED (self, "\1\1x");
  g_assert_error (self->failure, HEIN_ERROR, HEIN_ERROR_TOO_LARGE);
}

static void
test_bad_topics (void)
{
  static const struct
  {
    const char *bytes;
    gsize size;
  } bad[] = {
    { "\1\2\xc3\x28\0\1x", 7 }, /* no UTF-8 */
    { "\1\3a\0b\0\1x", 8 },     /* a NUL */
    { "\0\1x", 3 },             /* a topic without a payload */
    { "\1\2\xfft\0\1x", 7 },    /* attributes without a payload */
  };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (Recorder) self = MEET (HEIN_READY);

      zmtp_recorder_feed (self, bad[i].bytes, bad[i].size);
      g_assert_error (self->failure, HEIN_ERROR, HEIN_ERROR_PROTOCOL);
    }
}

/* ---- splits ---- */

#define CONVERSATION                                                           \
  GREETING HEIN_READY                                                          \
    "\4\12\11SUBSCRIBE\1\4news\0\2hi\4\7\4PING\0\1\1\1t\1\3one\0\3two"         \
    "\1\2\xfft\1\41\14Content-Type\0\0\0\20application/json\0\2{}\1\0\0\0"

static void
test_splits (void)
{
  const char conversation[] = CONVERSATION;
  const gsize size = sizeof conversation - 1;
  g_autoptr (Recorder) whole = zmtp_recorder_new (FALSE, NULL);
  g_autoptr (GBytes) expected = NULL;

  zmtp_recorder_feed (whole, conversation, size);
  g_assert_cmpuint (whole->delivered->len, ==, 4);
  expected = recorder_take_written (whole);
  for (gsize cut = 1; cut < size; cut++)
    {
      g_autoptr (Recorder) self = zmtp_recorder_new (FALSE, NULL);

      zmtp_recorder_feed (self, conversation, cut);
      zmtp_recorder_feed (self, conversation + cut, size - cut);
      g_assert_cmpuint (self->unused->len, ==, 0);
      g_assert_cmpuint (self->delivered->len, ==, 4);
      g_assert_cmpstr (self->log->str, ==, whole->log->str);
      recorder_assert_written (self, g_bytes_get_data (expected, NULL),
                               g_bytes_get_size (expected));
    }
}

static void
test_byte_by_byte (void)
{
  const char conversation[] = CONVERSATION;
  g_autoptr (Recorder) self = zmtp_recorder_new (FALSE, NULL);

  for (gsize i = 0; i < sizeof conversation - 1; i++)
    zmtp_recorder_feed (self, conversation + i, 1);
  g_assert_cmpuint (self->delivered->len, ==, 4);
  g_assert_no_error (self->failure);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/zmtp/messages/hein", test_hein_messages);
  g_test_add_func ("/zmtp/messages/plain", test_plain_messages);
  g_test_add_func ("/zmtp/messages/topic-frame", test_topic_frame);
  g_test_add_func ("/zmtp/messages/long-frames", test_long_frames);
  g_test_add_func ("/zmtp/messages/envelope", test_envelope);
  g_test_add_func ("/zmtp/commands/subscriptions", test_subscriptions);
  g_test_add_func ("/zmtp/patterns", test_patterns);
  g_test_add_func ("/zmtp/confirm", test_confirm);
  g_test_add_func ("/zmtp/commands/pings", test_pings);
  g_test_add_func ("/zmtp/commands/old-ping", test_old_ping);
  g_test_add_func ("/zmtp/commands/goodbye", test_goodbye);
  g_test_add_func ("/zmtp/commands/sent", test_sent);
  g_test_add_func ("/zmtp/commands/no-goodbye", test_no_goodbye);
  g_test_add_func ("/zmtp/wrong/hostile-sizes", test_hostile_sizes);
  g_test_add_func ("/zmtp/wrong/limit", test_limit);
  g_test_add_func ("/zmtp/wrong/too-many-parts", test_too_many_parts);
  g_test_add_func ("/zmtp/wrong/bad-topics", test_bad_topics);
  g_test_add_func ("/zmtp/splits/each", test_splits);
  g_test_add_func ("/zmtp/splits/byte-by-byte", test_byte_by_byte);
  return g_test_run ();
}
