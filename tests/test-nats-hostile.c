/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hostile-peer.h"
#include "nats-recorder.h"

#include <string.h>

/* Servers that say what no server says: a stranger may be at any address. */

static void
assert_all_fail (Recorder *(*open) (void), const HostileCase *cases, guint n)
{
  for (guint i = 0; i < n; i++)
    {
      g_autoptr (Recorder) self = open ();

      hostile_assert_fails (self, cases, i);
    }
}

static void
test_first (void)
{
  static const HostileCase cases[] = {
    CASE ("HTTP/1.0 400 Bad Request\r\n", "no NATS server"),
    CASE ("\x16\3\1", "no NATS server"),
    CASE ("\xff", "no NATS server"),
    CASE ("\0", "no NATS server"),
    CASE ("PING\r\n", "no NATS server"),
    CASE ("INFORM {}\r\n", "no NATS server"),
    CASE ("INFO\r\n", "JSON"),
    CASE ("INFO \r\n", "JSON"),
    CASE ("INFO {}\n", "CR LF"),
    CASE ("INFO {\"proto\":1\r\n", "JSON"),
    CASE ("INFO {\"proto\":1}}\r\n", "JSON"),
    CASE ("INFO {\"proto\":1} x\r\n", "JSON"),
    CASE ("INFO {\"a\":\"\1\"}\r\n", "control"),
    CASE ("INFO {\"a\":\"\xff\"}\r\n", "UTF-8"),
    CASE ("INFO {\"a\":\"\0\"}\r\n", "UTF-8"),
    CASE ("INFO []\r\n", "not an object"),
    CASE ("INFO 7\r\n", "not an object"),
    CASE ("INFO {\"proto\":\"1\"}\r\n", "\"proto\" of INFO"),
    CASE ("INFO {\"proto\":[1]}\r\n", "\"proto\" of INFO"),
    CASE ("INFO {\"proto\":{}}\r\n", "\"proto\" of INFO"),
    CASE ("INFO {\"max_payload\":-1}\r\n", "max_payload"),
    CASE ("INFO {\"max_payload\":0}\r\n", "max_payload"),
    CASE ("INFO {\"max_payload\":1e9}\r\n", "max_payload"),
    CASE ("INFO {\"max_payload\":18446744073709551617}\r\n", "max_payload"),
    CASE ("INFO {\"max_payload\":null}\r\n", "max_payload"),
    CASE ("INFO {\"headers\":1}\r\n", "headers"),
    CASE ("INFO {\"tls_required\":\"true\"}\r\n", "tls_required"),
    CASE (INFO "PONG\r\nPONG\r\n", "answers nothing"),
    CASE (INFO "MSG a 1 0\r\n\r\n", "must not send"),
  };

  assert_all_fail (nats_recorder_new, cases, G_N_ELEMENTS (cases));
}

static void
test_lines (void)
{
  static const HostileCase cases[] = {
    CASE ("\r\n", "must not send"),
    CASE ("\n", "CR LF"),
    CASE ("PING\n", "CR LF"),
    CASE ("PINGS\r\n", "must not send"),
    CASE ("\0\r\n", "must not send"),
    CASE ("PONG\r\n", "answers nothing"),
    CASE ("SUB a 1\r\n", "must not send"),
    CASE ("PUB a 1\r\nx\r\n", "must not send"),
    CASE ("CONNECT {}\r\n", "must not send"),
    CASE ("INFO x\r\n", "JSON"),
    CASE (" MSG a 1 0\r\n\r\n", "must not send"),
  };

  assert_all_fail (nats_recorder_open, cases, G_N_ELEMENTS (cases));
}

static void
test_messages (void)
{
  static const HostileCase cases[] = {
    CASE ("MSG\r\n", "arguments"),
    CASE ("MSG a 1\r\n", "arguments"),
    CASE ("MSG a 1 r 0 0\r\n", "arguments"),
    CASE ("MSG a 1 2 3 4 5 6 7 8 9\r\n", "arguments"),
    CASE ("MSG a x 0\r\n\r\n", "not a number"),
    CASE ("MSG a -1 0\r\n\r\n", "not a number"),
    CASE ("MSG a 1 -1\r\n\r\n", "malformed"),
    CASE ("MSG a 1 +1\r\n\r\n", "malformed"),
    CASE ("MSG a 1 0x1\r\n\r\n", "malformed"),
    CASE ("MSG a 1 1.5\r\n\r\n", "malformed"),
    CASE ("MSG a 1 18446744073709551616\r\n", "malformed"),
    CASE ("MSG a 1 9999999999999999\r\n", "malformed"),
    CASE ("MSG a 1 999999999999999\r\n", "larger than"),
    CASE ("MSG a 1 65537\r\n", "larger than"),
    CASE ("MSG a 2 1\r\nx\r\n", "never was"),
    CASE ("MSG a 0 1\r\nx\r\n", "never was"),
    CASE ("MSG a 4294967297 1\r\nx\r\n", "never was"),
    CASE ("MSG a 1 1\r\nxy\r\n", "not as long"),
    CASE ("MSG a 1 2\r\nx\r\n\r\n", "not as long"),
    CASE ("MSG a 1 0\r\n\n\r", "not as long"),
    CASE ("MSG a 1 1\nx\r\n", "CR LF"),
    CASE ("HMSG a 1 1 1\r\nx\r\n", "must not send"),
  };

  assert_all_fail (nats_recorder_open, cases, G_N_ELEMENTS (cases));
}

static void
test_headers (void)
{
  static const HostileCase cases[] = {
    CASE ("HMSG a 1 12\r\n", "arguments"),
    CASE ("HMSG a 1 r 12 12 1\r\n", "arguments"),
    CASE ("HMSG a 1 12 11\r\n", "malformed"),
    CASE ("HMSG a 1 0 1\r\nx\r\n", "malformed"),
    CASE ("HMSG a 1 -1 1\r\nx\r\n", "malformed"),
    CASE ("HMSG a 1 x 1\r\nx\r\n", "malformed"),
    CASE ("HMSG a 1 1 65537\r\nx\r\n", "larger than"),
    CASE ("HMSG a 1 1 1\r\nxy\r\n", "not as long"),
    CASE ("HMSG a 2 1 1\r\nx\r\n", "never was"),
  };

  assert_all_fail (nats_recorder_open_headers, cases, G_N_ELEMENTS (cases));
}

/* A line without an end: no more than its limit is waited for. */
static void
assert_bounded (Recorder *self, const char *begin)
{
  g_autofree guint8 *piece = g_malloc (4096);
  gsize most = 0;

  memset (piece, ' ', 4096);
  recorder_feed (self, (const guint8 *) begin, strlen (begin));
  for (guint i = 0; i < 4096 && self->failure == NULL; i++)
    {
      recorder_feed (self, piece, 4096);
      most = MAX (most, self->unused->len);
    }
  recorder_assert_failed (self, HEIN_ERROR_PROTOCOL, "64 KiB");
  g_assert_cmpuint (most, <, 65536 + 4096);
}

static void
test_endless (void)
{
  g_autoptr (Recorder) first = nats_recorder_new ();
  g_autoptr (Recorder) info = nats_recorder_open ();
  g_autoptr (Recorder) message = nats_recorder_open ();
  g_autoptr (Recorder) refusal = nats_recorder_open ();

  assert_bounded (first, "INFO {");
  assert_bounded (info, "INFO {");
  assert_bounded (message, "MSG a 1");
  assert_bounded (refusal, "-ERR '");
}

/* Nesting is no recursion. */
static void
test_deep (void)
{
  g_autoptr (Recorder) self = nats_recorder_new ();
  g_autofree char *deep = g_strnfill (60000, '[');
  g_autofree char *line = g_strdup_printf ("INFO {\"a\":%s\r\n", deep);

  recorder_feed (self, (const guint8 *) line, strlen (line));
  recorder_assert_failed (self, HEIN_ERROR_PROTOCOL, "64 levels");
}

/* A server that says it takes all there is: nothing is allocated for that. */
static void
test_large (void)
{
  g_autoptr (Recorder) self = nats_recorder_new ();

  FEED (self, "INFO {\"proto\":1,\"max_payload\":999999999999999}\r\n" PONG);
  nats_recorder_subscribe (self, "", TRUE);
  FEED (self, "MSG a 1 999999999999999\r\nxyz");
  g_assert_no_error (self->failure);
  g_assert_cmpuint (self->unused->len, ==, 0);
  g_assert_cmpuint (self->expected, ==, 0);
}

static Recorder *
start (void)
{
  Recorder *self = nats_recorder_new ();

  nats_recorder_subscribe (self, "", TRUE);
  return self;
}

static void
test_changed (void)
{
  static const char said[] = INFO_HEADERS PONG
    "HMSG h 1 20 21\r\nNATS/1.0\r\nA: bcd\r\n\r\n\r\nx\r\nMSG a.b 1 "
    "2\r\nhi\r\nPING\r\nMSG a 1 r 1\r\nx\r\n-ERR 'Stale'\r\n";

  hostile_change_each (start, said, sizeof said - 1, 3);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, test) g_test_add_func ("/nats/hostile/" path, test)
  ADD ("first", test_first);
  ADD ("lines", test_lines);
  ADD ("messages", test_messages);
  ADD ("headers", test_headers);
  ADD ("endless", test_endless);
  ADD ("deep", test_deep);
  ADD ("large", test_large);
  ADD ("changed", test_changed);
  return g_test_run ();
}
