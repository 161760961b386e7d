/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "aiomsg-recorder.h"

/*
 * Peers of aiomsg that say what no library would. A… are the requirements that a
 * test stands for.
 */

static void
test_first_byte (void)
{
  static const struct
  {
    const char *data;
    const char *reason;
  } cases[] = {
    { "GET / HTTP/1.1\r\n", "WebSocket" }, { "{\"type\"", "socket.engine" },
    { "\xff\x01", "tinyproto" },           { "\x16\x03\x01", "TLS" },
    { "hello", "does not speak aiomsg" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    for (guint dialect = 0; dialect < 3; dialect++)
      {
        g_autoptr (Recorder) self = aiomsg_recorder_new (dialect, i % 2);

        aiomsg_recorder_forget (self);
        recorder_feed (self, (const guint8 *) cases[i].data, 1);
        aiomsg_recorder_assert_failed (self, HEIN_ERROR_PROTOCOL,
                                       cases[i].reason);
        WRITTEN (self, "");
      }
}

/* A10 */
static void
test_bad_hello (void)
{
  static const struct
  {
    const char *data;
    gsize size;
    const char *reason;
  } cases[] = {
#define CASE(literal, reason) { literal, sizeof (literal) - 1, reason }
    CASE ("\0\0\0\x12\1\2" ID, "version 2"),
    CASE ("\0\0\0\x13\1\1" ID "x", "19 bytes"),
    CASE ("\0\0\0\x14\1\3" ID "xy", "version 3"),
    CASE (M_HELLO, "dialect m or s"),
    CASE (HELLO_WORLD, "not a HELLO"),
    CASE (HEARTBEAT, "not a HELLO"),
    CASE ("\0\0\0\2\1\1", "not a HELLO"),
    CASE ("\0\0\0\0", "not a HELLO"),
    CASE ("\0\0\4\1", "1025 bytes"),
    CASE ("\0\xff\xff\xff", "16777215 bytes"),
#undef CASE
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (Recorder) self = aiomsg_recorder_new (AIOMSG_DIALECT_1, i % 2);

      recorder_feed (self, (const guint8 *) cases[i].data, cases[i].size);
      aiomsg_recorder_assert_failed (self, HEIN_ERROR_PROTOCOL,
                                     cases[i].reason);
      g_assert_false (self->is_ready);
    }
}

static void
test_bad_identity (void)
{
  g_autofree char *long_text = g_strnfill (256, 'x');
  g_autoptr (Recorder) empty = aiomsg_recorder_new (AIOMSG_DIALECT_M, FALSE);
  g_autoptr (Recorder) large = aiomsg_recorder_new (AIOMSG_DIALECT_M, FALSE);
  g_autoptr (Recorder) newer = aiomsg_recorder_new (AIOMSG_DIALECT_S, FALSE);
  g_autoptr (Recorder) longest = aiomsg_recorder_new (AIOMSG_DIALECT_S, FALSE);

  FEED (empty, "\0\0\0\0");
  aiomsg_recorder_assert_failed (empty, HEIN_ERROR_PROTOCOL, "1 to 255");
  FEED (large, "\0\0\1\0");
  recorder_feed (large, (const guint8 *) long_text, 256);
  aiomsg_recorder_assert_failed (large, HEIN_ERROR_PROTOCOL, "1 to 255");
  FEED (newer, HELLO);
  aiomsg_recorder_assert_failed (newer, HEIN_ERROR_PROTOCOL, "dialect 1");
  FEED (longest, "\0\0\0\xff");
  recorder_feed (longest, (const guint8 *) long_text, 255);
  g_assert_true (longest->is_ready);
}

static void
test_malformed (void)
{
  static const struct
  {
    const char *data;
    gsize size;
  } cases[] = {
    { "\0\0\0\0", 4 },   { "\0\0\0\1\4", 5 },       { "\0\0\0\x10\4" ID, 20 },
    { "\0\0\0\1\5", 5 }, { "\0\0\0\x10\5" ID, 20 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (Recorder) self = aiomsg_recorder_open (AIOMSG_DIALECT_1);

      recorder_feed (self, (const guint8 *) cases[i].data, cases[i].size);
      aiomsg_recorder_assert_failed (self, HEIN_ERROR_PROTOCOL, "");
      g_assert_cmpuint (self->delivered->len, ==, 0);
    }
}

/* A15: from the length alone, before anything is waited for. */
static void
test_too_large (void)
{
  g_autofree char *text = g_strnfill (100001, 'x');

  for (guint dialect = 0; dialect < 3; dialect++)
    {
      g_autoptr (Recorder) hostile = aiomsg_recorder_open (dialect);
      g_autoptr (Recorder) over = aiomsg_recorder_open (dialect);
      g_autoptr (Recorder) largest = aiomsg_recorder_open (dialect);

      FEED (hostile, "\xff\xff\xff\xff");
      aiomsg_recorder_assert_failed (
        hostile, HEIN_ERROR_TOO_LARGE,
        "4294967295 bytes is over max-message-size, 100000");
      if (dialect == AIOMSG_DIALECT_1)
        FEED (over, "\0\1\x86\xa2\3");
      else
        FEED (over, "\0\1\x86\xa1");
      recorder_feed (over, (const guint8 *) text, 100001);
      aiomsg_recorder_assert_failed (
        over, HEIN_ERROR_TOO_LARGE,
        "100001 bytes is over max-message-size, 100000");
      if (dialect == AIOMSG_DIALECT_1)
        FEED (largest, "\0\1\x86\xa1\3");
      else
        FEED (largest, "\0\1\x86\xa0");
      recorder_feed (largest, (const guint8 *) text, 100000);
      g_assert_null (largest->failure);
      g_assert_cmpuint (largest->delivered->len, ==, 1);
    }
}

/* A8: what is not all there is waited for, without being looked at again. */
static void
test_truncated (void)
{
  g_autoptr (Recorder) self = aiomsg_recorder_open (AIOMSG_DIALECT_1);
  g_autoptr (Recorder) hello = aiomsg_recorder_new (AIOMSG_DIALECT_1, FALSE);

  FEED (self, HELLO_WORLD "\0\0\3\xe8\3x");
  g_assert_cmpuint (self->delivered->len, ==, 1);
  g_assert_cmpuint (self->expected, ==, 1004);
  FEED (hello, "\0\0\0\x12\1");
  g_assert_cmpuint (hello->expected, ==, 22);
  g_assert_null (hello->failure);
  g_assert_false (hello->is_ready);
}

/* Garbage behind the handshake: an error, or nothing, but no end of waiting. */
static void
test_garbage (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (5);

  for (guint i = 0; i < 3000; i++)
    {
      g_autoptr (Recorder) self = aiomsg_recorder_open (i % 3);
      guint8 noise[64];

      for (guint j = 0; j < sizeof noise; j++)
        noise[j] = g_rand_int (rand);
      noise[0] = noise[1] = 0; /* else nearly all is too large */
      noise[2] = 0;
      noise[3] %= 48;
      recorder_feed (self, noise, sizeof noise);
      g_assert_true (self->failure != NULL ||
                     self->expected <= 100000 + AIOMSG_FRAME_MAX + 4);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/aiomsg/hostile/first-byte", test_first_byte);
  g_test_add_func ("/aiomsg/hostile/hello", test_bad_hello);
  g_test_add_func ("/aiomsg/hostile/identity", test_bad_identity);
  g_test_add_func ("/aiomsg/hostile/malformed", test_malformed);
  g_test_add_func ("/aiomsg/hostile/too-large", test_too_large);
  g_test_add_func ("/aiomsg/hostile/truncated", test_truncated);
  g_test_add_func ("/aiomsg/hostile/garbage", test_garbage);
  return g_test_run ();
}
