/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "../plugins/protocols/nats/nats-want.h"
#include "hostile-peer.h"
#include "nats-recorder.h"

#include <string.h>

/* Buckets of keys and values: what is put, and consumers that bring what others put. */

static Recorder *
new_bucket (void)
{
  return recorder_new (g_object_new (HEIN_TYPE_NATS, "bucket", "house", NULL),
                       TRUE, "spock", NULL);
}

static Recorder *
open_bucket (void)
{
  Recorder *self = new_bucket ();

  FEED (self, INFO_HEADERS PONG);
  g_assert_no_error (self->failure);
  g_assert_true (self->is_ready);
  nats_recorder_forget (self);
  return self;
}

/* (transfer full) */
static char *
take_text (Recorder *self)
{
  g_autoptr (GBytes) bytes = recorder_take_written (self);

  return g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
}

static guint
count (const char *text, const char *word)
{
  guint n = 0;

  for (; (text = strstr (text, word)) != NULL; text++)
    n++;
  return n;
}

static void
say (Recorder *self, const char *format, ...)
{
  va_list arguments;
  g_autofree char *text = NULL;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  recorder_feed (self, (const guint8 *) text, strlen (text));
}

/* The server answers for the consumer of a subscription. */
static void
answer (Recorder *self, guint sid, const char *json)
{
  const NatsInbox *inbox = &HEIN_NATS (self->protocol)->inbox;

  say (self,
       "MSG _INBOX.%016" G_GINT64_MODIFIER "x%016" G_GINT64_MODIFIER
       "x.C%016x %u %u\r\n%s\r\n",
       inbox->key[0], inbox->key[1], sid, inbox->sid, (guint) strlen (json),
       json);
}

#define MADE "{\"name\":\"x\"}"

/* Something that its consumer has brought as its @number, and the stream has as
 * @sequence. */
static void
bring (Recorder *self, guint sid, const char *key, guint sequence, guint number)
{
  say (self,
       "MSG $KV.house.%s %u $JS.ACK.KV_house.x.1.%u.%u.1700000000000000000.0 "
       "2\r\nhi\r\n",
       key, sid, sequence, number);
  g_assert_no_error (self->failure);
}

static void
assert_topics (Recorder *self, const char *expected)
{
  g_autoptr (GString) topics = g_string_new (NULL);

  for (guint i = 0; i < self->delivered->len; i++)
    g_string_append_printf (topics, "%s%s", i > 0 ? " " : "",
                            hein_message_get_topic (self->delivered->pdata[i]));
  g_assert_cmpstr (topics->str, ==, expected);
}

/* ---- putting ---- */

static void
test_put (void)
{
  g_autoptr (Recorder) self = open_bucket ();

  ENCODES (self, MAKE ("a/b", NULL, "hi"), "PUB $KV.house.a.b 2\r\nhi\r\n");
  ENCODES (self, MAKE ("a/b", "t/x", "hi"),
           "HPUB $KV.house.a.b 31 33\r\nNATS/1.0\r\nContent-Type: "
           "t/x\r\n\r\nhi\r\n");
  ENCODES (self, MAKE ("a/b", NULL, ""),
           "HPUB $KV.house.a.b 31 31\r\nNATS/1.0\r\nKV-Operation: "
           "DEL\r\n\r\n\r\n");
}

static void
test_put_purge (void)
{
  g_autoptr (Recorder) self = open_bucket ();
  HeinMessage *message = MAKE ("a", NULL, "");

  hein_message_set_attribute (message, "KV-Operation", "PURGE", NULL);
  ENCODES (self, message,
           "HPUB $KV.house.a 33 33\r\nNATS/1.0\r\nKV-Operation: "
           "PURGE\r\n\r\n\r\n");
}

static void
test_put_bad (void)
{
  static const char *const topics[] = {
    "", "a.b", "a b", "ä", "$a", "a/", "*"
  };
  g_autoptr (Recorder) self = open_bucket ();

  for (guint i = 0; i < G_N_ELEMENTS (topics); i++)
    {
      g_autoptr (HeinMessage) message = hein_message_new_text (topics[i], "x");
      g_autoptr (GError) error = NULL;

      g_assert_false (recorder_encode (self, message, &error));
      g_assert_nonnull (error);
    }
  WRITTEN (self, "");
}

static void
test_get (void)
{
  const HeinMessageAttributes request = { .ask = HEIN_ASK_REQUEST,
                                          .ask_id = 1 };
  g_autoptr (Recorder) self = open_bucket ();
  g_autoptr (HeinMessage) get =
    hein_message_new_attributed_data ("$hein/get/a/b", &request, NULL, 0, NULL);
  g_autoptr (HeinMessage) bad =
    hein_message_new_attributed_data ("$hein/get/a b", &request, NULL, 0, NULL);
  g_autofree char *text = NULL;

  g_assert_true (recorder_encode (self, get, NULL));
  text = take_text (self);
  g_assert_nonnull (
    strstr (text, "PUB $JS.API.DIRECT.GET.KV_house.$KV.house.a.b _INBOX."));
  g_assert_false (recorder_encode (self, bad, NULL));
}

/* ---- watching ---- */

/* The inbox is number 2, as the first subscription begins with it. */
static void
test_begin (void)
{
  g_autoptr (Recorder) self = open_bucket ();
  g_autofree char *text = NULL;

  nats_recorder_subscribe (self, "lamps/", TRUE);
  text = take_text (self);
  g_assert_true (g_str_has_prefix (text, "SUB _INBOX."));
  g_assert_nonnull (strstr (text, ".* 1\r\nSUB _INBOX."));
  g_assert_nonnull (strstr (text, ".W.0000000000000002 2\r\n"
                                  "PUB $JS.API.CONSUMER.CREATE.KV_house "));
  g_assert_nonnull (strstr (text, "\"deliver_policy\":\"last_per_subject\""));
  g_assert_nonnull (strstr (text, "\"filter_subject\":\"$KV.house.lamps.>\""));
  answer (self, 2, MADE);
  bring (self, 2, "lamps.1", 7, 1);
  bring (self, 2, "lamps.2", 9, 2);
  assert_topics (self, "lamps/1 lamps/2");
  nats_recorder_subscribe (self, "lamps/", FALSE);
  WRITTEN (self, "UNSUB 2\r\n");
  bring (self, 2, "lamps.3", 10, 3);
  assert_topics (self, "lamps/1 lamps/2");
}

static void
test_gone (void)
{
  g_autoptr (Recorder) self = open_bucket ();

  nats_recorder_subscribe (self, "", TRUE);
  answer (self, 2, MADE);
  say (self, "HMSG $KV.house.a 2 $JS.ACK.KV_house.x.1.7.1.1.0 31 31\r\n"
             "NATS/1.0\r\nKV-Operation: DEL\r\n\r\n\r\n");
  MESSAGE (self, 0, "a", NULL, "");
  g_assert_cmpstr (hein_message_get_attribute (self->delivered->pdata[0],
                                               "KV-Operation"),
                   ==, "DEL");
}

/* A key that is wanted twice comes once, and goes on when one of them ends. */
static void
test_overlap (void)
{
  g_autoptr (Recorder) self = open_bucket ();
  g_autofree char *text = NULL;

  nats_recorder_subscribe (self, "a/", TRUE);
  nats_recorder_subscribe (self, "a/b", TRUE);
  nats_recorder_subscribe (self, "c", TRUE);
  for (guint sid = 2; sid <= 4; sid++)
    answer (self, sid, MADE);
  bring (self, 2, "a.b", 7, 1);
  bring (self, 3, "a.b", 7, 1);
  bring (self, 3, "a.b", 8, 2);
  assert_topics (self, "a/b");
  nats_recorder_forget (self);
  nats_recorder_subscribe (self, "a/", FALSE);
  text = take_text (self);
  /* "c" has nothing of it, but its subject is ">" */
  g_assert_cmpuint (count (text, "UNSUB"), ==, 3);
  g_assert_cmpuint (count (text, "CREATE"), ==, 2);
  answer (self, 5, MADE);
  bring (self, 5, "a.b", 7, 1);
  assert_topics (self, "a/b");
  bring (self, 5, "a.b", 8, 2);
  assert_topics (self, "a/b a/b");
}

/* Where one of its numbers is missing, another one begins, from where it was. */
static void
test_gap (void)
{
  g_autoptr (Recorder) self = open_bucket ();
  g_autofree char *text = NULL;

  nats_recorder_subscribe (self, "", TRUE);
  answer (self, 2, MADE);
  bring (self, 2, "a", 5, 1);
  bring (self, 2, "b", 6, 2);
  nats_recorder_forget (self);
  bring (self, 2, "d", 9, 4);
  text = take_text (self);
  g_assert_true (g_str_has_prefix (text, "UNSUB 2\r\nSUB _INBOX."));
  answer (self, 3, MADE);
  bring (self, 2, "c", 8, 5);
  bring (self, 3, "b", 6, 1);
  bring (self, 3, "c", 8, 2);
  bring (self, 3, "d", 9, 3);
  assert_topics (self, "a b c d");
}

static void
status (Recorder *self, guint sid, const char *reply, const char *headers)
{
  const guint size = strlen (headers);

  say (self, "HMSG _INBOX.x.W.1 %u %s%u %u\r\n%s\r\n", sid, reply, size, size,
       headers);
  g_assert_no_error (self->failure);
}

static void
test_heartbeat (void)
{
  g_autoptr (Recorder) self = open_bucket ();
  g_autofree char *text = NULL;

  nats_recorder_subscribe (self, "", TRUE);
  answer (self, 2, MADE);
  bring (self, 2, "a", 5, 1);
  nats_recorder_forget (self);
  status (self, 2, "",
          "NATS/1.0 100 Idle Heartbeat\r\nNats-Last-Consumer: 1\r\n\r\n");
  WRITTEN (self, "");
  status (self, 2, "$JS.FC.KV_house.x.y ",
          "NATS/1.0 100 FlowControl Request\r\n\r\n");
  WRITTEN (self, "PUB $JS.FC.KV_house.x.y 0\r\n\r\n");
  status (self, 2, "",
          "NATS/1.0 100 Idle Heartbeat\r\nNats-Consumer-Stalled: "
          "$JS.FC.KV_house.x.z\r\n\r\n");
  WRITTEN (self, "PUB $JS.FC.KV_house.x.z 0\r\n\r\n");
  /* it answers nobody else */
  status (self, 2, "a.b ", "NATS/1.0 100 FlowControl Request\r\n\r\n");
  status (self, 2, "",
          "NATS/1.0 100 Idle Heartbeat\r\nNats-Consumer-Stalled: "
          "$JS.FC.x 5\r\n\r\n");
  WRITTEN (self, "");
  status (self, 2, "",
          "NATS/1.0 100 Idle Heartbeat\r\nNats-Last-Consumer: 2\r\n\r\n");
  text = take_text (self);
  g_assert_cmpuint (count (text, "CREATE"), ==, 1);
  assert_topics (self, "a");
}

/* One that is not heard of is made anew, once the server has said all. */
static void
test_silence (void)
{
  g_autoptr (Recorder) self = open_bucket ();
  g_autofree char *text = NULL;

  nats_recorder_subscribe (self, "", TRUE);
  answer (self, 2, MADE);
  nats_recorder_forget (self);
  recorder_pass_time (self, 15000);
  WRITTEN (self, "");
  recorder_pass_time (self, 15000);
  WRITTEN (self, "PING\r\n");
  bring (self, 2, "a", 5, 1);
  FEED (self, PONG);
  WRITTEN (self, "");
  recorder_pass_time (self, 15000);
  recorder_pass_time (self, 15000);
  FEED (self, PONG);
  text = take_text (self);
  g_assert_cmpuint (count (text, "CREATE"), ==, 1);
}

/* Subscriptions are confirmed when their consumers are there. */
static void
test_confirm (void)
{
  g_autoptr (Recorder) self = open_bucket ();

  nats_recorder_subscribe (self, "", TRUE);
  g_assert_true (HEIN_PROTOCOL_GET_CLASS (self->protocol)
                   ->confirm (self->protocol, self->wire, 3));
  FEED (self, PONG);
  g_assert_null (strstr (self->log->str, "confirm"));
  answer (self, 2, MADE);
  recorder_assert_logged (self, "confirm");
}

static void
test_refused (void)
{
  static const struct
  {
    const char *json;
    const char *reason;
  } cases[] = {
    { "{\"error\":{\"code\":404,\"err_code\":10059,\"description\":\"stream "
      "not found\"}}",
      "nats kv add house" },
    { "{\"error\":{\"code\":500,\"err_code\":1,\"description\":\"why\"}}",
      "\"why\" (500, 1)" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (Recorder) self = open_bucket ();

      nats_recorder_subscribe (self, "", TRUE);
      answer (self, 2, cases[i].json);
      recorder_assert_failed (self, HEIN_ERROR_REFUSED, cases[i].reason);
    }
}

static void
test_old_server (void)
{
  g_autoptr (Recorder) self = new_bucket ();

  FEED (self, INFO);
  recorder_assert_failed (self, HEIN_ERROR_REFUSED, "no headers");
}

/* ---- which keys ---- */

static void
test_wants (void)
{
  static const struct
  {
    const char *subject;
    const char *text;
    gboolean is_pattern;
    const char *has;
    const char *has_not;
  } cases[] = {
    { ">", "", FALSE, "a a.b", "" },
    { "a.>", "a/", FALSE, "a.b a.b.c", "a b.a ab" },
    { "a.>", "a/b", FALSE, "a.b a.bc a.b.c", "a.c a" },
    { "a.*.c", "a/*/c", TRUE, "a.b.c", "a.c a.b.c.d a.b" },
    { "a.>", "a/**", TRUE, "a.b a.b.c", "a b" },
    { "a", "a/**", TRUE, "a", "a.b b" },
    { "a.>", "a/**/c", TRUE, "a.c a.b.c a.c.c a.b.b.c", "a a.b a.c.b" },
    { ">", "**/b/*", TRUE, "b.a a.b.c b.b.b", "b a.b a.b.c.d" },
    { ">", "**/a/**/b", TRUE, "a.b a.a.b c.a.c.b a.b.a.b", "a b b.a" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      NatsWant *want =
        nats_want_new (cases[i].subject, cases[i].text, cases[i].is_pattern);
      g_auto (GStrv) has = g_strsplit (cases[i].has, " ", -1);
      g_auto (GStrv) has_not = g_strsplit (cases[i].has_not, " ", -1);

      for (char **key = has; *key != NULL; key++)
        g_assert_true (
          nats_want_has (want, &(NatsSpan){ *key, strlen (*key) }));
      for (char **key = has_not; *key != NULL; key++)
        g_assert_false (
          nats_want_has (want, &(NatsSpan){ *key, strlen (*key) }));
      nats_want_unref (want);
    }
}

static void
test_wants_overlap (void)
{
  static const struct
  {
    const char *a;
    const char *b;
    gboolean overlap;
  } cases[] = {
    { ">", "a", TRUE },      { "a", "a", TRUE },        { "a", "b", FALSE },
    { "a.>", "a", FALSE },   { "a.>", "a.b.c", TRUE },  { "a.*", "*.b", TRUE },
    { "a.*", "b.*", FALSE }, { "a.*", "a.b.c", FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      NatsWant *a = nats_want_new (cases[i].a, "", FALSE);
      NatsWant *b = nats_want_new (cases[i].b, "", FALSE);

      g_assert_cmpint (nats_want_overlaps (a, b), ==, cases[i].overlap);
      g_assert_cmpint (nats_want_overlaps (b, a), ==, cases[i].overlap);
      nats_want_unref (a);
      nats_want_unref (b);
    }
}

/* ---- strangers ---- */

static Recorder *
start (void)
{
  Recorder *self = new_bucket ();

  nats_recorder_subscribe (self, "", TRUE);
  return self;
}

/* What is not understood is left out: no message, and no end. */
static void
test_ignored (void)
{
  static const char *const said[] = {
    "MSG $KV.house.a 2 1\r\nx\r\n",
    "MSG $KV.house.a 2 r 1\r\nx\r\n",
    "MSG $KV.house.a 2 $JS.ACK. 1\r\nx\r\n",
    "MSG $KV.house.a 2 $JS.ACK.S.x.1.1.1.1 1\r\nx\r\n",
    "MSG $KV.house.a 2 $JS.ACK.S.x.1.-1.1.1.0 1\r\nx\r\n",
    "MSG $KV.house.a 2 $JS.ACK.S.x.1.0.1.1.0 1\r\nx\r\n",
    "MSG $KV.house.a 2 $JS.ACK.S.x.1.9999999999999999.1.1.0 1\r\nx\r\n",
    "MSG $KV.house.a 2 $JS.ACK.S.x.1.5.2.1.0 1\r\nx\r\n",
    "MSG $KV.ship.a 2 $JS.ACK.S.x.1.1.1.1.0 1\r\nx\r\n",
    "MSG a 2 $JS.ACK.S.x.1.1.1.1.0 1\r\nx\r\n",
    "HMSG a 2 3 3\r\nx\r\n\r\n",
  };

  for (guint i = 0; i < G_N_ELEMENTS (said); i++)
    {
      g_autoptr (Recorder) self = open_bucket ();

      nats_recorder_subscribe (self, "", TRUE);
      say (self, "%s", said[i]);
      g_assert_no_error (self->failure);
      g_assert_cmpuint (self->delivered->len, ==, 0);
    }
}

static void
test_changed (void)
{
  static const char said[] = INFO_HEADERS PONG
    "MSG $KV.house.a.b 1 $JS.ACK.KV_house.x.1.7.1.17.0 2\r\nhi\r\n"
    "HMSG _INBOX.x.W.1 1 r 53 53\r\nNATS/1.0 100 Idle\r\n"
    "Nats-Last-Consumer: 1\r\nA: bcdef\r\n\r\n\r\n"
    "MSG $KV.house.a.c 1 $JS.ACK.d.a.KV_house.x.1.8.2.17.0.z 1\r\nx\r\n";

  hostile_change_each (start, said, sizeof said - 1, 2);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, test) g_test_add_func ("/nats/bucket/" path, test)
  ADD ("put", test_put);
  ADD ("put-purge", test_put_purge);
  ADD ("put-bad", test_put_bad);
  ADD ("get", test_get);
  ADD ("begin", test_begin);
  ADD ("gone", test_gone);
  ADD ("overlap", test_overlap);
  ADD ("gap", test_gap);
  ADD ("heartbeat", test_heartbeat);
  ADD ("silence", test_silence);
  ADD ("confirm", test_confirm);
  ADD ("refused", test_refused);
  ADD ("old-server", test_old_server);
  ADD ("wants", test_wants);
  ADD ("wants-overlap", test_wants_overlap);
  ADD ("ignored", test_ignored);
  ADD ("changed", test_changed);
  return g_test_run ();
}
