/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "socketengine-recorder.h"

/*
 * Peers of socketengine that say what no library would. S… are the requirements
 * that a test stands for.
 */

/* S13: the connection outlives it, and it is counted. */
static void
test_garbage (void)
{
  static const char *const lines[] = {
    "garbage",
    "{",
    "5",
    "\"text\"",
    "[\"type\", \"data\"]",
    "null",
    "{}",
    "{\"type\": \"t\"}",
    "{\"data\": \"d\"}",
    "{\"type\": 5, \"data\": \"d\"}",
    "{\"type\": null, \"data\": \"d\"}",
    "{\"type\": [\"t\"], \"data\": \"d\"}",
    "{\"type\": \"t\", \"data\": }",
    "{\"type\": \"t\", \"data\": 01}",
    "{\"type\": \"t\", \"data\": NaN}",
    "{\"type\": \"t\", \"data\": \"d\"} x",
    "{\"type\": \"t\", \"data\": \"d\"}{\"type\": \"t\", \"data\": \"d\"}",
    "{\"type\": \"t\", \"data\": \"\xff\"}",
    "{\"type\": \"t\", \"data\": \"\303\"}",
    "{\"type\": \"t\", \"data\": \"\355\240\200\"}",
    "{\"type\": \"t\", \"data\": \"\\ud800\"}",
    "{\"type\": \"t\", \"data\": \"\\udc00\\ud800\"}",
    "{\"type\": \"\\ud834\", \"data\": \"d\"}",
    "{\"type\": \"a\\u0000b\", \"data\": \"d\"}",
    "{\"type\": \"__status\", \"data\": \"?\"}",
    "{\"type\": \"__status\", \"data\": 5}",
    "{\"x\": {\"type\": \"t\", \"data\": \"d\"}}",
  };
  g_autoptr (Recorder) self = socketengine_recorder_open ();

  for (guint i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      recorder_feed (self, (const guint8 *) lines[i], strlen (lines[i]));
      FEED (self, "\n");
      g_assert_cmpuint (socketengine_recorder_count_logged (self, "drop 7"), ==,
                        i + 1);
      FEED (self, HELLO);
      g_assert_cmpuint (self->delivered->len, ==, i + 1);
      MESSAGE (self, i, "test", NULL, "hello!");
    }
  g_assert_null (self->failure);
}

static void
test_garbage_first (void)
{
  g_autoptr (Recorder) self = socketengine_recorder_new (FALSE, NULL);

  FEED (self, "\n\xff\xfe\n" HELLO);
  recorder_assert_logged (self, "offer (null) 2\nready\ndrop 7 2 ");
  MESSAGE (self, 0, "test", NULL, "hello!");
}

static void
test_nul_bytes (void)
{
  g_autoptr (Recorder) self = socketengine_recorder_open ();

  FEED (self, "\n\0\0\n{\"type\": \"t\", \"data\": \"a\0b\"}\n{\0}\n" HELLO);
  g_assert_cmpuint (socketengine_recorder_count_logged (self, "drop 7"), ==, 3);
  g_assert_cmpuint (self->delivered->len, ==, 1);
}

/* Both ends: ZMTP, tinyproto; aiomsg; soc, two dialects. */
static void
test_other_protocols (void)
{
  static const guint8 first[] = { 0xff, 0x00, 0x06, 0xaa };

  for (guint i = 0; i < 2 * G_N_ELEMENTS (first); i++)
    {
      g_autoptr (Recorder) self = socketengine_recorder_new (i % 2 == 0, NULL);

      recorder_feed (self, &first[i / 2], 1);
      g_assert_error (self->failure, HEIN_ERROR, HEIN_ERROR_PROTOCOL);
      g_assert_cmpuint (self->delivered->len, ==, 0);
    }
}

static void
test_blank_lines (void)
{
  g_autoptr (Recorder) self = socketengine_recorder_open ();

  FEED (self, "\n\r\n \t \n" HELLO "\n");
  g_assert_cmpuint (socketengine_recorder_count_logged (self, "drop"), ==, 0);
  g_assert_cmpuint (self->delivered->len, ==, 1);
}

static void
test_long_topic (void)
{
  g_autoptr (Recorder) self = socketengine_recorder_open ();
  g_autofree char *topic = g_strnfill (HEIN_TOPIC_MAX + 1, 't');
  g_autofree char *line =
    g_strdup_printf ("{\"type\": \"%s\", \"data\": \"\"}\n", topic);

  recorder_feed (self, (const guint8 *) line, strlen (line));
  g_assert_cmpuint (socketengine_recorder_count_logged (self, "drop 7"), ==, 1);
  g_assert_cmpuint (self->delivered->len, ==, 0);
}

static void
assert_too_large (Recorder *self)
{
  g_assert_error (self->failure, HEIN_ERROR, HEIN_ERROR_TOO_LARGE);
  g_assert_nonnull (
    strstr (self->failure->message, "over max-message-size, 100000"));
}

static void
test_endless_line (void)
{
  g_autoptr (Recorder) self = socketengine_recorder_open ();
  g_autofree char *piece = g_strnfill (65536, 'x');
  guint n = 0;

  while (n < 2000 && self->failure == NULL)
    {
      recorder_feed (self, (const guint8 *) piece, 65536);
      n++;
    }
  assert_too_large (self);
  g_assert_cmpuint (n, ==, 10); /* six times 100000, and a bit */
}

/* @unit: how a byte of payload is written; S11 */
static void
feed_text (Recorder *self, const char *unit, guint n)
{
  g_autoptr (GString) line = g_string_new ("{\"type\": \"t\", \"data\": \"");

  for (guint i = 0; i < n; i++)
    g_string_append (line, unit);
  g_string_append (line, "\"}\n");
  recorder_feed (self, (const guint8 *) line->str, line->len);
}

/* What is as large as it may be arrives however it is written; a byte more
 * ends the connection. */
static void
test_largest (void)
{
  static const char *const units[] = { "x", "\\n", "\\u0001" };
  const guint max = 100000;

  for (guint i = 0; i < G_N_ELEMENTS (units); i++)
    {
      g_autoptr (Recorder) self = socketengine_recorder_open ();

      feed_text (self, units[i], max);
      g_assert_null (self->failure);
      g_assert_cmpuint (self->delivered->len, ==, 1);
      feed_text (self, units[i], max + 1);
      assert_too_large (self);
      g_assert_cmpuint (self->delivered->len, ==, 1);
    }
}

static void
test_too_large_value (void)
{
  g_autoptr (Recorder) self = socketengine_recorder_open ();
  g_autofree char *digits = g_strnfill (100001, '1');
  g_autofree char *line =
    g_strdup_printf ("{\"type\": \"t\", \"data\": %s}\n", digits);

  recorder_feed (self, (const guint8 *) line, strlen (line));
  assert_too_large (self);
}

static void
test_too_large_image (void)
{
  g_autoptr (Recorder) self = socketengine_recorder_open ();
  g_autofree char *text = g_strnfill (133336, 'A'); /* 100002 bytes */
  g_autofree char *line =
    g_strdup_printf ("{\"type\": \"__image\", \"data\": \"%s\"}\n", text);

  recorder_feed (self, (const guint8 *) line, strlen (line));
  assert_too_large (self);
  g_assert_cmpuint (self->delivered->len, ==, 0);
  WRITTEN (self, "");
}

/* A line in many pieces is looked at once, not once for each piece. */
static void
test_scanned (void)
{
  g_autoptr (Recorder) self = socketengine_recorder_open ();

  FEED (self, "{\"type\": \"t\", ");
  g_assert_cmpuint (HEIN_SOCKETENGINE (self->protocol)->scanned, ==, 14);
  FEED (self, "\"data\": 1");
  g_assert_cmpuint (HEIN_SOCKETENGINE (self->protocol)->scanned, ==, 23);
  FEED (self, "}\n{");
  g_assert_cmpuint (HEIN_SOCKETENGINE (self->protocol)->scanned, ==, 1);
  MESSAGE (self, 0, "t", JSON, "1");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, test) g_test_add_func ("/socketengine/" path, test)
  ADD ("hostile/garbage", test_garbage);
  ADD ("hostile/garbage-first", test_garbage_first);
  ADD ("hostile/other-protocols", test_other_protocols);
  ADD ("hostile/nul-bytes", test_nul_bytes);
  ADD ("hostile/blank-lines", test_blank_lines);
  ADD ("hostile/long-topic", test_long_topic);
  ADD ("hostile/endless-line", test_endless_line);
  ADD ("hostile/largest", test_largest);
  ADD ("hostile/too-large-value", test_too_large_value);
  ADD ("hostile/too-large-image", test_too_large_image);
  ADD ("hostile/scanned", test_scanned);
  return g_test_run ();
}
