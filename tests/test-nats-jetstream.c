/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "nats-recorder.h"

#include <string.h>

/* Deliveries by way of JetStream, and what streams say to them. */

static Recorder *
open_jetstream (const char *info)
{
  Recorder *self =
    recorder_new (g_object_new (HEIN_TYPE_NATS, "jetstream", TRUE, NULL), TRUE,
                  "spock", NULL);

  recorder_feed (self, (const guint8 *) info, strlen (info));
  FEED (self, PONG);
  g_assert_true (self->is_ready);
  nats_recorder_forget (self);
  return self;
}

static gboolean
deliver (Recorder *self, guint64 number, GError **error)
{
  const HeinMessageAttributes ask = { .ask = HEIN_ASK_DELIVERY,
                                      .ask_id = number };
  g_autoptr (HeinMessage) message =
    hein_message_new_attributed_data ("a/b", &ask, (const guint8 *) "hi", 2,
                                      NULL);

  hein_message_set_attribute (message, "id", "7", NULL);
  return recorder_encode (self, message, error);
}

/* Delivers, and returns where the answer is to come. */
static char *
take_inbox (Recorder *self, guint64 number)
{
  g_autoptr (GBytes) bytes = NULL;
  g_autofree char *text = NULL;
  g_auto (GStrv) words = NULL;

  g_assert_true (deliver (self, number, NULL));
  bytes = recorder_take_written (self);
  text = g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  g_assert_nonnull (strstr (text, "\r\nNats-Msg-Id: 7\r\n\r\nhi\r\n"));
  words = g_strsplit (strstr (text, "HPUB a.b "), " ", -1);
  return g_strdup (words[2]);
}

static void
answer (Recorder *self, const char *inbox, const char *json)
{
  g_autofree char *said =
    g_strdup_printf ("MSG %s 1 %" G_GSIZE_FORMAT "\r\n%s\r\n", inbox,
                     strlen (json), json);

  recorder_feed (self, (const guint8 *) said, strlen (said));
  g_assert_no_error (self->failure);
}

/* Checks the newest word, of as many, about the delivery 9. */
static void
check_told (
  Recorder *self, guint n, HeinAsk ask, guint number, gboolean is_doubt)
{
  HeinMessageView view;

  g_assert_cmpuint (self->delivered->len, ==, n);
  hein_message_peek (self->delivered->pdata[n - 1], &view);
  g_assert_cmpint (view.attributes->ask, ==, ask);
  g_assert_cmpuint (view.attributes->ask_id, ==, 9);
  g_assert_cmpuint (view.attributes->ask_number, ==, number);
  g_assert_cmpuint (view.attributes->ask_credit, ==, is_doubt);
}

static void
test_who (void)
{
  g_autoptr (Recorder) self = open_jetstream (INFO_HEADERS);
  g_autoptr (Recorder) old = open_jetstream (INFO);
  g_autoptr (Recorder) plain = nats_recorder_open_headers ();
  g_autoptr (GError) error = NULL;

  g_assert_cmpuint (self->credit, ==, HEIN_CREDIT_MAX);
  g_assert_cmpuint (old->credit, ==, 0);
  g_assert_cmpuint (plain->credit, ==, 0);
  g_assert_null (self->credit_hint);
  g_assert_nonnull (strstr (old->credit_hint, "headers"));
  g_assert_nonnull (strstr (plain->credit_hint, "jetstream=yes"));
  g_assert_false (deliver (plain, 1, &error));
  g_assert_nonnull (strstr (error->message, "jetstream=yes"));
}

/* A request of the same number has another inbox. */
static void
test_inbox (void)
{
  g_autoptr (Recorder) self = open_jetstream (INFO_HEADERS);
  g_autofree char *inbox = take_inbox (self, 0xfedcba9876543210);

  g_assert_true (g_str_has_prefix (inbox, "_INBOX."));
  g_assert_true (g_str_has_suffix (inbox, ".Dfedcba9876543210"));
}

static void
test_kept (void)
{
  g_autoptr (Recorder) self = open_jetstream (INFO_HEADERS);
  g_autofree char *inbox = take_inbox (self, 9);
  g_autofree char *other = NULL;

  answer (self, inbox, "{\"stream\":\"S\", \"seq\":1}");
  check_told (self, 1, HEIN_ASK_RECEIPT, 1, FALSE);
  answer (self, inbox,
          "{\"seq\":17,\"duplicate\":true,\"more\":{\"error\":{\"code\":1}},"
          "\"stream\":\"S\"}");
  check_told (self, 2, HEIN_ASK_RECEIPT, 1, FALSE);
  /* of another connection, and names that nobody has made */
  other = g_strdup (inbox);
  other[10] ^= 1;
  answer (self, other, "{\"stream\":\"S\",\"seq\":1}");
  inbox[strlen (inbox) - 1] = 'x';
  answer (self, inbox, "{\"stream\":\"S\",\"seq\":1}");
  inbox[strlen (inbox) - 1] = '\0';
  answer (self, inbox, "{\"stream\":\"S\",\"seq\":1}");
  g_assert_cmpuint (self->delivered->len, ==, 2);
}

static void
test_failed (void)
{
  static const struct
  {
    const char *json;
    int code;
    const char *text;
  } cases[] = {
    { "{\"error\":{\"code\":503,\"err_code\":10077,\"description\":"
      "\"maximum messages exceeded\"},\"stream\":\"S\",\"seq\":0}",
      HEIN_ERROR_WOULD_BLOCK, "maximum messages exceeded" },
    { "{\"stream\":\"S\",\"seq\":4,\"error\":{\"code\":400,\"err_code\":10054,"
      "\"description\":\"message size \\u0007 exceeds maximum allowed\"}}",
      HEIN_ERROR_REFUSED, "exceeds maximum allowed" },
    { "{\"error\":{\"code\":400}}", HEIN_ERROR_REFUSED, "(400, 0)" },
  };
  g_autoptr (Recorder) self = open_jetstream (INFO_HEADERS);
  g_autofree char *inbox = take_inbox (self, 9);
  g_autofree char *nobody =
    g_strdup_printf ("HMSG %s 1 16 16\r\nNATS/1.0 503\r\n\r\n\r\n", inbox);
  HeinMessageView view;

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      answer (self, inbox, cases[i].json);
      check_told (self, i + 1, HEIN_ASK_FAILURE, cases[i].code, FALSE);
      hein_message_peek (self->delivered->pdata[i], &view);
      g_assert_nonnull (
        g_strstr_len ((const char *) view.data, view.size, cases[i].text));
    }
  recorder_feed (self, (const guint8 *) nobody, strlen (nobody));
  check_told (self, G_N_ELEMENTS (cases) + 1, HEIN_ASK_FAILURE,
              HEIN_ERROR_NO_PEER, FALSE);
}

/* What is no PubAck leaves open whether a stream has the message. */
static void
test_garbage (void)
{
  static const char *const bad[] = {
    "",
    "ok",
    "[]",
    "{}",
    "{",
    "{\"stream\":\"S\"}",
    "{\"seq\":1}",
    "{\"stream\":\"\",\"seq\":1}",
    "{\"stream\":7,\"seq\":1}",
    "{\"stream\":\"S\",\"seq\":0}",
    "{\"stream\":\"S\",\"seq\":-1}",
    "{\"stream\":\"S\",\"seq\":1.5}",
    "{\"stream\":\"S\",\"seq\":\"1\"}",
    "{\"stream\":\"S\",\"seq\":1e3}",
    "{\"stream\":\"S\",\"seq\":12345678901234567890}",
    "{\"stream\":\"S\",\"seq\":1,\"duplicate\":\"yes\"}",
    "{\"stream\":\"S\",\"seq\":1} x",
    "{\"stream\":\"S\",\"seq\":1,\"error\":null}",
    "{\"stream\":\"\xff\",\"seq\":1}",
    "{\"stream\":{\"stream\":\"S\",\"seq\":1}}",
    "{\"a\":{\"stream\":\"S\",\"seq\":1}}",
    "{\"error\":{}}",
    "{\"error\":{\"code\":\"503\"}}",
    "{\"error\":{\"code\":503,\"description\":7}}",
    "{\"error\":{\"code\":503,\"description\":\"\\ud800\"}}",
    "{\"error\":{\"a\":{\"code\":503}}}",
    "{\"error\":[{\"code\":503}]}",
  };
  g_autoptr (Recorder) self = open_jetstream (INFO_HEADERS);
  g_autofree char *inbox = take_inbox (self, 9);
  g_autofree char *deep = g_strnfill (60000, '[');
  g_autofree char *deep_error = g_strconcat ("{\"error\":", deep, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_test_message ("case %u", i);
      answer (self, inbox, bad[i]);
      check_told (self, i + 1, HEIN_ASK_FAILURE, HEIN_ERROR_PROTOCOL, TRUE);
    }
  answer (self, inbox, deep_error);
  check_told (self, G_N_ELEMENTS (bad) + 1, HEIN_ASK_FAILURE,
              HEIN_ERROR_PROTOCOL, TRUE);
}

static void
test_too_large (void)
{
  g_autoptr (Recorder) self = open_jetstream (INFO_HEADERS);
  g_autofree char *inbox = take_inbox (self, 9);
  g_autofree char *said = g_strdup_printf ("MSG %s 1 100001\r\n", inbox);

  FEED (self, "INFO {\"proto\":1,\"max_payload\":999999,\"headers\":true}\r\n");
  recorder_feed (self, (const guint8 *) said, strlen (said));
  check_told (self, 1, HEIN_ASK_FAILURE, HEIN_ERROR_TOO_LARGE, TRUE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, test) g_test_add_func ("/nats/jetstream/" path, test)
  ADD ("who", test_who);
  ADD ("inbox", test_inbox);
  ADD ("kept", test_kept);
  ADD ("failed", test_failed);
  ADD ("garbage", test_garbage);
  ADD ("too-large", test_too_large);
  return g_test_run ();
}
