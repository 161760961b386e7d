/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "nats-recorder.h"

#include <glib/gstdio.h>
#include <string.h>

/* NATS as a client, byte by byte; what a server must not say is in
 * test-nats-hostile.c, requests are in test-nats-ask.c, and subscriptions in
 * test-nats-subscribe.c. */

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
      "tls=yes" },
    { "INFO {}\r\n", HEIN_ERROR_REFUSED, "older" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (Recorder) self = nats_recorder_new ();

      recorder_feed (self, (const guint8 *) cases[i].said,
                     strlen (cases[i].said));
      recorder_assert_failed (self, cases[i].code, cases[i].reason);
    }
}

/* ---- TLS behind the first word ---- */

#define INFO_TLS "INFO {\"proto\":1,\"tls_required\":true}\r\n"

static Recorder *
new_that_wants_tls (void)
{
  Recorder *self = nats_recorder_new ();

  self->lacks_security = TRUE;
  return self;
}

static void
assert_connects (const Recorder *self)
{
  static const char begins[] = "CONNECT {";

  g_assert_cmpuint (self->written->len, >, sizeof begins);
  g_assert_cmpmem (self->written->data, sizeof begins - 1, begins,
                   sizeof begins - 1);
}

/* Nothing is said before it has begun. */
static void
test_tls (void)
{
  g_autoptr (Recorder) self = new_that_wants_tls ();
  g_autoptr (Recorder) offers = new_that_wants_tls ();
  g_autoptr (Recorder) first = nats_recorder_new ();

  FEED (self, INFO_TLS);
  g_assert_no_error (self->failure);
  WRITTEN (self, "");
  recorder_assert_logged (self, "secure\n");
  HEIN_PROTOCOL_GET_CLASS (self->protocol)
    ->secured (self->protocol, self->wire);
  assert_connects (self);
  nats_recorder_forget (self);
  FEED (self, PONG);
  g_assert_true (self->is_ready);
  /* where the server leaves it to the client */
  FEED (offers, "INFO {\"proto\":1,\"tls_available\":true}\r\n");
  g_assert_no_error (offers->failure);
  recorder_assert_logged (offers, "secure\n");
  /* the handshake was before INFO */
  first->is_encrypted = TRUE;
  FEED (first, INFO_TLS);
  g_assert_no_error (first->failure);
  assert_connects (first);
}

/* What comes before it has begun is left alone, and is none of this server. */
static void
test_tls_stripped (void)
{
  static const char said[] = INFO_TLS "PING\r\n" PONG;
  g_autoptr (Recorder) more = new_that_wants_tls ();
  g_autoptr (Recorder) stripped = new_that_wants_tls ();

  recorder_feed (more, (const guint8 *) said, sizeof said - 1);
  g_assert_no_error (more->failure);
  WRITTEN (more, "");
  g_assert_cmpuint (more->unused->len, ==, sizeof said - sizeof INFO_TLS);
  FEED (stripped, INFO);
  recorder_assert_failed (stripped, HEIN_ERROR_INSECURE, "has no TLS");
  WRITTEN (stripped, "");
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

/* The bus takes 100000 bytes, and this server a megabyte: the rest is not
 * kept. */
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
  g_assert_true (self->has_by_end);
  g_assert_cmpuint (self->n_by_end, ==, 0);
  self->n_sent = 1;
  self->n_unsent = 1;
  recorder_pass_time (self, 0);
  WRITTEN (self, "PING\r\n");
  g_string_truncate (self->log, 0);
  FEED (self, PONG);
  recorder_assert_logged (self, "confirmed 1");
  g_assert_cmpuint (self->n_by_end, ==, 1);
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
  recorder_assert_failed (over, HEIN_ERROR_REFUSED, "subscribe=no");
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
  recorder_assert_logged (self, "move-on");
  FEED (self, "-ERR 'Slow Consumer'\r\n");
  recorder_assert_failed (self, HEIN_ERROR_CLOSED, "too slowly");
}

/* What a server says of others counts where the address asks for that. */
static void
test_cluster (void)
{
  static const struct
  {
    const char *urls;
    const char *taken;
  } cases[] = {
    { "[\"10.0.0.2:4222\",\"[::1]:4222\"]", "10.0.0.2:4222 [::1]:4222" },
    { "[\"a\\u002fb\",[\"c\"],{\"d\":\"e\"},7,null,\"f\"]", "a/b f" },
    { "[\"a\\u0000b\",\"\\ud800\"]", "" },
    { "{\"a\":\"b\"}", "" },
    { "\"a:1\"", "" },
    { "null", "" },
    { "[]", "" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *info =
        g_strdup_printf ("INFO {\"proto\":1,\"connect_urls\":%s}\r\n",
                         cases[i].urls);
      g_autofree char *expected =
        g_strdup_printf ("places %s\n", cases[i].taken);
      g_autoptr (Recorder) follows = nats_recorder_new ();
      g_autoptr (Recorder) stays = nats_recorder_new ();

      g_object_set (follows->protocol, "cluster", TRUE, NULL);
      recorder_feed (follows, (const guint8 *) info, strlen (info));
      g_assert_no_error (follows->failure);
      recorder_assert_logged (follows, expected);
      /* and again, when it changes */
      g_string_truncate (follows->log, 0);
      recorder_feed (follows, (const guint8 *) info, strlen (info));
      recorder_assert_logged (follows, expected);
      recorder_feed (stays, (const guint8 *) info, strlen (info));
      g_assert_null (strstr (stays->log->str, "places"));
    }
}

/* As many as fit into a line: the recorder asserts that few are taken. */
static void
test_large_cluster (void)
{
  g_autoptr (GString) info =
    g_string_new ("INFO {\"proto\":1,\"connect_urls\":[\"a:1\"");
  g_autoptr (Recorder) self = nats_recorder_new ();

  while (info->len < 60000)
    g_string_append (info, ",\"b:1\"");
  g_string_append (info, "]}\r\n");
  g_object_set (self->protocol, "cluster", TRUE, NULL);
  recorder_feed (self, (const guint8 *) info->str, info->len);
  g_assert_no_error (self->failure);
  recorder_assert_logged (self, "places a:1 b:1 b:1");
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
  ADD ("user", test_user);
  ADD ("user-bad", test_user_bad);
  ADD ("flush", test_flush);
  ADD ("flush-dropped", test_flush_dropped);
  ADD ("not-allowed", test_not_allowed);
  ADD ("tls", test_tls);
  ADD ("tls-stripped", test_tls_stripped);
  ADD ("life", test_life);
  ADD ("cluster", test_cluster);
  ADD ("large-cluster", test_large_cluster);
  ADD ("split", test_split);
  return g_test_run ();
}
