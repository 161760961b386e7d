/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "nats-recorder.h"

#include <string.h>

/* Headers of NATS, and requests, byte by byte. */

/* ---- headers ---- */

static HeinMessage *
make_attributed (guint expiry_ms)
{
  HeinMessage *self = MAKE ("a", "text/plain", "x");

  hein_message_set_attribute (self, "id", "7", NULL);
  hein_message_set_attribute (self, "colour", "deep blue", NULL);
  hein_message_set_expiry_ms (self, expiry_ms);
  return self;
}

static void
test_headers_sent (void)
{
  g_autoptr (Recorder) self = nats_recorder_open_headers ();
  g_autoptr (Recorder) poor = nats_recorder_open ();
  g_autoptr (HeinMessage) large =
    hein_message_new_typed ("a", "text/plain", NULL);
  g_autoptr (HeinMessage) bad = MAKE ("a", NULL, "x");
  g_autoptr (HeinMessage) timed = MAKE ("a", NULL, "x");
  g_autoptr (GBytes) written = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (self->carries_attributes);
  g_assert_false (poor->carries_attributes);
  ENCODES (self, make_attributed (0),
           "HPUB a 73 74\r\nNATS/1.0\r\nContent-Type: text/plain\r\n"
           "Nats-Msg-Id: 7\r\ncolour: deep blue\r\n\r\nx\r\n");
  ENCODES (self, MAKE ("a", NULL, "x"), "PUB a 1\r\nx\r\n");
  hein_message_set_expiry_ms (timed, 5000);
  g_assert_true (recorder_encode (self, timed, NULL));
  written = recorder_take_written (self);
  g_assert_nonnull (
    strstr (g_bytes_get_data (written, NULL), "\r\nHein-Expiry: "));
  hein_message_set_attribute (bad, "colour", "blue\r\nStatus: 503", NULL);
  g_assert_false (recorder_encode (self, bad, &error));
  g_assert_nonnull (strstr (error->message, "colour"));
  g_clear_error (&error);
  /* headers count */
  FEED (self, "INFO {\"proto\":1,\"max_payload\":10,\"headers\":true}\r\n");
  g_assert_false (recorder_encode (self, large, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_TOO_LARGE);
}

#define ATTRIBUTE(name)                                                        \
  hein_message_get_attribute (self->delivered->pdata[0], name)

static void
test_headers_received (void)
{
  g_autoptr (Recorder) self = nats_recorder_open_headers ();

  FEED (self, "HMSG a.b 1 101 103\r\nNATS/1.0\r\ncontent-type:text/plain\r\n"
              "NATS-MSG-ID:  7 \r\ncolour: deep blue\r\nempty:\r\n"
              "Hein-Expiry: 5000\r\n\r\nhi\r\nMSG c 1 1\r\nx\r\n");
  g_assert_no_error (self->failure);
  g_assert_cmpuint (self->delivered->len, ==, 2);
  MESSAGE (self, 0, "a/b", "text/plain", "hi");
  g_assert_cmpstr (ATTRIBUTE ("id"), ==, "7");
  g_assert_cmpstr (ATTRIBUTE ("colour"), ==, "deep blue");
  g_assert_cmpstr (ATTRIBUTE ("empty"), ==, "");
  g_assert_null (ATTRIBUTE ("Hein-Expiry"));
  g_assert_cmpint (hein_message_get_expiry_ms (self->delivered->pdata[0]), >,
                   0);
  g_assert_cmpuint (self->n_stripped, ==, 0);
  FEED (self, "HMSG a 1 r 12 12\r\nNATS/1.0\r\n\r\n\r\n");
  MESSAGE (self, 2, "a", NULL, "");
}

/* What cannot be an attribute is left out, and counts; the message is of use
 * all the same. */
static void
test_headers_bad (void)
{
  static const char *const bad[] = {
    "NATS/1.0\r\nNo Name: x\r\n\r\n",
    "NATS/1.0\r\nA: 1\r\nA: 2\r\n\r\n",
    "NATS/1.0\r\nA: \xff\r\n\r\n",
    "NATS/1.0\r\nA\r\n\r\n",
    "NATS/1.0\r\n: x\r\n\r\n",
    "NATS/1.0\r\nA: x\r\n",
    "NATS/1.0\r\n",
    "NATS/1.0\n\n",
    "NATS/2.0\r\n\r\n",
    "NATS/1.0 abc\r\n\r\n",
    "NATS/1.0\r\n\r\nmore",
    "x",
    "\n",
    "\r\n\r\n",
  };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (Recorder) self = nats_recorder_open_headers ();
      const gsize size = strlen (bad[i]);
      g_autofree char *said =
        g_strdup_printf ("HMSG a 1 %" G_GSIZE_FORMAT " %" G_GSIZE_FORMAT
                         "\r\n%shi\r\n",
                         size, size + 2, bad[i]);

      recorder_feed (self, (const guint8 *) said, strlen (said));
      g_assert_no_error (self->failure);
      if (self->n_stripped != 1)
        g_error ("case %u is taken", i);
      MESSAGE (self, 0, "a", NULL, "hi");
    }
}

/* ---- requests ---- */

static gboolean
encode_ask (Recorder *self,
            HeinMessageAttributes attributes,
            const char *topic,
            const char *payload,
            GBytes *path)
{
  g_autoptr (HeinMessage) message =
    hein_message_new_attributed_data (topic, &attributes,
                                      (const guint8 *) payload,
                                      strlen (payload), path);

  return recorder_encode (self, message, NULL);
}

/* Returns the inbox of the request with that number, after it was written. */
static char *
take_inbox (Recorder *self, guint64 id, const char *before)
{
  g_autoptr (GBytes) bytes = NULL;
  g_autofree char *text = NULL;
  g_autofree char *name = NULL;
  g_auto (GStrv) words = NULL;

  g_assert_true (encode_ask (self,
                             (HeinMessageAttributes){ .ask = HEIN_ASK_REQUEST,
                                                      .ask_id = id },
                             "a/b", "hi", NULL));
  bytes = recorder_take_written (self);
  text = g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  g_assert_true (g_str_has_prefix (text, before));
  words = g_strsplit (strstr (text, "PUB a.b "), " ", -1);
  name = g_strdup_printf (".%016" G_GINT64_MODIFIER "x", id);
  g_assert_true (g_str_has_prefix (words[2], "_INBOX."));
  g_assert_true (g_str_has_suffix (words[2], name));
  g_assert_cmpstr (words[3], ==, "2\r\nhi\r\n");
  return g_strdup (words[2]);
}

static const HeinMessageAttributes *
get_said (Recorder *self, guint index)
{
  HeinMessageView view;

  g_assert_cmpuint (index, <, self->delivered->len);
  hein_message_peek (self->delivered->pdata[index], &view);
  g_assert_nonnull (view.attributes);
  return view.attributes;
}

static void
answer (Recorder *self, const char *inbox, const char *headers)
{
  const gsize size = strlen (headers);
  g_autofree char *said =
    size > 0 ? g_strdup_printf ("HMSG %s 2 %" G_GSIZE_FORMAT " %" G_GSIZE_FORMAT
                                "\r\n%sho\r\n",
                                inbox, size, size + 2, headers)
             : g_strdup_printf ("MSG %s 2 2\r\nho\r\n", inbox);

  recorder_feed (self, (const guint8 *) said, strlen (said));
  g_assert_no_error (self->failure);
}

static void
test_request (void)
{
  g_autoptr (Recorder) self = nats_recorder_open_headers ();
  g_autoptr (Recorder) poor = nats_recorder_open ();
  g_autofree char *first = take_inbox (self, 7, "SUB _INBOX.");
  g_autofree char *second = take_inbox (self, 0xfedcba9876543210, "PUB a.b ");
  const HeinMessageAttributes *said;

  g_assert_cmpint (self->asks, ==, HEIN_ASKS_ONCE);
  g_assert_cmpint (poor->asks, ==, HEIN_ASKS_NONE);
  self->awaited = 7;
  answer (self, second, ""); /* which nobody waits for */
  g_assert_cmpuint (self->delivered->len, ==, 0);
  answer (self, first, "");
  said = get_said (self, 0);
  g_assert_cmpint (said->ask, ==, HEIN_ASK_ANSWER);
  g_assert_cmpuint (said->ask_id, ==, 7);
  MESSAGE (self, 0, "", NULL, "ho");
  answer (self, first, "NATS/1.0\r\nContent-Type: t/p\r\nA: b\r\n\r\n");
  MESSAGE (self, 1, "", "t/p", "ho");
  answer (self, first, "NATS/1.0 503\r\n\r\n");
  said = get_said (self, 2);
  g_assert_cmpint (said->ask, ==, HEIN_ASK_REFUSAL);
  g_assert_cmpuint (said->ask_number, ==, HEIN_ERROR_NOT_SERVED);
  answer (self, first,
          "NATS/1.0\r\nNats-Service-Error: too hot\r\n"
          "Nats-Service-Error-Code: 42\r\n\r\n");
  said = get_said (self, 3);
  g_assert_cmpint (said->ask, ==, HEIN_ASK_ERROR);
  g_assert_cmpuint (said->ask_number, ==, 42);
  MESSAGE (self, 3, "", NULL, "too hot");
  /* an inbox of somebody else, and one that is none */
  first[10] ^= 1;
  answer (self, first, "");
  answer (self, "_INBOX.x", "");
  g_assert_cmpuint (self->delivered->len, ==, 4);
}

static void
test_answer_too_large (void)
{
  g_autoptr (Recorder) self = nats_recorder_open_headers ();
  g_autofree char *inbox = take_inbox (self, 7, "SUB _INBOX.");
  g_autofree char *said = g_strdup_printf ("MSG %s 2 100001\r\n", inbox);

  FEED (self, "INFO {\"proto\":1,\"max_payload\":999999,\"headers\":true}\r\n");
  self->awaited = 7;
  recorder_feed (self, (const guint8 *) said, strlen (said));
  g_assert_cmpint (get_said (self, 0)->ask, ==, HEIN_ASK_REFUSAL);
  g_assert_cmpuint (get_said (self, 0)->ask_number, ==, HEIN_ERROR_TOO_LARGE);
}

static void
test_serve (void)
{
  g_autoptr (Recorder) self = nats_recorder_open_headers ();
  GBytes *path;

  FEED (self, "MSG a.b 1 reply.1 2\r\nhi\r\n");
  MESSAGE (self, 0, "a/b", NULL, "hi"); /* not served: a message */
  self->served = "a/b";
  FEED (self, "MSG a.b 1 2\r\nhi\r\n"); /* nobody waits for an answer */
  FEED (self, "MSG a.b 1 reply.1 2\r\nhi\r\n");
  g_assert_cmpuint (self->delivered->len, ==, 3);
  g_assert_cmpint (get_said (self, 2)->ask, ==, HEIN_ASK_REQUEST);
  g_assert_cmpuint (get_said (self, 2)->ask_id, ==, 0);
  path = hein_message_get_return_path (self->delivered->pdata[2]);
  nats_recorder_forget (self);
  g_assert_true (encode_ask (self,
                             (HeinMessageAttributes){ .ask = HEIN_ASK_ANSWER },
                             "a/b", "ho", path));
  WRITTEN (self, "PUB reply.1 2\r\nho\r\n");
  g_assert_true (encode_ask (self,
                             (HeinMessageAttributes){ .ask = HEIN_ASK_ERROR,
                                                      .ask_number = 42 },
                             "a/b", "too\r\nhot", path));
  {
    g_autoptr (GBytes) bytes = recorder_take_written (self);
    g_autofree char *text =
      g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));

    g_assert_true (g_str_has_prefix (text, "HPUB reply.1 "));
    g_assert_nonnull (strstr (text, "\r\nNats-Service-Error-Code: 42\r\n\r\n"));
    g_assert_null (strstr (text, "too\r\nhot"));
  }
  g_assert_false (
    encode_ask (self, (HeinMessageAttributes){ .ask = HEIN_ASK_DELIVERY },
                "a/b", "ho", NULL));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, test) g_test_add_func ("/nats/" path, test)
  ADD ("headers-sent", test_headers_sent);
  ADD ("headers-received", test_headers_received);
  ADD ("headers-bad", test_headers_bad);
  ADD ("request", test_request);
  ADD ("answer-too-large", test_answer_too_large);
  ADD ("serve", test_serve);
  return g_test_run ();
}
