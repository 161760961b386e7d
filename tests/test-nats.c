/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "nats-recorder.h"

#include <glib/gstdio.h>
#include <string.h>

#include "../plugins/protocols/nats/nats-subject.h"

/* NATS as a client, byte by byte; what a server must not say is in
 * test-nats-hostile.c. */

#define CONNECT_BEGIN                                                          \
  "CONNECT {\"verbose\":false,\"pedantic\":false,\"lang\":\"hein\","           \
  "\"version\":\"0.9.0\",\"protocol\":1,\"echo\":false,\"name\":\"spock\""

/* ---- the beginning ---- */

static void
test_connect (void)
{
  g_autoptr (Recorder) self = nats_recorder_new ();

  WRITTEN (self, ""); /* the server begins */
  FEED (self, INFO);
  WRITTEN (self, CONNECT_BEGIN "}\r\nPING\r\n");
  g_assert_false (self->is_ready);
  FEED (self, "+OK\r\n" PONG);
  recorder_assert_logged (self, "offer nats 2");
  recorder_assert_logged (self, "heartbeat 1");
  g_assert_true (self->is_ready);
}

static void
test_roles (void)
{
  g_autoptr (HeinNats) self = g_object_new (HEIN_TYPE_NATS, NULL);
  HeinProtocolClass *class = HEIN_PROTOCOL_GET_CLASS (self);
  HeinSecrecy secrecy = HEIN_SECRECY_NONE;
  g_autoptr (GError) error = NULL;

  g_assert_true (
    class->prepare (HEIN_PROTOCOL (self), HEIN_ROLE_DIAL, &secrecy, &error));
  g_assert_false (
    class->prepare (HEIN_PROTOCOL (self), HEIN_ROLE_LISTEN, &secrecy, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS);
}

static void
test_refused (void)
{
  static const struct
  {
    const char *said;
    HeinError code;
    const char *reason;
  } cases[] = {
    { "-ERR 'Authorization Violation'\r\n", HEIN_ERROR_REFUSED,
      "password-file" },
    { "-ERR 'maximum connections exceeded'\r\n", HEIN_ERROR_FAILED, "later" },
    { "-ERR 'Something \xff New'\r\n", HEIN_ERROR_FAILED, "Something" },
    { "-ERR\r\n", HEIN_ERROR_FAILED, "\"\"" },
    { "-ERR '\r\n", HEIN_ERROR_FAILED, "\"'\"" },
    { "INFO {\"proto\":1,\"tls_required\":true}\r\n", HEIN_ERROR_REFUSED,
      "TLS" },
    { "INFO {}\r\n", HEIN_ERROR_REFUSED, "older" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (Recorder) self = nats_recorder_new ();

      recorder_feed (self, (const guint8 *) cases[i].said,
                     strlen (cases[i].said));
      nats_recorder_assert_failed (self, cases[i].code, cases[i].reason);
    }
}

/* ---- messages ---- */

static void
test_publish (void)
{
  g_autoptr (Recorder) self = nats_recorder_open ();

  ENCODES (self, MAKE ("a", NULL, ""), "PUB a 0\r\n\r\n");
  ENCODES (self, MAKE ("a/b*/>c", NULL, "hello\r\n!"),
           "PUB a.b*.>c 8\r\nhello\r\n!\r\n");
  ENCODES (self, MAKE ("a/b*/>c", NULL, "x"), "PUB a.b*.>c 1\r\nx\r\n");
  ENCODES (self, MAKE ("a/b*/>d", NULL, "x"), "PUB a.b*.>d 1\r\nx\r\n");
}

static void
test_unsendable (void)
{
  static const struct
  {
    const char *topic;
    const char *reason;
  } bad[] = {
    { "", "empty level" },        { "/", "empty level" },
    { "/a", "empty level" },      { "a/", "empty level" },
    { "a//b", "empty level" },    { "a/*", "stands for others" },
    { ">", "stands for others" }, { "a/*/b", "stands for others" },
    { "log.txt", "\".\"" },       { "a b", "blank" },
    { "a\tb", "blank" },          { "a/b\r\nPUB x 0", "end of a line" },
    { "a\n", "end of a line" },
  };
  g_autoptr (Recorder) self = nats_recorder_open ();
  g_autoptr (HeinMessage) typed = MAKE ("a", "text/plain", "x");
  g_autoptr (GBytes) part = g_bytes_new ("x", 1);
  GBytes *parts[] = { part, part };
  g_autoptr (HeinMessage) several = hein_message_new_parts ("a", parts, 2);
  g_autofree char *long_text = g_strnfill (65537, 'x');
  g_autoptr (HeinMessage) large = hein_message_new_text ("a", long_text);
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (HeinMessage) message = MAKE (bad[i].topic, NULL, "x");
      g_autoptr (GError) why = NULL;

      g_assert_false (recorder_encode (self, message, &why));
      g_assert_error (why, HEIN_ERROR, HEIN_ERROR_FAILED);
      if (strstr (why->message, bad[i].reason) == NULL)
        g_error ("no \"%s\" in \"%s\"", bad[i].reason, why->message);
    }
  g_assert_false (recorder_encode (self, typed, NULL));
  g_assert_false (recorder_encode (self, several, NULL));
  g_assert_false (recorder_encode (self, large, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_TOO_LARGE);
  g_assert_nonnull (strstr (error->message, "65536"));
  WRITTEN (self, "");
}

static void
test_receive (void)
{
  g_autoptr (Recorder) self = nats_recorder_open ();

  FEED (self, "MSG a.b 1 2\r\nhi\r\nmsg\ta.b 1  inbox.1 4 \r\n\r\n\r\n\r\n"
              "MSG a 1 0\r\n\r\n");
  g_assert_no_error (self->failure);
  MESSAGE (self, 0, "a/b", NULL, "hi");
  MESSAGE (self, 1, "a/b", NULL, "\r\n\r\n");
  MESSAGE (self, 2, "a", NULL, "");
}

/* What somebody behind the server has sent is no reason to leave the server. */
static void
test_dropped (void)
{
  g_autoptr (Recorder) self = nats_recorder_open ();
  g_autofree char *subject = g_strnfill (256, 'a');
  g_autofree char *line = g_strdup_printf ("MSG %s 1 1\r\nx\r\n", subject);
  static const char *const bad[] = {
    "MSG a/b 1 1\r\nx\r\n", "MSG \xff 1 1\r\nx\r\n",  "MSG a..b 1 1\r\nx\r\n",
    "MSG .a 1 1\r\nx\r\n",  "MSG a. 1 1\r\nx\r\n",    "MSG a.* 1 1\r\nx\r\n",
    "MSG > 1 1\r\nx\r\n",   "MSG a\r.b 1 1\r\nx\r\n",
  };

  recorder_feed (self, (const guint8 *) line, strlen (line));
  recorder_assert_logged (self, "drop");
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_string_truncate (self->log, 0);
      recorder_feed (self, (const guint8 *) bad[i], strlen (bad[i]));
      recorder_assert_logged (self, "drop");
    }
  FEED (self, "MSG ok 1 1\r\nx\r\n");
  g_assert_no_error (self->failure);
  g_assert_cmpuint (self->delivered->len, ==, 1);
}

/* The bus takes 100000 bytes, and this server a megabyte: the rest is not kept. */
static void
test_too_large (void)
{
  g_autoptr (Recorder) self = nats_recorder_new ();
  g_autofree guint8 *half = g_malloc0 (50000);

  FEED (self, "INFO {\"proto\":1,\"max_payload\":1000000}\r\n" PONG);
  nats_recorder_subscribe (self, "", TRUE);
  FEED (self, "MSG a 1 100001\r\n");
  recorder_assert_logged (self, "drop");
  recorder_feed (self, half, 50000);
  recorder_feed (self, half, 50000);
  g_assert_cmpuint (self->unused->len, ==, 0);
  FEED (self, "x\r\nMSG b 1 1\r\ny\r\n");
  g_assert_no_error (self->failure);
  g_assert_cmpuint (self->delivered->len, ==, 1);
  MESSAGE (self, 0, "b", NULL, "y");
}

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

/* What cannot be an attribute is left out, and counts; the message is of use all the
 * same. */
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

static void
test_queue_group (void)
{
  g_autoptr (Recorder) self =
    recorder_new (g_object_new (HEIN_TYPE_NATS, "queue-group", "crew", NULL),
                  TRUE, "spock", NULL);

  FEED (self, INFO PONG);
  nats_recorder_forget (self);
  nats_recorder_subscribe (self, "a/", TRUE);
  WRITTEN (self, "SUB a.> crew 1\r\n");
}

/* ---- who this is ---- */

static char *
write_secret (const char *text, int mode)
{
  char *path = g_build_filename (g_get_tmp_dir (), "hein-nats-XXXXXX", NULL);
  const int fd = g_mkstemp_full (path, 0, 0600);

  g_assert_cmpint (fd, >=, 0);
  g_close (fd, NULL);
  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  g_assert_cmpint (g_chmod (path, mode), ==, 0);
  return path;
}

static void
test_user (void)
{
  g_autofree char *path = write_secret ("se\"cret\nmore\n", 0600);
  g_autoptr (Recorder) self =
    recorder_new (g_object_new (HEIN_TYPE_NATS, "user", "kirk", "password-file",
                                path, NULL),
                  TRUE, "spock", NULL);
  g_autoptr (Recorder) token =
    recorder_new (g_object_new (HEIN_TYPE_NATS, "token-file", path, NULL), TRUE,
                  "spock", NULL);

  FEED (self, INFO_HEADERS);
  WRITTEN (self, CONNECT_BEGIN
           ",\"headers\":true,\"no_responders\":true,\"user\":\"kirk\","
           "\"pass\":\"se\\\"cret\"}\r\nPING\r\n");
  FEED (token, INFO);
  WRITTEN (token, CONNECT_BEGIN ",\"auth_token\":\"se\\\"cret\"}\r\nPING\r\n");
  g_unlink (path);
}

static void
assert_unusable (const char *reason, const char *first, ...)
{
  va_list arguments;
  HeinSecrecy secrecy = HEIN_SECRECY_NONE;
  g_autoptr (GObject) self = NULL;
  g_autoptr (GError) error = NULL;

  va_start (arguments, first);
  self = g_object_new_valist (HEIN_TYPE_NATS, first, arguments);
  va_end (arguments);
  g_assert_false (HEIN_PROTOCOL_GET_CLASS (self)->prepare (HEIN_PROTOCOL (self),
                                                           HEIN_ROLE_DIAL,
                                                           &secrecy, &error));
  if (strstr (error->message, reason) == NULL)
    g_error ("no \"%s\" in \"%s\"", reason, error->message);
}

static void
test_user_bad (void)
{
  g_autofree char *open = write_secret ("secret\n", 0644);
  g_autofree char *empty = write_secret ("\nsecret\n", 0600);

  assert_unusable ("blanks", "queue-group", "a crew", NULL);
  assert_unusable ("blanks", "queue-group", "", NULL);
  assert_unusable ("need each other", "user", "kirk", NULL);
  assert_unusable ("need each other", "password-file", empty, NULL);
  assert_unusable ("either", "user", "kirk", "password-file", empty,
                   "token-file", empty, NULL);
  assert_unusable ("UTF-8", "user", "\xff", "password-file", empty, NULL);
  assert_unusable ("others", "token-file", open, NULL);
  assert_unusable ("not a password", "token-file", empty, NULL);
  g_unlink (open);
  g_unlink (empty);
}

/* ---- what was taken ---- */

static void
test_flush (void)
{
  g_autoptr (Recorder) self = nats_recorder_open ();

  ENCODES (self, MAKE ("a", NULL, ""), "PUB a 0\r\n\r\n");
  ENCODES (self, MAKE ("b", NULL, ""), "PUB b 0\r\n\r\n");
  recorder_assert_logged (self, "pending 1");
  self->n_sent = 1;
  self->n_unsent = 1;
  recorder_pass_time (self, 0);
  WRITTEN (self, "PING\r\n");
  g_string_truncate (self->log, 0);
  FEED (self, PONG);
  recorder_assert_logged (self, "confirmed 1");
  g_assert_null (strstr (self->log->str, "pending"));
  self->n_sent = 2;
  self->n_unsent = 0;
  recorder_pass_time (self, 10);
  WRITTEN (self, "PING\r\n");
  FEED (self, PONG);
  recorder_assert_logged (self, "confirmed 2");
  recorder_assert_logged (self, "pending 0");
  recorder_pass_time (self, 10);
  WRITTEN (self, "");
}

/* What was dropped before it was written is not waited for. */
static void
test_flush_dropped (void)
{
  g_autoptr (Recorder) self = nats_recorder_open ();

  ENCODES (self, MAKE ("a", NULL, ""), "PUB a 0\r\n\r\n");
  ENCODES (self, MAKE ("b", NULL, ""), "PUB b 0\r\n\r\n");
  self->n_unsent = 2;
  recorder_pass_time (self, 0);
  WRITTEN (self, "PING\r\n");
  self->n_sent = 1;
  self->n_unsent = 0;
  FEED (self, PONG);
  g_assert_null (strstr (self->log->str, "pending 0"));
  recorder_pass_time (self, 10);
  WRITTEN (self, "PING\r\n");
  FEED (self, PONG);
  recorder_assert_logged (self, "confirmed 1");
  recorder_assert_logged (self, "pending 0");
  recorder_pass_time (self, 10);
  WRITTEN (self, "");
}

/* Where there is no right to publish, the rest goes on. */
static void
test_not_allowed (void)
{
  g_autoptr (Recorder) self = nats_recorder_open ();
  g_autoptr (Recorder) over = nats_recorder_open ();

  FEED (self, "-ERR 'Permissions Violation for Publish to \"a.b\"'\r\n");
  g_assert_no_error (self->failure);
  recorder_assert_logged (self, "drop");
  FEED (over, "-ERR 'Permissions Violation for Subscription to \">\"'\r\n");
  nats_recorder_assert_failed (over, HEIN_ERROR_REFUSED, "subscribe=no");
}

/* ---- subscriptions ---- */

typedef struct
{
  const char *text;
  const char *subject; /* NULL: none */
  const char *base;
} Mapping;

static void
test_prefixes (void)
{
  static const Mapping mappings[] = {
    { "", ">", NULL },
    { "a", ">", NULL },
    { "a/", "a.>", NULL },
    { "a/b", "a.>", NULL },
    { "a/b/", "a.b.>", NULL },
    { "a/*", "a.>", NULL },
    { "$SYS", "$SYS.>", NULL },
    { "$JS/API", "$JS.>", NULL },
    { "_INBOX", "_INBOX.>", NULL },
    { "_INBOXES", ">", NULL },
    { "/", NULL, NULL },
    { "/a", NULL, NULL },
    { "a//", NULL, NULL },
    { "a//b", NULL, NULL },
    { "a/*/", NULL, NULL },
    { "a/>/b", NULL, NULL },
    { "a.b", NULL, NULL },
    { "a.b/", NULL, NULL },
    { "a b/c/", NULL, NULL },
    { "a/\r\n", NULL, NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (mappings); i++)
    {
      g_autofree char *subject = nats_subject_from_prefix (mappings[i].text);

      g_assert_cmpstr (subject, ==, mappings[i].subject);
    }
}

static void
test_patterns (void)
{
  static const Mapping mappings[] = {
    { "a", "a", NULL },           { "a/b", "a.b", NULL },
    { "*", "*", NULL },           { "a/*/c", "a.*.c", NULL },
    { "**", ">", NULL },          { "a/**", "a.>", "a" },
    { "a/*/**", "a.*.>", "a.*" }, { "a/**/**", "a.>", "a" },
    { "a/**/c", "a.>", NULL },    { "**/c", ">", NULL },
    { "*/**", "*.>", "*" },       { "a/", NULL, NULL },
    { "/a", NULL, NULL },         { "a//b", NULL, NULL },
    { "a.b", NULL, NULL },        { "a/>", NULL, NULL },
    { "a b", NULL, NULL },        { "a/\n/**", NULL, NULL },
    { "a/b*", "a.b*", NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (mappings); i++)
    {
      g_autofree char *base = NULL;
      g_autofree char *subject =
        nats_subject_from_pattern (mappings[i].text, &base);

      g_assert_cmpstr (subject, ==, mappings[i].subject);
      g_assert_cmpstr (base, ==, mappings[i].base);
    }
}

typedef struct
{
  char sign;
  const char *subject;
  const char *told; /* in the order of the alphabet */
} Step;

static void
add_told (gpointer data, const char *subject, gboolean wanted)
{
  char *line = g_strdup_printf ("%c%s", wanted ? '+' : '-', subject);

  g_ptr_array_add (data, line);
}

static int
compare_texts (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* What is told is a change from one set to the next: what comes and goes is none. */
static char *
join_told (GPtrArray *told)
{
  g_ptr_array_sort (told, compare_texts);
  for (guint i = 0; i < told->len; i++)
    for (guint k = 0; k < told->len; k++)
      if (*(char *) told->pdata[i] == '+' && *(char *) told->pdata[k] == '-' &&
          strcmp ((char *) told->pdata[i] + 1, (char *) told->pdata[k] + 1) ==
            0)
        {
          g_ptr_array_remove_index (told, MAX (i, k));
          g_ptr_array_remove_index (told, MIN (i, k));
          return join_told (told);
        }
  g_ptr_array_add (told, NULL);
  return g_strjoinv (" ", (char **) told->pdata);
}

static void
test_filters (void)
{
  static const Step steps[] = {
    { '+', "a.b.>", "+a.b.>" },
    { '+', "a.b.>", "" },
    { '+', "a.b.c", "" },
    { '+', "a.*.c", "+a.*.> -a.b.>" }, /* a.b.c comes by both */
    { '+', "x.*", "+x.*" },
    { '+', "*.y", "+*.* -x.*" },
    { '+', "$SYS.>", "+$SYS.>" },
    { '-', "a.b.>", "" },
    { '-', "a.b.>", "+a.*.c -a.*.>" },
    { '+', ">", "+> -*.* -a.*.c" },
    { '+', "q.r", "" },
    { '-', "q.r", "" },
    { '-', "x.*", "" },
    { '-', ">", "+*.y +a.*.c ->" },
    { '-', "never", "" },
    { '+', "_INBOX.x.*", "+_INBOX.x.*" },
    { '+', "*.*.*", "+*.*.* -a.*.c" },
    { '-', "*.*.*", "+a.*.c -*.*.*" },
    { '-', "a.*.c", "+a.b.c -a.*.c" },
    { '-', "a.b.c", "-a.b.c" },
    { '-', "*.y", "-*.y" },
    { '-', "$SYS.>", "-$SYS.>" },
    { '-', "_INBOX.x.*", "-_INBOX.x.*" },
    { '+', "a", "+a" },
    { '+', "a.>", "+a.>" }, /* which has not "a" */
    { '+', "*", "+* -a" },
    { '+', "*.>", "+*.> -a.>" },
  };
  NatsFilters self = { 0 };

  for (guint i = 0; i < G_N_ELEMENTS (steps); i++)
    {
      g_autoptr (GPtrArray) told = g_ptr_array_new_with_free_func (g_free);
      g_autofree char *text = NULL;

      if (steps[i].sign == '+')
        nats_filters_add (&self, steps[i].subject, add_told, told);
      else
        nats_filters_remove (&self, steps[i].subject, add_told, told);
      text = join_told (told);
      if (strcmp (text, steps[i].told) != 0)
        g_error ("step %u: %s", i, text);
    }
  nats_filters_clear (&self);
}

/* Whether the subject has the literal one, by the rule of NATS. */
static gboolean
has (const char *subject, const char *literal)
{
  g_auto (GStrv) a = g_strsplit (subject, ".", -1);
  g_auto (GStrv) b = g_strsplit (literal, ".", -1);
  guint i;

  for (i = 0; a[i] != NULL && b[i] != NULL; i++)
    if (g_str_equal (a[i], ">"))
      return TRUE;
    else if (!g_str_equal (a[i], "*") && !g_str_equal (a[i], b[i]))
      return FALSE;
  return a[i] == NULL && b[i] == NULL;
}

static void
note_told (gpointer data, const char *subject, gboolean wanted)
{
  if (wanted)
    g_assert_true (g_hash_table_add (data, g_strdup (subject)));
  else
    g_assert_true (g_hash_table_remove (data, subject));
}

static char *
make_random_subject (GRand *random, gboolean is_literal)
{
  GString *subject = g_string_new (NULL);
  const int n = g_rand_int_range (random, 1, 4);

  for (int i = 0; i < n; i++)
    {
      const int choice = g_rand_int_range (random, 0, is_literal ? 3 : 5);

      if (i > 0)
        g_string_append_c (subject, '.');
      if (choice == 4 && i == n - 1)
        g_string_append_c (subject, '>');
      else
        g_string_append_c (subject, choice >= 3 ? '*' : 'a' + choice);
    }
  return g_string_free (subject, FALSE);
}

/* All that is wanted comes, and nothing comes twice, whatever was subscribed to. */
static void
test_filters_random (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (g_test_rand_int ());

  for (guint round = 0; round < 200; round++)
    {
      NatsFilters self = { 0 };
      g_autoptr (GHashTable) told =
        g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
      g_autoptr (GPtrArray) wanted = g_ptr_array_new_with_free_func (g_free);

      for (guint step = 0; step < 30; step++)
        {
          if (wanted->len > 0 && g_rand_int_range (random, 0, 3) == 0)
            {
              const guint i = g_rand_int_range (random, 0, wanted->len);

              nats_filters_remove (&self, wanted->pdata[i], note_told, told);
              g_ptr_array_remove_index_fast (wanted, i);
            }
          else
            {
              g_ptr_array_add (wanted, make_random_subject (random, FALSE));
              nats_filters_add (&self, wanted->pdata[wanted->len - 1],
                                note_told, told);
            }
          for (guint i = 0; i < 20; i++)
            {
              g_autofree char *literal = make_random_subject (random, TRUE);
              GHashTableIter iter;
              gpointer subject;
              guint n = 0;
              gboolean is_wanted = FALSE;

              g_hash_table_iter_init (&iter, told);
              while (g_hash_table_iter_next (&iter, &subject, NULL))
                n += has (subject, literal);
              for (guint k = 0; k < wanted->len; k++)
                is_wanted = is_wanted || has (wanted->pdata[k], literal);
              g_assert_cmpuint (n, <=, 1);
              if (is_wanted)
                g_assert_cmpuint (n, ==, 1);
            }
        }
      while (wanted->len > 0)
        {
          nats_filters_remove (&self, wanted->pdata[0], note_told, told);
          g_ptr_array_remove_index_fast (wanted, 0);
        }
      g_assert_cmpuint (g_hash_table_size (told), ==, 0);
      nats_filters_clear (&self);
    }
}

/* What is on its way when a wider subject takes the place of one still arrives, and
 * what comes later by the old number does not. */
static void
test_subscribe (void)
{
  g_autoptr (Recorder) self = nats_recorder_new ();

  FEED (self, INFO PONG);
  nats_recorder_forget (self);
  nats_recorder_subscribe (self, "a/b/", TRUE);
  WRITTEN (self, "SUB a.b.> 1\r\n");
  nats_recorder_subscribe (self, "a/", TRUE);
  WRITTEN (self, "SUB a.> 2\r\nUNSUB 1\r\nPING\r\n");
  FEED (self, "MSG a.b.c 1 1\r\nx\r\n" PONG "MSG a.b.c 1 1\r\ny\r\n"
              "MSG a.b.c 2 1\r\nz\r\n");
  g_assert_no_error (self->failure);
  g_assert_cmpuint (self->delivered->len, ==, 2);
  MESSAGE (self, 0, "a/b/c", NULL, "x");
  MESSAGE (self, 1, "a/b/c", NULL, "z");
  nats_recorder_pattern (self, "z/**", TRUE);
  nats_recorder_pattern (self, "z/**", FALSE);
  FEED (self, PONG);
  g_assert_no_error (self->failure);
}

/* The server's answer to a PING says that it knows them. */
static void
test_confirm (void)
{
  g_autoptr (Recorder) self = nats_recorder_open ();

  recorder_ping (self);
  g_assert_true (HEIN_PROTOCOL_GET_CLASS (self->protocol)
                   ->confirm (self->protocol, self->wire, 7));
  WRITTEN (self, "PING\r\nPING\r\n");
  FEED (self, PONG);
  g_assert_null (strstr (self->log->str, "confirmed"));
  FEED (self, PONG);
  recorder_assert_logged (self, "confirmed 7");
}

/* What the system and inboxes have does not come by "everything". */
static void
test_special (void)
{
  g_autoptr (Recorder) self = nats_recorder_open ();

  FEED (self, "MSG $SYS.x 1 1\r\na\r\nMSG _INBOX.x 1 1\r\nb\r\n"
              "MSG _INBOXES.x 1 1\r\nc\r\n");
  g_assert_cmpuint (self->delivered->len, ==, 1);
  nats_recorder_subscribe (self, "$SYS/", TRUE);
  WRITTEN (self, "SUB $SYS.> 2\r\n");
  FEED (self, "MSG $SYS.x 2 1\r\nd\r\n");
  g_assert_cmpuint (self->delivered->len, ==, 2);
  MESSAGE (self, 1, "$SYS/x", NULL, "d");
}

/* Who subscribes to what cannot be in NATS is told. */
static void
test_no_subject (void)
{
  g_autoptr (Recorder) self = nats_recorder_open ();
  g_autoptr (Recorder) mute =
    recorder_new (g_object_new (HEIN_TYPE_NATS, "subscribe", FALSE, NULL), TRUE,
                  "spock", NULL);

  g_test_expect_message (G_LOG_DOMAIN, G_LOG_LEVEL_WARNING, "*prefix \"a.b\"*");
  nats_recorder_subscribe (self, "a.b", TRUE);
  g_test_assert_expected_messages ();
  nats_recorder_subscribe (self, "a.b", FALSE);
  WRITTEN (self, "");
  FEED (mute, INFO PONG);
  nats_recorder_forget (mute);
  nats_recorder_subscribe (mute, "", TRUE);
  nats_recorder_pattern (mute, "a.b", TRUE);
  WRITTEN (mute, "");
}

/* ---- life ---- */

static void
test_life (void)
{
  g_autoptr (Recorder) self = nats_recorder_open ();

  FEED (self, "PING\r\n");
  WRITTEN (self, PONG);
  recorder_ping (self);
  WRITTEN (self, "PING\r\n");
  self->now_us += 250;
  FEED (self, PONG);
  recorder_assert_logged (self, "rtt 250");
  /* changes are told later, too */
  FEED (self, "INFO {\"proto\":1,\"max_payload\":4,\"ldm\":true}\r\n");
  g_assert_no_error (self->failure);
  g_assert_cmpuint (HEIN_NATS (self->protocol)->info.max_payload, ==, 4);
  FEED (self, "-ERR 'Slow Consumer'\r\n");
  nats_recorder_assert_failed (self, HEIN_ERROR_CLOSED, "too slowly");
}

/* Nobody knows in which pieces bytes come. */
static void
test_split (void)
{
  static const char said[] =
    INFO "+OK\r\n" PONG "MSG a.b 1 2\r\nhi\r\nPING\r\n"
         "MSG a 1 r 8\r\nMSG\r\n\r\nx\r\n-ERR 'Invalid Publish Subject'\r\n"
         "MSG a.b 1 0\r\n\r\n";
  const gsize size = sizeof said - 1;

  for (gsize cut = 0; cut <= size; cut++)
    {
      g_autoptr (Recorder) self = nats_recorder_new ();

      self->is_slow = cut % 2;
      nats_recorder_subscribe (self, "", TRUE);
      recorder_feed (self, (const guint8 *) said, cut);
      if (self->wants_verdict)
        recorder_admit (self, NULL);
      recorder_feed (self, (const guint8 *) said + cut, size - cut);
      if (self->wants_verdict)
        recorder_admit (self, NULL);
      recorder_feed (self, NULL, 0);
      g_assert_no_error (self->failure);
      g_assert_cmpuint (self->delivered->len, ==, 3);
      MESSAGE (self, 0, "a/b", NULL, "hi");
      MESSAGE (self, 1, "a", NULL, "MSG\r\n\r\nx");
      MESSAGE (self, 2, "a/b", NULL, "");
      g_assert_cmpuint (self->unused->len, ==, 0);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, test) g_test_add_func ("/nats/" path, test)
  ADD ("connect", test_connect);
  ADD ("roles", test_roles);
  ADD ("refused", test_refused);
  ADD ("publish", test_publish);
  ADD ("unsendable", test_unsendable);
  ADD ("receive", test_receive);
  ADD ("dropped", test_dropped);
  ADD ("too-large", test_too_large);
  ADD ("headers-sent", test_headers_sent);
  ADD ("headers-received", test_headers_received);
  ADD ("headers-bad", test_headers_bad);
  ADD ("request", test_request);
  ADD ("answer-too-large", test_answer_too_large);
  ADD ("serve", test_serve);
  ADD ("queue-group", test_queue_group);
  ADD ("user", test_user);
  ADD ("user-bad", test_user_bad);
  ADD ("flush", test_flush);
  ADD ("flush-dropped", test_flush_dropped);
  ADD ("not-allowed", test_not_allowed);
  ADD ("prefixes", test_prefixes);
  ADD ("patterns", test_patterns);
  ADD ("filters", test_filters);
  ADD ("filters-random", test_filters_random);
  ADD ("subscribe", test_subscribe);
  ADD ("confirm", test_confirm);
  ADD ("special", test_special);
  ADD ("no-subject", test_no_subject);
  ADD ("life", test_life);
  ADD ("split", test_split);
  return g_test_run ();
}
