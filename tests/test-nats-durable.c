/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "../plugins/protocols/nats/nats-ack.h"
#include "../plugins/protocols/nats/nats-consumer.h"
#include "hostile-peer.h"
#include "nats-recorder.h"
#include "recording-wire-funcs.h"

#include <string.h>

/* Durable consumers, from which messages are pulled, and acknowledged when they were
 * handled. */

#define CREDIT 256 /* of the recording wire */
#define ACK    "$JS.ACK.ORDERS.workers."
#define THERE                                                                  \
  "{\"name\":\"workers\",\"config\":{\"ack_policy\":\"explicit\","             \
  "\"ack_wait\":30000000000},\"x\":[{\"config\":1}]}"
#define FILTERED(filter)                                                       \
  "{\"config\":{\"ack_policy\":\"explicit\",\"filter_subject\":\"" filter "\"" \
  "}}"
#define ERROR_(code, number)                                                   \
  "{\"error\":{\"code\":" code ",\"err_code\":" number                         \
  ",\"description\":\"why\"}}"

static Recorder *
new_durable (void)
{
  return recorder_new (g_object_new (HEIN_TYPE_NATS, "stream", "ORDERS",
                                     "durable", "workers", NULL),
                       TRUE, "spock", NULL);
}

/* (transfer full) */
static char *
take_text (Recorder *self)
{
  g_autoptr (GBytes) bytes = recorder_take_written (self);

  gsize size;
  const char *data = g_bytes_get_data (bytes, &size);

  return size > 0 ? g_strndup (data, size) : g_strdup ("");
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
assert_written (Recorder *self, const char *word, guint n)
{
  g_autofree char *text = take_text (self);

  if (count (text, word) != n)
    g_error ("not %u times \"%s\" in \"%s\"", n, word, text);
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

/* (transfer full) */
static char *
make_inbox (Recorder *self, const char *kind)
{
  const HeinNats *nats = HEIN_NATS (self->protocol);

  return g_strdup_printf ("_INBOX.%016" G_GINT64_MODIFIER
                          "x%016" G_GINT64_MODIFIER "x.%s%016" G_GINT64_MODIFIER
                          "x",
                          nats->inbox.key[0], nats->inbox.key[1], kind,
                          nats->consumer.n_asked);
}

/* The server answers the last question. */
static void
answer (Recorder *self, const char *json)
{
  g_autofree char *inbox = make_inbox (self, "I");

  say (self, "MSG %s %u %u\r\n%s\r\n", inbox,
       HEIN_NATS (self->protocol)->inbox.sid, (guint) strlen (json), json);
}

/* It says something of what was pulled last. */
static void
status (Recorder *self, const char *headers)
{
  g_autofree char *inbox = make_inbox (self, "P.");
  const guint size = strlen (headers);

  say (self, "HMSG %s 2 %u %u\r\n%s\r\n", inbox, size, size, headers);
}

/* It brings one. */
static void
bring (Recorder *self, const char *subject, guint sequence, guint n_times)
{
  say (self, "MSG %s 2 " ACK "%u.%u.%u.1700000000000000000.0 2\r\nhi\r\n",
       subject, n_times, sequence, sequence);
}

static Recorder *
open_wanting (const char *prefix, const char *json)
{
  Recorder *self = new_durable ();

  FEED (self, INFO_HEADERS PONG);
  g_assert_true (self->is_ready);
  nats_recorder_forget (self);
  nats_recorder_subscribe (self, prefix, TRUE);
  recorder_pass_time (self, 0);
  assert_written (self, "PUB $JS.API.CONSUMER.INFO.ORDERS.workers _INBOX.", 1);
  answer (self, json);
  return self;
}

static Recorder *
open_durable (void)
{
  Recorder *self = open_wanting ("", THERE);

  g_assert_no_error (self->failure);
  assert_written (self,
                  "{\"batch\":256,\"expires\":30000000000,"
                  "\"idle_heartbeat\":5000000000}",
                  1);
  self->is_busy = TRUE;
  return self;
}

/* ---- names ---- */

static void
test_options (void)
{
  static const struct
  {
    const char *first;
    const char *second;
    const char *name;
    const char *value;
    const char *reason;
  } cases[] = {
    { "s", NULL, NULL, NULL, "need each other" },
    { NULL, "d", NULL, NULL, "need each other" },
    { "a.b", "d", NULL, NULL, "1 to 255 bytes" },
    { "s", "a b", NULL, NULL, "1 to 255 bytes" },
    { "s", "", NULL, NULL, "1 to 255 bytes" },
    { "s", "d", "bucket", "b", "give one" },
    { "s", "d", "queue-group", "q", "leave out" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      HeinSecrecy secrecy = HEIN_SECRECY_NONE;
      g_autoptr (GError) error = NULL;
      g_autoptr (HeinProtocol) nats =
        g_object_new (HEIN_TYPE_NATS, "stream", cases[i].first, "durable",
                      cases[i].second, cases[i].name, cases[i].value, NULL);

      g_assert_false (
        HEIN_PROTOCOL_GET_CLASS (nats)->prepare (nats, HEIN_ROLE_DIAL, &secrecy,
                                                 &error));
      g_assert_error (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS);
      g_assert_nonnull (strstr (error->message, cases[i].reason));
    }
  g_assert_true (nats_consumer_is_name ("Bestellungen_2-ä"));
}

static void
test_replies (void)
{
  static const struct
  {
    const char *reply;
    guint64 sequence; /* 0: it is none */
  } cases[] = {
    { "$JS.ACK.s.c.1.17.4.1700000000000000000.0", 17 },
    { "$JS.ACK.hub.acc.s.c.1.17.4.1700000000000000000.0", 17 },
    { "$JS.ACK.hub.acc.s.c.1.17.4.1700000000000000000.0.token", 17 },
    { "$JS.ACK.s.c.1.17.4.1700000000000000000", 0 },
    { "$JS.ACK.s.c.x.17.4.1700000000000000000.0", 0 },
    { "$JS.ACK.s.c.1..4.1700000000000000000.0", 0 },
    { "$JS.ACK.s.c\1.1.17.4.1700000000000000000.0", 0 },
    { "$JS.ACK.", 0 },
    { "", 0 },
    { "orders.1.2.3.4.5.6.7.8", 0 },
  };
  g_autofree char *name = g_strnfill (NATS_ACK_MAX, 'x');
  g_autofree char *large = g_strdup_printf ("$JS.ACK.%s.c.1.2.3.4.5", name);
  NatsAck ack;

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      const NatsSpan reply = { cases[i].reply, strlen (cases[i].reply) };

      g_assert_true (nats_ack_read (&ack, &reply) == (cases[i].sequence > 0));
      g_assert_true (
        cases[i].sequence == 0 ||
        (ack.sequence == 17 && ack.number == 4 && ack.n_times == 1));
    }
  g_assert_false (nats_ack_read (&ack, &(NatsSpan){ large, strlen (large) }));
}

/* ---- the consumer ---- */

static void
test_made (void)
{
  g_autoptr (Recorder) self = open_wanting ("orders/", ERROR_ ("404", "10014"));
  g_autofree char *text = take_text (self);

  g_assert_no_error (self->failure);
  g_assert_nonnull (
    strstr (text, "PUB $JS.API.CONSUMER.DURABLE.CREATE.ORDERS.workers "));
  g_assert_nonnull (strstr (
    text,
    "{\"stream_name\":\"ORDERS\",\"config\":{\"durable_name\":\"workers\","
    "\"deliver_policy\":\"all\",\"ack_policy\":\"explicit\","
    "\"replay_policy\":\"instant\",\"filter_subject\":\"orders.>\"}}"));
  answer (self, FILTERED ("orders.>"));
  assert_written (self, "MSG.NEXT", 1);
  g_assert_no_error (self->failure);
}

/* What the server has as limits, and that it waits less for what comes again. */
static void
test_limits (void)
{
  g_autoptr (Recorder) self =
    open_wanting ("", "{\"config\":{\"ack_policy\":\"explicit\","
                      "\"max_batch\":7,\"max_expires\":1000000000,"
                      "\"ack_wait\":30000000000,\"backoff\":[30000000000,"
                      "3000000000,99999999999999999999]}}");

  assert_written (self, "{\"batch\":7,\"expires\":1000000000}", 1);
  self->is_busy = TRUE;
  bring (self, "a", 1, 1);
  recorder_pass_time (self, 1000);
  recorder_pass_time (self, 1000);
  assert_written (self, "+WPI", 1);
}

static void
test_refused (void)
{
  static const struct
  {
    const char *prefix;
    const char *json;
    HeinError code;
    const char *reason;
  } cases[] = {
    { "", ERROR_ ("404", "10059"), HEIN_ERROR_REFUSED, "\"why\" (404, 10059)" },
    { "", ERROR_ ("400", "1"), HEIN_ERROR_REFUSED, "\"why\" (400, 1)" },
    { "", "{\"config\":{\"ack_policy\":\"none\"}}", HEIN_ERROR_REFUSED,
      "policy \"none\"" },
    { "", "{\"config\":{\"a\":1}}", HEIN_ERROR_REFUSED, "policy \"none\"" },
    { "",
      "{\"config\":{\"ack_policy\":\"explicit\",\"deliver_subject\":\"x\"}}",
      HEIN_ERROR_REFUSED, "push consumer" },
    { "bills/", FILTERED ("orders.>"), HEIN_ERROR_REFUSED,
      "brings \"orders.>\", and this program has subscribed to \"bills.>\"" },
    { "bills/", THERE, HEIN_ERROR_REFUSED, "brings \">\"" },
    { "a/",
      "{\"config\":{\"ack_policy\":\"explicit\",\"filter_subjects\":[\"a.>\","
      "\"b\"]}}",
      HEIN_ERROR_REFUSED, "several subjects" },
    { "", "{}", HEIN_ERROR_PROTOCOL, "not JetStream" },
    { "", "hello", HEIN_ERROR_PROTOCOL, "not JetStream" },
    { "", "", HEIN_ERROR_PROTOCOL, "not JetStream" },
    { "", "[]", HEIN_ERROR_PROTOCOL, "not JetStream" },
    { "", "{\"config\":{\"ack_wait\":-1}}", HEIN_ERROR_PROTOCOL, "not Jet" },
    { "", "{\"config\":{\"max_batch\":true}}", HEIN_ERROR_PROTOCOL, "not Jet" },
    { "", "{\"config\":{\"a\":1},\"error\":{\"code\":500}}",
      HEIN_ERROR_PROTOCOL, "not JetStream" },
    { "", "{\"config\":{\"filter_subject\":\"a\"}", HEIN_ERROR_PROTOCOL,
      "not JetStream" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (Recorder) self = open_wanting (cases[i].prefix, cases[i].json);

      recorder_assert_failed (self, cases[i].code, cases[i].reason);
    }
}

/* Several have no filter, nor has one that is no subject. */
static void
test_wants (void)
{
  static const char *const bad[] = { "orders/1", "orders/" };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (Recorder) self = new_durable ();

      FEED (self, INFO_HEADERS PONG);
      nats_recorder_subscribe (self, bad[i], TRUE);
      if (i > 0)
        nats_recorder_subscribe (self, "bills/", TRUE);
      recorder_pass_time (self, 0);
      recorder_assert_failed (self, HEIN_ERROR_REFUSED,
                              "has one subject as its filter");
    }
}

static void
test_patterns (void)
{
  g_autoptr (Recorder) self = new_durable ();
  g_autoptr (Recorder) other = new_durable ();

  FEED (self, INFO_HEADERS PONG);
  nats_recorder_pattern (self, "orders/*/new", TRUE);
  recorder_pass_time (self, 0);
  answer (self, FILTERED ("orders.*.new"));
  assert_written (self, "MSG.NEXT", 1);
  FEED (other, INFO_HEADERS PONG);
  nats_recorder_pattern (other, "orders/**", TRUE);
  recorder_pass_time (other, 0);
  recorder_assert_failed (other, HEIN_ERROR_REFUSED, "without \"**\"");
}

/* The first subscription takes the place of everything. */
static void
test_wants_change (void)
{
  g_autoptr (Recorder) self = open_wanting ("orders/", FILTERED ("orders.>"));

  nats_recorder_forget (self);
  nats_recorder_subscribe (self, "bills/", TRUE);
  nats_recorder_subscribe (self, "bills/", FALSE);
  recorder_pass_time (self, 0);
  g_assert_no_error (self->failure);
  nats_recorder_subscribe (self, "orders/", FALSE);
  nats_recorder_subscribe (self, "bills/", TRUE);
  recorder_pass_time (self, 0);
  recorder_assert_failed (self, HEIN_ERROR_REFUSED, "brings \"orders.>\"");
}

static void
test_confirm (void)
{
  g_autoptr (Recorder) self = new_durable ();

  FEED (self, INFO_HEADERS PONG);
  nats_recorder_subscribe (self, "", TRUE);
  g_assert_true (HEIN_PROTOCOL_GET_CLASS (self->protocol)
                   ->confirm (self->protocol, self->wire, 3));
  FEED (self, PONG);
  recorder_pass_time (self, 0);
  g_assert_null (strstr (self->log->str, "confirm"));
  answer (self, THERE);
  recorder_assert_logged (self, "confirm");
}

/* Where JetStream has no leader for a while, it is asked again. */
static void
test_asked_again (void)
{
  g_autoptr (Recorder) self = open_wanting ("", ERROR_ ("503", "10008"));

  g_assert_no_error (self->failure);
  nats_recorder_forget (self);
  answer (self, THERE); /* it was not asked */
  recorder_pass_time (self, 1000);
  assert_written (self, "CONSUMER.INFO", 1);
  recorder_pass_time (self, 15000);
  FEED (self, PONG);
  assert_written (self, "CONSUMER.INFO", 1);
  answer (self, THERE);
  assert_written (self, "MSG.NEXT", 1);
}

static void
test_no_jetstream (void)
{
  g_autoptr (Recorder) self = new_durable ();
  g_autoptr (Recorder) old = new_durable ();
  g_autofree char *inbox = NULL;

  FEED (self, INFO_HEADERS PONG);
  nats_recorder_subscribe (self, "", TRUE);
  recorder_pass_time (self, 0);
  inbox = make_inbox (self, "I");
  say (self, "HMSG %s 1 16 16\r\nNATS/1.0 503\r\n\r\n\r\n", inbox);
  recorder_assert_failed (self, HEIN_ERROR_REFUSED, "no JetStream");
  FEED (old, INFO);
  recorder_assert_failed (old, HEIN_ERROR_REFUSED, "no headers");
}

/* ---- messages ---- */

static void
test_handled (void)
{
  g_autoptr (Recorder) self = open_durable ();
  HeinMessage *message;

  bring (self, "orders.1", 17, 1);
  bring (self, "orders.2", 18, 3);
  MESSAGE (self, 0, "orders/1", NULL, "hi");
  message = self->delivered->pdata[1];
  g_assert_cmpstr (hein_message_get_attribute (message, "Nats-Sequence"), ==,
                   "18");
  g_assert_cmpstr (hein_message_get_attribute (message, "Nats-Num-Delivered"),
                   ==, "3");
  WRITTEN (self, "");
  recorder_settle (self, NULL);
  WRITTEN (self, "PUB " ACK "1.17.17.1700000000000000000.0 4\r\n+ACK\r\n");
  recorder_fail (self, HEIN_ERROR_REFUSED);
  WRITTEN (self, "PUB " ACK "3.18.18.1700000000000000000.0 25\r\n"
                 "-NAK {\"delay\":3000000000}\r\n");
  bring (self, "orders.3", 19, 1);
  recorder_fail (self, HEIN_ERROR_TIMED_OUT);
  assert_written (self, "+TERM", 1);
}

/* What cannot be a message here is not to come again. */
static void
test_never (void)
{
  g_autoptr (Recorder) self = open_durable ();
  const gsize size = RECORDER_MAX_MESSAGE_SIZE + 1;
  g_autofree char *large = g_strnfill (size, 'x');

  FEED (self, "INFO {\"proto\":1,\"max_payload\":200000,\"headers\":true}\r\n");
  bring (self, "a/b", 1, 1);
  recorder_assert_logged (self, "drop");
  assert_written (self, "1.1.1.1700000000000000000.0 5\r\n+TERM", 1);
  say (self, "MSG a 2 " ACK "1.2.2.1.0 %u\r\n%s\r\n", (guint) size, large);
  assert_written (self, "1.2.2.1.0 5\r\n+TERM", 1);
  g_assert_cmpuint (self->delivered->len, ==, 0);
  g_assert_no_error (self->failure);
}

/* As many are pulled as there is room for, once there is some. */
static void
test_room (void)
{
  g_autoptr (Recorder) self = open_durable ();

  for (guint i = 1; i <= CREDIT; i++)
    bring (self, "a", i, 1);
  g_assert_cmpuint (self->delivered->len, ==, CREDIT);
  WRITTEN (self, "");
  for (guint i = 1; i < CREDIT / 2; i++)
    recorder_settle (self, NULL);
  assert_written (self, "MSG.NEXT", 0);
  recorder_settle (self, NULL);
  assert_written (self, "{\"batch\":128,", 1);
  recorder_settle (self, NULL);
  assert_written (self, "MSG.NEXT", 0);
}

static void
test_progress (void)
{
  g_autoptr (Recorder) self = open_durable ();

  bring (self, "a", 1, 1);
  recorder_pass_time (self, 10000);
  bring (self, "b", 2, 1);
  WRITTEN (self, "");
  recorder_pass_time (self, 10000);
  assert_written (self, "1.1.1.1700000000000000000.0 4\r\n+WPI\r\n", 1);
  recorder_settle (self, NULL);
  recorder_settle (self, NULL);
  nats_recorder_forget (self);
  recorder_pass_time (self, 10000);
  assert_written (self, "+WPI", 0);
}

/* One that is still being handled is not handled twice. */
static void
test_again (void)
{
  g_autoptr (Recorder) self = open_durable ();

  bring (self, "a", 1, 1);
  bring (self, "a", 1, 2);
  g_assert_cmpuint (self->delivered->len, ==, 1);
  recorder_settle (self, NULL);
  WRITTEN (self, "PUB " ACK "2.1.1.1700000000000000000.0 4\r\n+ACK\r\n");
  bring (self, "a", 1, 3);
  g_assert_cmpuint (self->delivered->len, ==, 2);
}

static void
test_statuses (void)
{
  g_autoptr (Recorder) self = open_durable ();

  status (self, "NATS/1.0 100 Idle Heartbeat\r\n\r\n");
  WRITTEN (self, "");
  status (self, "NATS/1.0 408 Request Timeout\r\n\r\n");
  assert_written (self, "MSG.NEXT", 1);
  say (self, "HMSG _INBOX.x.P.1 2 16 16\r\nNATS/1.0 408\r\n\r\n\r\n");
  status (self, "NATS/9 408 Request Timeout\r\n\r\n");
  WRITTEN (self, "");
  status (self, "NATS/1.0 409 Leadership Change\r\n\r\n");
  WRITTEN (self, "");
  recorder_pass_time (self, 1000);
  assert_written (self, "MSG.NEXT", 1);
  status (self, "NATS/1.0 404 No Messages\r\n\r\n");
  recorder_pass_time (self, 1000);
  assert_written (self, "MSG.NEXT", 1);
  say (self, "MSG a 2 2\r\nhi\r\n");
  recorder_assert_logged (self, "drop");
  g_assert_cmpuint (self->delivered->len, ==, 0);
  status (self, "NATS/1.0 409 Consumer Deleted\r\n\r\n");
  recorder_assert_failed (self, HEIN_ERROR_REFUSED, "409 Consumer Deleted");
}

static void
test_silence (void)
{
  g_autoptr (Recorder) self = open_durable ();

  recorder_pass_time (self, 15000);
  WRITTEN (self, "");
  recorder_pass_time (self, 15000);
  WRITTEN (self, "PING\r\n");
  status (self, "NATS/1.0 100 Idle Heartbeat\r\n\r\n");
  FEED (self, PONG);
  WRITTEN (self, "");
  recorder_pass_time (self, 15000);
  recorder_pass_time (self, 15000);
  FEED (self, PONG);
  assert_written (self, "MSG.NEXT", 1);
}

/* A server cannot fill the memory. */
static void
test_too_many (void)
{
  g_autoptr (Recorder) self = open_durable ();

  for (guint i = 1; self->failure == NULL && i <= 100000; i++)
    bring (self, "a", i, 1);
  recorder_assert_failed (self, HEIN_ERROR_PROTOCOL, "more than was asked for");
}

/* What is left when the bus closes is there for others. */
static void
test_end (void)
{
  g_autoptr (Recorder) self = open_durable ();
  HeinProtocolClass *class = HEIN_PROTOCOL_GET_CLASS (self->protocol);

  bring (self, "a", 1, 1);
  bring (self, "b", 2, 1);
  class->leaving (self->protocol, self->wire);
  WRITTEN (self, "UNSUB 2\r\n");
  recorder_settle (self, NULL);
  assert_written (self, "+ACK", 1);
  class->finish (self->protocol, self->wire);
  WRITTEN (self, "PUB " ACK "1.2.2.1700000000000000000.0 4\r\n-NAK\r\n");
}

/* The same, whatever the pieces are in which it comes. */
static void
test_pieces (void)
{
  static const char said[] =
    "MSG a 2 " ACK "1.1.1.1.0 2\r\nhi\r\n"
    "HMSG b 2 " ACK "1.2.2.1.0 18 20\r\nNATS/1.0\r\nA: b\r\n\r\nhi\r\n"
    "HMSG _INBOX.x.P.1 2 16 16\r\nNATS/1.0 100\r\n\r\n\r\n";

  for (gsize cut = 1; cut < sizeof said - 1; cut++)
    {
      g_autoptr (Recorder) self = open_durable ();

      recorder_feed (self, (const guint8 *) said, cut);
      recorder_feed (self, (const guint8 *) said + cut, sizeof said - 1 - cut);
      g_assert_no_error (self->failure);
      g_assert_cmpuint (self->delivered->len, ==, 2);
      recorder_settle (self, NULL);
      recorder_settle (self, NULL);
      assert_written (self, "+ACK", 2);
    }
}

static Recorder *
start (void)
{
  Recorder *self = open_wanting ("", THERE);

  nats_recorder_forget (self);
  return self;
}

/* Any byte is another one: nothing is read that is not there. */
static void
test_changed (void)
{
  static const char said[] =
    "MSG a 2 " ACK "1.1.1.1.0 2\r\nhi\r\n"
    "HMSG b 2 " ACK "1.2.2.1.0 18 20\r\nNATS/1.0\r\nA: b\r\n\r\nhi\r\n"
    "HMSG _INBOX.x.P.1 2 32 32\r\nNATS/1.0 409 Consumer Deleted\r\n\r\n\r\n";

  hostile_change_each (start, said, sizeof said - 1, 2);
}

/* Nor of what it says of itself. */
static void
test_changed_config (void)
{
  static const char said[] =
    "{\"type\":\"io.nats\",\"config\":{\"durable_name\":\"workers\","
    "\"ack_policy\":\"explicit\",\"ack_wait\":30000000000,\"max_batch\":5,"
    "\"backoff\":[1,2],\"filter_subject\":\"\\u0061.>\",\"max_expires\":1}}";
  NatsConsumer consumer;

  g_assert_true (nats_consumer_read (&consumer, said, sizeof said - 1));
  g_assert_cmpstr (consumer.filter, ==, "a.>");
  nats_consumer_clear (&consumer);
  for (gsize i = 0; i < sizeof said - 1; i++)
    for (guint byte = 0; byte < 256; byte++)
      {
        g_autofree char *copy = g_memdup2 (said, sizeof said - 1);

        copy[i] = (char) byte;
        nats_consumer_read (&consumer, copy, sizeof said - 1);
        nats_consumer_clear (&consumer);
        g_assert_false (nats_consumer_read (&consumer, copy, i));
        nats_consumer_clear (&consumer);
      }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/nats/durable/options", test_options);
  g_test_add_func ("/nats/durable/replies", test_replies);
  g_test_add_func ("/nats/durable/made", test_made);
  g_test_add_func ("/nats/durable/limits", test_limits);
  g_test_add_func ("/nats/durable/refused", test_refused);
  g_test_add_func ("/nats/durable/wants", test_wants);
  g_test_add_func ("/nats/durable/patterns", test_patterns);
  g_test_add_func ("/nats/durable/wants-change", test_wants_change);
  g_test_add_func ("/nats/durable/confirm", test_confirm);
  g_test_add_func ("/nats/durable/asked-again", test_asked_again);
  g_test_add_func ("/nats/durable/no-jetstream", test_no_jetstream);
  g_test_add_func ("/nats/durable/handled", test_handled);
  g_test_add_func ("/nats/durable/never", test_never);
  g_test_add_func ("/nats/durable/room", test_room);
  g_test_add_func ("/nats/durable/progress", test_progress);
  g_test_add_func ("/nats/durable/again", test_again);
  g_test_add_func ("/nats/durable/statuses", test_statuses);
  g_test_add_func ("/nats/durable/silence", test_silence);
  g_test_add_func ("/nats/durable/too-many", test_too_many);
  g_test_add_func ("/nats/durable/end", test_end);
  g_test_add_func ("/nats/durable/pieces", test_pieces);
  g_test_add_func ("/nats/durable/changed", test_changed);
  g_test_add_func ("/nats/durable/changed-config", test_changed_config);
  return g_test_run ();
}
